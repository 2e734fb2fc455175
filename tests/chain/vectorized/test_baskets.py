"""A dividend that enters a basket at once gives the very state that the readable rule gives."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size, account, populate
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import baskets
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out
from tao_lab.chain.rules import Rules
from tao_lab.chain.twins import readable_only
from tao_lab.chain.vectorized import baskets as twin
from tao_lab.economy import swap

SIZE = Size(subnets=3, neurons=4, validators=2, tempo=100)
NETUIDS = range(1, SIZE.subnets + 1)
HOTKEY = account(1, 0)  # it has a seat on root

rao = st.integers(1, 10**6) | st.integers(10**9, 10**14)
deposits = st.lists(st.dictionaries(st.sampled_from(NETUIDS), rao, min_size=1), min_size=1, max_size=4)
changes = st.lists(
    st.sampled_from(
        [
            ("SubnetMechanism", 0),
            ("SubnetTAO", 0),
            ("SubnetTAO", 10**6),
            ("SubnetAlphaIn", 10**3),
            ("SubnetAlphaIn", 10**15),
        ]
    ),
    max_size=2,
)


@pytest.fixture(scope="module")
def ctx() -> Context:
    """A network without baskets, whose validators have seats on root."""
    chain = Chain()
    context = Context(chain.runtime, chain.state, 1, executive.author(chain.state))
    populate(context, SIZE)
    return context


def outcome(ctx: Context, all_credits: list[dict[int, int]]) -> tuple[Any, ...]:
    """The results of deposits, the events and the state after them; the context is as before."""
    mark = ctx.mark()
    results = []
    for credits in all_credits:
        for netuid, alpha in credits.items():
            mint_alpha_out(ctx, netuid, alpha)
        results.append(baskets.deposit(ctx, HOTKEY, sorted(credits.items())))
    found = results, list(ctx.events), dict(ctx.state.raw.items())
    ctx.rollback(mark)
    return found


def assert_same(ctx: Context, all_credits: list[dict[int, int]]) -> None:
    with readable_only():
        expected = outcome(ctx, all_credits)
    assert outcome(ctx, all_credits) == expected


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(deposits, changes, st.sampled_from(NETUIDS), st.sampled_from([0, 1, 10**9, 10**13]))
def test_the_state_is_the_same(
    ctx: Context, all_credits: list[dict[int, int]], changed: list[tuple[str, int]], netuid: int, cash: int
) -> None:
    mark = ctx.mark()
    if cash:
        baskets.credit_cash(ctx, HOTKEY, cash)
    for item, value in changed:
        ctx.state.put(MODULE, item, netuid, value)
    assert_same(ctx, all_credits)
    ctx.rollback(mark)


def test_the_usual_deposit_is_computed_at_once(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = ctx.mark()
    baskets.deposit(ctx, HOTKEY, [(1, 10**12)])  # puts the hotkey on the list of the escrow account
    monkeypatch.setattr(baskets, "valued", None)  # what only the readable rule calls
    baskets.deposit(ctx, HOTKEY, [(1, 10**12), (2, 10**12)])
    monkeypatch.undo()
    assert_same(ctx, [{1: 10**12, 2: 10**12}])
    ctx.rollback(mark)


def test_a_student_s_swap_is_asked_by_the_readable_rule(ctx: Context) -> None:
    ctx.rules = Rules(swap=lambda *terms: swap(*terms))
    assert twin.deposit(ctx, HOTKEY, [(1, 10**12)]) is NotImplemented
    ctx.rules = Rules()
    assert twin.deposit(ctx, HOTKEY, [(ROOT_NETUID, 10**12)]) is NotImplemented
