"""Blocks in which nothing happens are made from a plan, and are the same as without one."""

import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size, populate
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.errors import BlockFailed, DatabaseFull
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.root_claims import STAKES_LOOKED_AT
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.state import RawState
from tao_lab.chain.twins import readable_only
from tao_lab.chain.vectorized import few
from tao_lab.chain.vectorized.quiet import QuietBlocks
from tao_lab.economy import split
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tests.chain.conftest import account, key
from tests.chain.vectorized.test_few import CHANGES, write

SIZES = {subnets: Size(subnets, neurons=3, validators=2, tempo=20) for subnets in range(few.FEW + 1)}
TAO = 10**9


def populated(size: Size, path: Path | None = None) -> Chain:
    """A chain with some subnets; on those with an even number prices fall for a long time."""
    chain = Chain(path)
    if size.subnets:
        populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
    for netuid in range(2, size.subnets + 1, 2):
        chain.state.put(MODULE, "Burn", netuid, 7 * TAO)
    return chain


def without_plans(chain: Chain) -> Chain:
    """The same chain, which makes every block the usual way."""
    chain._quiet.next = lambda *_: None  # type: ignore[method-assign]
    return chain


def quiet_blocks(chain: Chain) -> list[int]:
    """The heights of the quiet blocks that a chain makes from now on."""
    heights: list[int] = []
    take = chain._quiet.take

    def noted(*arguments: Any, **options: Any) -> None:
        heights.append(chain.head.number + 1)
        take(*arguments, **options)

    chain._quiet.take = noted  # type: ignore[method-assign]
    return heights


def both(size: Size, folder: Path | None = None) -> list[Chain]:
    """Two chains with the same subnets, the first with plans, the other without them."""
    paths = [folder and folder / name for name in ("planned.db", "usual.db")]
    return [populated(size, paths[0]), without_plans(populated(size, paths[1]))]


def assert_alike(chains: list[Chain]) -> None:
    """Whether chains have the same state, newest block, events and refusals."""
    planned, usual = chains
    assert planned.head == usual.head
    assert dict(planned.state.raw.items()) == dict(usual.state.raw.items())
    assert planned.events(planned.head.number) == usual.events(usual.head.number)
    assert (planned.refused, planned._refusals) == (usual.refused, usual._refusals)
    prefix = planned.state.key("System", "BlockHash")
    assert list(planned.state.raw_keys(prefix)) == list(usual.state.raw_keys(prefix))


def history(chain: Chain) -> list[tuple[int, dict[bytes, bytes | None]]]:
    """What each block has changed, as its file has it; a column there may also have values that did not change."""
    now: dict[bytes, bytes | None] = {}
    found = []
    for number, changes in chain.store.changes_by_block():
        found.append((number, {key: value for key, value in changes.items() if value != now.get(key)}))
        now.update(changes)
    return found


def rows(chain: Chain) -> list[Any]:
    """The rows of a file; keys may have been numbered in another order."""
    single = "SELECT block, key, value FROM changes JOIN keys ON id = key_id ORDER BY block, key"
    with closing(sqlite3.connect(chain.store.path)) as db:
        return [*db.execute(single), *db.execute("SELECT * FROM blocks"), *db.execute("SELECT block FROM packs")]


def assert_same(chains: list[Chain]) -> None:
    """Whether chains, and what they have stored, are the same at the end; closes them."""
    assert_alike(chains)
    assert history(chains[0]) == history(chains[1])
    assert list(chains[0].store.blocks()) == list(chains[1].store.blocks())
    for chain in chains:
        assert chain.verify() is None
        chain.close()


@pytest.mark.parametrize("subnets", SIZES)
def test_they_are_the_same_as_blocks_that_are_made_the_usual_way(subnets: int, tmp_path: Path) -> None:
    chains = both(SIZES[subnets], tmp_path)
    heights = quiet_blocks(chains[0])
    for _ in range(30):
        for chain in chains:
            chain.produce_block()
        assert_alike(chains)
    assert len(heights) > 5
    assert_same(chains)


@pytest.mark.parametrize("subnets", SIZES)
@pytest.mark.parametrize("kept_every", [4, 9])
def test_light_ones_are_the_same(
    subnets: int, kept_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runtime, "block_hashes_kept", 6)
    chains = both(SIZES[subnets], tmp_path)
    heights = quiet_blocks(chains[0])
    for number in range(1, 37):
        for chain in chains:
            chain.produce_block(keep_state=number % kept_every == 0)
        assert_alike(chains)
    assert len(heights) > 5
    assert_same(chains)
    assert rows(chains[0]) == rows(chains[1])


