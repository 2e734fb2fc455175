"""Share pools, numbers of the public chain's tests (`primitives/share-pool/src/lib.rs`, `mod tests`)."""

from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy.share_pool import (
    ZERO,
    Pool,
    add,
    change_stake,
    exact_difference,
    mul_div,
    safe_float,
    share_value,
    subtract,
    to_rao,
)

amounts = st.integers(1, 21 * 10**15)


def test_a_share_is_worth_its_part_of_the_pool() -> None:
    pool = Pool(100, safe_float(10))  # test_get_value: shares of 3 and 7 in 100
    assert share_value(pool, safe_float(3)) == 30
    assert share_value(pool, safe_float(7)) == 70
    assert share_value(Pool(100, ZERO), safe_float(3)) == 0


def test_numbers_keep_21_digits() -> None:
    assert safe_float(1) == (10**21, -21)
    assert safe_float(10**21 + 1) == (10**21, 0)
    assert safe_float(12_345, 3) == (123_450_000_000_000_000_000, -13)
    assert to_rao(safe_float(7, 3)) == 7_000
    assert to_rao(safe_float(79, -1)) == 7
    assert to_rao(safe_float(1, 30)) == 2**64 - 1


def test_arithmetic_aligns_exponents() -> None:
    assert add(safe_float(1), safe_float(10**20)) == safe_float(10**20 + 1)
    assert subtract(safe_float(5), safe_float(7)) == ZERO
    assert subtract(ZERO, safe_float(7)) == ZERO
    assert add(ZERO, safe_float(7)) == safe_float(7) == add(safe_float(7), ZERO)
    assert exact_difference(safe_float(10**20), safe_float(1)) == safe_float(10**20 - 1)
    assert exact_difference(safe_float(10**21, 5), safe_float(1)) == safe_float(10**21 - 1, 5)  # rounded down
    assert exact_difference(safe_float(7), ZERO) == safe_float(7)
    assert mul_div(safe_float(6), safe_float(7), safe_float(2)) == safe_float(21)
    assert mul_div(safe_float(6), safe_float(7), ZERO) == ZERO


@given(st.lists(amounts, min_size=1, max_size=6), st.integers(0, 10**12))
def test_dividends_are_shared_and_nobody_takes_more_than_the_pool_has(stakes: list[int], dividends: int) -> None:
    pool, shares = Pool(0, ZERO), []
    for rao in stakes:
        pool, share = change_stake(pool, ZERO, rao)
        shares.append(share)
    values = [share_value(pool, share) for share in shares]
    assert all(abs(value - rao) <= 1 for value, rao in zip(values, stakes, strict=True))
    richer = Pool(pool.rao + dividends, pool.shares)
    after = [share_value(richer, share) for share in shares]
    assert all(new >= old for new, old in zip(after, values, strict=True))
    assert sum(after) <= richer.rao + len(stakes)


@given(amounts, amounts)
def test_what_goes_in_comes_out_again(first: int, second: int) -> None:
    pool, mine = change_stake(Pool(0, ZERO), ZERO, first)
    pool, theirs = change_stake(pool, ZERO, second)
    quoted = share_value(pool, theirs)
    pool, left = change_stake(pool, theirs, -quoted)
    assert abs(share_value(pool, mine) - first) <= 1
    assert left == (ZERO if quoted else theirs)  # no fraction of a share stays behind


@given(amounts, amounts, st.integers(0, 10**9), amounts)
def test_the_parts_never_exceed_the_whole(first: int, second: int, dividends: int, out: int) -> None:
    pool, mine = change_stake(Pool(0, ZERO), ZERO, first)
    pool, theirs = change_stake(Pool(pool.rao + dividends, pool.shares), ZERO, second)
    pool, theirs = change_stake(pool, theirs, -min(out, share_value(pool, theirs)))
    assert share_value(pool, mine) + share_value(pool, theirs) <= pool.rao + 1
    assert max(share_value(pool, mine), share_value(pool, theirs)) <= pool.rao


def test_an_exit_from_a_pool_that_does_not_divide_leaves_nothing() -> None:
    """Pull request 3192 (spec 469): 10 rao read back as 9, and a rest stayed."""
    pool, mine = change_stake(Pool(0, ZERO), ZERO, 3)
    pool, theirs = change_stake(Pool(7, pool.shares), ZERO, 10)
    quoted = share_value(pool, theirs)
    assert quoted == 9
    pool, theirs = change_stake(pool, theirs, -quoted)
    assert (theirs, pool.rao, share_value(pool, mine)) == (ZERO, 8, 8)


def test_an_empty_pool_has_no_shares() -> None:
    pool, mine = change_stake(Pool(0, ZERO), ZERO, 7)
    assert change_stake(pool, mine, -7) == (Pool(0, ZERO), ZERO)
    assert change_stake(pool, mine, -8) == (Pool(0, ZERO), ZERO)
    assert change_stake(pool, mine, 0) == (pool, mine)


def test_whoever_loses_more_than_a_share_loses_the_share_only() -> None:
    pool, mine = change_stake(Pool(0, ZERO), ZERO, 7)
    pool, theirs = change_stake(pool, ZERO, 3)
    assert change_stake(pool, theirs, -5) == (Pool(5, mine), ZERO)


def test_a_part_is_not_worth_more_than_the_pool() -> None:
    assert share_value(Pool(100, safe_float(10)), safe_float(11)) == 100


def test_a_rest_that_is_worth_one_rao_stays() -> None:
    assert change_stake(Pool(10, safe_float(10)), safe_float(3), -2) == (Pool(8, safe_float(8)), safe_float(1))
