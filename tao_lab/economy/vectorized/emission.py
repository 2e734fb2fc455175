"""Emission of all subnets at once, compiled.

`subnet_shares`, `subnet_terms`, `swap`, `split` and `update_moving_price` compute one subnet. The functions here
compute a table with one row for each subnet, equal to the last bit. If 128 bits are not enough for an exact result (a
price above 256 TAO, a chain buy of more than a 64th of a pool, a power too close to a whole number), they give up, and
the caller computes subnet by subnet. Read the other modules first: they have the formulas and their sources.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.compiled import njit
from tao_lab.economy.block_emission import TOTAL_SUPPLY, block_emission
from tao_lab.economy.emission_gate import LARGEST as LARGEST_WORD
from tao_lab.economy.emission_gate import LOG2_E, E
from tao_lab.economy.swap import ACCURACY, MIN_WEIGHT, MINIMUM_RESERVE
from tao_lab.economy.vectorized.uint128 import (
    ONE,
    ZERO,
    add,
    divide,
    divide_by_word,
    high_product,
    less,
    multiply_divide,
    product,
    scale,
    shift_left,
    shift_right,
    subtract,
)

SUBNET = np.dtype(
    [
        ("netuid", "u8"),
        # written in every block, one word each
        ("tao", "u8"),  # SubnetTAO, rao
        ("alpha", "u8"),  # SubnetAlphaIn, rao
        ("quote_weight", "u8"),  # SwapBalancer, parts of 10^18
        ("flow", "i8"),  # SubnetProtocolFlow, rao
        ("bought", "u8"),  # SubnetProtocolAlpha, rao
        ("outside", "u8"),  # SubnetAlphaOut, rao
        ("issuance", "u8"),  # AlphaAssets.TotalAlphaIssuance, rao
        ("recycled", "u8"),  # AlphaAssets.AlphaRecycled, rao
        ("owner", "u8"),  # PendingOwnerCut, rao
        ("server", "u8"),  # PendingServerEmission, rao
        ("validator", "u8"),  # PendingValidatorEmission, rao
        ("root", "u8"),  # PendingRootAlphaDivs, rao
        ("excess_tao", "u8"),  # SubnetExcessTao, rao
        ("tao_in", "u8"),  # SubnetTaoInEmission, rao
        ("alpha_in", "u8"),  # SubnetAlphaInEmission, rao
        ("alpha_out", "u8"),  # SubnetAlphaOutEmission, rao
        # two words: low, high
        ("volume", "u8", (2,)),  # SubnetVolume, rao
        ("moving_price", "u8", (2,)),  # SubnetMovingPrice, raw I96F32 value
        ("root_prop", "u8", (2,)),  # RootProp, raw U96F32 value
        ("miner_burned", "u8", (2,)),  # MinerBurned, raw U96F32 value
        # for shares
        ("started", "u8"),  # FirstEmissionBlockNumber
        ("halving", "u8"),  # EMAPriceHalvingBlocks
        # switches; they come last, so that all numbers are whole words of a row
        ("enabled", "u1"),  # SubnetEmissionEnabled
        ("cut_enabled", "u1"),  # OwnerCutEnabled
    ]
)

Table = np.ndarray[Any, np.dtype[Any]]  # (n,) of SUBNET
Word = Any

PARTS = np.uint64(ACCURACY)
HALF_PART = np.uint64(ACCURACY // 2)
LEAST_WEIGHT = np.uint64(MIN_WEIGHT)
LEAST_RESERVE = np.uint64(MINIMUM_RESERVE)
FRACTION = np.uint64(32)  # bits of U96F32
LARGEST_PRICE = np.uint64(1 << 40)  # 256 TAO, I96F32
LARGEST_SWAP_PRICE = np.uint64(1 << 16)  # TAO, far below the limit of a swap
LARGEST_AMOUNT = np.uint64(1 << 60)  # rao
LARGEST_CREDIT = np.uint64(1 << 31)  # rao a block
ROUNDING = np.uint64(1 << 16)  # of 2^64: a power that is nearer to a whole number than this counts as not exact
WORD_ONE = np.uint64(1 << 32)  # one in U96F32 and I32F32
LOW_HALF = np.uint64((1 << 32) - 1)
LOG2_E_WORD, EULER = np.uint64(LOG2_E), np.uint64(E)
LARGEST, LARGEST_WHOLE = np.uint64(LARGEST_WORD), np.uint64(((1 << 31) - 1) << 32)  # of I32F32
TERMS = 32  # of the series of an exponential
LARGEST_EXPONENT = np.uint64(1 << 36)  # 16, I32F32


# x // k is x * RECIPROCALS[k] >> 64 + SHIFTS[k] for x below 2^63; a division would take longer.
SHIFTS = np.array([0, 0, *((k - 1).bit_length() - 1 for k in range(2, TERMS))], np.uint64)
RECIPROCALS = np.array([0, 0, *((1 << 64 + int(SHIFTS[k])) // k + 1 for k in range(2, TERMS))], np.uint64)


def _halvings() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The issuances at which emission falls, and the emission after each."""
    steps, emissions, low = [], [block_emission(0)], 0
    while low < TOTAL_SUPPLY:
        below, above = low, TOTAL_SUPPLY
        while below + 1 < above:
            middle = (below + above) // 2
            below, above = (middle, above) if block_emission(middle) == emissions[-1] else (below, middle)
        steps.append(above)
        emissions.append(block_emission(above))
        low = above
    return np.array(steps, np.uint64), np.array(emissions, np.uint64)


