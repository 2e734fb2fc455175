"""The library's epoch and the plain one agree on every bit of random subnets."""

import json

import pytest
from cases import CASES, case
from hypothesis import given, settings
from plain_epoch import plain_epoch

from tao_lab.consensus import EpochInput, epoch
from tao_lab.fixed import EXACT


def library_epoch(data):
    return epoch(EpochInput.from_json(data), EXACT).terms().to_json()


@pytest.mark.slow
@settings(max_examples=200)
@given(CASES)
def test_the_library_agrees_with_the_plain_epoch(data):
    assert library_epoch(data) == plain_epoch(data)


@pytest.mark.slow
def test_the_library_agrees_on_thousands_of_subnets():
    wrong = [seed for seed in range(2_000) if library_epoch(case(seed)) != plain_epoch(case(seed))]
    assert wrong == []


def test_a_case_is_plain_json_and_the_same_for_the_same_seed():
    assert json.loads(json.dumps(case(7))) == case(7)
    assert case(7) != case(8)


def unsorted(rows):
    return any(row != sorted(row) for _, row in rows)


def bonds_without_permit(data):
    return any(row and not data["validator_permit"][uid] for uid, row in data["bonds"])


CORNERS = {
    "one neuron": lambda data, _: data["n"] == 1,
    "40 neurons": lambda data, _: data["n"] == 40,
    "liquid alpha": lambda data, _: data["yuma3"] and data["liquid_alpha"],
    "liquid alpha over rows out of order": lambda data, _: (
        data["yuma3"] and data["liquid_alpha"] and unsorted(data["weights"]) and unsorted(data["bonds"])
    ),
    "the previous consensus counts": lambda data, _: (
        data["yuma3"] and data["liquid_alpha"] and data["previous_consensus"] and data["bonds_penalty"] == 65_535
    ),
    "negative steepness": lambda data, _: data["liquid_alpha"] and data["liquid_alpha"]["steepness"] < 0,
    "no steepness": lambda data, _: data["liquid_alpha"] and data["liquid_alpha"]["steepness"] == 0,
    "Yuma 2": lambda data, _: not data["yuma3"],
    "a stored zero": lambda data, _: any(value == 0 for _, row in data["weights"] for _, value in row),
    "part of a bonds penalty": lambda data, _: 0 < data["bonds_penalty"] < 65_535,
    "no stake at all": lambda data, _: not any(data["stake"]),
    "the largest stake": lambda data, _: max(data["stake"]) == 10**16,
    "stake below the minimum": lambda data, _: 0 < min(data["stake"]) < data["min_stake"],
    "an owner": lambda data, _: data["owner_uid"] is not None and data["owner_uid"] < data["n"],
    "an owner outside": lambda data, _: data["owner_uid"] is not None and data["owner_uid"] >= data["n"],
    "bonds without a permit": lambda data, _: bonds_without_permit(data),
    "a first epoch": lambda data, _: data["last_step_block"] == 0,
    "commit-reveal": lambda data, _: "commit_block" in data,
    "an inactive neuron": lambda _, terms: not all(terms["active"]),
    "a seat lost": lambda data, terms: any(
        old and not new for old, new in zip(data["validator_permit"], terms["validator_permit"], strict=True)
    ),
    "a miner without consensus": lambda _, terms: any(terms["incentive"]) and not all(terms["consensus"]),
    "pay by stake": lambda _, terms: any(terms["emission"]) and not any(terms["incentive"] + terms["dividends"]),
    "pay by merit": lambda _, terms: any(terms["server_emission"]) and any(terms["validator_emission"]),
    "bonds that last": lambda _, terms: sum(len(row) for _, row in terms["bonds"]) > 20,
}


@pytest.fixture(scope="module")
def first_cases():
    return [(data, plain_epoch(data)) for data in map(case, range(400))]


@pytest.mark.slow
@pytest.mark.parametrize("corner", CORNERS)
def test_the_cases_reach_the_corner(corner, first_cases):
    assert sum(bool(CORNERS[corner](data, terms)) for data, terms in first_cases) >= 5
