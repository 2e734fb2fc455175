"""The six exercises of lab 06: from the weighted median to a whole epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab import consensus as c
from tao_lab import vectors
from tao_lab.consensus.types import Array, EpochInput
from tao_lab.course.exercise import Case, Exercise, Values, read_arrays
from tao_lab.course.lab06 import mistakes
from tao_lab.course.lab06.subnets import random_subnet, random_u16
from tao_lab.fixed import EXACT, FLOAT, NumberSystem
from tao_lab.paths import DATASETS

HALF, FIFTH, FOUR_FIFTHS = 32_767, 13_107, 52_428  # kappa, u16
Rng = np.random.Generator

# Small ones come first, for a person to look at. Numbers of validators and miners always differ, so that rows and
# columns cannot be mistaken for each other.
SIZES = ((3, 4), (4, 3), (5, 7), (16, 40))


# --- 06.1 ---


def weighted_median(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    """Reference of 06.1."""
    return c.weighted_median(stake, weights, kappa, numbers)


def median_cases(rng: Rng) -> Iterator[Case]:
    """Half, a fifth and four fifths; stake that does not sum to one; voters without stake; nobody with stake."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            for kappa in (HALF, FIFTH, FOUR_FIFTHS):
                stake, weights = _stake(rng, v, numbers), _weights(rng, v, n, numbers)
                yield _median_case(stake, weights, kappa, numbers, f"kappa is {kappa:,} of 65,535")
        stake, weights = _stake(rng, 5, numbers), _weights(rng, 5, 4, numbers)
        half = numbers.multiply(stake, numbers.ratio(1, 2))
        yield _median_case(half, weights, HALF, numbers, "the stake does not sum to one")
        stake[np.argmax(stake)] = 0
        yield _median_case(stake, weights, HALF, numbers, "the largest validator has lost its stake")
        filled = c.row_normalize(numbers.number(rng.integers(1, 9, (3, 4))), numbers)
        yield _median_case(numbers.number([0, 0, 0]), filled, HALF, numbers, "nobody has stake")


def _median_case(stake: Array, weights: Array, kappa: int, numbers: NumberSystem, what: str) -> Case:
    arguments = {"stake": stake, "weights": weights, "kappa": kappa, "numbers": numbers}
    return Case(arguments, _about(weights, what, numbers), numbers)


# --- 06.2 ---


def clip_and_trust(weights: Array, consensus: Array) -> tuple[Array, Array]:
    """Reference of 06.2."""
    clipped_weights = c.clip(weights, consensus)
    return clipped_weights, c.validator_trust(clipped_weights)


def clip_cases(rng: Rng) -> Iterator[Case]:
    """Consensus of the weights themselves, and a column that nobody supports."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            stake, weights = _stake(rng, v, numbers), _weights(rng, v, n, numbers)
            consensus = c.weighted_median(stake, weights, HALF, numbers)
            yield _clip_case(weights, consensus, numbers, "consensus at one half")
            consensus = c.weighted_median(stake, weights, FIFTH, numbers)
            consensus[0] = 0
            yield _clip_case(weights, consensus, numbers, "miner 0 has no support")


def _clip_case(weights: Array, consensus: Array, numbers: NumberSystem, what: str) -> Case:
    return Case({"weights": weights, "consensus": consensus}, _about(weights, what, numbers), numbers)


# --- 06.3 ---


def ranks_and_incentive(clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT) -> tuple[Array, Array]:
    """Reference of 06.3."""
    ranks = c.ranks(clipped_weights, stake, numbers)
    return ranks, c.incentive(ranks, numbers)


def incentive_cases(rng: Rng) -> Iterator[Case]:
    """Clipped weights, and nothing left after clipping."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            stake, weights = _stake(rng, v, numbers), _weights(rng, v, n, numbers)
            clipped = c.clip(weights, c.weighted_median(stake, weights, HALF, numbers))
            yield _incentive_case(clipped, stake, numbers, "clipped at one half")
        nothing = np.zeros((3, 4), numbers.dtype)
        yield _incentive_case(nothing, _stake(rng, 3, numbers), numbers, "clipping left nothing")