STEPS, EMISSIONS = _halvings()


@njit
def emission_of(issuance: Word) -> Word:
    """`block_emission`."""
    step = 0
    while step < STEPS.shape[0] and issuance >= STEPS[step]:
        step += 1
    return EMISSIONS[step]


# --- shares -----------------------------------------------------------------------------------------------------


@njit
def normalize(words: Any) -> None:
    """Divide raw U64F64 values of at most one (n, 2), high word first, by their sum of at most one."""
    total = (ZERO, ZERO)
    for i in range(words.shape[0]):
        total = add(total, (words[i, 0], words[i, 1]))
    for i in range(words.shape[0]):
        if words[i, 0] == ZERO:  # otherwise it is 1, and the others are 0
            quotient = divide((words[i, 1], ZERO), total)
            words[i, 0], words[i, 1] = quotient


@njit
def demand_of(subnets: Any, shares: Any) -> None:
    """`demand_shares`: raw U64F64 values (n, 2), high word first."""
    n = subnets.shape[0]
    total = ZERO
    for i in range(n):
        total += subnets[i].moving_price[0]
    weights = np.zeros((n, 2), np.uint64)
    for i in range(n):
        share = divide((subnets[i].moving_price[0], ZERO), (ZERO, total))
        shares[i, 0], shares[i, 1] = share
        burned = subnets[i].miner_burned[0]
        if burned == ZERO:
            weights[i, 0], weights[i, 1] = share
        elif burned < WORD_ONE:
            part = scale(share, ZERO - (burned << FRACTION))
            weights[i, 0], weights[i, 1] = part[0], part[1]
    if weights.any():
        normalize(weights)
        shares[:] = weights


@njit
def shares_of(subnets: Any, bar: Any, exponent: Word, shares: Any) -> None:
    """`subnet_shares`: U64F64 words (n, 2), high word first.

    Args:
        subnets: (n,) of SUBNET.
        bar: of the gate, U64F64 pair of at most one; zero: no gate.
        exponent: of the gate, I32F32 word below 2^36.
        shares: (n, 2) of uint64, written.
    """
    demand_of(subnets, shares)
    if bar[0] != ZERO or bar[1] != ZERO:
        powers = np.zeros(shares.shape[0], np.uint64)
        for i in range(shares.shape[0]):
            if shares[i, 0] != ZERO or shares[i, 1] != ZERO:
                powers[i] = ratio_of(bar, (shares[i, 0], shares[i, 1]))
        raise_to(powers, exponent)
        passed = np.zeros_like(shares)
        for i in range(shares.shape[0]):
            if shares[i, 0] != ZERO or shares[i, 1] != ZERO:
                part = passed_of((shares[i, 0], shares[i, 1]), powers[i])
                passed[i, 0], passed[i, 1] = part
        if passed.any():
            normalize(passed)
            shares[:] = passed
    disabled = False
    for i in range(shares.shape[0]):
        if subnets[i].enabled == 0:
            disabled = True
            shares[i, 0] = shares[i, 1] = ZERO
    if disabled:
        normalize(shares)


