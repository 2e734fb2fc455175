"""Null consensus: numbers of `pallets/subtensor/src/tests/null_consensus.rs` (475), and what holds for any."""

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.consensus.null import NULL_UIDS, Budgets, apportion, elected_validator, null_epoch
from tao_lab.consensus.types import EpochInput
from tao_lab.paths import DATASETS
from tao_lab.vectors import load, verify
from tests.consensus.null_scenarios import Row, plain, vectors

U64_MAX = (1 << 64) - 1
HALF = Budgets(miners=500_000, local=500_000, root=0)
amounts = st.integers(0, U64_MAX)
share_lists = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=40)


def null_input(stakes: list[int], rows: dict[int, Row], **changes: Any) -> EpochInput:
    """A subnet whose neurons were there before the weights, with a permit for everybody."""
    usual = {
        "block": 100,
        "tempo": 10,
        "last_step_block": 90,
        "activity_cutoff": 5,
        "validator_permit": [True] * len(stakes),
    }
    return EpochInput.from_json(plain(stakes, rows, **{**usual, **changes}))


@pytest.mark.parametrize("amount", [0, 1, 7, 4_097, 1_000_003, U64_MAX])
def test_2500_shares_get_all_of_any_amount(amount: int) -> None:
    shares = [65_535] * NULL_UIDS
    shares[0], shares[100] = 1, 0
    paid = apportion(shares, amount)
    assert sum(paid) == amount
    assert paid[100] == 0
    total = sum(shares)
    assert all(
        amount * share // total <= each <= amount * share // total + 1 for share, each in zip(shares, paid, strict=True)
    )


@pytest.mark.parametrize(
    ("amount", "shares", "paid"),
    [
        (500_000, [3, 1], [375_000, 125_000]),
        (500_001, [3, 1], [375_000, 125_001]),  # the rao that rounding leaves goes to a later share
        (300_001, [1, 1, 1], [100_000, 100_000, 100_001]),
        (7, [0, 0], [0, 0]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_an_amount_is_cut_at_the_floors_of_the_sums(amount: int, shares: list[int], paid: list[int]) -> None:
    assert apportion(shares, amount) == paid


@given(amounts, share_lists)
def test_nothing_is_lost_and_nobody_is_a_unit_off(amount: int, shares: list[int]) -> None:
    paid, total = apportion(shares, amount), sum(shares)
    assert sum(paid) == (amount if total else 0)
    for share, each in zip(shares, paid, strict=True):
        exact = Fraction(amount * share, total) if total else Fraction(0)
        assert abs(each - exact) < 1
        assert share or not each


@given(st.lists(st.integers(0, 2**90), max_size=30))
def test_the_largest_stake_is_elected_and_the_first_of_equals(stakes: list[int]) -> None:
    elected = elected_validator(stakes)
    assert elected == (stakes.index(max(stakes)) if stakes else None)


def test_the_winner_s_row_pays_miners_and_every_stake_pays_its_holder() -> None:
    terms = null_epoch(null_input([300, 100, 0, 0], {0: [(2, 3), (3, 1)], 1: [(3, 65_535)]}), HALF)
    assert terms.server_emission.tolist() == [0, 0, 375_000, 125_000]
    assert terms.validator_emission.tolist() == [375_000, 125_000, 0, 0]
    assert terms.validator_permit.tolist() == [True, False, False, False]
    assert not terms.active.any()  # stake counts all the same
    assert null_epoch(null_input([300, 100, 0, 0], {0: [(2, 3), (3, 1)]})).emission.tolist() == terms.emission.tolist()


def test_an_empty_row_of_the_winner_pays_every_place_alike() -> None:
    terms = null_epoch(null_input([300, 100, 0, 0], {1: [(3, 65_535)]}), HALF)
    assert terms.server_emission.tolist() == [125_000] * 4
    assert terms.validator_emission.tolist() == [375_000, 125_000, 0, 0]


def test_without_stake_there_are_only_miners_and_uid_0_decides() -> None:
    terms = null_epoch(null_input([0, 0, 0, 0], {}), HALF)
    assert terms.server_emission.tolist() == [250_000] * 4
    assert terms.validator_emission.tolist() == [0] * 4
    assert terms.validator_permit.tolist() == [True, False, False, False]
    terms = null_epoch(null_input([0, 0, 0, 0], {0: [(2, 1)]}), HALF)
    assert terms.server_emission.tolist() == [0, 0, 1_000_000, 0]


def test_of_equal_stakes_the_first_uid_decides() -> None:
    terms = null_epoch(null_input([100, 100, 0, 0], {0: [(2, 1)], 1: [(3, 1)]}), HALF)
    assert terms.server_emission.tolist() == [0, 0, 500_000, 0]


def test_one_rao_more_wins_before_any_rounding() -> None:
    stakes = [1_000_000_000, 1_000_000_001, 0, 0]
    terms = null_epoch(null_input(stakes, {0: [(2, 1)], 1: [(3, 1)]}), HALF)
    assert terms.server_emission.tolist() == [0, 0, 0, 500_000]


def test_a_weight_on_a_place_that_has_a_newcomer_counts_for_nothing() -> None:
    inputs = null_input([300, 100, 0, 0], {0: [(2, 1)]}, registered_at=[0, 0, 2, 0], last_update=[1, 1, 1, 1])
    assert null_epoch(inputs, HALF).server_emission.tolist() == [125_000] * 4


@given(
    st.lists(st.integers(0, 2**59), min_size=1, max_size=12),
    st.dictionaries(st.integers(0, 11), st.integers(0, 65_535)),
    st.tuples(amounts, amounts, amounts).filter(lambda pots: sum(pots) <= U64_MAX),
)
def test_every_pot_is_paid_to_the_rao_and_root_s_only_where_there_is_stake(
    stakes: list[int], weights: dict[int, int], pots: tuple[int, int, int]
) -> None:
    row = [(uid, value) for uid, value in weights.items() if uid < len(stakes)]
    terms = null_epoch(null_input(stakes, dict.fromkeys(range(len(stakes)), row)), Budgets(*pots))
    server, validator = terms.server_emission.tolist(), terms.validator_emission.tolist()
    assert (sum(server), sum(validator)) == ((pots[0], pots[1] + pots[2]) if any(stakes) else (pots[0] + pots[1], 0))
    assert terms.emission.tolist() == [a + b for a, b in zip(server, validator, strict=True)]
    assert int(np.count_nonzero(terms.validator_permit)) == 1


def test_the_vectors_are_those_of_the_scenarios_and_pass() -> None:
    path = DATASETS / "vectors" / "null_epoch.json"
    assert json.loads(path.read_text())["vectors"] == json.loads(json.dumps(vectors())), "scripts/make_null_vectors.py"
    assert not verify(load(path)).failures
