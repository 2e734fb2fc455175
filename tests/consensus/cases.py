"""Random subnets, with the corners of the rules much likelier than on a real chain.

`case(seed)` is the `input` of an epoch vector; the same seed gives the same subnet. `CASES` is a Hypothesis strategy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

U16_MAX = 65_535
U64_MAX = (1 << 64) - 1
LARGEST_STAKE = 10**16  # rao
SIZES = (1, 2, 3, 4, 5, 8, 13, 21, 40)
BLOCKS = (1, 2, 400, 5_001, 123_456, 6_000_000)
TEMPOS = (0, 1, 10, 99, 360, 1_000)
# steepness 200 meets exp(1), which the chain answers with a constant, wherever the difference is zero
STEEPNESSES = (0, 1, 100, 200, -200, 1_000, 1_000, 5_000, -1_000, 32_767, -32_768)
STAKES = ("equal", "few", "few", "pareto", "pareto", "whale", "zero")
WEIGHTS = ("random", "random", "ties", "ties", "agree", "extreme", "self", "one column", "none")

Draw = np.random.Generator
Entries = list[list[int]]


def pick(draw: Draw, options: Any) -> Any:
    return options[int(draw.integers(len(options)))]


def chance(draw: Draw, share: float) -> bool:
    return bool(draw.random() < share)


def u16(draw: Draw, *corners: int) -> int:
    return pick(draw, (*corners, int(draw.integers(U16_MAX + 1))))


def stakes(draw: Draw, n: int) -> list[int]:
    kind = pick(draw, STAKES)
    if kind == "equal":
        return [int(draw.integers(1, LARGEST_STAKE))] * n
    if kind == "few":
        return draw.integers(0, 4, n).tolist()
    if kind == "zero":
        return [0] * n
    amounts = [min(int((1 + draw.pareto(0.6)) * 10**9), LARGEST_STAKE) for _ in range(n)]
    if kind == "whale":
        amounts[int(draw.integers(n))] = LARGEST_STAKE
    return [0 if chance(draw, 0.2) else amount for amount in amounts]


def value(draw: Draw, kind: str) -> int:
    if kind == "ties":
        return pick(draw, (0, 1, 2, 65_534, U16_MAX))
    if kind == "extreme":
        return pick(draw, (0, U16_MAX))
    return int(draw.integers(U16_MAX + 1))


def entries(draw: Draw, n: int, uid: int, kind: str) -> Entries:
    """One row; a tenth of its values are stored zeros, and half of the rows are out of order."""
    columns = {"self": [uid], "one column": [int(draw.integers(n))], "none": []}.get(kind)
    if columns is None:
        density = pick(draw, (0.2, 0.6, 1.0))
        columns = [j for j in range(n) if chance(draw, density)]
    row = [[j, 0 if chance(draw, 0.1) else value(draw, kind)] for j in columns]
    if chance(draw, 0.5):
        draw.shuffle(row)
    return row


def rows(draw: Draw, n: int) -> list[list[Any]]:
    kind = pick(draw, WEIGHTS)
    if kind == "agree":
        shared = entries(draw, n, 0, "random")
        table = {uid: shared if chance(draw, 0.9) else entries(draw, n, uid, "random") for uid in range(n)}
    else:
        table = {uid: entries(draw, n, uid, kind) for uid in range(n)}
    dead = {int(j) for j in draw.integers(0, n, n // 4)}  # columns that nobody names, or all name with zero
    silent = chance(draw, 0.5)
    for uid, row in table.items():
        table[uid] = [[j, 0 if j in dead else w] for j, w in row if not (silent and j in dead)]
    listed = [uid for uid in range(n) if chance(draw, 0.85)]
    return [[uid, table[uid]] for uid in listed]


def liquid_alpha(draw: Draw) -> dict[str, int] | None:
    if chance(draw, 0.35):
        return None
    low, high = pick(draw, ((45_875, 58_982), (6_553, 19_660), (1_638, U16_MAX), (0, 0), (U16_MAX, U16_MAX)))
    if chance(draw, 0.2):
        low, high = u16(draw), u16(draw)  # low above high is possible here
    steepness = pick(draw, (*STEEPNESSES, int(draw.integers(-(1 << 15), 1 << 15))))
    return {"low": low, "high": high, "steepness": steepness}


def past(draw: Draw, block: int, *corners: int) -> int:
    """A block up to `block`, often next to one of `corners`."""
    near = [corner + step for corner in corners for step in (-1, 0, 1)]
    return min(max(pick(draw, (*near, int(draw.integers(block + 1)), block)), 0), block)


def clocks(draw: Draw, n: int) -> dict[str, Any]:
    block, tempo, cutoff = pick(draw, BLOCKS), pick(draw, TEMPOS), pick(draw, (1, 13, 5_000, 5_000))
    last_step = 0 if chance(draw, 0.4) else past(draw, block, block - tempo)
    last_tempo = last_step + 1 if last_step else block - tempo
    update = past(draw, block, block, block - cutoff)
    fresh = pick(draw, (0.0, 0.1, 0.5))
    registered = [past(draw, block, last_tempo, update) if chance(draw, fresh) else 0 for _ in range(n)]
    clock = {
        "block": block,
        "tempo": tempo,
        "last_step_block": last_step,
        "activity_cutoff": cutoff,
        "last_update": [block if chance(draw, 0.6) else past(draw, block, update, block - cutoff) for _ in range(n)],
        "registered_at": registered,
    }
    if chance(draw, 0.3):
        commits = [None if chance(draw, 0.4) else past(draw, block, pick(draw, registered)) for _ in range(n)]
        clock["commit_block"] = commits
    return clock


def case(seed: int) -> dict[str, Any]:
    """The `input` of an epoch vector, drawn from `seed`."""
    draw = np.random.default_rng(seed)
    n = pick(draw, (*SIZES, int(draw.integers(1, 41))))
    stake = stakes(draw, n)
    permitted = pick(draw, (0.0, 0.5, 0.9, 1.0, 1.0))
    return {
        "n": n,
        **clocks(draw, n),
        "kappa": u16(draw, 0, 32_767, 32_767, U16_MAX),
        "bonds_penalty": u16(draw, 0, U16_MAX),
        "bonds_moving_average": pick(draw, (0, 900_000, 975_000, 10**6, int(draw.integers(10**6)))),
        "yuma3": chance(draw, 0.6),
        "liquid_alpha": liquid_alpha(draw),
        "max_validators": pick(draw, (0, 1, n // 2, n, n + 1, 64)),
        "min_stake": pick(draw, (0, 0, 1, pick(draw, stake), 10**12, LARGEST_STAKE + 1)),
        "owner_uid": pick(draw, (None, None, int(draw.integers(n)), n, U16_MAX)),
        "emission": pick(draw, (0, 1, 10**9, 295_200 * 10**6, int(draw.integers(10**15)), U64_MAX)),
        "stake": stake,
        "validator_permit": [chance(draw, permitted) for _ in range(n)],
        "weights": rows(draw, n),
        "bonds": [] if chance(draw, 0.2) else rows(draw, n),
    }


CASES = st.integers(0, 2**32 - 1).map(case)
