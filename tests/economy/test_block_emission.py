"""Issuance: halvings follow what has been issued."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy import block_emission
from tao_lab.economy.block_emission import ONE, TOTAL_SUPPLY, whole_log2

TAO = 10**9


@pytest.mark.parametrize(
    ("issued", "emission"),
    [
        (0, TAO),
        (TOTAL_SUPPLY // 2 - 3_000_000, TAO),
        (TOTAL_SUPPLY // 2, TAO // 2),
        (TOTAL_SUPPLY * 3 // 4, TAO // 4),
        (TOTAL_SUPPLY * 7 // 8, TAO // 8),
        (TOTAL_SUPPLY - 1, 0),  # one share in 2^32 is left: less than a rao a block
        (TOTAL_SUPPLY, 0),
        (2**64 - 1, 0),
    ],
)
def test_emission_halves_when_half_of_the_rest_is_issued(issued, emission):
    assert block_emission(issued) == emission


@given(st.integers(0, TOTAL_SUPPLY), st.integers(0, TOTAL_SUPPLY))
def test_more_issued_never_means_more_emission(a, b):
    assert block_emission(max(a, b)) <= block_emission(min(a, b))


def test_a_word_just_below_a_power_of_two_is_rounded_up_to_it():
    assert whole_log2(4 * ONE - 1) == 2
    assert whole_log2(4 * ONE - 2) == 1
    assert whole_log2(2 * ONE - 1) == 0


@pytest.mark.parametrize("issuance", [-1, 2**64, 1.0, True, None])
def test_what_is_no_issuance_is_refused(issuance):
    with pytest.raises(ValueError, match="issuance is"):
        block_emission(issuance)
