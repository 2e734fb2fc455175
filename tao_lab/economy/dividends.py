"""From an epoch to accounts: who gets the miners' incentives and the validators' dividends.

A validator's dividend is divided in three steps. First, parents whose stake helped to earn it get a part in proportion
to their contribution. If parent and child have different owners, the child's take (and a burned part) is subtracted
from it. Second, each hotkey's dividend is divided by what earned it: the part earned by TAO on root is paid from root's
pot, the part earned by alpha from the validators' pot. A hotkey without a seat on root gets nothing for its TAO on
root; the others share root's pot. If nobody has a part in root's pot, it is recycled. Third, the hotkey's owner keeps
the take, and the nominators share the rest.

Source: `pallets/subtensor/src/coinbase/run_coinbase.rs` (`distribute_emission`, `calculate_dividends_and_incentives`,
`get_parent_child_dividends_distribution`, `get_self_contribution`, `calculate_dividend_distribution`,
`distribute_dividends_and_incentives`). Since spec 442, only hotkeys with a UID on root have a part of root's pot, the
chain computes alpha's part by multiplication (root's part is the rest), and `distribute_emission` recycles a pot in
which nobody has a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tao_lab.economy.fixed128 import U96F32, add, subtract, u16_share, u64_share
from tao_lab.units import U64_MAX

Lent = tuple[int, str]  # share of the stake (2^64 - 1 is all of it), and the other hotkey


@dataclass(frozen=True)
class Staked:
    """A hotkey on one subnet.

    Attributes:
        alpha: rao of the subnet's alpha staked on it.
        root: rao of TAO staked on it on root.
        owner: its coldkey.
        take: part of the nominators' dividends that the owner keeps, u16 (`Delegates`).
        childkey_take: part of the parents' dividends that it keeps, u16.
        parents: hotkeys that lend stake to it.
        children: hotkeys that it lends stake to.
        on_root: whether it has a UID on root.
    """

    alpha: int
    root: int
    owner: str
    take: int = 0
    childkey_take: int = 0
    parents: tuple[Lent, ...] = ()
    children: tuple[Lent, ...] = ()
    on_root: bool = True


class HotkeyEmission(NamedTuple):
    """What an epoch assigned to a hotkey, rao of alpha: as a miner, as a validator."""

    hotkey: str
    server: int
    validator: int


class Payout(NamedTuple):
    """A hotkey's dividend, rao: the owner's take, the part that all its stakers share, and the whole of it."""

    take: int
    nominators: int
    total: int


NOTHING = Payout(0, 0, 0)


@dataclass(frozen=True)
class Pending:
    """What a subnet has collected since its last epoch, rao of alpha.

    Attributes:
        server: for miners (`PendingServerEmission`).
        validator: for validators (`PendingValidatorEmission`).
        root: for root (`PendingRootAlphaDivs`).
    """

    server: int
    validator: int
    root: int


@dataclass(frozen=True)
class Dividends:
    """Who is paid what, rao of alpha.

    Attributes:
        incentives: of miners.
        alpha: from the validators' pot.
        root: from root's pot.
        recycled: destroyed alpha: the burned part of parents' dividends, and root's pot if nobody has a part in it.
    """

    incentives: Mapping[str, int]
    alpha: Mapping[str, Payout]
    root: Mapping[str, Payout]
    recycled: int = 0


@dataclass
class _Divided:
    """Dividends by hotkey after the parents got their part, rao; and the burned part."""

    dividends: dict[str, int] = field(default_factory=dict)
    recycled: int = 0


def dividends(
    pending: Pending,
    emission: Iterable[HotkeyEmission],
    hotkeys: Mapping[str, Staked],
    tao_weight: int,
    ck_burn: int,
    *,
    skip_zero: bool = False,
) -> Dividends:
    """Divide one epoch's emission among hotkeys, owners and stakers.

    Args:
        pending: the pots. The epoch's emission only decides in which proportion miners and validators share them.
        emission: what the epoch assigned to each hotkey.
        hotkeys: the hotkeys of `emission`, and their parents.
        tao_weight: u64, 2^64 - 1 is one (`TaoWeight`).
        ck_burn: part of a parent's dividends that is recycled, u64 (`CKBurn`).
        skip_zero: leave out hotkeys to which the epoch assigned no dividend, and their parents, as under Null
            consensus, where most have none.
    """
    emission = list(emission)
    incentives = {entry.hotkey: entry.server for entry in emission}
    pot = pending.validator if any(incentives.values()) else pending.validator + pending.server
    divided = _Divided()
    for entry in emission:
        if skip_zero and not entry.validator:
            continue
        divide_among_parents(entry, hotkeys, tao_weight, ck_burn, divided)
    alpha, root = dividend_distribution(min(pot, U64_MAX), pending.root, tao_weight, hotkeys, divided.dividends)
    unassigned = 0 if any(U96F32.whole(word) for word in root.values()) else pending.root
    return Dividends(
        incentives,
        {hotkey: payout(word, hotkeys[hotkey].take) if word else NOTHING for hotkey, word in alpha.items()},
        {hotkey: payout(word, hotkeys[hotkey].take) if word else NOTHING for hotkey, word in root.items()},
        divided.recycled + unassigned,
    )


def divide_among_parents(
    entry: HotkeyEmission, hotkeys: Mapping[str, Staked], tao_weight: int, ck_burn: int, into: _Divided
) -> None:
    """Divide a hotkey's dividend between itself and its parents (`get_parent_child_dividends_distribution`)."""
    child, dividend = hotkeys[entry.hotkey], U96F32.number(entry.validator)
    if not child.parents:
        into.dividends[entry.hotkey] = into.dividends.get(entry.hotkey, 0) + entry.validator
        return
    contributions = [contribution(hotkeys[parent], share, tao_weight) for share, parent in child.parents]
    total = add(U96F32.number(self_contribution(child, tao_weight)), sum(contributions))
    left, takes = dividend, 0
    for (_, parent), contributed in zip(child.parents, contributions, strict=True):
        part = U96F32.multiply(dividend, U96F32.divide(contributed, total))
        left = subtract(left, part)
        if hotkeys[parent].owner != child.owner:
            burned = U96F32.multiply(u64_share(ck_burn), part)
            take = U96F32.multiply(u16_share(child.childkey_take), part)
            part = subtract(subtract(part, burned), take)
            takes = add(takes, take)
            into.recycled += U96F32.whole(burned)
        into.dividends[parent] = into.dividends.get(parent, 0) + U96F32.whole(part)
    into.dividends[entry.hotkey] = into.dividends.get(entry.hotkey, 0) + U96F32.whole(add(left, takes))


