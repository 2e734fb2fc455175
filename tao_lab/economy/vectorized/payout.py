"""Paying out an epoch on a whole subnet at once, compiled.

`dividends` divides the pots of a subnet, and `share_pool` changes the stakes that are paid. The functions here do both
for a table with one row for each hotkey, equal to the last bit, if no hotkey has parents. If 128 bits are not enough,
they give up, and the caller computes hotkey by hotkey. Read those two modules first: they have the formulas and their
sources.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.compiled import njit
from tao_lab.economy.share_pool import MOST_EXPONENT, MOST_MANTISSA
from tao_lab.economy.vectorized.uint128 import (
    ZERO,
    add,
    divide,
    divide_by_word,
    less,
    product,
    scale,
    shift_left,
    shift_right,
    subtract,
)

HOTKEY = np.dtype(
    [
        ("server", "u8"),  # of the epoch, rao
        ("validator", "u8"),
        ("alpha", "u8"),  # staked on the hotkey before the pay-out, rao
        ("root", "u8"),  # the same on root, rao of TAO
        ("take", "u8"),  # raw U96F32 value of at most one
        ("on_root", "u1"),  # whether it has a UID there
        ("immune", "u1"),  # a miner of the owner's: its incentive is not paid
        # stake
        ("rao", "u8"),  # TotalHotkeyAlpha
        ("shares", "u8", (3,)),  # TotalHotkeySharesV2: mantissa, low and high word, and exponent
        ("share", "u8", (3,)),  # AlphaV2 of the hotkey's owner
        # what it gets, rao
        ("cut", "u8"),  # of the subnet's owner
        ("alpha_take", "u8"),
        ("alpha_rest", "u8"),
        ("root_take", "u8"),
        ("root_rest", "u8"),
        ("last", "u8"),  # TotalHotkeyAlphaLastEpoch
        ("staked", "u1"),  # the hotkey has no stake yet: its owner gets the rest of alpha's dividend
    ]
)

Table = np.ndarray[Any, np.dtype[Any]]  # (n,) of HOTKEY
Word = Any
Wide = Any  # (high, low)
Number = Any  # (mantissa as a Wide, exponent): a SafeFloat

FRACTION = np.uint64(32)  # bits of U96F32
WORD_ONE = np.uint64(1 << 32)  # one in U96F32
LARGEST_AMOUNT = np.uint64(1 << 60)  # rao
LARGEST_EXPONENT = 1_000
TEN = np.uint64(10)
SPLIT = np.uint64(35)  # half of the bits of a mantissa
SPLIT_MASK = np.uint64((1 << 35) - 1)
MOST = (np.uint64(MOST_MANTISSA >> 64), np.uint64(MOST_MANTISSA & (1 << 64) - 1))
LEAST = (np.uint64(MOST_MANTISSA // 10 >> 64), np.uint64(MOST_MANTISSA // 10 & (1 << 64) - 1))
POWERS = np.array([(10**i >> 64, 10**i & (1 << 64) - 1) for i in range(MOST_EXPONENT + 2)], np.uint64)
NOTHING = (ZERO, ZERO)
NO_NUMBER = (NOTHING, 0)


# --- the pots ---------------------------------------------------------------------------------------------------


@njit
def part_of(amount: Wide, share: Word) -> Wide:
    """`U96F32.multiply` of a raw value of less than 2^96 and one of at most one."""
    high, middle, low = scale(amount, share)
    return (high << FRACTION) | (middle >> FRACTION), shift_right((middle, low), FRACTION)[1]


@njit
def ratio(a: Wide, b: Wide) -> Word:
    """`U96F32.divide` of a raw value of less than 2^96 by one at least as large; zero where that is zero."""
    return divide(shift_left(a, FRACTION), b)[1]


@njit
def whole_number(rao: Word) -> Wide:
    """`U96F32.number`."""
    return rao >> FRACTION, rao << FRACTION


@njit
def paid(word: Wide, take: Word) -> Any:
    """`payout`: what the owner takes and the rest, whole rao."""
    taken = part_of(word, take)
    return shift_right(taken, FRACTION)[1], shift_right(subtract(word, taken), FRACTION)[1]


@njit(cache=True)
def divide_pots(hotkeys: Table, for_alpha: Word, for_root: Word, tao_weight: Word) -> Any:
    """`dividend_distribution` and `payout`, where no hotkey has parents.

    Args:
        hotkeys: (n,) of HOTKEY; what each gets is written into it.
        for_alpha: rao for alpha's part.
        for_root: rao for root's part.
        tao_weight: raw U96F32 value of at most one.

    Returns:
        Whether everything could be computed, and whether any hotkey has a part of root's pot.
    """
    n = hotkeys.shape[0]
    if for_alpha >= LARGEST_AMOUNT or for_root >= LARGEST_AMOUNT or tao_weight > WORD_ONE:
        return False, False
    by_alpha, by_root = np.zeros((n, 2), np.uint64), np.zeros((n, 2), np.uint64)
    all_alpha, all_root = NOTHING, NOTHING
    for i in range(n):
        row = hotkeys[i]
        if row.validator >= LARGEST_AMOUNT or row.alpha >= LARGEST_AMOUNT or row.root >= LARGEST_AMOUNT:
            return False, False
        dividend, alpha = whole_number(row.validator), whole_number(row.alpha)
        total = add(alpha, product(row.root, tao_weight))
        part = dividend
        if total[0] != ZERO or total[1] != ZERO:
            part = part_of(dividend, ratio(alpha, total))
        by_alpha[i, 0], by_alpha[i, 1] = part
        all_alpha = add(all_alpha, part)
        if row.on_root:
            rest = subtract(dividend, part)
            by_root[i, 0], by_root[i, 1] = rest
            all_root = add(all_root, rest)
    assigned = False
    for i in range(n):
        row = hotkeys[i]
        word = part_of(whole_number(for_alpha), ratio((by_alpha[i, 0], by_alpha[i, 1]), all_alpha))
        row.alpha_take, row.alpha_rest = paid(word, row.take)
        word = part_of(whole_number(for_root), ratio((by_root[i, 0], by_root[i, 1]), all_root))
        row.root_take, row.root_rest = paid(word, row.take)
        assigned |= word[0] >> FRACTION != ZERO or shift_right(word, FRACTION)[1] != ZERO
    return True, assigned


# --- stakes -----------------------------------------------------------------------------------------------------


@njit
def normal(mantissa: Wide, exponent: Any) -> Number:
    """`safe_float` of less than 2^124."""
    if mantissa[0] == ZERO and mantissa[1] == ZERO:
        return NO_NUMBER
    while less(MOST, mantissa):
        high, rest = mantissa[0] // TEN, mantissa[0] % TEN
        mantissa = (high, divide_by_word(rest, mantissa[1], TEN)[0])
        exponent += 1
    while not less(LEAST, mantissa):
        low = product(mantissa[1], TEN)
        mantissa = (mantissa[0] * TEN + low[0], low[1])
        exponent -= 1
    return mantissa, exponent


@njit
def at_exponent(number: Number, exponent: Any) -> Wide:
    """A mantissa at a higher exponent."""
    power = POWERS[min(exponent - number[1], POWERS.shape[0] - 1)]
    return divide(number[0], (power[0], power[1]))


@njit
def plus(a: Number, b: Number) -> Number:
    """`add` of share_pool.py."""
    if a[0][0] == ZERO and a[0][1] == ZERO:
        return b
    if b[0][0] == ZERO and b[0][1] == ZERO:
        return a
    exponent = max(a[1], b[1])
    return normal(add(at_exponent(a, exponent), at_exponent(b, exponent)), exponent)


@njit
def times_over(a: Number, b: Number, c: Number) -> Number:
    """`mul_div` of numbers in normal form: in two steps, each with half of the bits of b."""
    if c[0][0] == ZERO and c[0][1] == ZERO:
        return NO_NUMBER
    upper, lower = shift_right(b[0], SPLIT)[1], b[0][1] & SPLIT_MASK
    first = scale(a[0], upper)
    high = divide((first[1], first[2]), c[0])
    taken = scale(c[0], high[1])
    rest = subtract((first[1], first[2]), (taken[1], taken[2]))
    second = scale(a[0], lower)
    low = divide(add(shift_left(rest, SPLIT), (second[1], second[2])), c[0])
    return normal(add(shift_left(high, SPLIT), low), a[1] + b[1] - c[1])


@njit
def grown(rao: Word, shares: Number, share: Number, more: Word) -> Any:
    """`change_stake` with added rao: the amount, all shares, and the staker's."""
    if more == ZERO:
        return rao, shares, share
    size = normal((ZERO, more), 0)
    if shares[0][0] == ZERO and shares[0][1] == ZERO:
        return rao + more, size, size
    moved = times_over(size, shares, normal((ZERO, rao), 0))
    return rao + more, plus(shares, moved), plus(share, moved)


