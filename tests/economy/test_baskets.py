"""Shares of baskets: numbers by hand, and what no sequence of deposits and claims may break."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy.baskets import (
    alpha_to_sell,
    multiply_divide,
    owed_shares,
    payout,
    rate_increment,
    shares_for_value,
    stakers_part,
    watermark_change,
)

RAO = st.integers(0, 10**16)
SOME = st.integers(1, 10**16)


@pytest.mark.parametrize(
    ("value", "nav", "shares", "minted"),
    [
        (1_000, 0, 0, 1_000),  # the first deposit: a share a rao
        (1_000, 2_000, 2_000, 1_000),
        (1_000, 4_000, 2_000, 500),  # a share is worth two rao
        (1_000, 1_000, 3_000, 3_000),
        (1_000, 0, 10, 1_000),  # worth nothing, and its old shares are a hundredth: it starts again
        (1_000, 0, 11, 0),
        (1, 3, 2, 0),
        (1 << 63, 1, 1 << 63, (1 << 64) - 1),
    ],
)
def test_shares_are_minted_at_what_the_fund_is_worth(value: int, nav: int, shares: int, minted: int) -> None:
    assert shares_for_value(value, nav, shares) == minted


def test_cash_earns_for_the_fund_not_for_new_shares() -> None:
    assert stakers_part(900, 2_000, 0) == 900
    assert stakers_part(900, 2_000, 1_000) == 600
    assert stakers_part(900, 0, 1_000) == 0


@pytest.mark.parametrize(
    ("rate", "stake", "claimed", "owed"),
    [
        (1 << 31, 1_000, 0, 500),  # half a share for a rao
        (1 << 31, 1_001, 0, 500),
        (1 << 31, 1_000, 200, 300),
        (1 << 31, 1_000, 501, 0),
        (1 << 31, 0, -70, 70),  # what was owed when the stake left
        (0, 1_000, 0, 0),
        ((1 << 127) - 1, 2, 0, (1 << 95) - 1),
    ],
)
def test_what_a_staker_is_owed(rate: int, stake: int, claimed: int, owed: int) -> None:
    assert owed_shares(rate, stake, claimed) == owed


@pytest.mark.parametrize(
    ("rate", "change", "shares"), [(1 << 31, 3, 1), (1 << 31, -3, -2), (1 << 31, 4, 2), (0, -9, 0)]
)
def test_a_watermark_moves_with_the_stake_rounded_down(rate: int, change: int, shares: int) -> None:
    assert watermark_change(rate, change) == shares


def test_a_claim_sells_its_part_and_at_least_a_rao_where_something_is_due() -> None:
    assert alpha_to_sell(1_000, 250, 1_000, 10) == 250
    assert alpha_to_sell(3, 250, 1_000, 1) == 1
    assert alpha_to_sell(3, 250, 1_000, 0) == 0


def test_nothing_is_divided_by_nothing() -> None:
    assert multiply_divide(7, 7, 0) == rate_increment(7, 0) == payout(7, 7, 0) == 0


@given(value=RAO, nav=SOME, shares=SOME)
def test_a_deposit_makes_no_older_share_worth_less(value: int, nav: int, shares: int) -> None:
    minted = shares_for_value(value, nav, shares)
    assert Fraction(nav + value, shares + minted) >= Fraction(nav, shares)


@given(owed=SOME, others=RAO, nav=RAO)
def test_a_claim_is_paid_at_most_its_part(owed: int, others: int, nav: int) -> None:
    assert payout(owed, nav, owed + others) <= Fraction(nav * owed, owed + others)
    assert payout(owed, nav, owed) == nav


@given(shares=RAO, stakes=st.lists(SOME, min_size=1, max_size=5))
def test_what_all_are_owed_together_is_at_most_what_was_minted(shares: int, stakes: list[int]) -> None:
    rate = rate_increment(shares, sum(stakes))
    assert sum(owed_shares(rate, stake, 0) for stake in stakes) <= shares
