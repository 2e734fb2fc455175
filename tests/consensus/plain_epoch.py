"""An epoch in plain Python: whole numbers, lists, one rule after the other. Slow, and easy to compare with the source.

It shares no code with `tao_lab` and computes in another shape (sparse rows where the library has matrices), so that
the two agree only if both are right. Input and output are dicts in the vector format (`docs/vectors.md`).

A *word* is an `I32F32` as a Python int: the number times 2^32. A *row* is a list of (uid, word) in stored order; a
stored zero is an entry, and some rules treat it differently from an absent one.

Source: `pallets/subtensor/src/epoch/run_epoch.rs` (`epoch_mechanism`), `pallets/subtensor/src/epoch/math.rs`;
`src/transcendental.rs` (`exp`) of substrate-fixed v0.6.0.
"""

from __future__ import annotations

from typing import Any

Row = list[tuple[int, int]]
Rows = list[Row]
Words = list[int]

ONE = 1 << 32
HALF = 1 << 31
WORD_MIN, WORD_MAX = -(1 << 63), (1 << 63) - 1
I64F64_MAX = (1 << 127) - 1
U16_MAX = 65_535
U64_MAX = (1 << 64) - 1
MILLION = 1_000_000
E_23_BITS = 22_802_600  # floor(e * 2^23)


# --- words ----------------------------------------------------------------------------------------------------------


def fit(word: int) -> int:
    return min(max(word, WORD_MIN), WORD_MAX)


def add(a: int, b: int) -> int:
    return fit(a + b)


def sub(a: int, b: int) -> int:
    return fit(a - b)


def mul(a: int, b: int) -> int:
    """`saturating_mul`: what does not fit into 32 fraction bits is dropped, toward minus infinity."""
    return fit(a * b >> 32)


def div(a: int, b: int) -> int:
    """`safe_div`: toward zero; 0 if `b` is 0 or the quotient is not a word."""
    if b == 0:
        return 0
    size = (abs(a) << 32) // abs(b)
    quotient = size if (a < 0) == (b < 0) else -size
    return quotient if WORD_MIN <= quotient <= WORD_MAX else 0


def total(words: Words) -> int:
    """`iter().sum()`: the source does not guard against overflow here, so no input may get there."""
    result = sum(words)
    assert WORD_MIN <= result <= WORD_MAX
    return result


def share_of_u16(value: int) -> int:
    return div(value << 32, U16_MAX << 32)


def to_u16(word: int) -> int:
    return min(max(mul(word, U16_MAX << 32) >> 32, 0), U16_MAX)


def to_rao(word: int, amount: int) -> int:
    """The product in `I96F32`, floored."""
    return min(max(word * amount >> 32, 0), U64_MAX)


def normalized(words: Words) -> Words:
    whole = total(words)
    return [div(word, whole) for word in words] if whole != 0 else words


def exp(word: int) -> int:
    """`exp_safe`: argument within [-20, 20], then substrate-fixed's series of |argument|."""
    x = min(max(word, -20 * ONE), 20 * ONE)
    if x == 0:
        return ONE
    if x == ONE:
        return E_23_BITS << 9
    term = abs(x)
    series = ONE + term
    for i in range(2, 32):
        term = div(mul(term, abs(x)), i << 32)
        series = add(series, term)
    return div(ONE, series) if x < 0 else series


# --- rows -----------------------------------------------------------------------------------------------------------


def stored_rows(rows: list[Any], n: int) -> list[list[tuple[int, int]]]:
    result: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for uid, entries in rows:
        result[uid] = [(column, value) for column, value in entries]
    return result


def column_sums(rows: Rows, n: int) -> Words:
    sums = [0] * n
    for row in rows:
        for uid, word in row:
            sums[uid] = add(sums[uid], word)
    return sums


def divided_by_column(rows: Rows, by: Words) -> Rows:
    return [[(uid, div(word, by[uid]) if by[uid] != 0 else word) for uid, word in row] for row in rows]


def column_normalized(rows: Rows, n: int) -> Rows:
    return divided_by_column(rows, column_sums(rows, n))


