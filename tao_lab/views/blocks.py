"""Pictures of blocks: the chain of names, and the path from one extrinsic up to the root."""

from __future__ import annotations

from collections.abc import Sequence

from tao_lab.chain.block import Block
from tao_lab.chain.merkle import leaf_hash, list_proof, list_root, node_hash
from tao_lab.views.drawing import Arrow, Box, Drawing, Look, Part, Words

ACROSS = 5  # blocks in a row
MOST_LEAVES = 8


def hash_text(data: bytes) -> str:
    """The beginning of a hash, enough to see the difference between two."""
    return f"0x{data[:3].hex()}…"


def chain_drawing(blocks: Sequence[Block], tampered: int | None = None) -> Drawing:
    """Blocks in a row, each with its name and the name of the one before it.

    Args:
        blocks: some of a chain, in order.
        tampered: number of the changed block: drawn in red and dashed, with a broken link after it.
    """
    parts: list[Part] = []
    boxes: list[Box] = []
    for place, block in enumerate(blocks):
        row, column = divmod(place, ACROSS)
        bad = block.number == tampered
        lines = [
            f"block {block.number}" + (" · CHANGED" if bad else ""),
            f"name {hash_text(block.hash)}",
            f"parent {hash_text(block.header.parent_hash) if block.number else 'none'}",
            f"{len(block.extrinsics)} extrinsic{'' if len(block.extrinsics) == 1 else 's'}",
        ]
        box = Box(2 + column * 192, 2 + row * 118, 150, lines, "bad" if bad else "plain")
        if boxes:
            look: Look = "bad" if blocks[place - 1].number == tampered else "plain"
            parts += _back(box, boxes[-1], look)
        boxes.append(box)
    rows = (len(blocks) - 1) // ACROSS + 1
    if tampered is None:
        title = f"{len(blocks)} blocks: each carries the name of the one before it"
        said = "No block is marked as changed."
    else:
        title = f"Block {tampered} is marked as changed: {_link(blocks, tampered)}"
        said = f"Block {tampered} is marked."
    names = "; ".join(f"block {block.number} is {hash_text(block.hash)}" for block in blocks)
    return Drawing(title, f"{said} {names}.", min(len(blocks), ACROSS) * 192, rows * 118 - 20, (*boxes, *parts))


def _link(blocks: Sequence[Block], number: int) -> str:
    """Whether a block's content matches its own header."""
    block = next((each for each in blocks if each.number == number), None)
    if block is None:
        return "it is not among these"
    if list_root(block.extrinsics) != block.header.extrinsics_root:
        return "its extrinsics do not match its own header"
    after = next((each for each in blocks if each.number == number + 1), None)
    if after is not None and after.header.parent_hash != block.hash:
        return "the block after it carries another name"
    return "its extrinsics match its header, and its name is the one that the next block carries"


def _back(box: Box, before: Box, look: Look) -> list[Part]:
    """The arrow from a block to its parent; at the beginning of a row it goes to the row above."""
    if box.y == before.y:
        return [Arrow((box.x - 2, box.left[1]), (before.x + before.width + 4, before.right[1]), look=look)]
    middle = (before.y + before.height + box.y) / 2
    return [
        Arrow(box.top, (box.top[0], middle), look="plain", head=False),
        Arrow((box.top[0], middle), (before.bottom[0], middle), look=look, head=False),
        Arrow((before.bottom[0], middle), (before.bottom[0], before.y + before.height + 4), look="plain"),
    ]


def merkle_drawing(extrinsics: Sequence[bytes], index: int) -> Drawing:
    """The tree over a block's extrinsics, with the path from one of them to the root, and the siblings that prove it.

    Args:
        extrinsics: at most eight.
        index: of the one to prove.

    Raises:
        ValueError: More than eight, or none.
        IndexError: There is no such extrinsic.
    """
    if not 0 < len(extrinsics) <= MOST_LEAVES:
        raise ValueError(f"{len(extrinsics)} extrinsics; allowed: 1 to {MOST_LEAVES}")
    proof = list_proof(extrinsics, index)
    levels = [[leaf_hash(data) for data in extrinsics]]
    while len(levels[-1]) > 1:
        row = levels[-1]
        pairs = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        levels.append(pairs + row[len(pairs) * 2 :])
    top = len(levels) - 1
    parts: list[Part] = []
    below: list[Box] = []
    for level, row in enumerate(levels):
        boxes = []
        for place, node in enumerate(row):
            x = (below[2 * place].x + below[min(2 * place + 1, len(below) - 1)].x) / 2 if below else 2 + place * 118.0
            boxes.append(Box(x, 14 + (top - level) * 84, 106, *_node(level, place, node, proof.index, top)))
            for child in below[2 * place : 2 * place + 2]:
                parts.append(
                    Arrow(child.top, (boxes[-1].bottom[0], boxes[-1].y + boxes[-1].height + 3), look=_way(child))
                )
        parts += boxes
        below = boxes
    needed = sum(sibling is not None for sibling in proof.siblings)
    width, height = max(len(extrinsics) * 118, 560), (top + 1) * 84
    parts.append(Words(2, height + 14, "blue: computed on the way up · dashed: sent along as proof · grey: not needed"))
    title = f"{needed} hashes prove that extrinsic {index} is one of {len(extrinsics)} under the root"
    sent = ", ".join(hash_text(sibling) for sibling in proof.siblings if sibling is not None)
    root = hash_text(levels[-1][0])
    said = f"A tree of {len(levels)} levels. Sent along, from the bottom up: {sent or 'nothing'}. Root: {root}."
    return Drawing(title, said, width, height + 24, tuple(parts))


def _node(level: int, place: int, node: bytes, index: int, top: int) -> tuple[list[str], Look]:
    """Words and look of a node: on the path, beside the path, or elsewhere."""
    name = "root" if level == top else f"extrinsic {place}" if level == 0 else "node"
    own = index >> level
    if place == own:
        return [name, hash_text(node)], "good"
    return [name, hash_text(node)], "given" if place == own ^ 1 else "faint"


def _way(child: Box) -> Look:
    return "good" if child.look == "good" else "plain" if child.look == "given" else "faint"
