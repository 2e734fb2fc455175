"""08.6: what a large sale loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab08 import ours
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.units import RAO_PER_TAO


def unstake(pool, alpha, parts):
    """Sell alpha in equal parts, one right after the other; the last part takes the rest.

    pool   Pool
    alpha  int   rao
    parts  int   how many

    Returns worth (int): rao of TAO at the price before the first part; received (int): rao of TAO.
    """
    worth, received = alpha * price(pool) >> 64, 0
    part = alpha // parts
    for number in range(parts):
        amount = part if number < parts - 1 else alpha - part * (parts - 1)
        _, paid, got = ours.swap(pool, "sell", amount)
        pool = replace(pool, alpha=pool.alpha + paid, tao=pool.tao - got)
        received += got
    return worth, received


def cases(rng: Rng) -> Iterator[Case]:
    """A small and a large sale, at once and in parts that do not come out even."""
    for alpha in (1, 100, 1_000):
        for parts in (1, 7):
            about = f"{alpha:,} α into 1,000 τ and 1,000 α, in {parts} part{'s' * (parts > 1)}"
            yield _case(EXAMPLE, alpha * RAO_PER_TAO, parts, about)
    yield _case(EXAMPLE, 3 * RAO_PER_TAO + 5, 6, "3 α and 5 rao, in 6 parts")
    yield _case(UNEVEN, 200 * RAO_PER_TAO, 3, "uneven weights, in 3 parts")
    for number in range(3):
        pool, parts = random_pool(rng), int(rng.integers(1, 6))
        yield _case(pool, int(rng.integers(1, pool.alpha)), parts, f"a pool of chance, number {number + 1}")


def _case(pool: Pool, alpha: int, parts: int, about: str) -> Case:
    return Case({"pool": pool, "alpha": alpha, "parts": parts}, about)


EXERCISE = Exercise(
    id="08.6",
    title="What a large sale loses",
    solution=unstake,
    reference=ours.unstake,
    cases=cases,
    read=read_values(worth=int, received=int),
    look="Write down the pool after each part: what does it hold, and what is left to sell?",
    unlocks="You can tell a balance on a screen from money in the hand.",
    wrong_answers=(
        Edit(
            "worth at the price after",
            {
                "    return worth, received": "    return alpha * price(pool) >> 64, received",
            },
            "You value the alpha at the price that is left when all is sold. Which price stood on the screen?",
        ),
        Edit(
            "pool not moved between parts",
            {"        pool = replace(pool, alpha=pool.alpha + paid, tao=pool.tao - got)\n": ""},
            "You sell each part to the pool as it was at the beginning. What pool does each sale leave to the next?",
        ),
        Edit(
            "fee goes into the pool",
            {"alpha=pool.alpha + paid": "alpha=pool.alpha + amount"},
            "You add the whole part to the pool. The fee goes to the block's author: what reaches the pool?",
        ),
        Edit(
            "TAO stays in the pool",
            {", tao=pool.tao - got": ""},
            "Your pool gets alpha and keeps its TAO, so that later parts are paid too well.",
        ),
        Edit(
            "no fee",
            {"ours.swap(pool,": "ours.swap(replace(pool, fee_rate=0),"},
            "You sell without the pool's fee: each part pays it.",
        ),
        Edit(
            "loss instead of worth",
            {"return worth, received": "return worth - received, received"},
            "Your first number is the loss. Asked is what the alpha seemed to be worth.",
        ),
        Edit(
            "rest not sold",
            {"part if number < parts - 1 else alpha - part * (parts - 1)": "part"},
            "You drop what does not come out even. Which part takes the rest?",
        ),
        Edit(
            "the first part takes the rest",
            {"part if number < parts - 1": "part if number > 0"},
            "Off by some rao: your first part takes the rest. Asked is that the last one does.",
        ),
        Edit(
            "everything in each part",
            {'"sell", amount)': '"sell", alpha)'},
            "You sell all of the alpha in each part, and so more than there is. How much goes into one part?",
        ),
        Edit(
            "bought instead of sold",
            {'"sell"': '"buy"'},
            "You buy alpha with it. Who unstakes sells alpha: what comes in, and what goes out?",
        ),
        Edit(
            "only the last part",
            {"received += got": "received = got"},
            "You return what the last part brought. Asked is what all of them brought together.",
        ),
    ),
)
