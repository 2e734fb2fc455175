"""Root's baskets in the state: what they hold and are worth, how dividends enter, what happens when keys change.

A basket is stake: the chain's escrow account, to which nobody has a key, holds the fund's alpha on the validator's
hotkey (and its cash, TAO on root). An epoch only queues a validator's dividend (`PendingBasketDeposits`). It enters the
fund as alpha, without a swap, when somebody claims or changes root stake on that hotkey, or when it is the hotkey's
turn: one hotkey in each block. The rule is `tao_lab.economy.baskets`; claims are in `root_claims.py`.

Sources, at spec 475: `pallets/subtensor/src/staking/basket_flush.rs`, `basket_views.rs`, `claim_root.rs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Tally
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import MODULE, NETUID_BYTES, ROOT_NETUID, address, subnet_exists, uid_of
from tao_lab.chain.pallets.subtensor.pool import (
    SwapRule,
    change_total_stake,
    current_alpha_price,
    ensure_sold,
    has_pool,
    largest_part,
    record_protocol_flow,
    sim_sale,
    sim_swap,
    swap_alpha_for_tao,
)
from tao_lab.chain.pallets.subtensor.stake import decrease_stake, increase_stake, stake_of, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import (
    account_of_netuid,
    add_to,
    burn_subnet_alpha,
    recycle_subnet_alpha,
    special_account,
    transfer_tao_from_subnet,
)
from tao_lab.chain.runtime import octets
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.economy import swap
from tao_lab.economy.baskets import RATE_BITS, payout, rate_increment, shares_for_value, stakers_part, watermark_change
from tao_lab.economy.baskets import owed_shares as owed_by_rate
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.units import U64_MAX

ACCOUNT_BYTES = 32


class Row(NamedTuple):
    """One holding of a fund: rao of alpha (on root: of TAO), and what a sale would bring; None: no sale is possible."""

    netuid: int
    alpha: int
    worth: int | None


class Work(NamedTuple):
    """What a deposit took: values asked for, and holdings changed (`BasketFlushWork`)."""

    quotes: int = 0
    rows: int = 0


# --- what a fund holds and is worth -----------------------------------------------------------------------------


@cache
def escrow() -> str:
    """Address of the account that holds all baskets (`get_beta_escrow_account_id`)."""
    return special_account(b"beta/esc")


def holdings(state: StorageReader, hotkey: str) -> list[tuple[int, int]]:
    """(netuid, rao of alpha) of a validator's fund; netuid 0 is its cash."""
    netuids = sorted(
        netuid for netuid, share in state.entries(MODULE, "AlphaV2", hotkey, escrow()) if share["mantissa"]
    )
    found = [(netuid, stake_of_coldkey(state, hotkey, escrow(), netuid)) for netuid in netuids]
    return [(netuid, alpha) for netuid, alpha in found if alpha]


def worth_of(state: StorageReader, netuid: int, alpha: int, rule: SwapRule = swap) -> int | None:
    """Rao of TAO that a sale of alpha would bring now; None where the pool is too shallow for any sale.

    More than a thousand times the pool's own alpha is sold in parts, here as in a claim (`sell_for_root`).

    Raises:
        DispatchError: The pool refuses the sale for another reason.
    """
    if alpha == 0 or netuid == ROOT_NETUID or not has_pool(state, netuid):
        return alpha
    try:
        if alpha > largest_part(state.get(MODULE, "SubnetAlphaIn", netuid), alpha):
            return sim_sale(state, netuid, alpha, rule)
        return sim_swap(state, netuid, "sell", alpha, rule, drop_fees=True).received
    except DispatchError as error:
        if is_too_shallow(error):
            return None
        raise


def is_too_shallow(error: DispatchError) -> bool:
    """Whether a sale failed because the pool cannot pay even one rao (`SwapFailureKind::TerminalLiquidity`)."""
    return error.name == "ReservesTooLow"


def value_of(state: StorageReader, netuid: int, alpha: int) -> int:
    """The same for readers: rao of TAO, 0 where no sale is possible (`realizable_tao_for_alpha`)."""
    try:
        return worth_of(state, netuid, alpha) or 0
    except DispatchError:
        return 0


def spot_value_of(state: StorageReader, netuid: int, alpha: int) -> int:
    """Rao of TAO at the present price (`spot_tao_for_alpha`)."""
    return min(current_alpha_price(state, netuid) * alpha >> FRACTION_BITS, U64_MAX)


