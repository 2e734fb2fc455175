"""Stake in a subnet: what nominators gave a hotkey, what it passed on to children, and what root stake adds.

A parent lends shares of its stake to children: hotkeys that validate with this stake. TAO staked on root counts in
every subnet, multiplied by `tao_weight`. The chain computes shares in U96F32 and the sum in I64F64. So a total has a
fraction of a rao, which sometimes changes the last bit of a result.

Source: `pallets/subtensor/src/staking/stake_utils.rs` (`get_inherited_for_hotkey_on_subnet`,
`get_tao_inherited_for_hotkey_on_subnet`, `get_stake_weights_for_network`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tao_lab.units import U64_MAX

SHARE_BITS = 32  # U96F32
FRACTION_BITS = 64  # I64F64


class TotalStake(NamedTuple):
    """Stake that counts in a subnet: whole rao, and the rest in parts of 2^64."""

    rao: int
    fraction: int


def inherited_stake(own: int, to_children: Sequence[int], from_parents: Sequence[tuple[int, int]]) -> int:
    """Stake of a hotkey after children took their shares and parents gave theirs.

    Args:
        own: rao.
        to_children: shares that the hotkey passes on, 2^64 - 1 is all.
        from_parents: for each parent the share that it passes on to this hotkey, and its own stake in rao.

    Returns:
        Whole rao, at most 2^64 - 1.
    """
    given = sum(own * _share(proportion) for proportion in to_children)
    received = sum(stake * _share(proportion) for proportion, stake in from_parents)
    kept = max((own << SHARE_BITS) - given, 0)
    return min(kept + received >> SHARE_BITS, U64_MAX)


def total_stake(alpha: int, tao: int, tao_weight: int) -> TotalStake:
    """Alpha of the subnet plus weighted TAO of root.

    Args:
        alpha: rao of alpha, inheritance included.
        tao: rao of TAO on root, inheritance included.
        tao_weight: `TaoWeight`, 2^64 - 1 is one.
    """
    word = (alpha << FRACTION_BITS) + (tao * _share(tao_weight) << FRACTION_BITS - SHARE_BITS)
    return TotalStake(*divmod(word, 1 << FRACTION_BITS))


def _share(proportion: int) -> int:
    """A u64 proportion as a raw U96F32 value."""
    return (proportion << SHARE_BITS) // U64_MAX
