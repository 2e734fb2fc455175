"""08.6: what a large sale loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab08 import reference as ours
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
    dear = Pool(10**15, 10**9, fee_rate=6_553)
    yield _case(dear, 59, 6, "59 rao of a dear α in 6 parts, with a fee of 10 %")
    for number in range(3):
        pool, parts = random_pool(rng), int(rng.integers(1, 6))
        yield _case(pool, int(rng.integers(1, pool.alpha)), parts, f"a random pool, number {number + 1}")


def _case(pool: Pool, alpha: int, parts: int, about: str) -> Case:
    return Case({"pool": pool, "alpha": alpha, "parts": parts}, about)


def _one_part_for_all(pool: Pool, alpha: int, parts: int) -> tuple[int, int]:
    return alpha * price(pool) >> 64, parts * ours.swap(pool, "sell", alpha // parts)[2]


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
            "Your first number is the loss. The task asks what the alpha seemed to be worth.",
        ),
        Edit(
            "rest not sold",
            {"part if number < parts - 1 else alpha - part * (parts - 1)": "part"},
            "You drop what does not come out even. Which part takes the rest?",
        ),
        Edit(
            "the first part takes the rest",
            {"part if number < parts - 1": "part if number > 0"},
            "Off by some rao: your first part takes the rest. The last one should.",
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
            "You return what the last part brought. The task asks what all of them brought together.",
        ),
        Edit(
            "worth by the reserves",
            {"alpha * price(pool) >> 64, 0": "alpha * pool.tao // pool.alpha, 0"},
            "Your worth is right for even weights. The price is more than TAO divided by alpha: which function gives "
            "it?",
        ),
        Edit(
            "worth as a word",
            {"alpha * price(pool) >> 64, 0": "alpha * price(pool), 0"},
            "Your worth is a fixed-point number: 2^64 stands for one rao. What makes rao of it?",
        ),
        Edit(
            "worth of 32 bits",
            {"price(pool) >> 64, 0": "price(pool) >> 32, 0"},
            "You shift the worth by 32 bits. How many fraction bits has `price(pool)`?",
        ),
        Edit(
            "worth in floats",
            {"alpha * price(pool) >> 64, 0": "int(alpha * price(pool) / 2**64), 0"},
            "Your worth is off in its last digits: `/` makes a float, which has 53 bits. Shift instead.",
        ),
        Edit(
            "worth in TAO",
            {"return worth, received": "return worth // 10**9, received"},
            "Your worth is in whole TAO. The task asks for rao.",
        ),
        Edit(
            "worth divided by the price",
            {"alpha * price(pool) >> 64, 0": "(alpha << 64) // price(pool), 0"},
            "You divide by the price. It says how much TAO one alpha is worth: what is done with it?",
        ),
        Edit(
            "worth after the fee",
            {
                "alpha * price(pool) >> 64, 0": (
                    "(alpha - (alpha * ((pool.fee_rate << 64) // 65_535) >> 64)) * price(pool) >> 64, 0"
                )
            },
            "You take the fee off before you value the alpha. A wallet shows amount times price, and knows no fee.",
        ),
        Edit(
            "worth part by part at each price",
            {
                "worth, received = alpha * price(pool) >> 64, 0": "worth = received = 0",
                "        _, paid, got =": "        worth += amount * price(pool) >> 64\n        _, paid, got =",
            },
            "You value each part at the price that it finds. Which price stood on the screen before the first one?",
        ),
        Edit(
            "worth of the last part",
            {"        _, paid, got =": "        worth = amount * price(pool) >> 64\n        _, paid, got ="},
            "Your worth is that of the last part, at its own price. The task asks for all of the alpha, before the "
            "first part.",
        ),
        Edit(
            "worth rounded in each part",
            {
                "    part = alpha // parts\n": "    part = alpha // parts\n"
                "    worth = (part * price(pool) >> 64) * (parts - 1) + "
                "((alpha - part * (parts - 1)) * price(pool) >> 64)\n"
            },
            "Your worth is off by some rao: you round it in each part. Value all of the alpha at once.",
        ),
        Edit(
            "the two swapped",
            {"return worth, received": "return received, worth"},
            "Your two numbers have changed places: first what it seems to be worth, then what it brings.",
        ),
        Edit(
            "all at once",
            {"    part = alpha // parts\n": "    parts = 1\n    part = alpha // parts\n"},
            "You sell everything at once, whatever `parts` says.",
        ),
        Edit(
            "one part too many",
            {
                "range(parts)": "range(parts + (alpha % parts > 0))",
                "part if number < parts - 1 else alpha - part * (parts - 1)": "min(part, alpha - part * number)",
            },
            "What does not come out even is a part of its own in yours. Which part takes it along?",
        ),
        Edit(
            "the rest alone in the last part",
            {"alpha - part * (parts - 1)": "alpha % parts"},
            "Your last part is the rest alone. It takes a part and the rest.",
        ),
        Edit(
            "the last part left out",
            {"range(parts)": "range(parts - 1)"},
            "You never sell the last part.",
        ),
        Edit(
            "parts rounded up",
            {
                "part = alpha // parts": "part = -(-alpha // parts)",
                "part if number < parts - 1 else alpha - part * (parts - 1)": (
                    "min(part, max(alpha - part * number, 0))"
                ),
            },
            "Off by some rao: you round the parts up, so that the last one is the smallest. The last one takes the "
            "rest.",
        ),
        Edit(
            "the rest spread out",
            {"part if number < parts - 1 else alpha - part * (parts - 1)": "part + (number < alpha % parts)"},
            "Off by some rao: you spread the rest over the first parts. The last one takes all of it.",
        ),
        Edit(
            "the rest spread out over the last parts",
            {
                "part if number < parts - 1 else alpha - part * (parts - 1)": (
                    "part + (number >= parts - alpha % parts)"
                )
            },
            "Off by some rao: your parts grow as the rest is divided again each time. All parts but the last are "
            "equal.",
        ),
        Edit(
            "a part of what is left",
            {
                "        amount = part if number < parts - 1 else alpha - part * (parts - 1)\n": (
                    "        amount = alpha // parts if number < parts - 1 else alpha\n        alpha -= amount\n"
                )
            },
            "Each of your parts is a part of what is left, so they get smaller and the last one is large. They should "
            "be equal.",
        ),
        Edit(
            "what is paid, added up",
            {"received += got": "received += paid"},
            "You add up the alpha that is paid. The task asks for the TAO that comes out.",
        ),
        Edit(
            "the fees, added up",
            {"_, paid, got =": "fee, paid, got =", "received += got": "received += fee"},
            "You add up the fees. A swap gives fee, paid, received, in this order.",
        ),
        Edit(
            "TAO added to the pool",
            {"tao=pool.tao - got": "tao=pool.tao + got"},
            "Your pool gets more TAO with each sale. Who gets it?",
        ),
        Edit(
            "alpha taken from the pool",
            {"alpha=pool.alpha + paid": "alpha=pool.alpha - paid"},
            "Your pool loses alpha with each sale. Where does the alpha go that is sold?",
        ),
        Edit(
            "weights and fee forgotten",
            {"replace(pool, alpha=pool.alpha + paid, tao=pool.tao - got)": "Pool(pool.tao - got, pool.alpha + paid)"},
            "You make a new pool of reserves alone, with even weights and the usual fee. What else has the old one? "
            "`replace` keeps it.",
        ),
        Edit(
            "a purchase, booked as one",
            {
                '"sell"': '"buy"',
                "alpha=pool.alpha + paid, tao=pool.tao - got": "alpha=pool.alpha - got, tao=pool.tao + paid",
            },
            "You buy alpha, and book it as a purchase. Who unstakes sells alpha: what comes in, and what goes out?",
        ),
        WrongAnswer(
            "one part for all",
            "You sell one part and multiply by their number, as if each found the same pool. What pool does each sale "
            "leave to the next, and who sells the rest?",
            _one_part_for_all,
        ),
    ),
)