def valued(state: StorageReader, held: list[tuple[int, int]], rule: SwapRule = swap) -> list[Row]:
    """Holdings (netuid, rao of alpha) with what each would bring.

    Raises:
        DispatchError: As for `worth_of`.
    """
    return [Row(netuid, alpha, worth_of(state, netuid, alpha, rule)) for netuid, alpha in held]


def nav_of(state: StorageReader, hotkey: str) -> int:
    """What a validator's fund is worth, rao of TAO (`get_validator_basket_nav_tao`)."""
    return min(sum(value_of(state, netuid, alpha) for netuid, alpha in holdings(state, hotkey)), U64_MAX)


def owed_shares(state: StorageReader, hotkey: str, coldkey: str) -> int:
    """Shares of a validator's fund that a coldkey is owed, at most all that exist (`get_basket_owed_shares`)."""
    stake = stake_of_coldkey(state, hotkey, coldkey, ROOT_NETUID)
    owed = owed_by_rate(rate_of(state, hotkey), stake, state.get(MODULE, "BasketClaimed", hotkey, coldkey))
    return min(owed, int(state.get(MODULE, "BasketShares", hotkey)))


def payout_of(state: StorageReader, hotkey: str, coldkey: str) -> int:
    """Rao of TAO that a claim on one validator would bring a coldkey now (`get_basket_payout_tao`)."""
    owed = owed_shares(state, hotkey, coldkey)
    return payout(owed, nav_of(state, hotkey), state.get(MODULE, "BasketShares", hotkey)) if owed else 0


def spot_payout_of(state: StorageReader, hotkey: str, coldkey: str) -> int:
    """What a coldkey's shares of one basket are worth at present prices, rao of TAO."""
    spot = min(sum(spot_value_of(state, netuid, alpha) for netuid, alpha in holdings(state, hotkey)), U64_MAX)
    owed = owed_shares(state, hotkey, coldkey)
    return payout(owed, spot, state.get(MODULE, "BasketShares", hotkey)) if owed else 0


def rate_of(state: StorageReader, hotkey: str) -> int:
    """Shares that one rao of root stake on a hotkey has earned so far, raw I96F32 value."""
    return int(state.get(MODULE, "BasketRate", hotkey)["bits"])


# --- dividends enter --------------------------------------------------------------------------------------------


def queue_dividends(ctx: Context, netuid: int, dividends: list[tuple[str, int]]) -> None:
    """Queue dividends for the baskets of hotkeys: (hotkey, rao of alpha) (`enqueue_basket_deposit`)."""
    keys = ctx.state.keys_by_account(MODULE, "PendingBasketDeposits", [hotkey for hotkey, _ in dividends], netuid)
    waiting = [int.from_bytes(value or b"", "little") for value in ctx.state.raw.get_many(keys)]
    total = [min(had + alpha, U64_MAX) for had, (_, alpha) in zip(waiting, dividends, strict=True)]
    ctx.state.raw.put_many(keys, [rao.to_bytes(8, "little") for rao in total])


def flush(ctx: Context, hotkey: str) -> Work:
    """Put a hotkey's queued dividends into its basket, except those that are still worth too little.

    Dividends of a subnet that is gone, or of a hotkey that has lost its seat on root, are recycled.
    """
    state, batch = ctx.state, []
    least = state.get(MODULE, "RootClaimableThreshold", ROOT_NETUID)["bits"] >> RATE_BITS
    on_root = uid_of(state, ROOT_NETUID, hotkey) is not None
    queued = state.entries(MODULE, "PendingBasketDeposits", hotkey)
    for netuid, alpha in queued:
        if not subnet_exists(state, netuid) or not on_root:
            state.remove(MODULE, "PendingBasketDeposits", hotkey, netuid)
            recycle_subnet_alpha(ctx, netuid, alpha)
        elif spot_value_of(state, netuid, alpha) >= least:
            batch.append((netuid, alpha))
    for netuid, _ in batch:
        state.remove(MODULE, "PendingBasketDeposits", hotkey, netuid)
    work = deposit(ctx, hotkey, batch) if batch else Work()
    return Work(len(queued) + work.quotes, work.rows)


