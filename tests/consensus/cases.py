"""Random subnets, with the corners of the rules much likelier than on a real chain.

Corners spoil each other: without stake no other rule matters. So each case first draws how strange it is, and each of
its fields is at a corner with that probability, and otherwise as on a healthy subnet.

`case(seed)` is the `input` of an epoch vector; the same seed gives the same subnet. `CASES` is a Hypothesis strategy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

U16_MAX = 65_535
U64_MAX = (1 << 64) - 1
LARGEST_STAKE = 10**16  # rao
STRANGENESS = (0.0, 0.1, 0.1, 0.25, 0.5)
BLOCKS = (1, 2, 400, 5_001, 6_000_000)
TEMPOS = (0, 1, 10, 99, 1_000)
# with equal stakes these shares meet the sum of some of the voters exactly: thirds, fifths
KAPPAS = (0, U16_MAX, 21_845, 43_690, 13_107, 26_214, 39_321, 52_428)
# 200 meets exp(1), which the chain answers with a constant, wherever the difference is zero
STEEPNESSES = (0, 0, 1, 200, 200, 200, -200, 333, -777, 5_000, -1_000, 32_767, -32_768)
ALPHAS = ((6_553, 19_660), (1_638, U16_MAX), (0, 0), (0, U16_MAX), (U16_MAX, U16_MAX), (50_000, 20_000))

Row = list[list[int]]


@dataclass
class Draw:
    """A source of random choices for one case."""

    random: np.random.Generator
    strangeness: float = 0.0

    def below(self, limit: int) -> int:
        return int(self.random.integers(limit))

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def among(self, options: Sequence[Any]) -> Any:
        return options[self.below(len(options))]

    def usually(self, healthy: Any, corners: Sequence[Any]) -> Any:
        return self.among(corners) if self.chance(self.strangeness) else healthy


def stakes(draw: Draw, n: int) -> list[int]:
    kind = draw.usually(draw.among(("pareto", "equal")), ("few", "whale", "whale", "gaps", "zero"))
    if kind == "equal":
        return [1 + draw.below(LARGEST_STAKE)] * n
    if kind == "few":
        return [draw.below(4) for _ in range(n)]
    if kind == "zero":
        return [0] * n
    amounts = [min(int((1 + draw.random.pareto(0.6)) * 10**9), LARGEST_STAKE) for _ in range(n)]
    if kind == "whale":
        amounts[draw.below(n)] = LARGEST_STAKE
    return [0 if kind == "gaps" and draw.chance(0.5) else amount for amount in amounts]


def value(draw: Draw, kind: str) -> int:
    if kind == "ties":
        return draw.among((0, 1, 2, 65_534, U16_MAX))
    if kind == "extreme":
        return draw.among((0, U16_MAX))
    return 0 if draw.chance(0.1) else draw.below(U16_MAX + 1)


def row(draw: Draw, n: int, uid: int, kind: str) -> Row:
    """Stored entries of one row; a quarter of the rows is out of order."""
    if kind == "self":
        columns = [uid]
    elif kind == "one":
        columns = [draw.below(n)]
    else:
        density = draw.among((0.3, 0.7, 1.0))
        columns = [j for j in range(n) if draw.chance(density)]
    entries = [[j, U16_MAX if kind == "one" else value(draw, kind)] for j in columns]
    if draw.chance(0.25):
        draw.random.shuffle(entries)
    return entries


def matrix(draw: Draw, n: int) -> list[list[Any]]:
    kind = draw.among(("random", "random", "agree", "agree", "ties", "extreme", "one"))
    kind = draw.usually(kind, ("self", "none"))
    if kind == "none":
        return []
    if kind == "agree":
        shared = row(draw, n, 0, "random")
        rows = [shared if draw.chance(0.8) else row(draw, n, uid, "random") for uid in range(n)]
    else:
        rows = [row(draw, n, uid, kind) for uid in range(n)]
    dead = {draw.below(n) for _ in range(n // 4)}  # columns that nobody names, or all name with zero
    named = draw.chance(0.5)
    rows = [[[j, 0 if j in dead else w] for j, w in entries if named or j not in dead] for entries in rows]
    missing = draw.usually(0.0, (0.2, 0.6))
    return [[uid, entries] for uid, entries in enumerate(rows) if not draw.chance(missing)]


def liquid_alpha(draw: Draw) -> dict[str, Any] | None:
    if draw.chance(0.35):
        return None
    low, high = draw.usually((45_875, 58_982), ALPHAS)
    steepness = draw.among((1_000, draw.below(1 << 16) - (1 << 15), draw.among(STEEPNESSES)))
    settings: dict[str, Any] = {"low": low, "high": high, "steepness": steepness}
    return settings if draw.chance(0.5) else {**settings, "mode": draw.among(("Current", "Previous", "Auto"))}


def past(draw: Draw, block: int, *corners: int) -> int:
    """A block up to `block`, often next to one of `corners`."""
    near = [corner + step for corner in corners for step in (-1, 0, 1)]
    return min(max(draw.among((*near, draw.below(block + 1), block)), 0), block)


def clocks(draw: Draw, n: int) -> dict[str, Any]:
    block, tempo = draw.usually(123_456, BLOCKS), draw.usually(360, TEMPOS)
    cutoff = draw.usually(5_000, (1, 13))
    last_step = draw.among((0, past(draw, block, block - tempo)))
    last_tempo = last_step + 1 if last_step else block - tempo
    update = past(draw, block, block, block - cutoff)

    def column(usual: int, *corners: int) -> list[int]:
        return [draw.usually(usual, (past(draw, block, *corners),)) for _ in range(n)]

    clock: dict[str, Any] = {
        "block": block,
        "tempo": tempo,
        "last_step_block": last_step,
        "activity_cutoff": cutoff,
        "last_update": column(block, update, block - cutoff),
        "registered_at": column(0, last_tempo, update),
    }
    if draw.chance(0.3):
        registered = draw.among(clock["registered_at"])
        clock["commit_block"] = [draw.usually(None, (past(draw, block, registered),)) for _ in range(n)]
    return clock


def case(seed: int) -> dict[str, Any]:
    """The `input` of an epoch vector, drawn from `seed`."""
    draw = Draw(np.random.default_rng(seed))
    draw.strangeness = draw.among(STRANGENESS)
    n = draw.among((1, 2, 3, 3, 5, 5, 8, 40, *(1 + draw.below(40) for _ in range(4))))
    stake, weights = stakes(draw, n), matrix(draw, n)
    return {
        "n": n,
        **clocks(draw, n),
        "kappa": draw.among((32_767, draw.below(U16_MAX + 1), draw.among(KAPPAS))),
        "bonds_penalty": draw.among((0, U16_MAX, draw.below(U16_MAX + 1))),
        "bonds_moving_average": draw.usually(900_000, (0, 975_000, 10**6, draw.below(10**6))),
        "yuma3": draw.chance(0.6),
        "liquid_alpha": liquid_alpha(draw),
        "max_validators": draw.usually(64, (0, 1, n // 2, n, n + 1)),
        "min_stake": draw.usually(0, (1, draw.among(stake), 10**12, LARGEST_STAKE + 1)),
        "owner_uid": draw.among((None, draw.usually(None, (draw.below(n), draw.below(n), n, U16_MAX)))),
        # the largest emission shows every bit of a share
        "emission": draw.among((U64_MAX, draw.usually(295_200 * 10**6, (0, 1, draw.below(10**15))))),
        "stake": stake,
        "validator_permit": [draw.usually(True, (False,)) for _ in range(n)],
        "weights": weights,
        "bonds": weights if draw.chance(0.2) else matrix(draw, n),
        "previous_consensus": [draw.among((0, draw.below(U16_MAX + 1))) for _ in range(n)]
        if draw.chance(0.5)
        else None,
    }


CASES = st.integers(0, 2**32 - 1).map(case)
