"""One block of Bittensor's mainnet, paid by the lab's rules: every number is the chain's, to the last unit."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from tao_lab import vectors
from tao_lab.datasets import MAINNET_9240381, load_mainnet
from tao_lab.economy import SubnetPrice, demand_shares
from tao_lab.economy.emission_gate import EmissionGate, passing, power
from tao_lab.vectors.mainnet import mainnet_block

ONE64 = 1 << 64


@pytest.fixture(scope="module")
def file():
    return vectors.load(MAINNET_9240381)


@pytest.fixture(scope="module")
def raw():
    return json.loads(MAINNET_9240381.read_text())


def write(path, data):
    path.write_text(json.dumps(data))
    return path


def test_the_block_pays_what_mainnet_paid_to_the_last_unit(file):
    exact = replace(file, vectors=tuple(replace(vector, within=0) for vector in file.vectors))
    report = vectors.verify(exact)
    assert (str(report), report.failures) == ("8 passed, 0 failed", ())
    assert "reserves not compared, since others changed them in that block: 24" in report.notice
    compared = {name: len(column) for vector in file.vectors for name, column in vector.expected.items()}
    assert compared.pop("tao_next") == compared.pop("alpha_in_next") == compared.pop("alpha_out_next") == 124
    assert compared.pop("root_prop_next") == 124
    assert set(compared.values()) == {125}


def test_36_subnets_are_above_the_cap(file):
    paid = mainnet_block(file.vectors[0].input)
    assert sum(excess > 0 for excess in paid["excess_tao"].values()) == 36


def test_what_the_runtime_has_by_default_may_be_missing(tmp_path, raw):
    raw = {name: value for name, value in raw.items() if name != "emission_gate_exponent"}
    assert str(vectors.verify(vectors.load(write(tmp_path / "less.json", raw)))) == "8 passed, 0 failed"
    more = {**raw, "block": 9_240_479, "emission_bar_rank": 1, "emission_gate_bar_next": 1}
    loaded = vectors.load(write(tmp_path / "more.json", more))
    assert loaded.vectors[0].input["emission_bar_rank"] == 1
    assert "measured again" in loaded.notice


def test_a_wrong_number_is_found(tmp_path, raw):
    for name, field, change in (("shares", "tao_in", 2), ("weights", "quote_weight_next", 1)):
        wrong = json.loads(json.dumps(raw))
        wrong["subnets"][50][field] += change
        failures = vectors.verify(vectors.load(write(tmp_path / "wrong.json", wrong))).failures
        assert name in {failure.vector for failure in failures}


def test_without_the_gate_most_shares_are_wrong(file, raw):
    open_gate = mainnet_block({**file.vectors[0].input, "emission_gate_bar": 1})["tao_paid"]
    right = {row["netuid"]: row["tao_in"] + row["excess_tao"] for row in raw["subnets"] if row["started"]}
    assert sum(abs(open_gate[netuid] - paid) > 1 for netuid, paid in right.items()) > 90


def test_the_bar_is_taken_anew_at_every_360th_block(tmp_path, raw):
    started = load_mainnet().started
    prices = [SubnetPrice(s.moving_price, s.miner_burned, s.emission_enabled) for s in started]
    bar = sorted(demand_shares(prices), reverse=True)[31]
    assert bar != raw["emission_gate_bar"]
    anew = {**raw, "block": 9_240_479, "emission_gate_bar_next": bar}
    loaded = vectors.load(write(tmp_path / "anew.json", anew))
    assert f"measured again: {bar}" in loaded.notice
    failed = {failure.vector for failure in vectors.verify(loaded).failures}
    assert "bar" not in failed
    assert "shares" in failed  # this block of mainnet was paid by the bar that was kept
    kept = {**raw, "emission_gate_bar_next": raw["emission_gate_bar"]}
    assert str(vectors.verify(vectors.load(write(tmp_path / "kept.json", kept)))) == "9 passed, 0 failed"


def test_the_gate_is_the_hill_function_as_far_as_its_fixed_point_goes():
    gate = EmissionGate(ONE64 // 100)
    for share in (1, 3, 10, 50, 99, 100, 101, 300, 900):
        exact = 1 / (1 + (Fraction(gate.bar) / Fraction(share * ONE64, 10_000)) ** 3)
        assert passing(share * ONE64 // 10_000, gate) / ONE64 == pytest.approx(float(exact), rel=3e-5)
    assert passing(gate.bar, gate) == ONE64 // 2
    assert passing(0, gate) == 0


def test_the_power_stops_where_i32f32_does():
    cube = 3 * ONE64
    largest = ((1 << 31) - 1) * ONE64
    assert power(ONE64, cube) == ONE64
    assert power(0, cube) == 0
    assert power(2_000 * ONE64, cube) == largest
    assert power(ONE64 // 2_000, cube) == largest  # a tiny power, but e^22.8 does not fit
    assert power(ONE64 // 1_000, cube) / ONE64 == pytest.approx(1e-9, rel=0.2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw.pop("block"), "lacks block"),
        (lambda raw: raw["subnets"][3].pop("tao"), "lacks tao"),
        (lambda raw: raw.update(subnets=[1]), "not a block of mainnet"),
        (lambda raw: raw["subnets"][3].update(tao=-1), "-1 is less than the minimum"),
        (lambda raw: raw.update(block="1"), "'1' is not of type 'integer'|not a block"),
    ],
)
def test_a_file_that_is_no_block_of_mainnet_is_refused(tmp_path, raw, change, message):
    data = json.loads(json.dumps(raw))
    change(data)
    with pytest.raises(vectors.VectorFileError, match=message):
        vectors.load(write(tmp_path / "bad.json", data))
