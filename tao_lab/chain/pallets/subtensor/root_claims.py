"""Root claims: what stakers on root earn from the subnets, as alpha that waits until it is claimed.

For each hotkey and subnet `RootClaimable` is the alpha that one rao of root stake has earned so far, and `RootClaimed`
what a (hotkey, coldkey) has had of it; new root stake begins as if it had claimed everything before. A claim sells the
alpha to the subnet's pool and stakes the TAO on root. A few coldkeys, drawn by the parent's hash, claim in every block.

The lab's schema (spec version 475) holds no type of claim and no number of claims, so they are the source's defaults:
everything is sold, and five coldkeys are drawn. It has `claim_root_with_hotkey`, which the source has not: here it is
the same claim on one hotkey; and its clients name root alone where they mean every subnet.

Sources: `pallets/subtensor/src/staking/claim_root.rs`, `staking/helpers.rs` (`populate_root_coldkey_staking_maps_v2`),
`macros/dispatches.rs` (calls 121 and 124).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import DB_READ, Origin, Post, Tally, Weight, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    NETUID_BYTES,
    ROOT_NETUID,
    address,
    ensure_subnet_owner_or_root,
    failed,
)
from tao_lab.chain.pallets.subtensor.pool import change_total_stake, record_protocol_flow, swap_alpha_for_tao
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, add_to, transfer_tao_from_subnet
from tao_lab.chain.runtime import octets
from tao_lab.chain.state import StorageReader
from tao_lab.economy.dividends import root_claimable_increment

RATE_BITS = 32  # I96F32
NUM_ROOT_CLAIMS = 5  # coldkeys a block (DefaultNumRootClaim)
MAX_SUBNET_CLAIMS = 5  # a call
MIN_ROOT_CLAIM = 500_000  # rao of alpha, where no threshold is set (DefaultMinRootClaimAmount)
MAX_ROOT_CLAIM_THRESHOLD = 10_000_000  # rao
STAKES_LOOKED_AT = 30  # a block (ALPHA_MAP_BATCH_SIZE)
CLAIM_WEIGHT = weight(60_000_000, reads=7, writes=5)  # on one subnet
U64_MAX = (1 << 64) - 1
U128_MAX = (1 << 128) - 1
RATE_MAX = (1 << 127) - 1
ACCOUNT_BYTES = 32
ENTRY_BYTES = 18  # of a rate in `RootClaimable`: netuid, I96F32
NO_RATES = b"\x00"


# --- what is owed -----------------------------------------------------------------------------------------------


def claimable_rates(state: StorageReader, hotkey: str) -> dict[int, int]:
    """Alpha that one rao of a hotkey's root stake has earned by subnet, in order; raw I96F32 values."""
    return {netuid: rate["bits"] for netuid, rate in sorted(dict(state.get(MODULE, "RootClaimable", hotkey)).items())}


def root_owed(state: StorageReader, hotkey: str, coldkey: str, netuid: int) -> int:
    """Alpha that a coldkey may claim on a subnet, rao."""
    rate = claimable_rates(state, hotkey).get(netuid, 0)
    stake = stake_of_coldkey(state, hotkey, coldkey, ROOT_NETUID)
    return max(_owed_word(rate, stake, state.get(MODULE, "RootClaimed", netuid, hotkey, coldkey)), 0) >> RATE_BITS


def claimable_now(state: StorageReader, hotkey: str, coldkey: str) -> dict[int, int]:
    """Alpha that a claim of a coldkey would sell, rao by subnet: what it is owed, where that reaches the threshold."""
    stake, found = stake_of_coldkey(state, hotkey, coldkey, ROOT_NETUID), {}
    least = {netuid: threshold["bits"] for netuid, threshold in state.entries(MODULE, "RootClaimableThreshold")}
    for netuid, rate in claimable_rates(state, hotkey).items():
        word = _owed_word(rate, stake, state.get(MODULE, "RootClaimed", netuid, hotkey, coldkey))
        if word >= max(least.get(netuid, MIN_ROOT_CLAIM << RATE_BITS), 1 << RATE_BITS):
            found[netuid] = word >> RATE_BITS
    return found


def _owed_word(rate: int, stake: int, claimed: int) -> int:
    """As raw I96F32 value; it can be negative by what rounding took."""
    return min(rate * stake, RATE_MAX) - min(claimed << RATE_BITS, RATE_MAX)


