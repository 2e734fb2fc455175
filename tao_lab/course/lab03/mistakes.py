"""Wrong answers that people give in lab 03, each with the hint that helps.

Every function is what somebody writes who has one thing wrong and all else right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
from eth_utils.crypto import keccak

from tao_lab.consensus.types import Array
from tao_lab.course.exercise import WrongAnswer
from tao_lab.economy import PriceTerms
from tao_lab.economy.registration_price import decay_factor

# --- 03.1 lock cost ---


def _cost(
    last: int, least: int, at: int, block: int, interval: int, *, twice: int = 2, first: int = 1, floor: bool = True
) -> int:
    top = last * (first if at == 0 else twice)
    cost = top - last // interval * (block - at)
    return max(cost, least) if floor else cost


def _from_double(last: int, least: int, at: int, block: int, interval: int) -> int:
    top = last * (1 if at == 0 else 2)
    return max(top - top // interval * (block - at), least)


def _multiplied_first(last: int, least: int, at: int, block: int, interval: int) -> int:
    top = last * (1 if at == 0 else 2)
    return max(top - last * (block - at) // interval, least)


def _halving(last: int, least: int, at: int, block: int, interval: int) -> int:
    top = last * (1 if at == 0 else 2)
    return max(int(top * 0.5 ** ((block - at) / interval)), least)


LOCK_COST = (
    WrongAnswer(
        "not doubled",
        "Your cost begins at the last lock. Right after somebody made a subnet, the next one costs twice as much: "
        "begin at `2 * last_lock`.",
        lambda *a: _cost(*a, twice=1),
    ),
    WrongAnswer(
        "doubled before anybody registered",
        "You double even where nobody has made a subnet yet (`last_lock_block` is 0). Then there is nothing to cool "
        "down from: begin at `last_lock`.",
        lambda *a: _cost(*a, first=2),
    ),
    WrongAnswer(
        "no minimum",
        "Your cost goes on falling, through the minimum and below zero. It never is less than `min_lock`.",
        lambda *a: _cost(*a, floor=False),
    ),
    WrongAnswer(
        "falls by the doubled lock",
        "Yours falls twice as fast. In one interval the cost falls by the *last lock*, from twice that to once that; "
        "not by all that it began at.",
        _from_double,
    ),
    WrongAnswer(
        "halves as a half-life does",
        "Yours falls on a curve, by half in each interval. The chain's falls on a straight line: the same number of "
        "rao in every block. (The price of a seat, in 03.2, is the one with a half-life.)",
        _halving,
    ),
    WrongAnswer(
        "rounded at the end",
        "Nearly: off by some thousand rao. The chain first computes how much falls *a block*, in whole rao "
        "(`last_lock // reduction_interval`), and multiplies that by the blocks.",
        _multiplied_first,
    ),
)

# --- 03.2 price of a seat ---


def _price(
    burn: int,
    terms: PriceTerms,
    event: str,
    *,
    factor_bits: int = 64,
    decay: Callable[[int, int], int] = lambda burn, half_life: burn * decay_factor(half_life) >> 32,
    at_least_one: bool = True,
    limits: Callable[[int, PriceTerms], int] = lambda moved, t: min(max(moved, t.min_burn), t.max_burn),
) -> int:
    if event == "block":
        return limits(decay(burn, terms.half_life), terms)
    factor = max(terms.increase_mult, 1 << 64) if at_least_one else terms.increase_mult
    return limits(burn * factor >> factor_bits, terms)


def _in_floats(burn: int, terms: PriceTerms, event: str) -> int:
    if event == "block":
        moved = int(burn * 0.5 ** (1 / terms.half_life))
    else:
        moved = int(burn * max(terms.increase_mult / 2**64, 1.0))
    return min(max(moved, terms.min_burn), terms.max_burn)


PRICE = (
    WrongAnswer(
        "the factor taken for a number",
        "You multiply by the word itself, so one registration takes the price to the top. In `increase_mult` the word "
        "2⁶⁴ stands for 1: shift the product 64 bits to the right.",
        lambda *a: _price(*a, factor_bits=0),
    ),
    WrongAnswer(
        "32 bits for both words",
        "You shift by 32 after a registration too. The two words differ: in the decay factor 2³² stands for 1, in "
        "`increase_mult` it is 2⁶⁴.",
        lambda *a: _price(*a, factor_bits=32),
    ),
    WrongAnswer(
        "floats",
        "Right in principle, and off in the last digits of high prices: you compute in floats, and the chain does not "
        "have them. Multiply the words and shift: `burn * decay_factor(terms.half_life) >> 32`.",
        _in_floats,
    ),
    WrongAnswer(
        "a straight line",
        "You take the same part of a half-life away in each block, which is a straight line. A price with a half-life "
        "is multiplied by the same factor in each block: `decay_factor(terms.half_life)`, 32 fraction bits.",
        lambda *a: _price(*a, decay=lambda burn, half_life: burn - burn // (2 * half_life)),
    ),
    WrongAnswer(
        "half in every block",
        "You halve the price in every block. It halves in `half_life` blocks; one block multiplies it by "
        "`decay_factor(terms.half_life)`, 32 fraction bits.",
        lambda *a: _price(*a, decay=lambda burn, half_life: burn // 2),
    ),
    WrongAnswer(
        "no limits",
        "You let the price go where it likes. It stays between `terms.min_burn` and `terms.max_burn`.",
        lambda *a: _price(*a, limits=lambda moved, t: moved),
    ),
    WrongAnswer(
        "limits the other way round",
        "Nearly: where the two limits contradict each other, the highest price has the last word. First `max` with "
        "`min_burn`, then `min` with `max_burn`.",
        lambda *a: _price(*a, limits=lambda moved, t: max(min(moved, t.max_burn), t.min_burn)),
    ),
    WrongAnswer(
        "cheaper by a registration",
        "A factor below 1 makes your price fall when somebody registers. The chain takes it for 1: "
        "`max(terms.increase_mult, 1 << 64)`.",
        lambda *a: _price(*a, at_least_one=False),
    ),
)

# --- 03.3 who has to go ---


def _first(emission: Array, registered_at: Array, candidates: Array) -> int | None:
    """The chain's order: least emission, then longest there, then lowest UID."""
    uids = np.flatnonzero(candidates)
    return int(min(uids, key=lambda uid: (emission[uid], registered_at[uid], uid))) if len(uids) else None