def contribution(parent: Staked, share: int, tao_weight: int) -> int:
    """The stake that a parent adds to a child's, raw U96F32 value of rao."""
    lent = u64_share(share)
    alpha = U96F32.multiply(U96F32.number(parent.alpha), lent)
    root = U96F32.multiply(U96F32.multiply(U96F32.number(parent.root), lent), u64_share(tao_weight))
    return add(alpha, root)


def self_contribution(hotkey: Staked, tao_weight: int) -> int:
    """A hotkey's own stake minus the part that it lends to children, rao (`get_self_contribution`)."""
    kept = U96F32.one
    for share, _ in hotkey.children:
        kept = subtract(kept, u64_share(share))
    alpha = U96F32.multiply(U96F32.number(hotkey.alpha), kept)
    root = U96F32.multiply(U96F32.multiply(U96F32.number(hotkey.root), kept), u64_share(tao_weight))
    return U96F32.whole(add(alpha, root))


def dividend_distribution(
    pending_alpha: int,
    pending_root: int,
    tao_weight: int,
    hotkeys: Mapping[str, Staked],
    dividends: Mapping[str, int],
) -> tuple[dict[str, int], dict[str, int]]:
    """Divide the two pots: for each hotkey, the part earned by alpha and by root (`calculate_dividend_distribution`).

    Args:
        pending_alpha: rao for alpha's part.
        pending_root: rao for root's part.
        tao_weight: u64, 2^64 - 1 is one.
        hotkeys: stakes.
        dividends: rao by hotkey.

    Returns:
        From the first pot and from the second, raw U96F32 values of rao by hotkey.
    """
    alpha_parts, root_parts = {}, {}
    for hotkey, rao in dividends.items():
        staked, dividend = hotkeys[hotkey], U96F32.number(rao)
        alpha = U96F32.number(staked.alpha)
        total = add(alpha, U96F32.multiply(U96F32.number(staked.root), u64_share(tao_weight)))
        by_alpha = U96F32.multiply(dividend, U96F32.divide(alpha, total)) if total else dividend
        alpha_parts[hotkey] = by_alpha
        root_parts[hotkey] = subtract(dividend, by_alpha) if staked.on_root else 0
    return _shared(pending_alpha, alpha_parts), _shared(pending_root, root_parts)


def _shared(pot: int, parts: Mapping[str, int]) -> dict[str, int]:
    total = add(sum(parts.values()), 0)
    return {hotkey: U96F32.multiply(U96F32.number(pot), U96F32.divide(part, total)) for hotkey, part in parts.items()}


def payout(dividend: int, take: int) -> Payout:
    """Divide a hotkey's dividend into the owner's take and the rest.

    Args:
        dividend: raw U96F32 value of rao.
        take: u16.
    """
    taken = U96F32.multiply(u16_share(take), dividend)
    return Payout(U96F32.whole(taken), U96F32.whole(subtract(dividend, taken)), U96F32.whole(dividend))


def withheld_proportion(withheld: int, incentives: int) -> int:
    """Part of the miners' emission that went to the owner's hotkeys, raw U96F32 value (`MinerBurned`).

    Args:
        withheld: rao of incentive of the owner's hotkeys, burned or recycled.
        incentives: rao of all incentives.
    """
    return U96F32.divide(U96F32.number(withheld), U96F32.number(incentives))
