"""A chain with few subnets goes another way than one with many, and comes to the same state."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from bittensor_core import Keypair
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size
from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import BlockFailed
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.twins import readable_only
from tao_lab.chain.vectorized import emission, few
from tao_lab.chain.vectorized.quiet import QuietBlocks
from tao_lab.economy import split
from tests.chain.vectorized.test_emission import assert_same, both_ways, drawn_state

SIZE = Size(subnets=2, neurons=6, validators=3, tempo=4)


@pytest.fixture(autouse=True)
def every_block_goes_the_usual_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """No block is made from a plan (`quiet`)."""
    monkeypatch.setattr(QuietBlocks, "next", lambda *_: None)


def count_calls(module: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a function of a module gives from now on."""
    given: list[Any] = []
    real = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *arguments: given.append(real(*arguments)) or given[-1])
    return given


def test_the_state_is_the_same_over_some_tempos(monkeypatch: pytest.MonkeyPatch) -> None:
    used, columns = count_calls(few, "emit", monkeypatch), count_calls(emission, "emit", monkeypatch)
    assert_same(both_ways(lambda chain: None, 2 * SIZE.tempo, SIZE))
    assert used == [True] * 2 * SIZE.tempo
    assert not columns


@pytest.mark.parametrize("subnets", [few.FEW - 1, few.FEW, few.FEW + 1])
def test_few_and_many_meet_without_a_gap(subnets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    used, columns = count_calls(few, "emit", monkeypatch), count_calls(emission, "emit", monkeypatch)
    assert_same(both_ways(lambda chain: None, 2, Size(subnets, neurons=2, validators=1, tempo=50)))
    assert (len(used), len(columns)) == ((2, 0) if subnets <= few.FEW else (0, 2))


def test_prices_and_difficulties_of_a_place_fall_alike() -> None:
    def prepare(chain: Chain) -> None:
        for item, value in (("Burn", 7 * 10**9), ("Difficulty", 10**9), ("MinBurn", 1), ("RegistrationsThisBlock", 3)):
            chain.state.put(MODULE, item, 1, value)
        chain.state.put(MODULE, "Difficulty", 2, 5)  # below the lowest

    chains = both_ways(prepare, 3, SIZE)
    assert chains[0].state.get(MODULE, "Burn", 1) < 7 * 10**9
    assert chains[0].state.get(MODULE, "Difficulty", 1) < 10**9
    assert chains[0].state.get(MODULE, "RegistrationsThisBlock", 1) == 0
    assert_same(chains)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_state_is_the_same_whatever_the_subnets_are_like(data: st.DataObject) -> None:
    assert_same(both_ways(drawn_state(data, SIZE), 3, SIZE))


CHANGES: list[tuple[str, int, Any]] = [
    ("Burn", 1, 5 * 10**9),
    ("MinBurn", 1, 2 * 10**9),
    ("MaxBurn", 2, 10**6),
    ("BurnHalfLife", 1, 3),
    ("Difficulty", 2, 10**9),
    ("RegistrationsThisBlock", 2, 2),
    ("NetworkRegistrationAllowed", 1, False),
    ("SubtokenEnabled", 2, False),
    ("Tempo", 1, 2),
    ("PendingEpochAt", 2, 3),
    ("SubnetTAO", 0, 10**15),
    ("SubnetTAO", 1, 10**14),
    ("SubnetAlphaOut", 2, 11 * 10**15),
    ("SubnetMovingPrice", 1, {"bits": 2**31}),
    ("MinerBurned", 1, {"bits": 2**31}),
    ("SubnetMechanism", 2, 0),
    ("OwnerCutEnabled", 1, False),
    ("TaoWeight", None, 2**62),
    ("SubnetOwnerCut", None, 30_000),
    ("SubnetMovingAlpha", None, {"bits": 2**20}),
    ("SubnetMovingAlpha", None, {"bits": 2**64}),
    ("EmissionGateBar", None, {"bits": 2**60}),
    ("EmissionGateExponent", None, {"bits": 2**64}),
]


def change(chain: Chain, item: str, netuid: int | None, value: Any) -> None:
    """Write an item of a subnet, or of the whole chain."""
    chain.state.put(MODULE, item, *([] if netuid is None else [netuid]), value)


def made_both_ways(make: Callable[[Chain], None], size: Size = SIZE) -> list[Chain]:
    """Two chains with the same population on which the same is done, first with the twins, then without them."""
    chains = both_ways(lambda chain: None, 0, size)
    make(chains[0])
    with readable_only():
        make(chains[1])
    return chains


def changed_chains(changes: list[tuple[str, int | None, Any]], undone: bool = False, size: Size = SIZE) -> list[Chain]:
    """Chains that make some blocks before each change, and after it."""

    def make(chain: Chain) -> None:
        for _ in range(3):
            chain.produce_block()
        for each in changes:
            mark = chain.state.raw.mark()
            change(chain, *each)
            if undone:
                chain.state.raw.rollback(mark)
            chain.produce_block()
        chain.produce_block()

    return made_both_ways(make, size)


@pytest.mark.parametrize("changed", CHANGES, ids=lambda each: f"{each[0]} of {each[1]}")
def test_a_value_that_is_remembered_is_read_again_once_it_is_written(changed: tuple[str, int | None, Any]) -> None:
    assert_same(changed_chains([changed]))


def test_a_write_that_is_undone_leaves_nothing_behind() -> None:
    assert_same(changed_chains(list(CHANGES), undone=True))


@pytest.mark.parametrize("undone", [False, True])
def test_many_subnets_read_again_what_is_written(undone: bool) -> None:
    size = Size(few.FEW + 1, neurons=4, validators=2, tempo=7)
    assert_same(changed_chains([*CHANGES, *reversed(CHANGES)], undone, size))


def stop(*_: Any) -> Any:
    """A student's rule during which somebody presses Ctrl-C."""
    raise KeyboardInterrupt


def write(chain: Chain, what: str, changed: tuple[str, int | None, Any]) -> None:
    """Write to the state between two blocks, if this is what happens."""
    item, netuid, _ = changed
    if what == "change":
        change(chain, *changed)
    elif what == "change that is undone":
        mark = chain.state.raw.mark()
        change(chain, *changed)
        chain.state.raw.rollback(mark)
    elif what == "default":
        chain.state.remove_prefix(MODULE, item, *([] if netuid is None else [netuid]))


def happen(chain: Chain, what: str, changed: tuple[str, int | None, Any]) -> None:
    """What may come between two blocks of a chain with few subnets."""
    write(chain, what, changed)
    if what == "another rule":
        with chain.rules.using(split=lambda alpha_out, owner_cut, _: split(alpha_out, owner_cut, 0)):
            chain.produce_block()
    elif what == "failed block":
        change(chain, "PendingEpochAt", 1, 1)
        with chain.rules.using(epoch=lambda _: {}), suppress(BlockFailed):  # after emission
            chain.produce_block()
    elif what == "interrupted block":
        with chain.rules.using(split=stop), suppress(KeyboardInterrupt):  # no subnet may get anything
            chain.produce_block()
    elif what == "columns":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(few, "FEW", 0)
            chain.produce_block()


@pytest.mark.slow
@pytest.mark.parametrize("most_in_rows", [few.FEW, 0])
@settings(max_examples=20, deadline=None)
@given(
    events=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "change",
                    "change that is undone",
                    "default",
                    "another rule",
                    "failed block",
                    "interrupted block",
                    "columns",
                ]
            ),
            st.sampled_from(CHANGES),
            st.integers(0, 2),
        ),
        min_size=2,
        max_size=12,
    )
)
def test_the_state_is_the_same_whatever_happens_between_blocks(
    events: list[tuple[str, tuple[str, int | None, Any], int]], most_in_rows: int
) -> None:
    def make(chain: Chain) -> None:
        for what, changed, blocks in events:
            happen(chain, what, changed)
            for _ in range(blocks):
                chain.produce_block()
        chain.produce_block()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(few, "FEW", most_in_rows)
        assert_same(made_both_ways(make))


