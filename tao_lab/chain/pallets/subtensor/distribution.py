"""Paying out an epoch: the owner's cut, miners' incentives, dividends of alpha and of root.

What is for the owner's own hotkeys as miners is burned or recycled, and remembered in `MinerBurned`, which lowers the
subnet's share of the next blocks.

Source: `pallets/subtensor/src/coinbase/run_coinbase.rs` (`distribute_emission`, `get_owner_hotkeys`,
`distribute_dividends_and_incentives`). The rule is `tao_lab.economy.dividends`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.epochs import run_epochs
from tao_lab.chain.pallets.subtensor.lease_dividends import distribute_dividends
from tao_lab.chain.pallets.subtensor.locks import auto_lock_owner_cut
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, owner_uid, uid_of
from tao_lab.chain.pallets.subtensor.root_claims import increase_root_claimable
from tao_lab.chain.pallets.subtensor.stake import increase_stake, increase_stake_of_all, stake_of
from tao_lab.chain.pallets.subtensor.takes import childkey_take
from tao_lab.chain.pallets.subtensor.tao import burn_subnet_alpha, recycle_subnet_alpha
from tao_lab.chain.state import StorageReader
from tao_lab.economy import Payout, Pending, Staked, dividends
from tao_lab.economy.dividends import withheld_proportion


def distribute_emission(ctx: Context, netuid: int, pending: Pending, owner_cut: int) -> None:
    """Run the epoch of a subnet and pay out its pots.

    Args:
        ctx: Block under construction.
        netuid: The subnet.
        pending: The drained pots, rao of alpha.
        owner_cut: The owner's, rao of alpha.

    Raises:
        RuleBroken: A replaced epoch failed.
    """
    emission = run_epochs(ctx, netuid, pending.server + pending.validator + pending.root)
    hotkeys = read_staked(ctx.state, netuid, (entry.hotkey for entry in emission))
    tao_weight, ck_burn = ctx.state.get(MODULE, "TaoWeight"), ctx.state.get(MODULE, "CKBurn")
    paid = dividends(pending, emission, hotkeys, tao_weight, ck_burn)
    recycle_subnet_alpha(ctx, netuid, paid.recycled)
    pay_owner_cut(ctx, netuid, owner_cut)
    pay_incentives(ctx, netuid, paid.incentives)
    pay_alpha_dividends(ctx, netuid, paid.alpha)
    pay_root_dividends(ctx, netuid, paid.root)


def read_staked(state: StorageReader, netuid: int, hotkeys: Iterable[str]) -> dict[str, Staked]:
    """Stakes, takes and relations of hotkeys and of their parents."""
    found: dict[str, Staked] = {}
    for hotkey in hotkeys:
        for each in (hotkey, *(parent for _, parent in state.get(MODULE, "ParentKeys", hotkey, netuid))):
            if each not in found:
                found[each] = _staked(state, netuid, each)
    return found


def _staked(state: StorageReader, netuid: int, hotkey: str) -> Staked:
    return Staked(
        alpha=stake_of(state, hotkey, netuid),
        root=stake_of(state, hotkey, ROOT_NETUID),
        owner=state.get(MODULE, "Owner", hotkey),
        take=state.get(MODULE, "Delegates", hotkey),
        childkey_take=childkey_take(state, hotkey, netuid),
        parents=tuple(state.get(MODULE, "ParentKeys", hotkey, netuid)),
        children=tuple(state.get(MODULE, "ChildKeys", hotkey, netuid)),
    )


def pay_owner_cut(ctx: Context, netuid: int, owner_cut: int) -> None:
    """Stake the owner's cut on the owner's hotkey; of a leased subnet the contributors get their part."""
    state = ctx.state
    if state.exists(MODULE, "SubnetOwner", netuid) and state.exists(MODULE, "SubnetOwnerHotkey", netuid):
        hotkey, coldkey = state.get(MODULE, "SubnetOwnerHotkey", netuid), state.get(MODULE, "SubnetOwner", netuid)
        increase_stake(ctx, hotkey, coldkey, netuid, owner_cut)
        distribute_dividends(ctx, netuid, owner_cut)
        auto_lock_owner_cut(ctx, netuid, owner_cut)


def owner_hotkeys(state: StorageReader, netuid: int) -> list[str]:
    """The owner's hotkeys with a UID on the subnet, the newest first, and the subnet's own hotkey."""
    registered = []
    for hotkey in state.get(MODULE, "OwnedHotkeys", state.get(MODULE, "SubnetOwner", netuid)):
        uid = uid_of(state, netuid, hotkey)
        if uid is not None:
            registered.append((-state.get(MODULE, "BlockAtRegistration", netuid, uid), uid, hotkey))
    hotkeys = [hotkey for _, _, hotkey in sorted(registered)]
    if owner_uid(state, netuid) is not None:
        first = state.get(MODULE, "SubnetOwnerHotkey", netuid)
        hotkeys = hotkeys if first in hotkeys else [first, *hotkeys]
    return hotkeys


def pay_incentives(ctx: Context, netuid: int, incentives: Mapping[str, int]) -> None:
    """Stake the miners' incentives, on the hotkey that their owner chose for it or on their own."""
    state, immune = ctx.state, set(owner_hotkeys(ctx.state, netuid))
    remove = recycle_subnet_alpha if state.get(MODULE, "RecycleOrBurn", netuid) == "Recycle" else burn_subnet_alpha
    withheld = 0
    for hotkey, incentive in incentives.items():
        if hotkey in immune:
            withheld += incentive
            remove(ctx, netuid, incentive)
            continue
        owner = state.get(MODULE, "Owner", hotkey)
        destination = state.get(MODULE, "AutoStakeDestination", owner, netuid)
        if destination is not None:
            ctx.deposit_event(
                MODULE,
                "AutoStakeAdded",
                netuid=netuid,
                destination=destination,
                hotkey=hotkey,
                owner=owner,
                incentive=incentive,
            )
        increase_stake(ctx, destination or hotkey, owner, netuid, incentive)
    word = withheld_proportion(withheld, sum(incentives.values()))
    state.put(MODULE, "MinerBurned", netuid, {"bits": word})


def pay_alpha_dividends(ctx: Context, netuid: int, payouts: Mapping[str, Payout]) -> None:
    """Stake the takes, and let the rest raise the stake of all who stake on the hotkey."""
    state = ctx.state
    state.remove_prefix(MODULE, "AlphaDividendsPerSubnet", netuid)
    for hotkey, payout in sorted(payouts.items()):
        increase_stake(ctx, hotkey, state.get(MODULE, "Owner", hotkey), netuid, payout.take)
        increase_stake_of_all(ctx, hotkey, netuid, payout.nominators)
        state.put(MODULE, "AlphaDividendsPerSubnet", netuid, hotkey, payout.nominators)
        state.put(MODULE, "TotalHotkeyAlphaLastEpoch", hotkey, netuid, stake_of(state, hotkey, netuid))


def pay_root_dividends(ctx: Context, netuid: int, payouts: Mapping[str, Payout]) -> None:
    """Stake the takes; who stakes on root may claim the rest."""
    state = ctx.state
    state.remove_prefix(MODULE, "RootAlphaDividendsPerSubnet", netuid)
    for hotkey, payout in sorted(payouts.items()):
        increase_stake(ctx, hotkey, state.get(MODULE, "Owner", hotkey), netuid, payout.take)
        increase_root_claimable(ctx, hotkey, netuid, payout.nominators)
        state.put(MODULE, "RootAlphaDividendsPerSubnet", netuid, hotkey, payout.nominators)
