"""The compiled epoch gives the very terms that the readable one gives."""

from dataclasses import replace

import numpy as np
import pytest
from cases import CASES, case
from hypothesis import given, settings
from test_epoch import subnet

from tao_lab.consensus import EpochInput, LiquidAlpha, epoch
from tao_lab.consensus.vectorized.epoch import LARGEST_STAKE, epoch_terms
from tao_lab.datasets import load_metagraph


def assert_same(inputs):
    terms = epoch_terms(inputs)
    assert terms is not None
    assert terms.to_json() == epoch(inputs).terms().to_json()


@pytest.mark.slow
@settings(max_examples=200)
@given(CASES)
def test_the_terms_are_those_of_the_readable_epoch(data):
    assert_same(EpochInput.from_json({**data, "liquid_alpha": None}))


@pytest.mark.slow
def test_the_terms_are_the_same_on_a_thousand_subnets():
    for seed in range(1_000):
        assert_same(EpochInput.from_json({**case(seed), "liquid_alpha": None}))


@pytest.mark.parametrize("yuma3", [False, True])
@pytest.mark.parametrize("penalty", [0, 30_000, 65_535])
@pytest.mark.parametrize("kappa", [0, 20_000, 32_767, 65_535])
def test_dense_rows_give_the_same_terms(yuma3, penalty, kappa):
    given_rows = subnet(40, 5, 0.9, yuma3=yuma3, bonds_penalty=penalty, kappa=kappa, owner_uid=3)
    assert_same(replace(given_rows, stake_fraction=np.arange(40, dtype=np.uint64) << np.uint64(58)))


def test_the_terms_of_a_real_subnet_are_the_same():
    for yuma3 in (False, True):
        assert_same(load_metagraph().epoch_input(yuma3=yuma3, liquid_alpha=None))


def test_equal_stakes_at_the_last_seat_go_to_the_highest_uids():
    equal = np.full(9, 10**9, np.uint64)
    for seats in (0, 1, 4, 8, 9, 20):
        assert_same(subnet(9, 1, stake=equal, max_validators=seats))


def test_one_staker_has_all_the_stake():
    stake = np.zeros(5, np.uint64)
    stake[2] = 10**15
    assert_same(subnet(5, 1, stake=stake))


def test_liquid_alpha_and_enormous_stakes_are_left_to_the_readable_epoch():
    liquid = LiquidAlpha(6_553, 19_660, 333)
    assert epoch_terms(subnet(6, 1, yuma3=True, liquid_alpha=liquid)) is None
    assert epoch_terms(subnet(6, 1, yuma3=False, liquid_alpha=liquid)) is not None
    stake = np.zeros(6, np.uint64)
    stake[0] = LARGEST_STAKE
    assert epoch_terms(subnet(6, 1, stake=stake)) is None
    stake[0] -= np.uint64(1)
    assert_same(subnet(6, 1, stake=stake))
