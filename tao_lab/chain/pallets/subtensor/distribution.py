"""Paying out an epoch: the owner's cut, miners' incentives, dividends of alpha and of root.

What is for the owner's own hotkeys as miners is burned or recycled, and remembered in `MinerBurned`, which lowers the
subnet's share of the next blocks. What a hotkey with a collateral earns opens that, or fills it up to the floor that
its owner set.

Source: `pallets/subtensor/src/coinbase/run_coinbase.rs` (`distribute_emission`, `get_owner_hotkeys`,
`distribute_dividends_and_incentives`). The rule is `tao_lab.economy.dividends`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.child_threshold import live_edges
from tao_lab.chain.pallets.subtensor.collateral import bonded_hotkeys, settle
from tao_lab.chain.pallets.subtensor.epochs import run_epochs
from tao_lab.chain.pallets.subtensor.lease_dividends import distribute_dividends
from tao_lab.chain.pallets.subtensor.locks import auto_lock_owner_cut
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, address, owner_uid, uid_of
from tao_lab.chain.pallets.subtensor.root_claims import raise_claimable_rates
from tao_lab.chain.pallets.subtensor.stake import Ledger, increase_stake, open_ledger
from tao_lab.chain.pallets.subtensor.takes import min_childkey_take
from tao_lab.chain.pallets.subtensor.tao import burn_subnet_alpha, recycle_subnet_alpha
from tao_lab.chain.state import Storage, StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.economy import HotkeyEmission, Payout, Pending, Staked, dividends
from tao_lab.economy.dividends import root_claimable_increment, withheld_proportion


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
    emission = run_epochs(ctx, netuid, pending.server + pending.validator + pending.root, pending)
    pay_out(ctx, netuid, pending, owner_cut, emission)


@has_twin
def pay_out(ctx: Context, netuid: int, pending: Pending, owner_cut: int, emission: Sequence[HotkeyEmission]) -> None:
    """Pay the pots out, by what the epoch has assigned to each hotkey."""
    hotkeys = read_staked(ctx.state, netuid, [entry.hotkey for entry in emission])
    tao_weight, ck_burn = ctx.state.get(MODULE, "TaoWeight"), ctx.state.get(MODULE, "CKBurn")
    paid = dividends(pending, emission, hotkeys, tao_weight, ck_burn)
    recycle_subnet_alpha(ctx, netuid, paid.recycled)
    pay_owner_cut(ctx, netuid, owner_cut)
    ledger = open_ledger(ctx, netuid, list(hotkeys))
    bonds = Bonds(ctx, netuid, ledger, bonded_hotkeys(ctx.state, netuid))
    owners = {hotkey: staked.owner for hotkey, staked in hotkeys.items()}
    pay_incentives(ctx, netuid, paid.incentives, owners, ledger, bonds)
    pay_alpha_dividends(ctx, netuid, paid.alpha, owners, ledger, bonds)
    pay_root_dividends(ctx, netuid, paid.root, hotkeys, ledger, bonds)
    ledger.write()


@dataclass(frozen=True)
class Bonds:
    """Collaterals on a subnet while an epoch is paid out.

    Attributes:
        hotkeys: with a collateral; most subnets have none.
    """

    ctx: Context
    netuid: int
    ledger: Ledger
    hotkeys: set[str]

    def after(self, hotkey: str, owner: str, emission: int, own: int) -> int:
        """Settle a hotkey's collateral; returns what is left of the owner's part for the owner, rao.

        Args:
            hotkey: Who earned.
            owner: Its coldkey.
            emission: Rao of alpha that the hotkey earned.
            own: Rao of them that are the owner's own.
        """
        if hotkey not in self.hotkeys:
            return own
        captured = settle(self.ctx, self.netuid, hotkey, owner, emission, own)
        self.ledger.increase(hotkey, owner, captured)
        return own - captured


def read_staked(state: Storage, netuid: int, hotkeys: Sequence[str]) -> dict[str, Staked]:
    """Stakes, takes and relations of hotkeys and of their parents."""
    related = _relations(state, "ParentKeys", netuid, hotkeys)
    parents = {parent for edges in related.values() for _, parent in edges}
    names = [*hotkeys, *sorted(parents - set(hotkeys))]
    related |= _relations(state, "ParentKeys", netuid, names[len(hotkeys) :])
    children = _relations(state, "ChildKeys", netuid, names)
    lowest = min_childkey_take(state, netuid)
    columns = zip(
        names,
        _whole_numbers(state, "TotalHotkeyAlpha", names, netuid),
        _whole_numbers(state, "TotalHotkeyAlpha", names, ROOT_NETUID),
        _accounts(state, "Owner", names),
        _whole_numbers(state, "Delegates", names),
        _whole_numbers(state, "ChildkeyTake", names, netuid),
        _values(state, "Uids", names, ROOT_NETUID),
        strict=True,
    )
    return {
        name: Staked(
            alpha, root, str(owner), take, max(childkey_take, lowest), related[name], children[name], uid is not None
        )
        for name, alpha, root, owner, take, childkey_take, uid in columns
    }


def _values(state: Storage, item: str, names: Sequence[str], netuid: int | None = None) -> list[bytes | None]:
    return state.raw.get_many(state.keys_by_account(MODULE, item, names, netuid))


def _whole_numbers(state: Storage, item: str, names: Sequence[str], netuid: int | None = None) -> list[int]:
    default = state.runtime.item(MODULE, item).default
    found = _values(state, item, names, netuid)
    return [int.from_bytes(default if value is None else value, "little") for value in found]


def _accounts(state: Storage, item: str, names: Sequence[str], netuid: int | None = None) -> list[str | None]:
    """Accounts, or None where an optional item is not there."""
    described = state.runtime.item(MODULE, item)
    default = None if described.optional else described.default
    found = _values(state, item, names, netuid)
    return [None if data is None else address(data) for data in (v if v is not None else default for v in found)]


def _relations(
    state: Storage, item: str, netuid: int, hotkeys: Sequence[str]
) -> dict[str, tuple[tuple[int, str], ...]]:
    """Parents or children of hotkeys."""
    found = live_edges(state, item, netuid, hotkeys)
    return {hotkey: tuple(edges) for hotkey, edges in zip(hotkeys, found, strict=True)}


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


def pay_incentives(
    ctx: Context, netuid: int, incentives: Mapping[str, int], owners: Mapping[str, str], ledger: Ledger, bonds: Bonds
) -> None:
    """Stake the miners' incentives, on the hotkey that their owner chose for it or on their own."""
    state, immune = ctx.state, set(owner_hotkeys(ctx.state, netuid))
    remove, withheld = remover(state, netuid), 0
    destinations = _accounts(state, "AutoStakeDestination", [owners[hotkey] for hotkey in incentives], netuid)
    for (hotkey, incentive), destination in zip(incentives.items(), destinations, strict=True):
        if hotkey in immune:
            withheld += incentive
            remove(ctx, netuid, incentive)
            continue
        liquid = bonds.after(hotkey, owners[hotkey], incentive, incentive)
        if not liquid:
            continue
        if destination is not None:
            ctx.deposit_event(
                MODULE,
                "AutoStakeAdded",
                netuid=netuid,
                destination=destination,
                hotkey=hotkey,
                owner=owners[hotkey],
                incentive=liquid,
            )
        ledger.increase(destination or hotkey, owners[hotkey], liquid)
    word = withheld_proportion(withheld, sum(incentives.values()))
    state.put(MODULE, "MinerBurned", netuid, {"bits": word})


