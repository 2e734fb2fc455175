"""Fees in alpha: a coldkey without TAO can still take stake out, and pays the extrinsic's fee from that stake.

Only the fee of a call that takes stake from one subnet can be paid in this way, and only if the coldkey has too little
TAO. The chain sells free alpha that is worth the fee, without the pool's fee, and recycles the TAO. If the call costs
less than that in the end, the chain buys alpha back for the difference. Locked alpha cannot pay fees.

Source: `pallets/transaction-fee/src/lib.rs` (`fees_in_alpha`, `can_withdraw_in_alpha`, `withdraw_in_alpha`; since spec
469 `refund_in_alpha`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets.subtensor.locks import available_on
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids, failed
from tao_lab.chain.pallets.subtensor.pool import alpha_amount_for_tao
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.pallets.subtensor.staking import stake_into_subnet, unstake_from_subnet
from tao_lab.chain.pallets.subtensor.tao import mint_tao, recycle_tao, spend_tao, subnet_account
from tao_lab.chain.state import StorageReader

STAKE_OF_CALL = {  # the arguments that name the hotkey and the subnet of the alpha
    "remove_stake": ("hotkey", "netuid"),
    "remove_stake_limit": ("hotkey", "netuid"),
    "remove_stake_full_limit": ("hotkey", "netuid"),
    "move_stake": ("origin_hotkey", "origin_netuid"),
    "move_stake_limit": ("origin_hotkey", "origin_netuid"),
    "transfer_stake": ("hotkey", "origin_netuid"),
    "transfer_stake_and_hotkey": ("origin_hotkey", "origin_netuid"),
    "swap_stake": ("hotkey", "origin_netuid"),
    "swap_stake_limit": ("hotkey", "origin_netuid"),
    "swap_hotkey": ("hotkey", "netuid"),
    "swap_hotkey_v2": ("hotkey", "netuid"),
    "recycle_alpha": ("hotkey", "netuid"),
    "burn_alpha": ("hotkey", "netuid"),
}
ALL_STAKES = ("unstake_all", "unstake_all_alpha")  # and the swap of a hotkey on all subnets


@dataclass(frozen=True)
class AlphaFee:
    """What was paid: rao of alpha of a hotkey on a subnet, and the rao of TAO that it fetched."""

    netuid: int
    alpha: int
    tao: int
    hotkey: str = ""


def paying_stakes(state: StorageReader, who: str, call: Call) -> list[tuple[str, int]]:
    """(hotkey, netuid) of the stakes that may pay for a call; empty for a call whose fee cannot be paid in alpha."""
    if call.pallet != MODULE:
        return []
    names = STAKE_OF_CALL.get(call.name)
    if call.name in ALL_STAKES or (names and call.args[names[1]] is None):
        hotkey = call.args["hotkey"]
        started = [netuid for netuid in all_netuids(state) if state.get(MODULE, "SubtokenEnabled", netuid)]
        return [(hotkey, netuid) for netuid in started if stake_of_coldkey(state, hotkey, who, netuid)]
    return [(call.args[names[0]], call.args[names[1]])] if names else []


def can_pay_in_alpha(state: StorageReader, who: str, call: Call, fee: int, now: int) -> bool:
    """Whether one stake, and only one, can pay rao of TAO at the current price in block `now`."""
    stakes = paying_stakes(state, who, call)
    if len(stakes) != 1:
        return False
    hotkey, netuid = stakes[0]
    alpha = alpha_amount_for_tao(state, netuid, fee)
    return 0 < alpha <= available_on(state, hotkey, who, netuid, now)


def pay_in_alpha(ctx: Context, who: str, call: Call, fee: int) -> AlphaFee | None:
    """Sell alpha that is worth the fee, but not more than is free, and recycle the TAO.

    Returns:
        What was paid; None if the fee of this call cannot be paid in alpha.

    Raises:
        InvalidTransaction: `Payment`: nothing is free, or the pool refuses.
    """
    stakes = paying_stakes(ctx.state, who, call)
    if len(stakes) != 1:
        return AlphaFee(ROOT_NETUID, 0, 0) if stakes else None
    hotkey, netuid = stakes[0]
    free = available_on(ctx.state, hotkey, who, netuid, ctx.block)
    alpha = min(alpha_amount_for_tao(ctx.state, netuid, fee) or free, free)
    if not alpha:
        raise InvalidTransaction("Payment", f"{who} has no free alpha on {hotkey} in subnet {netuid}")
    mark = ctx.mark()
    try:
        account = subnet_account(ctx.state, netuid)
        tao = unstake_from_subnet(ctx, hotkey, who, netuid, alpha, 0, drop_fees=True, beneficiary=account)
        recycle_tao(ctx, account, tao)
    except DispatchError as error:
        ctx.rollback(mark)
        raise InvalidTransaction(
            "Payment", f"{alpha} rao of alpha cannot pay the fee of {fee} rao ({error})"
        ) from error
    return AlphaFee(netuid, alpha, tao, hotkey)


def refund_in_alpha(ctx: Context, who: str, paid: AlphaFee, fee: int) -> AlphaFee:
    """Buy alpha for the payer with the TAO that was taken above the final fee.

    Returns:
        The final fee. It is what was paid, if nothing is left over or too little to buy alpha with.
    """
    tao = max(paid.tao - fee, 0)
    if not tao:
        return paid
    mark = ctx.mark()
    try:
        account = subnet_account(ctx.state, paid.netuid)
        if spend_tao(ctx, account, mint_tao(ctx, tao), tao) is None:
            raise failed("InsufficientTaoBalance", f"{tao} rao cannot be issued again")
        alpha = stake_into_subnet(ctx, paid.hotkey, who, paid.netuid, tao, drop_fees=True, payer=account)
    except DispatchError:
        ctx.rollback(mark)
        return paid
    return AlphaFee(paid.netuid, max(paid.alpha - alpha, 0), paid.tao - tao, paid.hotkey)
