"""An epoch in one compiled call, with the chain's exact numbers.

`epoch` computes step by step on whole arrays, so that every step can be looked at. The chain needs only what it stores.
The functions here compute just that, neuron by neuron, and skip the zeros that most of a matrix consists of. They leave
liquid alpha to `epoch`. Read `tao_lab.consensus` first: it has the formulas and their sources.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.compiled import njit
from tao_lab.consensus.types import Array, EpochInput, EpochTerms, SparseRows
from tao_lab.fixed import FRACTION_BITS, ONE, divide_words, multiply_words, scale_amount
from tao_lab.units import U16_MAX, U64_MAX

NEURON = np.dtype(
    [
        # state of the subnet, as in `EpochInput`
        ("stake", "u8"),
        ("stake_fraction", "u8"),
        ("last_update", "u8"),
        ("registered_at", "u8"),
        ("commit_block", "u8"),
        ("had_permit", "?"),  # in this epoch
        # what the chain stores, as in `EpochTerms`
        ("active", "?"),
        ("validator_permit", "?"),
        ("bonds_written", "?"),
        ("stake_weight", "u2"),
        ("consensus", "u2"),
        ("validator_trust", "u2"),
        ("incentive", "u2"),
        ("dividends", "u2"),
        ("server_emission", "u8"),
        ("validator_emission", "u8"),
        ("emission", "u8"),
    ]
)
SETTINGS = np.dtype(
    [
        ("oldest_update", "u8"),  # block; an update before it is too old
        ("bonds_kept_before", "u8"),  # block; miners that registered later lose their bonds
        ("min_stake", "u8"),
        ("emission", "u8"),
        ("owner_uid", "i8"),  # -1: none
        ("max_validators", "i8"),
        ("kappa", "i8"),
        ("bonds_penalty", "i8"),
        ("bonds_moving_average", "i8"),
        ("yuma3", "?"),
    ]
)
TERMS = tuple(name for name in NEURON.names or () if name in EpochTerms.__dataclass_fields__)

Neurons = Any  # (n,) of NEURON
Settings = Any  # one of SETTINGS
Rows = Any  # starts (n + 1,), int64, and entries (m, 2), u16: UID and value, as the chain stores them
Word = Any  # one number of 64 bits inside compiled code

MOST_NEURONS = 1 << 13  # their weights sum to less than 2^29
LARGEST_STAKE = np.uint64(1 << 62)  # rao, of the whole subnet
FRACTION = np.uint64(FRACTION_BITS)
MILLION = 1_000_000
NO_OWNER = -1
BIT, TOP_BIT = np.uint64(1), np.uint64(63)


def epoch_terms(inputs: EpochInput) -> EpochTerms | None:
    """What the chain stores after an epoch: `epoch(inputs).terms()`; None if that must be computed by `epoch`.

    Args:
        inputs: state of the subnet.
    """
    liquid = inputs.yuma3 and inputs.liquid_alpha is not None
    if liquid or inputs.n > MOST_NEURONS or inputs.stake.sum() >= LARGEST_STAKE:
        return None
    neurons = np.zeros(inputs.n, NEURON)
    neurons["had_permit"] = inputs.validator_permit
    for name in ("stake", "last_update", "registered_at"):
        neurons[name] = getattr(inputs, name)
    neurons["commit_block"] = U64_MAX if inputs.commit_block is None else inputs.commit_block
    neurons["stake_fraction"] = 0 if inputs.stake_fraction is None else inputs.stake_fraction
    starts, entries = new_rows(neurons, _settings(inputs), _rows(inputs.weights), _rows(inputs.bonds))
    uids, values = entries.T.astype(np.int64, order="C")
    return EpochTerms(bonds=SparseRows(starts, uids, values), **{name: neurons[name] for name in TERMS})


def _rows(rows: SparseRows) -> Rows:
    entries = np.empty((len(rows.uids), 2), np.uint16)
    entries[:, 0], entries[:, 1] = rows.uids, rows.values
    return np.ascontiguousarray(rows.starts, np.int64), entries


def new_rows(neurons: Neurons, settings: Settings, weights: Rows, bonds: Rows) -> Rows:
    """Run an epoch; gives the rows of bonds after it.

    Args:
        neurons: (n,) of NEURON; what the chain stores is written into it.
        settings: (1,) of SETTINGS.
        weights: rows of weights.
        bonds: rows of bonds after the previous epoch.
    """
    starts = np.zeros(len(neurons) + 1, np.int64)
    entries = np.empty((len(weights[1]) + len(bonds[1]), 2), np.uint16)
    run_epoch(neurons, settings, weights, bonds, (starts, entries))
    return starts, entries[: starts[-1]]


def _settings(inputs: EpochInput) -> Settings:
    last_tempo = inputs.last_step_block + 1 if inputs.last_step_block else max(inputs.block - inputs.tempo, 0)
    settings = (
        max(inputs.block - inputs.activity_cutoff, 0),
        min(last_tempo, U64_MAX),
        inputs.min_stake,
        inputs.emission,
        NO_OWNER if inputs.owner_uid is None else inputs.owner_uid,
        inputs.max_validators,
        inputs.kappa,
        inputs.bonds_penalty,
        inputs.bonds_moving_average,
        inputs.yuma3,
    )
    return np.array([settings], SETTINGS)


@njit(cache=True)
def run_epoch(neurons: Neurons, all_settings: Settings, weight_rows: Rows, bond_rows: Rows, new_bonds: Rows) -> None:
    """Run an epoch of Yuma 2 or 3.

    Args:
        neurons: (n,) of NEURON; what the chain stores is written into it.
        all_settings: (1,) of SETTINGS.
        weight_rows: rows of weights.
        bond_rows: rows of bonds after the previous epoch.
        new_bonds: rows of bonds after this one, written; with room for all entries of the other two.
    """
    settings = all_settings[0]
    if settings.owner_uid != NO_OWNER and settings.owner_uid < neurons.shape[0]:
        neurons[settings.owner_uid].had_permit = True
    shares = stake_shares(neurons, settings)
    seats(neurons, settings, shares)
    voices = active_stake(neurons, settings, shares)
    validators = validators_of(neurons, bond_rows[0])
    weights = normalized_weights(neurons, settings, validators, weight_rows)
    bonds = kept_bonds(neurons, settings, validators, bond_rows)
    consensus = medians(voices[validators], weights, settings.kappa)
    incentive = clip(neurons, settings, validators, voices, weights, consensus)
    if settings.yuma3:
        dividends = move_bonds_yuma3(settings, voices[validators], weights, bonds, incentive)
    else:
        dividends = move_bonds_yuma2(settings, voices[validators], weights, bonds, incentive)
    pay(neurons, settings, validators, dividends, incentive, shares, voices)
    store_bonds(neurons, validators, weights, new_bonds)


# --- numbers ----------------------------------------------------------------------------------------------------


@njit(inline="always")
def times(a: Word, b: Word) -> Word:
    """Product of two proportions."""
    if a == ONE or b == ONE:  # the only products of proportions that need 65 bits
        return b if a == ONE else a
    return np.int64((np.uint64(a) * np.uint64(b)) >> FRACTION)


@njit
def normalize(words: Array) -> None:
    """Divide by the sum, in place; zeros stay as they are."""
    total = words.sum()
    if total != 0:
        for i in range(len(words)):
            if words[i] != 0:
                words[i] = divide_words(words[i], total)


@njit(inline="always")
def to_u16(word: Word) -> Word:
    """A proportion as u16."""
    return np.uint16(min(max(word, 0), ONE) * U16_MAX >> FRACTION_BITS)


# --- stake ------------------------------------------------------------------------------------------------------


@njit
def stake_shares(neurons: Neurons, settings: Settings) -> Array:
    """Share of each UID in the subnet's stake, of which the fractions of a rao are a part."""
    n, high, low = neurons.shape[0], np.uint64(0), np.uint64(0)
    for i in range(n):
        if neurons[i].stake >= settings.min_stake or i == settings.owner_uid:
            low += neurons[i].stake_fraction
            high += neurons[i].stake + np.uint64(low < neurons[i].stake_fraction)
    shares = np.zeros(n, np.int64)
    for i in range(n):
        if neurons[i].stake >= settings.min_stake or i == settings.owner_uid:
            shares[i] = share_of(neurons[i].stake, neurons[i].stake_fraction, high, low)
    return shares