def flush_next(ctx: Context) -> None:
    """Flush the next hotkey with queued dividends: one a block, in the order of the keys, then from the start again."""
    state, last = ctx.state, ctx.state.get(MODULE, "PendingBasketFlushCursor")
    if last is None and not state.has_entries(MODULE, "PendingBasketDeposits"):
        return
    keys = state.raw_keys(state.key(MODULE, "PendingBasketDeposits"), None if last is None else octets(last), 1)
    if not keys:
        state.remove(MODULE, "PendingBasketFlushCursor")
        return
    hotkey = address(bytes(keys[0][-NETUID_BYTES - ACCOUNT_BYTES : -NETUID_BYTES]))
    *_, end = state.raw_keys(bytes(keys[0][:-NETUID_BYTES]))
    flush(ctx, hotkey)
    state.put(MODULE, "PendingBasketFlushCursor", "0x" + bytes(end).hex())


@has_twin
def deposit(ctx: Context, hotkey: str, credits: list[tuple[int, int]]) -> Work:
    """Put dividends into a basket and mint shares for them, once for all (`deposit_root_alpha_batch`).

    They are recycled if nobody could claim them, and queued again if they are worth too little.

    Args:
        ctx: The block under construction.
        hotkey: The validator.
        credits: (netuid, rao of alpha), each subnet once.
    """
    state = ctx.state
    cash = stake_of_coldkey(state, hotkey, escrow(), ROOT_NETUID)
    stakers = max(stake_of(state, hotkey, ROOT_NETUID) - cash, 0)
    if not _can_keep(stakers, cash, state.get(MODULE, "BasketShares", hotkey)):
        for netuid, alpha in credits:
            recycle_subnet_alpha(ctx, netuid, alpha)
        return Work()
    work = Work(len(holdings(state, hotkey)) + 2 * len(credits), len(credits))
    mark = ctx.mark()
    try:
        nav = _nav(valued(state, holdings(state, hotkey), ctx.rules.run_swap))
        added = [worth for netuid, alpha in credits if (worth := _try_credit(ctx, hotkey, netuid, alpha)) is not None]
        kept = not added or _mint(ctx, hotkey, nav, sum(added), stakers, cash)
    except DispatchError:
        kept = False
    if not kept:
        ctx.rollback(mark)
        for netuid, alpha in credits:
            queue_dividends(ctx, netuid, [(hotkey, alpha)])
    return work


def _nav(rows: list[Row]) -> int:
    return min(sum(row.worth or 0 for row in rows), U64_MAX)


def _can_keep(stakers: int, cash: int, shares: int) -> bool:
    """Whether a dividend belongs to anybody: to stakers, or as the yield of its own cash to a fund that has shares."""
    return stakers > 0 or (cash > 0 and shares > 0)


def _try_credit(ctx: Context, hotkey: str, netuid: int, alpha: int) -> int | None:
    """Add alpha to the fund's holding; returns what that adds to its value, None where the alpha went elsewhere.

    Alpha that no pool takes is recycled; alpha whose value is unknown for another reason is queued again.
    """
    mark = ctx.mark()
    try:
        before = stake_of_coldkey(ctx.state, hotkey, escrow(), netuid)
        worth_before = worth_of(ctx.state, netuid, before, ctx.rules.run_swap)
        if worth_before is not None:
            increase_stake(ctx, hotkey, escrow(), netuid, alpha)
            after = stake_of_coldkey(ctx.state, hotkey, escrow(), netuid)
            worth = worth_of(ctx.state, netuid, after, ctx.rules.run_swap)
            if worth is not None:
                return max(worth - worth_before, 0)
            decrease_stake(ctx, hotkey, escrow(), netuid, after - before)
        recycle_subnet_alpha(ctx, netuid, alpha)
    except DispatchError:
        ctx.rollback(mark)
        queue_dividends(ctx, netuid, [(hotkey, alpha)])
    return None


def _mint(ctx: Context, hotkey: str, nav: int, value: int, stakers: int, cash: int) -> bool:
    """Mint shares for value that has entered a fund, and raise the rate of its stakers; False: it is too little."""
    state = ctx.state
    outstanding = state.get(MODULE, "BasketShares", hotkey)
    shares = shares_for_value(stakers_part(value, stakers, cash), nav, outstanding) if stakers else 0
    increment = rate_increment(shares, stakers)
    if stakers and not (shares and increment):
        return False
    if stakers:
        state.put(MODULE, "BasketShares", hotkey, min(outstanding + shares, U64_MAX))
        state.put(MODULE, "BasketRate", hotkey, {"bits": rate_of(state, hotkey) + increment})
    _add_to(ctx, "BasketDepositedTao", hotkey, value)
    ctx.deposit_event(MODULE, "BasketDeposited", hotkey=hotkey, tao=value, shares=shares)
    return True


