"""Claims of root's dividends: what validators' baskets owe a staker on root is sold, and the TAO is staked on root.

A claim is for a whole basket: the claimant's part of the fund's shares is its part of every holding. That part is sold
to the pools, and the claimant gets at most its part of what the whole holding would bring: a smaller sale has the
better price, and the difference stays in the fund as cash, for the others. The TAO becomes root stake on the same
validator. `claim_root` claims on all validators, `claim_root_with_hotkey` on one; the chain claims for nobody.

Sources, at spec 475: `pallets/subtensor/src/staking/claim_root.rs`, `macros/dispatches.rs` (calls 121, 124 and 148),
`staking/helpers.rs` (`populate_root_coldkey_staking_maps_v2`), `weights.rs`. The thresholds below which a claim leaves
small holdings to the others (`sudo_set_basket_claim_dust`) are off in the lab: its genesis sets them to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import DB_READ, Origin, Post, Weight, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.baskets import (
    Row,
    Work,
    credit_cash,
    credit_root,
    escrow,
    flush,
    holdings,
    is_too_shallow,
    owed_shares,
    rebase_claimed,
    sell_for_root,
    sell_small_holdings,
    take_shares,
    valued,
    write_off,
)
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    NETUID_BYTES,
    ROOT_NETUID,
    address,
    ensure_subnet_owner_or_root,
    failed,
)
from tao_lab.chain.pallets.subtensor.stake import decrease_stake, increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import add_to
from tao_lab.chain.runtime import octets
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.economy.baskets import RATE_BITS, alpha_to_sell, payout

MAX_ROOT_CLAIM_THRESHOLD = 10_000_000  # rao
STAKES_LOOKED_AT = 30  # a block (ALPHA_MAP_BATCH_SIZE)
ACCOUNT_BYTES = 32
MAX_CLAIM_WORK, MAX_CLAIM_HOTKEY_WORK = 256, 129  # hotkeys and holdings of one call (MAX_ROOT_CLAIM_WORK, …)
MAX_FLUSH_ROWS = 512  # dividends queued for them (MAX_BASKET_FLUSH_ROWS)
MAX_FLUSH = Work(2_560, MAX_FLUSH_ROWS)  # declared for every claim
QUOTE = weight(10_000_000, reads=4)  # to value one holding (basket_nav_sweep_weight)


# --- what a claim weighs ----------------------------------------------------------------------------------------


def claim_weight(units: int, scanned: int, flushed: Work) -> Weight:
    """What a claim weighs.

    Args:
        units: Hotkeys, or holdings that were sold where those are more.
        scanned: Holdings that were only valued.
        flushed: The dividends that were put into the baskets first.
    """
    quotes = Weight(QUOTE.ref_time * flushed.quotes)
    return (
        _units_weight(units)
        + _scan_weight(scanned)
        + quotes
        + (_units_weight(flushed.rows) if flushed.rows else Weight())
    )


def _units_weight(units: int) -> Weight:
    """`WeightInfo::claim_root`."""
    return weight(567_441_000 + 437_318_379 * units, reads=23 + 22 * units, writes=18 + 16 * units)


def _scan_weight(units: int) -> Weight:
    """`WeightInfo::claim_root_scan`."""
    return weight(309_208_000 + 263_604_241 * units, reads=6 + 21 * units)


@dataclass(slots=True)
class Claimed:
    """What claims have done so far: rao of TAO paid; holdings valued, sold, turned to cash; dividends put in first."""

    tao: int = 0
    rows: int = 0
    sold: int = 0
    swept: int = 0
    flushed: Work = field(default_factory=Work)

    def weight(self, hotkeys: int, looked_at: int) -> Weight:
        """What a call weighed (`root_claim_actual_weight`): its hotkeys, and the stakers' relations it looked at."""
        units = max(hotkeys, self.sold + self.swept, looked_at, 1)
        return claim_weight(units, max(self.rows - self.sold, 0), self.flushed)


# --- claiming ---------------------------------------------------------------------------------------------------


