"""Money followed through the states of a running chain: every rao is found again."""

import pytest

from tao_lab.chain.errors import BadValue
from tao_lab.course.lab07.economy import TEMPO, Economy, burn_half, read, small_economy
from tao_lab.network import follow_alpha, follow_tao
from tao_lab.views import alpha_flow_drawing, shares_chart, supply_chart, tao_flow_drawing

TAO = 10**9


@pytest.fixture(scope="module")
def economy():
    with small_economy() as found:
        found.net.run(blocks=25)
        yield found


def last_epoch(economy: Economy, netuid: int):
    block = read(economy.net, "LastMechansimStepBlock", netuid)
    return follow_alpha(economy.net, netuid, block - TEMPO + 1, block)


def test_a_blocks_tao_is_found_again(economy: Economy):
    net = economy.net
    for number in range(net.block_number - TEMPO, net.block_number + 1):
        before, after = net.at(number - 1), net.at(number)
        flow = follow_tao(before, after)
        assert (flow.issued, flow.lost) == (TAO, 0)
        for netuid in net.subnets():
            grew = after.get("SubtensorModule", "SubnetTAO", netuid) - before.get(
                "SubtensorModule", "SubnetTAO", netuid
            )
            assert grew == flow.liquidity[netuid] + flow.buys[netuid] - flow.claimed[netuid]


def test_an_epochs_alpha_is_found_again_but_for_what_rounding_takes(economy: Economy):
    for netuid in economy.net.subnets():
        flow = last_epoch(economy, netuid)
        assert (flow.minted, flow.waiting, flow.burned) == (TEMPO * TAO, 0, 0)
        assert 0 <= flow.dust <= 4 * TEMPO + 3 * len(flow.received)
        assert flow.of("owner") == pytest.approx(0.18 * flow.minted, rel=1e-3)
        assert flow.of("miner") == pytest.approx(0.41 * flow.minted, rel=1e-3)
        assert flow.root > 0
    roles = [part.role for part in last_epoch(economy, economy.first).received]
    assert sorted(set(roles)) == ["miner", "nominator", "owner", "validator"]
    assert roles.count("miner") == 4


def test_between_two_epochs_everything_waits_in_the_pots(economy: Economy):
    block = read(economy.net, "LastMechansimStepBlock", economy.first)
    assert economy.net.block_number >= block + 3
    flow = follow_alpha(economy.net, economy.first, block + 1, block + 3)
    assert (flow.minted, flow.received) == (3 * TAO, ())
    assert 0 <= flow.dust == flow.minted - flow.waiting <= 12


@pytest.mark.slow
def test_what_an_owner_pays_itself_as_miner_is_burned():
    with small_economy() as economy:
        burn_half(economy)
        economy.net.run(blocks=2 * TEMPO)
        flow = last_epoch(economy, economy.second)
        assert flow.burned + flow.recycled == pytest.approx(flow.of("miner"), rel=0.01)


def test_blocks_and_subnets_that_are_none_are_refused(economy: Economy):
    for first, last in ((0, 5), (9, 8), (1, economy.net.block_number + 1)):
        with pytest.raises(BadValue, match="blocks"):
            follow_alpha(economy.net, 1, first, last)
    for netuid in (0, 9):
        with pytest.raises(BadValue, match="subnet"):
            follow_alpha(economy.net, netuid, 100, 101)


def test_drawings_say_what_flows_where(economy: Economy):
    tao = tao_flow_drawing(economy.net)
    assert "issues 1.000 τ: into 2 pools, and to no person" in tao.title
    assert "buys α from the pool" in tao.svg()
    alpha = alpha_flow_drawing(economy.net, economy.first)
    assert alpha.title.startswith("Subnet 1 issues 20.000 α for 20 blocks")
    for words in (
        "olga, the owner: 3.600 α",
        "nominator of sn1-validator-0",
        "owner's cut: 18.0 %",
        "root's baskets",
    ):
        assert words.replace("'", "&#x27;") in alpha.svg()


def test_a_chain_without_subnets_recycles_all():
    from tao_lab.course.networks import small_network

    with small_network() as net:
        net.run(blocks=1)
        assert follow_tao(net.at(0), net.at(1)).recycled == TAO
        assert "into no pool" in tao_flow_drawing(net).title


def test_charts_of_supply_and_shares_have_titles_with_their_numbers(economy: Economy):
    assert "in 3.6 years (0 % recycled), in 7.2 years (50 % recycled)" in supply_chart(10**15).alt
    figure = shares_chart(economy.net, economy.net.block_number - 10)
    assert f"After block {economy.net.block_number}: subnet 1 gets 60 %, subnet 2 gets 40 %" in figure.alt
    assert figure.svg().count("<path") > 5
