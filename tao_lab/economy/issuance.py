"""Supply over time: how the issuance grows over many blocks, and when the next halving comes.

Between two halvings every block issues the same, so these functions go from halving to halving instead of from block to
block. A part of each block's TAO may be recycled, that is, destroyed: then the issuance grows more slowly, and the
halvings come later.

Source of the rule: `pallets/subtensor/src/coinbase/block_emission.rs` of opentensor/subtensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tao_lab.economy.block_emission import TOTAL_SUPPLY, block_emission

PERCENT = 100


class Era(NamedTuple):
    """Blocks in a row that issue the same.

    Attributes:
        blocks: before its first block, from now on.
        issuance: rao before its first block.
        emission: rao that each of its blocks issues.
    """

    blocks: int
    issuance: int
    emission: int


def next_halving(issuance: int) -> int | None:
    """Issuance at which blocks begin to issue less, rao; None if blocks issue nothing any more."""
    if not block_emission(issuance):
        return None
    left = TOTAL_SUPPLY
    while left >= TOTAL_SUPPLY - issuance:
        left //= 2
    return TOTAL_SUPPLY - left


def eras(issuance: int, recycled_percent: int = 0) -> Iterator[Era]:
    """The eras that follow an issuance; the last one never ends.

    Args:
        issuance: rao now.
        recycled_percent: of every block's TAO, 0 to 100.
    """
    blocks = 0
    while True:
        emission, limit = block_emission(issuance), next_halving(issuance)
        yield Era(blocks, issuance, emission)
        kept = kept_of(emission, recycled_percent)
        if not kept or limit is None:
            return
        needed = -((issuance - limit) // kept)  # the block that crosses the limit still issues in full
        blocks, issuance = blocks + needed, issuance + needed * kept


def issuance_after(issuance: int, blocks: int, recycled_percent: int = 0) -> int:
    """Issuance after a number of blocks.

    Args:
        issuance: rao now.
        blocks: from now on.
        recycled_percent: of every block's TAO, 0 to 100.

    Returns:
        Rao.
    """
    last = [era for era in eras(issuance, recycled_percent) if era.blocks <= blocks][-1]
    return last.issuance + (blocks - last.blocks) * kept_of(last.emission, recycled_percent)


def kept_of(emission: int, recycled_percent: int) -> int:
    """What a block adds to the issuance, rao."""
    return emission * (PERCENT - recycled_percent) // PERCENT
