"""Raw fixed-point values: each number is stored as a whole number of small parts.

The coinbase (the part of the chain that pays emission) computes in two formats of 128 bits without sign: U64F64 for
shares and prices (parts of 2^-64) and U96F32 for amounts (parts of 2^-32 of a rao). Products and quotients are cut to
whole parts. A result that is too large becomes the largest value; a division by zero gives zero.

Source: `substrate-fixed` v0.6.0 (`saturating_mul`, `checked_div`), `primitives/safe-math/src/lib.rs` (`safe_div`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.units import U16_MAX, U64_MAX

WORD_MAX = (1 << 128) - 1


@dataclass(frozen=True)
class Format:
    """A fixed-point format.

    Attributes:
        bits: fraction bits.
        one: the raw value of the number one.
    """

    bits: int
    one: int

    def multiply(self, a: int, b: int) -> int:
        """`saturating_mul`."""
        return min(a * b >> self.bits, WORD_MAX)

    def divide(self, a: int, b: int) -> int:
        """`safe_div`: 0 if `b` is 0 or the quotient does not fit."""
        quotient = (a << self.bits) // b if b else 0
        return quotient if quotient <= WORD_MAX else 0

    def number(self, whole: int) -> int:
        """The raw value of a whole number."""
        return min(whole << self.bits, WORD_MAX)

    def whole(self, word: int) -> int:
        """The whole part, at most 2^64 - 1."""
        return min(word >> self.bits, U64_MAX)


def _format(bits: int) -> Format:
    return Format(bits, 1 << bits)


U64F64 = _format(64)
U96F32 = _format(32)
BETWEEN = U64F64.bits - U96F32.bits


def add(a: int, b: int) -> int:
    """`saturating_add`."""
    return min(a + b, WORD_MAX)


def subtract(a: int, b: int) -> int:
    """`saturating_sub`: zero if `b` is larger."""
    return max(a - b, 0)


def to_u96f32(word: int) -> int:
    """A raw U64F64 value as U96F32: the last 32 bits are cut off."""
    return word >> BETWEEN


def to_u64f64(word: int) -> int:
    """A raw U96F32 or I96F32 value as U64F64: zero for a negative one."""
    return min(max(word, 0) << BETWEEN, WORD_MAX)


def u16_share(proportion: int) -> int:
    """A u16 proportion (65,535 is one) as a raw U96F32 value."""
    return (proportion << U96F32.bits) // U16_MAX


def u64_share(proportion: int) -> int:
    """A u64 proportion (2^64 - 1 is one) as a raw U96F32 value."""
    return (proportion << U96F32.bits) // U64_MAX