@njit
def share_of(high: Word, low: Word, total_high: Word, total_low: Word) -> Word:
    """Quotient of two numbers of two words, at most one, by long division; the total is below 2^127."""
    if high == 0 and low == 0:
        return 0
    if high == total_high and low == total_low:
        return ONE
    quotient = 0
    for _ in range(FRACTION_BITS):
        high = high << BIT | low >> TOP_BIT
        low <<= BIT
        quotient <<= 1
        if high > total_high or (high == total_high and low >= total_low):
            high = high - total_high - np.uint64(low < total_low)
            low -= total_low
            quotient |= 1
    return quotient


@njit
def seats(neurons: Neurons, settings: Settings, shares: Array) -> None:
    """Permits for the next epoch: the largest shares above zero; of equal ones those with the highest UIDs."""
    n, most = neurons.shape[0], settings.max_validators
    least, ties = 1, n  # the smallest share with a seat, and how many of that size have one
    if (shares > 0).sum() > most:
        high = ONE + 1
        while least < high - 1:  # the largest number that at least `most` shares reach
            middle = (least + high) // 2
            if (shares >= middle).sum() >= most:
                least = middle
            else:
                high = middle
        ties = most - (shares > least).sum()
    for i in range(n - 1, -1, -1):
        if shares[i] == least:
            neurons[i].validator_permit = ties > 0
            ties -= 1
        else:
            neurons[i].validator_permit = shares[i] > least
    if settings.owner_uid != NO_OWNER and settings.owner_uid < n:
        neurons[settings.owner_uid].validator_permit = True


