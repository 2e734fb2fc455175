"""Items of which a block changes many values are stored whole; what can be read is the same."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size, populate
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.store import LEAST_PACKED, PastState, Store, StoredBlock

PREFIXES = (b"a" * 32, b"b" * 32)
MANY = LEAST_PACKED + 4

steps = st.lists(
    st.tuples(
        st.sampled_from(PREFIXES),
        st.lists(st.integers(0, MANY), max_size=5),  # which keys are removed
        st.sampled_from([1, 3, MANY]),  # how many are written
        st.binary(min_size=2, max_size=2),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(steps)
def test_every_past_state_is_what_it_was(changes: list[tuple[bytes, list[int], int, bytes]]) -> None:
    store, state, past = Store(), dict[bytes, bytes](), []
    for number, (prefix, removed, written, value) in enumerate(changes):
        new: dict[bytes, bytes | None] = {prefix + bytes([i]): value + bytes([i]) for i in range(written)}
        new.update({prefix + bytes([i]): None for i in removed if prefix + bytes([i]) in state})
        for key, entry in new.items():
            if entry is None:
                del state[key]
            else:
                state[key] = entry
        name = bytes([number])
        store.commit(
            [StoredBlock(number, name, name, b"")],
            new,
            lambda wanted: {key: entry for key, entry in state.items() if key.startswith(wanted)},
        )
        past.append(dict(state))
    replayed: dict[bytes, bytes] = {}
    by_block = dict(store.changes_by_block())
    for number, expected in enumerate(past):
        assert dict(store.state_at(number)) == expected
        reader = PastState(store, number)
        for prefix in (*PREFIXES, b""):
            found = sorted(key for key in expected if key.startswith(prefix))
            assert reader.keys(prefix) == found
            assert reader.keys(prefix, limit=3) == found[:3]
            assert reader.keys(prefix, after=prefix + b"\x02") == [key for key in found if key > prefix + b"\x02"]
        assert all(reader.get(key) == value for key, value in expected.items())
        for key, entry in by_block.get(number, {}).items():
            replayed.pop(key, None) if entry is None else replayed.update({key: entry})
        assert replayed == expected
    store.close()


def test_a_chain_of_many_subnets_opens_again(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain.db")
    size = Size(subnets=LEAST_PACKED + 2, neurons=3, validators=1, tempo=7)
    populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
    states = []
    for _ in range(4):
        chain.produce_block()
        states.append(dict(chain.state.raw.items()))
    assert chain.verify() is None
    chain.close()
    again = Chain(tmp_path / "chain.db")
    assert dict(again.state.raw.items()) == states[-1]
    for number, expected in enumerate(states, 1):
        assert dict(again.store.state_at(number)) == expected
    again.produce_block()
    assert again.verify() is None
    again.close()
