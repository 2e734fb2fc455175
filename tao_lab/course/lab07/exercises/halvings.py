"""07.1: the TAO of one block."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab07 import reference as ours
from tao_lab.course.lab07.cases import Rng
from tao_lab.economy.block_emission import TOTAL_SUPPLY as SUPPLY
from tao_lab.units import RAO_PER_TAO as TAO


def block_emission(issuance):
    """The TAO that the next block issues.

    issuance  int  rao that exist now, 0 or more

    Returns rao (int).

    >>> block_emission(10_500_000 * 10**9)
    500000000
    """
    if issuance >= SUPPLY:
        return 0
    left = SUPPLY - issuance
    halvings = 0
    while left * 2 ** (halvings + 1) <= SUPPLY:
        halvings += 1
    return TAO >> halvings


def cases(rng: Rng) -> Iterator[Case]:
    """One rao on each side of the halvings, random issuances, and the end."""
    yield Case({"issuance": 0}, "nothing is issued yet")
    yield Case({"issuance": 1_000_000 * TAO}, "1,000,000 τ are issued")
    for halvings in (1, 2, 3, 10, 29, 30):
        limit = SUPPLY - SUPPLY // 2**halvings
        yield Case({"issuance": limit - 1}, f"one rao before halving {halvings}")
        yield Case({"issuance": limit}, f"exactly at halving {halvings}")
    for left in sorted(rng.integers(TAO, SUPPLY, 6).tolist()):
        yield Case({"issuance": SUPPLY - left}, f"{left / TAO:,.0f} τ are left")
    yield Case({"issuance": SUPPLY - 1}, "one rao is left")
    yield Case({"issuance": SUPPLY}, "nothing is left")
    yield Case({"issuance": SUPPLY + 1}, "more than the supply is there, by one rao")


EXERCISE = Exercise(
    id="07.1",
    title="The TAO of one block",
    solution=block_emission,
    reference=ours.block_emission,
    cases=cases,
    read=read_values(emission=int),
    look="How much is left, and how often can the supply be halved before it is as little as that?",
    equivalent={
        "0 → -1 in halvings = 0": "what is left is never more than the supply, so that one round more is always made",
    },
    seconds=5,
    unlocks="You know what any block issues, now and in fifty years. Next: how much there is on any date.",
    wrong_answers=(
        Edit(
            "a halving every 10.5 million",
            {"left * 2 ** (halvings + 1) <= SUPPLY": "issuance >= (halvings + 1) * (SUPPLY // 2)"},
            "You halve after every 10.5 million TAO, as if issuance were a height in blocks. Then blocks would still "
            "issue half a TAO when nothing is left. Each halving comes when half of what was left is issued: at 10.5 "
            "million, then 5.25 million later, then 2.625 million later.",
        ),
        Edit(
            "one rao too late",
            {"<= SUPPLY": "< SUPPLY"},
            "You are one rao late: exactly at a halving, your block still issues as much as before it. What does the "
            "recipe say of exactly one half?",
        ),
        Edit(
            "floats",
            {"left * 2 ** (halvings + 1) <= SUPPLY": "left / SUPPLY <= 0.5 ** (halvings + 1)"},
            "One rao before a halving your answer is a halving ahead: 10,500,000.000000001 / 21,000,000 is the same "
            "float as one half. Which operation makes a float here, and can whole rao be compared without it?",
        ),
        Edit(
            "in TAO",
            {"return TAO >> halvings": "return (TAO >> halvings) // TAO"},
            "You answer in TAO, so that half a TAO is nothing. The chain knows only rao; a block begins with 10^9.",
        ),
        Edit(
            "issuance taken for TAO",
            {"issuance >= SUPPLY": "issuance >= 21_000_000", "SUPPLY - issuance": "21_000_000 - issuance"},
            "You subtract rao from 21 million TAO, so that next to nothing seems to be left. In which unit does "
            "`issuance` come?",
        ),
        Edit(
            "no steps",
            {"return TAO >> halvings": "return TAO * left // SUPPLY"},
            "You let the emission fall with every block, in proportion to what is left. It goes in steps: it stays the "
            "same until the next halving.",
        ),
        Edit(
            "no end",
            {"return 0": "return 1"},
            "Right until the supply is reached, and then blocks still issue a rao. What is there to issue when nothing "
            "is left?",
        ),
        Edit(
            "by what is issued",
            {"left * 2 ** (halvings + 1) <= SUPPLY": "issuance * 2 ** (halvings + 1) <= SUPPLY and halvings < 64"},
            "You count halvings from what is issued: your emission grows with the issuance. It depends on what is "
            "left.",
        ),
        Edit(
            "halvings rounded to the nearest",
            {
                "    halvings = 0\n    while left * 2 ** (halvings + 1) <= SUPPLY:\n        halvings += 1\n": (
                    "    import math\n\n    halvings = round(math.log2(SUPPLY / left))\n"
                )
            },
            "Your halvings come too early: you round their number to the nearest. A halving has happened when it is"
            " complete, not when it is near.",
        ),
        Edit(
            "emission rounded to the nearest",
            {"TAO >> halvings": "round(TAO / 2**halvings)"},
            "One rao too much after many halvings: you divide with `/` and round to the nearest. The chain drops "
            "what is below a rao.",
        ),
        Edit(
            "emission rounded to the nearest in whole numbers",
            {"TAO >> halvings": "(2 * TAO + 2**halvings) // 2 ** (halvings + 1)"},
            "One rao too much after some halvings: you round to the nearest. The chain drops what is below a rao.",
        ),
        Edit(
            "emission rounded up",
            {"TAO >> halvings": "-(-TAO >> halvings)"},
            "One rao too much after some halvings: you round up. The chain drops what is below a rao.",
        ),
        Edit(
            "one halving too many",
            {"TAO >> halvings": "TAO >> (halvings + 1)"},
            "Every block of yours issues half of what it should. How much does a block issue before any halving?",
        ),
        Edit(
            "two halvings and no more",
            {"TAO >> halvings": "TAO >> min(halvings, 2)"},
            'You know two halvings. "And so on": there are many more, which needs a loop or a power.',
        ),
        Edit(
            "issuance in whole TAO",
            {"SUPPLY - issuance": "SUPPLY - issuance // TAO * TAO"},
            "You cut the issuance down to whole TAO, so that a halving comes up to a TAO too late. The chain counts "
            "rao.",
        ),
        Edit(
            "never below a rao",
            {"TAO >> halvings": "max(1, TAO >> halvings)"},
            "Your block always issues a rao, until nothing is left. After thirty halvings half a rao would be due: "
            "what is that in whole rao?",
        ),
        Edit(
            "by the number of bits",
            {
                "    while left * 2 ** (halvings + 1) <= SUPPLY:\n        halvings += 1\n": (
                    "    halvings = SUPPLY.bit_length() - left.bit_length()\n"
                )
            },
            "You compare the lengths of two numbers in bits. The supply is not a power of two, so that a halving "
            "comes too early or too late: compare the numbers themselves.",
        ),
        Edit(
            "divided by the number of halvings",
            {"TAO >> halvings": "TAO // (halvings + 1)"},
            "You divide by a half, a third, a fourth. Each halving halves what the one before left: which power of "
            "two?",
        ),
        Edit(
            "divided by twice the number of halvings",
            {"TAO >> halvings": "TAO // max(2 * halvings, 1)"},
            "You divide by twice the number of halvings. Each halving halves what the one before left: which power of "
            "two?",
        ),
    ),
)
