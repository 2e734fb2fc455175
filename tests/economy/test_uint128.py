"""Whole numbers of 128 bits in compiled code, against Python's."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tao_lab.economy.vectorized import uint128

MOST = (1 << 128) - 1
words = st.integers(0, 64).flatmap(lambda bits: st.integers(0, (1 << bits) - 1))
wides = st.integers(1, 128).flatmap(lambda bits: st.integers(1 << (bits - 1), (1 << bits) - 1))


def pair(number: int) -> tuple[np.uint64, np.uint64]:
    """High word first."""
    return np.uint64(number >> 64), np.uint64(number & ((1 << 64) - 1))


@given(wides)
def test_leading_zeros(number: int) -> None:
    word = number >> 64 or number
    assert int(uint128.leading_zeros(np.uint64(word))) == 64 - word.bit_length()


@given(words, words)
def test_a_product_of_two_words(a: int, b: int) -> None:
    high, low = uint128.product(np.uint64(a), np.uint64(b))
    assert int(high) << 64 | int(low) == a * b


@given(words.filter(bool), st.data())
@example(1, None)
@example((1 << 64) - 1, None)
@example(1 << 63, None)
def test_division_by_a_word_in_both_ways(divisor: int, data: st.DataObject | None) -> None:
    most = (divisor << 64) - 1
    for number in [0, most] if data is None else [data.draw(st.integers(0, most), label="number")]:
        for divide in {uint128.divide_by_word, uint128.divide_by_digits}:
            quotient, rest = divide(*pair(number), np.uint64(divisor))
            assert (int(quotient), int(rest)) == divmod(number, divisor)


@given(wides, wides)
def test_division(number: int, divisor: int) -> None:
    high, low = uint128.divide(pair(number), pair(divisor))
    assert int(high) << 64 | int(low) == number // divisor


@given(wides, st.data())
@example(MOST, None)
@example((1 << 127) + (1 << 64) - 1, None)
@example((1 << 64) - 1, None)
@example(1 << 64, None)
def test_a_product_of_three_words_divided(divisor: int, data: st.DataObject | None) -> None:
    for number in (
        [divisor, divisor - 1, divisor // 2] if data is None else [data.draw(st.integers(0, divisor), label="number")]
    ):
        for factor in (1, 10**18, (1 << 64) - 1) if data is None else [data.draw(words, label="factor")]:
            found = uint128.multiply_divide(pair(number), np.uint64(factor), pair(divisor))
            assert int(found) == number * factor // divisor
