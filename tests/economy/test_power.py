"""Powers: the floor of the true power, decided by the chain's own library wherever fast digits leave it open."""

from math import gcd

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tao_lab.economy.power import SCALE, power_by_series, power_scaled, root_floor

WEIGHTS = st.integers(10**16, 99 * 10**16)
RESERVES = st.integers(10**6, 10**17)


@pytest.mark.parametrize(
    ("numerator", "denominator", "weight", "expected"),
    [
        # the numbers of safe-bigmath's tests (src/integer.rs)
        (21 * 10**15, 28 * 10**15, 600_000_000_000_000_000, 649_519_052_838_328_985),
        (21 * 10**15, 21 * 10**15 + 100, 500_000_000_000_000_000, 999_999_999_999_995_238),
        (21 * 10**15, 21 * 10**15 + 100, 499_999_999_999_500_000, 999_999_999_999_995_238),
        (21 * 10**15, 21 * 10**15 + 100, 500_000_000_000_250_000, 999_999_999_999_995_238),
        (21 * 10**15, 21 * 10**15 + 1, 499_999_999_500_000_000, 999_999_999_999_999_952),
    ],
)
def test_powers_are_those_of_the_chain_s_library(numerator: int, denominator: int, weight: int, expected: int) -> None:
    assert power_scaled(numerator, denominator, weight, SCALE - weight) == expected


@given(RESERVES, st.integers(1, 10**18), WEIGHTS)
def test_fast_digits_and_the_library_s_series_agree(reserve: int, paid: int, weight: int) -> None:
    p, q = weight // gcd(weight, SCALE), (SCALE - weight) // gcd(weight, SCALE)
    assume(max(p, q) > 1_024)
    assert power_scaled(reserve, reserve + paid, p, q) == power_by_series(reserve, reserve + paid, p, q, 256)


@given(RESERVES, st.integers(1, 10**18), st.integers(1, 99), st.integers(1, 99))
def test_fast_digits_and_exact_roots_agree(reserve: int, paid: int, p: int, q: int) -> None:
    p, q = p // gcd(p, q), q // gcd(p, q)
    expected = root_floor(reserve**p * SCALE**q, (reserve + paid) ** p, q)
    assert power_scaled(reserve, reserve + paid, p, q) == expected


@given(st.integers(1, 10**19), st.integers(1, 10**19), st.integers(1, 40), st.integers(1, 40))
def test_a_power_with_a_small_exponent_is_the_exact_root(a: int, b: int, p: int, q: int) -> None:
    result = power_scaled(a, b, p, q)
    assert result is not None
    assume(result < 2**64)  # beyond, the chain takes the largest u64 instead
    assert result**q * b**p <= a**p * SCALE**q < (result + 1) ** q * b**p


def test_whole_roots_are_not_missed_by_one() -> None:
    assert power_scaled(1, 4, 1, 2) == SCALE // 2
    assert power_scaled(8, 27, 2, 3) == SCALE * 4 // 9
    assert power_scaled(1, 10**6, 99, 1) == 0


def test_powers_at_the_edges() -> None:
    assert power_scaled(7, 7, 3, 10**18 - 1) == SCALE
    assert power_scaled(0, 7, 1, 2) == 0
    assert power_scaled(7, 0, 1, 2) is None
    assert power_scaled(7, 3, 0, 5) == SCALE


def test_a_power_far_below_one_is_what_the_series_make_of_it() -> None:
    p, q = 989_999_999_999_999_999, 10_000_000_000_000_001
    assert power_scaled(1, 1_001, p, q) == power_by_series(1, 1_001, p, q, 256)
    assert power_scaled(1, 1_001, p, q) != 0  # the true power is below 10^-297: the series have run out of digits
