"""What the public chain's tests assert about emission, against the vectors made from their scenarios.

Sources: `pallets/subtensor/src/tests/{coinbase,subnet_emissions,children}.rs`.
"""

import json

import pytest

from tao_lab.economy import root_proportion, update_moving_price
from tao_lab.paths import DATASETS
from tests.economy.plain_coinbase import root_proportion as plain_root_proportion
from tests.economy.scenarios import KINDS, price, vectors

TAO = 10**9
ONE32, ONE64, U64 = 2**32, 2**64, 2**64 - 1


def shipped(kind):
    return json.loads((DATASETS / "vectors" / f"{kind}.json").read_text())["vectors"]


def expected(kind, name):
    return next(vector["expected"] for vector in shipped(kind) if vector["name"] == name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_are_what_the_scenarios_say(kind):
    assert shipped(kind) == json.loads(json.dumps(vectors(kind)))  # else run scripts/make_emission_vectors.py


def test_shares():
    assert expected("subnet_shares", "one-subnet")["shares"] == [ONE64]
    assert [share * 3_333_333 >> 64 for share in expected("subnet_shares", "three-equal")["shares"]] == [1_111_110] * 3
    halves = [share / ONE64 for share in expected("subnet_shares", "one-of-three-disabled")["shares"]]
    assert halves == pytest.approx([0.5, 0, 0.5])
    assert [share * 10**6 >> 64 for share in expected("subnet_shares", "prices-1-2")["shares"]] == [333_333, 666_666]
    assert expected("subnet_shares", "no-prices")["shares"] == [0, 0]
    assert expected("subnet_shares", "equal-prices-and-burns")["shares"] == [ONE64 // 2] * 2


def test_terms():
    above = expected("subnet_terms", "above-the-cap")
    assert above["alpha_out"] == TAO * ONE32
    assert above["alpha_in"] == pytest.approx(TAO * ONE32, rel=1e-3)
    assert above["tao_in"] / ONE32 == pytest.approx(above["alpha_in"] / ONE32 / 100, abs=0.3)  # 0.01 is not a word
    assert above["excess_tao"] / ONE32 == pytest.approx(0.01, abs=0.3)
    below = expected("subnet_terms", "below-the-cap")
    assert below["tao_in"] == below["alpha_in"] == 34_566_756 * ONE32
    assert below["excess_tao"] == 0
    assert expected("subnet_terms", "price-one-below")["alpha_in"] == 100_000_000 * ONE32
    capped = expected("subnet_terms", "price-one-above")
    assert capped["alpha_in"] == capped["tao_in"]
    assert capped["alpha_in"] == pytest.approx(TAO * ONE32, rel=1e-6)
    disabled = expected("subnet_terms", "disabled")
    assert disabled["alpha_in"] == disabled["excess_tao"] == 0
    assert disabled["alpha_out"] > 0


def test_split():
    assert expected("split", "no-owner-cut")["owner"] == 0
    assert expected("split", "full-owner-cut") == {"owner": TAO, "server": 0, "validator": 0, "root": 0}
    quarter = expected("split", "a-quarter-of-root")
    assert quarter == {"owner": 0, "server": 500_000_000, "validator": 375_000_000, "root": 125_000_000}
    tenth = expected("split", "tenth-to-the-owner")
    assert tenth["owner"] == pytest.approx(TAO // 10, abs=10_000)
    assert tenth["server"] == pytest.approx((TAO - tenth["owner"]) // 2, abs=1)


@pytest.mark.parametrize("name", ["totals", "total-only-tao", "total-no-tao-weight", "total-only-alpha"])
def test_dividends_use_up_both_pots(name):
    (vector,) = [vector for vector in shipped("dividends") if vector["name"] == name]
    for pot, paid in (("pending_validator", "alpha"), ("pending_root", "root")):
        total = sum(sum(amounts) for _, amounts in vector["expected"][paid])
        assert total == pytest.approx(vector["input"][pot], abs=1_000)


@pytest.mark.parametrize(
    ("name", "amounts", "tolerance"),
    [
        ("half-to-a-miner", {"a": 123_456_789 // 2}, 2),
        ("no-miner", {"a": 123_456_789}, 0),
        ("no-miner-gets-both-pots", {"a": 1_000_000}, 1),
        ("child-takes-a-tenth", {"parent": 900_000_000, "child": 100_000_000}, 10_000),
        ("half-proportion", {"alice": 500_000_000, "bob": 500_000_000}, 10),
        ("with-take", {"alice": 0, "bob": 1_000_000_000}, 10),
        ("with-half-take", {"alice": 250_000_000, "bob": 750_000_000}, 10_000),
        ("one-owner", {"a": 600_000, "b": 400_000}, 1_000),
    ],
)
def test_dividends_of_parents_and_children(name, amounts, tolerance):
    paid = {hotkey: sum(parts) for hotkey, parts in expected("dividends", name)["alpha"]}
    assert paid == pytest.approx(amounts, abs=tolerance)


def test_root_proportion():
    root_tao, tao_weight, alpha = 1_000_000_000_000, 3_320_413_933_267_719_290, 100_000_000_000
    weighted = plain_root_proportion(root_tao, tao_weight, alpha)
    assert root_proportion(root_tao, tao_weight, alpha) == weighted.word
    assert root_proportion(root_tao, tao_weight, alpha) / ONE32 == pytest.approx(0.18 / (0.18 + 0.1), rel=1e-6)
    assert root_proportion(0, tao_weight, 0) == 0


def test_moving_price():
    half, tenth, halving = price("0.5"), price("0.1"), 201_600
    assert update_moving_price(ONE64, ONE64, 7_200_000, halving, 12_885) == ONE32  # test_coinbase_moving_prices
    whole = update_moving_price(0, ONE64, 7_200_000, halving, ONE32)
    assert 0.95 < whole / ONE32 < 1
    moving = 0
    for _ in range(14):
        moving = update_moving_price(moving << 32, ONE64, 7_200 * 28, halving, tenth)
    assert moving / ONE32 == pytest.approx(0.512325, abs=0.001)
    assert update_moving_price(0, ONE64, 11, halving, half) / ONE32 < 0.001  # test_update_moving_price_initial
    late = update_moving_price(0, ONE64, 144_000_001, halving, half)
    assert late / ONE32 == pytest.approx(0.5, abs=0.001)  # test_update_moving_price_after_time
