"""Locks of stake: how locked alpha becomes free again, and how much conviction it collects in the meantime.

A lock either decays or is perpetual. If it decays, its alpha becomes free: after `unlock` blocks, 1/e of it is still
locked. Conviction follows the locked alpha with a delay, as a moving average: after `maturity` blocks it has grown to
63 % of the locked alpha (the share is 1 - 1/e). A lock on the hotkey of the subnet's owner has its full conviction at
once. Amounts are rao of alpha, convictions are raw U64F64 values of rao.

Source: `pallets/subtensor/src/staking/lock.rs` (`ConvictionModel`, `change_subnet_owner_if_needed`);
`substrate-fixed` v0.6.0 (`src/transcendental.rs`, `exp`).
"""

from __future__ import annotations

from typing import NamedTuple

from tao_lab.economy.fixed128 import U64F64, add, subtract
from tao_lab.units import U64_MAX

BLOCKS_PER_YEAR = 7_200 * 365 + 1_800  # how old a subnet is before conviction can change its owner
OWNERSHIP_PER_CENT = 18  # of a subnet's eligible alpha: conviction above it takes the subnet over
ZERO_THRESHOLD = 100  # rao: below that, a lock is dust
SIGNED_MAX, SIGNED_MIN = (1 << 127) - 1, -(1 << 127)  # raw I64F64 values
LEAST_EXPONENT = -40
SERIES_END = 64  # the exponential's series stops before the term of this power


class LockState(NamedTuple):
    """One lock, or the sum of many.

    Attributes:
        locked_mass: Locked alpha, rao.
        conviction: raw U64F64 value of rao.
        last_update: Block to which both were rolled.
    """

    locked_mass: int
    conviction: int
    last_update: int


class Rates(NamedTuple):
    """`UnlockRate` and `MaturityRate`: blocks in which a lock falls to 1/e, and conviction rises to 1 - 1/e of it."""

    unlock: int
    maturity: int


def may_take_over(conviction: int, eligible: int) -> bool:
    """Whether a hotkey's conviction is enough for its owner to get the subnet: more than 18 % of the eligible alpha.

    Args:
        conviction: Of this hotkey, a raw U64F64 value of rao.
        eligible: Outstanding alpha that is neither the protocol's nor burned, rao.

    >>> may_take_over(18 << 64, 100), may_take_over((18 << 64) + 1, 100)
    (False, True)
    """
    return conviction * 100 > U64F64.number(eligible) * OWNERSHIP_PER_CENT


def empty_lock(now: int) -> LockState:
    """Nothing locked, as of block `now`."""
    return LockState(0, 0, now)


def is_dust(lock: LockState) -> bool:
    """Whether so little alpha and so little conviction are left that the chain deletes the lock."""
    return lock.locked_mass < ZERO_THRESHOLD and lock.conviction < U64F64.number(ZERO_THRESHOLD)


def exp_decay(dt: int, tau: int) -> int:
    """The number e to the power of -dt / tau, as a raw U64F64 value; the exponent is at least -40.

    Args:
        dt: Blocks.
        tau: Blocks; with 0 everything decays at once.
    """
    if dt == 0:
        return U64F64.one
    if tau == 0:
        return 0
    ratio = -((min(dt << 64, -SIGNED_MIN) << 64) // min(tau << 64, SIGNED_MAX))
    return _exp_negative(max(ratio, LEAST_EXPONENT << 64))


def _exp_negative(word: int) -> int:
    """The number e to a negative power, a raw I64F64 value: 1 divided by the series for the positive power."""
    size = -word
    if size == 0:
        return U64F64.one
    term, result = size, size + U64F64.one
    for i in range(2, SERIES_END):
        term = (term * size >> 64) // i
        result += term
    return (U64F64.one << 64) // result


def roll_forward(lock: LockState, now: int, rates: Rates, owner: bool, perpetual: bool) -> LockState:
    """The lock as it is at block `now` (`roll_forward_lock`).

    Args:
        lock: As it was stored.
        now: Block. If it is before the lock's block, only an owner's conviction and dust change.
        rates: The chain's.
        owner: Whether it is on the hotkey of the subnet's owner.
        perpetual: Whether it does not decay.
    """
    mass, conviction, last = lock
    if now > last:
        mass, conviction = _decayed(mass, conviction, now - last, rates, perpetual)
    if owner:
        conviction = U64F64.number(mass)
    rolled = LockState(mass, conviction, max(now, last))
    return LockState(0, 0, rolled.last_update) if is_dust(rolled) else rolled


def _decayed(mass: int, conviction: int, dt: int, rates: Rates, perpetual: bool) -> tuple[int, int]:
    """`calculate_decayed_mass_and_conviction`."""
    unlock, maturity = exp_decay(dt, rates.unlock), exp_decay(dt, rates.maturity)
    fixed = U64F64.number(mass)
    if perpetual:
        share = subtract(U64F64.one, maturity)
    elif rates.unlock == rates.maturity:
        share = U64F64.multiply(U64F64.divide(U64F64.number(dt), U64F64.number(rates.maturity)), maturity)
    else:
        share = _matured(unlock, maturity, rates)
    left = mass if perpetual else U64F64.whole(U64F64.multiply(unlock, fixed))
    return left, add(U64F64.multiply(maturity, conviction), U64F64.multiply(fixed, share))


def _matured(unlock: int, maturity: int, rates: Rates) -> int:
    """The share of a decaying lock that has become conviction, if the two rates differ: raw U64F64 value."""
    if rates.unlock == 0 or rates.maturity == 0:
        return 0
    product = min(rates.unlock << 64, SIGNED_MAX) * (unlock - maturity) >> 64
    product = min(max(product, SIGNED_MIN), SIGNED_MAX)
    span = min(max((rates.unlock - rates.maturity) << 64, SIGNED_MIN), SIGNED_MAX)
    gamma = (abs(product) << 64) // abs(span)
    if (product < 0) != (span < 0) or gamma > SIGNED_MAX:
        return 0
    return gamma


def merge(lock: LockState, added: LockState) -> LockState:
    """Two locks as one sum."""
    return LockState(
        min(lock.locked_mass + added.locked_mass, U64_MAX),
        add(lock.conviction, added.conviction),
        max(lock.last_update, added.last_update),
    )


def reduce(lock: LockState, mass: int, conviction: int) -> LockState:
    """A sum of locks minus some rao and conviction; neither falls below zero."""
    return LockState(max(lock.locked_mass - mass, 0), subtract(lock.conviction, conviction), lock.last_update)


def force_reduce(lock: LockState, amount: int, now: int) -> LockState:
    """A lock after alpha was taken from it; conviction falls in proportion."""
    mass = max(lock.locked_mass - amount, 0)
    if mass == 0:
        return empty_lock(now)
    removed = U64F64.divide(U64F64.number(amount), U64F64.number(lock.locked_mass))
    return LockState(mass, U64F64.multiply(lock.conviction, subtract(U64F64.one, removed)), now)


def conviction_of_part(lock: LockState, mass: int) -> int:
    """Conviction of a part of the locked alpha, in proportion: raw U64F64 value."""
    share = U64F64.divide(U64F64.number(mass), U64F64.number(lock.locked_mass))
    return U64F64.multiply(lock.conviction, share)
