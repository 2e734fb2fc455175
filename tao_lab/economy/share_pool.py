"""Share pools: the stakes of many coldkeys on one hotkey, as shares of one amount.

Dividends raise the amount, and so the value of every share at once. Adding stake creates shares at the current value,
removing stake destroys shares. Shares are decimal floating-point numbers of 21 digits, precise enough for a single rao.

Source: `primitives/share-pool/src/lib.rs` (`SafeFloat`, `SharePool`); removing stake follows the later form in
RaoFoundation/subtensor (`update_value_for_one`, `withdrawal_drains_member`), adding stake that of June 2026.
"""

from __future__ import annotations

from typing import NamedTuple

from tao_lab.units import U64_MAX

MOST_MANTISSA = 10**21
MOST_EXPONENT = 21


class SafeFloat(NamedTuple):
    """`mantissa * 10**exponent`, with 10^20 < mantissa <= 10^21, or zero."""

    mantissa: int
    exponent: int


ZERO = SafeFloat(0, 0)


def safe_float(mantissa: int, exponent: int = 0) -> SafeFloat:
    """A number in normal form; digits after the 21st are dropped.

    Args:
        mantissa: Whole number, not negative.
        exponent: Power of ten.
    """
    if mantissa == 0:
        return ZERO
    while mantissa > MOST_MANTISSA:
        mantissa, exponent = mantissa // 10, exponent + 1
    while mantissa <= MOST_MANTISSA // 10:
        mantissa, exponent = mantissa * 10, exponent - 1
    return SafeFloat(mantissa, exponent)


def add(a: SafeFloat, b: SafeFloat) -> SafeFloat:
    """Sum."""
    if a.mantissa == 0 or b.mantissa == 0:
        return b if a.mantissa == 0 else a
    exponent, left, right = _aligned(a, b)
    return safe_float(left + right, exponent)


def subtract(a: SafeFloat, b: SafeFloat) -> SafeFloat:
    """Difference; zero if `b` is larger. If `a` or `b` is zero, the result is `a`."""
    if a.mantissa == 0 or b.mantissa == 0:
        return a
    exponent, left, right = _aligned(a, b)
    return safe_float(max(left - right, 0), exponent)


def exact_difference(a: SafeFloat, b: SafeFloat) -> SafeFloat:
    """Difference without the digits that `subtract` drops (`sub_exact_floor`); `b` is not larger than `a`."""
    if b.mantissa == 0:
        return a
    exponent = min(a.exponent, b.exponent)
    left, right = (x.mantissa * 10 ** (x.exponent - exponent) for x in (a, b))
    return safe_float(left - right, exponent)


def mul_div(a: SafeFloat, b: SafeFloat, c: SafeFloat) -> SafeFloat:
    """A * b / c; zero if `c` is zero."""
    if c.mantissa == 0:
        return ZERO
    return safe_float(a.mantissa * b.mantissa // c.mantissa, a.exponent + b.exponent - c.exponent)


def to_rao(a: SafeFloat) -> int:
    """The whole part, at most 2^64 - 1."""
    scale = _power_of_ten(abs(a.exponent))
    return min(a.mantissa * scale if a.exponent > 0 else a.mantissa // scale, U64_MAX)


def _power_of_ten(exponent: int) -> int:
    return int(10 ** min(exponent, MOST_EXPONENT + 1))


def _aligned(a: SafeFloat, b: SafeFloat) -> tuple[int, int, int]:
    """The larger exponent, and both mantissas for that exponent."""
    exponent = max(a.exponent, b.exponent)
    left, right = (x.mantissa // _power_of_ten(exponent - x.exponent) for x in (a, b))
    return exponent, left, right


class Pool(NamedTuple):
    """What the chain stores for a hotkey on a subnet: rao of all stakes together, and the sum of shares."""

    rao: int
    shares: SafeFloat


def share_value(pool: Pool, share: SafeFloat) -> int:
    """Value of a share in rao; rounding never makes it larger than the pool."""
    return min(to_rao(mul_div(safe_float(pool.rao), share, pool.shares)), pool.rao)


def can_add_stake(pool: Pool, rao: int) -> bool:
    """Whether adding these rao would create any shares (`sim_update_value_for_one`)."""
    return pool.shares.mantissa == 0 or mul_div(safe_float(rao), pool.shares, safe_float(pool.rao)).mantissa > 0


def change_stake(pool: Pool, share: SafeFloat, rao: int) -> tuple[Pool, SafeFloat]:
    """Add rao to one staker's part, or remove them (`update_value_for_one`); returns pool and share.

    For the first staker, one rao makes one share.
    """
    if rao <= 0:
        return _take_stake(pool, share, -rao) if rao else (pool, share)
    size = safe_float(rao)
    if pool.shares.mantissa == 0:
        shares = share = size
    else:
        moved = mul_div(size, pool.shares, safe_float(pool.rao))
        shares, share = add(pool.shares, moved), add(share, moved)
    return Pool(min(pool.rao + rao, U64_MAX), shares), share


def _take_stake(pool: Pool, share: SafeFloat, rao: int) -> tuple[Pool, SafeFloat]:
    """Remove rao from one staker's part.

    Whoever takes out all that the part is worth keeps no fraction of a share, and an empty pool has no shares (both
    since spec 469).
    """
    left = max(pool.rao - rao, 0)
    if left == 0:
        return Pool(0, ZERO), ZERO
    shares = subtract(pool.shares, mul_div(safe_float(rao), pool.shares, safe_float(pool.rao)))
    lost = exact_difference(pool.shares, shares)  # the staker loses what the pool lost, whatever rounding did to it
    rest = subtract(share, lost)
    if rest == ZERO:
        return Pool(left, subtract(pool.shares, share)), ZERO
    after = Pool(left, shares)
    if share_value(pool, share) == rao or share_value(after, rest) == 0:
        return Pool(left, subtract(shares, rest)), ZERO
    return after, rest
