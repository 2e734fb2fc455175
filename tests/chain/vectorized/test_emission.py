"""Emission of all subnets at once gives the very state that going subnet by subnet gives."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size, populate, put_tao
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.twins import readable_only
from tao_lab.chain.vectorized import emission as vectorized_emission
from tao_lab.chain.vectorized import few
from tao_lab.economy import (
    EmissionGate,
    Pool,
    SubnetPrice,
    SwapError,
    block_emission,
    demand_shares,
    price,
    root_proportion,
    subnet_shares,
    swap,
    update_moving_price,
)
from tao_lab.economy.fixed128 import u64_share
from tao_lab.economy.swap import ACCURACY, MIN_WEIGHT, weight_after_adding
from tao_lab.economy.vectorized import emission as vectorized
from tao_lab.units import RAO_PER_TAO, U64_MAX

ONE32, ONE64 = 1 << 32, 1 << 64
SIZE = Size(subnets=5, neurons=6, validators=3, tempo=4)

rao = st.integers(10**6, 21 * 10**15)
weights = st.integers(MIN_WEIGHT, ACCURACY - MIN_WEIGHT)


def number(words: Any) -> int:
    """The number of a pair, high word first."""
    return int(words[0]) << 64 | int(words[1])


def u64(*values: int) -> list[np.uint64]:
    return [np.uint64(value) for value in values]


@pytest.mark.slow
@given(rao, rao, weights)
def test_prices(tao: int, alpha: int, quote: int) -> None:
    word = price(Pool(tao, alpha, quote))
    found = number(vectorized.price_of(*u64(tao, alpha, quote)))
    assert found == word if word < 1 << 96 else found == (1 << 128) - 1


@pytest.mark.slow
@given(rao, rao, weights, st.integers(0, 10**10), st.integers(0, 10**10))
def test_weights_after_adding(tao: int, alpha: int, quote: int, tao_in: int, alpha_in: int) -> None:
    expected = weight_after_adding(Pool(tao, alpha, quote), tao_in, alpha_in)
    assert int(vectorized.weight_after(*u64(tao, alpha, quote, tao_in, alpha_in))) == (expected or 0)


@pytest.mark.slow
@given(rao, rao, weights, st.integers(1, 10**10))
def test_chain_buys(tao: int, alpha: int, quote: int, paid: int) -> None:
    # `emit` makes sure of this, because of the chain's limit price
    assume(vectorized.price_of(*u64(tao, alpha, quote))[0] < vectorized.LARGEST_SWAP_PRICE)
    received = int(vectorized.bought_for(*u64(tao, alpha, quote, paid)))
    if received:
        assert received == swap(Pool(tao, alpha, quote, fee_rate=0), "buy", paid).received


def test_a_usual_chain_buy_is_computed_at_once() -> None:
    for tao, alpha, quote in (
        (10**13, 10**15, ACCURACY // 2),
        (10**13, 10**15, ACCURACY // 3),
        (10**15, 10**13, MIN_WEIGHT),
    ):
        for paid in (1, 1_000, RAO_PER_TAO):
            received = int(vectorized.bought_for(*u64(tao, alpha, quote, paid)))
            try:
                assert received == swap(Pool(tao, alpha, quote, fee_rate=0), "buy", paid).received
            except SwapError:
                assert received == 0


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(0, 2**33), st.integers(0, ONE32), st.booleans()), max_size=9),
    st.integers(0, ONE64) | st.sampled_from([0, 1, 2, ONE64 // 3, ONE64 - 1, ONE64]) | st.integers(0, 8),
    st.sampled_from([1, 3, 8]) | st.floats(1, 8),
)
def test_shares(subnets: list[tuple[int, int, bool]], bar: int, exponent: float) -> None:
    prices = [SubnetPrice(*subnet) for subnet in subnets]
    demand = [share for share in demand_shares(prices) if share]
    if bar <= 8 and demand:  # near the shares themselves, where the gate acts
        bar = min(demand[bar % len(demand)] * (bar + 1) // 4, ONE64)
    gate = EmissionGate(bar, int(exponent * ONE32) << 32)
    table, shares = np.zeros(len(subnets), vectorized.SUBNET), np.zeros((len(subnets), 2), np.uint64)
    for row, (moving, burned, enabled) in zip(table, subnets, strict=True):
        row["moving_price"][0], row["miner_burned"][0], row["enabled"] = moving, burned, enabled
    vectorized.shares_of(table, (np.uint64(bar >> 64), np.uint64(bar % ONE64)), np.uint64(gate.exponent >> 32), shares)
    assert [number(share) for share in shares] == subnet_shares(prices, gate)


@given(st.integers(0, 2**63 - 1), st.integers(2, vectorized.TERMS - 1))
@example(2**63 - 1, 31)
@example(2**63 - 1, 2)
def test_division_by_a_small_number(value: int, by: int) -> None:
    for number in (value, value // by * by, max(value // by * by - 1, 0)):  # also where the quotient changes
        product = number * int(vectorized.RECIPROCALS[by])
        assert product >> 64 + int(vectorized.SHIFTS[by]) == number // by


@given(st.integers(0, 21 * 10**15 + 5))
def test_emission(issuance: int) -> None:
    assert int(vectorized.emission_of(np.uint64(issuance))) == block_emission(issuance)


@pytest.mark.parametrize("step", vectorized.STEPS.tolist())
def test_emission_falls_where_it_falls(step: int) -> None:
    assert int(vectorized.emission_of(np.uint64(step - 1))) == block_emission(step - 1) >= block_emission(step)
    assert int(vectorized.emission_of(np.uint64(step))) == block_emission(step)


@given(rao, rao, weights, st.integers(0, 2**34), st.integers(0, 10**8), st.integers(1, 10**6), st.integers(0, ONE32))
def test_settling(tao: int, alpha: int, quote: int, moving: int, started: int, halving: int, step: int) -> None:
    table = np.zeros(1, vectorized.SUBNET)
    for field, value in {
        "tao": tao,
        "alpha": alpha,
        "quote_weight": quote,
        "started": started,
        "halving": halving,
    }.items():
        table[field] = value
    table["moving_price"][0, 0] = moving
    root_tao, weight, block = 5 * 10**15, u64_share(971_718_665_099_567_868), 10**7
    if vectorized.settle(table, *u64(block, root_tao, weight, step)):
        age = max(block - max(started - 1, 0), 0)
        expected = update_moving_price(moving << 32, price(Pool(tao, alpha, quote)), age, halving, step)
        assert int(table["moving_price"][0, 0]) == expected
        assert int(table["root_prop"][0, 0]) == root_proportion(root_tao, 971_718_665_099_567_868, alpha)


def both_ways(
    prepare: Callable[[Chain], None], blocks: int, size: Size = SIZE, later: Callable[[Chain], None] | None = None
) -> list[Chain]:
    """Two chains with the same population, one at once, one subnet by subnet; as many blocks again after `later`."""
    chains = []
    for at_once in (True, False):
        chain = Chain()
        populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
        prepare(chain)
        with nullcontext() if at_once else readable_only():
            for _ in range(blocks):
                chain.produce_block()
            if later is not None:
                later(chain)
                for _ in range(blocks):
                    chain.produce_block()
        chains.append(chain)
    return chains


def assert_same(chains: list[Chain]) -> None:
    left, right = (dict(chain.state.raw.items()) for chain in chains)
    assert left == right
    assert chains[0].head == chains[1].head
    for chain in chains:
        chain.close()


@pytest.mark.slow
def test_the_state_is_the_same_over_some_tempos(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    real = vectorized_emission.emit
    monkeypatch.setattr(vectorized_emission, "emit", lambda *arguments: used.append(real(*arguments)) or used[-1])
    assert_same(both_ways(lambda chain: None, 3 * SIZE.tempo))
    assert all(used)
    assert len(used) == 3 * SIZE.tempo


def drawn_state(data: st.DataObject, size: Size) -> Callable[[Chain], None]:
    """A function that puts drawn values into a chain's subnets."""
    draw = data.draw
    items: list[tuple[str, st.SearchStrategy[Any]]] = [
        ("SubnetMovingPrice", st.builds(lambda bits: {"bits": bits}, st.integers(-(2**33), 2**42))),
        ("MinerBurned", st.builds(lambda bits: {"bits": bits}, st.integers(0, 2 * ONE32))),
        ("SubnetEmissionEnabled", st.booleans()),
        ("OwnerCutEnabled", st.booleans()),
        ("NetworkRegistrationAllowed", st.booleans()),
        ("SubnetMechanism", st.sampled_from([1, 1, 1, 1, 0])),
        ("EMAPriceHalvingBlocks", st.integers(0, 10**6)),
        ("SubnetAlphaOut", st.integers(0, 22 * 10**15)),
        ("SubnetTAO", st.sampled_from([0, 1, 10**6, 10**12, 10**14])),
        ("PendingServerEmission", st.integers(0, 2**64 - 1)),
    ]
    changes = [
        (item, draw(st.integers(1, size.subnets)), draw(values))
        for item, values in draw(st.lists(st.sampled_from(items), max_size=6))
    ]
    more_root = draw(st.sampled_from([0, 10**6, 5 * 10**6]))

    def prepare(chain: Chain) -> None:
        for item, netuid, value in changes:
            chain.state.put(MODULE, item, netuid, value)
        ctx = Context(chain.runtime, chain.state, 1, executive.author(chain.state))
        put_tao(ctx, ROOT_NETUID, more_root * RAO_PER_TAO)

    return prepare


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_state_is_the_same_whatever_the_subnets_are_like(data: st.DataObject) -> None:
    assert_same(both_ways(drawn_state(data, SIZE), 3))


def test_an_emission_that_changes_from_subnet_to_subnet_is_stored_as_one_by_one() -> None:
    def prepare(chain: Chain) -> None:
        chain.state.put(MODULE, "SubnetAlphaOut", 2, 11 * 10**15)  # past its first halving; the last subnet is not

    assert_same(both_ways(prepare, 2))


@pytest.mark.parametrize("subnets", [2, few.FEW + 1])
@pytest.mark.parametrize("item", ["PendingOwnerCut", "PendingServerEmission", "PendingValidatorEmission"])
def test_a_pot_that_is_full_stays_full(subnets: int, item: str) -> None:
    chains = both_ways(
        lambda chain: chain.state.put(MODULE, item, 2, U64_MAX), 1, Size(subnets, neurons=2, validators=1, tempo=100)
    )
    assert chains[0].state.get(MODULE, item, 2) == U64_MAX
    assert_same(chains)