# --- emission gate ----------------------------------------------------------------------------------------------


@njit
def ratio_of(bar: Any, share: Any) -> Word:
    """The bar divided by a share above zero, I32F32."""
    if share[0] != ZERO:
        ratio = bar
    elif bar[0] == ZERO:
        ratio = divide((bar[1], ZERO), share)
    else:
        ratio = inverse(share) if share[1] != ONE else (ZERO, ZERO)  # a quotient that does not fit is zero
    return LARGEST if ratio[0] >> np.uint64(31) else shift_right(ratio, FRACTION)[1]


@njit
def passed_of(share: Any, power: Word) -> Any:
    """The part of a share above zero that passes the gate: `passing` times the share."""
    if power == ZERO:
        return share
    gate = inverse(((power >> FRACTION) + ONE, power << FRACTION))[1]
    return (ZERO, gate) if share[0] != ZERO else (ZERO, product(share[1], gate)[0])


@njit
def inverse(number: Any) -> Any:
    """2^128 // number, of a number above one part of 2^64."""
    quotient = divide((~ZERO, ~ZERO), number)
    if quotient[0] != ZERO or quotient[1] == ~ZERO:  # then the number has one word, or just two
        after = add(quotient, (ZERO, ONE))
        low, high = product(number[1], after[1]), number[1] * after[0] + number[0] * after[1]
        return after if low[1] == ZERO and low[0] + high == ZERO else quotient
    rest = scale(number, quotient[1] + ONE)
    return (ZERO, quotient[1] + ONE) if rest[1] == ZERO and rest[2] == ZERO else quotient


# Each step of a logarithm or an exponential needs the one before. So all subnets take a step before the next one: while
# one waits for its product, the processor computes those of others.


@njit
def raise_to(values: Any, exponent: Word) -> None:
    """`power` of I32F32 words (n,), in place: e^(exponent * ln(value)), the largest whole number if it does not fit."""
    n = values.shape[0]
    sizes, negative = np.zeros(n, np.uint64), np.zeros(n, np.bool_)
    for i in range(n):
        negative[i] = values[i] < WORD_ONE
        if values[i] < np.uint64(3):  # the inverse of 1 or 2 does not fit; 0 has no logarithm
            sizes[i] = WORD_ONE
        else:
            sizes[i] = divide((ONE, ZERO), (ZERO, values[i]))[1] if negative[i] else values[i]
    take_log2(sizes)
    for i in range(n):
        logarithm = divide(shift_left((ZERO, sizes[i]), FRACTION), (ZERO, LOG2_E_WORD))[1]
        scaled = product(exponent, logarithm)
        sizes[i] = shift_right(scaled, FRACTION)[1]
        if negative[i] and scaled[1] & LOW_HALF:  # cut towards minus infinity
            sizes[i] += ONE
    powers = exp_of(sizes)
    for i in range(n):
        if values[i] < np.uint64(3):
            values[i] = ZERO
        elif sizes[i] == ZERO:
            values[i] = WORD_ONE
        elif sizes[i] == WORD_ONE and not negative[i]:
            values[i] = EULER
        elif powers[i] == ZERO:
            values[i] = LARGEST_WHOLE
        else:
            values[i] = divide((ONE, ZERO), (ZERO, powers[i]))[1] if negative[i] else powers[i]


