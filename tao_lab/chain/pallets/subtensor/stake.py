"""Stake of coldkeys on hotkeys: share pools in the state. Buying and selling alpha is in `staking.py`.

Sources: `pallets/subtensor/src/staking/stake_utils.rs` (`HotkeyAlphaSharePoolDataOperations`,
`increase_stake_for_hotkey_and_coldkey_on_subnet`, …), `staking/helpers.rs` (`get_total_stake_for_hotkey`),
`migrations/migrate_total_alpha_staked.rs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE, all_netuids
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.economy.share_pool import Pool, SafeFloat, can_add_stake, change_stake, share_value
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.units import U64_MAX


def stake_of(state: StorageReader, hotkey: str, netuid: int) -> int:
    """Alpha (on root: TAO) that all coldkeys have staked on a hotkey, rao."""
    return int(state.get(MODULE, "TotalHotkeyAlpha", hotkey, netuid))


def stake_of_coldkey(state: StorageReader, hotkey: str, coldkey: str, netuid: int) -> int:
    """Alpha that one coldkey has staked on a hotkey, rao."""
    return share_value(_pool(state, hotkey, netuid), _share(state, hotkey, coldkey, netuid))


def stakers(state: StorageReader, hotkey: str) -> list[tuple[str, int]]:
    """(coldkey, netuid) of every stake on a hotkey."""
    return [(coldkey, netuid) for (coldkey, netuid), _ in state.entries(MODULE, "AlphaV2", hotkey)]


def increase_stake(ctx: Context, hotkey: str, coldkey: str, netuid: int, rao: int) -> None:
    """Add alpha to a coldkey's stake on a hotkey; the caller has minted it or taken it from another stake."""
    staked_on = ctx.state.get(MODULE, "StakingHotkeys", coldkey)
    if rao and hotkey not in staked_on:
        ctx.state.put(MODULE, "StakingHotkeys", coldkey, [*staked_on, hotkey])
    _change(ctx, hotkey, coldkey, netuid, rao)


def increase_stake_of_all(ctx: Context, hotkey: str, netuid: int, rao: int) -> None:
    """Add alpha to the stakes of all coldkeys on a hotkey, in proportion: the amount grows, the shares do not."""
    total = min(stake_of(ctx.state, hotkey, netuid) + rao, U64_MAX)
    _put_total(ctx, hotkey, netuid, total)


def decrease_stake(ctx: Context, hotkey: str, coldkey: str, netuid: int, rao: int) -> None:
    """Remove alpha from a coldkey's stake on a hotkey, if it has that much; the caller decides where it goes."""
    exists = ctx.state.exists(MODULE, "AlphaV2", hotkey, coldkey, netuid)
    if exists and stake_of_coldkey(ctx.state, hotkey, coldkey, netuid) >= rao:
        _change(ctx, hotkey, coldkey, netuid, -rao)


def forget_staking_hotkey(ctx: Context, hotkey: str, coldkey: str) -> None:
    """Take a hotkey off the list of a coldkey that has no stake on it any more (`maybe_remove_staking_hotkey`).

    Who still counts as a claimant of the hotkey's basket stays on the list.
    """
    state = ctx.state
    if any(state.raw_keys(state.key(MODULE, "AlphaV2", hotkey, coldkey))):
        return
    if state.get(MODULE, "BasketClaimed", hotkey, coldkey):
        return
    left = [other for other in state.get(MODULE, "StakingHotkeys", coldkey) if other != hotkey]
    if left:
        state.put(MODULE, "StakingHotkeys", coldkey, left)
    else:
        state.remove(MODULE, "StakingHotkeys", coldkey)


class Ledger(Protocol):
    """Stakes on one subnet while an epoch is paid out. The state may change only at `write`."""

    def stake_of(self, hotkey: str) -> int:
        """Alpha that all coldkeys have staked on a hotkey, rao."""
        ...

    def has_stakers(self, hotkey: str) -> bool:
        """Whether anybody has a share in what is staked on a hotkey."""
        ...

    def increase(self, hotkey: str, coldkey: str, rao: int) -> None:
        """Add alpha to a coldkey's stake on a hotkey."""
        ...

    def increase_all(self, hotkey: str, rao: int) -> None:
        """Add alpha to the stakes of all coldkeys on a hotkey, in proportion."""
        ...

    def write(self) -> None:
        """Put everything into the state."""
        ...


