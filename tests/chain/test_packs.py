"""Values in columns are the same as values one by one: at the head, in the tree, in the past, and after a way back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size, populate
from tao_lab.chain import executive, packs, usual_keys
from tao_lab.chain.chain import Chain
from tao_lab.chain.column import Layout
from tao_lab.chain.context import Context
from tao_lab.chain.errors import DatabaseCorrupt
from tao_lab.chain.state import RawState
from tao_lab.chain.state_tree import StateTree
from tao_lab.chain.store import PastState, Store, StoredBlock

ITEMS = (b"a" * 32, b"b" * 32)
KEYS, WIDTH = 6, 2
LAYOUTS = [  # two that share keys, and one of another item
    Layout(item, [item + bytes([i]) for i in places], bytes(WIDTH))
    for item, places in ((ITEMS[0], range(4)), (ITEMS[0], (5, 3, 2)), (ITEMS[1], range(KEYS)))
]

keys = st.builds(lambda item, i: item + bytes([i]), st.sampled_from(ITEMS), st.integers(0, KEYS - 1))
values = st.binary(min_size=WIDTH, max_size=WIDTH) | st.sampled_from([b"xyz", b"\0\0"])
writes = st.one_of(
    st.tuples(st.just("put"), keys, values),
    st.tuples(st.just("remove"), keys),
    st.tuples(st.just("column"), st.sampled_from(LAYOUTS), st.integers(0, 255), st.lists(st.booleans(), max_size=KEYS)),
    st.tuples(st.just("mark")),
    st.tuples(st.just("rollback")),
)
blocks = st.lists(
    st.tuples(st.lists(writes, max_size=8), st.sampled_from(["keep", "keep", "light", "fail"])), max_size=9
)


class Model:
    """A plain dict beside the state, with its marks."""

    def __init__(self) -> None:
        self.state, self.raw = dict[bytes, bytes](), RawState()
        self.marks: list[tuple[int, dict[bytes, bytes]]] = []

    def do(self, name: str, *args: Any) -> None:
        getattr(self, name)(*args)
        assert dict(self.raw.items()) == self.state
        assert [self.raw.get(key) for key in sorted(self.state)] == [self.state[key] for key in sorted(self.state)]
        for item in ITEMS:
            assert list(self.raw.keys(item)) == sorted(key for key in self.state if key.startswith(item))

    def put(self, key: bytes, value: bytes) -> None:
        self.raw.put(key, value)
        self.state[key] = value

    def remove(self, key: bytes) -> None:
        self.raw.remove(key)
        self.state.pop(key, None)

    def column(self, layout: Layout, first: int, where: list[bool]) -> None:
        column = self.raw.column(layout)
        there = [self.state.get(key) for key in layout.keys]
        if column is None:  # one of the values is, or was at the last seal, of another width
            return
        assert [column.get(row) for row in range(len(there))] == there
        data = np.arange(len(there) * WIDTH, dtype=np.uint8).reshape(-1, WIDTH) + np.uint8(first)
        chosen = np.array((where + [False] * len(there))[: len(there)])
        self.raw.write_column(column, data, chosen if where else None)
        for row, key in enumerate(layout.keys):
            if not where or chosen[row]:
                self.state[key] = data[row].tobytes()

    def mark(self) -> None:
        self.marks.append((self.raw.mark(), dict(self.state)))

    def rollback(self) -> None:
        if self.marks:
            mark, self.state = self.marks.pop()
            self.raw.rollback(mark)


@pytest.mark.parametrize("window", [1, 2, 100])
@settings(max_examples=60, deadline=None)
@given(chain=blocks)
def test_columns_change_nothing_but_the_way_values_are_kept(window: int, chain: list[tuple[list[Any], str]]) -> None:
    model, tree, store, past = Model(), StateTree(), Store(), dict[int, dict[bytes, bytes]]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "SUMMARY_EVERY", 3)
        patch.setattr(usual_keys, "WINDOW", window)
        patch.setattr(usual_keys, "LEAST", 1)
        for number, (steps, end) in enumerate(chain):
            for step in steps:
                model.do(*step)
            model.marks.clear()
            if end == "light":
                model.raw.shorten_journal()
                continue
            changes = model.raw.changes()
            tree.update(changes)
            assert tree.root == tree_of(model.state).root
            if end == "fail":
                tree.update(model.raw.before(changes))
                assert tree.root == tree_of(past[max(past)] if past else {}).root
                continue
            name = bytes([number])
            store.commit([StoredBlock(number, name, name, b"")], changes)
            model.raw.seal()
            past[number] = dict(model.state)
        check_past(store, past)
    store.close()


def tree_of(state: dict[bytes, bytes]) -> StateTree:
    tree = StateTree()
    tree.update(state)
    return tree


def check_past(store: Store, past: dict[int, dict[bytes, bytes]]) -> None:
    replayed: dict[bytes, bytes] = {}
    by_block = dict(store.changes_by_block())
    for number, expected in past.items():
        assert dict(store.state_at(number)) == expected
        reader = PastState(store, number)
        for prefix in (*ITEMS, b""):
            found = sorted(key for key in expected if key.startswith(prefix))
            assert reader.keys(prefix) == found
            assert reader.keys(prefix, limit=3) == found[:3]
            assert reader.keys(prefix, after=prefix + b"\x02") == [key for key in found if key > prefix + b"\x02"]
        assert all(reader.get(key) == value for key, value in expected.items())
        for key, entry in by_block.get(number, {}).items():
            replayed.pop(key, None) if entry is None else replayed.update({key: entry})
        assert replayed == expected


@pytest.mark.parametrize(("summary_every", "window"), [(2, 2), (256, 1), (256, 100)])
def test_a_chain_of_some_subnets_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, summary_every: int, window: int
) -> None:
    monkeypatch.setattr(packs, "SUMMARY_EVERY", summary_every)
    monkeypatch.setattr(usual_keys, "WINDOW", window)
    chain = Chain(tmp_path / "chain.db")
    size = Size(subnets=4, neurons=3, validators=1, tempo=3)
    populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
    states = [dict(chain.state.raw.items())]
    for _ in range(5):
        chain.produce_block()
        states.append(dict(chain.state.raw.items()))
    assert chain.verify() is None
    chain.close()
    again = Chain(tmp_path / "chain.db")
    assert dict(again.state.raw.items()) == states[-1]
    for _ in range(2):
        again.produce_block()
        states.append(dict(again.state.raw.items()))
    for number, expected in enumerate(states[1:], 1):
        assert dict(again.store.state_at(number)) == expected
        assert {key: again.store.value_at(key, number) for key in expected} == expected
    assert again.verify() is None
    again.close()


def test_two_threads_read_two_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may read another pack between any two steps."""
    monkeypatch.setattr(packs, "SUMMARY_EVERY", 1)
    store, raw, layout = Store(), RawState(), LAYOUTS[0]
    for number in range(4):
        column = raw.column(layout)
        assert column is not None
        raw.write_column(column, np.full((len(layout.keys), WIDTH), number, np.uint8))
        store.commit([StoredBlock(number, bytes([number]), bytes([number]), b"")], raw.changes())
        raw.seal()
    key, reader = layout.keys[0], store._packs

    class Disturbed(packs.Packs):
        depth = 0

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "_last_pack" and not self.depth:
                super().__setattr__("depth", 1)
                assert store.value_at(key, 3 - value[0]) == bytes([3 - value[0]]) * WIDTH
                super().__setattr__("depth", 0)

    monkeypatch.setattr(reader, "__class__", Disturbed)
    for number in (0, 1, 2, 3, 1):
        assert store.value_at(key, number) == bytes([number]) * WIDTH
    store.close()


