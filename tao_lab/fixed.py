"""Two number systems for the same formulas: the chain's exact fixed point, and float64, which is easier to read.

The epoch of the chain computes in `I32F32`: a signed 64-bit number with 32 fraction bits. Multiplication drops
the bits that do not fit (floor), division truncates toward zero, and division by zero gives zero (`safe_div`).
Here such a number is its raw value, an int64 in a numpy array; `EXACT` does arithmetic on raw values, `FLOAT` does
the same on float64, and every formula in `tao_lab.consensus` takes one of the two.

Source: `encointer/substrate-fixed` v0.6.0 (`src/arith.rs`, `src/transcendental.rs`) and
`primitives/safe-math/src/lib.rs` of opentensor/subtensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tao_lab.compiled import njit, vectorize
from tao_lab.units import U16_MAX

FRACTION_BITS = 32
ONE = 1 << FRACTION_BITS
WORD_MAX = (1 << 63) - 1
WORD_MIN = -(1 << 63)
LOW_MASK = (1 << 32) - 1
SMALL_DIVISOR = 1 << 61
EXP_LIMIT = 20  # exp_safe clamps its argument to [-20, 20]
E_WORD = 22_802_600 << 9  # Euler's number e as substrate-fixed stores it: 23 fraction bits, floor(e * 2^23)

Array = npt.NDArray[Any]
Word = Any  # one number of 64 bits: np.int64 or np.uint64 inside compiled code


class NumberSystem(Protocol):
    """The operations that a formula may use, in both number systems."""

    name: str
    dtype: np.dtype[Any]

    def number(self, integer: npt.ArrayLike) -> Array:
        """Whole numbers as numbers of this system."""
        ...

    def ratio(self, numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Array:
        """Quotient of two whole numbers below 2^63, truncated; 0 where the denominator is 0."""
        ...

    def wide_ratio(self, numerator: Sequence[int], denominator: int) -> Array:
        """Quotients of whole numbers of any size, each at most one, truncated; 0 where the denominator is 0."""
        ...

    def multiply(self, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """Product of two numbers."""
        ...

    def divide(self, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """Quotient of two numbers; 0 where `b` is 0."""
        ...

    def exp(self, a: npt.ArrayLike) -> Array:
        """e^a, with `a` clamped to [-20, 20]."""
        ...

    def to_u16(self, a: npt.ArrayLike) -> Array:
        """A proportion as u16: floor(a * 65,535), clamped to 0..65,535."""
        ...

    def to_rao(self, share: npt.ArrayLike, amount: int) -> Array:
        """The whole rao in `share` of `amount` rao, as uint64."""
        ...

    def to_float(self, a: npt.ArrayLike) -> Array:
        """As float64, for pictures."""
        ...


# --- raw values of 64 bits, products of 128 ---


@njit("uint64(uint64, uint64)", cache=True, inline="always")
def _high_word(a: Word, b: Word) -> Word:
    """Upper 64 bits of the 128-bit product of two unsigned words."""
    mask = np.uint64(LOW_MASK)
    half = np.uint64(32)
    a_low, a_high = a & mask, a >> half
    b_low, b_high = b & mask, b >> half
    low = a_low * b_low
    middle = a_high * b_low + (low >> half)
    carry = a_low * b_high + (middle & mask)
    return a_high * b_high + (middle >> half) + (carry >> half)


@njit("int64(int64, int64)", cache=True)
def multiply_words(a: Word, b: Word) -> Word:
    """I32F32 `saturating_mul`: floor(a * b / 2^32), kept within 64 bits."""
    negative = (a < 0) != (b < 0)
    a_size = np.uint64(a) if a >= 0 else np.uint64(0) - np.uint64(a)
    b_size = np.uint64(b) if b >= 0 else np.uint64(0) - np.uint64(b)
    if a_size <= np.uint64(LOW_MASK) and b_size <= np.uint64(LOW_MASK):  # both below one: the common case
        product = a_size * b_size
        size = product >> np.uint64(32)
        remainder = product & np.uint64(LOW_MASK)
    else:
        high = _high_word(a_size, b_size)
        low = a_size * b_size
        if high >> np.uint64(31) != np.uint64(0):  # at or above 2^63
            return WORD_MIN if negative else WORD_MAX
        size = (high << np.uint64(32)) | (low >> np.uint64(32))
        remainder = low & np.uint64(LOW_MASK)
    if negative:
        if remainder != np.uint64(0):
            size += np.uint64(1)  # floor, also for negatives
        return -np.int64(size)
    return np.int64(size)


@njit("int64(int64, int64)", cache=True, inline="always")
def _proportion(a: Word, b: Word) -> Word:
    """floor(a * 2^32 / b) for 0 <= a < b < 2^61.

    A quotient in float64 is wrong by at most one; the remainder, exact modulo 2^64, shows in which direction.
    """
    quotient = np.int64(np.float64(a) / np.float64(b) * 4294967296.0)
    remainder = (a << 32) - quotient * b
    if remainder < 0:
        return quotient - 1
    if remainder >= b:
        return quotient + 1
    return quotient


@njit("uint64(uint64, uint64)", cache=True, inline="always")
def _fraction(rest: Word, divisor: Word) -> Word:
    """floor(rest * 2^32 / divisor) for rest < divisor <= 2^63."""
    if divisor < np.uint64(SMALL_DIVISOR):
        return np.uint64(_proportion(np.int64(rest), np.int64(divisor)))
    fraction = np.uint64(0)
    for _ in range(32):  # bit by bit; doubling `rest` < 2^63 never leaves 64 bits
        rest <<= np.uint64(1)
        fraction <<= np.uint64(1)
        if rest >= divisor:
            rest -= divisor
            fraction |= np.uint64(1)
    return fraction


@njit("int64(int64, int64)", cache=True)
def divide_words(a: Word, b: Word) -> Word:
    """I32F32 `safe_div`: a / b truncated toward zero; 0 where `b` is 0 or the quotient does not fit."""
    if 0 <= a < b < SMALL_DIVISOR:  # a proportion: by far the most frequent case
        return _proportion(a, b)
    if b == 0:
        return 0
    negative = (a < 0) != (b < 0)
    a_size = np.uint64(a) if a >= 0 else np.uint64(0) - np.uint64(a)
    b_size = np.uint64(b) if b >= 0 else np.uint64(0) - np.uint64(b)
    whole = np.uint64(0)
    rest = a_size
    if a_size >= b_size:
        whole = a_size // b_size
        rest = a_size - whole * b_size
    fraction = _fraction(rest, b_size)
    if whole >> np.uint64(31) != np.uint64(0):
        if negative and whole == np.uint64(1 << 31) and fraction == np.uint64(0):
            return WORD_MIN
        return 0  # checked_div overflows; safe_div gives the type's default
    quotient = (whole << np.uint64(32)) | fraction
    return -np.int64(quotient) if negative else np.int64(quotient)


@njit("int64(int64)", cache=True)
def exp_word(a: Word) -> Word:
    """`exp_safe` of the chain: substrate-fixed's Taylor series of 31 terms, its argument clamped to +-20.

    Source: `pallets/subtensor/src/epoch/math.rs` (`exp_safe`), `src/transcendental.rs` (`exp`). The series is
    for the size of `a`; e^-x is one divided by it. For an argument of exactly one, it returns the constant e with 23
    fraction bits.
    """
    limit = EXP_LIMIT * ONE
    x = min(max(a, -limit), limit)
    if x == 0:
        return ONE
    if x == ONE:
        return E_WORD
    size = abs(x)
    term = size
    result = size + ONE
    for i in range(2, FRACTION_BITS):
        term = multiply_words(term, size) // i  # all positive: floor is truncation
        result += term
    return divide_words(ONE, result) if x < 0 else result


@njit("uint64(int64, uint64)", cache=True)
def scale_amount(share: Word, amount: Word) -> Word:
    """I96F32 product of a non-negative share (raw value) and a whole amount, floored to a whole amount."""
    if share <= 0:
        return np.uint64(0)
    high = _high_word(np.uint64(share), amount)
    if high >> np.uint64(32) != np.uint64(0):  # saturating_to_num::<u64>
        return np.uint64(0xFFFF_FFFF_FFFF_FFFF)
    return (high << np.uint64(32)) | ((np.uint64(share) * amount) >> np.uint64(32))


_multiply = vectorize(["int64(int64, int64)"], cache=True)(lambda a, b: multiply_words(a, b))
_divide = vectorize(["int64(int64, int64)"], cache=True)(lambda a, b: divide_words(a, b))

# Most operands are proportions. These two functions have no branches, so a processor can compute eight results at a
# time. If an operand is not a proportion, they return -1, and the caller uses the general functions above.


@vectorize(["int64(int64, int64)"], cache=True)
def _multiply_proportions(a: Word, b: Word) -> Word:
    product = np.int64((np.uint64(a) * np.uint64(b)) >> np.uint64(32))
    product = a if b == ONE else b if a == ONE else product
    return product if 0 <= a <= ONE and 0 <= b <= ONE else -1


@vectorize(["int64(int64, int64, float64)"], cache=True)
def _divide_proportions(a: Word, b: Word, reciprocal: Word) -> Word:
    quotient = np.int64(np.float64(a) * reciprocal)
    remainder = (a << 32) - quotient * b  # at most one off, as in _proportion
    quotient = quotient - np.int64(remainder < 0) + np.int64(remainder >= b)
    return 0 if b == 0 else quotient if 0 <= a <= b < SMALL_DIVISOR else -1


def _multiply_arrays(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    product: Array = _multiply_proportions(a, b)
    return product if product.size == 0 or product.min() >= 0 else _multiply(a, b)


def _divide_arrays(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    with np.errstate(invalid="ignore"):  # quotients that do not fit 64 bits are thrown away
        quotient: Array = _divide_proportions(a, b, ONE / np.maximum(b, 1))
    return quotient if quotient.size == 0 or quotient.min() >= 0 else _divide(a, b)


_exp = vectorize(["int64(int64)"], cache=True)(lambda a: exp_word(a))
_scale = vectorize(["uint64(int64, uint64)"], cache=True)(lambda share, amount: scale_amount(share, amount))


class Exact:
    """Raw I32F32 values in int64 arrays: what the chain computes, to the last bit."""

    name = "exact"
    dtype: np.dtype[Any] = np.dtype(np.int64)

    def number(self, integer: npt.ArrayLike) -> Array:
        """Whole numbers below 2^31 as raw values."""
        return np.asarray(integer, dtype=np.int64) << FRACTION_BITS

    def ratio(self, numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Array:
        """Quotient of two whole numbers below 2^63 as a raw value, truncated; 0 where the denominator is 0."""
        return _divide_arrays(np.asarray(numerator, np.int64), np.asarray(denominator, np.int64))

    def wide_ratio(self, numerator: Sequence[int], denominator: int) -> Array:
        """Quotients of whole numbers of any size, each at most one, as raw values; 0 where the denominator is 0."""
        words = [(a << FRACTION_BITS) // denominator if denominator else 0 for a in numerator]
        return np.array(words, dtype=np.int64)

    def multiply(self, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """`saturating_mul`: floor(a * b)."""
        return _multiply_arrays(a, b)

    def divide(self, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """`safe_div`: a / b toward zero; 0 where `b` is 0."""
        return _divide_arrays(a, b)

    def exp(self, a: npt.ArrayLike) -> Array:
        """`exp_safe`."""
        return _exp(a)

    def to_u16(self, a: npt.ArrayLike) -> Array:
        """`fixed_proportion_to_u16`: floor(a * 65,535), clamped."""
        proportion = np.clip(np.asarray(a, np.int64), 0, ONE)
        return (proportion * U16_MAX >> FRACTION_BITS).astype(np.uint16)

    def to_rao(self, share: npt.ArrayLike, amount: int) -> Array:
        """I96F32 product with whole rao, floored."""
        return _scale(np.asarray(share, np.int64), np.uint64(amount))

    def to_float(self, a: npt.ArrayLike) -> Array:
        """As float64."""
        return np.asarray(a, np.int64) / ONE


class Float:
    """float64: the same formulas for explanations and pictures. Money is never computed with it."""

    name = "float64"
    dtype: np.dtype[Any] = np.dtype(np.float64)

    def number(self, integer: npt.ArrayLike) -> Array:
        """Whole numbers as floats."""
        return np.asarray(integer, dtype=np.float64)

    def ratio(self, numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Array:
        """Quotient of two whole numbers; 0 where the denominator is 0."""
        return self.divide(numerator, denominator)

    def wide_ratio(self, numerator: Sequence[int], denominator: int) -> Array:
        """Quotients of whole numbers of any size; 0 where the denominator is 0."""
        return np.array([a / denominator if denominator else 0.0 for a in numerator], dtype=np.float64)

    def multiply(self, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """Product."""
        return np.multiply(a, b)

    def divide(self, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """Quotient; 0 where `b` is 0."""
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b != 0)

    def exp(self, a: npt.ArrayLike) -> Array:
        """e^a with `a` clamped to [-20, 20]."""
        return np.exp(np.clip(a, -EXP_LIMIT, EXP_LIMIT))

    def to_u16(self, a: npt.ArrayLike) -> Array:
        """floor(a * 65,535), clamped."""
        return np.floor(np.clip(a, 0.0, 1.0) * U16_MAX).astype(np.uint16)

    def to_rao(self, share: npt.ArrayLike, amount: int) -> Array:
        """floor(share * amount) as uint64; float64 rounding may make it slightly wrong."""
        return np.floor(np.clip(share, 0.0, None) * float(amount)).astype(np.uint64)

    def to_float(self, a: npt.ArrayLike) -> Array:
        """Unchanged."""
        return np.asarray(a, np.float64)


EXACT: NumberSystem = Exact()
FLOAT: NumberSystem = Float()