def column_upscaled(rows: Rows, n: int) -> Rows:
    highest = [0] * n
    for row in rows:
        for uid, word in row:
            highest[uid] = max(highest[uid], word)
    return divided_by_column(rows, highest)


def row_normalized(row: Row) -> Row:
    row_sum = total([word for _, word in row])
    return [(uid, div(word, row_sum)) for uid, word in row] if row_sum > 0 else row


def dense(row: Row, n: int) -> Words:
    words = [0] * n
    for uid, word in row:
        words[uid] = word
    return words


# --- stake and permits ----------------------------------------------------------------------------------------------


def stake_shares(data: dict[str, Any]) -> Words:
    """Shares in `I64F64`, cut to words; the owner counts whatever its stake is."""
    stakes = [min(rao << 64, I64F64_MAX) for rao in data["stake"]]
    for uid, stake in enumerate(stakes):
        if uid != data["owner_uid"] and stake >> 64 < data["min_stake"]:
            stakes[uid] = 0
    stake_sum = sum(stakes)
    assert stake_sum <= I64F64_MAX
    return [(stake << 64) // stake_sum >> 32 for stake in stakes] if stake_sum != 0 else stakes


def with_owner(permits: list[bool], owner: int | None) -> list[bool]:
    return [permit or uid == owner for uid, permit in enumerate(permits)]


def top_stakes(stake: Words, seats: int) -> list[bool]:
    """Everybody with stake, less all but the last `seats` of a stable ascending sort."""
    ascending = sorted(range(len(stake)), key=lambda uid: stake[uid])
    losers = set(ascending[: max(len(stake) - seats, 0)])
    return [word != 0 and uid not in losers for uid, word in enumerate(stake)]


# --- weights and consensus ------------------------------------------------------------------------------------------


def counted_weights(data: dict[str, Any], permits: list[bool]) -> Rows:
    """Weights after permits, diagonal, outdated entries and the commit-reveal column mask; rows sum to one."""
    rows = stored_rows(data["weights"], data["n"])
    registered = data["registered_at"]
    commits = data.get("commit_block") or [None] * data["n"]
    result = []
    for i, entries in enumerate(rows):
        row = [(j, value << 32) for j, value in entries if permits[i]]
        row = [(j, word) for j, word in row if i != j or i == data["owner_uid"]]
        row = [(j, word) for j, word in row if not data["last_update"][i] <= registered[j]]
        committed = U64_MAX if commits[i] is None else commits[i]
        row = [(j, word) for j, word in row if not committed < registered[j]]
        result.append(row_normalized(row))
    return result


def weighted_median(stake: Words, score: Words, minority: int, low: int, high: int) -> int:
    """Quick-select by the middle entry; `low` and `high` bound the part of the stake that is still in question."""
    part = list(range(len(stake)))
    for _ in range(len(stake) + 1):
        if not part:
            return 0
        if len(part) == 1:
            return score[part[0]]
        pivot = score[part[len(part) // 2]]
        lower = [i for i in part if score[i] < pivot]
        upper = [i for i in part if score[i] > pivot]
        lower_stake, upper_stake = sum(stake[i] for i in lower), sum(stake[i] for i in upper)
        if minority < low + lower_stake and lower:
            part, high = lower, low + lower_stake
        elif high - upper_stake <= minority and upper:
            part, low = upper, high - upper_stake
        else:
            return pivot
    return 0


def consensus_of(active_stake: Words, weights: Rows, n: int, kappa: int) -> Words:
    voters = [uid for uid in range(n) if active_stake[uid] > 0]
    stake = normalized([active_stake[uid] for uid in voters])
    scores = [dense(weights[uid], n) for uid in voters]
    minority = sub(total(stake), kappa)
    return [weighted_median(stake, [row[j] for row in scores], minority, 0, total(stake)) for j in range(n)]


def clipped_at(weights: Rows, consensus: Words) -> Rows:
    """Entries above the consensus fall to it, and vanish if it is zero; stored zeros stay."""
    return [
        [(j, min(word, consensus[j])) for j, word in row if word <= consensus[j] or consensus[j] > 0] for row in weights
    ]


def ranks_of(weights: Rows, active_stake: Words, n: int) -> Words:
    ranks = [0] * n
    for i, row in enumerate(weights):
        for j, word in row:
            ranks[j] = add(ranks[j], mul(active_stake[i], word))
    return ranks


# --- bonds and dividends --------------------------------------------------------------------------------------------


def between(weights: Rows, clipped: Rows, n: int, penalty: int) -> Rows:
    """Weights for bonds. Only a true mixture is rebuilt in order of UID, without zeros."""
    if penalty == 0:
        return weights
    if penalty == ONE:
        return clipped
    result = []
    for row, clipped_row in zip(weights, clipped, strict=True):
        pairs = zip(dense(row, n), dense(clipped_row, n), strict=True)
        mixed = [add(a, mul(penalty, sub(b, a))) for a, b in pairs]
        result.append([(j, word) for j, word in enumerate(mixed) if word > 0])
    return result


def surviving_bonds(data: dict[str, Any]) -> list[list[tuple[int, int]]]:
    """Stored bonds (u16) without those in neurons that registered since the last epoch."""
    if data["last_step_block"] == 0:
        last_tempo = max(data["block"] - data["tempo"], 0)
    else:
        last_tempo = min(data["last_step_block"] + 1, U64_MAX)
    rows = stored_rows(data["bonds"], data["n"])
    return [[(j, value) for j, value in row if not last_tempo <= data["registered_at"][j]] for row in rows]


def smoothed(new: Rows, old: Rows, n: int, alpha: int) -> Rows:
    """One alpha for all: new and old entries both count, in order of UID, without zeros."""
    result = []
    for new_row, old_row in zip(new, old, strict=True):
        words = [0] * n
        for j, word in new_row:
            words[j] = add(words[j], mul(alpha, word))
        for j, word in old_row:
            words[j] = add(words[j], mul(sub(ONE, alpha), word))
        result.append([(j, word) for j, word in enumerate(words) if word > 0])
    return result


def fixed_alpha(data: dict[str, Any]) -> int:
    moving_average = (data["bonds_moving_average"] << 128) // (MILLION << 64)  # I64F64
    return sub(ONE, moving_average >> 32)


def walk(row: Row, n: int) -> Words:
    """The row by column as liquid alpha reads it: forward only, so an entry after a higher UID is never seen."""
    words = []
    place = 0
    for column in range(n):
        while place < len(row) and row[place][0] < column:
            place += 1
        words.append(row[place][1] if place < len(row) and row[place][0] == column else 0)
    return words


def liquid_alpha(consensus: int, weight: int, bond: int, low: int, high: int, steepness: int) -> int:
    buy = min(max(sub(weight, consensus), 0), ONE)
    sell = min(max(sub(bond, weight), 0), ONE)
    difference = buy if weight >= bond else sell
    exponent = mul(div(steepness << 32, -100 << 32), sub(difference, HALF))
    sigmoid = div(ONE, add(ONE, exp(exponent)))
    alpha = add(low, mul(sigmoid, sub(high, low)))
    return max(min(alpha, high), low)


def smoothed_liquid(new: Rows, old: Rows, consensus: Words, settings: dict[str, int]) -> Rows:
    """An alpha for each pair; the new row says which entries there are, and in which order."""
    n = len(consensus)
    low, high = share_of_u16(settings["low"]), share_of_u16(settings["high"])
    result = []
    for new_row, old_row in zip(new, old, strict=True):
        pairs = zip(consensus, walk(new_row, n), walk(old_row, n), strict=True)
        alphas = [liquid_alpha(*pair, low, high, settings["steepness"]) for pair in pairs]
        decayed = dense([(j, mul(sub(ONE, alphas[j]), word)) for j, word in old_row], n)
        words = [(j, min(add(decayed[j], max(mul(alphas[j], word), 0)), ONE)) for j, word in new_row]
        result.append([(j, word) for j, word in words if word > 0])
    return result


def bonds_and_dividends_2(data: dict[str, Any], new: Rows, active_stake: Words, incentive: Words) -> tuple[Rows, Words]:
    n = data["n"]
    old = [[(j, value << 32) for j, value in row] for row in surviving_bonds(data)]
    delta = [[(j, mul(word, active_stake[i])) for j, word in row] for i, row in enumerate(new)]
    bonds = smoothed(column_normalized(delta, n), column_normalized(old, n), n, fixed_alpha(data))
    bonds = column_normalized(bonds, n)
    dividends = [total([mul(incentive[j], word) for j, word in row]) for row in bonds]
    return column_upscaled(bonds, n), normalized(dividends)


def bonds_and_dividends_3(
    data: dict[str, Any], new: Rows, active_stake: Words, incentive: Words, consensus: Words
) -> tuple[Rows, Words]:
    n = data["n"]
    old = [[(j, share_of_u16(value)) for j, value in row] for row in surviving_bonds(data)]
    if data["liquid_alpha"] is not None and any(consensus):
        mode, previous = data["liquid_alpha"].get("mode", "Auto"), data.get("previous_consensus")
        if previous is not None and (mode == "Previous" or (mode == "Auto" and data["bonds_penalty"] == 65_535)):
            consensus = [share_of_u16(value) for value in previous]
        bonds = smoothed_liquid(new, old, consensus, data["liquid_alpha"])
    else:
        bonds = smoothed(new, old, n, fixed_alpha(data))
    held = [total([mul(word, incentive[j]) for j, word in row]) for row in column_normalized(bonds, n)]
    return bonds, normalized([mul(a, b) for a, b in zip(held, active_stake, strict=True)])


# --- the epoch ------------------------------------------------------------------------------------------------------


def emission_shares(
    incentive: Words, dividends: Words, stake: Words, active_stake: Words
) -> tuple[Words, Words, Words]:
    """Shares of miners, of validators, of both; by stake if nobody earned anything."""
    combined = [add(a, b) for a, b in zip(incentive, dividends, strict=True)]
    both = total(combined)
    if both == 0:
        by_stake = active_stake if total(active_stake) != 0 else stake
        return incentive, by_stake, by_stake
    return [div(w, both) for w in incentive], [div(w, both) for w in dividends], [div(w, both) for w in combined]


def plain_epoch(data: dict[str, Any]) -> dict[str, Any]:
    """One epoch: the `input` of a vector to its `expected`."""
    n, owner = data["n"], data["owner_uid"]
    active = [not updated + data["activity_cutoff"] < data["block"] for updated in data["last_update"]]
    stake = stake_shares(data)
    permits = with_owner(data["validator_permit"], owner)
    new_permits = with_owner(top_stakes(stake, data["max_validators"]), owner)
    active_stake = normalized([stake[uid] if active[uid] and permits[uid] else 0 for uid in range(n)])

    weights = counted_weights(data, permits)
    consensus = consensus_of(active_stake, weights, n, share_of_u16(data["kappa"]))
    clipped = clipped_at(weights, consensus)
    incentive = normalized(ranks_of(clipped, active_stake, n))

    for_bonds = between(weights, clipped, n, share_of_u16(data["bonds_penalty"]))
    if data["yuma3"]:
        bonds, dividends = bonds_and_dividends_3(data, for_bonds, active_stake, incentive, consensus)
    else:
        bonds, dividends = bonds_and_dividends_2(data, for_bonds, active_stake, incentive)
    server, validator, combined = emission_shares(incentive, dividends, stake, active_stake)
    held = [[[j, to_u16(word)] for j, word in bonds[uid]] if new_permits[uid] else [] for uid in range(n)]
    return {
        "active": active,
        "validator_permit": new_permits,
        "stake_weight": [to_u16(word) for word in stake],
        "consensus": [to_u16(word) for word in consensus],
        "validator_trust": [to_u16(total([word for _, word in row])) for row in clipped],
        "incentive": [to_u16(word) for word in incentive],
        "dividends": [to_u16(word) for word in dividends],
        "server_emission": [to_rao(word, data["emission"]) for word in server],
        "validator_emission": [to_rao(word, data["emission"]) for word in validator],
        "emission": [to_rao(word, data["emission"]) for word in combined],
        "bonds": [[uid, held[uid]] for uid in range(n) if permits[uid] or new_permits[uid]],
    }
