"""03.1: what a new subnet costs."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab import economy
from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab03.cases import Rng
from tao_lab.units import RAO_PER_TAO

MIN_LOCK = 1_000 * RAO_PER_TAO
INTERVAL = 100_800  # blocks, 14 days


def lock_cost(last_lock, min_lock, last_lock_block, block, reduction_interval):
    """What making a subnet costs at a block.

    last_lock           int  rao that the last new subnet locked
    min_lock            int  rao, the least
    last_lock_block     int  block in which that was; 0: nobody has made one
    block               int  the block at hand, not before that
    reduction_interval  int  blocks in which the cost falls by last_lock

    Returns rao (int).

    >>> lock_cost(1_000, 500, 10, 12, 100)
    1980
    """
    top = 2 * last_lock if last_lock_block else last_lock
    fallen = last_lock // reduction_interval * (block - last_lock_block)
    return max(top - fallen, min_lock)


def cases(rng: Rng) -> Iterator[Case]:
    """Right after a registration, some days later, back at the minimum; before anybody has registered."""
    yield _case(MIN_LOCK, 0, INTERVAL, "in the block of the last registration")
    yield _case(2_000 * RAO_PER_TAO, INTERVAL, INTERVAL, "one interval after the last registration")
    yield _case(3_000 * RAO_PER_TAO, 14_400, INTERVAL, "two days after the last registration")
    yield _case(MIN_LOCK, 5 * INTERVAL, INTERVAL, "long after the last registration")
    yield _case(2_500 * RAO_PER_TAO, 40_000, INTERVAL, "before anybody has made a subnet", at=0)
    yield _case(2_500 * RAO_PER_TAO, 100, INTERVAL, "after a subnet in the chain's first block", at=1)
    yield _case(2_500 * RAO_PER_TAO, 0, INTERVAL, "in block 0, before anybody has made a subnet", at=0)
    yield _case(2_000 * RAO_PER_TAO, 7, 1_000, "seven blocks after the last registration, where a block takes much")
    yield _case(1_500 * RAO_PER_TAO, 4 * INTERVAL, INTERVAL, "long before anybody has made a subnet", at=0)
    yield _case(400 * RAO_PER_TAO, 30_000, INTERVAL, "where less than the minimum was locked")
    yield _case(4_000 * RAO_PER_TAO, 7 * INTERVAL // 4 - 1, INTERVAL, "in the block before the minimum is reached")
    for _ in range(6):
        last = int(rng.integers(MIN_LOCK, 9 * MIN_LOCK))
        since, interval = int(rng.integers(1, INTERVAL)), int(rng.integers(INTERVAL // 2, INTERVAL))
        yield _case(last, since, interval, f"{since:,} blocks after the last registration")


def _case(last: int, since: int, interval: int, about: str, at: int = 5_000_000) -> Case:
    arguments = {"last_lock": last, "min_lock": MIN_LOCK, "last_lock_block": at, "block": at + since}
    return Case({**arguments, "reduction_interval": interval}, about)


def _part_of_what_is_left(
    last_lock: int, min_lock: int, last_lock_block: int, block: int, reduction_interval: int
) -> int:
    cost = 2 * last_lock if last_lock_block else last_lock
    for _ in range(block - last_lock_block):
        cost -= cost // reduction_interval
    return max(cost, min_lock)


EXERCISE = Exercise(
    id="03.1",
    title="What a new subnet costs",
    solution=lock_cost,
    reference=economy.lock_cost,
    cases=cases,
    read=read_values(cost=int),
    look="Where does the cost begin, how much falls away in one block, and where does it stop?",
    unlocks="You know when to wait with a subnet, and for how long. Next: a seat on somebody else's.",
    wrong_answers=(
        Edit(
            "not doubled",
            {"2 * last_lock if last_lock_block else last_lock": "last_lock"},
            "Your cost begins at the last lock. What does a subnet cost right after somebody made one?",
        ),
        Edit(
            "doubled before anybody registered",
            {"2 * last_lock if last_lock_block else last_lock": "2 * last_lock"},
            "You double even where nobody has made a subnet yet. How do the arguments say that, and what is there to "
            "cool down from then?",
        ),
        Edit(
            "no minimum",
            {"max(top - fallen, min_lock)": "top - fallen"},
            "Your cost goes on falling, through the minimum and below zero. Which argument stops it?",
        ),
        Edit(
            "the minimum taken for a limit",
            {"max(top - fallen, min_lock)": "min(top - fallen, min_lock)"},
            "Your cost never is more than `min_lock`. Is that the least or the most?",
        ),
        Edit(
            "falls by the doubled lock",
            {"last_lock // reduction_interval": "top // reduction_interval"},
            "Yours falls twice as fast: by all that it began at. In one interval the cost falls from twice the last "
            "lock to once that.",
        ),
        Edit(
            "half in each interval",
            {
                "fallen = last_lock // reduction_interval * (block - last_lock_block)": (
                    "fallen = top - int(top * 0.5 ** ((block - last_lock_block) / reduction_interval))"
                )
            },
            "Yours falls on a curve, by half in each interval. The chain's falls on a straight line: the same number "
            "of rao in every block. (The price of a seat, in 03.2, is the one with a half-life.)",
        ),
        Edit(
            "rounded at the end",
            {
                "last_lock // reduction_interval * (block - last_lock_block)": (
                    "last_lock * (block - last_lock_block) // reduction_interval"
                )
            },
            "Nearly: off by some thousand rao. You round once, at the end. Which number does the chain round down "
            "first: what falls in one block, or what has fallen in all?",
        ),
        Edit(
            "rounded nowhere",
            {
                "last_lock // reduction_interval * (block - last_lock_block)": (
                    "int(last_lock / reduction_interval * (block - last_lock_block))"
                )
            },
            "Nearly: you divide in floats, and keep parts of a rao. What falls in one block is a whole number of rao.",
        ),
        Edit(
            "whole intervals only",
            {
                "last_lock // reduction_interval * (block - last_lock_block)": (
                    "last_lock * ((block - last_lock_block) // reduction_interval)"
                )
            },
            "Your cost falls in steps, one at the end of each interval. It falls a little in every block.",
        ),
        Edit(
            "since the chain began",
            {"(block - last_lock_block)": "block"},
            "You count blocks since the chain began. The cost has been falling only since the last subnet was made.",
        ),
        Edit(
            "TAO",
            {"max(top - fallen, min_lock)": "max(top - fallen, min_lock) // 10**9"},
            "Your cost is in TAO. All amounts of the chain are in rao.",
        ),
        Edit(
            "one block too many",
            {"(block - last_lock_block)": "(block - last_lock_block + 1)"},
            "Your cost has fallen already in the block of the last registration. How many blocks have passed there?",
        ),
        Edit(
            "no fall before anybody registered",
            {"    top = 2": "    if not last_lock_block:\n        return last_lock\n    top = 2"},
            "Where nobody has made a subnet yet, your cost never falls. Only its beginning is another one there: the "
            "rest of the recipe holds from block 0 on.",
        ),
        Edit(
            "the minimum before anybody registered",
            {"    top = 2": "    if not last_lock_block:\n        return min_lock\n    top = 2"},
            "Where nobody has made a subnet yet, you ask for `min_lock`. Where does the cost begin then, and does it "
            "fall from there?",
        ),
        Edit(
            "nobody told by block 1",
            {"if last_lock_block else": "if last_lock_block > 1 else"},
            "You take a subnet that was made in block 1 for none. Which block number says that nobody has made one?",
        ),
        Edit(
            "doubled where nobody registered",
            {"if last_lock_block else": "if not last_lock_block else"},
            "You double where nobody has made a subnet yet, and do not where somebody has. What does 0 say?",
        ),
        Edit(
            "doubled in that one block",
            {"if last_lock_block else": "if last_lock_block == block else"},
            "Your cost is doubled only in the block of the creation itself, and halved in the next. It begins at "
            "twice the last lock and falls from there, block by block.",
        ),
        Edit(
            "doubled after the fall",
            {"max(top - fallen, min_lock)": "max((last_lock - fallen) * (2 if last_lock_block else 1), min_lock)"},
            "You take away first and double then, so what falls away is doubled, too. What is doubled: the last lock, "
            "or what is left of it?",
        ),
        Edit(
            "squared",
            {"2 * last_lock if": "last_lock**2 if"},
            "You square the last lock. Twice is `2 *`; `**` is a power.",
        ),
        Edit(
            "the minimum doubled",
            {"max(top - fallen, min_lock)": "max(top - fallen, 2 * min_lock)"},
            "Your cost stops at twice `min_lock`. What does the docstring call the least?",
        ),
        Edit(
            "never below the last lock",
            {"max(top - fallen, min_lock)": "max(top - min(fallen, last_lock), min_lock)"},
            "Your cost stops at the last lock, after one interval. It goes on falling: which argument stops it?",
        ),
        Edit(
            "back to the last lock",
            {"max(top - fallen, min_lock)": "(top - fallen if top - fallen >= min_lock else last_lock)"},
            "Where your cost has fallen below `min_lock`, you ask for the last lock. What is the least then?",
        ),
        Edit(
            "never above the last lock",
            {"max(top - fallen, min_lock)": "min(max(top - fallen, min_lock), top // 2)"},
            "Your cost is never more than half of what it begins at. There is a least cost and no highest one.",
        ),
        Edit(
            "the minimum before the fall",
            {"max(top - fallen, min_lock)": "max(top, min_lock) - fallen"},
            "You compare with `min_lock` before the cost falls, so it falls below. When does the least count?",
        ),
        Edit(
            "the minimum added",
            {"max(top - fallen, min_lock)": "max(top - fallen, 0) + min_lock"},
            "You put `min_lock` on top of the cost. It is the least that a subnet costs, not a part of each price.",
        ),
        Edit(
            "falls towards the minimum",
            {"last_lock // reduction_interval": "(last_lock - min_lock) // reduction_interval"},
            "What falls away in yours depends on `min_lock`. In one interval the cost falls by all of the last lock; "
            "`min_lock` only stops it.",
        ),
        Edit(
            "one rao a block",
            {"last_lock // reduction_interval * (": "1 * ("},
            "Your cost falls by one rao in each block. How much falls away in one interval, and in a block of it?",
        ),
        Edit(
            "the interval taken for rao",
            {"last_lock // reduction_interval * (": "reduction_interval * ("},
            "You take `reduction_interval` away in each block. It counts blocks, not rao: what is divided by it?",
        ),
        Edit(
            "never falls",
            {"max(top - fallen, min_lock)": "max(top, min_lock)"},
            "Your cost never falls. What do the blocks since the last registration do to it?",
        ),
        Edit(
            "rises",
            {"max(top - fallen, min_lock)": "max(top + fallen, min_lock)"},
            "Your cost rises with each block. Which of the two block numbers is larger, and what is done with what "
            "has fallen?",
        ),
        Edit(
            "starts over in each interval",
            {"(block - last_lock_block)": "((block - last_lock_block) % reduction_interval)"},
            "Your cost jumps up again after each interval. It goes on falling until somebody makes a subnet, or it "
            "has come to the least.",
        ),
        WrongAnswer(
            "a part of what is left",
            "You take a part of what is left in each block, so the fall gets slower. Each block takes the same number "
            "of rao: a part of the last lock.",
            _part_of_what_is_left,
        ),
        Edit(
            "a share of the doubled cost",
            {
                "fallen = last_lock // reduction_interval * (block - last_lock_block)": (
                    "fallen = top - int(top * (1 - (block - last_lock_block) / reduction_interval))"
                )
            },
            "You take a share of all that the cost began at, in floats. In one interval it falls from twice the last "
            "lock to once that, by a whole number of rao in each block.",
        ),
        Edit(
            "brackets missing",
            {"(block - last_lock_block)": "block - last_lock_block"},
            "Python multiplies before it subtracts: `a * block - last_lock_block` is not what you mean. What should "
            "be computed first?",
        ),
        Edit(
            "divided by the blocks too",
            {
                "last_lock // reduction_interval * (block - last_lock_block)": (
                    "last_lock // (reduction_interval * max(block - last_lock_block, 1))"
                )
            },
            "You divide by the blocks that have passed. The more of them, the more has fallen.",
        ),
        Edit(
            "a block's part to the nearest rao",
            {"last_lock // reduction_interval": "round(last_lock / reduction_interval)"},
            "Nearly: you round what falls in a block to the nearest rao. In which direction does the recipe round?",
        ),
        Edit(
            "a block's part rounded up",
            {"last_lock // reduction_interval": "-(-last_lock // reduction_interval)"},
            "Nearly: you round what falls in a block up. In which direction does the recipe round?",
        ),
        Edit(
            "the minimum for the last lock",
            {
                "    top = 2": "    last_lock = max(last_lock, min_lock)\n    top = 2",
                "max(top - fallen, min_lock)": "top - fallen",
            },
            "You compare the last lock with `min_lock`, and let the cost fall below it. When does the least count?",
        ),
        Edit(
            "brackets missing in one line",
            {"(block - last_lock_block)": "block + last_lock_block"},
            "You multiply by the number of the block at hand, counted from block 0 on. "
            "`a - b * block - last_lock_block` takes away both: how many blocks have passed?",
        ),
    ),
)
