"""Swaps of the chain's own tests, and random ones, with what the oracle makes of them."""

import random
from typing import Any

from tests.economy.plain_swap import E18, ONE, swap

TAO, HALF, U64 = 10**9, 10**18 // 2, (1 << 64) - 1
SWAP_TESTS, STAKING_TESTS = "pallets/swap/src/pallet/tests.rs", "pallets/subtensor/src/tests/staking.rs"
MAX_PRICE, MIN_PRICE = (10**15 << 64) // TAO, (1_000 << 64) // TAO

BASIC = [("buy", amount) for amount in (1_000, 2_000, 123_456, 10**9, 10**10)] + [
    ("sell", amount) for amount in (1_000, 2_000, 123_456)
]
ADD = [  # tao, alpha, limit in rao for one alpha
    (10**6, 10**6, 4 * TAO),
    (10**6, 10**6, 9 * TAO),
    (10**6, 10**6, 16 * TAO),
    (10**12, 10**12, 16 * TAO),
    (150 * TAO, 100 * TAO, 1_500_000_001),
    (150 * TAO, 100 * TAO, 6 * TAO),
]
REMOVE = [
    (10**6, 10**6, 250_000_000),
    (10**6, 10**6, 62_500_000),
    (10**12, 10**12, 62_500_000),
    (200 * TAO, 100 * TAO, 500_000_000),
    (200 * TAO, 100 * TAO, 125_000_000),
    (200 * TAO, 100 * TAO, 1_999_999_999),
    (200 * TAO, 100 * TAO, 1_999_999_990),
    (21 * 10**15, 10**18, 20_000_000),
    (21 * 10**15, 21 * 10**15, 999_999_999),
]


def vectors() -> list[dict[str, Any]]:
    """All vectors; those on which the oracle cannot decide are left out."""
    found = [
        _case(f"basic-{side}-{amount}", f"{SWAP_TESTS} test_swap_basic", TAO, 4 * TAO, HALF, 33, side, amount, limit)
        for side, amount in BASIC
        for limit in [1_000 * ONE if side == "buy" else ONE // 10_000]
    ]
    for name, side, cases, test in (
        ("add", "buy", ADD, "test_max_amount_add_dynamic"),
        ("remove", "sell", REMOVE, "test_max_amount_remove_dynamic"),
    ):
        for tao, alpha, limit in cases:
            most = min(1_000 * (tao if side == "buy" else alpha), U64)
            word = (limit << 64) // TAO
            title = f"max-{name}-{tao}-{alpha}-{limit}"
            found.append(_case(title, f"{STAKING_TESTS} {test}", tao, alpha, HALF, 33, side, most, word))
    limit = (24 * TAO << 64) // TAO
    source = f"{STAKING_TESTS} test_add_stake_limit_ok"
    found.append(_case("limit-24", source, 150 * TAO, 100 * TAO, HALF, 33, "buy", 900 * TAO, limit))
    return [case for case in found + list(_random_cases(30)) if case is not None]


def _random_cases(count: int) -> list[dict[str, Any] | None]:
    """Pools of every size with uneven weights, half of the swaps cut short by a limit near the price."""
    chance, cases = random.Random(461), []
    for i in range(count):
        tao, alpha = (int(10 ** chance.uniform(9, 16)) for _ in range(2))
        quote, rate = chance.randrange(5 * 10**16, 95 * 10**16), chance.choice([0, 33, 196, 10_000])
        side = chance.choice(["buy", "sell"])
        amount = int((tao if side == "buy" else alpha) * 10 ** chance.uniform(-6, 1))
        now = (((E18 - quote) << 64) // quote) * ((tao << 64) // alpha) >> 64
        limit = MAX_PRICE if side == "buy" else MIN_PRICE
        if i % 2:
            limit = now * chance.randrange(101, 150) // 100 if side == "buy" else now * chance.randrange(60, 99) // 100
        if now < limit if side == "buy" else now > limit:
            cases.append(_case(f"random-{i}", "generated", tao, alpha, quote, rate, side, amount, limit))
    return cases


def _case(
    name: str, source: str, tao: int, alpha: int, quote: int, rate: int, side: str, amount: int, limit: int
) -> dict[str, Any] | None:
    data = {
        "tao": tao,
        "alpha": alpha,
        "quote_weight": quote,
        "fee_rate": rate,
        "side": side,
        "amount": amount,
        "limit_price": limit,
    }
    try:
        return {"name": name, "source": source, "input": data, "expected": swap(data)}
    except ValueError:
        return None
