"""What happens in every block before its extrinsics: prices, reveals, emission, epochs that are due, baskets, children.

Source: `pallets/subtensor/src/coinbase/block_step.rs` (`block_step`), `macros/hooks.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import on_initialize
from tao_lab.chain.pallets.subtensor.baskets import flush_next
from tao_lab.chain.pallets.subtensor.children import set_pending_children
from tao_lab.chain.pallets.subtensor.commit_reveal import reveal_timelocked
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.pallets.subtensor.registration import update_registration_prices
from tao_lab.chain.pallets.subtensor.root_claims import find_root_stakers
from tao_lab.chain.pallets.subtensor.run_coinbase import mint_block_emission, run_coinbase, settle
from tao_lab.chain.pallets.subtensor.swap_hotkey import forget_old_swaps
from tao_lab.chain.pallets.subtensor.tempo import deferred_epochs
from tao_lab.chain.twins import has_twin


@on_initialize(MODULE)
def block_step(ctx: Context) -> None:
    """The pallet's part of a new block, in the order of the chain."""
    netuids = all_netuids(ctx.state)
    forget_old_swaps(ctx, netuids)
    update_registration_prices(ctx, netuids)
    credit = mint_block_emission(ctx)
    reveal_matured(ctx, [netuid for netuid in netuids if netuid != ROOT_NETUID])
    run_coinbase(ctx, netuids, credit)
    flush_next(ctx)
    settle(ctx, netuids)
    for netuid in stepped(ctx, netuids):
        set_pending_children(ctx, netuid)
    find_root_stakers(ctx)


@has_twin
def stepped(ctx: Context, netuids: list[int]) -> list[int]:
    """Subnets whose epoch ran or was skipped in this block."""
    return [netuid for netuid in netuids if ctx.state.get(MODULE, "LastEpochBlock", netuid) == ctx.block]


def reveal_matured(ctx: Context, netuids: list[int]) -> None:
    """Reveal timelocked weights that are due, except on subnets whose epoch is put off."""
    if not ctx.state.has_entries(MODULE, "TimelockedWeightCommits"):
        return
    deferred = deferred_epochs(ctx.state, netuids, ctx.block)
    for netuid in netuids:
        if netuid not in deferred:
            reveal_timelocked(ctx, netuid)
