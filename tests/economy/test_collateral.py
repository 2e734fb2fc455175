"""Collateral by hand, from `pallets/subtensor/src/subnets/collateral.rs`; and what must hold for all numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy.collateral import (
    MAX_DRAIN_RATIO,
    Collateral,
    locked_part,
    merge,
    purchase_limit,
    requirement,
    settle,
    top_up,
)

ONE, TAO, U64_MAX = 1 << 64, 10**9, (1 << 64) - 1
AMOUNT = st.integers(0, 21_000_000 * TAO)


@pytest.mark.parametrize(
    ("price", "share", "locked"),
    [
        (TAO, 0, 0),
        (TAO, 65_535, TAO),
        (TAO, 32_768, 500_007_629),
        (TAO, 39_321, 599_999_999),  # 60 % to the point, but 0.6 has no end in binary: a rao less than the SDK shows
        (TAO, 62_258, 949_996_185),
        (1, 62_258, 0),
    ],
)
def test_a_part_of_the_price_has_to_be_locked(price: int, share: int, locked: int) -> None:
    assert requirement(price, share) == locked


@pytest.mark.parametrize(
    ("locked", "price", "missing"),
    [(0, ONE, 600), (200, ONE, 400), (1_200, ONE // 2, 0), (1_199, ONE // 2, 1), (5_000, 0, 600), (U64_MAX, ONE, 0)],
)
def test_what_is_locked_already_counts_at_the_moving_price(locked: int, price: int, missing: int) -> None:
    assert top_up(600, locked, price) == missing


def test_a_purchase_may_raise_the_price_by_a_twentieth() -> None:
    assert purchase_limit(ONE) == 1_049_999_999  # 1.05 has no end in binary
    assert purchase_limit(100 * ONE) == 105 * TAO
    assert purchase_limit(0) == 0


def test_the_alpha_of_one_payment_is_divided_by_what_it_was_paid_for() -> None:
    assert locked_part(1_000, 400, 600) == 600
    assert locked_part(1_000, 2, 1) == 333  # what doesn't divide is burned
    assert locked_part(1_000, 0, 5) == 1_000
    assert locked_part(1_000, 5, 0) == locked_part(0, 0, 0) == 0


@pytest.mark.parametrize(
    ("before", "emission", "own", "after", "captured"),
    [
        (Collateral(100, ONE), 0, 0, Collateral(100, ONE), 0),
        (Collateral(100, ONE), 30, 30, Collateral(70, ONE, 0, 30), 0),
        (Collateral(100, ONE // 2), 31, 0, Collateral(85, ONE // 2, 0, 31), 0),
        (Collateral(100, 2 * ONE), 40, 40, Collateral(20, 2 * ONE, 0, 40), 0),
        (Collateral(100, 2 * ONE), 50, 50, None, 0),
        (Collateral(100, 2 * ONE, 90), 50, 50, Collateral(90, 2 * ONE, 90, 50), 0),
        (Collateral(100, 2 * ONE, 100), 50, 50, Collateral(100, 2 * ONE, 100, 50), 0),
        (Collateral(100, 2 * ONE, 120), 40, 40, Collateral(120, 2 * ONE, 120, 40), 20),
        (Collateral(100, 2 * ONE, 200), 40, 40, Collateral(140, 2 * ONE, 200, 40), 40),
        (Collateral(100, 2 * ONE, 200), 40, 7, Collateral(107, 2 * ONE, 200, 40), 7),  # a validator's take alone
        (Collateral(100, 2 * ONE, 200), 40, 0, Collateral(100, 2 * ONE, 200, 40), 0),
        (Collateral(0, ONE, 10), 40, 40, Collateral(10, ONE, 10, 40), 10),
        (Collateral(0, ONE, 0, 5), 40, 40, None, 0),  # nothing is locked or wanted: the entry goes
    ],
)
def test_earning_opens_the_lock_down_to_the_floor_or_fills_it_up(
    before: Collateral, emission: int, own: int, after: Collateral | None, captured: int
) -> None:
    assert settle(before, emission, own) == (after, captured)


@given(st.builds(Collateral, AMOUNT, st.integers(1, MAX_DRAIN_RATIO), AMOUNT, AMOUNT), AMOUNT, st.integers(0, 100))
def test_a_payment_locks_only_what_is_the_owner_s_and_opens_only_what_was_earned(
    before: Collateral, emission: int, percent: int
) -> None:
    own = emission * percent // 100
    after, captured = settle(before, emission, own)
    locked = 0 if after is None else after.locked
    assert 0 <= captured <= own
    assert 0 <= before.locked + captured - locked <= emission * before.drain_ratio >> 64
    if captured or locked < before.locked:
        assert (captured > 0) == (before.locked < before.min_locked)
        assert min(before.locked, before.min_locked) <= locked <= max(before.locked, before.min_locked)
    if after is None:
        assert before.min_locked == 0
    else:
        assert after.earned == before.earned + emission


def test_two_collaterals_on_one_hotkey_add_up_and_the_slower_ratio_counts() -> None:
    assert merge(Collateral(5, 3 * ONE, 1, 8), Collateral(7, 2 * ONE, 4, 9)) == Collateral(12, 2 * ONE, 5, 17)
