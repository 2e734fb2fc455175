"""Paying out an epoch: the owner's cut, miners' incentives, dividends of alpha and of root.

Incentives of the owner's own hotkeys are burned or recycled. Their share is stored in `MinerBurned`, and lowers the
subnet's share of emission in the next blocks. Earnings of a hotkey with a collateral unlock a part of it, or fill it up
to the floor that its owner set.

Source: `pallets/subtensor/src/coinbase/run_coinbase.rs` (`distribute_emission`, `get_owner_hotkeys`,
`distribute_dividends_and_incentives`). The rule is `tao_lab.economy.dividends`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.baskets import queue_dividends
from tao_lab.chain.pallets.subtensor.child_threshold import live_edges
from tao_lab.chain.pallets.subtensor.collateral import bonded_hotkeys, settle
from tao_lab.chain.pallets.subtensor.epochs import run_epochs
from tao_lab.chain.pallets.subtensor.lease_dividends import distribute_dividends
from tao_lab.chain.pallets.subtensor.locks import auto_lock_owner_cut
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, address, owner_uid, uid_of
from tao_lab.chain.pallets.subtensor.null_consensus import is_null
from tao_lab.chain.pallets.subtensor.stake import Ledger, increase_stake, open_ledger
from tao_lab.chain.pallets.subtensor.takes import min_childkey_take
from tao_lab.chain.pallets.subtensor.tao import burn_subnet_alpha, recycle_subnet_alpha
from tao_lab.chain.state import Storage, StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.economy import HotkeyEmission, Payout, Pending, Staked, dividends
from tao_lab.economy.dividends import withheld_proportion


def distribute_emission(ctx: Context, netuid: int, pending: Pending, owner_cut: int) -> None:
    """Run the epoch of a subnet and pay out its pots.

    Args:
        ctx: Block under construction.
        netuid: The subnet.
        pending: The pots of this epoch, already emptied in the state, rao of alpha.
        owner_cut: The owner's part, rao of alpha.

    Raises:
        RuleBroken: A replaced epoch failed.
    """
    emission = run_epochs(ctx, netuid, pending.server + pending.validator + pending.root, pending)
    pay_out(ctx, netuid, pending, owner_cut, emission)


@has_twin
def pay_out(ctx: Context, netuid: int, pending: Pending, owner_cut: int, emission: Sequence[HotkeyEmission]) -> None:
    """Pay out the pots in proportion to what the epoch assigned to each hotkey."""
    hotkeys = read_staked(ctx.state, netuid, [entry.hotkey for entry in emission])
    tao_weight, ck_burn = ctx.state.get(MODULE, "TaoWeight"), ctx.state.get(MODULE, "CKBurn")
    paid = dividends(pending, emission, hotkeys, tao_weight, ck_burn, skip_zero=is_null(ctx.state, netuid))
    recycle_subnet_alpha(ctx, netuid, paid.recycled)
    pay_owner_cut(ctx, netuid, owner_cut)
    ledger = open_ledger(ctx, netuid, list(hotkeys))
    bonds = Bonds(ctx, netuid, ledger, bonded_hotkeys(ctx.state, netuid))
    owners = {hotkey: staked.owner for hotkey, staked in hotkeys.items()}
    pay_incentives(ctx, netuid, paid.incentives, owners, ledger, bonds)
    pay_alpha_dividends(ctx, netuid, paid.alpha, owners, ledger, bonds)
    pay_root_dividends(ctx, netuid, paid.root, owners, ledger, bonds)
    ledger.write()


@dataclass(frozen=True)
class Bonds:
    """Collaterals on a subnet while an epoch is paid out.

    Attributes:
        hotkeys: Hotkeys with a collateral; most subnets have none.
    """

    ctx: Context
    netuid: int
    ledger: Ledger
    hotkeys: set[str]

    def after(self, hotkey: str, owner: str, emission: int, own: int) -> int:
        """Settle a hotkey's collateral; returns how many rao the owner still gets.

        Args:
            hotkey: The hotkey that earned it.
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
    """Accounts, or None where nothing is stored."""
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
    """Stake the owner's cut on the owner's hotkey; on a leased subnet the contributors get a part of it."""
    state = ctx.state
    if state.exists(MODULE, "SubnetOwner", netuid) and state.exists(MODULE, "SubnetOwnerHotkey", netuid):
        hotkey, coldkey = state.get(MODULE, "SubnetOwnerHotkey", netuid), state.get(MODULE, "SubnetOwner", netuid)
        increase_stake(ctx, hotkey, coldkey, netuid, owner_cut)
        kept = distribute_dividends(ctx, netuid, owner_cut)
        auto_lock_owner_cut(ctx, netuid, kept)  # the contributors' part must stay free to be paid out


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
    """The function that removes withheld alpha: it recycles or burns, as the subnet has set."""
    return recycle_subnet_alpha if state.get(MODULE, "RecycleOrBurn", netuid) == "Recycle" else burn_subnet_alpha


