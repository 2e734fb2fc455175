"""Whole numbers of 128 bits in compiled code: a number is a pair (high, low) of 64-bit words.

Python's own integers are exact but a hundred times slower than the processor's. The compiled rules of emission need
only these few functions. They do not check for results above 128 bits; the caller must make sure that results fit.

Division by a word is one instruction of x86-64, the one that C's `__int128` uses. Elsewhere it is long division with
32-bit digits (Knuth, The Art of Computer Programming, volume 2, algorithm D), which takes four times as long.
"""

from __future__ import annotations

import platform
from typing import Any

import numpy as np

from tao_lab.compiled import intrinsic, njit

Word = Any  # np.uint64 inside compiled code
Wide = Any  # (high, low)

LOW = np.uint64(0xFFFF_FFFF)
ZERO = np.uint64(0)
ONE = np.uint64(1)
HALF_BITS = np.uint64(32)
BITS = np.uint64(64)
TOP = np.uint64(1 << 63)
BASE = np.uint64(1 << 32)


# --- instructions of the processor ------------------------------------------------------------------------------


@intrinsic
def two_words_of_product(typing: Any, a: Any, b: Any) -> Any:
    """`product`, with the processor's own multiplication."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        from llvmlite import ir

        first, second = (builder.zext(argument, ir.IntType(128)) for argument in arguments)
        both = builder.mul(first, second)
        high = builder.lshr(both, ir.Constant(ir.IntType(128), 64))
        words = [builder.trunc(number, ir.IntType(64)) for number in (high, both)]
        return context.make_tuple(builder, signature.return_type, words)

    return _pair_of_words(a, b), generate


@intrinsic
def zeros_before(typing: Any, word: Any) -> Any:
    """`leading_zeros`, with the processor's own count."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        from llvmlite import ir

        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return word(word), generate


@intrinsic
def two_words_divided(typing: Any, high: Any, low: Any, divisor: Any) -> Any:
    """`divide_by_word` with the instruction of x86-64, which stops the process if the quotient has more than a word."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        from llvmlite import ir

        word = ir.IntType(64)
        kind = ir.FunctionType(ir.LiteralStructType([word, word]), [word, word, word])
        registers = "={ax},={dx},{dx},{ax},r,~{cc},~{dirflag},~{fpsr},~{flags}"
        found = builder.call(ir.InlineAsm(kind, "divq $4", registers), arguments)
        words = [builder.extract_value(found, place) for place in range(2)]
        return context.make_tuple(builder, signature.return_type, words)

    return _pair_of_words(high, low, divisor), generate


def _pair_of_words(*arguments: Any) -> Any:
    from numba import types

    return types.UniTuple(types.uint64, 2)(*arguments) if set(arguments) == {types.uint64} else None


# --- numbers ----------------------------------------------------------------------------------------------------


@njit(inline="always")
def product(a: Word, b: Word) -> Wide:
    """A * b of two words."""
    return two_words_of_product(a, b)


@njit(inline="always")
def add(a: Wide, b: Wide) -> Wide:
    """A + b, without what is carried out of 128 bits."""
    low = a[1] + b[1]
    return a[0] + b[0] + (ONE if low < a[1] else ZERO), low


@njit(inline="always")
def subtract(a: Wide, b: Wide) -> Wide:
    """A - b; b is not more than a."""
    return a[0] - b[0] - (ONE if a[1] < b[1] else ZERO), a[1] - b[1]


@njit(inline="always")
def less(a: Wide, b: Wide) -> bool:
    """Whether a < b."""
    return a[0] < b[0] or (a[0] == b[0] and a[1] < b[1])


@njit(inline="always")
def shift_left(a: Wide, bits: Word) -> Wide:
    """A * 2^bits; bits from 1 to 63."""
    return (a[0] << bits) | (a[1] >> (BITS - bits)), a[1] << bits


@njit(inline="always")
def shift_right(a: Wide, bits: Word) -> Wide:
    """A // 2^bits; bits from 1 to 63."""
    return a[0] >> bits, (a[1] >> bits) | (a[0] << (BITS - bits))


@njit
def scale(a: Wide, b: Word) -> Any:
    """A * b of 192 bits: (high, middle, low)."""
    low = product(a[1], b)
    high = product(a[0], b)
    middle = high[1] + low[0]
    return high[0] + (ONE if middle < high[1] else ZERO), middle, low[1]


