import signal
import sys
from collections.abc import Callable
from functools import partial
from random import Random
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.chain import state as state_module
from tao_lab.chain.chain import Chain
from tao_lab.chain.column import Layout, Rows
from tao_lab.chain.errors import BadValue
from tao_lab.chain.runtime import Number, Record
from tao_lab.chain.state import Part, RawState, Storage, prefix_end
from tests.chain.conftest import account

KEYS = st.binary(min_size=1, max_size=3).map(lambda tail: b"p" * 31 + tail)
WRITES = st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=4)), max_size=30)


def write(state: RawState, writes: list[tuple[bytes, bytes | None]]) -> None:
    for key, value in writes:
        if value is None:
            state.remove(key)
        else:
            state.put(key, value)


def model(writes: list[tuple[bytes, bytes | None]]) -> dict[bytes, bytes]:
    return {key: value for key, value in dict(writes).items() if value is not None}


@given(WRITES, WRITES)
def test_a_rollback_restores_every_value_and_the_order_of_keys(
    before: list[tuple[bytes, bytes | None]], after: list[tuple[bytes, bytes | None]]
) -> None:
    state = RawState()
    write(state, before)
    mark = state.mark()
    assert state.keys(b"p") == sorted(model(before))
    write(state, after)
    assert dict(state.items()) == model([*before, *after])
    state.rollback(mark)
    assert dict(state.items()) == model(before)
    assert state.keys(b"p") == sorted(model(before))


@pytest.mark.parametrize("value", [b"new", b"longer than its row", None])
@pytest.mark.parametrize("key", [b"p" * 32, b"p" * 31 + b"q", b"p" * 31 + b"r"])
@pytest.mark.parametrize("in_column", [False, True])
def test_a_write_that_ctrl_c_interrupts_at_any_step_is_undone(key: bytes, value: bytes | None, in_column: bool) -> None:
    held = {b"p" * 31 + end: b"old" for end in (b"p", b"q")}

    def interrupted(after: int) -> bool:
        """Whether the write was not done after that many steps."""
        left = after

        def count(frame: FrameType, event: str, _: object) -> Any:
            nonlocal left
            if frame.f_code.co_filename != state_module.__file__:
                return None
            frame.f_trace_opcodes = True
            left -= event == "opcode"
            if left == -1:
                signal.raise_signal(signal.SIGINT)
            return count

        state = RawState()
        write(state, list(held.items()))
        if in_column:
            layout = Layout(key[:32], [key], b"---")
            assert state.column(layout) is not None
        state.seal()
        assert state.keys(b"p") == sorted(held)
        mark, before, watch = state.mark(), sys.gettrace(), state.watch([key[:32]])
        watch.fresh = True
        sys.settrace(count)
        try:
            write(state, [(key, value)])
            return False
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
            assert not watch.fresh or dict(state.items()) == held  # nobody undoes a write that was not in a block
            state.rollback(mark)
            assert dict(state.items()) == held
            assert state.keys(b"p") == sorted(held)
            state.put(key, b"two")
            assert state.changes().each() == {key: b"two"}

    after = 0
    while interrupted(after):
        after += 1
    assert after > 10


@given(WRITES, st.lists(KEYS, max_size=9, unique=True))
def test_keys_are_in_order_after_every_write(writes: list[tuple[bytes, bytes | None]], together: list[bytes]) -> None:
    state, held = RawState(), dict[bytes, bytes]()
    for key, value in [*writes, *((key, None) for key in together[::2])]:
        write(state, [(key, value)])
        held = model([*held.items(), (key, value)])
        assert state.keys(b"p") == sorted(held)
    for each in (key for key in together if key.startswith(b"p" * 32)):  # keys of one item
        state.put_many([each], [b"x"])
        held[each] = b"x"
        assert state.keys(b"p") == sorted(held)


