"""02.1: a whole number, in the bytes that every computer writes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.chain import extrinsic
from tao_lab.course.exercise import Case, Edit, Exercise, read_values

RAO = 10**9


def compact(number):
    """A whole number as SCALE writes it.

    number  int  0 or more, below 2^536

    Returns bytes.

    >>> compact(1).hex(" "), compact(64).hex(" "), compact(2**30).hex(" ")
    ('04', '01 01', '03 00 00 00 40')
    """
    for mode, size in ((0, 1), (1, 2), (2, 4)):
        if number < 2 ** (8 * size - 2):
            return (number << 2 | mode).to_bytes(size, "little")
    size = (number.bit_length() + 7) // 8
    return bytes([(size - 4) << 2 | 3]) + number.to_bytes(size, "little")


def reference(number: int) -> bytes:
    """The chain's own writing."""
    return extrinsic.compact(number)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Both sides of each limit, amounts of money, and random numbers."""
    edges = (
        0,
        1,
        63,
        64,
        255,
        256,
        2**14 - 1,
        2**14,
        2**16,
        2**30 - 1,
        2**30,
        2**32 - 1,
        2**32,
        RAO,
        21 * 10**15,
        2**56,
    )
    for number in edges:
        yield Case({"number": number}, f"{number:,}")
    for bits in (5, 13, 29, 40, 64, 120):
        number = int.from_bytes(rng.bytes(16), "big") >> (128 - bits)
        yield Case({"number": number}, f"{number:,}, of at most {bits} bits")
    yield Case({"number": 2**536 - 1}, "2^536 - 1, the largest")


EXERCISE = Exercise(
    id="02.1",
    title="A whole number in SCALE",
    solution=compact,
    reference=reference,
    cases=cases,
    read=read_values(encoded=bytes),
    look="Write the bits of the first number that differs in a row, and mark the two that are the mode.",
    unlocks="You can write any length, amount or height as the chain does. Next: where the chain keeps things.",
    wrong_answers=(
        Edit(
            "limits of whole bytes",
            {"(8 * size - 2)": "(8 * size)"},
            "You put up to 255 into one byte, and up to 65,535 into two. Two bits of them are taken by the mode: how "
            "large may a number be that has the rest?",
        ),
        Edit(
            "limit itself counted in",
            {"number < 2": "number <= 2"},
            "You are off by one at a limit: six bits hold 0 to 63. Where does 64 belong, and where 2^14 and 2^30?",
        ),
        Edit(
            "big end first",
            {
                'mode).to_bytes(size, "little")': 'mode).to_bytes(size, "big")',
                'number.to_bytes(size, "little")': 'number.to_bytes(size, "big")',
            },
            "Your bytes are the other way round. Which end comes first in SCALE?",
        ),
        Edit(
            "mode in the high bits",
            {"number << 2 | mode": "number | mode << (8 * size - 2)"},
            "Your mode is in the two highest bits. It is in the two lowest, so that a reader finds it in the first "
            "byte.",
        ),
        Edit(
            "number not shifted",
            {"(number << 2 | mode)": "number"},
            "The mode is missing: a reader cannot tell how many bytes to take. The number makes room for it, and the "
            "mode goes below.",
        ),
        Edit(
            "mode added before the shift",
            {"number << 2 | mode": "number << 2 + mode"},
            "Python adds before it shifts, so the mode says how far your number moves. Add brackets, or take the "
            "operator of the recipe.",
        ),
        Edit(
            "number of bytes not less four",
            {"(size - 4)": "size"},
            "For large numbers the first byte says how many bytes follow, *less four*: fewer than four would never be "
            "needed.",
        ),
        Edit(
            "no mode for large numbers",
            {"(size - 4) << 2 | 3": "size - 4"},
            "Up to 2^30 you are right. In front of a large number you write how many bytes follow, but no mode: a "
            "reader takes its two lowest bits for one.",
        ),
        Edit(
            "always sixteen bytes",
            {"size = (number.bit_length() + 7) // 8": "size = max(16, (number.bit_length() + 7) // 8)"},
            "You write every large number in 16 bytes. The shortest form is the only one: how many bytes does the "
            "number need?",
        ),
        Edit(
            "large numbers shifted too",
            {'+ number.to_bytes(size, "little")': '+ (number << 2).to_bytes(size + 1, "little")'},
            "You shift large numbers as well. From 2^30 on the mode has a byte of its own, and the number stands "
            "behind it as it is.",
        ),
        Edit(
            "eight bytes for large numbers",
            {"size = (number.bit_length() + 7) // 8": "size = max(8, (number.bit_length() + 7) // 8)"},
            "You write every large number in eight bytes or more. The shortest form is the only one: how many bytes "
            "does the number need?",
        ),
    ),
)
