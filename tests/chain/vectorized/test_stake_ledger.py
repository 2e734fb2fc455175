"""A ledger that is written once gives the very state that changing the stakes one by one gives."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size, account, populate
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.stake import increase_stake, increase_stake_of_all
from tao_lab.chain.vectorized.stake_ledger import StakeLedger

SIZE = Size(subnets=1, neurons=6, validators=3, tempo=4)
HOTKEYS = [account(1, uid) for uid in range(SIZE.neurons)]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(HOTKEYS), st.sampled_from([1, 2, None]), st.sampled_from([0, 1, 10**6]) | st.integers(0, 10**15)
    ),
    max_size=12,
)


@cache
def populated() -> Context:
    chain = Chain()
    ctx = Context(chain.runtime, chain.state, 1, executive.author(chain.state))
    populate(ctx, SIZE)
    return ctx


@settings(deadline=None)
@given(CHANGES, st.integers(0, SIZE.neurons))
def test_the_state_is_the_same_as_one_by_one(changes: list[tuple[str, int | None, int]], read_at_once: int) -> None:
    ctx = populated()
    mark, found = ctx.mark(), []
    for at_once in (True, False):
        ledger = StakeLedger(ctx, 1, HOTKEYS[:read_at_once])
        for hotkey, coldkey, rao in changes:
            if coldkey is None:
                ledger.increase_all(hotkey, rao) if at_once else increase_stake_of_all(ctx, hotkey, 1, rao)
            elif at_once:
                ledger.increase(hotkey, account(1, 0, coldkey), rao)
            elif rao:
                increase_stake(ctx, hotkey, account(1, 0, coldkey), 1, rao)
        ledger.write() if at_once else None
        found.append(dict(ctx.state.raw.items()))
        ctx.rollback(mark)
    assert found[0] == found[1]