def _share(rate: int, rao: int) -> int:
    """Alpha that rao of root stake have earned at a rate, whole."""
    return max(min(rate * rao, RATE_MAX), 0) >> RATE_BITS


def increase_root_claimable(ctx: Context, hotkey: str, netuid: int, alpha: int) -> None:
    """Give alpha to the root stakers of a hotkey, as something to claim.

    Where there is more alpha than root stake, the hotkey's owner gets it as stake instead.
    """
    increment = root_claimable_increment(alpha, stake_of(ctx.state, hotkey, ROOT_NETUID))
    if increment is None:
        increase_stake(ctx, hotkey, ctx.state.get(MODULE, "Owner", hotkey), netuid, alpha)
    else:
        raise_claimable_rates(ctx, netuid, [(hotkey, increment)])


def raise_claimable_rates(ctx: Context, netuid: int, increments: Sequence[tuple[str, int]]) -> None:
    """Raise what the root stakers of hotkeys may claim.

    Args:
        ctx: Block under construction.
        netuid: The subnet.
        increments: For each hotkey what every rao of root stake may claim more, raw I96F32 value.
    """
    keys, values = [], []
    where = ctx.state.keys_by_account(MODULE, "RootClaimable", [hotkey for hotkey, _ in increments])
    for key, value, (_, increment) in zip(where, ctx.state.raw.get_many(where), increments, strict=True):
        rates = _rates(value or NO_RATES)
        if increment or netuid not in rates:
            rates[netuid] = min(rates.get(netuid, 0) + increment, RATE_MAX)
            keys.append(key)
            values.append(_encoded(rates))
    ctx.state.raw.put_many(keys, values)


def _rates(value: bytes) -> dict[int, int]:
    """`BTreeMap<NetUid, I96F32>`: how many, then two bytes and sixteen for each."""
    count, at = value[0] >> 2, 1
    if value[0] & 3:
        count, at = int.from_bytes(value[:2], "little") >> 2, 2
    ends = range(at, at + count * ENTRY_BYTES, ENTRY_BYTES)
    return {
        int.from_bytes(value[i : i + 2], "little"): int.from_bytes(
            value[i + 2 : i + ENTRY_BYTES], "little", signed=True
        )
        for i in ends
    }


def _encoded(rates: dict[int, int]) -> bytes:
    entries = [n.to_bytes(2, "little") + rate.to_bytes(16, "little", signed=True) for n, rate in sorted(rates.items())]
    return compact(len(entries)) + b"".join(entries)


def adjust_root_claimed(ctx: Context, hotkey: str, coldkey: str, rao: int) -> None:
    """Make up for root stake that was added (or with a minus removed), so that it earns from now on only."""
    for netuid, rate in claimable_rates(ctx.state, hotkey).items():
        if rao < 0 and netuid == ROOT_NETUID:
            continue
        share = _share(rate, abs(rao))
        claimed = ctx.state.get(MODULE, "RootClaimed", netuid, hotkey, coldkey) + (share if rao >= 0 else -share)
        ctx.state.put(MODULE, "RootClaimed", netuid, hotkey, coldkey, min(max(claimed, 0), U128_MAX))


def _put_rates(ctx: Context, hotkey: str, rates: dict[int, int]) -> None:
    encodable = {netuid: {"bits": rate} for netuid, rate in sorted(rates.items())}
    ctx.state.put(MODULE, "RootClaimable", hotkey, encodable)


# --- claiming ---------------------------------------------------------------------------------------------------


def root_claim(
    ctx: Context, coldkey: str, subnets: set[int] | None = None, hotkeys: Sequence[str] | None = None
) -> Weight:
    """Claim what a coldkey is owed: everything, or nothing if one claim fails.

    Args:
        ctx: The block under construction.
        coldkey: Who claims.
        subnets: On which subnets; None: on all.
        hotkeys: From whose stakers' claims; None: of all that the coldkey has staked on.

    Returns:
        What it weighed.

    Raises:
        DispatchError: A swap or a transfer failed.
    """
    mark, total, spent = ctx.mark(), 0, Weight(DB_READ)
    try:
        for hotkey in ctx.state.get(MODULE, "StakingHotkeys", coldkey) if hotkeys is None else hotkeys:
            spent += Weight(3 * DB_READ)
            tao, claims = _claim_of_hotkey(ctx, hotkey, coldkey, subnets)
            total += tao
            spent += Weight(claims * CLAIM_WEIGHT.ref_time)
    except DispatchError:
        ctx.rollback(mark)
        raise
    ctx.deposit_event(MODULE, "RootClaimed", coldkey=coldkey, tao=total)
    return spent


