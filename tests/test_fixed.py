"""Exact words against Python's own integers, which cannot overflow."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tao_lab.fixed import E_WORD, EXACT, FLOAT, ONE, WORD_MAX, WORD_MIN
from tests.consensus.plain_epoch import exp as plain_exp

words = st.integers(WORD_MIN, WORD_MAX) | st.integers(-(2**34), 2**34) | st.sampled_from([0, 1, ONE - 1, ONE, ONE + 1])
pairs = st.lists(st.tuples(words, words), min_size=1, max_size=20)
proportions = st.lists(st.tuples(st.integers(0, ONE), st.integers(0, ONE)).map(sorted), min_size=1, max_size=20)


def saturated(word: int) -> int:
    return max(WORD_MIN, min(WORD_MAX, word))


def quotient(a: int, b: int) -> int:
    if b == 0:
        return 0
    size = (abs(a) << 32) // abs(b)
    word = -size if (a < 0) != (b < 0) else size
    return word if WORD_MIN <= word <= WORD_MAX else 0


@given(pairs | proportions)
@example([(WORD_MIN, WORD_MIN)])
@example([(WORD_MIN, ONE), (ONE, WORD_MIN)])
@example([(-1, 1)])
def test_a_product_is_floored_and_saturates(operands):
    a, b = (np.array(side, dtype=np.int64) for side in zip(*operands, strict=True))
    assert EXACT.multiply(a, b).tolist() == [saturated((x * y) >> 32) for x, y in operands]


@given(pairs | proportions)
@example([(0, 0), (5, 0), (-5, 0)])
@example([(WORD_MIN, ONE), (WORD_MIN, -ONE), (WORD_MAX, 1)])
@example([(ONE, ONE), (1, WORD_MAX)])
def test_a_quotient_is_truncated_and_zero_where_there_is_none(operands):
    a, b = (np.array(side, dtype=np.int64) for side in zip(*operands, strict=True))
    assert EXACT.divide(a, b).tolist() == [quotient(x, y) for x, y in operands]


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1)), min_size=1, max_size=20))
def test_a_ratio_of_whole_numbers_is_truncated(operands):
    a, b = (np.array(side, dtype=np.int64) for side in zip(*operands, strict=True))
    assert EXACT.ratio(a, b).tolist() == [quotient(x, y) for x, y in operands]


@given(st.integers(-25 * ONE, 25 * ONE))
def test_exp_is_close_to_the_real_one_and_clamped(word):
    exact = float(EXACT.to_float(EXACT.exp(np.int64(word))))
    # the series ends after 31 terms, which shows at the ends of the range
    assert exact == pytest.approx(math.exp(max(-20, min(20, word / ONE))), rel=1e-2, abs=2e-9)


@given(st.integers(-25 * ONE, 25 * ONE))
def test_exp_is_that_of_plain_integers_to_the_last_bit(word):
    limit = 20 * ONE
    assert EXACT.exp(np.int64(word)) == plain_exp(max(-limit, min(limit, word)))


def test_exp_keeps_the_special_cases_of_the_chain():
    assert EXACT.exp(np.array([0, ONE])).tolist() == [ONE, E_WORD]
    assert math.floor(math.e * 2**23) << 9 == E_WORD
    # the neighbour of one goes through the series, which is finer than the constant
    assert EXACT.exp(np.int64(ONE - 1)) > E_WORD


@given(st.lists(st.integers(0, ONE), min_size=1, max_size=20), st.integers(0, 2**64 - 1))
def test_a_share_of_an_amount_is_floored_to_whole_rao(shares, amount):
    assert EXACT.to_rao(np.array(shares), amount).tolist() == [share * amount >> 32 for share in shares]


@given(st.lists(words, min_size=1, max_size=20))
def test_a_proportion_as_u16_is_floored_and_clamped(values):
    expected = [max(0, min(65_535, value * 65_535 >> 32)) for value in values]
    assert EXACT.to_u16(np.array(values, dtype=np.int64)).tolist() == expected


@given(proportions)
def test_floats_stay_within_a_word_s_last_bits_of_the_exact_result(operands):
    a, b = (np.array(side, dtype=np.int64) for side in zip(*operands, strict=True))
    x, y = EXACT.to_float(a), EXACT.to_float(b)
    for exact, rough in (
        (EXACT.multiply(a, b), FLOAT.multiply(x, y)),
        (EXACT.divide(a, b), FLOAT.divide(x, y)),
    ):
        np.testing.assert_allclose(EXACT.to_float(exact), rough, atol=1 / ONE, rtol=1e-15)


def test_empty_arrays_stay_empty():
    empty = np.zeros((0, 3), np.int64)
    assert EXACT.multiply(empty, empty).shape == EXACT.divide(empty, empty).shape == (0, 3)