def _go(
    emission: Array,
    registered_at: Array,
    immune: Array,
    immortal: Array,
    least: int,
    *,
    order: Callable[[Array, Array, Array], int | None] = _first,
    counted: Callable[[Array, Array], Array] = lambda immune, immortal: ~immune & ~immortal,
    at_the_limit: bool = False,
    instead: Callable[[Array, Array], Array] = lambda immune, immortal: immune & ~immortal,
) -> int | None:
    count = int(counted(immune, immortal).sum())
    enough = count >= least if at_the_limit else count > least
    free = ~immune & ~immortal
    return order(emission, registered_at, free if enough else instead(immune, immortal))


def _youngest(emission: Array, registered_at: Array, candidates: Array) -> int | None:
    return _first(emission, -registered_at, candidates)


def _argmin(emission: Array, registered_at: Array, candidates: Array) -> int | None:
    return _first(emission, np.zeros_like(registered_at), candidates)


def _oldest(emission: Array, registered_at: Array, candidates: Array) -> int | None:
    return _first(np.zeros_like(emission), registered_at, candidates)


def _immune_never(emission: Array, registered_at: Array, immune: Array, immortal: Array, least: int) -> int | None:
    return _first(emission, registered_at, ~immune & ~immortal)


def _immune_ignored(emission: Array, registered_at: Array, immune: Array, immortal: Array, least: int) -> int | None:
    return _first(emission, registered_at, ~immortal)


