"""What happens in every block before its extrinsics: prices, reveals, epochs that are due, children that have cooled.

Source: `pallets/subtensor/src/coinbase/block_step.rs` (`block_step`), `coinbase/run_coinbase.rs` (`drain_pending`,
`distribute_emissions_to_subnets`), `macros/hooks.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import on_initialize
from tao_lab.chain.pallets.subtensor.children import set_pending_children
from tao_lab.chain.pallets.subtensor.commit_reveal import reveal_timelocked
from tao_lab.chain.pallets.subtensor.epochs import run_epochs
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.pallets.subtensor.registration import update_registration_prices
from tao_lab.chain.pallets.subtensor.swap_hotkey import forget_old_swaps
from tao_lab.chain.pallets.subtensor.tempo import deferred_epochs, take_due_epochs

PENDING = ("PendingServerEmission", "PendingValidatorEmission", "PendingRootAlphaDivs")


@on_initialize(MODULE)
def block_step(ctx: Context) -> None:
    """The pallet's part of a new block, in the order of the chain."""
    netuids = all_netuids(ctx.state)
    forget_old_swaps(ctx, netuids)
    update_registration_prices(ctx)
    subnets = [netuid for netuid in netuids if netuid != ROOT_NETUID]
    if ctx.state.raw_keys(ctx.state.key(MODULE, "TimelockedWeightCommits"), limit=1):
        deferred = deferred_epochs(ctx.state, subnets, ctx.block)
        for netuid in subnets:
            if netuid not in deferred:
                reveal_timelocked(ctx, netuid)
    for netuid in sorted(take_due_epochs(ctx, subnets)):
        run_epochs(ctx, netuid, sum(ctx.state.get(MODULE, item, netuid) for item in PENDING))
        ctx.state.put(MODULE, "LastMechansimStepBlock", netuid, ctx.block)
    for netuid in netuids:
        if ctx.state.get(MODULE, "LastEpochBlock", netuid) == ctx.block:
            set_pending_children(ctx, netuid)
