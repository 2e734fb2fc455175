"""What an epoch reads and writes as arrays is what the readable functions read and write."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.bench.population import account
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets.subtensor import epochs
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.twins import readable_only
from tao_lab.chain.vectorized import epochs as twins
from tao_lab.economy import HotkeyEmission

NETUID = 1
u16 = st.integers(0, 65_535)


def stored(row: list[tuple[int, int]]) -> bytes:
    return compact(len(row)) + b"".join(uid.to_bytes(2, "little") + value.to_bytes(2, "little") for uid, value in row)


@given(st.lists(st.lists(st.tuples(st.integers(0, 12) | u16, u16), max_size=70), max_size=12))
def test_rows_are_decoded_as_the_readable_function_decodes_them(rows: list[list[tuple[int, int]]]) -> None:
    data = [stored(row) for row in rows]
    found, expected = twins.read_rows(data), epochs.read_rows.readable(data)
    for name in ("starts", "uids", "values"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_a_row_of_twenty_thousand_entries_is_decoded_too() -> None:
    long = [(uid % 3, uid) for uid in range(20_000)]
    found = twins.read_rows([stored([]), stored(long), stored([(1, 2), (7, 3)])])
    assert found.starts.tolist() == [0, 0, 20_000, 20_001]
    assert found.row(1) == [list(entry) for entry in long]
    assert found.row(2) == [[1, 2]]


@given(st.dictionaries(st.integers(0, 300), st.integers(0, 2**64 - 1), max_size=20))
def test_emission_as_columns_is_the_list_of_each_hotkeys_emission(paid: dict[int, int]) -> None:
    hotkeys = {uid: account(uid) for uid in paid}
    server = np.array([paid.get(uid, 0) for uid in range(301)], np.uint64)
    found, expected = (
        by_hotkey(hotkeys, server, server[::-1]) for by_hotkey in (epochs.by_hotkey, epochs.by_hotkey.readable)
    )
    assert list(found) == expected
    assert len(found) == len(expected)
    assert found[1:3] == expected[1:3]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=80))
def test_the_event_has_the_bytes_of_the_runtimes_encoder(emission: list[int]) -> None:
    chain = Chain()
    events = []
    for phase in ("Initialization", {"ApplyExtrinsic": 1}):
        for tell in (epochs.tell_incentives, epochs.tell_incentives.readable):
            ctx = Context(chain.runtime, chain.state, 1, account(1), phase=phase)
            tell(ctx, 9, np.array(emission, np.uint64))
            events.append(ctx.events)
    assert events[0] == events[1]
    assert events[2] == events[3]
    chain.close()


@pytest.mark.parametrize(
    ("read", "item", "value"),
    [
        (epochs.seats, "Keys", account(7)),
        (lambda state, netuid: epochs.registered_at(state, netuid, 2).tolist(), "BlockAtRegistration", 12),
    ],
)
def test_what_is_remembered_is_read_again_after_a_write_and_after_its_undoing(read: Any, item: str, value: Any) -> None:
    chain = Chain()
    state = chain.state
    first = account(1) if item == "Keys" else 5
    state.put(MODULE, item, NETUID, 0, first)
    seen = [read(state, NETUID)]
    mark = state.raw.mark()
    state.put(MODULE, item, NETUID, 1, value)
    seen.append(read(state, NETUID))
    state.raw.rollback(mark)
    seen.append(read(state, NETUID))
    with readable_only():
        assert seen[2] == read(state, NETUID) == seen[0] != seen[1]
    chain.close()


def test_a_rule_may_change_what_it_was_given() -> None:
    chain = Chain()
    chain.state.put(MODULE, "BlockAtRegistration", NETUID, 0, 5)
    epochs.registered_at(chain.state, NETUID, 1)[0] = 9
    assert epochs.registered_at(chain.state, NETUID, 1).tolist() == [5]
    epochs.seats(chain.state, NETUID)[3] = "somebody"
    assert epochs.seats(chain.state, NETUID) == {}
    chain.close()


def test_emission_columns_hold_plain_whole_numbers() -> None:
    numbers = np.array([3], np.uint64)
    (entry,) = twins.EmissionColumns([account(1)], numbers, numbers)
    assert entry == HotkeyEmission(account(1), 3, 3)
    assert type(entry.server) is int


@pytest.mark.parametrize("row", [b"\x15", b"\x02\x00", b"\x04\x01", stored([(1, 2), (0, 3)])[:-1]])
def test_a_row_that_is_cut_off_is_not_decoded_beyond_its_end(row: bytes) -> None:
    assert twins.read_rows([stored([(1, 2)]), row]) is NotImplemented