def test_a_stake_on_root_is_found_after_all_stakes_had_been_looked_at() -> None:
    hotkey, coldkey = (Keypair.from_uri(f"//{name}").ss58_address for name in ("hotkey", "coldkey"))

    def make(chain: Chain) -> None:
        chain.produce_block()
        chain.produce_block()
        chain.state.put(MODULE, "AlphaV2", hotkey, coldkey, 0, {"mantissa": 5, "exponent": 0})
        chain.produce_block()

    chains = made_both_ways(make)
    assert chains[0].state.get(MODULE, "StakingColdkeys", coldkey) is not None
    assert_same(chains)


def test_in_a_quiet_block_the_rules_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(chain: Chain) -> None:
        for netuid in range(SIZE.subnets + 1):
            chain.state.put(MODULE, "Burn", netuid, 0)  # the lowest price

    chain = both_ways(prepare, SIZE.tempo + 1, SIZE)[0]  # an epoch has paid out before the last block
    work = [
        count_calls(module, name, monkeypatch)
        for module, name in ((few, "_Rows"), (emission, "_have_pools"), (few, "_lower_prices"))
    ]
    chain.produce_block()
    assert work == [[], [], []]
    chain.state.put(MODULE, "SubnetTAO", 1, 10**12)
    chain.produce_block()
    assert [len(each) for each in work] == [1, 0, 0]