def test_a_subnet_that_has_not_been_started_has_only_a_price_and_a_count() -> None:
    chains = both(SIZES[2])
    for chain in chains:
        chain.state.remove(MODULE, "FirstEmissionBlockNumber", 2)
        chain.state.put(MODULE, "Tempo", 2, 0)
    heights = quiet_blocks(chains[0])
    for _ in range(12):
        for chain in chains:
            chain.produce_block()
        assert_alike(chains)
    assert heights
    assert chains[0].state.get(MODULE, "Burn", 2) < 7 * TAO
    assert_same(chains)


@pytest.mark.parametrize("halved", ["TAO", "alpha"])
def test_emission_is_stored_once_a_block_has_two_different_ones(halved: str) -> None:
    chains = both(SIZES[2])
    heights = quiet_blocks(chains[0])
    for chain in chains:
        chain.produce_block()
        near = TOTAL_SUPPLY // 2 - 5 * TAO // 2  # the third block from here has less
        if halved == "TAO":
            chain.state.put(MODULE, "TotalIssuance", near)
        else:
            chain.state.put(MODULE, "SubnetAlphaOut", 1, near - chain.state.get(MODULE, "SubnetAlphaIn", 1))
        for _ in range(5):
            chain.produce_block()
    assert heights[:1] == [3]
    assert chains[0].state.exists(MODULE, "BlockEmission")
    assert_same(chains)


def test_the_time_may_be_given() -> None:
    chains = both(SIZES[0])
    heights = quiet_blocks(chains[0])
    for time_ms in (None, 5, 5, 0, 10**15, None):
        for chain in chains:
            chain.produce_block(time_ms)
        assert_alike(chains)
    assert heights == [3, 4, 5, 6]
    assert_same(chains)


def stop(*_: Any) -> Any:
    raise KeyboardInterrupt


def happen(chain: Chain, what: str, changed: tuple[str, int | None, Any], blocks: int, transfer: bytes) -> None:
    """What may come between quiet blocks, and the next blocks."""
    write(chain, what, changed)
    if what == "rule":
        with chain.rules.using(split=lambda alpha_out, owner_cut, _: split(alpha_out, owner_cut, 0)):
            chain.produce_block()
    elif what == "interrupted":
        with chain.rules.using(split=stop), suppress(KeyboardInterrupt):
            chain.produce_block()
    elif what == "extrinsic":
        chain.submit(transfer)
    elif what == "dry run":
        chain.dry_run(transfer)
    elif what == "columns":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(few, "FEW", 0)
            patch.setattr(QuietBlocks, "next", lambda *_: None)
            chain.produce_block()
    for number in range(blocks):
        chain.produce_block(keep_state=what != "light" or number == blocks - 1)


WHAT = [
    "nothing",
    "light",
    "change",
    "change that is undone",
    "default",
    "rule",
    "interrupted",
    "extrinsic",
    "dry run",
    "columns",
]


@pytest.mark.slow
@pytest.mark.parametrize("subnets", SIZES)
@settings(max_examples=15, deadline=None)
@given(
    events=st.lists(
        st.tuples(st.sampled_from(WHAT), st.sampled_from(CHANGES), st.integers(0, 6)), min_size=2, max_size=10
    ),
    reopened=st.integers(0, 10),
    tempo=st.integers(3, 9),
)
def test_they_are_the_same_whatever_happens_between_them(
    subnets: int, events: list[tuple[str, tuple[str, int | None, Any], int]], reopened: int, tempo: int
) -> None:
    size = Size(subnets, neurons=3, validators=2, tempo=tempo)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Runtime, "block_hashes_kept", 7)
        chains, args = both(size, Path(folder)), {"dest": account("alice"), "value": TAO}
        for number, (what, changed, blocks) in enumerate(events):
            transfer = chains[0].sign(key("faucet"), "Balances", "transfer_keep_alive", args)
            for chain in chains:
                happen(chain, what, changed, blocks, transfer)
            assert_alike(chains)
            if number == reopened:
                for chain in chains:
                    chain.produce_block()
                    chain.close()
                chains = [Chain(Path(chain.store.path)) for chain in chains]
                without_plans(chains[1])
        for chain in chains:
            chain.produce_block()
        assert_same(chains)


# --- failures ---------------------------------------------------------------------------------------------------


