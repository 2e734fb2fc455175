"""The oracle itself against exact epochs that another implementation computed."""

import json
import math

import pytest
from plain_epoch import ONE, exp, plain_epoch

from tao_lab.paths import DATASETS

VECTORS = json.loads((DATASETS / "vectors" / "epoch.json").read_text())["vectors"]


def test_there_are_forty_vectors_to_agree_with():
    assert len(VECTORS) == 40


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_plain_epoch_agrees_to_the_last_bit(vector):
    assert plain_epoch(vector["input"]) == vector["expected"]


def test_exp_of_exactly_one_is_a_constant_with_23_bits_and_its_neighbours_are_a_series():
    assert exp(ONE) == 22_802_600 << 9
    assert exp(ONE - 1) > exp(ONE)
    assert abs(exp(ONE + 1) - math.e * ONE) < 64


def test_exp_of_minus_one_comes_from_the_series():
    assert abs(exp(-ONE) - ONE / math.e) < 4
    assert (ONE << 32) // exp(ONE) - exp(-ONE) > 40  # what the constant would give


def test_exp_stops_at_twenty():
    assert exp(25 * ONE) == exp(20 * ONE)
    assert exp(-(1 << 62)) == exp(-20 * ONE) > 0