@call(MODULE, weight=claim_weight(MAX_CLAIM_WORK, MAX_CLAIM_WORK, MAX_FLUSH))
def claim_root(ctx: Context, origin: Origin, subnets: Any) -> Post:
    """Claim on all validators on which the signer has root stake; the list of subnets is ignored."""
    coldkey = ensure_signed(origin)
    staked_on = ctx.state.get(MODULE, "StakingHotkeys", coldkey)
    hotkeys = [hotkey for hotkey in staked_on if _may_be_owed(ctx.state, hotkey, coldkey)]
    if len(staked_on) > MAX_CLAIM_WORK:
        raise failed("RootClaimTooHeavy", f"{len(staked_on)} hotkeys to look at; at most {MAX_CLAIM_WORK}")
    _ensure_fits(ctx.state, hotkeys, MAX_CLAIM_WORK)
    return _claim(ctx, coldkey, hotkeys, len(staked_on), len(staked_on) + MAX_CLAIM_WORK)


@call(MODULE, weight=claim_weight(MAX_CLAIM_HOTKEY_WORK, MAX_CLAIM_HOTKEY_WORK, MAX_FLUSH))
def claim_root_with_hotkey(ctx: Context, origin: Origin, hotkey: str) -> Post:
    """Claim on one validator."""
    coldkey = ensure_signed(origin)
    _ensure_fits(ctx.state, [hotkey], MAX_CLAIM_HOTKEY_WORK)
    return _claim(ctx, coldkey, [hotkey], 0, MAX_CLAIM_HOTKEY_WORK)


@call(MODULE, weight=weight(5_681_000, writes=1))
def sudo_set_root_claim_threshold(ctx: Context, origin: Origin, netuid: int, new_value: int) -> None:
    """Set the least that a claim must bring, rao of TAO; only root's entry counts, so only it can be set."""
    ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    if netuid != ROOT_NETUID or new_value > MAX_ROOT_CLAIM_THRESHOLD:
        allowed = f"netuid {ROOT_NETUID}, 0 to {MAX_ROOT_CLAIM_THRESHOLD} rao"
        raise failed("InvalidRootClaimThreshold", f"netuid {netuid}, {new_value} rao; allowed: {allowed}")
    ctx.state.put(MODULE, "RootClaimableThreshold", netuid, {"bits": new_value << RATE_BITS})


def _may_be_owed(state: StorageReader, hotkey: str, coldkey: str) -> bool:
    has_stake = stake_of_coldkey(state, hotkey, coldkey, ROOT_NETUID) > 0
    return has_stake or state.get(MODULE, "BasketClaimed", hotkey, coldkey) < 0


def _ensure_fits(state: StorageReader, hotkeys: Sequence[str], most: int) -> None:
    """Refuse claims on too many hotkeys, holdings and queued dividends at once (`root_claim_fits_budget`)."""
    rows = sum(len(state.entries(MODULE, "AlphaV2", hotkey, escrow())) for hotkey in hotkeys)
    queued = sum(len(state.entries(MODULE, "PendingBasketDeposits", hotkey)) for hotkey in hotkeys)
    if len(hotkeys) + rows > most or queued > MAX_FLUSH_ROWS:
        found = f"{len(hotkeys)} validators with {rows} holdings and {queued} waiting dividends"
        raise failed("RootClaimTooHeavy", f"{found}; at most {most} validators and holdings: claim on one validator")


def _claim(ctx: Context, coldkey: str, hotkeys: Sequence[str], looked_at: int, admitted: int) -> Post:
    """Claim on some validators: on all of them, or on none if one claim fails."""
    mark, done = ctx.mark(), Claimed()
    try:
        for hotkey in hotkeys:
            claim_of_hotkey(ctx, hotkey, coldkey, done)
    except DispatchError as error:
        ctx.rollback(mark)
        error.weight = done.weight(len(hotkeys), looked_at) + Weight((admitted + 1 + MAX_FLUSH_ROWS) * DB_READ)
        raise
    ctx.deposit_event(MODULE, "RootClaimed", coldkey=coldkey, tao=done.tao)
    add_root_staker(ctx, coldkey)
    return Post(weight=done.weight(len(hotkeys), looked_at))


