"""04.2: a whole model in four bits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab04 import reference as ours
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
    yield _case([(5, 5)], 0, 13 + 1 + small, "one matrix of 25 weights")
    yield _case([(64, 257)], 3, 6 + 8_224 + 257 + 8 + 4 + 64 + 1_024, "one matrix of 257 scales")
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


Matrices = Sequence[tuple[int, int]]


def _weights(matrices: Matrices) -> int:
    return sum(rows * columns for rows, columns in matrices)


def _in_parts(matrices: Matrices, plain: int) -> float:
    scales = _weights(matrices) / 64
    return 2 * plain + _weights(matrices) / 2 + scales + 4 * scales / 256 + 1_092 * len(matrices)


def _scales_together(matrices: Matrices, plain: int) -> int:
    scales = [math.ceil(rows * columns / 64) for rows, columns in matrices]
    codes = sum(math.ceil(rows * columns / 2) for rows, columns in matrices)
    return 2 * plain + codes + sum(scales) + 4 * math.ceil(sum(scales) / 256) + 1_092 * len(matrices)


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
            "bits in place of bytes",
            {"return total": "return 8 * total"},
            "Your result is in bits. The task asks for bytes.",
        ),
        Edit(
            "mebibytes",
            {"return total": "return total // 2**20"},
            "Your result is in mebibytes. The task asks for bytes.",
        ),
        Edit(
            "blocks that are not full are lost",
            {
                "math.ceil(rows * columns / 64)": "rows * columns // 64",
                "math.ceil(scales / 256)": "(scales // 256)",
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
        Edit(
            "four bytes for each scale, and more",
            {" + scales + ": " + 4 * scales + "},
            "You keep each scale in four bytes *and* count what double quantization adds. A scale is one byte here.",
        ),
        Edit(
            "no scales of scales",
            {" + 4 * math.ceil(scales / 256)": ""},
            "You leave out the numbers that the bytes of the scales share, one for each 256 of them.",
        ),
        Edit(
            "a byte for each scale of scales",
            {"4 * math.ceil(scales / 256)": "math.ceil(scales / 256)"},
            "You count one byte for what 256 scales share. How long does the recipe say that this number is?",
        ),
        Edit(
            "scales of scales that are not full are lost",
            {"math.ceil(scales / 256)": "(scales // 256)"},
            "You drop the last 256 scales where they are not all there. The number that they share is needed all the "
            "same.",
        ),
        Edit(
            "a last block without a scale",
            {"math.ceil(rows * columns / 64)": "rows * columns // 64"},
            "A last block that is not full has no scale in yours. Could anybody unpack it?",
        ),
        Edit(
            "always one more",
            {
                "math.ceil(rows * columns / 2)": "(rows * columns // 2 + 1)",
                "math.ceil(rows * columns / 64)": "rows * columns // 64 + 1",
                "math.ceil(scales / 256)": "(scales // 256 + 1)",
            },
            "You round down and add one. Where it comes out even that is one too many: which function rounds up?",
        ),
        Edit(
            "always one scale more",
            {"math.ceil(rows * columns / 64)": "rows * columns // 64 + 1"},
            "You count one scale too many where all blocks are full: you round down and add one. Which function "
            "rounds up?",
        ),
        Edit(
            "rounded to the nearest",
            {"math.ceil(rows * columns / 2)": "round(rows * columns / 2)"},
            "You round half a byte to the nearest even number. 25 weights need 13 bytes, though `round(12.5)` is 12: "
            "a file has whole bytes, and none of them may be missing.",
        ),
        Edit(
            "one scale for 256 weights",
            {"math.ceil(rows * columns / 64)": "math.ceil(rows * columns / 256)"},
            "You count a scale for each 256 weights. How many weights are a block?",
        ),
        Edit(
            "scales of scales by weights",
            {"math.ceil(scales / 256)": "math.ceil(rows * columns / 256)"},
            "You count one of the four-byte numbers for each 256 *weights*. It is 256 *scales* that share one.",
        ),
        Edit(
            "scales of scales by 64",
            {"math.ceil(scales / 256)": "math.ceil(scales / 64)"},
            "You put 64 scales together. How many of these bytes share a number?",
        ),
        Edit(
            "a mean for each 256 scales",
            {"4 * math.ceil(scales / 256) + 4": "8 * math.ceil(scales / 256)"},
            "You count a mean for each 256 scales. All scales of a matrix have one mean together.",
        ),
        Edit(
            "no small table",
            {" + 64 +": " +"},
            "You leave out a table: the sixteen values, which each matrix carries.",
        ),
        Edit(
            "no large table",
            {" + 1024": ""},
            "You leave out a table: the values of the packed scales, which each matrix carries.",
        ),
        Edit(
            "scales that are not counted themselves",
            {" + scales + ": " + "},
            "You count what the scales share, and not the scales themselves: how long is one?",
        ),
        Edit(
            "small tables of half the size",
            {" + 64 +": " + 32 +"},
            "You count two bytes for each of the sixteen values. What does the recipe say that their table takes?",
        ),
        Edit(
            "the mean once for all",
            {"total = 2 * plain": "total = 2 * plain + 4", " + 4 + 64": " + 64"},
            "You count the mean once for the whole model. Each packed matrix has its own.",
        ),
        Edit(
            "the large table once for all",
            {"total = 2 * plain": "total = 2 * plain + 1024", " + 1024": ""},
            "You count the table of the scales once for the whole model. Each packed matrix has its own.",
        ),
        Edit(
            "bits of codes",
            {"math.ceil(rows * columns / 2)": "4 * rows * columns"},
            "You count the codes in bits and all the rest in bytes. How many codes of four bits fit into a byte?",
        ),
        Edit(
            "bits of plain weights",
            {"2 * plain": "16 * plain"},
            "You count the `plain` weights in bits and all the rest in bytes. How many bytes are 16 bits?",
        ),
        Edit(
            "a byte for each plain weight",
            {"2 * plain": "plain"},
            "You count one byte for a `plain` weight. How many bits does it keep?",
        ),
        Edit(
            "plain weights for each matrix",
            {"total = 2 * plain": "total = 0", "total += ": "total += 2 * plain + "},
            "You count the `plain` weights once for each matrix. They are in the model once.",
        ),
        Edit(
            "rows and columns added",
            {
                "math.ceil(rows * columns / 2)": "math.ceil((rows + columns) / 2)",
                "math.ceil(rows * columns / 64)": "math.ceil((rows + columns) / 64)",
            },
            "You add rows and columns. How many weights has a matrix of 64 rows and 64 columns?",
        ),
        Edit(
            "row by row",
            {
                "math.ceil(rows * columns / 2)": "rows * math.ceil(columns / 2)",
                "math.ceil(rows * columns / 64)": "rows * math.ceil(columns / 64)",
            },
            "You round up in each row. A matrix is packed as one long list of weights: blocks do not end with a row.",
        ),
        Edit(
            "the first matrix alone",
            {"in matrices:": "in matrices[:1]:"},
            "You stop after the first matrix. Is there a `return` in your loop?",
        ),
        WrongAnswer(
            "cut at the end",
            "You compute with parts of bytes and cut the sum. Each part of a matrix takes whole bytes, rounded up on "
            "its own.",
            lambda matrices, plain: int(_in_parts(matrices, plain)),
        ),
        WrongAnswer(
            "rounded up at the end",
            "You compute with parts of bytes and round up once, at the end. Each part of a matrix takes whole bytes on "
            "its own: also what 256 scales share, where there are fewer.",
            lambda matrices, plain: math.ceil(_in_parts(matrices, plain)),
        ),
        WrongAnswer(
            "all weights together",
            "You put the weights of all matrices together before you count blocks. Each matrix is packed on its own, "
            "with blocks and tables of its own.",
            lambda matrices, plain: model_bytes([(1, _weights(matrices))], plain),
        ),
        WrongAnswer(
            "all blocks together",
            "You put the weights of all matrices together before you count blocks, so that no block is short but the "
            "last one of all. Each matrix is packed on its own.",
            lambda matrices, plain: model_bytes([(1, _weights(matrices))], plain) + 1_092 * (len(matrices) - 1),
        ),
        WrongAnswer(
            "scales of all matrices together",
            "You count what 256 scales share over all matrices together. The scales of a matrix share nothing with "
            "those of the next one.",
            lambda matrices, plain: _scales_together(matrices, plain),
        ),
    ),
)