@njit
def high_product(a: Wide, b: Wide) -> Wide:
    """A * b // 2^128."""
    low = product(a[1], b[1])
    left, right, high = product(a[0], b[1]), product(a[1], b[0]), product(a[0], b[0])
    middle = left[1] + right[1]
    carry = ONE if middle < left[1] else ZERO
    total = middle + low[0]
    carry += ONE if total < middle else ZERO
    return add(add(high, (ZERO, left[0])), add((ZERO, right[0]), (ZERO, carry)))


@njit(inline="always")
def leading_zeros(word: Word) -> Word:
    """The number of zeros before the first one of a word."""
    return zeros_before(word)


@njit
def divide_by_digits(high: Word, low: Word, divisor: Word) -> Any:
    """`divide_by_word` where the processor has no such instruction."""
    if high == ZERO:
        return low // divisor, low % divisor
    shift = leading_zeros(divisor)
    divisor <<= shift
    if shift != ZERO:
        high = (high << shift) | (low >> (BITS - shift))
        low <<= shift
    d_high, d_low = divisor >> HALF_BITS, divisor & LOW
    first, second = low >> HALF_BITS, low & LOW
    q1, rest = high // d_high, high % d_high
    while q1 >= BASE or q1 * d_low > (rest << HALF_BITS | first):
        q1 -= ONE
        rest += d_high
        if rest >= BASE:
            break
    middle = (high << HALF_BITS | first) - q1 * divisor
    q0, rest = middle // d_high, middle % d_high
    while q0 >= BASE or q0 * d_low > (rest << HALF_BITS | second):
        q0 -= ONE
        rest += d_high
        if rest >= BASE:
            break
    return (q1 << HALF_BITS) + q0, ((middle << HALF_BITS | second) - q0 * divisor) >> shift


@njit
def divide_by_instruction(high: Word, low: Word, divisor: Word) -> Any:
    """`divide_by_word` with the processor's instruction."""
    return two_words_divided(high, low, divisor) if high < divisor else (ZERO, ZERO)


# (high, low) // divisor where high < divisor: quotient and remainder, one word each
divide_by_word = divide_by_instruction if platform.machine() in ("x86_64", "AMD64") else divide_by_digits


@njit
def divide(a: Wide, b: Wide) -> Wide:
    """A // b; zero where b is."""
    if b[0] == ZERO:
        if b[1] == ZERO:
            return ZERO, ZERO
        if a[0] < b[1]:
            return ZERO, divide_by_word(a[0], a[1], b[1])[0]
        high, rest = divide_by_word(ZERO, a[0], b[1])
        return high, divide_by_word(rest, a[1], b[1])[0]
    if less(a, b):
        return ZERO, ZERO
    shift = leading_zeros(b[0])
    normal = shift_left(b, shift)[0] if shift != ZERO else b[0]
    half = shift_right(a, ONE)
    quotient = divide_by_word(half[0], half[1], normal)[0]
    quotient = shift_right((ZERO, quotient), BITS - ONE - shift)[1] if shift != BITS - ONE else quotient
    if quotient != ZERO:
        quotient -= ONE
    rest = scale(b, quotient)
    left = subtract(a, (rest[1], rest[2]))
    if not less(left, b):
        quotient += ONE
    return ZERO, quotient


@njit
def multiply_divide(a: Wide, factor: Word, b: Wide) -> Word:
    """A * factor // b where a is at most b, and b is not zero."""
    if b[0] == ZERO:
        top = product(a[1], factor)
        return divide_by_word(top[0], top[1], b[1])[0]
    shift = leading_zeros(b[0])
    if shift != ZERO:
        a, b = shift_left(a, shift), shift_left(b, shift)
    high, middle, low = scale(a, factor)
    quotient = divide_by_word(high, middle, b[0])[0] if high < b[0] else ~ZERO
    rest = scale(b, quotient)  # only the divisor's high word has counted, so the quotient may be 1 or 2 too large
    while rest[0] > high or (rest[0] == high and less((middle, low), (rest[1], rest[2]))):
        quotient -= ONE
        smaller = subtract((rest[1], rest[2]), b)
        rest = (rest[0] - (ONE if less((rest[1], rest[2]), b) else ZERO), smaller[0], smaller[1])
    return quotient