def claim_of_hotkey(ctx: Context, hotkey: str, coldkey: str, done: Claimed) -> None:
    """Claim on one validator, unless too little is owed (`root_claim_for_hotkey`).

    Args:
        ctx: The block under construction.
        hotkey: The validator.
        coldkey: Who claims.
        done: What claims have done so far; this one is added.

    Raises:
        DispatchError: A swap or a transfer failed.
    """
    flushed = flush(ctx, hotkey)
    done.flushed = Work(done.flushed.quotes + flushed.quotes, done.flushed.rows + flushed.rows)
    owed, shares = owed_shares(ctx.state, hotkey, coldkey), ctx.state.get(MODULE, "BasketShares", hotkey)
    if not owed:
        return
    done.swept += sell_small_holdings(ctx, hotkey)
    held = holdings(ctx.state, hotkey)
    done.rows += len(held)  # a claim that fails over the worth of one pays for looking at all
    rows = valued(ctx.state, held, ctx.rules.run_swap)
    estimate = payout(owed, sum(row.worth or 0 for row in rows), shares)
    lost = any(row.worth is None for row in rows)  # it is written off, whatever the rest is worth
    least = ctx.state.get(MODULE, "RootClaimableThreshold", ROOT_NETUID)["bits"]
    if not lost and (estimate == 0 or estimate << RATE_BITS < least):
        return
    _redeem(ctx, hotkey, coldkey, rows, owed, done)


def _redeem(ctx: Context, hotkey: str, coldkey: str, rows: list[Row], owed: int, done: Claimed) -> None:
    """Sell the claimant's part of every holding, and stake what is due to it on root."""
    shares, mark = ctx.state.get(MODULE, "BasketShares", hotkey), ctx.mark()
    moved = bought = kept = written_off = 0
    for netuid, alpha, worth in rows:
        entitled = payout(owed, worth or 0, shares)
        take = alpha_to_sell(alpha, owed, shares, entitled)
        if not take:
            continue
        done.sold += 1
        decrease_stake(ctx, hotkey, escrow(), netuid, take)
        if netuid == ROOT_NETUID:
            moved += take
            continue
        tao = _sell_or_write_off(ctx, hotkey, netuid, take) if worth is not None else None
        if tao is None:
            written_off += 1
            write_off(ctx, hotkey, netuid, take)
            continue
        add_to(ctx, MODULE, "SubnetRootSellTao", netuid, tao)
        due = tao if owed == shares else min(tao, entitled)
        bought, kept = bought + due, kept + tao - due
    if not moved + bought and not written_off:
        ctx.rollback(mark)
        return
    if kept:
        credit_cash(ctx, hotkey, kept)
    if moved + bought:
        increase_stake(ctx, hotkey, coldkey, ROOT_NETUID, moved + bought)
        touch_root_stake_age(ctx, coldkey, hotkey)
        rebase_claimed(ctx, hotkey, coldkey, moved + bought)
    if bought:
        credit_root(ctx, bought)
    take_shares(ctx, hotkey, coldkey, owed, moved + bought)
    ctx.deposit_event(MODULE, "BasketClaimed", hotkey=hotkey, coldkey=coldkey, tao=moved + bought)
    done.tao += moved + bought


def _sell_or_write_off(ctx: Context, hotkey: str, netuid: int, alpha: int) -> int | None:
    """Rao of TAO that a sale brought; None where the pool is too shallow for it."""
    try:
        return sell_for_root(ctx, netuid, alpha)
    except DispatchError as error:
        if is_too_shallow(error):
            return None
        raise


# --- how old stake on root is -----------------------------------------------------------------------------------


def touch_root_stake_age(ctx: Context, coldkey: str, hotkey: str) -> None:
    """Remember that a stake on root changed in this block."""
    ctx.state.put(MODULE, "LastColdkeyHotkeyStakeBlock", coldkey, hotkey, ctx.block)


