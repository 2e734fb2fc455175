"""The five exercises of lab 03: from the price of a subnet to a hash puzzle."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np
from bittensor_core import ss58_encode
from eth_utils.crypto import keccak

from tao_lab import economy
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Exercise, Values, read_values
from tao_lab.course.lab03 import mistakes
from tao_lab.course.lab03.puzzle import prefix_of
from tao_lab.economy import PriceTerms
from tao_lab.economy.pruning import Neuron, neuron_to_prune
from tao_lab.economy.registration_price import MULTIPLIER_ONE, PriceEvent
from tao_lab.units import RAO_PER_TAO, U16_MAX
from tao_lab.vectors import AnswerError

Rng = np.random.Generator
MIN_LOCK = 1_000 * RAO_PER_TAO
INTERVAL = 100_800  # blocks, 14 days
DIGITS = 9  # of a share, and of joules, that must agree


# --- 03.1 ---


def lock_cost(last_lock: int, min_lock: int, last_lock_block: int, block: int, reduction_interval: int) -> int:
    """Reference of 03.1."""
    return economy.lock_cost(last_lock, min_lock, last_lock_block, block, reduction_interval)


def lock_cases(rng: Rng) -> Iterator[Case]:
    """Right after a registration, some days later, back at the minimum; before anybody has registered."""

    def case(last: int, since: int, interval: int, about: str, at: int = 5_000_000) -> Case:
        arguments = {"last_lock": last, "min_lock": MIN_LOCK, "last_lock_block": at, "block": at + since}
        return Case({**arguments, "reduction_interval": interval}, about)

    yield case(MIN_LOCK, 0, INTERVAL, "in the block of the last registration")
    yield case(2_000 * RAO_PER_TAO, INTERVAL, INTERVAL, "one interval after the last registration")
    yield case(3_000 * RAO_PER_TAO, 14_400, INTERVAL, "two days after the last registration")
    yield case(MIN_LOCK, 5 * INTERVAL, INTERVAL, "long after the last registration")
    yield case(2_500 * RAO_PER_TAO, 40_000, INTERVAL, "before anybody has made a subnet", at=0)
    for _ in range(6):
        last = int(rng.integers(MIN_LOCK, 9 * MIN_LOCK))
        since, interval = int(rng.integers(1, INTERVAL)), int(rng.integers(INTERVAL // 2, INTERVAL))
        yield case(last, since, interval, f"{since:,} blocks after the last registration")


# --- 03.2 ---


def registration_price(burn: int, terms: PriceTerms, event: PriceEvent) -> int:
    """Reference of 03.2."""
    return economy.registration_price(burn, terms, event)


def price_cases(rng: Rng) -> Iterator[Case]:
    """Both events, at both limits and between them; a factor below one; limits that contradict each other."""
    tenth, most = RAO_PER_TAO // 10, 100 * RAO_PER_TAO

    def case(
        burn: int, event: str, half_life: int = 360, factor: int = 126, low: int = 500_000, high: int = most
    ) -> Case:
        terms = PriceTerms(half_life, factor * MULTIPLIER_ONE // 100, low, high)
        limits = f"{low:,} to {high:,} rao"
        about = f"after a {event}: half-life {half_life:,} blocks, times {factor / 100:g} a registration, from {limits}"
        return Case({"burn": burn, "terms": terms, "event": event}, about)

    for event in ("registration", "block"):
        yield case(RAO_PER_TAO, event)
        yield case(500_000, event, high=99 * RAO_PER_TAO)
        yield case(most, event, half_life=720)
        yield case(int(rng.integers(tenth, most)), event, half_life=7_200, factor=150)
        yield case(int(rng.integers(tenth, most)), event, half_life=1, factor=300)
        yield case(int(rng.integers(2**59, 2**60)), event, half_life=1_000, factor=137, high=2**63)
        yield case(1_000, event, low=1, high=2**63)
        yield case(RAO_PER_TAO, event, factor=50)
        yield case(RAO_PER_TAO, event, low=7 * RAO_PER_TAO, high=5 * RAO_PER_TAO)


# --- 03.3 ---


def next_to_go(
    emission: Array, registered_at: Array, immune: Array, immortal: Array, min_non_immune: int
) -> int | None:
    """Reference of 03.3."""
    columns = (column.tolist() for column in (emission, registered_at, immune, immortal))
    neurons = [Neuron(uid, *values) for uid, values in enumerate(zip(*columns, strict=True))]
    return neuron_to_prune(neurons, min_non_immune)


def pruning_cases(rng: Rng) -> Iterator[Case]:
    """Enough without immunity, just too few, none at all; ties in emission and in age; nobody left."""

    def case(n: int, immune: int, least: int, about: str, ties: int = 50, spread: int = 40) -> Case:
        flags = np.arange(n) < immune
        rng.shuffle(flags)
        owner = np.zeros(n, bool)
        owner[rng.integers(n)] = True
        emission = rng.integers(0, ties, n)
        emission[owner] = 0
        arguments = {
            "emission": emission,
            "registered_at": rng.integers(1, spread, n),
            "immune": flags,
            "immortal": owner,
            "min_non_immune": least,
        }
        return Case(arguments, about)

    yield case(6, 2, 2, "6 seats, 2 immune, at least 2 must stay without immunity")
    yield case(8, 3, 2, "8 seats, many with the same emission", ties=2)
    yield case(9, 2, 1, "9 seats, same emission and nearly the same age", ties=1, spread=3)
    yield case(8, 6, 4, "8 seats, too few without immunity")
    yield case(10, 10, 3, "10 seats, all immune")
    yield case(7, 0, 20, "7 seats, nobody immune, and 20 must stay without immunity")
    for n in (9, 12, 16):
        for least in (1, 4, 6):
            yield case(n, n // 2, least, f"{n} seats, {n // 2} immune, least {least}", ties=6)
    for owner_immune in (True, False):
        yield _exactly_at_the_limit(rng, owner_immune)


def _exactly_at_the_limit(rng: Rng, owner_immune: bool) -> Case:
    """As many without immunity as must stay; whether the owner's seat counts among them decides."""
    immune = np.array([True, True, owner_immune, False, False, False])
    arguments = {
        "emission": np.array([30, 20, 0, 4, 5, 6]) + rng.integers(1, 3),
        "registered_at": np.array([90, 91, 1, 20, 21, 22]),
        "immune": immune,
        "immortal": np.array([False, False, True, False, False, False]),
        "min_non_immune": 3,
    }
    who = "immune" if owner_immune else "long without immunity"
    return Case(arguments, f"6 seats, 3 without immunity and 3 must stay so; the owner is {who}")