def prepared() -> tuple[Chain, list[int]]:
    """A chain whose next block is a quiet one, and the heights of those to come."""
    chain = populated(Size(2, neurons=3, validators=2, tempo=50))
    for _ in range(3):
        chain.produce_block()
    heights = quiet_blocks(chain)
    chain.produce_block()
    assert heights == [4]
    return chain, heights


def test_a_block_that_cannot_be_written_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, heights = prepared()
    before, head, root = dict(chain.state.raw.items()), chain.head, chain._tree.root

    def full(*_: Any) -> None:
        raise DatabaseFull("no room")

    with monkeypatch.context() as patch:
        patch.setattr(chain.store, "commit", full)
        with pytest.raises(DatabaseFull):
            chain.produce_block()
    assert (dict(chain.state.raw.items()), chain.head, chain._tree.root) == (before, head, root)
    chain.produce_block()
    assert heights == [4, 5]
    usual = without_plans(populated(Size(2, neurons=3, validators=2, tempo=50)))
    for _ in range(5):
        usual.produce_block()
    assert_same([chain, usual])


def test_after_a_new_stake_no_block_looks_at_all_stakes(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, heights = prepared()
    stakes, keys, limits = chain.state.key(MODULE, "AlphaV2"), RawState.keys, []

    def noted(raw: RawState, prefix: bytes, after: bytes | None = None, limit: int | None = None) -> Sequence[bytes]:
        if prefix == stakes:
            limits.append(limit)
        return keys(raw, prefix, after, limit)

    first = chain.state.raw.keys(stakes)[0]
    chain.state.raw.put(first, chain.state.raw.get(first) or b"")
    monkeypatch.setattr(RawState, "keys", noted)
    for _ in range(3):
        chain.produce_block()
    assert heights == [4, 6, 7]
    assert set(limits) == {STAKES_LOOKED_AT}


def interrupted_at(chain: Chain, after: int, keep_state: bool) -> bool:
    """Make a block, with Ctrl-C after some steps of it; whether it had that many steps."""
    left = after

    def step(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if "/tao_lab/chain/" not in frame.f_code.co_filename:
            return None
        left -= event == "line"
        if left == -1:
            signal.raise_signal(signal.SIGINT)
        return step

    before = sys.gettrace()
    with suppress(KeyboardInterrupt):
        sys.settrace(step)
        try:
            chain.produce_block(keep_state=keep_state)
        finally:
            sys.settrace(before)
    return left < 0


@pytest.mark.slow
@pytest.mark.parametrize("keep_state", [True, False])
def test_ctrl_c_at_any_step_leaves_the_state_of_a_whole_block(keep_state: bool) -> None:
    size = Size(1, neurons=3, validators=2, tempo=1_000)
    chain, usual = populated(size), without_plans(populated(size))
    heights, after = quiet_blocks(chain), 0
    for each in (chain, usual):
        for _ in range(3):
            each.produce_block()
    while interrupted_at(chain, after, keep_state):
        after += 1
        while usual.head.number < chain.head.number:
            usual.produce_block(keep_state=keep_state)
        assert_alike([chain, usual])
        assert not keep_state or chain._tree.root == chain.head.header.state_root
    assert after > 100
    assert len(heights) > 20
    usual.produce_block(keep_state=keep_state)
    for each in (chain, usual):
        each.produce_block()
    assert_same([chain, usual])


@pytest.mark.parametrize("item", ["Tempo", "SubtokenEnabled"])
def test_a_value_that_does_not_decode_stops_the_block_as_it_always_does(item: str) -> None:
    chain, heights = prepared()
    key_of_item = chain.state.key(MODULE, item, 1)
    before = chain.state.raw_get(key_of_item)
    chain.state.raw.put(key_of_item, b"\x05")
    chain.state.raw.seal()
    with pytest.raises(BlockFailed, match=r"block 5: SubtensorModule\.block_step raised"):
        chain.produce_block()
    assert before is not None
    chain.state.raw.put(key_of_item, before)
    chain.state.raw.seal()
    chain.produce_block()
    assert heights == [4, 5]
    chain.close()


# --- what is not quiet ------------------------------------------------------------------------------------------


def test_with_more_subnets_there_is_no_plan() -> None:
    chain = populated(Size(few.FEW + 1, neurons=2, validators=1, tempo=50))
    heights = quiet_blocks(chain)
    for _ in range(4):
        chain.produce_block()
    assert heights == []
    chain.close()


def test_with_readable_rules_only_there_is_no_plan() -> None:
    chain, heights = prepared()
    with readable_only():
        chain.produce_block()
    assert heights == [4]
    chain.produce_block()
    assert heights == [4, 6]
    chain.close()
