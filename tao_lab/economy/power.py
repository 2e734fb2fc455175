"""Powers of ratios with fractional exponents, to 18 digits, as the chain's big-number library computes them.

The library has two methods. If the exponent is a fraction of small numbers, it takes an exact root; otherwise it uses
series for the logarithm and the exponential, in fixed point. Both give the floor of the true power, except if the
series have too few digits: for powers below e^-100, which only pools with very uneven weights reach. So this module
computes most powers with decimal numbers, which is fast. If the last digit is then still uncertain, it uses the
library's own method.

Source: `sam0x17/safe-bigmath` (revision 013c4998), `src/integer.rs` (`pow_ratio_scaled`).
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import cache, lru_cache
from math import gcd

SCALE = 10**18
MAX_EXACT_EXPONENT = 1_024  # up to here an exact root, above it the series
GUARD_BITS = 24
GUARD = 1 << GUARD_BITS
SPARE_BITS = 8  # kept at least beyond those of the scale
MAX_ITERATIONS = 4_096
LEAST_BITS = 32
DIGITS = Context(prec=50, Emax=10**9, Emin=-(10**9))
OPEN = Decimal("1e-20")  # if a result is closer than this to a whole number, 50 digits are not enough
LARGE_EXPONENTIAL = 60  # between e^-60 and e^60 the series have far more digits than needed


@lru_cache(maxsize=64)  # a swap needs the same power for what it pays and for the price after it
def power_scaled(numerator: int, denominator: int, p: int, q: int, precision: int = 256) -> int | None:
    """10^18 * (numerator / denominator)^(p / q), whole.

    Args:
        numerator: Not negative.
        denominator: Not negative.
        p: Exponent's numerator.
        q: Exponent's denominator.
        precision: Fraction bits of the series, as the caller chooses.

    Returns:
        The power in parts of 10^18; above 2^64 only its size is right. None without a denominator.
    """
    if denominator == 0 or q == 0:
        return None
    if numerator == 0:
        return 0
    if numerator == denominator or p == 0:
        return SCALE
    divisor = gcd(p, q)
    p, q = p // divisor, q // divisor
    quick = _by_digits(numerator, denominator, p, q)
    if quick is not None:
        return quick
    if max(p, q) <= MAX_EXACT_EXPONENT:
        return root_floor(numerator**p * SCALE**q, denominator**p, q)
    return power_by_series(numerator, denominator, p, q, precision)


def _by_digits(numerator: int, denominator: int, p: int, q: int) -> int | None:
    """The power, computed with 50 digits, or None if these are not enough to decide."""
    logarithm = DIGITS.ln(DIGITS.divide(Decimal(numerator), Decimal(denominator)))
    exponent = DIGITS.divide(DIGITS.multiply(logarithm, Decimal(p)), Decimal(q))
    if exponent < -LARGE_EXPONENTIAL:
        return None
    power = DIGITS.multiply(DIGITS.exp(exponent), Decimal(SCALE))
    whole = int(power)
    if exponent > LARGE_EXPONENTIAL:
        return whole
    return whole if OPEN < DIGITS.subtract(power, Decimal(whole)) < 1 - OPEN else None


def root_floor(numerator: int, denominator: int, q: int) -> int:
    """The largest x with x^q <= numerator / denominator (`nth_root_ratio_floor`)."""
    low, high = 0, 1
    while high**q * denominator <= numerator:
        high <<= 1
    while low < high:
        middle = low + high + 1 >> 1
        if middle**q * denominator <= numerator:
            low = middle
        else:
            high = middle - 1
    return low


def power_by_series(numerator: int, denominator: int, p: int, q: int, precision: int) -> int:
    """The power through logarithm and exponential in fixed point, with the library's rounding."""
    wanted = max(precision, LEAST_BITS, SCALE.bit_length() + SPARE_BITS)
    bits = wanted + GUARD_BITS
    terms = min(MAX_ITERATIONS, bits + 128)
    logarithm = (_ln(numerator, bits, terms) - _ln(denominator, bits, terms)) * p // q
    return _rounded(_exp(logarithm, bits, terms)) * SCALE >> wanted


def _ln(value: int, bits: int, terms: int) -> int:
    """Natural logarithm of a whole number as a raw value with `bits` fraction bits (`ln_biguint`)."""
    shift = value.bit_length() - 1
    mantissa = (value << bits) >> shift
    if mantissa >= 3 << bits - 1:
        mantissa, shift = mantissa >> 1, shift + 1
    return _ln1p(mantissa - (1 << bits), bits, terms) + _ln2(bits, terms) * shift


@cache
def _ln2(bits: int, terms: int) -> int:
    return -_ln1p(-(1 << bits - 1), bits, terms)


def _ln1p(x: int, bits: int, terms: int) -> int:
    """Ln(1 + x) by its series, until a term changes no digit."""
    term = result = x
    before = _rounded(result)
    for n in range(2, terms + 1):
        term = term * x >> bits
        step = term // n
        if term == 0 or step == 0:
            break
        result += step if n % 2 else -step
        now = _rounded(result)
        if abs(step) < GUARD or now == before:
            break
        before = now
    return result


def _exp(x: int, bits: int, terms: int) -> int:
    """The number e to the power of x by its series, until a term changes no digit."""
    term = result = 1 << bits
    before = _rounded(result)
    for n in range(1, terms + 1):
        term = term * x // (n << bits)
        if term == 0:
            break
        result += term
        now = _rounded(result)
        if abs(term) < GUARD or now == before:
            break
        before = now
    return result


def _rounded(word: int) -> int:
    """A raw value without its spare bits, rounded to the nearest, halves away from zero (`round_to_precision`)."""
    size = abs(word) + (GUARD >> 1) >> GUARD_BITS
    return size if word >= 0 else -size
