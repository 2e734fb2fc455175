"""02.5: a payment, proved without the chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tao_lab.chain import merkle
from tao_lab.chain.merkle import ListProof
from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab02.hashing import blake2_256


def proof_root(extrinsic, proof):
    """The root that follows from an extrinsic and its proof.

    extrinsic  bytes
    proof      ListProof  index (int), size (int), siblings (tuple of 32 bytes or None, from the bottom up)

    Returns 32 bytes; the extrinsic is in the block if they are its header's extrinsics_root.

    >>> from tao_lab.chain.merkle import list_proof, list_root
    >>> payments = [b"one", b"two", b"three"]
    >>> proof_root(b"three", list_proof(payments, 2)) == list_root(payments)
    True
    """
    node, place = blake2_256(b"\x00" + extrinsic), proof.index
    for sibling in proof.siblings:
        if sibling is not None:
            children = sibling + node if place % 2 else node + sibling
            node = blake2_256(b"\x01" + children)
        place //= 2
    return node


def reference(extrinsic: bytes, proof: ListProof) -> bytes:
    """The chain's own walk up."""
    return merkle.list_proof_root(extrinsic, proof)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """First, last and middle ones, alone, an odd one out; and one that is not there."""
    for size, index in ((1, 0), (2, 0), (2, 1), (3, 2), (4, 1), (7, 4), (7, 6), (13, 12), (100, 37)):
        extrinsics = [rng.bytes(int(rng.integers(4, 120))) for _ in range(size)]
        proof = merkle.list_proof(extrinsics, index)
        arguments = {"extrinsic": extrinsics[index], "proof": proof}
        root = merkle.list_root(extrinsics)  # of the list itself: a right proof leads there
        yield Case(arguments, f"number {index} of {size}", expected={"root": root})
    yield Case({**arguments, "extrinsic": rng.bytes(40)}, "an extrinsic that is not in the block")
    yield Case({**arguments, "proof": replace(proof, index=36)}, "the right one, said to be at another place")


EXERCISE = Exercise(
    id="02.5",
    title="A proof that a payment is in a block",
    solution=proof_root,
    reference=reference,
    cases=cases,
    read=read_values(root=bytes),
    look="Draw the tree of the smallest case that is not right, and write at each level your place and your sibling.",
    unlocks="A phone can check a payment with a few hashes. Next: why nobody can make the same payment twice.",
    wrong_answers=(
        Edit(
            "leaf without its zero",
            {'b"\\x00" + extrinsic': "extrinsic"},
            "You hash the extrinsic as it is. Something comes before it, so that nobody can pass a node off as a leaf.",
        ),
        Edit(
            "node without its one",
            {'b"\\x01" + children': "children"},
            "You hash two children as they are. Something comes before them, so that nobody can pass a node off as a "
            "leaf.",
        ),
        Edit(
            "node hashed like a leaf",
            {'b"\\x01" + children': 'b"\\x00" + children'},
            "You hash nodes as you hash leaves. Their first bytes differ, or else a node could be passed off as a "
            "leaf.",
        ),
        Edit(
            "sibling always on the right",
            {"sibling + node if place % 2 else node + sibling": "node + sibling"},
            "You put the sibling always on the right. Which side it is on follows from your own place.",
        ),
        Edit(
            "sides swapped",
            {"sibling + node if place % 2 else node + sibling": "node + sibling if place % 2 else sibling + node"},
            "You put the sibling on the wrong side. Number 0 is the leftmost: on which side is its sibling?",
        ),
        Edit(
            "place not halved",
            {"        place //= 2\n": ""},
            "You use the place of the leaf on every level. One level up there are half as many nodes: where are you "
            "then?",
        ),
        Edit(
            "zeros where there is no sibling",
            {
                "if sibling is not None:": "for sibling in [sibling or bytes(32)]:",
            },
            "Where there is no sibling (None), you put zeros. An odd one out moves up as it is.",
        ),
        Edit(
            "itself where there is no sibling",
            {
                "if sibling is not None:": "for sibling in [sibling or node]:",
            },
            "Where there is no sibling (None), you pair the node with itself, as Bitcoin does. Here an odd one out "
            "moves up as it is.",
        ),
        Edit(
            "place kept where there is no sibling",
            {"        place //= 2\n": "            place //= 2\n"},
            "Where there is no sibling you leave the place as it is. The node moves up all the same.",
        ),
        Edit(
            "stops at the odd one out",
            {
                "        if sibling is not None:\n": "        if sibling is None:\n            break\n        else:\n",
            },
            "You stop where there is no sibling. The odd one out moves up, and further up there may be siblings again.",
        ),
        Edit(
            "siblings from the top",
            {"in proof.siblings": "in proof.siblings[::-1]"},
            "You take the siblings from the top down. They come from the bottom up, the leaf's own first.",
        ),
        Edit(
            "leaf hashed twice",
            {'blake2_256(b"\\x00" + extrinsic)': 'blake2_256(b"\\x00" + blake2_256(extrinsic))'},
            "You hash the extrinsic, and then its hash once more. A leaf is one hash, of a byte and the extrinsic "
            "itself.",
        ),
        Edit(
            "the smaller child first",
            {"sibling + node if place % 2 else node + sibling": "min(node, sibling) + max(node, sibling)"},
            "You put the smaller of the two first, as some other chains do. Here the place decides who stands on the "
            "left.",
        ),
        Edit(
            "the larger child first",
            {"sibling + node if place % 2 else node + sibling": "max(node, sibling) + min(node, sibling)"},
            "You put the larger of the two first. Their size says nothing here: the place decides who stands on the"
            " left.",
        ),
        Edit(
            "side by the half of the list",
            {"if place % 2": "if place >= proof.size // 2"},
            "You decide the side by the half of the list in which the extrinsic stands. At each level neighbours "
            "are paired, whichever half they are in: what of the place tells left from right?",
        ),
        Edit(
            "only the last one on the right",
            {"if place % 2": "if place == proof.size - 1"},
            "You put only the last extrinsic on the right. At each level neighbours are paired: what of the place "
            "tells left from right?",
        ),
    ),
)
