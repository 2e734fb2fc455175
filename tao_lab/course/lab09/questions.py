"""*Predict first* questions of lab 09: where the result surprises people."""

from __future__ import annotations

from tao_lab.cards import Grid, percent
from tao_lab.consensus import epoch
from tao_lab.course.lab06.subnets import small_subnet
from tao_lab.course.lab09 import reference
from tao_lab.course.lab09.arena import copying
from tao_lab.course.lab09.cases import EXAMPLE
from tao_lab.course.lab09.experiments import best_sandwich, seat_prices
from tao_lab.course.questions import Finding, Question
from tao_lab.economy import price
from tao_lab.fixed import EXACT
from tao_lab.units import RAO_PER_TAO, U16_MAX

GOOD, FALSE = [1.0, 0.0], [0.0, 1.0]


def _high_kappa() -> Finding:
    rows, pays = [], {}
    for kappa in (50, 60, 70):
        cells = []
        for share in (20, 31, 45, 65, 75):
            inputs = small_subnet([100 - share, share], [GOOD, FALSE], kappa=U16_MAX * kappa // 100)
            good, false = EXACT.to_float(epoch(inputs).incentive[-2:])
            pays[kappa, share] = float(good)
            cells.append("good" if good > false else "the cartel's" if false > 0 else "nobody")
        rows.append([f"kappa {kappa} %", *cells])
    option = 2 if pays[70, 31] == 0 else 0 if pays[70, 45] > 0 else 1
    because = (
        "With kappa at 70 % a cartel needs 70 % to pay its own miner. But now a good miner needs 70 % as well: "
        "whoever has "
        "31 % and withholds it leaves it unpaid. The higher you set one bar, the lower you set the other."
    )
    header = ("the cartel has", *(f"{share} %" for share in (20, 31, 45, 65, 75)))
    return Finding(option, because, (Grid(rows, header),))


def _still() -> Finding:
    rows, found = [], {}
    for words, changes in (("every 4 epochs", 4), ("every 12 epochs", 12), ("never", 1_000)):
        earned = [copying(changes, period, True)[0] for period in (0, 1, 3)]
        found[changes] = earned
        rows.append([words, *(percent(each) for each in earned)])
    option = 0 if found[1_000][2] > 0.99 else 1 if found[1_000][2] > 0.5 else 2
    because = (
        "A seal makes a copier late, and being late costs only where something has changed. Where miners are always "
        "in the same order, yesterday's row is as good as today's."
    )
    header = ("the miners' order changes", "open rows", "sealed for 1 epoch", "sealed for 3")
    return Finding(option, because, (Grid(rows, header),))


def _rush() -> Finding:
    prices = seat_prices(RAO_PER_TAO, 20)
    total = sum(prices) / RAO_PER_TAO
    option = 0 if total < 40 else 2 if total > 300 else 1
    shown = (1, 5, 10, 15, 20)
    rows = [
        ["this seat costs, τ", *(f"{prices[number - 1] / RAO_PER_TAO:.2f}" for number in shown)],
        ["so far together, τ", *(f"{sum(prices[:number]) / RAO_PER_TAO:.2f}" for number in shown)],
    ]
    because = (
        "Each registration makes the next one 26 % more expensive. The price halves in 360 blocks, though: whoever "
        "buys one seat every two hours pays little more than the first price each time."
    )
    return Finding(option, because, (Grid(rows, ("seat", *map(str, shown))),))


def _depth() -> Finding:
    order, cells, profits = 50 * RAO_PER_TAO, [], []
    tolerances = (0.5, 2, 5, 12, 100)
    for tolerance in tolerances:
        limit = price(EXAMPLE) * int(1_000 + 10 * tolerance) // 1_000
        happens = reference.sandwich(EXAMPLE, order, 0, limit)[1] > 0
        profit, _ = best_sandwich(EXAMPLE, order, limit)
        profits.append(profit)
        cells.append(f"{profit / RAO_PER_TAO:+.2f}" if happens else "no order")
    option = 0 if profits[2] > 0 else 1
    because = (
        "The order itself moves the price by more than 10 %, so a limit of 5 % stops it even when nobody attacks. A "
        "limit must leave room for the order, and not more: what it leaves, an attacker takes. In a deep pool 5 % is "
        "a gift."
    )
    return Finding(
        option,
        because,
        (Grid([["best sandwich, τ", *cells]], ("limit above the price", *(f"{t:g} %" for t in tolerances))),),
    )


QUESTIONS = (
    Question(
        "09.A",
        "To be safe from cartels, a subnet raises kappa from 50 % to 70 %. A cartel has 31 % of the stake and gives "
        "it all to a miner that does nothing; 69 % is honest. Who is paid?",
        ("the good miners, as before", "the good miners and the cartel's", "nobody"),
        _high_kappa,
    ),
    Question(
        "09.B",
        "Validators' rows are sealed for three epochs. On this subnet the miners are always in the same order. What "
        "does a copier earn, against an honest validator with as much stake?",
        ("the same", "a good part of it", "next to nothing"),
        _still,
    ),
    Question(
        "09.C",
        "A seat costs 1 τ. Somebody buys twenty of them, one right after the other. What do they cost together?",
        ("about 20 τ", "about 60 τ", "about 400 τ"),
        _rush,
    ),
    Question(
        "09.D",
        "A pool holds 1,000 τ and 1,000 α. You buy for 50 τ with a limit 5 % above the price, btcli's usual one, and "
        "the order happens whole or not at all. What does the best sandwich bring?",
        ("some of your 50 τ", "nothing: the order does not even happen"),
        _depth,
    ),
)