@given(WRITES, WRITES)
def test_changes_are_exactly_what_differs_from_the_last_block(
    before: list[tuple[bytes, bytes | None]], after: list[tuple[bytes, bytes | None]]
) -> None:
    state = RawState()
    write(state, before)
    state.seal()
    write(state, after)
    old, new = model(before), model([*before, *after])
    expected = {key: new.get(key) for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    assert state.changes().each() == expected


@given(WRITES, st.binary(max_size=2), st.integers(1, 5))
def test_pages_of_keys_put_together_are_all_keys_below_the_prefix(
    writes: list[tuple[bytes, bytes | None]], tail: bytes, size: int
) -> None:
    state = RawState()
    write(state, writes)
    prefix = b"p" * 31 + tail
    found: list[bytes] = []
    while page := state.keys(prefix, found[-1] if found else None, size):
        assert len(page) <= size
        found += page
    assert found == sorted(key for key in model(writes) if key.startswith(prefix))


def test_the_end_of_a_prefix_is_the_first_key_behind_it() -> None:
    assert prefix_end(b"\x01\xff") == b"\x02"
    assert prefix_end(b"\xff\xff") is None


@pytest.mark.parametrize(
    ("item", "keys", "absent"),
    [("TotalStake", (), 0), ("TaoWeight", (), 971718665099567868), ("Axons", (1, account("bob")), None)],
)
def test_an_item_that_nobody_wrote_has_the_metadatas_default(
    chain: Chain, item: str, keys: tuple[object, ...], absent: object
) -> None:
    assert chain.state.get("SubtensorModule", item, *keys) == absent
    assert not chain.state.exists("SubtensorModule", item, *keys)


def test_production_values_replace_those_of_the_fast_runtime(chain: Chain) -> None:
    assert chain.runtime.constant("Aura", "SlotDuration") == 12_000
    assert chain.state.get("SubtensorModule", "Tempo", 1) == 360


def test_maps_are_read_back_by_their_first_keys(chain: Chain) -> None:
    rows = {(1, 0): [(3, 65535)], (1, 1): [(2, 7)], (2, 0): []}
    for (netuid, uid), row in rows.items():
        chain.state.put("SubtensorModule", "Weights", netuid, uid, row)
    assert sorted(chain.state.entries("SubtensorModule", "Weights", 1)) == [(0, [(3, 65535)]), (1, [(2, 7)])]
    assert len(chain.state.entries("SubtensorModule", "Weights")) == 3
    assert chain.state.remove_prefix("SubtensorModule", "Weights", 1) == 2
    assert chain.state.entries("SubtensorModule", "Weights") == [((2, 0), [])]


@pytest.mark.parametrize(
    ("item", "args"),
    [
        ("NoSuchItem", (1,)),
        ("TotalStake", (-1,)),
        ("TotalStake", (1 << 64,)),
        ("TotalStake", (1.5,)),
        ("TotalStake", (float("nan"),)),
        ("TotalStake", ("a lot",)),
        ("Tempo", (360,)),
        ("Tempo", (1, 2, 360)),
        ("Tempo", (70_000, 360)),
        ("Owner", ("not an address", account("bob"))),
    ],
)
def test_a_value_or_key_that_does_not_fit_is_named_and_nothing_is_written(
    chain: Chain, item: str, args: tuple[object, ...]
) -> None:
    before = chain.state.raw.mark()
    with pytest.raises(BadValue, match=item):
        chain.state.put("SubtensorModule", item, *args)
    assert chain.state.raw.mark() == before


def test_the_key_of_an_account_is_that_of_the_real_chain(chain: Chain) -> None:
    raw = Storage(chain.runtime, RawState()).key("System", "Account", account("Alice"))
    assert raw.hex() == (
        "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
        "de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
    )


def test_whole_numbers_are_read_and_written_as_by_the_runtimes_coder(chain: Chain) -> None:
    runtime, seen = chain.runtime, 0
    items = [(pallet["name"], item) for pallet in runtime.pallets.values() for item in pallet["storage"]]
    for pallet, name in items:
        item = runtime.item(pallet, name if isinstance(name, str) else name["name"])
        number = item.number
        if not isinstance(number, Number):
            continue
        for data in (bytes(number.width), bytes(range(1, number.width + 1)), b"\xff" * number.width):
            value = runtime.core.decode(item.value_type, data, True)
            assert number.decoded(data) == value
            assert type(number.decoded(data)) is type(value)
            assert number.encoded(value) == data == runtime.encode(item.value_type, value, item.name)
        assert number.encoded(number.highest + 1) is None
        assert number.encoded(True) is None
        seen += 1
    assert seen > 200


def test_a_float_is_no_netuid_although_it_equals_one(chain: Chain) -> None:
    chain.state.put("SubtensorModule", "Tempo", 1, 20)
    assert chain.state.get("SubtensorModule", "Tempo", 1) == 20
    with pytest.raises(BadValue, match="Tempo"):
        chain.state.get("SubtensorModule", "Tempo", 1.0)


def test_keys_of_heights_are_those_of_other_keys_and_are_not_kept(chain: Chain) -> None:
    item = chain.runtime.item("System", "BlockHash")
    kept = dict(item.parts[0])
    key = chain.state.passing_key("System", "BlockHash", 123_456)
    assert dict(item.parts[0]) == kept
    assert key == chain.state.key("System", "BlockHash", 123_456)


def test_a_watch_is_stale_after_any_write_of_its_items_and_no_other() -> None:
    raw = RawState()
    keys, other = [bytes([1]) * 32 + bytes([n]) for n in range(3)], bytes([2]) * 33
    column_keys = [bytes([3]) * 32 + bytes([n]) for n in range(2)]
    raw.put_many([*keys, *column_keys], [b"x"] * 5)
    column = raw.column(Layout(column_keys[0][:32], column_keys, b"x"))
    assert column is not None
    watch = raw.watch([keys[0][:32], column_keys[0][:32]])

    def stale_after(write: Callable[[], Any]) -> bool:
        watch.fresh = True
        write()
        return not watch.fresh

    mark = raw.mark()
    assert stale_after(lambda: raw.put(keys[0], b"y"))
    assert stale_after(lambda: raw.remove(keys[1]))
    assert stale_after(lambda: raw.put(keys[0][:32] + b"new", b"y"))
    assert stale_after(lambda: raw.put_many(keys[:1], [b"z"]))
    assert stale_after(lambda: raw.put(column_keys[1], b"y"))
    assert stale_after(lambda: raw.write_column(column, np.full((2, 1), 7, np.uint8)))
    assert stale_after(lambda: raw.rollback(mark))
    assert not stale_after(lambda: raw.put(other, b"y"))
    assert not stale_after(lambda: raw.remove(other + b"nothing here"))
    assert not stale_after(raw.seal)


def test_a_watch_over_a_part_is_stale_after_writes_of_its_keys_and_no_others() -> None:
    raw, item, place = RawState(), bytes([1]) * 32, slice(32, 33)
    mine, others = ([item + bytes([part, n]) for n in range(3)] for part in (7, 8))
    raw.put_many([*mine, *others], [b"x"] * 6)
    columns = [raw.column(Layout(item, keys, b"x")) for keys in (mine[1:], others[1:], [mine[0], others[0]])]
    watch = raw.watch([Part(item, place, bytes([7]))])

    def stale_after(write: Callable[[], Any]) -> bool:
        watch.fresh = True
        write()
        return not watch.fresh

    mark, rows = raw.mark(), np.full((2, 1), 7, np.uint8)
    for column, is_mine in zip(columns, (True, False, True), strict=True):
        assert column is not None
        assert stale_after(partial(raw.write_column, column, rows)) == is_mine
        assert stale_after(partial(raw.write_columns, [(column, rows, rows[:, 0])])) == is_mine
        assert stale_after(partial(raw.replace_column, column, Rows(rows, column.present))) == is_mine
    assert stale_after(lambda: raw.rollback(mark))
    for keys, is_mine in ((mine, True), (others, False)):
        mark = raw.mark()
        assert stale_after(partial(raw.put, keys[1], b"y")) == is_mine
        assert stale_after(partial(raw.put, keys[0] + b"new", b"y")) == is_mine
        assert stale_after(partial(raw.put_many, [keys[0] + b"newer"], [b"y"])) == is_mine
        assert stale_after(partial(raw.remove, keys[2])) == is_mine
        assert stale_after(partial(raw.rollback, mark)) == is_mine
        writer = raw.writer([keys[0] + b"newest"])
        assert stale_after(partial(writer.write, [b""], [b"y"], {}, is_sealed=True)) == is_mine


def test_a_replaced_column_has_other_keys_in_order() -> None:
    raw, item = RawState(), bytes([1]) * 32
    keys = [item + bytes([n]) for n in range(200)]
    raw.put_many(keys[:100], [b"x"] * 100)
    column = raw.column(Layout(item, keys, b"-"))
    assert column is not None
    for there in ([*range(99)], [*range(98), 150], [*range(200)], [3]):
        assert raw.keys(item) == [key for key, value in zip(keys, raw.get_many(keys), strict=True) if value is not None]
        mark, before = raw.mark(), dict(raw.items())
        present = np.isin(np.arange(200), there)
        rows = Rows(np.where(present, ord("y"), ord("-")).astype(np.uint8)[:, None], present)
        raw.replace_column(column, rows)
        assert dict(raw.items()) == {keys[row]: b"y" for row in there}
        assert raw.keys(item) == [keys[row] for row in there]
        raw.rollback(mark)
        assert dict(raw.items()) == before
        assert raw.keys(item) == sorted(before)
        raw.replace_column(column, rows)


def test_structs_of_numbers_are_read_and_written_as_by_the_runtimes_coder(chain: Chain) -> None:
    runtime, random, seen = chain.runtime, Random(1), set()
    for pallet in runtime.pallets.values():
        for name in pallet["storage"]:
            item = runtime.item(pallet["name"], name if isinstance(name, str) else name["name"])
            number = item.number
            if not isinstance(number, Record):
                continue
            seen.add(f"{item.pallet}.{item.name}")
            for data in (bytes(number.width), b"\xff" * number.width, random.randbytes(number.width)):
                value = runtime.core.decode(item.value_type, data, True)
                assert number.decoded(data) == value
                assert list(number.decoded(data)) == list(value)
                assert number.encoded(value) == data == runtime.encode(item.value_type, value, item.name)
    assert {"System.Account", "SubtensorModule.AlphaV2"} <= seen


@pytest.mark.parametrize(
    "change",
    [{"nonce": -1}, {"nonce": 1 << 32}, {"nonce": 1.0}, {"nonce": True}, {"more": 1}, {"data": {}}, {"data": 3}],
)
def test_a_struct_with_a_number_that_does_not_fit_is_left_to_the_runtimes_coder(
    chain: Chain, change: dict[str, Any]
) -> None:
    item = chain.runtime.item("System", "Account")
    value = chain.state.get("System", "Account", account(1))
    assert item.number is not None
    assert item.number.encoded(value) is not None
    assert item.number.encoded(value | change) is None
    wide = value["data"] | {"flags": 1 << 128}
    assert item.number.encoded(value | {"data": wide}) is None
