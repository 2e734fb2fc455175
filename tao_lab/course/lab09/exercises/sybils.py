"""09.3: how many seats with one answer pay off."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab09 import reference as ours
from tao_lab.course.lab09.cases import MAINNET_TERMS, Rng
from tao_lab.economy import PriceTerms, registration_price
from tao_lab.economy.registration_price import MULTIPLIER_ONE
from tao_lab.units import RAO_PER_TAO


def sybil_seats(honest, pay, immunity_period, tempo, alpha_price, burn, terms, free):
    """How many seats one miner should buy at once, if validators find its copies only when immunity is over.

    honest           int         miners that are there already; all answers are equally good
    pay              int         rao of alpha for all miners of the subnet together in one epoch, in equal parts
    immunity_period  int         blocks for which a new seat is safe; then the copies are worth nothing
    tempo            int         blocks from one epoch to the next
    alpha_price      int         price of one alpha in τ: 2^64 stands for 1
    burn             int         rao of τ that the next seat costs
    terms            PriceTerms  how each registration moves that price
    free             int         seats that can be had

    Returns seats (int), profit (int): rao of τ; the fewest seats with the largest profit, (0, 0) if none pays.

    >>> sybil_seats(8, 90, 720, 360, 2**64, 5, PriceTerms(1, 2 * 2**64, 1, 1_000), 4)
    (2, 21)
    """
    best, cost = (0, 0), 0
    for seats in range(1, free + 1):
        cost += burn
        burn = registration_price(burn, terms, "registration")
        earned = pay // (honest + seats) * seats * (immunity_period // tempo)
        profit = (earned * alpha_price >> 64) - cost
        if profit > best[1]:
            best = seats, profit
    return best


def cases(rng: Rng) -> Iterator[Case]:
    """Seats that do not pay, that pay while they are few, that pay as long as there are any; ties; chance."""
    double = PriceTerms(1, 2 * MULTIPLIER_ONE, 1, 1_000)
    yield _case(8, 90, 720, 360, MULTIPLIER_ONE, 5, double, 4, "small numbers, by hand")
    yield _case(8, 90, 720, 360, MULTIPLIER_ONE, 18, double, 4, "the first seat just pays for itself")
    yield _case(1, 60, 360, 360, MULTIPLIER_ONE, 2, double, 6, "small numbers, one honest miner")
    yield _case(4, 120, 360, 360, MULTIPLIER_ONE, 4, PriceTerms(1, MULTIPLIER_ONE, 4, 4), 9, "a price that never moves")
    yield _case(4, 60, 360, 360, MULTIPLIER_ONE, 8, PriceTerms(1, MULTIPLIER_ONE, 8, 8), 9, "two numbers are as good")
    yield _case(4, 120, 360, 360, MULTIPLIER_ONE, 1, double, 3, "every seat that is free pays")
    yield _case(4, 120, 359, 360, MULTIPLIER_ONE, 1, double, 9, "immunity ends before the first epoch")
    yield _case(4, 120, 719, 360, MULTIPLIER_ONE, 1, double, 9, "immunity ends one block before the second epoch")
    yield _case(4, 120, 720, 360, MULTIPLIER_ONE, 1, double, 0, "no seat is free")
    yield _case(4, 150, 360, 360, MULTIPLIER_ONE // 3, 1, PriceTerms(1, MULTIPLIER_ONE, 1, 1), 3, "alpha costs a third")
    still = PriceTerms(1, MULTIPLIER_ONE, 1, 1)
    yield _case(5, 20, 360, 360, MULTIPLIER_ONE, 1, still, 5, "one seat more brings less, two bring more")
    for number in range(8):
        honest, free = int(rng.integers(3, 120)), int(rng.integers(2, 60))
        pay = int(rng.integers(20, 148) * RAO_PER_TAO + rng.integers(RAO_PER_TAO))
        price = int(rng.integers(1, 80)) * MULTIPLIER_ONE // 1_000
        burn = int(rng.integers(RAO_PER_TAO // 100, RAO_PER_TAO))
        immunity = int(rng.integers(2_000, 9_000))
        about = f"{honest} honest miners, a seat costs {burn / RAO_PER_TAO:.2f} τ, random subnet {number + 1}"
        yield _case(honest, pay, immunity, 360, price, burn, MAINNET_TERMS, free, about)


def _case(
    honest: int,
    pay: int,
    immunity: int,
    tempo: int,
    price: int,
    burn: int,
    terms: PriceTerms,
    free: int,
    about: str,
) -> Case:
    given = {"honest": honest, "pay": pay, "immunity_period": immunity, "tempo": tempo, "alpha_price": price}
    return Case({**given, "burn": burn, "terms": terms, "free": free}, about)


def _all_or_nothing(
    honest: int, pay: int, immunity_period: int, tempo: int, alpha_price: int, burn: int, terms: PriceTerms, free: int
) -> tuple[int, int]:
    cost = 0
    for _ in range(free):
        cost += burn
        burn = registration_price(burn, terms, "registration")
    earned = pay // (honest + free) * free * (immunity_period // tempo)
    profit = (earned * alpha_price >> 64) - cost
    return (free, profit) if profit > 0 else (0, 0)


def _while_the_next_pays(
    honest: int, pay: int, immunity_period: int, tempo: int, alpha_price: int, burn: int, terms: PriceTerms, free: int
) -> tuple[int, int]:
    seats = cost = 0
    epochs = immunity_period // tempo
    while seats < free and pay // (honest + seats + 1) * epochs * alpha_price >> 64 > burn:
        seats, cost = seats + 1, cost + burn
        burn = registration_price(burn, terms, "registration")
    return seats, (pay // (honest + seats) * seats * epochs * alpha_price >> 64) - cost


MOVES = '        burn = registration_price(burn, terms, "registration")\n'
BEST = "            best = seats, profit\n"

EXERCISE = Exercise(
    id="09.3",
    title="How many false seats pay off",
    solution=sybil_seats,
    reference=ours.sybil_seats,
    cases=cases,
    read=read_values(seats=int, profit=int),
    look="Take two seats: what does each of them cost, what does each earn, and what has the second done to the first?",
    unlocks="Price and immunity are two sides of one defence; you set both in the last exercise.",
    wrong_answers=(
        Edit(
            "one price for all",
            {MOVES: ""},
            "All your seats cost the same. What does a registration do to the price of the next one?",
        ),
        Edit(
            "the first seat at the raised price",
            {"        cost += burn\n" + MOVES: MOVES + "        cost += burn\n"},
            "Your first seat costs what the second should. When does the price move?",
        ),
        Edit(
            "seats do not share",
            {"pay // (honest + seats)": "pay // honest"},
            "You divide the pay among the honest miners only. The new seats take part as well.",
        ),
        Edit(
            "one seat for all",
            {"pay // (honest + seats)": "pay // (honest + 1)"},
            "Each of your seats earns as if it were the only new one. Among how many is the pay divided?",
        ),
        Edit(
            "one seat earns",
            {"pay // (honest + seats) * seats": "pay // (honest + seats)"},
            "You count what one seat earns, and what all of them cost.",
        ),
        Edit(
            "the whole immunity counted in blocks",
            {"(immunity_period // tempo)": "immunity_period"},
            "You count pay for each block of the immunity. How often is there pay?",
        ),
        Edit(
            "parts of an epoch",
            {
                "pay // (honest + seats) * seats * (immunity_period // tempo)": (
                    "pay // (honest + seats) * seats * immunity_period // tempo"
                )
            },
            "You count parts of an epoch. A seat is paid at the end of an epoch, or not at all.",
        ),
        Edit(
            "alpha taken for τ",
            {"(earned * alpha_price >> 64)": "earned"},
            "You subtract τ from alpha. What are the seats' earnings worth in τ?",
        ),
        Edit(
            "what it earns, not what is left",
            {"return best": "return best[0], best[1] + cost if best[0] else 0"},
            "Your profit still contains what seats cost.",
        ),
        Edit(
            "as long as it pays",
            {"if profit > best[1]:": "if profit > 0:"},
            "You buy as long as all seats together make no loss. Where is the profit largest?",
        ),
        Edit(
            "more seats for the same",
            {"profit > best[1]": "profit >= best[1]"},
            "Where two numbers of seats bring the same, you take the larger one.",
        ),
        Edit(
            "stops at the first fall",
            {BEST: BEST + "        else:\n            break\n"},
            "You stop where one more seat brings nothing. Pay is rounded down: two more seats may bring something.",
        ),
        Edit(
            "price in floats",
            {"(earned * alpha_price >> 64)": "int(earned * (alpha_price / 2**64))"},
            "You turn the price into a float and lose its last digits. Multiply first, then shift by 64 bits.",
        ),
        Edit(
            "rounded for all seats together",
            {"pay // (honest + seats) * seats": "pay * seats // (honest + seats)"},
            "You round what all your seats earn together. Each seat is paid in whole rao.",
        ),
        Edit(
            "rounded for each seat",
            {"(earned * alpha_price >> 64)": "(earned // seats * alpha_price >> 64) * seats"},
            "You round what each seat brings to whole rao of τ. Add up the alpha first.",
        ),
        Edit(
            "the price of a quiet block",
            {'terms, "registration"': 'terms, "block"'},
            "Your price moves as in a block in which nobody registers. Your own seats are registrations.",
        ),
        Edit(
            "the last price for all",
            {"cost += burn": "cost = burn * seats"},
            "You pay for all seats what the last one costs. The first ones were cheaper.",
        ),
        Edit(
            "one seat stays free",
            {"range(1, free + 1)": "range(1, free)"},
            "You never buy the last free seat.",
        ),
        Edit(
            "zero seats cost one",
            {"range(1, free + 1)": "range(free + 1)"},
            "You pay for one seat more than you buy: your first round is for zero seats, and they cost nothing.",
        ),
        Edit(
            "a seat too many shares",
            {"pay // (honest + seats)": "pay // (honest + seats + 1)"},
            "You divide the pay among one seat too many.",
        ),
        Edit(
            "the wrong way round",
            {"return best": "return best[1], best[0]"},
            "Your two answers have changed places.",
        ),
        Edit(
            "epochs rounded up",
            {"(immunity_period // tempo)": "-(-immunity_period // tempo)"},
            "You round the number of epochs up. An epoch that ends after the immunity pays nothing.",
        ),
        Edit(
            "one epoch more",
            {"(immunity_period // tempo)": "(immunity_period // tempo + 1)"},
            "You count one epoch too many. How many whole epochs fit into the immunity?",
        ),
        Edit(
            "one epoch less",
            {"(immunity_period // tempo)": "max(immunity_period // tempo - 1, 0)"},
            "You count one epoch too few. How many whole epochs fit into the immunity?",
        ),
        Edit(
            "a single epoch",
            {" * (immunity_period // tempo)": ""},
            "Your seats are paid once. They are paid in each epoch that ends while they are safe.",
        ),
        Edit(
            "tempo by immunity",
            {"(immunity_period // tempo)": "(tempo // max(immunity_period, 1))"},
            "You divide the tempo by the immunity. How often does a tempo fit into the immunity?",
        ),
        Edit(
            "divided by the price",
            {"(earned * alpha_price >> 64)": "(earned << 64) // alpha_price"},
            "You divide the alpha by its price. The price is τ for one alpha: how many τ are two alpha worth?",
        ),
        Edit(
            "one at 2^32",
            {">> 64": ">> 32"},
            "In your price, 2^32 stands for 1. Here it is 2^64.",
        ),
        Edit(
            "a price without a unit",
            {"(earned * alpha_price >> 64)": "earned * alpha_price"},
            "You multiply by the price as if it were a whole number. 2^64 stands for 1.",
        ),
        Edit(
            "one seat in any case",
            {"if profit > best[1]:": "if profit > best[1] or seats == 1:"},
            "You always buy a first seat, even at a loss. Where none pays, the best is (0, 0).",
        ),
        Edit(
            "the honest get nothing",
            {"pay // (honest + seats)": "pay // seats"},
            "Your seats share the pay among themselves. The honest miners are still there.",
        ),
        Edit(
            "all the pay for each seat",
            {"pay // (honest + seats)": "pay"},
            "Each of your seats earns the pay of the whole subnet. Among how many is it divided?",
        ),
        Edit(
            "the honest leave",
            {"pay // (honest + seats)": "pay // max(honest - seats, 1)"},
            "Each of your seats takes the place of an honest miner. The honest miners stay.",
        ),
        Edit(
            "the largest earnings",
            {"if profit > best[1]:": "if earned > best[1]:", "best = seats, profit": "best = seats, earned"},
            "You look for the largest earnings, and forget what the seats cost.",
        ),
        Edit(
            "profit in alpha",
            {"(earned * alpha_price >> 64) - cost": "earned - (cost << 64) // alpha_price"},
            "Your profit is rao of alpha. The task asks for rao of τ.",
        ),
        Edit(
            "the price always doubles",
            {'registration_price(burn, terms, "registration")': "2 * burn"},
            "Your price doubles with each seat. By how much it rises, and its limits, are in `terms`.",
        ),
        Edit(
            "the price moves twice",
            {MOVES: MOVES * 2},
            "Your price moves twice for each seat. Each seat is one registration.",
        ),
        WrongAnswer(
            "all or nothing",
            "You buy all the seats that are free, or none. Each seat more makes the next one more expensive and the "
            "pay of all smaller: look at every number in between.",
            _all_or_nothing,
        ),
        WrongAnswer(
            "while the next seat pays",
            "You buy while the next seat earns more than it costs. It also takes pay from the seats that you have "
            "already: compare the profit of all seats together.",
            _while_the_next_pays,
        ),
    ),
)
