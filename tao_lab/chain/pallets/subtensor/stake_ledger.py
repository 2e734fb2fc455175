"""Stakes on one subnet that are changed many times and written once: what paying out an epoch needs.

It gives the same stakes as `stake`, change by change; only what is in the state in between is left out.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.economy.share_pool import U64_MAX, ZERO, Pool, SafeFloat, change_stake

MANTISSA_BYTES, EXPONENT_BYTES = 16, 8


class StakeLedger:
    """The stakes of a subnet, read when they are first asked for."""

    def __init__(self, ctx: Context, netuid: int) -> None:
        self._ctx, self._netuid = ctx, netuid
        self._pools: dict[str, Pool] = {}
        self._shares: dict[tuple[str, str], SafeFloat] = {}

    def stake_of(self, hotkey: str) -> int:
        """Alpha that all coldkeys have staked on a hotkey, rao."""
        return self._pool(hotkey).rao

    def increase(self, hotkey: str, coldkey: str, rao: int) -> None:
        """Add alpha to a coldkey's stake on a hotkey."""
        if rao == 0:
            return
        state = self._ctx.state
        if (hotkey, coldkey) not in self._shares:
            staked_on = state.get(MODULE, "StakingHotkeys", coldkey)
            if hotkey not in staked_on:
                state.put(MODULE, "StakingHotkeys", coldkey, [*staked_on, hotkey])
            self._shares[(hotkey, coldkey)] = self._read("AlphaV2", hotkey, coldkey)
        pool, share = change_stake(self._pool(hotkey), self._shares[(hotkey, coldkey)], rao)
        self._pools[hotkey], self._shares[(hotkey, coldkey)] = pool, share

    def increase_all(self, hotkey: str, rao: int) -> None:
        """Add alpha to the stakes of all coldkeys on a hotkey, in proportion."""
        pool = self._pool(hotkey)
        self._pools[hotkey] = Pool(min(pool.rao + rao, U64_MAX), pool.shares)

    def write(self) -> None:
        """Put everything into the state."""
        for hotkey, pool in self._pools.items():
            self._put("TotalHotkeyAlpha", (hotkey,), pool.rao.to_bytes(8, "little") if pool.rao else None)
            self._put("TotalHotkeySharesV2", (hotkey,), _encoded(pool.shares))
        for keys, share in self._shares.items():
            self._put("AlphaV2", keys, _encoded(share))

    def _pool(self, hotkey: str) -> Pool:
        found = self._pools.get(hotkey)
        if found is None:
            total = self._ctx.state.raw.get(self._ctx.state.key(MODULE, "TotalHotkeyAlpha", hotkey, self._netuid))
            rao = int.from_bytes(total or b"", "little")
            found = self._pools[hotkey] = Pool(rao, self._read("TotalHotkeySharesV2", hotkey))
        return found

    def _read(self, item: str, *accounts: str) -> SafeFloat:
        value = self._ctx.state.raw.get(self._ctx.state.key(MODULE, item, *accounts, self._netuid))
        if value is None:
            return ZERO
        mantissa, exponent = value[:MANTISSA_BYTES], value[MANTISSA_BYTES:]
        return SafeFloat(int.from_bytes(mantissa, "little"), int.from_bytes(exponent, "little", signed=True))

    def _put(self, item: str, accounts: tuple[str, ...], value: bytes | None) -> None:
        key, raw = self._ctx.state.key(MODULE, item, *accounts, self._netuid), self._ctx.state.raw
        if value is None:
            raw.remove(key)
        else:
            raw.put(key, value)


def _encoded(number: SafeFloat) -> bytes | None:
    if number.mantissa == 0:
        return None
    exponent = number.exponent.to_bytes(EXPONENT_BYTES, "little", signed=True)
    return number.mantissa.to_bytes(MANTISSA_BYTES, "little") + exponent