@njit
def take_log2(words: Any) -> None:
    """Logarithms to base 2 of I32F32 words of at least one (n,), in place."""
    n = words.shape[0]
    logarithms = np.zeros(n, np.uint64)
    for i in range(n):
        while words[i] >= WORD_ONE << ONE:
            logarithms[i] += ONE
            words[i] = (words[i] >> ONE) + (words[i] & ONE)
    for _ in range(32):
        for i in range(n):
            fraction = words[i] & LOW_HALF  # (1 + f)^2 = 1 + 2f + f^2, and 64 bits are enough for f^2
            word = WORD_ONE + (fraction << ONE) + (fraction * fraction >> FRACTION)
            bit = word >> (FRACTION + ONE)  # a branch here would be wrong half of the time
            logarithms[i] = (logarithms[i] << ONE) | bit
            words[i] = (word >> bit) + (word & bit)
    words[:] = logarithms


@njit
def exp_of(sizes: Any) -> Any:
    """E to I32F32 words (n,); zero where that does not fit."""
    n = sizes.shape[0]
    terms, results = sizes.copy(), sizes + WORD_ONE
    fits = np.ones(n, np.bool_)
    for k in range(2, TERMS):
        rest = ZERO
        for i in range(n):
            longer = shift_right(product(terms[i], sizes[i]), FRACTION)
            terms[i] = product(longer[1], RECIPROCALS[k])[0] >> SHIFTS[k]  # longer // k
            results[i] += terms[i]
            fits[i] &= longer[0] == ZERO and longer[1] <= LARGEST and results[i] <= LARGEST
            rest |= terms[i]
        if rest == ZERO:  # and so are all others
            break
    return np.where(fits, results, ZERO)


# --- pool -------------------------------------------------------------------------------------------------------


@njit
def price_of(tao: Word, alpha: Word, quote_weight: Word) -> Any:
    """`price` of swap.py: raw U64F64 value of less than 2^96, (high, low); all bits 1 if it is larger."""
    if alpha == ZERO:
        return ZERO, ZERO
    weights = divide((PARTS - quote_weight, ZERO), (ZERO, quote_weight))
    reserves = divide((tao, ZERO), (ZERO, alpha))
    low = scale(reserves, weights[1])
    high = scale(reserves, weights[0])
    price = add((low[0], low[1]), (high[1], high[2]))
    if high[0] != ZERO or price[0] >= WORD_ONE:
        return ~ZERO, ~ZERO
    return price


@njit
def weighted(weight: Word, amount: Any) -> Any:
    """An amount of less than 2^120 times a weight in parts of 10^18, rounded to the nearest."""
    quotient = divide(amount, (ZERO, PARTS))
    rest = subtract(amount, product(quotient[1], PARTS))[1]
    rounded = divide(add(product(rest, weight), (ZERO, HALF_PART)), (ZERO, PARTS))
    return add(product(quotient[1], weight), rounded)


@njit
def weight_after(tao: Word, alpha: Word, quote_weight: Word, tao_in: Word, alpha_in: Word) -> Word:
    """`weight_after_adding` of swap.py; 0 if there is no such weight or it does not fit."""
    new_base, new_quote = product(tao, alpha + alpha_in), product(alpha, tao + tao_in)
    if new_base[0] >> np.uint64(56) or new_quote[0] >> np.uint64(56):
        return ZERO
    base = weighted(PARTS - quote_weight, new_base)
    quote = weighted(quote_weight, new_quote)
    total = add(base, quote)
    if total[0] == ZERO and total[1] == ZERO:
        return ZERO
    parts = multiply_divide(quote, PARTS, total)
    return parts if LEAST_WEIGHT <= parts <= PARTS - LEAST_WEIGHT else ZERO


