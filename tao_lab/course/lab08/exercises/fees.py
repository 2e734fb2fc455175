"""08.3: the fee."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab08 import reference as ours
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.units import RAO_PER_TAO, U16_MAX


def swap_with_fee(pool, side, amount):
    """A swap in either direction, with the pool's fee.

    pool    Pool  with pool.fee_rate, a u16
    side    str   "buy": TAO in, alpha out; "sell": alpha in, TAO out
    amount  int   rao that the user gives, fee included

    Returns fee (int), paid (int): rao that reach the pool, received (int).
    """
    fee = amount * ((pool.fee_rate << 64) // 65_535) >> 64
    paid = amount - fee
    if side == "buy":
        received = ours.amount_out(pool.tao, pool.alpha, paid, pool.quote_weight, pool.base_weight)
    else:
        received = ours.amount_out(pool.alpha, pool.tao, paid, pool.base_weight, pool.quote_weight)
    return fee, paid, received


def cases(rng: Rng) -> Iterator[Case]:
    """Both sides, the usual fee, none and a large one, and an amount of which the fee is a whole number of rao."""
    for side in ("buy", "sell"):
        yield Case({"pool": EXAMPLE, "side": side, "amount": 100 * RAO_PER_TAO}, f"{side} with 100")
        whole = {"pool": EXAMPLE, "side": side, "amount": U16_MAX * RAO_PER_TAO // 1_000}
        yield Case(whole, f"{side} with 65.535: the fee comes out even")
        yield Case({"pool": replace(UNEVEN, fee_rate=0), "side": side, "amount": 10 * RAO_PER_TAO}, f"{side}, no fee")
        yield Case({"pool": replace(UNEVEN, fee_rate=6_554), "side": side, "amount": 7}, f"{side}, 10 % of 7 rao")
        for number in range(2):
            arguments = {"pool": random_pool(rng), "side": side, "amount": int(rng.integers(1, 200 * RAO_PER_TAO))}
            yield Case(arguments, f"{side}, a random pool, number {number + 1}")


FEE = "fee = amount * ((pool.fee_rate << 64) // 65_535) >> 64"

EXERCISE = Exercise(
    id="08.3",
    title="The fee",
    solution=swap_with_fee,
    reference=ours.swap_with_fee,
    cases=cases,
    read=read_values(fee=int, paid=int, received=int),
    look="Does the fee differ, or what is swapped after it? Which side of the pool is paid into?",
    unlocks="Both sides work, with the fee where the chain takes it. Next: how not to be surprised.",
    wrong_answers=(
        Edit(
            "fee after the swap",
            {
                FEE: "fee = 0",
                "return fee, paid, received": (
                    "fee = received * ((pool.fee_rate << 64) // 65_535) >> 64\n    return fee, paid, received - fee"
                ),
            },
            "You swap everything and take the fee from what comes out. When does the chain take it, and of what?",
        ),
        Edit(
            "fee on top",
            {FEE: "fee = amount * pool.fee_rate // (65_535 - pool.fee_rate)", "paid = amount - fee": "paid = amount"},
            "You charge the fee on top of `amount`. `amount` is all that the user gives: what of it is swapped?",
        ),
        Edit(
            "fee counted but swapped all the same",
            {
                "pool.alpha, paid,": "pool.alpha, amount,",
                "pool.tao, paid,": "pool.tao, amount,",
            },
            "Fee and `paid` are right, but you swapped the whole `amount`. What reaches the pool?",
        ),
        Edit(
            "65,536 instead of 65,535",
            {"65_535": "65_536"},
            "Your fee is a little too small: you divide by 65,536. Which u16 stands for one?",
        ),
        Edit(
            "plain division",
            {FEE: "fee = amount * pool.fee_rate // 65_535"},
            "Right up to one rao where the fee comes out even: you divide last. The chain makes a fixed-point number "
            "of the rate first, which is a little too small, and multiplies then.",
        ),
        Edit(
            "fee rounded up",
            {FEE: "fee = -(-amount * ((pool.fee_rate << 64) // 65_535) >> 64)"},
            "You round the fee up. What does shifting down do with parts of a rao?",
        ),
        Edit(
            "buy and sell swapped",
            {'side == "buy"': 'side != "buy"'},
            "The sides are swapped: who buys pays TAO in and gets alpha, who sells pays alpha in and gets TAO.",
        ),
        Edit(
            "always a purchase",
            {'if side == "buy":': "if True:"},
            "Purchases are right. What comes in when somebody sells, and what goes out?",
        ),
        Edit(
            "reserves swapped, weights not",
            {"paid, pool.base_weight, pool.quote_weight)": "paid, pool.quote_weight, pool.base_weight)"},
            "Sales are right where the weights are even. For a sale the reserves change places in your function: and "
            "the weights?",
        ),
        Edit(
            "no fee",
            {FEE: "fee = 0"},
            "You take no fee: `pool.fee_rate` is a u16, so the usual 33 is 33 / 65,535 of the amount.",
        ),
        Edit(
            "fee and paid swapped",
            {"return fee, paid, received": "return paid, fee, received"},
            "All three numbers are there, and the first two are swapped: the fee comes first.",
        ),
        Edit(
            "amount instead of paid",
            {"return fee, paid, received": "return fee, amount, received"},
            "Your second number is what the user gives. The task asks what reaches the pool.",
        ),
        Edit(
            "per cent",
            {"fee = amount * ((pool.fee_rate << 64) // 65_535) >> 64": "fee = amount * pool.fee_rate // 100"},
            "You take `pool.fee_rate` for per cent, so that the usual 33 is a third of the amount. It is a u16: "
            "which of them stands for one?",
        ),
        Edit(
            "word of per cent",
            {"// 65_535)": "// 100)"},
            "Your fixed-point number of the rate counts hundredths, so that the usual 33 is a third of the amount. "
            "`pool.fee_rate` is a u16: which of them stands for one?",
        ),
        Edit(
            "per mille",
            {"fee = amount * ((pool.fee_rate << 64) // 65_535) >> 64": "fee = amount * pool.fee_rate // 1_000"},
            "You take `pool.fee_rate` for thousandths. It is a u16: which of them stands for one?",
        ),
        Edit(
            "basis points",
            {"fee = amount * ((pool.fee_rate << 64) // 65_535) >> 64": "fee = amount * pool.fee_rate // 10_000"},
            "You take `pool.fee_rate` for hundredths of a per cent. It is a u16: which of them stands for one?",
        ),
    ),
)
