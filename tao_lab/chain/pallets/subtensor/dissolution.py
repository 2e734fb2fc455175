"""What happens to the money of a subnet that is dissolved: its TAO goes to those who held its alpha.

The pool's TAO is split in proportion to alpha, the stakers' and the protocol's; the protocol's part is recycled. Rao
that do not divide go to the stakers with the largest remainders.

Source: `pallets/subtensor/src/staking/remove_stake.rs` of spec 475 (`destroy_alpha_in_out_stakes` and its phases). The
chain pays some hotkeys' stakers in each block, as many as it has room for; here all of them are paid at once.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey, stakers
from tao_lab.chain.pallets.subtensor.tao import (
    coldkey_balance,
    keep_alive_balance,
    recycle_tao,
    subnet_account,
    transfer_tao,
    transfer_tao_from_subnet,
)
from tao_lab.chain.state import StorageReader
from tao_lab.economy.dissolution import split_pot
from tao_lab.economy.share_pool import SafeFloat, to_rao
from tao_lab.units import U16_MAX

CUT_BITS = 32  # U96F32
POOL_ITEMS = ("SubnetTAO", "SubnetAlphaIn", "SubnetAlphaOut", "SubnetProtocolAlpha", "TotalAlphaStaked")
STAKE_ITEMS = ("TotalHotkeyAlpha", "TotalHotkeySharesV2")


@dataclass(frozen=True)
class Holding:
    """Alpha that one coldkey has on one hotkey, rao."""

    hotkey: str
    coldkey: str
    alpha: int


def destroy_alpha_in_out_stakes(ctx: Context, netuid: int) -> None:
    """Pay a dissolved subnet's TAO out to its stakers and destroy its alpha; the caller removes the rest."""
    state = ctx.state
    hotkeys = [hotkey for (hotkey, where), _ in state.entries(MODULE, "TotalHotkeyAlpha") if where == netuid]
    held = [holding for hotkey in hotkeys for holding in _holdings(state, hotkey, netuid)]
    pot, unstaked = state.get(MODULE, "SubnetTAO", netuid), _protocol_alpha(state, netuid)
    total = sum(holding.alpha for holding in held) + unstaked
    kept = pot * state.get(MODULE, "SubnetProtocolAlpha", netuid) // total if total else 0
    distributed = _pay_out(ctx, netuid, pot, [holding for holding in held if holding.alpha], unstaked)
    refund = _refund_of_lock(state, netuid)
    for holding in held:
        state.remove(MODULE, "AlphaV2", holding.hotkey, holding.coldkey, netuid)
    for hotkey in hotkeys:
        for item in STAKE_ITEMS:
            state.remove(MODULE, item, hotkey, netuid)
    for item in POOL_ITEMS:
        state.remove(MODULE, item, netuid)
    state.put(MODULE, "SubnetLocked", netuid, 0)
    if refund:
        refund += max(pot - distributed - refund, 0)  # what nobody's alpha had a part in
    _empty_account(ctx, netuid, refund, kept)


def _holdings(state: StorageReader, hotkey: str, netuid: int) -> list[Holding]:
    """Stakers on a hotkey, by account; if a share is worth 0 rao in the pool, the share itself counts."""
    coldkeys = sorted(coldkey for coldkey, where in stakers(state, hotkey) if where == netuid)
    found = []
    for coldkey in coldkeys:
        alpha = stake_of_coldkey(state, hotkey, coldkey, netuid)
        if not alpha:
            share = state.get(MODULE, "AlphaV2", hotkey, coldkey, netuid)
            alpha = to_rao(SafeFloat(share["mantissa"], share["exponent"]))
        found.append(Holding(hotkey, coldkey, alpha))
    return found


def _pay_out(ctx: Context, netuid: int, pot: int, holdings: list[Holding], unstaked: int) -> int:
    """Pay the pool's TAO to the holders, each coldkey at once; returns what they were to get, rao."""
    shares = split_pot(pot, [holding.alpha for holding in holdings], unstaked)
    parts: dict[str, int] = {}
    for holding, share in zip(holdings, shares, strict=True):
        if share:
            parts[holding.coldkey] = parts.get(holding.coldkey, 0) + share
    for coldkey, part in sorted(parts.items()):
        with suppress(DispatchError):  # less than the receiver's existential deposit: recycled with the rest
            transfer_tao_from_subnet(ctx, netuid, coldkey, part)
    return sum(shares)


def _protocol_alpha(state: StorageReader, netuid: int) -> int:
    """Alpha that counts as the protocol's; in subnets made after `TaoInRefundDeploymentBlock`, the pool's too."""
    alpha = state.get(MODULE, "SubnetProtocolAlpha", netuid)
    if state.get(MODULE, "NetworkRegisteredAt", netuid) > state.get(MODULE, "TaoInRefundDeploymentBlock"):
        alpha += state.get(MODULE, "SubnetAlphaIn", netuid)
    return int(min(alpha, (1 << 64) - 1))


def _refund_of_lock(state: StorageReader, netuid: int) -> int:
    """Part of the lock that the owner of an old subnet gets back: the lock minus all that the owner's cut has paid."""
    lock = state.get(MODULE, "SubnetLocked", netuid)
    if state.get(MODULE, "NetworkRegisteredAt", netuid) >= state.get(MODULE, "NetworkRegistrationStartBlock"):
        return 0
    issued = state.get(MODULE, "SubnetAlphaIn", netuid) + state.get(MODULE, "SubnetAlphaOut", netuid)
    cut = (state.get(MODULE, "SubnetOwnerCut") << CUT_BITS) // U16_MAX
    owner_alpha = issued * cut >> CUT_BITS
    price = current_alpha_price(state, netuid) >> CUT_BITS
    return int(max(lock - (owner_alpha * price >> CUT_BITS), 0))


def _empty_account(ctx: Context, netuid: int, refund: int, kept: int) -> None:
    """Refund the owner, but for what is kept for the protocol, and recycle what is left but the existential deposit."""
    account = subnet_account(ctx.state, netuid)
    if refund:
        available = max(coldkey_balance(ctx, account) - kept, 0)
        with suppress(DispatchError):  # less than the receiver's existential deposit: recycled with the rest
            transfer_tao(ctx, account, ctx.state.get(MODULE, "SubnetOwner", netuid), min(refund, available))
    left = keep_alive_balance(ctx, account)
    if left:
        recycle_tao(ctx, account, left)
    ctx.state.put(MODULE, "RAORecycledForRegistration", netuid, left)
