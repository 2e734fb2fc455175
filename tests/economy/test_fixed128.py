"""Fixed-point words at their ends. Worked by hand: a word has 128 bits, 64 or 32 of them after the point."""

from collections.abc import Callable

import pytest

from tao_lab.economy.fixed128 import U64F64, U96F32, add, subtract, to_u64f64, to_u96f32, u16_share, u64_share

Rule = Callable[..., int]
MOST = 2**128 - 1


@pytest.mark.parametrize(
    ("rule", "given", "word"),
    [
        (add, (MOST - 2, 1), MOST - 1),
        (add, (MOST, 1), MOST),
        (subtract, (7, 5), 2),
        (subtract, (5, 7), 0),
        (U64F64.number, (2**64 - 1,), 2**128 - 2**64),
        (U64F64.number, (2**64,), MOST),
        (U64F64.multiply, (MOST, 2**64), MOST),
        (U64F64.multiply, (MOST, 2**64 + 1), MOST),
        (U64F64.multiply, (2**63, 1), 0),  # half of the least word is cut
        (U64F64.multiply, (2**63, 3), 1),
        (U96F32.multiply, (2**31, 3), 1),
        (U64F64.divide, (MOST, 2**64), MOST),
        (U64F64.divide, (2**127, 2**63), 0),  # 2^128 does not fit
        (U64F64.divide, (1, 0), 0),
        (U96F32.divide, (2, 3), 2_863_311_530),  # 2^33 / 3 is 2,863,311,530.67
    ],
)
def test_sums_and_products_stop_at_the_last_word_and_quotients_that_do_not_fit_are_zero(
    rule: Rule, given: tuple[int, ...], word: int
) -> None:
    assert rule(*given) == word


@pytest.mark.parametrize(
    ("rule", "given", "whole"),
    [
        (U64F64.whole, (2**64 - 1,), 0),
        (U64F64.whole, (MOST,), 2**64 - 1),
        (U96F32.whole, (2**96 - 2**32,), 2**64 - 1),
        (U96F32.whole, (2**96,), 2**64 - 1),
        (to_u96f32, (2**32 - 1,), 0),
        (to_u96f32, (2**64,), 2**32),
        (to_u64f64, (-1,), 0),
        (to_u64f64, (1,), 2**32),
        (to_u64f64, (2**96 - 1,), 2**128 - 2**32),
        (to_u64f64, (2**96,), MOST),
    ],
)
def test_from_one_kind_of_word_to_another_digits_are_cut(rule: Rule, given: tuple[int, ...], whole: int) -> None:
    assert rule(*given) == whole


@pytest.mark.parametrize(
    ("rule", "given", "word"),
    [
        (u16_share, (65_535,), 2**32),
        (u16_share, (1,), 65_537),
        (u64_share, (2**64 - 1,), 2**32),
        (u64_share, (2**32,), 1),  # 2^64 / (2^64 - 1)
        (u64_share, (2**32 - 1,), 0),
    ],
)
def test_all_of_a_proportion_is_one(rule: Rule, given: tuple[int, ...], word: int) -> None:
    assert rule(*given) == word