def _add_to(ctx: Context, item: str, hotkey: str, rao: int) -> None:
    ctx.state.put(MODULE, item, hotkey, min(ctx.state.get(MODULE, item, hotkey) + rao, U64_MAX))


# --- claims, and stake that changes ------------------------------------------------------------------------------


def take_shares(ctx: Context, hotkey: str, coldkey: str, shares: int, tao: int) -> None:
    """Burn shares that a coldkey has claimed, and count the TAO that they brought."""
    outstanding = ctx.state.get(MODULE, "BasketShares", hotkey)
    ctx.state.put(MODULE, "BasketShares", hotkey, max(outstanding - shares, 0))
    _move_watermark(ctx, hotkey, coldkey, shares)
    _add_to(ctx, "BasketRedeemedTao", hotkey, tao)


def rebase_claimed(ctx: Context, hotkey: str, coldkey: str, rao: int) -> None:
    """Move a watermark after root stake was added (removed, if negative), so that no more and no less is owed.

    Source: `rebase_basket_claimed_for_stake_delta`.
    """
    rate = rate_of(ctx.state, hotkey)
    if rate:
        _move_watermark(ctx, hotkey, coldkey, watermark_change(rate, rao))


def _move_watermark(ctx: Context, hotkey: str, coldkey: str, shares: int) -> None:
    claimed = ctx.state.get(MODULE, "BasketClaimed", hotkey, coldkey)
    ctx.state.put(MODULE, "BasketClaimed", hotkey, coldkey, claimed + shares)


def credit_cash(ctx: Context, hotkey: str, tao: int) -> None:
    """Add TAO that is on root's account already to a fund's cash (`credit_root_slot`)."""
    increase_stake(ctx, hotkey, escrow(), ROOT_NETUID, tao)
    credit_root(ctx, tao)


def credit_root(ctx: Context, tao: int) -> None:
    """Count TAO that was put on root: root has no pool that would do it (`credit_root_reserves`)."""
    add_to(ctx, MODULE, "SubnetTAO", ROOT_NETUID, tao)
    add_to(ctx, MODULE, "SubnetAlphaOut", ROOT_NETUID, tao)
    change_total_stake(ctx, tao)


def sell_for_root(ctx: Context, netuid: int, alpha: int) -> int:
    """Sell a basket's alpha, which its holding no longer has, and bring the TAO to root's account; returns rao of TAO.

    Raises:
        DispatchError: What the swaps and the transfer raise; nothing is sold then.
    """
    mark, tao = ctx.mark(), 0
    try:
        while alpha:
            part = largest_part(ctx.state.get(MODULE, "SubnetAlphaIn", netuid), alpha)
            sold = swap_alpha_for_tao(ctx, netuid, part, drop_fees=True)
            ensure_sold(netuid, sold, alpha)
            alpha, tao = alpha - sold.paid, tao + sold.received
        transfer_tao_from_subnet(ctx, netuid, account_of_netuid(ROOT_NETUID), tao)
    except DispatchError:
        ctx.rollback(mark)
        raise
    record_protocol_flow(ctx, netuid, -tao)
    return tao


def write_off(ctx: Context, hotkey: str, netuid: int, alpha: int) -> None:
    """Burn a basket's alpha that no pool would take; its holding no longer has it."""
    burn_subnet_alpha(ctx, netuid, alpha)
    ctx.deposit_event(MODULE, "BasketAlphaWrittenOff", hotkey=hotkey, netuid=netuid, alpha=alpha)


def sell_small_holdings(ctx: Context, hotkey: str) -> int:
    """Turn holdings that are worth less than the least claim into cash; returns how many.

    Source: `consolidate_dust_basket_holdings`.
    """
    state, sold = ctx.state, 0
    least = state.get(MODULE, "RootClaimableThreshold", ROOT_NETUID)["bits"] >> RATE_BITS
    for netuid, alpha in holdings(state, hotkey) if least else []:
        if netuid == ROOT_NETUID:
            continue
        with suppress(DispatchError):  # the value is unknown now: the holding stays for later
            worth = worth_of(state, netuid, alpha, ctx.rules.run_swap)
            sold += (worth is None or worth < least) and turn_into_cash(ctx, hotkey, netuid)
    return sold


