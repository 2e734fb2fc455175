"""Lab 08: claims and questions get their answers from a running chain, and the pieces agree with it."""

from dataclasses import replace

import pytest

from tao_lab.chain.pallets.subtensor.pool import read_pool
from tao_lab.chain.pallets.subtensor.run_coinbase import alpha_issuance, root_proportion_of
from tao_lab.course.lab08 import claims, experiments, reference, year
from tao_lab.course.lab08.pools import EXAMPLE
from tao_lab.course.networks import small_network
from tao_lab.course.registry import exercises
from tao_lab.economy import block_emission
from tao_lab.network import Network
from tao_lab.units import RAO_PER_TAO


def test_a_verdict_is_computed_other_facts_give_another_one(monkeypatch):
    monkeypatch.setattr(claims, "says", lambda *_, **__: "done")
    assert claims.creator_sets_supply().verdict == "true"
    assert claims.emission_by_own_policy().verdict == "true"
    monkeypatch.setattr(claims, "VISIBLE", 10.0)
    assert claims.not_pegged().verdict == "false"


def test_pay_for_the_owner_s_own_miners_costs_a_subnet_a_part_of_its_tao():
    found = claims.emission_by_own_policy()
    part = {when.removeprefix("part of the block's TAO "): said for when, said in found.numbers.items()}
    assert found.verdict == "false"
    assert part["at first"] == part["while they give it all to a miner"] == "50.0 %"
    # two equal prices, one of them counted by a half: 1/2 of 3/2 of the demand, and the gate holds some of it back
    assert 10 < float(part["while the owner's weights give half of the miners' pay to the owner"].rstrip(" %")) < 33


def test_injection_leaves_the_price_chain_buys_lift_it_and_a_sale_drops_it():
    (_, added, none, first, same), (_, _, bought, _, lifted), (_, _, _, _, dropped) = experiments.price_story().rows
    assert float(added) > 0 == float(none)
    assert first == same
    assert float(bought) > 0
    assert float(dropped) < float(same) < float(lifted)


@pytest.mark.slow
def test_what_root_takes_decides_between_root_and_alpha():
    little, much = (experiments.root_or_alpha(others, epochs=4) for others in (1_000, 200_000))
    assert all(stake.on_screen > stake.staked for stake in (little[0], little[1], much[0]))
    assert much[1].on_screen < little[1].on_screen
    assert all(stake.sold < stake.on_screen for stake in (little[1], much[1]))


def test_the_references_swap_runs_the_chain_to_the_rao_and_a_wrong_one_shows():
    assert "Not your swap yet" in repr(experiments.two_chains(reference.guarded(reference.swap)))
    assert "To the rao." in repr(experiments.two_chains(reference.guarded(lambda *swapped: reference.swap(*swapped))))

    def generous(pool, side, amount, limit_price):
        _, paid, received = reference.swap(pool, side, amount, limit_price)
        return 0, paid, received + received // 1_000

    assert "amounts differ" in repr(experiments.two_chains(reference.guarded(generous)))
    charges_too_much = next(wrong.function for wrong in exercises()["08.3"].mistakes if wrong.name == "fee on top")
    stopped = experiments.two_chains(
        reference.guarded(lambda pool, side, amount, _: charges_too_much(pool, side, amount))
    )
    assert "fee and paid are" in repr(stopped)


def test_a_quote_of_the_lab_is_what_the_chain_gives():
    with Network() as net:
        alice, bob = net.wallet("alice", tao=10), net.wallet("bob", tao=300)
        sn = net.create_subnet(owner=alice)
        _, _, quoted = reference.swap(net.pool(sn), "buy", net.tao(250).rao)
        net.stake(bob, sn, net.tao(250), hotkey=alice)
        assert net.staked(bob, sn, hotkey=alice).rao == quoted


def test_what_the_lab_says_of_a_blocks_emission_is_what_the_chain_does_with_the_pool():
    with small_network() as net:
        owner, sn = experiments.two_subnets(net)
        experiments.let_prices_catch_up(net)
        net.stake(net.wallet("bob", tao=3_000), 0, net.tao(2_000), hotkey=owner)
        net.run(blocks=10)
        before, after = (net.at(net.block_number - back) for back in (1, 0))

        def read(item, *keys):
            return after.get("SubtensorModule", item, *keys)

        def grew(item):
            return read(item, sn) - before.get("SubtensorModule", item, sn)

        root = root_proportion_of(before, sn)
        given = read("SubnetTaoInEmission", sn) + read("SubnetExcessTao", sn)
        alpha = block_emission(alpha_issuance(before, sn))
        tao_in, alpha_in, excess, bought = reference.emission_terms(read_pool(before, sn), given, alpha, root)
        assert (tao_in, alpha_in) == (read("SubnetTaoInEmission", sn), read("SubnetAlphaInEmission", sn))
        assert read("SubnetExcessTao", sn) == pytest.approx(excess, abs=1)  # the chain's emission has parts of a rao
        assert tao_in > 0 < excess
        assert grew("SubnetAlphaIn") == pytest.approx(alpha_in - bought, abs=1)


def test_a_day_in_one_step_is_near_a_day_in_many():
    assumed = year.Assumptions()
    days, parts = year.a_year(assumed, days=10), year.a_year(assumed, days=100, blocks=year.BLOCKS_A_DAY // 10)
    assert days[-1].price == pytest.approx(parts[-1].price, rel=0.01)
    assert days[-1].outside == pytest.approx(parts[-1].outside, rel=0.01)


def test_in_a_year_every_alpha_is_somewhere_and_more_sales_mean_a_lower_price():
    for sold in (0.0, 1.0):
        first, *_, last = year.a_year(replace(year.Assumptions(), sold=sold), days=50)
        assert last.pool.alpha + last.outside > first.pool.alpha + first.outside
        assert last.pool.tao > 0
    ends = [year.a_year(replace(year.Assumptions(), sold=sold), days=50)[-1].price for sold in (0.0, 0.5, 1.0)]
    assert ends == sorted(ends, reverse=True)


def test_parts_bring_no_more_than_one_sale_but_for_rounding():
    alpha = 300 * RAO_PER_TAO
    worth, at_once = reference.unstake(EXAMPLE, alpha, 1)
    _, in_parts = reference.unstake(EXAMPLE, alpha, 10)
    assert worth > at_once
    assert in_parts == pytest.approx(at_once, rel=1e-3)