def _claim_of_hotkey(ctx: Context, hotkey: str, coldkey: str, subnets: set[int] | None) -> tuple[int, int]:
    """Claim what the stake on one hotkey has earned; returns rao of TAO, and on how many subnets it was tried.

    `RootClaimed` is kept in memory meanwhile: each claim changes it for all subnets, because its TAO is new root stake.
    """
    state, rates, total = ctx.state, claimable_rates(ctx.state, hotkey), 0
    tried = [netuid for netuid in rates if subnets is None or netuid in subnets]
    claimed = {netuid: state.get(MODULE, "RootClaimed", netuid, hotkey, coldkey) for netuid in rates if tried}
    stake = stake_of_coldkey(state, hotkey, coldkey, ROOT_NETUID) if tried else 0
    least = {netuid: threshold["bits"] for netuid, threshold in state.entries(MODULE, "RootClaimableThreshold")}
    for netuid in tried:
        word = _owed_word(rates[netuid], stake, claimed[netuid])
        owed = max(word, 0) >> RATE_BITS
        if word < least.get(netuid, MIN_ROOT_CLAIM << RATE_BITS) or owed == 0:
            continue
        tao = _sell_for_root(ctx, hotkey, coldkey, netuid, owed)
        stake = stake_of_coldkey(state, hotkey, coldkey, ROOT_NETUID)
        claimed = {other: min(had + _share(rates[other], tao), U128_MAX) for other, had in claimed.items()}
        claimed[netuid] = min(claimed[netuid] + owed, U128_MAX)
        total += tao
    for netuid, alpha in claimed.items() if total else ():
        state.put(MODULE, "RootClaimed", netuid, hotkey, coldkey, alpha)
    return total, len(tried)


def _sell_for_root(ctx: Context, hotkey: str, coldkey: str, netuid: int, alpha: int) -> int:
    """Sell alpha that nobody holds to the pool and stake the TAO on root; returns rao of TAO."""
    tao = swap_alpha_for_tao(ctx, netuid, alpha, drop_fees=True).received
    transfer_tao_from_subnet(ctx, netuid, account_of_netuid(ROOT_NETUID), tao)
    add_to(ctx, MODULE, "SubnetRootSellTao", netuid, tao)
    record_protocol_flow(ctx, netuid, -tao)
    increase_stake(ctx, hotkey, coldkey, ROOT_NETUID, tao)
    add_to(ctx, MODULE, "SubnetTAO", ROOT_NETUID, tao)
    add_to(ctx, MODULE, "SubnetAlphaOut", ROOT_NETUID, tao)
    change_total_stake(ctx, tao)
    return tao


@call(MODULE, weight=weight(138_999_000, reads=16, writes=4))
def claim_root(ctx: Context, origin: Origin, subnets: Any) -> Post:
    """Claim on up to five subnets, or with root alone on all."""
    coldkey, wanted = ensure_signed(origin), set(subnets)
    if not 0 < len(wanted) <= MAX_SUBNET_CLAIMS:
        # `InvalidSubnetNumber` in the source; the lab's schema no longer has that name
        raise failed("InvalidValue", f"{len(wanted)} subnets; allowed: 1 to {MAX_SUBNET_CLAIMS}")
    add_root_staker(ctx, coldkey)
    return Post(weight=root_claim(ctx, coldkey, None if wanted == {ROOT_NETUID} else wanted))


@call(MODULE, weight=weight(138_999_000, reads=16, writes=4))
def claim_root_with_hotkey(ctx: Context, origin: Origin, hotkey: str) -> Post:
    """Claim on all subnets what the stake on one hotkey has earned."""
    coldkey = ensure_signed(origin)
    add_root_staker(ctx, coldkey)
    return Post(weight=root_claim(ctx, coldkey, hotkeys=[hotkey]))


