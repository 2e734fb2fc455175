"""Solutions of lab 09: one function an exercise. Made by `make labs`."""

from dataclasses import replace

from tao_lab.course.lab08 import reference as pools
from tao_lab.course.lab09 import reference as ours
from tao_lab.economy import registration_price


def cartel_stakes(stakes, active, kappa):
    """The smallest cartels that decide, against honest validators.

    stakes  list of int   τ of each honest validator, whole numbers
    active  list of bool  whether it has set weights lately
    kappa   int           u16, from 1 to 65,534: 65,535 stands for all stake

    Returns pays (int): τ with which a cartel's own miner is paid, whom nobody else rates;
    starves (int): τ with which a good miner, whom the cartel alone does not rate, is not paid.

    >>> cartel_stakes([90, 500], [True, False], 26_215)  # 40 % and a bit
    (61, 135)
    """
    honest = sum(stake for stake, speaks in zip(stakes, active) if speaks)
    pays = -(-honest * kappa // (65_535 - kappa))
    starves = honest * (65_535 - kappa) // kappa + 1
    return pays, starves


def copied(judgements, epoch, reveal_period, waits):
    """Which judgement a copier's row shows in an epoch, and how much of it consensus leaves.

    judgements     list of list of int  the honest majority's row of each epoch from 0 on, shares in millionths
    epoch          int   the epoch whose pay is at stake
    reveal_period  int   epochs from a commit to its reveal; 0: rows are open at once
    waits          bool  whether the copier sets its row last in each epoch, when the others' of that epoch are out

    Returns made (int or None): the epoch of the judgement that the copier's row shows, None before it saw any;
    trust (int): millionths of its row that are left after clipping, 0 where there is no row.

    >>> copied([[900_000, 100_000], [400_000, 600_000]], 1, 0, False)
    (0, 500000)
    """
    counts = epoch - reveal_period
    made = counts - reveal_period - (0 if waits else 1)
    if made < 0:
        return None, 0
    return made, sum(min(mine, theirs) for mine, theirs in zip(judgements[made], judgements[counts]))


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


def sandwich(pool, order, front, limit_price=None):
    """Buy in front of somebody's purchase, sell behind it.

    pool         Pool
    order        int          rao of τ that the victim wants to pay, fee included
    front        int          rao of τ that the attacker pays in front of it, fee included
    limit_price  int or None  fixed-point number, the victim's limit: an order that goes above it does not happen

    Returns profit (int): rao of τ, what the attacker has more in the end, below zero for a loss;
    received (int): rao of alpha that the victim gets, 0 where the order does not happen.

    >>> sandwich(Pool(10**9, 10**9, fee_rate=0), 10**9, 10**9)
    (799999998, 166666666)
    """
    _, paid, held = pools.swap(pool, "buy", front)
    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - held)
    _, paid, received = pools.swap(pool, "buy", order)
    if limit_price is not None and pools.price_after(pool, "buy", paid) > limit_price:
        paid, received = 0, 0
    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received)
    _, _, back = pools.swap(pool, "sell", held)
    return back - front, received


def safe_limit(pool, order, limits, fronts, cost):
    """The highest limit that a victim can afford, so that no sandwich is worth it.

    pool    Pool
    order   int          rao of τ that the victim wants to pay; the order happens whole or not at all
    limits  list of int  fixed-point prices to choose from, in any order
    fronts  list of int  rao of τ with which attackers may begin
    cost    int          rao that an attack costs besides: only more than that is worth it

    Returns the highest limit (int) at which the order happens if nobody attacks, and no attack is worth it;
    None if no limit does both.

    >>> pool, one = Pool(10**12, 10**12), 2**64
    >>> safe_limit(pool, 10**10, [one * 11 // 10, one, one * 103 // 100], [10**10, 10**11], 10**6) == one * 103 // 100
    True
    """
    safe = None
    for limit_price in sorted(limits):
        _, received = ours.sandwich(pool, order, 0, limit_price)
        most = max(ours.sandwich(pool, order, front, limit_price)[0] for front in fronts)
        if received and most <= cost:
            safe = limit_price
    return safe


def my_defence(bloc, honest, changes, pay, immunity):
    """Settings of a subnet that hold against a cartel, a copier and a buyer of false seats.

    bloc      float  share of all stake whose rows are suspiciously alike; it may have 2 % more than it shows
    honest    float  share of all stake that is known to judge well; 2 % of it may be silent on the day
    changes   int    epochs after which the miners' order changes
    pay       int    rao of τ that a seat earns in an epoch
    immunity  int    epochs for which a new seat is safe

    Returns a dict: kappa (float, share of stake that decides), reveal_period (int, epochs for which weights are
    sealed; 0: open), yuma3 (bool, bonds of each validator's own), min_burn (int, rao of τ, lowest price of a seat:
    the chain takes less than 1 τ).
    """
    return {
        "kappa": (bloc + honest) / 2,
        "reveal_period": changes // 4,
        "yuma3": True,
        "min_burn": pay * immunity,
    }