@njit
def active_stake(neurons: Neurons, settings: Settings, shares: Array) -> Array:
    """Share of each UID among the active validators."""
    voices = np.zeros(len(shares), np.int64)
    for i in range(len(shares)):
        row = neurons[i]
        row.active = row.last_update >= settings.oldest_update
        row.bonds_written = row.had_permit or row.validator_permit
        if row.active and row.had_permit:
            voices[i] = shares[i]
    normalize(voices)
    return voices


# --- weights ----------------------------------------------------------------------------------------------------


@njit
def validators_of(neurons: Neurons, bond_starts: Array) -> Array:
    """UIDs with a permit or with bonds: the rows of all matrices."""
    found = np.empty(neurons.shape[0], np.int64)
    count = 0
    for uid in range(neurons.shape[0]):
        if neurons[uid].had_permit or bond_starts[uid + 1] > bond_starts[uid]:
            found[count] = uid
            count += 1
    return found[:count]


@njit
def normalized_weights(neurons: Neurons, settings: Settings, validators: Array, rows: Rows) -> Array:
    """Weights that count, each row divided by its sum."""
    starts, entries = rows
    weights = np.zeros((len(validators), neurons.shape[0]), np.int64)
    for row in range(len(validators)):
        voter = validators[row]
        from_voter = neurons[voter]
        if not from_voter.had_permit:
            continue
        for k in range(starts[voter], starts[voter + 1]):
            uid = np.int64(entries[k, 0])
            miner = neurons[uid]
            itself = uid == voter and voter != settings.owner_uid
            new = from_voter.last_update <= miner.registered_at or from_voter.commit_block < miner.registered_at
            weights[row, uid] = 0 if itself or new else np.int64(entries[k, 1])
        normalize(weights[row])
    return weights


