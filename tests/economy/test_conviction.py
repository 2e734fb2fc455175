"""How locks decay and conviction grows; numbers of the public chain's `pallets/subtensor/src/tests/locks.rs`."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy.conviction import (
    LockState,
    Rates,
    conviction_of_part,
    empty_lock,
    exp_decay,
    force_reduce,
    is_dust,
    merge,
    reduce,
    roll_forward,
)
from tao_lab.economy.fixed128 import WORD_MAX

ONE = 1 << 64
DEFAULT = Rates(unlock=934_866, maturity=934_866)
MASS = 10_000
DIGITS = Context(prec=60)
blocks = st.integers(0, 10**8)
masses = st.integers(0, 21 * 10**15)


def roll(mass: int, dt: int, rates: Rates = DEFAULT, *, owner: bool = False, perpetual: bool = False) -> LockState:
    return roll_forward(LockState(mass, 0, 0), dt, rates, owner, perpetual)


def true_decay(dt: int, tau: int) -> Decimal:
    return DIGITS.exp(max(DIGITS.divide(Decimal(-dt), Decimal(tau)), Decimal(-40)))


# --- decay ---


@pytest.mark.parametrize(("dt", "tau", "word"), [(0, 216_000, ONE), (0, 0, ONE), (1_000, 0, 0)])
def test_nothing_decays_at_once_and_without_a_rate_everything_does(dt: int, tau: int, word: int) -> None:
    assert exp_decay(dt, tau) == word


def test_one_rate_leaves_one_part_in_e() -> None:
    assert abs(exp_decay(216_000, 216_000) / ONE - 0.36787944) < 1e-8


def test_the_exponent_is_at_least_minus_40() -> None:
    least = exp_decay(40 * 216_000, 216_000)
    assert exp_decay(100 * 216_000, 216_000) == exp_decay((1 << 64) - 1, 1) == least
    assert 0 < least < ONE // 10**17


@given(dt=st.integers(0, 40_000_000), tau=st.integers(1, 10**7))
def test_decay_has_18_digits_down_to_where_the_series_ends(dt: int, tau: int) -> None:
    exact = true_decay(dt, tau) * ONE
    assert abs(exp_decay(dt, tau) - exact) <= 64 + exact / 10**4 * (exact < ONE / 10**6)


@given(dt=blocks, more=blocks, tau=st.integers(1, 10**7))
def test_decay_only_falls(dt: int, more: int, tau: int) -> None:
    assert exp_decay(dt + more, tau) <= exp_decay(dt, tau) <= ONE


# --- rolling ---


def test_a_lock_decays_and_gathers_conviction() -> None:
    lock = roll(MASS, 934_866)
    assert lock.locked_mass == 3_678  # 10,000 / e
    assert 3_678 * ONE < lock.conviction < 3_679 * ONE  # equal rates: t / tau of what is left
    assert lock.last_update == 934_866
    first, later, last = (roll(MASS, dt).conviction for dt in (100, 1_100, 934_866 * 1_000))
    assert 0 < first < later
    assert last == 0


def test_a_perpetual_lock_stays_and_its_conviction_nears_it() -> None:
    lock = roll(MASS, 934_866, perpetual=True)
    assert lock.locked_mass == MASS
    assert 6_321 * ONE < lock.conviction < 6_322 * ONE  # 10,000 * (1 - 1/e)
    assert roll(MASS, 934_866 * 1_000, perpetual=True).conviction <= MASS * ONE


@pytest.mark.parametrize("perpetual", [True, False])
def test_a_lock_on_the_owner_s_hotkey_has_full_conviction_at_once(perpetual: bool) -> None:
    for dt in (0, 1_000):
        lock = roll(5_000, dt, owner=True, perpetual=perpetual)
        assert lock.conviction == lock.locked_mass * ONE
        assert (lock.locked_mass == 5_000) == (perpetual or dt == 0)


def test_unequal_rates_have_a_closed_form() -> None:
    rates, dt = Rates(unlock=200_000, maturity=240_000), 10_000
    share = 200_000 * (true_decay(dt, 240_000) - true_decay(dt, 200_000)) / 40_000
    assert abs(roll(MASS, dt, rates).conviction / ONE - float(MASS * share)) < 1e-7


def test_nearly_equal_rates_keep_their_digits() -> None:
    rates, mass = Rates(unlock=1_142_108, maturity=1_142_109), 21 * 10**15
    left, matured = true_decay(1_142_108, rates.unlock), true_decay(1_142_108, rates.maturity)
    lock = roll(mass, 1_142_108, rates)
    assert abs(lock.locked_mass - mass * left) < 2_000
    assert abs(lock.conviction / ONE - float(mass * rates.unlock * (matured - left))) < 50_000


def test_a_rate_of_two_to_the_63_is_the_last_signed_word() -> None:
    half = 1 << 62
    share = 2 * (exp_decay(half, 2 * half) - exp_decay(half, half)) - 1  # 2^127 - 1 for 2^127: the last bit is lost
    assert roll(MASS, half, Rates(unlock=2 * half, maturity=half)).conviction == MASS * share


@pytest.mark.parametrize("rates", [Rates(0, 10), Rates(10, 0)])
def test_a_rate_of_zero_gives_no_conviction(rates: Rates) -> None:
    assert roll(MASS, 5, rates).conviction == 0


def test_two_steps_are_one() -> None:
    once, half = roll(10**9, 20_000), roll(10**9, 10_000)
    twice = roll_forward(half, 20_000, DEFAULT, owner=False, perpetual=False)
    assert abs(twice.locked_mass - once.locked_mass) <= 1
    assert abs(twice.conviction - once.conviction) < ONE // 10


def test_dust_is_nothing() -> None:
    dust = LockState(99, 99 * ONE, 100)
    assert is_dust(dust)
    assert not is_dust(dust._replace(locked_mass=100))
    assert not is_dust(dust._replace(conviction=100 * ONE))
    assert roll_forward(dust, 100, DEFAULT, owner=False, perpetual=False) == empty_lock(100)


def test_no_block_changes_nothing() -> None:
    lock = LockState(MASS, 7 * ONE, 100)
    for now in (100, 50):
        assert roll_forward(lock, now, DEFAULT, owner=False, perpetual=False) == lock


@given(mass=masses, dt=blocks, rates=st.builds(Rates, st.integers(0, 10**7), st.integers(0, 10**7)))
def test_a_lock_only_shrinks_and_conviction_stays_below_it(mass: int, dt: int, rates: Rates) -> None:
    lock = roll(mass, dt, rates)
    assert 0 <= lock.locked_mass <= mass
    assert 0 <= lock.conviction <= WORD_MAX
    if rates.unlock == rates.maturity:
        assert lock.conviction <= mass * ONE
    assert roll(mass, dt, rates, perpetual=True).conviction <= mass * ONE


# --- sums ---


@given(a=masses, b=masses)
def test_what_is_merged_can_be_taken_out_again(a: int, b: int) -> None:
    total = merge(LockState(a, a * ONE, 5), LockState(b, b, 7))
    assert reduce(total, b, b) == LockState(a, a * ONE, 7)
    assert reduce(total, a + b + 1, WORD_MAX) == empty_lock(7)


def test_taking_alpha_takes_conviction_in_proportion() -> None:
    lock = LockState(1_000, 800 * ONE, 3)
    assert force_reduce(lock, 250, 9) == LockState(750, 600 * ONE, 9)
    assert force_reduce(lock, 1_000, 9) == force_reduce(lock, 1_001, 9) == empty_lock(9)
    assert conviction_of_part(lock, 500) == 400 * ONE
    assert conviction_of_part(empty_lock(0), 500) == 0