@njit
def series(x: Any, exponential: bool) -> Any:
    """Of a fraction x of 2^128: ln(1 + x), or with `exponential` 1 - e^-x; x is below 1/4."""
    total, term, k = x, x, ONE
    while True:
        k += ONE
        term = high_product(term, x)
        if exponential:
            term = (term[0] // k, divide_by_word(term[0] % k, term[1], k)[0])
        if term[0] == ZERO and term[1] == ZERO:
            return total
        part = term if exponential else (term[0] // k, divide_by_word(term[0] % k, term[1], k)[0])
        total = add(total, part) if k & ONE else subtract(total, part)


@njit
def bought_for(tao: Word, alpha: Word, quote_weight: Word, paid: Word) -> Word:
    """Alpha that TAO buys without a fee and without a limit (`swap`); 0 if 128 bits are not enough."""
    if paid >= tao >> np.uint64(6) or alpha < LEAST_RESERVE:
        return ZERO
    high, rest = divide_by_word(paid, ZERO, tao)
    logarithm = series((high, divide_by_word(rest, ZERO, tao)[0]), False)
    base_weight = PARTS - quote_weight
    top, middle, low = scale(logarithm, quote_weight)
    if top >= base_weight:
        return ZERO
    high, rest = divide_by_word(top, middle, base_weight)
    if high >> np.uint64(62) != ZERO:
        return ZERO
    gone, fraction, _ = scale(series((high, divide_by_word(rest, low, base_weight)[0]), True), PARTS)
    if fraction < ROUNDING or fraction > ~ROUNDING:
        return ZERO
    remaining = divide((PARTS - gone - ONE, ZERO), (ZERO, PARTS))
    return product(alpha, ZERO - remaining[1])[0]


# --- one block --------------------------------------------------------------------------------------------------


@njit
def proportion_of(root: Any, issuance: Word) -> Word:
    """`root_proportion`, from root's weighted TAO as a raw U96F32 value of less than 2^96."""
    return divide(shift_left(root, FRACTION), add(root, shift_left((ZERO, issuance), FRACTION)))[1]


@njit(cache=True)
def emit(subnets: Table, credit: Word, root_tao: Word, tao_weight: Word, owner_cut: Word, gate: Any) -> bool:
    """One block's TAO and alpha to pools and pots.

    Args:
        subnets: (n,) of SUBNET, sorted by netuid; changed in place.
        credit: Rao of TAO to divide.
        root_tao: Rao staked on root.
        tao_weight: raw U96F32 value.
        owner_cut: raw U96F32 value.
        gate: bar of the emission gate, a raw U64F64 value in two halves, and its exponent, a raw I32F32 value.

    Returns:
        Whether everything could be computed; if not, the table must not be used any more.
    """
    n = subnets.shape[0]
    root = product(root_tao, tao_weight)
    if credit >= LARGEST_CREDIT or root[0] >= WORD_ONE or gate[2] >= LARGEST_EXPONENT:
        return False
    if gate[0] > ONE or (gate[0] == ONE and gate[1] != ZERO):
        return False
    worth = ZERO
    for i in range(n):
        row = subnets[i]
        worth += row.moving_price[0]
        for amount in (row.tao, row.alpha, row.outside, row.issuance, row.bought, row.recycled):
            if amount >= LARGEST_AMOUNT:
                return False
        for pot in (row.owner, row.server, row.validator, row.root):
            if pot >= LARGEST_AMOUNT:
                return False
        if row.moving_price[1] != ZERO or row.moving_price[0] >= LARGEST_PRICE:
            return False
        if row.miner_burned[1] != ZERO or row.miner_burned[0] > WORD_ONE or row.volume[1] != ZERO:
            return False
        if not LEAST_WEIGHT <= row.quote_weight <= PARTS - LEAST_WEIGHT or abs(row.flow) >= 1 << 60:
            return False
    shares = np.zeros((n, 2), np.uint64)
    shares_of(subnets, (gate[0], gate[1]), gate[2], shares)
    spent = ZERO
    for i in range(n):
        share = (credit, ZERO) if shares[i, 0] else product(credit, shares[i, 1])
        if not emit_to(subnets[i : i + 1], shift_right(share, FRACTION)[1], root):
            return False
        spent += subnets[i].excess_tao + subnets[i].tao_in
        fill(subnets[i : i + 1], root, owner_cut, worth > WORD_ONE)
    return spent <= credit


@njit
def emit_to(row: Table, emission: Word, root: Any) -> bool:
    """`subnet_terms`, and injection and chain buy with them; `emission` is a raw U96F32 value."""
    subnet = row[0]
    price = price_of(subnet.tao, subnet.alpha, subnet.quote_weight)
    if price[0] >= WORD_ONE:
        return False
    price_word = shift_right(price, FRACTION)[1]
    alpha_out = emission_of(subnet.alpha + subnet.outside)
    alpha_in = divide(shift_left((ZERO, emission), FRACTION), (ZERO, price_word))
    if alpha_out == ZERO:
        return False
    cap = proportion_of(root, subnet.alpha + subnet.outside) * alpha_out
    tao_in = emission
    if less((ZERO, cap), alpha_in):
        alpha_in = (ZERO, cap)
        tao_in = shift_right(product(cap, price_word), FRACTION)[1]
    excess = (emission - min(tao_in, emission)) >> FRACTION
    tao, alpha = tao_in >> FRACTION, alpha_in[1] >> FRACTION
    if excess != ZERO:
        if price[0] >= LARGEST_SWAP_PRICE:
            return False
        received = bought_for(subnet.tao, subnet.alpha, subnet.quote_weight, excess)
        if received == ZERO:
            return False
        subnet.alpha -= received
        subnet.outside += received
        subnet.bought += received
        subnet.volume[0] += excess
        subnet.tao += excess
    subnet.quote_weight = weight_after(subnet.tao, subnet.alpha, subnet.quote_weight, tao, alpha)
    if subnet.quote_weight == ZERO:
        return False
    subnet.tao += tao
    subnet.flow += np.int64(excess + tao)
    subnet.alpha += alpha
    subnet.issuance += alpha
    subnet.excess_tao, subnet.tao_in, subnet.alpha_in, subnet.alpha_out = excess, tao, alpha, alpha_out
    return True


@njit
def fill(row: Table, root: Any, owner_cut: Word, sells: bool) -> None:
    """`split`, and its parts into the pots."""
    subnet = row[0]
    subnet.outside += subnet.alpha_out
    subnet.issuance += subnet.alpha_out
    owner = subnet.alpha_out * owner_cut if subnet.cut_enabled else ZERO
    rest = (subnet.alpha_out << FRACTION) - owner
    proportion = proportion_of(root, subnet.alpha + subnet.outside)
    for_root = shift_right(product(proportion, rest), FRACTION)[1] >> ONE
    server = rest >> ONE
    subnet.owner += owner >> FRACTION
    subnet.server += server >> FRACTION
    subnet.validator += (rest - server - for_root) >> FRACTION
    part = for_root >> FRACTION
    if sells:
        subnet.root += part
    else:
        subnet.outside -= part
        subnet.recycled += part
        subnet.issuance -= part


@njit(cache=True)
def settle(subnets: Table, block: Word, root_tao: Word, tao_weight: Word, moving_alpha: Word) -> bool:
    """`update_moving_price` and `root_proportion` of every subnet.

    Args:
        subnets: (n,) of SUBNET; changed in place.
        block: Height.
        root_tao: Rao staked on root.
        tao_weight: raw U96F32 value.
        moving_alpha: raw I96F32 value of at most one.

    Returns:
        Whether all of it could be computed.
    """
    root = product(root_tao, tao_weight)
    if moving_alpha > WORD_ONE or root[0] >= WORD_ONE:
        return False
    for i in range(subnets.shape[0]):
        row = subnets[i]
        price = price_of(row.tao, row.alpha, row.quote_weight)
        began = row.started - ONE if row.started else ZERO
        age = block - began if block > began else ZERO
        if row.moving_price[1] != ZERO or row.moving_price[0] >= LARGEST_PRICE or price[0] >= WORD_ONE:
            return False
        if row.halving == ZERO or row.halving >= LARGEST_AMOUNT:
            return False
        grown = divide((age, ZERO), (ZERO, age + row.halving))[1]
        step = shift_right(product(moving_alpha, grown), FRACTION)[1]
        moved = (ZERO, step) if price[0] != ZERO else (ZERO, product(step, price[1])[0])
        before = row.moving_price[0]
        kept = product(ZERO - step, before) if step != ZERO else (before, ZERO)
        moved = add(moved, shift_right(kept, FRACTION))
        row.moving_price[0] = shift_right(moved, FRACTION)[1]
        row.root_prop[0] = proportion_of(root, row.alpha + row.outside)
        row.root_prop[1] = ZERO
    return True