# --- 03.4 ---


def read_metagraph(
    stake: Array,
    validator_permit: Array,
    validator_trust: Array,
    last_update: Array,
    registered_at: Array,
    block: int,
    activity_cutoff: int,
    immunity_period: int,
) -> tuple[list[int], int, float, list[int]]:
    """Reference of 03.4."""
    active = last_update + activity_cutoff >= block
    validators = np.flatnonzero(validator_permit & active)
    outsider = validators[np.argmin(validator_trust[validators])]
    voice = stake[validators].max() / stake[validators].sum()
    immune = np.flatnonzero(block - registered_at < immunity_period)
    return validators.tolist(), int(outsider), float(voice), immune.tolist()


def metagraph_cases(rng: Rng) -> Iterator[Case]:
    """Subnets with silent validators, stake without a permit, and seats at the very end of their immunity."""
    for n in (6, 8, 12, 40):
        block, cutoff, immunity = int(rng.integers(50_000, 60_000)), 5_000, 4_096
        permit = np.arange(n) < n // 2
        rng.shuffle(permit)
        seats = np.flatnonzero(permit)
        last_update = block - rng.integers(0, 9_000, n)
        last_update[seats[0]], last_update[seats[1]] = block - cutoff, block - cutoff - 1
        registered_at = block - rng.integers(1, 9_000, n)
        registered_at[:2] = block - immunity, block - immunity + 1
        stake = np.where(permit, rng.integers(500, 9_000, n), rng.integers(0, 900, n)).astype(float)
        stake[seats[1]], stake[np.flatnonzero(~permit)[0]] = 20_000, 12_000
        trust = np.where(permit, rng.integers(20_000, U16_MAX, n), 0)
        trust[seats[1]] = 9
        arguments = {
            "stake": stake,
            "validator_permit": permit,
            "validator_trust": trust,
            "last_update": last_update,
            "registered_at": registered_at,
            "block": block,
            "activity_cutoff": cutoff,
            "immunity_period": immunity,
        }
        yield Case(arguments, f"{n} UIDs, {int(permit.sum())} with a permit, one of them silent for too long")


