"""Inputs of emission's vectors: those of the public chain's tests, in its own numbers, and random ones.

Outputs are computed by `plain_coinbase`. What the chain's tests assert about them is checked in
`test_subtensor_numbers.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tests.economy import plain_coinbase as plain

TAO = 10**9
ONE32, ONE64, U64 = 2**32, 2**64, 2**64 - 1
TESTS = "pallets/subtensor/src/tests"
GATE = "emission_gate"
GENERATED = "generated; output of tests/economy/plain_coinbase.py"
TAO_WEIGHT = 971_718_665_099_567_868
FULL_ROOT = plain.root_proportion(10**18, U64, 0).word  # set_full_injection_root_stake: one, or just below


def price(number: str) -> int:
    """`I96F32::from_num` of a decimal number."""
    return int(Fraction(number) * ONE32)


def subnet(moving: str = "1", burned: str = "0", enabled: bool = True) -> dict[str, Any]:
    return {"moving_price": price(moving), "miner_burned": price(burned), "emission_enabled": enabled}


def subnet_shares() -> Iterator[tuple[str, str, dict[str, Any]]]:
    coinbase, emissions = f"{TESTS}/coinbase.rs", f"{TESTS}/subnet_emissions.rs"
    yield "one-subnet", f"{coinbase} test_coinbase_tao_issuance_base", {"subnets": [subnet()]}
    yield "three-equal", f"{coinbase} test_coinbase_tao_issuance_multiple", {"subnets": [subnet()] * 3}
    disabled = f"{coinbase} test_coinbase_disabled_subnet_emission_redistributes_tao_to_enabled_subnets"
    yield "one-of-three-disabled", disabled, {"subnets": [subnet(), subnet(enabled=False), subnet()]}
    yield "prices-1-2", f"{coinbase} test_coinbase_alpha_issuance_different", {"subnets": [subnet("1"), subnet("2")]}
    yield "no-prices", f"{coinbase} test_zero_shares_zero_emission", {"subnets": [subnet("0"), subnet("0")]}
    equal = f"{emissions} get_shares_ignores_root_prop_storage_when_prices_and_burns_match"
    yield "equal-prices-and-burns", equal, {"subnets": [subnet(), subnet()]}
    yield "none", GENERATED, {"subnets": []}
    yield "all-disabled", GENERATED, {"subnets": [subnet(enabled=False)] * 2}
    yield "all-burn-everything", GENERATED, {"subnets": [subnet("1", "1"), subnet("3", "1")]}
    yield "burned-above-one", GENERATED, {"subnets": [subnet("1", "1.5"), subnet("1", "0.25")]}
    yield "negative-price", GENERATED, {"subnets": [subnet("-1"), subnet("0.5")]}
    yield "smallest-prices", GENERATED, {"subnets": [{**subnet(), "moving_price": 1}, {**subnet(), "moving_price": 2}]}
    draw = random.Random(20260630)
    for number, count in enumerate((2, 3, 5, 8, 16, 64, 128)):
        subnets = [
            {
                "moving_price": draw.randrange(2 ** draw.randrange(1, 33)),
                "miner_burned": draw.choice((0, 0, draw.randrange(ONE32), ONE32)),
                "emission_enabled": draw.random() > 0.1,
            }
            for _ in range(count)
        ]
        yield f"random-{number}-{count}", GENERATED, {"subnets": subnets}

    for number, count in enumerate((2, 3, 8, 40, 128)):
        subnets = [
            {
                "moving_price": draw.randrange(2 ** draw.randrange(20, 33)),
                "miner_burned": draw.choice((0, 0, draw.randrange(ONE32), ONE32)),
                "emission_enabled": draw.random() > 0.1,
            }
            for _ in range(count)
        ]
        gate = {"bar": ONE64 // draw.randrange(count, 4 * count), "exponent": draw.choice((3, 3, 1, 8)) * ONE64}
        yield f"gate-{number}-{count}", GENERATED, {"subnets": subnets, **gate}
    yield (
        "gate-prices-1-2",
        f"{emissions} {GATE}_concentrates_1_to_2_price_split",
        {
            "subnets": [subnet("1"), subnet("2")],
            "bar": 2 * ONE64 // 3,
        },
    )
    yield (
        "gate-one-of-three-disabled",
        GENERATED,
        {
            "subnets": [subnet("4"), subnet("3", enabled=False), subnet("2")],
            "bar": ONE64 // 3,
        },
    )


def gate(demand: list[int], bar: int = 0, block: int = 1, rank: int = 32, exponent: int = 3) -> dict[str, Any]:
    return {"demand": demand, "bar": bar, "exponent": exponent * ONE64, "rank": rank, "block": block}


def emission_gate() -> Iterator[tuple[str, str, dict[str, Any]]]:
    tests = f"{TESTS}/subnet_emissions.rs {GATE}"
    yield "none", f"{tests}_empty_set_no_panic", gate([], block=0)
    yield "one-subnet", f"{tests}_one_subnet_full_share", gate([ONE64], block=0)
    yield "prices-1-2", f"{tests}_concentrates_1_to_2_price_split", gate([ONE64 // 3, 2 * ONE64 // 3], 2 * ONE64 // 3)
    equal = gate([ONE64 // 256] * 256, ONE64, exponent=8)
    yield "far-below-the-bar", f"{tests}_underflow_restores_ungated_shares", equal
    uneven, thirds = [7 * ONE64 // 10, 2 * ONE64 // 10, ONE64 // 10], [ONE64 // 3] * 3
    cadence = f"{tests}_bar_update_cadence; the bar by rank"
    yield "first-bar", cadence, gate(uneven, block=0, rank=1)
    yield "bar-stays", cadence, gate(thirds, 7 * ONE64 // 10, block=179)
    yield "bar-anew", cadence, gate(thirds, 7 * ONE64 // 10, block=360)
    yield "32nd-of-40", GENERATED, gate([n * ONE64 // 820 for n in range(1, 41)], block=720)
    yield "zeros-do-not-count", GENERATED, gate([0, ONE64 // 4, 0, 3 * ONE64 // 4], block=360)
    yield "nothing-above-zero", GENERATED, gate([0, 0], 5, block=360)
    yield "at-the-bar", GENERATED, gate([ONE64 // 2, ONE64 // 2], ONE64 // 2)
    yield "a-thousand-bars", GENERATED, gate([ONE64 - ONE64 // 1_000, ONE64 // 1_000], ONE64 // 1_000)
    yield "too-many-bars", GENERATED, gate([ONE64 - ONE64 // 2_000, ONE64 // 2_000], ONE64 // 2_000)
    yield "smallest-shares", GENERATED, gate([1, 2, ONE64 - 3], ONE64 // 2)
    draw = random.Random(20261008)
    for number, count in enumerate((2, 5, 33, 128)):
        amounts = [draw.randrange(2 ** draw.randrange(40, 62)) for _ in range(count)]
        demand = [amount * ONE64 // sum(amounts) for amount in amounts]
        yield f"random-{number}-{count}", GENERATED, gate(demand, ONE64 // (2 * count), 359 + number % 2)


def terms(tao_emission: int, alpha_emission: int, price: int, root_proportion: int) -> dict[str, Any]:
    names = ("tao_emission", "alpha_emission", "price", "root_proportion")
    return dict(zip(names, (tao_emission, alpha_emission, price, root_proportion), strict=True))


def subnet_terms() -> Iterator[tuple[str, str, dict[str, Any]]]:
    coinbase = f"{TESTS}/coinbase.rs"
    cheap = ONE64 // 100
    emission = plain.amount(TAO).word * (cheap >> 32) // ONE32 + price("0.01")
    above = f"{coinbase} test_coinbase_subnet_terms_with_alpha_in_gt_alpha_emission"
    yield "above-the-cap", above, terms(emission, TAO, cheap, FULL_ROOT)
    below = f"{coinbase} test_coinbase_subnet_terms_with_alpha_in_lte_alpha_emission"
    yield "below-the-cap", below, terms(34_566_756 * ONE32, TAO // 2, ONE64, FULL_ROOT)
    cap = f"{coinbase} test_get_subnet_terms_alpha_emissions_cap"
    yield "price-one-below", cap, terms(100_000_000 * ONE32, TAO, ONE64, FULL_ROOT)
    yield "price-one-above", cap, terms(10_000_000_000 * ONE32, TAO, ONE64, FULL_ROOT)
    off = f"{coinbase} test_coinbase_disabled_subnet_emission_redistributes_tao_to_enabled_subnets"
    yield "disabled", off, terms(0, TAO, ONE64, FULL_ROOT)
    yield "no-price", GENERATED, terms(TAO * ONE32, TAO, 0, ONE32)
    yield "no-root", GENERATED, terms(TAO * ONE32, TAO, ONE64 // 50, 0)
    yield "no-alpha-left", GENERATED, terms(TAO * ONE32, 0, ONE64 // 50, ONE32)
    yield "smallest-price", GENERATED, terms(TAO * ONE32, TAO, 1 << 32, ONE32)
    yield "price-below-a-word", GENERATED, terms(TAO * ONE32, TAO, (1 << 32) - 1, ONE32)
    draw = random.Random(20260701)
    for number in range(24):
        root = plain.root_proportion(draw.randrange(6 * 10**15), TAO_WEIGHT, draw.randrange(10**13, 5 * 10**15)).word
        amounts = terms(draw.randrange(TAO * ONE32), TAO >> draw.randrange(3), draw.randrange(ONE64 // 5), root)
        yield f"random-{number}", GENERATED, amounts


def parts(alpha_out: int, owner_cut: int, root_proportion: int) -> dict[str, Any]:
    return {"alpha_out": alpha_out, "owner_cut": owner_cut, "root_proportion": root_proportion}


def split() -> Iterator[tuple[str, str, dict[str, Any]]]:
    coinbase = f"{TESTS}/coinbase.rs"
    yield "no-owner-cut", f"{coinbase} test_owner_cut_base", parts(TAO, 0, 0)
    yield "full-owner-cut", f"{coinbase} test_owner_cut_base", parts(TAO, 65_535, 0)
    yield "tenth-to-the-owner", f"{coinbase} test_coinbase_emit_to_subnets_with_root_sell", parts(TAO, 6_553, 0)
    yield "a-quarter-of-root", f"{coinbase} test_pending_emission", parts(TAO, 0, ONE32 // 4)
    yield "mainnet-cut", GENERATED, parts(TAO, 11_796, ONE32 // 6)
    yield "one-rao", GENERATED, parts(1, 11_796, ONE32 // 3)
    yield "nothing", GENERATED, parts(0, 11_796, ONE32 // 3)
    yield "all-root", GENERATED, parts(TAO, 11_796, ONE32)
    draw = random.Random(20260702)
    for number in range(24):
        yield f"random-{number}", GENERATED, parts(draw.randrange(TAO), draw.randrange(65_536), draw.randrange(ONE32))


def staked(hotkey: str, alpha: int, root: int, **more: Any) -> dict[str, Any]:
    values = {"owner": f"cold-{hotkey}", "take": 0, "childkey_take": 0, "parents": [], "children": [], **more}
    return {"hotkey": hotkey, "alpha": alpha, "root": root, **values}


def payout(
    pots: tuple[int, int, int], emission: list[list[Any]], hotkeys: list[dict[str, Any]], **more: int
) -> dict[str, Any]:
    names = ("pending_server", "pending_validator", "pending_root")
    weights = {"tao_weight": TAO_WEIGHT, "ck_burn": 0, **more}
    return {**dict(zip(names, pots, strict=True)), **weights, "emission": emission, "hotkeys": hotkeys}


def dividends() -> Iterator[tuple[str, str, dict[str, Any]]]:
    coinbase = f"{TESTS}/coinbase.rs"
    two = [staked("a", 4_859_302, 2_342_352), staked("b", 23_423, 859_273)]
    earned = [["a", 0, 77_783_738], ["b", 0, 19_283_940]]
    alpha, root, weight = 183_123_567_452, 837_120_949_872, int(0.18 * U64)
    for name, pots, tao_weight in (
        ("totals", (0, alpha, root), weight),
        ("total_only_tao", (0, 0, root), weight),
        ("total_no_tao_weight", (0, alpha, 0), 0),
        ("total_only_alpha", (0, alpha, 0), weight),
    ):
        source = f"{coinbase} test_calculate_dividend_distribution_{name}"
        yield name.replace("_", "-"), source, payout(pots, earned, two, tao_weight=tao_weight)
    one, half = [staked("a", 1, 0)], 123_456_789 // 2
    both = f"{coinbase} test_calculate_dividend_and_incentive_distribution"
    yield "half-to-a-miner", both, payout((half, half, 0), [["a", half, half]], one, tao_weight=0)
    yield (
        "no-miner",
        f"{both}_all_to_validators",
        payout((0, 123_456_789, 0), [["a", 0, 123_456_789]], one, tao_weight=0),
    )
    drained = f"{coinbase} test_distribute_emission_no_miners_all_drained"
    yield "no-miner-gets-both-pots", drained, payout((500_000, 500_000, 0), [["a", 0, 10**6]], one, tao_weight=0)
    yield from _families()
    yield from _seats_on_root()
    draw = random.Random(20260703)
    for number, count in enumerate((1, 2, 3, 5, 8, 13, 32)):
        yield f"random-{number}-{count}", GENERATED, _random(draw, count)


def _seats_on_root() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A hotkey without a UID on root has no part of root's pot (spec 442)."""
    pots, earned, weight = (0, 10**9, 10**9), [["a", 0, 10**9], ["b", 0, 10**9]], U64 // 2
    seated, away = staked("a", 10**9, 2 * 10**9), staked("b", 10**9, 2 * 10**9, on_root=False)
    yield "one-has-no-seat-on-root", GENERATED, payout(pots, earned, [seated, away], tao_weight=weight)
    both = [{**seated, "on_root": False}, away]
    yield "nobody-has-a-seat-on-root", GENERATED, payout(pots, earned, both, tao_weight=weight)
    nothing = [staked("a", 0, 0), staked("b", 0, 0, on_root=False)]
    yield "no-stake-at-all", GENERATED, payout(pots, earned, nothing, tao_weight=weight)