def remover(state: StorageReader, netuid: int) -> Callable[[Context, int, int], None]:
    """What becomes of alpha that is paid to nobody: it is recycled, or burned."""
    return recycle_subnet_alpha if state.get(MODULE, "RecycleOrBurn", netuid) == "Recycle" else burn_subnet_alpha


def pay_alpha_dividends(
    ctx: Context, netuid: int, payouts: Mapping[str, Payout], owners: Mapping[str, str], ledger: Ledger, bonds: Bonds
) -> None:
    """Stake the takes, and let the rest raise the stake of all who stake on the hotkey."""
    for hotkey, payout in sorted(payouts.items()):
        take = bonds.after(hotkey, owners[hotkey], payout.total, payout.take)
        ledger.increase(hotkey, owners[hotkey], take)
        ledger.increase_all(hotkey, payout.nominators)
    _record(ctx, "AlphaDividendsPerSubnet", netuid, payouts)
    keys = ctx.state.keys_by_account(MODULE, "TotalHotkeyAlphaLastEpoch", list(payouts), netuid)
    ctx.state.raw.put_many(keys, [ledger.stake_of(hotkey).to_bytes(8, "little") for hotkey in payouts])


def pay_root_dividends(
    ctx: Context,
    netuid: int,
    payouts: Mapping[str, Payout],
    hotkeys: Mapping[str, Staked],
    ledger: Ledger,
    bonds: Bonds,
) -> None:
    """Stake the takes; who stakes on root may claim the rest."""
    rates: list[tuple[str, int]] = []
    for hotkey, payout in sorted(payouts.items()):
        staked = hotkeys[hotkey]
        ledger.increase(hotkey, staked.owner, bonds.after(hotkey, staked.owner, payout.total, payout.take))
        increment = root_claimable_increment(payout.nominators, staked.root)
        if increment is None:  # more than the root stake: the owner gets it as stake
            ledger.increase(hotkey, staked.owner, payout.nominators)
        else:
            rates.append((hotkey, increment))
    raise_claimable_rates(ctx, netuid, rates)
    _record(ctx, "RootAlphaDividendsPerSubnet", netuid, payouts)


def _record(ctx: Context, item: str, netuid: int, payouts: Mapping[str, Payout]) -> None:
    """Keep what nominators got of this epoch, and nothing of the last one."""
    keys = ctx.state.keys_by_account(MODULE, item, list(payouts), netuid)
    for key in set(ctx.state.raw_keys(ctx.state.key(MODULE, item, netuid))).difference(keys):
        ctx.state.raw.remove(key)
    ctx.state.raw.put_many(keys, [payout.nominators.to_bytes(8, "little") for payout in payouts.values()])