@dataclass(frozen=True)
class PlainLedger:
    """A ledger that changes the state at once, stake by stake."""

    ctx: Context
    netuid: int

    def stake_of(self, hotkey: str) -> int:
        """Alpha that all coldkeys have staked on a hotkey, rao."""
        return stake_of(self.ctx.state, hotkey, self.netuid)

    def has_stakers(self, hotkey: str) -> bool:
        """Whether anybody has a share in what is staked on a hotkey."""
        return _pool(self.ctx.state, hotkey, self.netuid).shares.mantissa != 0

    def increase(self, hotkey: str, coldkey: str, rao: int) -> None:
        """Add alpha to a coldkey's stake on a hotkey."""
        if rao:
            increase_stake(self.ctx, hotkey, coldkey, self.netuid, rao)

    def increase_all(self, hotkey: str, rao: int) -> None:
        """Add alpha to the stakes of all coldkeys on a hotkey, in proportion."""
        if rao:
            increase_stake_of_all(self.ctx, hotkey, self.netuid, rao)

    def write(self) -> None:
        """Do nothing: everything is in the state already."""


@has_twin
def open_ledger(ctx: Context, netuid: int, hotkeys: Sequence[str]) -> Ledger:
    """A ledger of a subnet's stakes, for payments to `hotkeys`."""
    return PlainLedger(ctx, netuid)


def pool_takes_stake(state: StorageReader, hotkey: str, netuid: int, rao: int) -> bool:
    """Whether a hotkey's shares are fine enough for added alpha."""
    return can_add_stake(_pool(state, hotkey, netuid), rao)


def _change(ctx: Context, hotkey: str, coldkey: str, netuid: int, rao: int) -> None:
    """Change a coldkey's stake. When the last rao leaves a hotkey, shares that are worth less than one go too."""
    pool, share = change_stake(_pool(ctx.state, hotkey, netuid), _share(ctx.state, hotkey, coldkey, netuid), rao)
    _put_unless_zero(ctx, "TotalHotkeySharesV2", (hotkey, netuid), pool.shares._asdict(), pool.shares.mantissa)
    _put_unless_zero(ctx, "AlphaV2", (hotkey, coldkey, netuid), share._asdict(), share.mantissa)
    _put_total(ctx, hotkey, netuid, pool.rao)
    if rao < 0 and pool.shares.mantissa == 0:
        for other, where in stakers(ctx.state, hotkey):
            if where == netuid:
                ctx.state.remove(MODULE, "AlphaV2", hotkey, other, netuid)


def _put_total(ctx: Context, hotkey: str, netuid: int, rao: int) -> None:
    """Write the stake on a hotkey, and the change of the subnet's sum."""
    count_stake(ctx, netuid, rao - stake_of(ctx.state, hotkey, netuid))
    _put_unless_zero(ctx, "TotalHotkeyAlpha", (hotkey, netuid), rao, rao)


def count_stake(ctx: Context, netuid: int, change: int) -> None:
    """Change `TotalAlphaStaked`, the sum over a subnet's hotkeys (`apply_live_delta`, since spec 448)."""
    if change:
        total = ctx.state.get(MODULE, "TotalAlphaStaked", netuid) + change
        ctx.state.put(MODULE, "TotalAlphaStaked", netuid, min(max(total, 0), U64_MAX))


def _put_unless_zero(ctx: Context, item: str, keys: tuple[str | int, ...], value: object, size: int) -> None:
    if size:
        ctx.state.put(MODULE, item, *keys, value)
    else:
        ctx.state.remove(MODULE, item, *keys)


def _pool(state: StorageReader, hotkey: str, netuid: int) -> Pool:
    shares = state.get(MODULE, "TotalHotkeySharesV2", hotkey, netuid)
    return Pool(stake_of(state, hotkey, netuid), SafeFloat(shares["mantissa"], shares["exponent"]))


def _share(state: StorageReader, hotkey: str, coldkey: str, netuid: int) -> SafeFloat:
    share = state.get(MODULE, "AlphaV2", hotkey, coldkey, netuid)
    return SafeFloat(share["mantissa"], share["exponent"])


# --- worth ------------------------------------------------------------------------------------------------------


def total_stake_in_tao(state: StorageReader, hotkey: str) -> int:
    """A hotkey's own stake on all subnets at current prices, rao."""
    worth = sum(stake_of(state, hotkey, netuid) * current_alpha_price(state, netuid) for netuid in all_netuids(state))
    return int(worth >> FRACTION_BITS)
