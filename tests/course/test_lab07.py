"""Lab 07: its experiments run on real chains, and its functions agree with the chain's own."""

import pytest

from tao_lab.course.checking import judge
from tao_lab.course.lab07.economy import Economy, as_split, last_dividend, read, same_chain, small_economy
from tao_lab.course.lab07.reference import dividend_gains, follow, split_block
from tao_lab.course.registry import exercises
from tao_lab.economy import Split, block_emission, split
from tao_lab.network import follow_tao

TAO = 10**9


@pytest.fixture(scope="module")
def economy():
    with small_economy() as found:
        found.net.run(blocks=25)
        yield found


def follow_cases(quiet):
    """The cases of 07.5 in which nobody sends anything, or somebody does."""
    return [case for case in exercises()["07.5"].make_cases() if case.about.startswith("somebody") != quiet]


def test_every_quiet_block_of_the_follow_cases_is_accounted_for_to_the_rao_as_the_chain_notes_it():
    for case in follow_cases(quiet=True):
        parts, flow = follow(**case.arguments), follow_tao(case.arguments["before"], case.arguments["after"])
        assert sum(parts.values()) == flow.issued, case.about
        assert parts.pop("recycled") == flow.recycled, case.about
        assert parts.pop(0) == sum(flow.claimed.values()), case.about
        noted = {netuid: flow.liquidity[netuid] + flow.buys[netuid] - flow.claimed[netuid] for netuid in parts}
        assert parts == noted, case.about


def test_what_people_bring_to_a_pool_and_take_out_of_it_is_gained_and_lost_there():
    gains = {case.about: follow(**case.arguments) for case in follow_cases(quiet=False)}
    assert all(0 < parts["recycled"] - TAO < TAO // 100 for parts in gains.values())  # the emission, and the fee
    assert gains["somebody stakes 100 τ on subnet 1"][1] == 99_949_645_228
    assert gains["somebody unstakes it again"][1] == pytest.approx(-99_949_645_228, abs=10)
    assert gains["somebody stakes 50 τ on root"][0] == 50 * TAO
    assert gains["somebody pays for a place on subnet 2"][2] > 0


def test_who_goes_block_by_block_is_told_to_take_them_in_one_step():
    def supply_at(issuance, blocks, recycled_percent):
        for _ in range(blocks):
            issuance += block_emission(issuance) * (100 - recycled_percent) // 100
        return issuance

    result = judge(exercises()["07.2"], supply_at, seconds=0.5)
    assert result.state == "wrong"
    assert "block by block" in result.hint


def test_the_follow_cases_hold_a_halving_a_claim_and_blocks_that_recycle_everything():
    found = {case.about: follow(**case.arguments) for case in exercises()["07.5"].make_cases()}
    assert found["a chain without subnets"] == {0: 0, "recycled": TAO}
    claimed = found["somebody claims what their stake on root has earned"]
    assert claimed[0] == -claimed[1] - claimed[2] > TAO  # emission is off: the alpha's price, out of both pools
    assert found["both subnets have it switched off"]["recycled"] == TAO
    assert sum(found["the last block before a halving"].values()) == TAO
    assert sum(found["the first block after it"].values()) == TAO // 2


def test_a_nominators_gain_on_the_chain_is_what_the_reference_says(economy: Economy):
    last = last_dividend(economy)
    owner, nominator = dividend_gains(last.dividend, last.take, last.own, last.mine, last.others)
    assert last.take == 11_796
    assert owner == pytest.approx(last.owner_gained, abs=2)  # the chain's dividend has fractions of a rao
    assert nominator == pytest.approx(last.nominator_gained, abs=2)
    assert nominator > 0


def test_the_economy_has_prices_that_let_root_sell_and_a_share_for_both(economy: Economy):
    net = economy.net
    moving = [read(net, "SubnetMovingPrice", netuid)["bits"] / 2**32 for netuid in net.subnets()]
    assert net.subnets() == [1, 2]
    assert sum(moving) > 1
    assert 1 > moving[0] > moving[1] > 0.2
    assert read(net, "PendingRootAlphaDivs", 1) > 0


@pytest.mark.slow
def test_the_librarys_rules_make_the_same_chain_and_others_another_one():
    same = same_chain(5, block_emission=lambda issuance: block_emission(issuance), split=lambda *args: split(*args))
    assert (same.tone, same.badge) == ("right", "The same chain")
    assert "your rules" in repr(same)
    other = same_chain(5, split=lambda alpha, cut, root: Split(0, alpha, 0, 0))
    assert other.tone == "wrong"
    assert "numbers differ" in other.title


@pytest.mark.slow
def test_the_labs_own_rules_are_not_called_yours():
    blank = same_chain(2, block_emission=block_emission, split=as_split(split_block))
    assert (blank.tone, blank.badge) == ("waiting", "Not your rules yet")
    half = same_chain(2, block_emission=lambda issuance: block_emission(issuance), split=as_split(split_block))
    assert "with the lab's own split" in repr(half)
    assert "with the lab's own block_emission and split" in repr(blank)


def test_a_rule_that_pays_more_than_there_is_stops_the_chain_and_is_told():
    stopped = same_chain(5, split=lambda alpha, cut, root: Split(cut, alpha, 0, 0))
    assert stopped.tone == "raised"
    assert "rules.split" in stopped.title
