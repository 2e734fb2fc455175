import pytest
from hypothesis import given
from hypothesis import strategies as st

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