@njit
def medians(stake: Array, weights: Array, kappa: Word) -> Array:
    """Weighted median of each column; only validators with stake count."""
    voters, n = np.flatnonzero(stake > 0), weights.shape[1]
    consensus = np.zeros(n, np.int64)
    if len(voters) == 0:
        return consensus
    voices = stake[voters]
    normalize(voices)
    total = voices.sum()
    minority = total - divide_words(kappa, U16_MAX)
    giving = np.zeros(n, np.int64)  # stake of those who give a miner any weight; the others' score is 0
    for k in range(len(voters)):
        for uid in range(n):
            giving[uid] += voices[k] * np.int64(weights[voters[k], uid] > 0)
    scores, weighing = np.empty(len(voters), np.int64), np.empty(len(voters), np.int64)
    for uid in range(n):
        if giving[uid] == 0 or (giving[uid] < total and total - giving[uid] > minority):
            continue
        count = 0
        for k in range(len(voters)):
            score = weights[voters[k], uid]
            if score > 0:
                scores[count], weighing[count] = score, voices[k]
                count += 1
        consensus[uid] = median(scores, weighing, count, minority - (total - giving[uid]))
    return consensus


@njit
def median(scores: Array, weighing: Array, count: Word, minority: Word) -> Word:
    """The smallest of `count` scores up to which stake exceeds `minority`, else the largest; both arrays get reordered.

    Around a score the others are divided into smaller, equal and larger ones; the search goes on in one of the parts.
    """
    first, end = 0, count
    while True:
        pivot = scores[(first + end) // 2]
        low, high, at = first, end, first  # smaller ones are before `low`, larger ones from `high` on
        smaller, equal = 0, 0
        while at < high:
            score = scores[at]
            if score < pivot:
                smaller += weighing[at]
                scores[at], scores[low] = scores[low], score
                weighing[at], weighing[low] = weighing[low], weighing[at]
                low += 1
                at += 1
            elif score > pivot:
                high -= 1
                scores[at], scores[high] = scores[high], score
                weighing[at], weighing[high] = weighing[high], weighing[at]
            else:
                equal += weighing[at]
                at += 1
        if low > first and smaller > minority:
            end = low
        elif high == end or smaller + equal > minority:
            return pivot
        else:
            minority -= smaller + equal
            first = high


@njit
def clip(
    neurons: Neurons, settings: Settings, validators: Array, voices: Array, weights: Array, consensus: Array
) -> Array:
    """Clip the weights; gives incentives, and leaves the weights for bonds in `weights`."""
    n = neurons.shape[0]
    incentive, penalty = np.zeros(n, np.int64), divide_words(settings.bonds_penalty, U16_MAX)
    for row in range(len(validators)):
        voice, trust = voices[validators[row]], 0
        for uid in range(n):
            weight = weights[row, uid]
            clipped = min(weight, consensus[uid])
            if clipped != 0:
                trust += clipped
                incentive[uid] += times(clipped, voice)
            if settings.bonds_penalty == U16_MAX:
                weights[row, uid] = clipped
            elif settings.bonds_penalty != 0 and weight != 0:
                weights[row, uid] = weight + multiply_words(penalty, clipped - weight)
        neurons[validators[row]].validator_trust = to_u16(trust)
    normalize(incentive)
    for uid in range(n):
        neurons[uid].consensus, neurons[uid].incentive = to_u16(consensus[uid]), to_u16(incentive[uid])
    return incentive


# --- bonds ------------------------------------------------------------------------------------------------------


@njit
def kept_bonds(neurons: Neurons, settings: Settings, validators: Array, rows: Rows) -> Array:
    """Stored bonds (v, n), u16, of the miners that keep them."""
    starts, entries = rows
    bonds = np.zeros((len(validators), neurons.shape[0]), np.int64)
    for row in range(len(validators)):
        for k in range(starts[validators[row]], starts[validators[row] + 1]):
            uid = np.int64(entries[k, 0])
            if neurons[uid].registered_at < settings.bonds_kept_before:
                bonds[row, uid] = np.int64(entries[k, 1])
    return bonds


@njit
def move_bonds_yuma2(settings: Settings, voices: Array, weights: Array, bonds: Array, incentive: Array) -> Array:
    """Move the bonds of Yuma 2; gives dividends (v,), and leaves the bonds as stored in `weights`."""
    rows, n = weights.shape
    alpha = ONE - divide_words(settings.bonds_moving_average, MILLION)
    of_weights, of_bonds, of_moved, largest = np.zeros((4, n), np.int64)
    for row in range(rows):
        for uid in range(n):
            of_bonds[uid] += bonds[row, uid]
            if weights[row, uid] != 0:
                weights[row, uid] = times(weights[row, uid], voices[row])
                of_weights[uid] += weights[row, uid]
    for row in range(rows):
        for uid in range(n):
            if weights[row, uid] != 0 or bonds[row, uid] != 0:
                new = divide_words(weights[row, uid], of_weights[uid])
                old = divide_words(bonds[row, uid], of_bonds[uid])
                weights[row, uid] = times(alpha, new) + times(ONE - alpha, old)
                of_moved[uid] += weights[row, uid]
    dividends = np.zeros(rows, np.int64)
    for row in range(rows):
        for uid in range(n):
            if weights[row, uid] != 0:
                weights[row, uid] = divide_words(weights[row, uid], of_moved[uid])
                largest[uid] = max(largest[uid], weights[row, uid])
                dividends[row] += times(weights[row, uid], incentive[uid])
    for row in range(rows):
        for uid in range(n):
            if weights[row, uid] != 0:
                weights[row, uid] = divide_words(weights[row, uid], largest[uid])
    normalize(dividends)
    return dividends


@njit
def move_bonds_yuma3(settings: Settings, voices: Array, weights: Array, bonds: Array, incentive: Array) -> Array:
    """Move the bonds of Yuma 3; gives dividends (v,), and leaves the bonds in `weights`."""
    rows, n = weights.shape
    alpha = ONE - divide_words(settings.bonds_moving_average, MILLION)
    of_moved, dividends = np.zeros(n, np.int64), np.zeros(rows, np.int64)
    for row in range(rows):
        for uid in range(n):
            if weights[row, uid] != 0 or bonds[row, uid] != 0:
                old = divide_words(bonds[row, uid], U16_MAX)
                weights[row, uid] = times(alpha, weights[row, uid]) + times(ONE - alpha, old)
                of_moved[uid] += weights[row, uid]
    for row in range(rows):
        share = 0
        for uid in range(n):
            if weights[row, uid] != 0 and incentive[uid] != 0:
                share += times(divide_words(weights[row, uid], of_moved[uid]), incentive[uid])
        dividends[row] = multiply_words(share, voices[row])
    normalize(dividends)
    return dividends


@njit
def store_bonds(neurons: Neurons, validators: Array, bonds: Array, rows: Rows) -> None:
    """Write the bonds of the UIDs with a new permit as sparse rows."""
    starts, entries = rows
    row, count = 0, 0
    for validator in range(neurons.shape[0]):
        starts[validator] = count
        if row < len(validators) and validators[row] == validator:
            if neurons[validator].validator_permit:
                for uid in range(neurons.shape[0]):
                    if bonds[row, uid] > 0:
                        entries[count, 0], entries[count, 1] = uid, to_u16(bonds[row, uid])
                        count += 1
            row += 1
    starts[neurons.shape[0]] = count


# --- emission ---------------------------------------------------------------------------------------------------


@njit
def pay(
    neurons: Neurons,
    settings: Settings,
    validators: Array,
    dividends: Array,
    incentive: Array,
    shares: Array,
    voices: Array,
) -> None:
    """Divide the emission."""
    n = neurons.shape[0]
    by_uid = np.zeros(n, np.int64)
    by_uid[validators] = dividends
    total = incentive.sum() + by_uid.sum()
    by_stake = voices if voices.sum() != 0 else shares
    for i in range(n):
        row = neurons[i]
        row.stake_weight, row.dividends = to_u16(shares[i]), to_u16(by_uid[i])
        server, validator, combined = incentive[i], by_stake[i], by_stake[i]
        if total != 0:
            server, validator = divide_words(incentive[i], total), divide_words(by_uid[i], total)
            combined = divide_words(incentive[i] + by_uid[i], total)
        row.server_emission = scale_amount(server, settings.emission)
        row.validator_emission = scale_amount(validator, settings.emission)
        row.emission = scale_amount(combined, settings.emission)
