import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.chain.column import Changes, ColumnChange, Layout, Rows
from tao_lab.chain.merkle import (
    EMPTY_ROOT,
    key_path,
    leaf_hash,
    list_proof,
    list_root,
    node_hash,
    state_leaf,
    verify_list_proof,
    verify_state_proof,
)
from tao_lab.chain.state_tree import StateTree

LEAVES = st.lists(st.binary(max_size=5), min_size=1, max_size=12)
STATE = st.dictionaries(st.binary(min_size=1, max_size=2), st.binary(max_size=3), max_size=25)


def test_a_list_of_three_has_the_root_of_the_drawing() -> None:
    a, b, c = (leaf_hash(leaf) for leaf in (b"a", b"b", b"c"))
    assert list_root([b"a", b"b", b"c"]) == node_hash(node_hash(a, b), c)
    assert list_root([]) == EMPTY_ROOT


def tree_of(state: dict[bytes, bytes]) -> StateTree:
    tree = StateTree()
    tree.update(dict(state))
    return tree


@given(LEAVES, st.data())
def test_a_list_proof_holds_for_its_leaf_and_for_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = list_proof(leaves, index)
    assert verify_list_proof(list_root(leaves), leaves[index], proof)
    assert not verify_list_proof(list_root(leaves), leaves[index] + b"!", proof)
    assert not verify_list_proof(list_root([*leaves, b"more"]), leaves[index], proof)


def test_a_proof_for_a_leaf_that_is_not_there_is_refused() -> None:
    with pytest.raises(IndexError, match="leaf 2 of 2"):
        list_proof([b"a", b"b"], 2)


@given(STATE, st.randoms(use_true_random=False))
def test_the_state_root_depends_on_the_content_and_not_on_the_way_there(state: dict[bytes, bytes], random) -> None:  # type: ignore[no-untyped-def]
    tree = StateTree()
    steps = [(key, b"old") for key in state] + [(b"gone", b"x"), *state.items(), (b"gone", None)]
    keys = list(state)
    random.shuffle(keys)
    for key, value in steps[: len(state) + 1] + [(key, state[key]) for key in keys] + [(b"gone", None)]:
        if key != b"gone" or b"gone" not in state:
            tree.update({key: value})
    assert tree.root == tree_of(state).root


@given(STATE, st.binary(min_size=1, max_size=2))
def test_a_state_proof_shows_a_value_or_its_absence(state: dict[bytes, bytes], key: bytes) -> None:
    tree = tree_of(state)
    proof = tree.proof(key)
    assert verify_state_proof(tree.root, key, state.get(key), proof)
    assert not verify_state_proof(tree.root, key, b"another value", proof)
    if key in state:
        assert not verify_state_proof(tree.root, key, None, proof)
    else:
        assert not verify_state_proof(tree.root, key, b"", proof)


@given(STATE, STATE)
def test_a_change_can_be_taken_back(first: dict[bytes, bytes], second: dict[bytes, bytes]) -> None:
    tree = tree_of(first)
    root = tree.root
    changes = {**dict.fromkeys(first), **second}
    tree.update(changes)
    assert tree.root == tree_of(second).root
    tree.update({key: first.get(key) for key in changes})
    assert tree.root == root


@given(STATE)
def test_the_tree_is_the_one_that_its_rule_describes(state: dict[bytes, bytes]) -> None:
    assert tree_of(state).root == plain_root([(key_path(key), value) for key, value in state.items()], 0)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_tree_of_columns_and_long_values_is_the_one_that_its_rule_describes(data: st.DataObject) -> None:
    """A leaf of 95 bytes just fits into one block of the hash; eight leaves, or eight branches, are hashed at once."""
    tree, state, rows = StateTree(), dict[bytes, bytes](), st.integers(1, 20)
    before: dict[Layout, Rows] = {}
    for item, width in ((b"a" * 32, 8), (b"b" * 32, 95), (b"c" * 32, 96), (b"d" * 32, 1)):
        layout = Layout(item, [item + bytes([i]) for i in range(data.draw(rows))], bytes(width))
        before[layout] = Rows(np.zeros((len(layout.keys), width), np.uint8), np.zeros(len(layout.keys), np.bool_))
    single = st.dictionaries(st.binary(min_size=1, max_size=2), st.none() | st.binary(max_size=300), max_size=9)
    for step in range(3):
        keys, columns = data.draw(single), []
        for layout, old in before.items():
            n, width = old.data.shape
            present = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
            drawn = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), np.uint8)
            new = Rows(np.where(present, drawn, 0).astype(np.uint8)[:, None].repeat(width, 1), present)
            columns.append(ColumnChange(layout, old, new, old.differs(new)))
            before[layout] = new
        changes = Changes(keys, columns)
        tree.update(changes)
        for key, value in {**keys, **changes.each()}.items():
            state.pop(key, None) if value is None else state.update({key: value})
        assert tree.root == plain_root([(key_path(key), value) for key, value in state.items()], 0), step


def test_an_update_that_needs_more_space_for_nodes_takes_leaves_out_only_once() -> None:
    old = {bytes([1, i]): b"old" for i in range(200)}
    new = {i.to_bytes(4, "big"): b"new" for i in range(2_000)}
    tree = tree_of(old)
    space = len(tree._nodes)
    tree.update({**dict.fromkeys(old), **new})
    assert len(tree._nodes) > space
    assert tree.root == plain_root([(key_path(key), value) for key, value in new.items()], 0)


def plain_root(leaves: list[tuple[bytes, bytes]], level: int) -> bytes:
    """The rule without any cleverness: halve by a bit until there is one leaf or none."""
    if len(leaves) < 2:
        return state_leaf(*leaves[0]) if leaves else EMPTY_ROOT
    sides: tuple[list[tuple[bytes, bytes]], ...] = ([], [])
    for path, value in leaves:
        sides[path[level // 8] >> (7 - level % 8) & 1].append((path, value))
    return node_hash(plain_root(sides[0], level + 1), plain_root(sides[1], level + 1))


@given(st.binary(max_size=400))
def test_the_compiled_hash_is_hashlib_s(value: bytes) -> None:
    tree = tree_of({b"key": value})
    assert tree.root == state_leaf(key_path(b"key"), value)


def test_absence_is_not_proved_by_a_leaf_of_another_path() -> None:
    tree = tree_of({bytes([i]): b"v" for i in range(40)})
    proofs = {bytes([i]): tree.proof(bytes([i])) for i in range(40)}
    absent = b"absent"
    for proof in proofs.values():
        if len(proof.siblings) > 0 and proof != tree.proof(absent):
            assert not verify_state_proof(tree.root, absent, None, proof)
