"""04.2: a whole model in four bits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab04 import ours
from tao_lab.neurons.models.memory import MISTRAL_7B, SMOLLM2_135M, Shape, memory


def model_bytes(matrices, plain):
    """What a model takes in NF4 with double quantization, without a context.

    matrices  list  (rows, columns) of each matrix that is packed
    plain     int   weights that keep 16 bits: embeddings, norms, output layer

    Returns bytes (int).

    >>> model_bytes([(8, 8)], 10)
    1149
    """
    total = 2 * plain
    for rows, columns in matrices:
        scales = math.ceil(rows * columns / 64)
        total += math.ceil(rows * columns / 2) + scales + 4 * math.ceil(scales / 256) + 4 + 64 + 1024
    return total


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """No matrix, small ones, SmolLM2, Mistral-7B, and shapes whose last blocks are not full."""
    small = 4 + 4 + 64 + 1_024  # one scale of scales, the mean, and the two tables
    large = 14 + (8 + 1 + small) + (8_192 + 256 + small)
    yield _case([(64, 64)], 0, 2_048 + 64 + small, "one matrix of 64 by 64")
    yield _case([], 10, 20, "nothing is packed")
    yield _case([(7, 9)], 0, 32 + 1 + small, "one matrix of 63 weights")
    yield _case([(3, 5), (128, 128)], 7, large, "two matrices, and seven plain weights")
    for about, shape in (
        ("blocks that are not full", Shape(1_000, 66, 130, 2, 3, 1, 22)),
        ("SmolLM2-135M", SMOLLM2_135M),
        ("Mistral-7B", MISTRAL_7B),
        ("Mistral-7B with half the blocks", Shape(32_000, 4_096, 14_336, 16, 32, 8, 128)),
    ):
        yield _model_case(shape, about)


def _case(matrices: Sequence[tuple[int, int]], plain: int, size: int, about: str) -> Case:
    return Case({"matrices": list(matrices), "plain": plain}, about, expected={"bytes": size})


def _model_case(shape: Shape, about: str) -> Case:
    matrices = [*shape.attention(), *shape.mlp()] * shape.blocks
    packed = sum(rows * columns for rows, columns in matrices)
    arguments = {"matrices": matrices, "plain": shape.parameters() - packed}
    return Case(arguments, about, expected={"bytes": sum(memory(shape, "nf4 double", 0).values())})


EXERCISE = Exercise(
    id="04.2",
    title="A whole model in four bits",
    solution=model_bytes,
    reference=ours.model_bytes,
    cases=cases,
    read=read_values(bytes=int),
    look="Take the smallest case apart: codes, scales, their scales and mean, two tables, the plain weights.",
    unlocks="You can say before you download a model whether it fits. Next: let one work.",
    wrong_answers=(
        Edit(
            "no scales",
            {" + scales + 4 * math.ceil(scales / 256) + 4 + 64 + 1024": ""},
            "You count four bits for each weight and nothing else. What does somebody need to unpack them?",
        ),
        Edit(
            "scales not packed",
            {" + scales + 4 * math.ceil(scales / 256) + 4 + 64 + 1024": " + 4 * scales + 64"},
            "You keep each scale in 32 bits. What does double quantization make of the scales?",
        ),
        Edit(
            "everything in four bits",
            {"2 * plain": "math.ceil(plain / 2)"},
            "You pack the `plain` weights too. How many bits do embeddings, norms and the output layer keep?",
        ),
        Edit(
            "a byte for each weight",
            {"math.ceil(rows * columns / 2)": "rows * columns"},
            "You count a byte for each packed weight. How many codes of four bits fit into one?",
        ),
        Edit(
            "bits in place of bytes", {"return total": "return 8 * total"}, "Your result is in bits. Wanted are bytes."
        ),
        Edit(
            "mebibytes",
            {"return total": "return total // 2**20"},
            "Your result is in mebibytes. Wanted are bytes.",
        ),
        Edit(
            "blocks that are not full are lost",
            {
                "math.ceil(rows * columns / 64)": "rows * columns // 64",
                "math.ceil(scales / 256)": "scales // 256",
            },
            "You drop the last block where it is not full. Does it need no scale?",
        ),
        Edit(
            "a weight is lost",
            {"math.ceil(rows * columns / 2)": "rows * columns // 2"},
            "You lose half a byte where the number of weights is odd. A file has whole bytes only.",
        ),
        Edit(
            "no tables",
            {" + 4 + 64 + 1024": ""},
            "You leave out what each matrix has once: the scales' mean and its two tables.",
        ),
        Edit(
            "tables once for all",
            {"total = 2 * plain": "total = 2 * plain + 4 + 64 + 1024", " + 4 + 64 + 1024": ""},
            "You count the tables once for the whole model. Each packed matrix has its own.",
        ),
        Edit(
            "no mean",
            {" + 4 + 64": " + 64"},
            "You leave out the mean of the scales, a number for each matrix.",
        ),
        Edit(
            "only the packed part",
            {"2 * plain": "0"},
            "You leave out the `plain` weights. They are not packed, but they are there.",
        ),
        Edit(
            "plain weights in 32 bits",
            {"2 * plain": "4 * plain"},
            "You keep the `plain` weights in 32 bits.",
        ),
    ),
)