def read_metagraph_answer(result: Any, case: Case) -> Values:
    """Two lists of UIDs in any order, a UID, and a share."""
    if not isinstance(result, (tuple, list)) or len(result) != 4:
        wanted = "`return validators, outsider, voice, immune`"
        raise AnswerError(f"Your function should return four values, as in {wanted}.")
    validators, outsider, voice, immune = result
    return {
        "validators": _uids("validators", validators),
        **read_values(outsider=int)(outsider, case),
        "voice": _number("voice", voice),
        "immune": _uids("immune", immune),
    }


def _uids(name: str, value: Any) -> list[int]:
    values = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(values, (list, tuple, set, frozenset, range)):
        raise AnswerError(f"`{name}` is a {type(value).__name__}; it should be a list of UIDs.")
    if any(isinstance(uid, bool) for uid in values):
        raise AnswerError(f"`{name}` holds True and False; it should hold UIDs: `np.flatnonzero` gives them.")
    if not all(isinstance(uid, (int, np.integer)) for uid in values):
        raise AnswerError(f"`{name}` should hold UIDs, whole numbers.")
    return sorted(int(uid) for uid in values)


def _number(name: str, value: Any) -> float:
    """A float to nine digits, so that the order of a sum plays no part."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise AnswerError(f"`{name}` is a {type(value).__name__}; it should be a number.")
    return float(f"{float(value):.{DIGITS}g}")


# --- 03.5 ---


def pow_registration(prefix: bytes, difficulty: int, hashes_per_second: float, watts: float) -> tuple[int, float]:
    """Reference of 03.5."""
    nonce = 0
    while int.from_bytes(seal(prefix, nonce), "little") * difficulty >= 2**256:
        nonce += 1
    return nonce, difficulty / hashes_per_second * watts


def seal(prefix: bytes, nonce: int) -> bytes:
    """Hash of a try, 32 bytes."""
    return bytes(keccak(sha256(prefix + nonce.to_bytes(8, "little")).digest()))


def work_cases(rng: Rng) -> Iterator[Case]:
    """Difficulties from 1, which every nonce meets, to some thousands."""
    for difficulty in (1, 2, 50, 300, 1_000, 3_000):
        hotkey, coldkey = (ss58_encode(rng.bytes(32), 42) for _ in range(2))
        arguments = {
            "prefix": prefix_of(1, rng.bytes(32), hotkey, coldkey),
            "difficulty": difficulty,
            "hashes_per_second": float(rng.integers(50_000, 90_000)),
            "watts": float(rng.integers(20, 300)),
        }
        yield Case(arguments, f"difficulty {difficulty:,}")


def read_work(result: Any, case: Case) -> Values:
    """A nonce and an energy."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise AnswerError("Your function should return two values, as in `return nonce, joules`.")
    nonce, joules = result
    return {**read_values(nonce=int)(nonce, case), "joules": _number("joules", joules)}


EXERCISES = (
    Exercise(
        id="03.1",
        title="What a new subnet costs",
        name="lock_cost",
        reference=lock_cost,
        cases=lock_cases,
        read=read_values(cost=int),
        wrong_answers=mistakes.LOCK_COST,
        unlocks="You know when to wait with a subnet, and for how long. Next: a seat on somebody else's.",
    ),
    Exercise(
        id="03.2",
        title="What a seat costs",
        name="registration_price",
        reference=registration_price,
        cases=price_cases,
        read=read_values(price=int),
        wrong_answers=mistakes.PRICE,
        unlocks="This rule will run the chain below, in `Put it in`. Next: what if there is no free seat?",
    ),
    Exercise(
        id="03.3",
        title="Who has to go",
        name="next_to_go",
        reference=next_to_go,
        cases=pruning_cases,
        read=read_values(uid=int | None),
        wrong_answers=mistakes.PRUNING,
        unlocks="You can tell a miner how long it has to prove itself. Next: see it all in one table.",
    ),
    Exercise(
        id="03.4",
        title="Read a metagraph",
        name="read_metagraph",
        reference=read_metagraph,
        cases=metagraph_cases,
        read=read_metagraph_answer,
        wrong_answers=mistakes.METAGRAPH,
        unlocks="You read what every explorer of this network shows. Next: the way to a seat that burns no TAO.",
    ),
    Exercise(
        id="03.5",
        title="A seat for work",
        name="pow_registration",
        reference=pow_registration,
        cases=work_cases,
        read=read_work,
        wrong_answers=mistakes.WORK,
        unlocks="You have solved the puzzle that spam has to pay for. Below: what it costs against the price.",
    ),
)
