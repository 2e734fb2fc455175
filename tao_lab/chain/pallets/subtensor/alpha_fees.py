"""Fees in alpha: who has no TAO left can still take stake out, and pays the extrinsic's fee with it.

Only calls that take stake from one subnet can be paid so, and only where the TAO is not enough. As much alpha as is
worth the fee is sold without the pool's fee, for the author; there is no refund.

Source: `pallets/transaction-fee/src/lib.rs` (`fees_in_alpha`, `can_withdraw_in_alpha`, `withdraw_in_alpha`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.pallets.subtensor.pool import alpha_amount_for_tao
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.pallets.subtensor.staking import unstake_from_subnet
from tao_lab.chain.state import StorageReader

STAKE_OF_CALL = {  # which arguments name the hotkey and the subnet that pay
    "remove_stake": ("hotkey", "netuid"),
    "remove_stake_limit": ("hotkey", "netuid"),
    "remove_stake_full_limit": ("hotkey", "netuid"),
    "move_stake": ("origin_hotkey", "origin_netuid"),
    "move_stake_limit": ("origin_hotkey", "origin_netuid"),
    "transfer_stake": ("hotkey", "origin_netuid"),
    "transfer_stake_and_hotkey": ("origin_hotkey", "origin_netuid"),
    "swap_stake": ("hotkey", "origin_netuid"),
    "swap_stake_limit": ("hotkey", "origin_netuid"),
    "recycle_alpha": ("hotkey", "netuid"),
    "burn_alpha": ("hotkey", "netuid"),
}
ALL_STAKES = ("unstake_all", "unstake_all_alpha")


@dataclass(frozen=True)
class AlphaFee:
    """What was paid: rao of alpha on a subnet, and the rao of TAO that it fetched."""

    netuid: int
    alpha: int
    tao: int


def paying_stakes(state: StorageReader, who: str, call: Call) -> list[tuple[str, int]]:
    """(hotkey, netuid) of the stakes that may pay for a call; none for a call that takes no TAO."""
    if call.pallet != MODULE:
        return []
    if call.name in ALL_STAKES:
        hotkey = call.args["hotkey"]
        started = [netuid for netuid in all_netuids(state) if state.get(MODULE, "SubtokenEnabled", netuid)]
        return [(hotkey, netuid) for netuid in started if stake_of_coldkey(state, hotkey, who, netuid)]
    names = STAKE_OF_CALL.get(call.name)
    return [(call.args[names[0]], call.args[names[1]])] if names else []


def can_pay_in_alpha(state: StorageReader, who: str, call: Call, fee: int) -> bool:
    """Whether one stake, and only one, can pay rao of TAO at the current price."""
    stakes = paying_stakes(state, who, call)
    if len(stakes) != 1:
        return False
    hotkey, netuid = stakes[0]
    return stake_of_coldkey(state, hotkey, who, netuid) >= alpha_amount_for_tao(state, netuid, fee)


def pay_in_alpha(ctx: Context, who: str, call: Call, fee: int) -> AlphaFee | None:
    """Sell the fee's worth of alpha for the author, at most what there is.

    Returns:
        What was paid; None for a call that is not paid so.

    Raises:
        InvalidTransaction: `Payment`: the pool refuses.
    """
    stakes = paying_stakes(ctx.state, who, call)
    if len(stakes) != 1:
        return AlphaFee(ROOT_NETUID, 0, 0) if stakes else None
    hotkey, netuid = stakes[0]
    held = stake_of_coldkey(ctx.state, hotkey, who, netuid)
    alpha = min(alpha_amount_for_tao(ctx.state, netuid, fee) or held, held)
    mark = ctx.mark()
    try:
        tao = unstake_from_subnet(ctx, hotkey, who, netuid, alpha, 0, drop_fees=True, beneficiary=ctx.author)
    except DispatchError as error:
        ctx.rollback(mark)
        raise InvalidTransaction(
            "Payment", f"{alpha} rao of alpha cannot pay the fee of {fee} rao ({error})"
        ) from error
    return AlphaFee(netuid, alpha, tao)