@call(MODULE, weight=weight(5_681_000, writes=1))
def sudo_set_root_claim_threshold(ctx: Context, origin: Origin, netuid: int, new_value: int) -> None:
    """Set how much must be owed before it is claimed, rao of alpha; for the subnet's owner or root."""
    ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    if new_value > MAX_ROOT_CLAIM_THRESHOLD:
        raise failed("InvalidRootClaimThreshold", f"{new_value} rao; allowed: 0 to {MAX_ROOT_CLAIM_THRESHOLD}")
    ctx.state.put(MODULE, "RootClaimableThreshold", netuid, {"bits": new_value << RATE_BITS})


def auto_claim(ctx: Context) -> None:
    """Let a few coldkeys, drawn by the parent's hash, claim on all subnets (`run_auto_claim_root_divs`)."""
    parent = ctx.state.raw_get(ctx.state.key("System", "ParentHash")) or bytes(32)
    for index in drawn_indices(parent, NUM_ROOT_CLAIMS, ctx.state.get(MODULE, "NumStakingColdkeys")):
        coldkey = ctx.state.get(MODULE, "StakingColdkeysByIndex", index)
        if coldkey is not None:
            with suppress(DispatchError):  # the block goes on; this coldkey will be drawn again
                root_claim(ctx, coldkey)


def drawn_indices(block_hash: bytes, k: int, n: int) -> list[int]:
    """Up to k numbers below n drawn by a hash, in order (`block_hash_to_indices`)."""
    words = [int.from_bytes(block_hash[at : at + 8], "big") for at in range(0, 32, 8)]
    last, indices = words[0], set()
    for i in range(k):
        last = min(last + words[i % len(words)], U64_MAX) % n if n else 0
        indices.add(last)
    return sorted(indices)


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


def find_root_stakers(ctx: Context) -> None:
    """Walk on through all stakes, 30 a block, and put those on root on the list."""
    state = ctx.state
    prefix, last = state.key(MODULE, "AlphaV2"), state.get(MODULE, "AlphaV2MapLastKey")
    after = octets(last) if last is not None else None
    keys = state.raw_keys(prefix, after, STAKES_LOOKED_AT)
    if after is None and not keys:
        return
    for key in keys:  # it ends with the coldkey and the netuid themselves
        if int.from_bytes(key[-NETUID_BYTES:], "little") == ROOT_NETUID:
            add_root_staker(ctx, address(bytes(key[-NETUID_BYTES - ACCOUNT_BYTES : -NETUID_BYTES])))
    reached = "0x" + bytes(keys[-1]).hex() if len(keys) == STAKES_LOOKED_AT else None
    state.put(MODULE, "AlphaV2MapLastKey", reached)


# --- when keys and subnets change -------------------------------------------------------------------------------


def move_root_claims(ctx: Context, old: str, new: str, spent: Tally) -> None:
    """Give what stakers on a hotkey may claim and have claimed to another hotkey, on every subnet."""
    rates = claimable_rates(ctx.state, new)
    for netuid, rate in claimable_rates(ctx.state, old).items():
        rates[netuid] = min(rates.get(netuid, 0) + rate, RATE_MAX)
    ctx.state.remove(MODULE, "RootClaimable", old)
    _put_rates(ctx, new, rates)
    spent.add(3, 2)
    for netuid in rates:
        for coldkey, _ in ctx.state.entries(MODULE, "RootClaimed", netuid, old):
            move_root_claimed(ctx, netuid, (old, coldkey), (new, coldkey))
            spent.add(3, 2)


def move_root_claimed(ctx: Context, netuid: int, before: tuple[str, str], after: tuple[str, str]) -> None:
    """Add what one (hotkey, coldkey) has claimed on a subnet to what another has."""
    claimed = ctx.state.get(MODULE, "RootClaimed", netuid, *before)
    ctx.state.remove(MODULE, "RootClaimed", netuid, *before)
    total = min(claimed + ctx.state.get(MODULE, "RootClaimed", netuid, *after), U128_MAX)
    ctx.state.put(MODULE, "RootClaimed", netuid, *after, total)


def forget_subnet(ctx: Context, netuid: int) -> None:
    """Drop what was to be claimed on a subnet that is dissolved (`finalize_all_subnet_root_dividends`)."""
    for hotkey, _ in ctx.state.entries(MODULE, "RootClaimable"):
        rates = claimable_rates(ctx.state, hotkey)
        if rates.pop(netuid, None) is not None:
            _put_rates(ctx, hotkey, rates)
    ctx.state.remove_prefix(MODULE, "RootClaimed", netuid)
