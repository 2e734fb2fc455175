"""03.1: what a new subnet costs."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab import economy
from tao_lab.course.exercise import Case, Edit, Exercise, read_values
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
    for _ in range(6):
        last = int(rng.integers(MIN_LOCK, 9 * MIN_LOCK))
        since, interval = int(rng.integers(1, INTERVAL)), int(rng.integers(INTERVAL // 2, INTERVAL))
        yield _case(last, since, interval, f"{since:,} blocks after the last registration")


def _case(last: int, since: int, interval: int, about: str, at: int = 5_000_000) -> Case:
    arguments = {"last_lock": last, "min_lock": MIN_LOCK, "last_lock_block": at, "block": at + since}
    return Case({**arguments, "reduction_interval": interval}, about)


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
    ),
)
