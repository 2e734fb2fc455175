"""Weights as the chain stores them, against plain integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.consensus import max_limited, max_upscale_to_u16

rows = st.lists(st.one_of(st.integers(0, 65_535), st.integers(32_766, 32_770), st.integers(0, 5)), max_size=12)
BITS = 32


def upscaled_by_hand(row: list[int]) -> list[int]:
    largest = max(row, default=0)
    if largest == 0:
        return row
    if largest > 32_768:
        words = [weight * ((65_535 << BITS) // largest) for weight in row]
    else:
        words = [(weight * 65_535 << BITS) // largest for weight in row]
    return [(word + (1 << BITS - 1)) >> BITS for word in words]


@given(rows)
def test_upscaling_is_what_whole_numbers_give(row: list[int]) -> None:
    assert max_upscale_to_u16(np.array(row, np.uint16)).tolist() == upscaled_by_hand(row)


@pytest.mark.parametrize(
    ("row", "upscaled"),
    [
        ([7, 17_990], [26, 65_535]),  # 7 * 51/14 = 25.5, multiplied first
        ([7, 61_166], [7, 65_535]),  # 7 * 15/14 = 7.5, but 15/14 is truncated first: the largest is above 32,768
    ],
)
def test_above_half_the_scale_the_quotient_is_truncated_first(row: list[int], upscaled: list[int]) -> None:
    assert max_upscale_to_u16(np.array(row, np.uint16)).tolist() == upscaled


@given(rows)
def test_the_largest_weight_becomes_full_and_order_is_kept(row: list[int]) -> None:
    upscaled = max_upscale_to_u16(np.array(row, np.uint16)).tolist()
    assert max(upscaled, default=0) == (65_535 if any(row) else 0)
    assert all(upscaled[i] <= upscaled[j] for i in range(len(row)) for j in range(len(row)) if row[i] <= row[j])


@given(rows, st.integers(0, 65_535))
def test_the_limit_compares_truncated_shares(row: list[int], limit: int) -> None:
    total = sum(row)
    largest = (max(row) << BITS) // total if total else 0
    assert max_limited(np.array(row, np.uint16), limit) == (largest <= (limit << BITS) // 65_535)