def _incentive_case(clipped: Array, stake: Array, numbers: NumberSystem, what: str) -> Case:
    arguments = {"clipped_weights": clipped, "stake": stake, "numbers": numbers}
    return Case(arguments, _about(clipped, what, numbers), numbers)


# --- 06.4 ---


def bonds(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    """Reference of 06.4."""
    return c.bonds_yuma2(weights, stake, old_bonds, bonds_moving_average, numbers)


def bonds_cases(rng: Rng) -> Iterator[Case]:
    """Old bonds on some miners, no old bonds at all, a miner that everybody dropped, other speeds."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            for average in (900_000, 975_000):
                weights, old = _weights(rng, v, n, numbers), numbers.number(random_u16(rng, v, n))
                what = f"the moving average is {average:,} millionths"
                yield _bonds_case(weights, _stake(rng, v, numbers), old, average, numbers, what)
        weights, old = _weights(rng, 4, 3, numbers), numbers.number(random_u16(rng, 4, 3))
        weights[:, 0] = 0
        yield _bonds_case(weights, _stake(rng, 4, numbers), old, 900_000, numbers, "nobody rates miner 0 any more")
        old = np.zeros((4, 3), numbers.dtype)
        yield _bonds_case(weights, _stake(rng, 4, numbers), old, 900_000, numbers, "the first epoch: no bonds yet")


def _bonds_case(weights: Array, stake: Array, old: Array, average: int, numbers: NumberSystem, what: str) -> Case:
    arguments = {
        "weights": weights,
        "stake": stake,
        "old_bonds": old,
        "bonds_moving_average": average,
        "numbers": numbers,
    }
    return Case(arguments, _about(weights, what, numbers), numbers)


# --- 06.5 ---


def dividends(bonds: Array, incentive: Array, numbers: NumberSystem = FLOAT) -> Array:
    """Reference of 06.5."""
    return c.dividends_yuma2(bonds, incentive, numbers)


def dividends_cases(rng: Rng) -> Iterator[Case]:
    """Bonds of all sizes, a miner whom nobody holds, and no incentive."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            held = c.column_normalize(numbers.number(random_u16(rng, v, n)), numbers)
            incentive = c.normalize(numbers.number(rng.integers(1, 100, n)), numbers)
            yield _dividends_case(held, incentive, numbers, "every miner earns")
            held = held.copy()  # the case above keeps its own
            held[:, 0] = 0
            yield _dividends_case(held, incentive, numbers, "nobody holds bonds on miner 0")
        yield _dividends_case(held, np.zeros_like(incentive), numbers, "no miner earns")


def _dividends_case(held: Array, incentive: Array, numbers: NumberSystem, what: str) -> Case:
    arguments = {"bonds": held, "incentive": incentive, "numbers": numbers}
    return Case(arguments, _about(held, what, numbers), numbers)


# --- 06.6 ---

# In the order in which an epoch computes them, so that the first difference is where a mistake begins.
EPOCH_FIELDS = (
    "active",
    "validator_permit",
    "stake_weight",
    "consensus",
    "validator_trust",
    "incentive",
    "bonds",
    "dividends",
    "server_emission",
    "validator_emission",
    "emission",
)


def my_epoch(inputs: EpochInput) -> c.Epoch:
    """Reference of 06.6."""
    return c.epoch(inputs, EXACT)


def epoch_cases(rng: Rng) -> Iterator[Case]:
    """Random subnets of Yuma 2 and 3, then the chain's vectors."""
    settings: tuple[dict[str, Any], ...] = (
        {},
        {"bonds_penalty": 0},
        {"bonds_penalty": 40_000},
        {"kappa": FIFTH, "bonds_moving_average": 975_000},
        {"yuma3": True},
        {"yuma3": True, "liquid_alpha": c.LiquidAlpha(45_875, 58_982, 1_000)},
    )
    for index, changes in enumerate(settings):
        v, n = SIZES[index % len(SIZES)]
        said = ", ".join(f"{name} {value}" for name, value in changes.items()) or "mainnet's settings"
        yield Case({"inputs": random_subnet(rng, v, n, **changes)}, f"{v} validators, {n} miners; {said}")
    for vector in vectors.load(DATASETS / "vectors" / "epoch.json").vectors:
        inputs = EpochInput.from_json(vector.input)
        yield Case({"inputs": inputs}, f"the chain's vector {vector.name}", expected=_in_order(dict(vector.expected)))


def read_epoch(result: Any, case: Case) -> Values:
    """What an epoch would store, as JSON values."""
    try:
        answer = vectors.plain_answer(vectors.KINDS["epoch"].answer(result))
    except vectors.AnswerError as error:
        raise vectors.AnswerError(f"`my_epoch` {error}. End it with `return s.finish(…)`.") from None
    return _in_order(answer)


def _in_order(answer: Values) -> Values:
    return {name: answer[name] for name in EPOCH_FIELDS if name in answer}


# --- random parts ---


def _stake(rng: Rng, validators: int, numbers: NumberSystem) -> Array:
    """Shares (v,), uneven as on a real subnet: the largest validator is not the median of heads."""
    amounts = (rng.pareto(1.2, validators) * 1_000 + 100).astype(np.int64)
    return numbers.ratio(amounts, amounts.sum())


def _weights(rng: Rng, validators: int, miners: int, numbers: NumberSystem) -> Array:
    """Row-normalized weights (v, n)."""
    return c.row_normalize(numbers.number(random_u16(rng, validators, miners)), numbers)


def _about(matrix: Array, what: str, numbers: NumberSystem) -> str:
    kind = "exact numbers" if numbers is EXACT else "floats"
    return f"{matrix.shape[0]} validators, {matrix.shape[1]} miners, {kind}; {what}"


EXERCISES = (
    Exercise(
        id="06.1",
        title="Stake-weighted median at kappa",
        name="weighted_median",
        reference=weighted_median,
        cases=median_cases,
        read=read_arrays(consensus=lambda a: (a["weights"].shape[1],)),
        wrong_answers=mistakes.MEDIAN,
        unlocks="You have the number that validators cannot move without a majority of stake. Next: what it cuts off.",
    ),
    Exercise(
        id="06.2",
        title="Clipping and validator trust",
        name="clip_and_trust",
        reference=clip_and_trust,
        cases=clip_cases,
        read=read_arrays(
            clipped_weights=lambda a: a["weights"].shape, validator_trust=lambda a: (a["weights"].shape[0],)
        ),
        wrong_answers=mistakes.CLIP,
        unlocks="You can now say of every validator how much of its opinion the majority shares. Next: who gets paid.",
    ),
    Exercise(
        id="06.3",
        title="Ranks and incentive",
        name="ranks_and_incentive",
        reference=ranks_and_incentive,
        cases=incentive_cases,
        read=read_arrays(
            ranks=lambda a: (a["clipped_weights"].shape[1],), incentive=lambda a: (a["clipped_weights"].shape[1],)
        ),
        wrong_answers=mistakes.INCENTIVE,
        unlocks="Miners are paid: half of the epoch is yours. Next: what validators earn, and why they should hurry.",
    ),
    Exercise(
        id="06.4",
        title="Bonds: a moving average",
        name="bonds",
        reference=bonds,
        cases=bonds_cases,
        read=read_arrays(bonds=lambda a: a["weights"].shape),
        wrong_answers=mistakes.BONDS,
        unlocks="You have the network's memory of who saw a good miner early. Next: turn it into pay.",
    ),
    Exercise(
        id="06.5",
        title="Dividends",
        name="dividends",
        reference=dividends,
        cases=dividends_cases,
        read=read_arrays(dividends=lambda a: (a["bonds"].shape[0],)),
        wrong_answers=mistakes.DIVIDENDS,
        unlocks="All five parts are there. Next: put them in the right order, and face the chain's own numbers.",
    ),
    Exercise(
        id="06.6",
        title="One epoch, bit for bit",
        name="my_epoch",
        reference=my_epoch,
        cases=epoch_cases,
        read=read_epoch,
        wrong_answers=mistakes.EPOCH,
        unlocks="Your epoch is the chain's, to the last bit. From here on it can run the network: put it in below.",
    ),
)
