"""What happens in every block after its extrinsics: one dissolved subnet is cleaned up, one queued one begins.

A new subnet can therefore take its place in the block in which the call came. Where several wait, it is one a block.
Where one can't begin, the next one is tried.

Source: `pallets/subtensor/src/macros/hooks.rs` (`on_idle`) and `subnets/dissolution.rs`
(`remove_data_for_dissolved_networks`, `process_network_registration_queue`) of spec 475. The chain does as much as the
block has room for; on mainnet one cleanup takes about 20 blocks. The parents' stake, which the chain looks at in the
same step, is in `child_threshold.py`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import on_idle
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.dissolve import clean_up_next
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.registration_queue import refund, registration_queue, remove_waiting
from tao_lab.chain.pallets.subtensor.subnets import set_new_network_state


@on_idle(MODULE)
def idle_step(ctx: Context) -> None:
    """The pallet's part of the end of a block."""
    clean_up_next(ctx)
    settle_registrations(ctx)


def settle_registrations(ctx: Context) -> None:
    """Make the subnet that has waited longest, if a number is free; whoever can't have one gets the price back."""
    for info in registration_queue(ctx.state):
        if _begins(ctx, info):
            return


def _begins(ctx: Context, info: dict[str, Any]) -> bool:
    """Try to make a subnet that waits; returns whether no other one may begin in this block."""
    mark = ctx.mark()
    try:
        set_new_network_state(
            ctx,
            info["coldkey"],
            info["hotkey"],
            info["identity"],
            info["lock_amount"],
            info["median_subnet_alpha_price"]["bits"],
            lock_id=info["lock_id"],
        )
        remove_waiting(ctx, info["lock_id"])
    except DispatchError as error:
        ctx.rollback(mark)
        if error.name == "SubnetLimitReached":
            return True
        _cancel(ctx, info, error)
        return False
    return True


def _cancel(ctx: Context, info: dict[str, Any], error: DispatchError) -> None:
    """Give a registration's price back and say why; where even that fails, it stays in the queue."""
    mark = ctx.mark()
    try:
        refund(ctx, info["coldkey"], info["lock_id"])
    except DispatchError:
        ctx.rollback(mark)
        return
    remove_waiting(ctx, info["lock_id"])
    told = {name: info[name] for name in ("coldkey", "hotkey", "lock_id")}
    ctx.deposit_event(MODULE, "NetworkRegistrationCancelled", **told, error=ctx.told_error(error))
