"""07.2: the supply at a date."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab07 import reference as ours
from tao_lab.course.lab07.cases import HALF, TAO, YEAR, Rng
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.issuance import kept_of, next_halving
from tao_lab.units import BLOCKS_PER_DAY


def supply_at(issuance, blocks, recycled_percent):
    """The issuance after a number of blocks.

    issuance          int  rao that exist now
    blocks            int  from now on, 0 or more; may be many years (a year has 2,628,000)
    recycled_percent  int  0 to 100, of every block's TAO

    Returns rao (int).

    >>> supply_at(0, 10, 40)
    6000000000
    """
    while blocks > 0:
        kept = ours.block_emission(issuance) * (100 - recycled_percent) // 100
        if not kept:
            return issuance
        needed = -(-(next_halving(issuance) - issuance) // kept)
        steps = min(needed, blocks)
        issuance += steps * kept
        blocks -= steps
    return issuance


def cases(rng: Rng) -> Iterator[Case]:
    """A day, a halving, years with some halvings, and the end; nothing, some and all of it recycled."""
    start, odd = 1_000_000 * TAO, int(rng.integers(1, TAO))
    yield _case(start, 0, 0, "no block at all")
    yield _case(start, 1, 0, "one block")
    yield _case(0, 10, 40, "the first ten blocks, 40 % is recycled")
    yield _case(start, BLOCKS_PER_DAY, 0, "one day, nothing is recycled")
    yield _case(start, BLOCKS_PER_DAY, 40, "one day, 40 % is recycled")
    yield _case(start, BLOCKS_PER_DAY, 90, "one day, 90 % is recycled")
    yield _case(HALF - 3 * TAO, 10, 0, "ten blocks, the third arrives exactly at a halving")
    yield _case(HALF - 3 * TAO - odd, 10, 0, "ten blocks, the fourth crosses a halving")
    yield _case(HALF - 3 * TAO - odd, 4, 0, "the four blocks up to a halving and across it")
    yield _case(HALF - 3 * TAO - odd, 10, 75, "ten blocks near a halving, 75 % is recycled")
    yield _case(TOTAL_SUPPLY - 5 * TAO, 1_000, 30, "5 τ are left, 30 % is recycled")
    yield _case(start + odd, 5 * YEAR, 0, "five years")
    yield _case(start + odd, 5 * YEAR, 30, "five years, 30 % is recycled")
    yield _case(10_900_000 * TAO + odd, 20 * YEAR, 10, "twenty years from 10.9 million τ, 10 % is recycled")
    yield _case(start + odd, 5 * YEAR, 100, "five years in which everything is recycled")
    yield _case(start + odd, 200 * YEAR, 0, "two hundred years")
    yield _case(TOTAL_SUPPLY, YEAR, 0, "a year after the end")


def _case(issuance: int, blocks: int, recycled_percent: int, about: str) -> Case:
    return Case({"issuance": issuance, "blocks": blocks, "recycled_percent": recycled_percent}, about)


def _by_height(issuance: int, blocks: int, recycled_percent: int) -> int:
    emission = ours.block_emission(issuance)
    while blocks > 0 and emission:
        part = min(blocks, HALF // TAO)
        issuance, blocks = issuance + part * kept_of(emission, recycled_percent), blocks - part
        emission //= 2
    return issuance


def _recycled_at_the_end(issuance: int, blocks: int, recycled_percent: int) -> int:
    return issuance + kept_of(ours.supply_at(issuance, blocks) - issuance, recycled_percent)


EXERCISE = Exercise(
    id="07.2",
    title="Supply at a date",
    solution=supply_at,
    reference=ours.supply_at,
    cases=cases,
    read=read_values(issuance=int),
    slow="Do you go block by block? Up to the next halving every block adds the same: take them in one step.",
    look="Up to the next halving every block adds the same: how many blocks can be taken in one step?",
    seconds=5,
    unlocks="You can date every halving, and say what delays it. Next: who gets what of a block.",
    wrong_answers=(
        Edit(
            "no halvings",
            {"min(needed, blocks)": "blocks"},
            "You take today's emission for all blocks. How far does it hold? Then ask again what a block issues.",
        ),
        WrongAnswer(
            "halved by height",
            "You halve after 10.5 million blocks from now. The chain does not count blocks for that: the halving comes "
            "when the issuance reaches `next_halving(issuance)`, and from where you begin that may be near.",
            _by_height,
        ),
        Edit(
            "recycling forgotten",
            {" * (100 - recycled_percent) // 100": ""},
            "You add all that is issued. Recycled TAO ceases to exist: what of each block is left?",
        ),
        Edit(
            "recycled instead of kept",
            {"(100 - recycled_percent)": "recycled_percent"},
            "You add what is recycled and drop the rest. Which of the two exists afterwards?",
        ),
        WrongAnswer(
            "recycled at the end",
            "You take the recycled part off at the end. By then your halvings have come too early: issuance grows more "
            "slowly from the first block on, and the halvings wait for it.",
            _recycled_at_the_end,
        ),
        Edit(
            "cut at the halving",
            {"issuance += steps * kept": "issuance = min(issuance + steps * kept, next_halving(issuance))"},
            "You stop the issuance at the limit. The block that crosses a halving still issues in full, for its "
            "emission is fixed before: the issuance goes past the limit.",
        ),
        Edit(
            "recycled part cut to whole rao",
            {
                "ours.block_emission(issuance) * (100 - recycled_percent) // 100": (
                    "ours.block_emission(issuance) - ours.block_emission(issuance) * recycled_percent // 100"
                )
            },
            "Right until blocks issue so little that percents are parts of a rao: you cut what is recycled to whole "
            "rao, and step 1 cuts what is kept.",
        ),
        Edit(
            "always one block more",
            {"-(-(next_halving(issuance) - issuance) // kept)": "(next_halving(issuance) - issuance) // kept + 1"},
            "Right unless a block arrives exactly at a halving: there you go on for one block more. What does "
            "rounding up do with a quotient that comes out even?",
        ),
        Edit(
            "one block too many",
            {"while blocks > 0": "blocks += 1\n    while blocks > 0"},
            "You go one block too far. How much is there after 0 blocks?",
        ),
        Edit(
            "only what is new",
            {
                "    while blocks > 0": "    start = issuance\n    while blocks > 0",
                "blocks -= steps\n    return issuance": "blocks -= steps\n    return issuance - start",
            },
            "You return what the blocks add. The task asks for all that exists then, with what exists now.",
        ),
        Edit(
            "per cent in floats",
            {
                "ours.block_emission(issuance) * (100 - recycled_percent) // 100": (
                    "int(ours.block_emission(issuance) * (1 - recycled_percent / 100))"
                )
            },
            "You take per cent in floats: 1 - 0.9 is a little less than a tenth, and a rao is lost in each block. "
            "Multiply whole numbers first, and divide last.",
        ),
    ),
)