def test_usual_keys_are_one_row_a_block_and_may_become_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usual_keys, "WINDOW", 4)
    chain = Chain(tmp_path / "chain.db")
    size, states, rows = Size(subnets=1, neurons=3, validators=1, tempo=1_000), [dict(chain.state.raw.items())], []
    for number in range(1, 28):
        if number == 14:
            populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
        chain.produce_block()
        states.append(dict(chain.state.raw.items()))
        rows.append(chain.store._db.execute("SELECT count(*) FROM changes WHERE block = ?", (number,)).fetchone()[0])
    assert rows[1:13] == [4] * 6 + [0] * 6  # the clock, the digest, the height and the name of the parent
    assert max(rows[19:]) < min(rows[14:18]) / 2
    assert chain.verify() is None
    chain.close()
    again = Chain(tmp_path / "chain.db")
    for number, expected in enumerate(states):
        assert dict(again.store.state_at(number)) == expected
        assert {key: again.store.value_at(key, number) for key in expected} == expected
    again.close()


def test_a_file_that_has_lost_the_usual_values_of_its_last_block_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usual_keys, "WINDOW", 2)
    chain = Chain(tmp_path / "chain.db")
    for _ in range(6):
        chain.produce_block()
    chain.close()
    with closing(sqlite3.connect(tmp_path / "chain.db")) as db, db:
        db.execute("DELETE FROM packs WHERE block = 6")
    with pytest.raises(DatabaseCorrupt, match="what block 6 wrote is missing"):
        Chain(tmp_path / "chain.db")
