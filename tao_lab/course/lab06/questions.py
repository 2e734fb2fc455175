"""*Predict first* questions of lab 06: where the result surprises people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tao_lab.cards import Grid, percent
from tao_lab.consensus import EpochInput, SparseRows, epoch, next_input
from tao_lab.course.lab06.subnets import small_subnet
from tao_lab.course.questions import Finding, Question
from tao_lab.datasets import load_metagraph
from tao_lab.fixed import EXACT, FLOAT

USEFUL, USELESS = [1.0, 0.0], [0.0, 1.0]  # weights on two miners: an honest row, a lying row
CAUGHT_UP = 0.9  # of what an old validator earns
RACE_EPOCHS = 40


def liars_pay(stake_percent: int, away_percent: int = 0) -> float:
    """Share of the miners' pay that liars get for a useless miner.

    Args:
        stake_percent: the liars' part of all stake.
        away_percent: part of all stake that is with an honest validator who has set no weights for too long.
    """
    stakes = [100 - stake_percent - away_percent, away_percent, stake_percent]
    inputs = small_subnet(stakes, [USEFUL, USEFUL, USELESS])
    last_update = inputs.last_update.copy()
    last_update[1] = inputs.block - inputs.activity_cutoff - 1
    return float(EXACT.to_float(epoch(replace(inputs, last_update=last_update)).incentive[-1]))


def _away() -> Finding:
    aways = (0, 5, 9, 11, 15)
    shares = {away: liars_pay(45, away) for away in aways}
    row = ["useless miner's pay", *(percent(pay) for pay in shares.values())]
    header = ("honest stake that is away", *(f"{away} %" for away in aways))
    option = 0 if shares[15] == 0 else 2 if shares[15] > 0.99 else 1
    because = (
        "A validator that has set no weights for longer than `activity_cutoff` has no voice in the epoch. 15 of 100 "
        "are away, so 45 of the other 85 is a majority. A majority of what? Of the stake that speaks."
    )
    return Finding(option, because, (Grid([row], header),))


def _heads() -> Finding:
    inputs = small_subnet([600] + [44] * 9, [[0.2, 0.8]] + [[0.9, 0.1]] * 9)
    consensus = EXACT.to_float(epoch(inputs).consensus[-2:])
    decides = 0 if abs(consensus[0] - 0.2) < 0.01 else 1 if abs(consensus[0] - 0.9) < 0.01 else 2
    rows = [
        ["the one with 60 % of stake", "20 %", "80 %"],
        ["each of the nine", "90 %", "10 %"],
        ["consensus", *(percent(c) for c in consensus)],
    ]
    because = "Stake votes, not heads: nine keys cost nothing, 60 % of the stake does."
    return Finding(decides, because, (Grid(rows, ("weights", "miner A", "miner B")),))


def _copier() -> Finding:
    relative = copier_dividends(RACE_EPOCHS)
    first = next((number for number, share in enumerate(relative, 1) if share >= CAUGHT_UP), None)
    option = 1 if relative[0] < 0.5 and first else 0 if relative[0] > 0.9 else 2
    shown = [number for number in (1, 2, 5, 10, 20, 30, 40) if number <= RACE_EPOCHS]
    row = ["newcomer's pay / old validator's", *(percent(relative[number - 1]) for number in shown)]
    because = (
        f"Bonds remember: each epoch replaces only a tenth of them. It takes {first} epochs, {first * 72 // 60} "
        f"hours, to reach {percent(CAUGHT_UP)}. A validator that copies a good judgement later is paid later."
        if first
        else f"After {RACE_EPOCHS} epochs it still earns {percent(relative[-1])} of the old validator's pay."
    )
    return Finding(option, because, (Grid([row], ("epoch", *map(str, shown))),))


def copier_dividends(epochs: int) -> list[float]:
    """What a newcomer with equal stake and equal weights earns, as a share of what an old validator earns."""
    subnet = small_subnet([1_000] * 3, [[0.5, 0.5]] * 3)
    alone = subnet.weights.dense(np.arange(subnet.n))
    alone[2] = 0
    before = replace(subnet, weights=SparseRows.from_dense(alone))
    state: EpochInput = replace(next_input(before, epoch(before).terms()), weights=subnet.weights)
    relative = []
    for _ in range(epochs):
        result = epoch(state)
        dividends = EXACT.to_float(result.dividends)
        relative.append(float(dividends[2] / dividends[0]))
        state = next_input(state, result.terms())
    return relative


def _floats() -> Finding:
    inputs = load_metagraph().epoch_input()
    exact, floating = epoch(inputs).terms().server_emission, epoch(inputs, FLOAT).terms().server_emission
    paid = exact > 0
    same = int((exact == floating)[paid].sum())
    count = int(paid.sum())
    largest = int(np.abs(exact.astype(np.int64) - floating.astype(np.int64)).max())
    option = 0 if same == count else 2 if same < count / 2 else 1
    rows = [
        ["miners that are paid", str(count)],
        ["same rao in floats", str(same)],
        ["largest difference", f"{largest:,} rao"],
    ]
    because = (
        "A float64 is the finer number, but a chain of computers must agree on every bit: whoever rounds otherwise "
        "is on another chain. The difference is a few millionths of a τ; the disagreement is total."
    )
    return Finding(option, because, (Grid(rows),))


QUESTIONS = (
    Question(
        "06.A",
        "Liars hold 45 % of the stake and give a useless miner all their weight; 55 % is honest and gives it none. "
        "Then an honest validator with 15 % goes on holiday and sets no weights. What part of the miners' pay does "
        "the useless miner get?",
        ("nothing: 45 % is not a majority", "some, but less than half", "all of it"),
        _away,
    ),
    Question(
        "06.B",
        "One validator holds 60 % of the stake. Nine others hold the rest and all disagree with it. Whose weights "
        "become the consensus?",
        ("those of the one", "those of the nine", "something between the two"),
        _heads,
    ),
    Question(
        "06.C",
        "A new validator arrives with as much stake as an old one, and copies its weights exactly. What does it earn?",
        (
            "the same, from its first epoch on",
            "little at first, and nearly the same after a day or two",
            "never much: a copier is found out",
        ),
        _copier,
    ),
    Question(
        "06.D",
        "We run the same epoch of subnet 15 in float64, which has more digits than the chain's numbers. For how many "
        "of the miners is the pay, in rao, the same?",
        ("for all of them", "for most of them", "for few or none"),
        _floats,
    ),
)
