"""How one block's alpha of a subnet is divided among owner, miners, validators and root.

First the owner gets a cut. Half of the rest is for miners, half for validators. Root's part is taken from the
validators' half. Each part is cut to whole rao, so up to three rao a block belong to nobody.

Source: `pallets/subtensor/src/coinbase/run_coinbase.rs` (`emit_to_subnets`).
"""

from __future__ import annotations

from typing import NamedTuple

from tao_lab.economy.fixed128 import U96F32, subtract, u16_share

HALF = U96F32.one // 2


class Split(NamedTuple):
    """Parts of one block's alpha, rao.

    Attributes:
        owner: to `PendingOwnerCut`.
        server: to `PendingServerEmission`, for miners.
        validator: to `PendingValidatorEmission`.
        root: to `PendingRootAlphaDivs`, or recycled in a block in which root does not sell.
    """

    owner: int
    server: int
    validator: int
    root: int


def split(alpha_out: int, owner_cut: int, root_proportion: int) -> Split:
    """Divide one block's alpha.

    Args:
        alpha_out: rao of alpha.
        owner_cut: u16 (`SubnetOwnerCut`); 0 if the subnet's cut is switched off.
        root_proportion: root's weight in the subnet, raw U96F32 value.
    """
    alpha = U96F32.number(alpha_out)
    owner = U96F32.multiply(alpha, u16_share(owner_cut))
    alpha = subtract(alpha, owner)
    root = U96F32.multiply(U96F32.multiply(root_proportion, alpha), HALF)
    server = U96F32.multiply(alpha, HALF)
    validator = subtract(subtract(alpha, server), root)
    return Split(U96F32.whole(owner), U96F32.whole(server), U96F32.whole(validator), U96F32.whole(root))