def pay_alpha_dividends(
    ctx: Context, netuid: int, payouts: Mapping[str, Payout], owners: Mapping[str, str], ledger: Ledger, bonds: Bonds
) -> None:
    """Stake the takes, and share the rest among all stakes on the hotkey, in proportion to them."""
    for hotkey, payout in sorted(payouts.items()):
        ledger.increase(hotkey, owners[hotkey], bonds.after(hotkey, owners[hotkey], payout.total, payout.take))
        if ledger.has_stakers(hotkey):
            ledger.increase_all(hotkey, payout.nominators)
        else:  # no stakes: the owner gets it
            ledger.increase(hotkey, owners[hotkey], payout.nominators)
    _record(ctx, "AlphaDividendsPerSubnet", netuid, {hotkey: payout.nominators for hotkey, payout in payouts.items()})
    keys = ctx.state.keys_by_account(MODULE, "TotalHotkeyAlphaLastEpoch", list(payouts), netuid)
    _put_unless_zero(ctx, keys, [ledger.stake_of(hotkey) for hotkey in payouts])


def pay_root_dividends(
    ctx: Context, netuid: int, payouts: Mapping[str, Payout], owners: Mapping[str, str], ledger: Ledger, bonds: Bonds
) -> None:
    """Stake the takes, and queue the rest for the baskets of the hotkeys on which root is staked."""
    for hotkey, payout in sorted(payouts.items()):
        ledger.increase(hotkey, owners[hotkey], bonds.after(hotkey, owners[hotkey], payout.total, payout.take))
    dividends = [(hotkey, payout.nominators) for hotkey, payout in sorted(payouts.items()) if payout.nominators]
    queue_dividends(ctx, netuid, dividends)
    _record(ctx, "RootAlphaDividendsPerSubnet", netuid, dict(dividends))


def _record(ctx: Context, item: str, netuid: int, paid: Mapping[str, int]) -> None:
    """Store what nominators got from this epoch (no entry for 0), and remove the values of the last one."""
    keys = ctx.state.keys_by_account(MODULE, item, list(paid), netuid)
    for key in set(ctx.state.raw_keys(ctx.state.key(MODULE, item, netuid))).difference(keys):
        ctx.state.raw.remove(key)
    _put_unless_zero(ctx, keys, list(paid.values()))


def _put_unless_zero(ctx: Context, keys: Sequence[bytes], amounts: Sequence[int]) -> None:
    """Write amounts in rao; an entry that would be zero is removed."""
    written = [(key, rao.to_bytes(8, "little")) for key, rao in zip(keys, amounts, strict=True) if rao]
    ctx.state.raw.put_many([key for key, _ in written], [value for _, value in written])
    for key, rao in zip(keys, amounts, strict=True):
        if not rao:
            ctx.state.raw.remove(key)
