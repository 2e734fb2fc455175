"""06.6: one epoch, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tao_lab import consensus as c
from tao_lab import consensus as ours
from tao_lab import vectors
from tao_lab.consensus.types import EpochInput, SparseRows
from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab06.cases import FIFTH, SIZES, Rng
from tao_lab.course.lab06.exercises.bonds import bonds
from tao_lab.course.lab06.exercises.clipping import clip_and_trust
from tao_lab.course.lab06.exercises.dividends import dividends
from tao_lab.course.lab06.exercises.incentive import ranks_and_incentive
from tao_lab.course.lab06.exercises.median import weighted_median
from tao_lab.course.lab06.subnets import random_subnet
from tao_lab.fixed import EXACT
from tao_lab.paths import DATASETS
from tao_lab.units import U16_MAX


def my_epoch(inputs, numbers=EXACT):
    """One epoch of a subnet: your five functions, in the chain's order.

    inputs   EpochInput: everything that the chain knows about the subnet
    numbers  EXACT or FLOAT; hand it on to every step

    Returns s.finish(consensus=..., clipped_weights=..., validator_trust=..., ranks=..., incentive=...,
                     bonds=..., bond_places=..., dividends=...), where bond_places is None for Yuma 2.
    """
    s = ours.start(inputs, numbers)
    consensus = weighted_median(s.voices, s.weights, inputs.kappa, numbers)
    clipped_weights, validator_trust, mixed = clip_and_trust(s.weights, consensus, inputs.bonds_penalty, numbers)
    ranks, incentive = ranks_and_incentive(clipped_weights, s.voices, numbers)
    if inputs.yuma3:
        shares, places = ours.next_bonds_yuma3(s, consensus, mixed)
        stored = shares
    else:
        shares = bonds(mixed, s.voices, s.old_bonds, inputs.bonds_moving_average, numbers)
        stored, places = ours.upscale_columns(shares, numbers), None
    pay = dividends(shares, incentive, s.voices, inputs.yuma3, numbers)
    return s.finish(
        consensus=consensus,
        clipped_weights=clipped_weights,
        validator_trust=validator_trust,
        ranks=ranks,
        incentive=incentive,
        bonds=stored,
        bond_places=places,
        dividends=pay,
    )


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


def cases(rng: Rng) -> Iterator[Case]:
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
    liquid = {"yuma3": True, "liquid_alpha": c.LiquidAlpha(45_875, 58_982, 1_000)}
    for penalty in (0, U16_MAX):  # between the two, a row of bonds is written again in ascending order
        inputs = random_subnet(rng, 3, 6, bonds_penalty=penalty, **liquid)
        shuffled = replace(inputs, weights=_shuffled(rng, inputs.weights), bonds=_shuffled(rng, inputs.bonds))
        about = f"Yuma 3 with liquid alpha, bonds penalty {penalty:,}, rows in a random order"
        yield Case({"inputs": shuffled}, f"3 validators, 6 miners; {about}")
    for vector in vectors.load(DATASETS / "vectors" / "epoch.json").vectors:
        inputs = EpochInput.from_json(vector.input)
        yield Case({"inputs": inputs}, f"the chain's vector {vector.name}", expected=_in_order(dict(vector.expected)))


def _shuffled(rng: Rng, rows: SparseRows) -> SparseRows:
    """The same rows, with their entries in another order."""
    order = np.lexsort((rng.random(len(rows.uids)), np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))))
    return SparseRows(rows.starts, rows.uids[order], rows.values[order])


def read(result: Any, case: Case) -> Values:
    """What an epoch would store, as JSON values."""
    try:
        answer = vectors.plain_answer(vectors.KINDS["epoch"].answer(result))
    except vectors.AnswerError as error:
        raise vectors.AnswerError(f"`my_epoch` {error}. End it with `return s.finish(…)`.") from None
    return _in_order(answer)


def _in_order(answer: Values) -> Values:
    return {name: answer[name] for name in EPOCH_FIELDS if name in answer}


EXERCISE = Exercise(
    id="06.6",
    title="One epoch, bit for bit",
    solution=my_epoch,
    reference=c.epoch,
    cases=cases,
    read=read,
    unlocks="Your epoch is the chain's, to the last bit. From here on it can run the network: put it in below.",
    wrong_answers=(
        Edit(
            "floats",
            {"    s = ours.start(inputs, numbers)": "    numbers = FLOAT\n    s = ours.start(inputs, numbers)"},
            "Every step is right, but it runs over floats. The chain has no floats: pass `numbers` on to every step, "
            "and let it be `EXACT`.",
        ),
        Edit(
            "ranks before clipping",
            {"ranks_and_incentive(clipped_weights,": "ranks_and_incentive(s.weights,"},
            "You rank the weights as given. Then clipping protects nobody: ranks need the clipped weights.",
        ),
        Edit(
            "bonds from weights as given",
            {"bonds(mixed,": "bonds(s.weights,", "(s, consensus, mixed)": "(s, consensus, s.weights)"},
            "Your bonds come from the weights before clipping, as if the bonds penalty were 0. Take the third result "
            "of `clip_and_trust`.",
        ),
        Edit(
            "bonds always from clipped weights",
            {"bonds(mixed,": "bonds(clipped_weights,", "(s, consensus, mixed)": "(s, consensus, clipped_weights)"},
            "Your bonds always come from the clipped weights, as if the bonds penalty were 1. A subnet may set it "
            "lower: take the third result of `clip_and_trust`.",
        ),
        Edit(
            "ranks from the weights for bonds",
            {"ranks_and_incentive(clipped_weights,": "ranks_and_incentive(mixed,"},
            "You rank the weights for bonds, so that a small bonds penalty pays miners for praise beyond consensus. "
            "Ranks need the clipped weights.",
        ),
        Edit(
            "bonds stored as shares",
            {"ours.upscale_columns(shares, numbers)": "shares"},
            "Pay is right; only the stored bonds differ. Yuma 2 stores each column scaled so that its largest bond is "
            "65,535: pass `ours.upscale_columns(shares, numbers)` to `s.finish`, and use the shares for dividends.",
        ),
        Edit(
            "dividends from stored bonds",
            {"dividends(shares,": "dividends(stored,"},
            "You pay dividends for bonds in the form in which they are stored, where each column has its largest at 1. "
            "Dividends of Yuma 2 need the shares.",
        ),
        Edit(
            "Yuma 3 not distinguished",
            {"if inputs.yuma3:": "if False:", "inputs.yuma3, numbers)": "False, numbers)"},
            "Right for Yuma 2. Where `inputs.yuma3` is true, bonds move another way, "
            "`ours.next_bonds_yuma3(s, consensus, …)`, and your `dividends` must know.",
        ),
        Edit(
            "dividends of Yuma 2 always",
            {"inputs.yuma3, numbers)": "False, numbers)"},
            "Only the dividends of Yuma 3 differ: your `dividends` is told that these bonds are Yuma 2's.",
        ),
        Edit(
            "silent validators vote",
            {
                "    s = ours.start(inputs, numbers)\n": "    s = ours.start(inputs, numbers)\n"
                '    object.__setattr__(s, "voices", s.stake[s.validators])\n'
            },
            "You use all stake. Validators that have been silent for too long have no voice: `s.voices` is the stake "
            "of those that do.",
        ),
        Edit(
            "places of bonds left out",
            {"bond_places=places": "bond_places=None"},
            "Only the stored bonds of Yuma 3 with liquid alpha differ: their rows have an order of their own, and "
            "entries of zero. `ours.next_bonds_yuma3` gives two things: what is the second one for?",
        ),
    ),
)