def _families() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Parents and children."""
    coinbase, children = f"{TESTS}/coinbase.rs", f"{TESTS}/children.rs"
    pots = (TAO // 2, TAO // 2, 0)
    lonely = [
        staked("parent", TAO, 0, children=[[U64, "child"]]),
        staked("child", 0, 0, childkey_take=6_553, parents=[[U64, "parent"]]),
    ]
    takes = f"{coinbase} test_drain_alpha_childkey_parentkey"
    yield "child-takes-a-tenth", takes, payout(pots, [["child", 0, TAO]], lonely)
    yield "a-quarter-is-recycled", GENERATED, payout(pots, [["child", 0, TAO]], lonely, ck_burn=U64 // 4)
    for name, share, take, emission in (
        ("half_proportion", U64 // 2, 0, [["alice", 0, TAO // 4], ["bob", 0, 3 * TAO // 4]]),
        ("with_take", U64, 65_535, [["bob", 0, TAO]]),
        ("with_half_take", U64, 32_767, [["bob", 0, TAO]]),
    ):
        pair = [
            staked("alice", TAO, TAO, children=[[share, "bob"]]),
            staked("bob", TAO, TAO, childkey_take=take, parents=[[share, "alice"]]),
        ]
        source = f"{coinbase} test_get_root_children_drain_{name}"
        yield name.replace("_", "-"), source, payout(pots, emission, pair, tao_weight=U64)
    owned = [
        staked("a", 300_000, 0, owner="cold", children=[[U64 // 2, "b"]]),
        staked("b", 100_000, 0, owner="cold", childkey_take=7_281, parents=[[U64 // 2, "a"]]),
    ]
    same = f"{children} test_dividend_distribution_with_children_same_coldkey_owner"
    yield "one-owner", same, payout((0, 10**6, 0), [["b", 0, 10**6]], owned, tao_weight=0, ck_burn=U64 // 4)


def _random(draw: random.Random, count: int) -> dict[str, Any]:
    names = [f"h{number:02}" for number in range(count)]
    hotkeys = {
        name: staked(
            name,
            draw.randrange(10**15),
            draw.choice((0, draw.randrange(10**14))),
            owner=f"cold-{draw.randrange(count)}",
            take=draw.choice((0, 11_796)),
            childkey_take=draw.randrange(11_797),
        )
        for name in names
    }
    for name in names:
        children = draw.sample([other for other in names if other != name], draw.randrange(min(count, 3)))
        for child in children:
            share = draw.randrange(U64 // 3)
            hotkeys[name]["children"].append([share, child])
            hotkeys[child]["parents"].append([share, name])
    emission = [
        [name, draw.choice((0, draw.randrange(10**10))), draw.choice((0, draw.randrange(10**10)))] for name in names
    ]
    pots = (draw.randrange(2 * 10**11), draw.randrange(2 * 10**11), draw.randrange(10**10))
    return payout(pots, emission, list(hotkeys.values()), ck_burn=draw.choice((0, U64 // 10)))


RULES = {"dividends": "; rule of spec 442 (root's pot is for seats on root, else recycled; alpha's part multiplied)"}
KINDS = {
    "subnet_shares": subnet_shares,
    "emission_gate": emission_gate,
    "subnet_terms": subnet_terms,
    "split": split,
    "dividends": dividends,
}


def vectors(kind: str) -> list[dict[str, Any]]:
    """All vectors of a kind."""
    oracle = getattr(plain, kind)
    return [
        {"name": name, "source": source + RULES.get(kind, ""), "input": data, "expected": oracle(data)}
        for name, source, data in KINDS[kind]()
    ]