@njit
def number_of(words: Any) -> Number:
    """A stored number."""
    return (words[1], words[0]), np.int64(words[2])


@njit
def is_normal(words: Any) -> Any:
    """Whether a stored number is in normal form, and its exponent is usual."""
    number, exponent = (words[1], words[0]), np.int64(words[2])
    if number[0] == ZERO and number[1] == ZERO:
        return exponent == 0
    return less(LEAST, number) and not less(MOST, number) and abs(exponent) < LARGEST_EXPONENT


@njit(cache=True)
def pay(hotkeys: Table) -> bool:
    """Stake the owner's cut, incentives, takes and dividends on each hotkey, in the order of the chain.

    Args:
        hotkeys: (n,) of HOTKEY, after `divide_pots`; stakes are changed in place.

    Returns:
        Whether everything could be computed; if not, the table must not be used any more.
    """
    for i in range(hotkeys.shape[0]):
        row = hotkeys[i]
        if not is_normal(row.shares) or not is_normal(row.share):
            return False
        if row.rao >= LARGEST_AMOUNT or row.server >= LARGEST_AMOUNT or row.cut >= LARGEST_AMOUNT:
            return False
        rao, shares, share = grown(row.rao, number_of(row.shares), number_of(row.share), row.cut)
        if not row.immune:
            rao, shares, share = grown(rao, shares, share, row.server)
        rao, shares, share = grown(rao, shares, share, row.alpha_take)
        row.staked = shares[0][0] == ZERO and shares[0][1] == ZERO
        if row.staked:
            rao, shares, share = grown(rao, shares, share, row.alpha_rest)
        else:
            rao += row.alpha_rest
        row.last = rao
        rao, shares, share = grown(rao, shares, share, row.root_take)
        row.rao = rao
        row.shares[0], row.shares[1], row.shares[2] = shares[0][1], shares[0][0], np.uint64(shares[1])
        row.share[0], row.share[1], row.share[2] = share[0][1], share[0][0], np.uint64(share[1])
    return True
