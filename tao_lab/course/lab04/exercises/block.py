"""04.1: sixty-four weights in four bits each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab04 import reference as ours
from tao_lab.vectors import AnswerError

BLOCK = 64
DIGITS = 7  # of the scale that must agree: those of a float32
# The values of NF4 (QLoRA, arXiv:2305.14314, appendix E); a test compares them with bitsandbytes.
NF4 = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334),
    *(-0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224),
    *(0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)
SHIPPED = 20_260_630  # seed of the notebook's cases
# The results of bitsandbytes for the blocks below, stored here so that a check does not have to load PyTorch: a digit
# for each code, and the scale. The tests compute them again with bitsandbytes.
PACKED = (
    ("467565482395204bfc7e43563716febc3b4a1c229915a4bbfbb71c63656583e8", 0.04489286),
    ("6866979789b9578a6667678a9766677a68777778686999787786778887778760", 0.2),
    ("f777777777777777777777777777777777777777777777777777777777777777", 5.0),
    ("7e9ab78daaa8789eaccc7dc87be8888e9b78becb8aad988f8dbdb89bad9de8db", 0.7509286),
    ("1e8859d7958c6344785e2476444d924a63b775dd4ddb788d056c54e763aa222e", 2.7755e-06),
    ("f0924e75bfa01c96350311310e1b5589d81ef7e7bd09151611fe22e38e1be2e2", 0.9959083),
)


def quantize(block, table):
    """Sixty-four weights in four bits each.

    block  (64,)  float32 weights
    table  (16,)  float32, the values that the codes 0 to 15 stand for, from -1 to 1

    Returns codes (64,), whole numbers 0 to 15, and scale, the number that all are multiplied by.

    >>> codes, scale = quantize(np.array([0.5, -0.1]), np.array([-1, 0, 1]))  # two weights, three values
    >>> print(codes, scale)
    [2 1] 0.5
    """
    scale = np.abs(block).max()
    return np.abs((block / scale)[:, None] - table).argmin(axis=1), scale


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Blocks as a model has them; a large negative weight; one that stands out; almost nothing."""
    table = np.array(NF4, dtype=np.float32)
    shipped = np.random.default_rng(SHIPPED)  # bitsandbytes' results for these blocks are stored above
    order = np.arange(BLOCK)
    if rng.bit_generator.state != shipped.bit_generator.state:
        order = rng.permutation(BLOCK)  # other cases have the same weights in another order, and so their codes
    rng = shipped
    blocks = (
        ("64 weights around 0", rng.normal(0, 0.02, BLOCK)),
        ("the largest of them is negative", np.append(rng.normal(0, 0.02, BLOCK - 1), -0.2)),
        ("one stands out", np.append(5.0, rng.normal(0, 0.02, BLOCK - 1))),
        ("all are positive", np.abs(rng.normal(0, 0.3, BLOCK)) + 0.001),
        ("all are tiny", rng.normal(0, 1e-6, BLOCK)),
        ("spread evenly", rng.uniform(-1, 1, BLOCK)),
    )
    for (about, block), (codes, scale) in zip(blocks, PACKED, strict=True):
        expected = {"codes": np.array([int(code, 16) for code in codes])[order], "scale": scale}
        yield Case({"block": block.astype(np.float32)[order], "table": table}, about, expected=expected)


def read(result: Any, case: Case) -> Values:
    """Sixty-four codes, and a scale to the digits that a float32 has."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise AnswerError("Your function should return two things, as in `return codes, scale`.")
    try:
        codes, scale = (np.asarray(part) for part in result)
    except ValueError:
        raise AnswerError("`codes` should be a list or an array of 64 whole numbers.") from None
    if codes.shape != (BLOCK,):
        raise AnswerError(f"`codes` has shape {codes.shape}; it should be ({BLOCK},), a code for each weight.")
    if codes.dtype.kind not in "iu":
        raise AnswerError(
            f"`codes` holds {codes.dtype}; it should hold whole numbers from 0 to 15: four bits have no room for more."
        )
    if scale.size != 1 or scale.dtype.kind not in "iuf":
        raise AnswerError(f"`scale` has shape {scale.shape}; it should be one number.")
    if not np.isfinite(scale).all():
        raise AnswerError("`scale` is not finite: is something divided by 0?")
    return {"codes": codes.astype(np.int64), "scale": float(f"{float(scale.ravel()[0]):.{DIGITS}g}")}


EXERCISE = Exercise(
    id="04.1",
    title="Sixty-four weights in four bits each",
    solution=quantize,
    reference=ours.quantize,
    cases=cases,
    read=read,
    equivalent={
        "(block / scale)[:, None] - table → table - (block / scale)[:, None]": (
            "a distance is the same from both sides"
        ),
    },
    look="Is the scale right? Then take the first code that differs: which value of the table is nearest?",
    unlocks="Your block is bitsandbytes' block, to the last code. Next: seven billion weights.",
    wrong_answers=(
        Edit(
            "scale with a sign",
            {"np.abs(block).max()": "block.max()"},
            "Your scale is the largest weight. What if the weight that is farthest from 0 is negative?",
        ),
        Edit(
            "not divided by the scale",
            {"(block / scale)": "block"},
            "You look up the weights themselves. The table goes from -1 to 1: what brings the weights there?",
        ),
        Edit(
            "sixteen even steps",
            {
                "np.abs((block / scale)[:, None] - table).argmin(axis=1)": (
                    "np.rint((block / scale + 1) * 7.5).astype(int)"
                )
            },
            "Your sixteen values lie at even distances. Those of NF4 lie closer where weights are many, near 0: which "
            "argument has them?",
        ),
        Edit(
            "rounded down",
            {
                "np.abs((block / scale)[:, None] - table).argmin(axis=1)": (
                    'np.clip(np.searchsorted(table, block / scale, side="right") - 1, 0, 15)'
                )
            },
            "You take the value below. The nearest one may lie above.",
        ),
        Edit(
            "rounded up",
            {
                "np.abs((block / scale)[:, None] - table).argmin(axis=1)": (
                    "np.clip(np.searchsorted(table, block / scale), 0, 15)"
                )
            },
            "You take the value above. The nearest one may lie below.",
        ),
        Edit(
            "standard deviation as the scale",
            {"np.abs(block).max()": "block.std()"},
            "Your scale is the standard deviation, so some weights lie outside of -1 to 1. Which scale leaves none "
            "outside?",
        ),
        Edit(
            "mean as the scale",
            {"np.abs(block).max()": "np.abs(block).mean()"},
            "Your scale is the mean distance from 0, so half of the weights lie outside of -1 to 1.",
        ),
        Edit(
            "codes from 1",
            {".argmin(axis=1), scale": ".argmin(axis=1) + 1, scale"},
            "Your codes count from 1, and sixteen does not fit into four bits. Which code has the first value?",
        ),
        Edit(
            "codes from the other end",
            {".argmin(axis=1), scale": ".argmin(axis=1) * -1 + 15, scale"},
            "Your codes count from the largest value down. Which value of the table stands first?",
        ),
        Edit(
            "the inverse scale",
            {".argmin(axis=1), scale": ".argmin(axis=1), 1 / scale"},
            "Your codes are right. Your scale is what the weights were multiplied by; the task asks for what unpacks "
            "them.",
        ),
    ),
)