def _owner_goes(emission: Array, registered_at: Array, immune: Array, immortal: Array, least: int) -> int | None:
    return _go(emission, registered_at, immune, np.zeros_like(immortal), least)


PRUNING = (
    WrongAnswer(
        "immunity ignored",
        "You look at emission alone, so a newcomer goes before it had time to earn. While enough others are left, only "
        "those whose immunity is over are candidates.",
        _immune_ignored,
    ),
    WrongAnswer(
        "immunity is for ever",
        "You never take somebody who is immune. Where at most `min_non_immune` are left that are neither immune nor "
        "immortal, the immune are the candidates instead.",
        _immune_never,
    ),
    WrongAnswer(
        "the owner can be replaced",
        "You let the owner's own seat go. Those that are `immortal` are no candidates, and are not counted.",
        _owner_goes,
    ),
    WrongAnswer(
        "one too few stay",
        "You are off by one: with exactly `min_non_immune` of them left, none of those goes. It must be *more* than "
        "that many.",
        lambda *a: _go(*a, at_the_limit=True),
    ),
    WrongAnswer(
        "the owner is counted",
        "You count the owner among those without immunity. Immortal ones cannot go, so they do not count.",
        lambda *a: _go(*a, counted=lambda immune, immortal: ~immune),
    ),
    WrongAnswer(
        "everybody instead",
        "Where too few are without immunity, you choose among all. Then only the *immune* are candidates: the few "
        "others are spared.",
        lambda *a: _go(*a, instead=lambda immune, immortal: ~immortal),
    ),
    WrongAnswer(
        "ties to the lowest UID",
        "Among equal emissions you take the lowest UID. The one that registered first goes; the UID decides only "
        "where that is the same too.",
        lambda *a: _go(*a, order=_argmin),
    ),
    WrongAnswer(
        "ties to the youngest",
        "Among equal emissions you take the newest. The oldest goes: it had the most time.",
        lambda *a: _go(*a, order=_youngest),
    ),
    WrongAnswer(
        "the oldest goes",
        "You take the one that is there longest. That decides only among equals: first comes the least emission.",
        lambda *a: _go(*a, order=_oldest),
    ),
)

# --- 03.4 metagraph ---

Reading = tuple[Any, Any, Any, Any]


def _reading(
    stake: Array,
    permit: Array,
    trust: Array,
    last_update: Array,
    registered_at: Array,
    block: int,
    cutoff: int,
    immunity: int,
    *,
    seats: Callable[[Array, Array], Array] = lambda permit, active: permit & active,
    all_stake: bool = False,
    anybody: bool = False,
    edge: int = 0,
    immune: Callable[[Array, int, int], Array] = lambda at, block, period: block - at < period,
) -> Reading:
    active = last_update + cutoff + edge >= block
    validators = np.flatnonzero(seats(permit, active))
    outsider = int(np.argmin(trust)) if anybody else int(validators[np.argmin(trust[validators])])
    largest = stake.max() if all_stake else stake[validators].max()
    voice = float(largest / (stake if all_stake else stake[validators]).sum())
    return validators.tolist(), outsider, voice, np.flatnonzero(immune(registered_at, block, immunity)).tolist()


