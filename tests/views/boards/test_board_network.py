"""The page of a running network: what it says is what the chain's state holds."""

from itertools import pairwise

import pytest

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.boards import network
from tao_lab.views.boards.running import Moment, Neuron, Running


@pytest.fixture(scope="module")
def bought():
    run = Running("buy")
    return run, run.to(25)


@pytest.mark.slow
def test_each_block_is_the_chains_own_and_its_tao_is_what_the_chain_issued(bought):
    run, moments = bought
    assert [moment.number for moment in moments] == list(range(run.first, run.first + 26))
    assert moments[-1].hash == run.net.block().hash
    issued = run.net.rules.block_emission(int(run.net.chain.state.get(MODULE, "TotalIssuance")))
    assert moments[-1].issued == pytest.approx(issued, abs=10)
    for netuid, price in moments[-1].prices.items():
        assert price == pytest.approx(run.net.alpha_price(netuid).rao / RAO_PER_TAO, rel=1e-6)


@pytest.mark.slow
def test_going_on_keeps_what_was_and_a_shorter_look_back_makes_no_block(bought):
    run, moments = bought
    assert run.to(10) == moments[:11]
    assert run.net.block_number == moments[-1].number


@pytest.mark.slow
def test_a_purchase_raises_the_price_at_once_and_the_share_slowly(bought):
    run, moments = bought
    labels = run.labels()
    assert moments[11].calls["add_stake"] == 1
    assert network.change(moments, 1) > 0.1
    assert abs(network.change(moments, 2)) < 0.01
    grown = network.share(moments[-1], 1) / network.share(moments[10], 1) - 1
    assert 0 < grown < network.change(moments[10:], 1) / 2
    assert f"Subnet A gets {100 * network.share(moments[-1], 1):.1f} %" in network.sentence(moments, labels)


@pytest.mark.slow
def test_epochs_pay_the_better_miner_more_and_the_table_says_when(bought):
    run, moments = bought
    paying = [moment for moment in moments if 1 in moment.epochs]
    assert [b.number - a.number for a, b in pairwise(paying)] == [10] * (len(paying) - 1)
    pay = {neuron.name: neuron.emission for neuron in moments[-1].neurons[1]}
    assert pay["miner A1"] > pay["miner A2"] > pay["miner A3"] > 0
    last = moments[: moments.index(paying[-1]) + 1]
    assert "epoch of A" in " ".join(cell.text for cell in network.blocks_cells(last, run.labels()))


def made(number=7, **prices):
    """A block with subnets 1, 2, … at these prices and 1 τ for them, in equal parts."""
    netuids = dict(enumerate(prices.values(), 1))
    neurons = {netuid: (Neuron(0, "owner", "owner", 0), Neuron(1, "m", "miner", 3)) for netuid in netuids}
    return Moment(number, bytes(32), {}, netuids, {n: RAO_PER_TAO // len(netuids) for n in netuids}, neurons)


def test_sentences_for_no_subnet_one_block_and_a_price_that_stays():
    empty = Moment(3, bytes(32), {}, {}, {}, {})
    assert network.sentence([empty], {}) == "Block 3: there is no subnet yet."
    assert network.sentence([made(a=0.5)], {1: "A"}) == (
        "Block 7 puts 1.00 new τ into one pool. Subnet A gets 100.0 % of it, at 0.5000 τ for one of its α."
    )
    still = network.sentence([made(7, a=0.5), made(8, a=0.5)], {1: "A"})
    assert still.endswith("its price has hardly moved.")
    fallen = network.sentence([made(7, a=0.5, b=0.1), made(8, a=0.4, b=0.1)], {1: "A", 2: "B"})
    assert fallen.endswith("Subnet A gets 50.0 % of it (50.0 % at block 7); its price has fallen by 20.0 %.")


def test_lines_begin_at_100_and_a_subnet_that_came_later_begins_where_it_came():
    table = network.prices_table([made(7, a=0.5), made(8, a=0.6, b=0.2), made(9, a=0.6, b=0.1)], {1: "A", 2: "B"})
    rows = list(zip(table["subnet"], table["block"], table["index"], strict=True))
    assert rows == [("A", 7, 100), ("A", 8, 120), ("A", 9, 120), ("B", 8, 100), ("B", 9, 50)]


def test_only_as_many_lines_as_can_be_told_apart():
    many = made(a=1, b=1, c=1, d=1, e=1, f=1, g=1)
    assert len(network.shown([many], {netuid: str(netuid) for netuid in many.prices})) == network.MOST_SUBNETS
