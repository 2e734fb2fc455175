"""Stakes on one subnet that are changed many times and written once, for paying out an epoch.

Each change gives the same stakes as in `stake`; only the state between the changes is not written.
"""

from __future__ import annotations

from collections.abc import Sequence

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.stake import count_stake, open_ledger
from tao_lab.economy.share_pool import ZERO, Pool, SafeFloat, change_stake
from tao_lab.units import U64_MAX

RAO_BYTES, MANTISSA_BYTES, EXPONENT_BYTES = 8, 16, 8


class StakeLedger:
    """The stakes of a subnet. Stakes on `hotkeys` are read together at the start, others when they are needed."""

    def __init__(self, ctx: Context, netuid: int, hotkeys: Sequence[str] = ()) -> None:
        self._ctx, self._netuid = ctx, netuid
        self._pools: dict[str, Pool] = {}
        self._shares: dict[tuple[str, str], SafeFloat] = {}
        self._stored: dict[bytes, bytes | None] = {}  # the value of each key when it was read
        self._pool_keys: dict[str, tuple[bytes, bytes]] = {}
        self._share_keys: dict[tuple[str, str], bytes] = {}
        self._load(hotkeys)

    def stake_of(self, hotkey: str) -> int:
        """Alpha that all coldkeys have staked on a hotkey, rao."""
        return self._pool(hotkey).rao

    def has_stakers(self, hotkey: str) -> bool:
        """Whether any coldkey has stake on a hotkey."""
        return self._pool(hotkey).shares.mantissa != 0

    def increase(self, hotkey: str, coldkey: str, rao: int) -> None:
        """Add alpha to a coldkey's stake on a hotkey."""
        if rao == 0:
            return
        state, who = self._ctx.state, (hotkey, coldkey)
        if who not in self._shares:
            staked_on = state.get(MODULE, "StakingHotkeys", coldkey)
            if hotkey not in staked_on:
                state.put(MODULE, "StakingHotkeys", coldkey, [*staked_on, hotkey])
            key = self._share_keys[who] = state.key(MODULE, "AlphaV2", hotkey, coldkey, self._netuid)
            self._stored[key] = state.raw.get(key)
            self._shares[who] = decoded(self._stored[key])
        pool, share = change_stake(self._pool(hotkey), self._shares[who], rao)
        self._pools[hotkey], self._shares[who] = pool, share

    def increase_all(self, hotkey: str, rao: int) -> None:
        """Add alpha to the stakes of all coldkeys on a hotkey, in proportion."""
        pool = self._pool(hotkey)
        if rao:
            self._pools[hotkey] = Pool(min(pool.rao + rao, U64_MAX), pool.shares)

    def write(self) -> None:
        """Put everything that differs into the state."""
        change = 0
        for hotkey, pool in self._pools.items():
            total, shares = self._pool_keys[hotkey]
            change += pool.rao - int.from_bytes(self._stored[total] or b"", "little")
            self._put(total, pool.rao.to_bytes(RAO_BYTES, "little") if pool.rao else None)
            self._put(shares, encoded(pool.shares))
        for who, share in self._shares.items():
            self._put(self._share_keys[who], encoded(share))
        count_stake(self._ctx, self._netuid, change)

    def _load(self, hotkeys: Sequence[str]) -> None:
        state = self._ctx.state
        totals, shares = (
            state.keys_by_account(MODULE, item, hotkeys, self._netuid)
            for item in ("TotalHotkeyAlpha", "TotalHotkeySharesV2")
        )
        rao, parts = state.raw.get_many(totals), state.raw.get_many(shares)
        self._stored.update(zip(totals, rao, strict=True))
        self._stored.update(zip(shares, parts, strict=True))
        for hotkey, total, share, *keys in zip(hotkeys, rao, parts, totals, shares, strict=True):
            self._pools[hotkey] = Pool(int.from_bytes(total or b"", "little"), decoded(share))
            self._pool_keys[hotkey] = (keys[0], keys[1])

    def _pool(self, hotkey: str) -> Pool:
        if hotkey not in self._pools:
            self._load([hotkey])
        return self._pools[hotkey]

    def _put(self, key: bytes, value: bytes | None) -> None:
        if value == self._stored[key]:
            return
        if value is None:
            self._ctx.state.raw.remove(key)
        else:
            self._ctx.state.raw.put(key, value)


@open_ledger.twin
def open_ledger_at_once(ctx: Context, netuid: int, hotkeys: Sequence[str]) -> StakeLedger:
    """A ledger that reads the stakes together and writes them together."""
    return StakeLedger(ctx, netuid, hotkeys)


def decoded(value: bytes | None) -> SafeFloat:
    """A number of shares from its bytes."""
    if value is None:
        return ZERO
    mantissa, exponent = value[:MANTISSA_BYTES], value[MANTISSA_BYTES:]
    return SafeFloat(int.from_bytes(mantissa, "little"), int.from_bytes(exponent, "little", signed=True))


def encoded(number: SafeFloat) -> bytes | None:
    """The bytes of a number of shares; None for zero, which is not stored."""
    if number.mantissa == 0:
        return None
    exponent = number.exponent.to_bytes(EXPONENT_BYTES, "little", signed=True)
    return number.mantissa.to_bytes(MANTISSA_BYTES, "little") + exponent
