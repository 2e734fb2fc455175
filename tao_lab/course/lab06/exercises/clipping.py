"""06.2: praise beyond consensus does not count."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Edit, Exercise, read_arrays
from tao_lab.course.lab06.cases import AXES, FIFTH, HALF, ROUNDING, SIZES, Rng, about, random_stake, random_weights
from tao_lab.fixed import EXACT, FLOAT, NumberSystem


def clip_and_trust(weights, consensus):
    """Cut every weight down to consensus, and see what is left of each validator.

    weights    (v, n)  row i: how validator i divides 1 among the miners
    consensus  (n,)    of each miner

    Returns clipped_weights (v, n), validator_trust (v,).
    """
    clipped_weights = np.minimum(weights, consensus)
    return clipped_weights, clipped_weights.sum(axis=1)


def reference(weights: Array, consensus: Array) -> tuple[Array, Array]:
    """The library's own steps."""
    clipped_weights = c.clip(weights, consensus)
    return clipped_weights, c.validator_trust(clipped_weights)


def cases(rng: Rng) -> Iterator[Case]:
    """Consensus of the weights themselves, and a column that nobody supports."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            stake, weights = random_stake(rng, v, numbers), random_weights(rng, v, n, numbers)
            consensus = c.weighted_median(stake, weights, HALF, numbers)
            yield _case(weights, consensus, numbers, "consensus at one half")
            consensus = c.weighted_median(stake, weights, FIFTH, numbers)
            consensus[0] = 0
            yield _case(weights, consensus, numbers, "miner 0 has no support")


def _case(weights: Array, consensus: Array, numbers: NumberSystem, what: str) -> Case:
    return Case({"weights": weights, "consensus": consensus}, about(weights, what, numbers), numbers)


EXERCISE = Exercise(
    id="06.2",
    title="Clipping and validator trust",
    solution=clip_and_trust,
    reference=reference,
    cases=cases,
    read=read_arrays(
        AXES, clipped_weights=lambda a: a["weights"].shape, validator_trust=lambda a: (a["weights"].shape[0],)
    ),
    axes=AXES,
    rounding=ROUNDING,
    unlocks="You can now say of every validator how much of its opinion the majority shares. Next: who gets paid.",
    wrong_answers=(
        Edit(
            "weights above consensus set to zero",
            {"np.minimum(weights, consensus)": "np.where(weights > consensus, 0, weights)"},
            "You throw the whole weight away where it is above consensus. Clipping cuts only what sticks out: above "
            "consensus, the weight becomes the consensus.",
        ),
        Edit(
            "weights below consensus raised",
            {"np.minimum": "np.maximum"},
            "You raise low weights to consensus and leave high ones: that pays miners for praise that nobody gave. Cut "
            "what is above, leave what is below: the smaller of the two, not the larger.",
        ),
        Edit(
            "consensus for everybody",
            {"np.minimum(weights, consensus)": "np.zeros_like(weights) + consensus"},
            "Every row became the consensus. Who gave less than consensus keeps its own, lower weight.",
        ),
        Edit(
            "trust before clipping",
            {"clipped_weights.sum(": "weights.sum("},
            "Your trust is the sum of the weights before clipping, which is 1 for everybody. Sum what is left after "
            "it.",
        ),
        Edit(
            "trust of miners",
            {"axis=1": "axis=0"},
            "You summed columns, which gives one number a miner. Trust is a validator's: one number a row, so sum "
            "along `axis=1`.",
        ),
        Edit(
            "what was lost",
            {"clipped_weights.sum(": "(weights - clipped_weights).sum("},
            "Your trust is what clipping took away. Trust is what it left: 1 for a validator that nobody contradicts.",
        ),
    ),
)