def turn_into_cash(ctx: Context, hotkey: str, netuid: int) -> bool:
    """Sell all of a fund's holding on a subnet and keep the TAO on root; returns whether it was done.

    Source: `convert_basket_holding_to_root`.
    """
    alpha, mark = stake_of_coldkey(ctx.state, hotkey, escrow(), netuid), ctx.mark()
    total = ctx.state.get(MODULE, "TotalStake")
    if not alpha:
        return False
    try:
        worth = worth_of(ctx.state, netuid, alpha, ctx.rules.run_swap)
        decrease_stake(ctx, hotkey, escrow(), netuid, alpha)
        if worth is None:
            write_off(ctx, hotkey, netuid, alpha)
            return True
        tao = sell_for_root(ctx, netuid, alpha)
    except DispatchError as error:
        if not is_too_shallow(error):
            ctx.rollback(mark)
            return False
        write_off(ctx, hotkey, netuid, alpha)
        return True
    if not subnet_exists(ctx.state, netuid):  # a dissolved subnet's pool is no longer in the total
        ctx.state.put(MODULE, "TotalStake", total)
    credit_cash(ctx, hotkey, tao)
    ctx.deposit_event(MODULE, "BasketHoldingConverted", hotkey=hotkey, netuid=netuid, tao=tao)
    return True


# --- when keys and subnets change -------------------------------------------------------------------------------


def funds(state: StorageReader) -> Iterator[str]:
    """Hotkeys whose baskets have shares."""
    yield from (hotkey for hotkey, _ in state.entries(MODULE, "BasketShares"))


def leave_subnet(ctx: Context, netuid: int) -> None:
    """Turn all that baskets hold on a dissolved subnet into cash, before its alpha is destroyed."""
    for hotkey in list(funds(ctx.state)):
        turn_into_cash(ctx, hotkey, netuid)


def recycle_queued(ctx: Context, netuid: int) -> None:
    """Recycle the dividends of a dissolved subnet that are still queued (`remove_network_pending_basket_deposits`).

    Until its pool is paid out they count as outstanding alpha.
    """
    for (hotkey, where), alpha in ctx.state.entries(MODULE, "PendingBasketDeposits"):
        if where == netuid:
            ctx.state.remove(MODULE, "PendingBasketDeposits", hotkey, netuid)
            recycle_subnet_alpha(ctx, netuid, alpha)


def has_fund(state: StorageReader, hotkey: str) -> bool:
    """Whether anything is left of a basket: shares, or a rate by which watermarks count."""
    return bool(state.get(MODULE, "BasketShares", hotkey) or rate_of(state, hotkey))


def move_basket(ctx: Context, old: str, new: str, spent: Tally) -> None:
    """Give a validator's basket, and what stakers are owed, to its new hotkey (`transfer_basket_for_new_hotkey`)."""
    state = ctx.state
    held = holdings(state, old)
    for item in ("BasketShares", "BasketDepositedTao", "BasketRedeemedTao"):
        amount = state.get(MODULE, item, old)
        state.remove(MODULE, item, old)
        if amount:
            _add_to(ctx, item, new, amount)
    rate = rate_of(state, old) + rate_of(state, new)
    state.remove(MODULE, "BasketRate", old)
    if rate:
        state.put(MODULE, "BasketRate", new, {"bits": rate})
    claimed = state.entries(MODULE, "BasketClaimed", old)
    for coldkey, shares in claimed:
        state.remove(MODULE, "BasketClaimed", old, coldkey)
        _move_watermark(ctx, new, coldkey, shares)
    queued = state.entries(MODULE, "PendingBasketDeposits", old)
    for netuid, alpha in queued:
        state.remove(MODULE, "PendingBasketDeposits", old, netuid)
        queue_dividends(ctx, netuid, [(new, alpha)])
    for netuid, alpha in held:
        decrease_stake(ctx, old, escrow(), netuid, alpha)
        increase_stake(ctx, new, escrow(), netuid, alpha)
    accesses = 2 * len(held) + 4 + 2 * (len(claimed) + len(queued))
    spent.add(accesses, accesses)


def move_claimed(ctx: Context, hotkey: str, old: str, new: str) -> None:
    """Add what one coldkey has claimed of a basket to another's claims (`transfer_basket_claimed_for_new_coldkey`)."""
    claimed = ctx.state.get(MODULE, "BasketClaimed", hotkey, old)
    ctx.state.remove(MODULE, "BasketClaimed", hotkey, old)
    if claimed:
        _move_watermark(ctx, hotkey, new, claimed)