METAGRAPH = (
    WrongAnswer(
        "silence is forgiven",
        "You count everybody with a permit. Who has been silent for longer than `activity_cutoff` blocks has no vote, "
        "however much stake is there: `last_update + activity_cutoff >= block`.",
        lambda *a: _reading(*a, seats=lambda permit, active: permit),
    ),
    WrongAnswer(
        "no permit needed",
        "You count everybody who is active. Miners are active too: a vote needs a permit as well.",
        lambda *a: _reading(*a, seats=lambda permit, active: active),
    ),
    WrongAnswer(
        "silent one block too early",
        "Off by one block: who set weights exactly `activity_cutoff` blocks ago still counts (`>=`).",
        lambda *a: _reading(*a, edge=-1),
    ),
    WrongAnswer(
        "a miner is the outsider",
        "You take the lowest trust of all UIDs. Miners have none, since they set no weights: look among the "
        "validators.",
        lambda *a: _reading(*a, anybody=True),
    ),
    WrongAnswer(
        "voice among all stake",
        "You divide by the stake of everybody. Only the stake of those that vote counts as a voice.",
        lambda *a: _reading(*a, all_stake=True),
    ),
    WrongAnswer(
        "immunity by the age of the chain",
        "You compare the block of registration itself with the period. Immunity is about how long ago that was: "
        "`block - registered_at`.",
        lambda *a: _reading(*a, immune=lambda at, block, period: at < period),
    ),
    WrongAnswer(
        "immune one block too long",
        "Off by one block: immunity is over once `immunity_period` blocks have passed (`<`, not `<=`).",
        lambda *a: _reading(*a, immune=lambda at, block, period: block - at <= period),
    ),
)

# --- 03.5 work ---


def _work(
    prefix: bytes,
    difficulty: int,
    hashes_per_second: float,
    watts: float,
    *,
    nonce_order: Any = "little",
    seal_order: Any = "little",
    outer: Callable[[bytes], bytes] = keccak,
    inner: Callable[[bytes], bytes] = lambda data: sha256(data).digest(),
    joules: Callable[[int, int, float, float], float] = lambda d, tries, rate, watts: d / rate * watts,
) -> tuple[int, float]:
    nonce = 0
    while True:
        seal = outer(inner(prefix + nonce.to_bytes(8, nonce_order)))
        if int.from_bytes(seal, seal_order) * difficulty < 2**256:
            return nonce, joules(difficulty, nonce + 1, hashes_per_second, watts)
        nonce += 1


WORK = (
    WrongAnswer(
        "the seal read from the wrong end",
        "You read the seal as a big-endian number. This chain reads it little-endian: "
        '`int.from_bytes(seal, "little")`.',
        lambda *a: _work(*a, seal_order="big"),
    ),
    WrongAnswer(
        "the nonce written from the wrong end",
        'You write the nonce big-endian. It is appended as 8 bytes, the lowest first: `nonce.to_bytes(8, "little")`.',
        lambda *a: _work(*a, nonce_order="big"),
    ),
    WrongAnswer(
        "SHA-3 instead of Keccak",
        "Your outer hash is `sha3_256`. Keccak-256 is its elder sister, with other padding, and gives other bytes: "
        "`keccak` of `eth_utils`.",
        lambda *a: _work(*a, outer=lambda data: hashlib.sha3_256(data).digest()),
    ),
    WrongAnswer(
        "Keccak left out",
        "Your seal is SHA-256 alone. The chain takes Keccak-256 of that: `keccak(sha256(data).digest())`.",
        lambda *a: _work(*a, outer=lambda data: data),
    ),
    WrongAnswer(
        "SHA-256 left out",
        "Your seal is Keccak-256 alone. SHA-256 comes first, Keccak-256 of its 32 bytes second.",
        lambda *a: _work(*a, inner=lambda data: data),
    ),
    WrongAnswer(
        "the energy of this one try",
        "Your `joules` are those of the nonce that you happened to find. On average it takes `difficulty` tries, "
        "whatever luck you had: use that.",
        lambda *a: _work(*a, joules=lambda d, tries, rate, watts: tries / rate * watts),
    ),
    WrongAnswer(
        "energy without time",
        "Your `joules` leave out how fast the machine is. Watts are joules a second: seconds are tries divided by "
        "`hashes_per_second`.",
        lambda *a: _work(*a, joules=lambda d, tries, rate, watts: d * watts),
    ),
    WrongAnswer(
        "kilowatt-hours",
        "Your energy is in kilowatt-hours; it was asked for in joules (watt-seconds), 3,600,000 of which are one kWh.",
        lambda *a: _work(*a, joules=lambda d, tries, rate, watts: d / rate * watts / 3.6e6),
    ),
)
