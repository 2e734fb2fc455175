"""06.2: praise beyond consensus does not count."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Edit, Exercise, read_arrays
from tao_lab.course.lab06.cases import AXES, FIFTH, HALF, ROUNDING, SIZES, Rng, about, random_stake, random_weights
from tao_lab.fixed import EXACT, FLOAT, NumberSystem


def clip_and_trust(weights, consensus, bonds_penalty, numbers=FLOAT):
    """Cut every weight down to consensus, see what is left of each validator, and choose what builds bonds.

    weights        (v, n)  row i: how validator i divides 1 among the miners
    consensus      (n,)    of each miner
    bonds_penalty  int     u16: how much of what clipping takes away is taken from bonds too
    numbers                FLOAT or EXACT

    Returns clipped_weights (v, n), validator_trust (v,), weights_for_bonds (v, n).

    >>> clip_and_trust(np.array([[0.75, 0.25]]), np.array([0.25, 0.5]), 0)
    (array([[0.25, 0.25]]), array([0.5]), array([[0.75, 0.25]]))
    """
    clipped_weights = np.minimum(weights, consensus)
    validator_trust = clipped_weights.sum(axis=1)
    penalty = numbers.ratio(bonds_penalty, 65_535)
    weights_for_bonds = weights + numbers.multiply(penalty, clipped_weights - weights)
    return clipped_weights, validator_trust, weights_for_bonds


def reference(
    weights: Array, consensus: Array, bonds_penalty: int, numbers: NumberSystem
) -> tuple[Array, Array, Array]:
    """The library's own steps."""
    clipped_weights = c.clip(weights, consensus)
    mixed = c.weights_for_bonds(weights, clipped_weights, bonds_penalty, numbers)
    return clipped_weights, c.validator_trust(clipped_weights), mixed


def cases(rng: Rng) -> Iterator[Case]:
    """Numbers for a head, then consensus of the weights themselves, and a column that nobody supports."""
    for numbers in (FLOAT, EXACT):
        weights, consensus = numbers.ratio([[6, 2], [2, 6], [2, 6]], 8), numbers.ratio([2, 6], 8)
        yield _case(weights, consensus, 65_535, numbers, "a full penalty")
        yield _case(weights, consensus, 0, numbers, "no penalty")
        yield _case(weights, consensus, 13_107, numbers, "a penalty of one fifth")
        for v, n in SIZES:
            stake, weights = random_stake(rng, v, numbers), random_weights(rng, v, n, numbers)
            consensus = c.weighted_median(stake, weights, HALF, numbers)
            yield _case(weights, consensus, 65_535, numbers, "consensus at one half, a full penalty")
            consensus = c.weighted_median(stake, weights, FIFTH, numbers)
            consensus[0] = 0
            penalty = int(rng.integers(10_000, 60_000))
            yield _case(weights, consensus, penalty, numbers, f"miner 0 has no support, a penalty of {penalty:,}")


def _case(weights: Array, consensus: Array, penalty: int, numbers: NumberSystem, what: str) -> Case:
    arguments = {"weights": weights, "consensus": consensus, "bonds_penalty": penalty, "numbers": numbers}
    return Case(arguments, about(weights, what, numbers), numbers)


EXERCISE = Exercise(
    id="06.2",
    title="Clipping, trust, and the weights for bonds",
    solution=clip_and_trust,
    reference=reference,
    cases=cases,
    read=read_arrays(
        AXES,
        clipped_weights=lambda a: a["weights"].shape,
        validator_trust=lambda a: (a["weights"].shape[0],),
        weights_for_bonds=lambda a: a["weights"].shape,
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
        Edit(
            "trust of the weights for bonds",
            {
                "    validator_trust = clipped_weights.sum(axis=1)\n": "",
                "    return clipped": "    validator_trust = weights_for_bonds.sum(axis=1)\n    return clipped",
            },
            "Your trust follows the penalty. The penalty is about bonds only: trust and pay of miners come from the "
            "clipped weights, whatever it is.",
        ),
        Edit(
            "clipped by the penalty",
            {
                "clipped_weights = np.minimum(weights, consensus)": "full = np.minimum(weights, consensus)",
                "weights_for_bonds = weights": "weights_for_bonds = clipped_weights",
                "    validator_trust = clipped_weights.sum(axis=1)\n": "",
                "65_535)\n": "65_535)\n    clipped_weights = weights + numbers.multiply(penalty, full - weights)\n"
                "    validator_trust = full.sum(axis=1)\n",
                "+ numbers.multiply(penalty, clipped_weights - weights)": "+ 0",
            },
            "You clip only as far as the penalty goes. The first result is the full cut, always; only the third one "
            "depends on the penalty.",
        ),
        Edit(
            "the mix the other way round",
            {
                "= weights + numbers": "= clipped_weights + numbers",
                "(penalty, clipped_weights - weights)": "(penalty, weights - clipped_weights)",
            },
            "Your bonds go the other way: at penalty 0 they are built on clipped weights, at 65,535 on the weights as "
            "given. A penalty takes away.",
        ),
        Edit(
            "the penalty as it is stored",
            {"numbers.ratio(bonds_penalty, 65_535)": "numbers.number(bonds_penalty)"},
            "You multiply by the penalty as it is stored. It is a u16: bring it to a number from 0 to 1 first.",
        ),
        Edit(
            "always the clipped weights",
            {
                "weights + numbers.multiply(penalty, clipped_weights - weights)": "clipped_weights",
            },
            "Your bonds are built on the clipped weights, whatever the penalty is. A subnet may choose a smaller one: "
            "then only that part of the cut counts.",
        ),
        Edit(
            "always the weights as given",
            {"weights + numbers.multiply(penalty, clipped_weights - weights)": "weights"},
            "Your bonds are built on the weights as given, whatever the penalty is. Then praise beyond consensus "
            "builds bonds, and pays.",
        ),
        Edit(
            "the penalty of all weight",
            {"(penalty, clipped_weights - weights)": "(penalty, -weights)"},
            "You take the penalty off the whole weight. It is a part of what clipping cuts off: a weight below "
            "consensus loses nothing.",
        ),
        Edit(
            "two products",
            {
                "weights + numbers.multiply(penalty, clipped_weights - weights)": "numbers.multiply(penalty, "
                "clipped_weights) + numbers.multiply(numbers.number(1) - penalty, weights)"
            },
            "Right over floats, and a bit too small over the chain's exact numbers: you multiply twice, so you round "
            "twice. The chain starts at the weight as given and moves: one product.",
        ),
    ),
)
