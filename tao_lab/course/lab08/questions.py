"""*Predict first* questions of lab 08: where the result surprises people."""

from __future__ import annotations

from dataclasses import replace

from tao_lab.cards import Grid, percent
from tao_lab.course.lab08.experiments import price_story
from tao_lab.course.lab08.pools import EXAMPLE
from tao_lab.course.lab08.reference import unstake
from tao_lab.course.questions import Finding, Question
from tao_lab.economy import swap
from tao_lab.economy.swap import amount_out
from tao_lab.units import RAO_PER_TAO

VISIBLE = 0.001


def _amount(rao: float) -> str:
    return f"{rao / RAO_PER_TAO:,.2f}"


def _double() -> Finding:
    paid = [amount * RAO_PER_TAO for amount in (1, 10, 100, 1_000, 10_000)]
    got = [amount_out(EXAMPLE, "buy", amount) for amount in paid]
    for_thousand = got[3] / RAO_PER_TAO
    option = 0 if for_thousand > 999 else 1 if 400 < for_thousand < 600 else 2
    because = (
        "TAO times alpha stays the same. When the TAO in the pool doubles, the alpha halves: half of it leaves. The "
        "pool is never emptied, whatever is paid."
    )
    rows = [["τ paid", *(_amount(a) for a in paid)], ["α received", *(_amount(a) for a in got)]]
    return Finding(option, because, (Grid(rows),))


def _round_trip() -> Finding:
    rows = []
    lost = {}
    for rate in (0, EXAMPLE.fee_rate):
        pool = replace(EXAMPLE, fee_rate=rate)
        bought = swap(pool, "buy", 300 * RAO_PER_TAO)
        after = replace(pool, tao=pool.tao + bought.paid, alpha=pool.alpha - bought.received)
        back = swap(after, "sell", bought.received)
        lost[rate] = 1 - back.received / (300 * RAO_PER_TAO)
        rows.append([f"{rate / 65_535:.2%}", _amount(bought.received), _amount(back.received), percent(lost[rate], 2)])
    option = 0 if lost[EXAMPLE.fee_rate] > 0.2 else 1 if lost[EXAMPLE.fee_rate] < 0.005 else 2
    because = (
        "Slippage is not a fee: nobody keeps it. It stays in the pool as the higher price, and if you sell at once you "
        "walk the same curve back. Only the fee is gone, twice. It is lost for good if somebody else sells in between."
    )
    return Finding(option, because, (Grid(rows, ("fee", "α for 300 τ", "τ for these α", "lost")),))


def _emission() -> Finding:
    story = price_story()
    before, after = (float(story.rows[0][place]) for place in (3, 4))
    option = 0 if after > before * (1 + VISIBLE) else 2 if after < before * (1 - VISIBLE) else 1
    because = (
        "With the TAO enters as much new alpha as it is worth, so both sides grow and the price stays: the pool gets "
        "deeper. Only TAO for which no new alpha may enter buys, and that moves the price up."
    )
    header = ("", "τ added", "τ that bought", "price before", "after")
    return Finding(option, because, (Grid([story.rows[0]], header),))


def _in_parts() -> Finding:
    alpha = 500 * RAO_PER_TAO
    parts = (1, 2, 10, 100)
    brought = [unstake(EXAMPLE, alpha, count)[1] for count in parts]
    worth = unstake(EXAMPLE, alpha, 1)[0]
    gain = brought[2] / brought[0] - 1
    option = 0 if gain > 0.01 else 1 if abs(gain) <= 0.01 else 2
    because = (
        f"They seemed to be worth {_amount(worth)} τ. Each part leaves the next one a lower price: on the curve all "
        "ways lead to the same place. Parts help only if others buy, or the chain does, while you wait."
    )
    rows = [["τ received", *(_amount(b) for b in brought)]]
    return Finding(option, because, (Grid(rows, ("500 α sold in", *(f"{count}" for count in parts))),))


QUESTIONS = (
    Question(
        "08.A",
        "A pool holds 1,000 τ and 1,000 α, so one α costs 1 τ. You pay in 1,000 τ; leave the fee aside. How many α do "
        "you get?",
        ("1,000", "500", "as good as none"),
        _double,
    ),
    Question(
        "08.B",
        "You pay 300 τ into that pool, which costs you 23 % slippage, and sell all the alpha again in the next moment. "
        "What have you lost?",
        ("more than a fifth", "next to nothing", "about a tenth"),
        _round_trip,
    ),
    Question(
        "08.C",
        "In each block the chain adds TAO to the pools of the subnets. Somebody has much stake on root, and nobody "
        "trades. What does that do to the price of alpha?",
        ("it rises", "it stays", "it falls"),
        _emission,
    ),
    Question(
        "08.D",
        "You sell 500 α into the pool with 1,000 τ and 1,000 α. Do you lose less if you sell in ten parts, one right "
        "after the other?",
        ("much less", "the same", "more"),
        _in_parts,
    ),
)