def move_root_stake_age(ctx: Context, old: tuple[str, str], new: tuple[str, str]) -> None:
    """Move the age of a stake on root to another (coldkey, hotkey); of two ages the younger counts.

    Source: `migrate_root_stake_age`.
    """
    last = ctx.state.get(MODULE, "LastColdkeyHotkeyStakeBlock", *old)
    if last is None:
        return
    ctx.state.remove(MODULE, "LastColdkeyHotkeyStakeBlock", *old)
    there = ctx.state.get(MODULE, "LastColdkeyHotkeyStakeBlock", *new) or 0
    ctx.state.put(MODULE, "LastColdkeyHotkeyStakeBlock", *new, max(last, there))


def ensure_root_stake_unlocked(ctx: Context, coldkey: str, hotkey: str) -> None:
    """Refuse to take stake off root that is younger than `RootStakeUnlockInterval`; by default there is no such limit.

    Raises:
        DispatchError: `RootStakeLocked`.
    """
    interval = ctx.state.get(MODULE, "RootStakeUnlockInterval")
    age = max(ctx.block - (ctx.state.get(MODULE, "LastColdkeyHotkeyStakeBlock", coldkey, hotkey) or 0), 0)
    if age < interval:
        raise failed("RootStakeLocked", f"the stake on {hotkey} changed {age} blocks ago, allowed: from {interval}")


# --- who has stake on root --------------------------------------------------------------------------------------


def add_root_staker(ctx: Context, coldkey: str) -> None:
    """Put a coldkey on the numbered list of those that are drawn (`maybe_add_coldkey_index`)."""
    if not ctx.state.exists(MODULE, "StakingColdkeys", coldkey):
        count = ctx.state.get(MODULE, "NumStakingColdkeys")
        ctx.state.put(MODULE, "StakingColdkeysByIndex", count, coldkey)
        ctx.state.put(MODULE, "StakingColdkeys", coldkey, count)
        ctx.state.put(MODULE, "NumStakingColdkeys", count + 1)


def remove_root_staker(ctx: Context, coldkey: str) -> None:
    """Take a coldkey off that list; the last one gets its number (`maybe_remove_coldkey_index`)."""
    state = ctx.state
    index = state.get(MODULE, "StakingColdkeys", coldkey)
    if index is None:
        return
    last = max(state.get(MODULE, "NumStakingColdkeys") - 1, 0)
    state.remove(MODULE, "StakingColdkeys", coldkey)
    moved = state.get(MODULE, "StakingColdkeysByIndex", last)
    if index != last and moved is not None:
        state.remove(MODULE, "StakingColdkeysByIndex", last)
        state.put(MODULE, "StakingColdkeysByIndex", index, moved)
        state.put(MODULE, "StakingColdkeys", moved, index)
    else:
        state.remove(MODULE, "StakingColdkeysByIndex", index)
    state.put(MODULE, "NumStakingColdkeys", last)


def has_root_stake(state: StorageReader, coldkey: str) -> bool:
    """Whether a coldkey has stake on root on any hotkey."""
    hotkeys = state.get(MODULE, "StakingHotkeys", coldkey)
    return any(stake_of_coldkey(state, hotkey, coldkey, ROOT_NETUID) for hotkey in hotkeys)


@has_twin
def find_root_stakers(ctx: Context) -> None:
    """Go on through all stakes, 30 in each block, and put those on root on the list."""
    state = ctx.state
    prefix, last = state.key(MODULE, "AlphaV2"), state.get(MODULE, "AlphaV2MapLastKey")
    after = octets(last) if last is not None else None
    keys = state.raw_keys(prefix, after, STAKES_LOOKED_AT)
    if after is None and not keys:
        return
    on_root, listed = ROOT_NETUID.to_bytes(NETUID_BYTES, "little"), state.key(MODULE, "StakingColdkeys")
    # a key ends with the coldkey and the netuid themselves; that of the list with the coldkey
    accounts = [key[-NETUID_BYTES - ACCOUNT_BYTES : -NETUID_BYTES] for key in keys if key.endswith(on_root)]
    places = state.raw_get_many([listed + account for account in accounts])
    for account in [account for account, place in zip(accounts, places, strict=True) if place is None]:
        add_root_staker(ctx, address(account))
    reached = "0x" + keys[-1].hex() if len(keys) == STAKES_LOOKED_AT else None
    state.put(MODULE, "AlphaV2MapLastKey", reached)
