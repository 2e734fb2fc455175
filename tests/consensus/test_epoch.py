"""The epoch as a whole: what must hold for every subnet."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.consensus import EpochInput, EpochInputError, LiquidAlpha, SparseRows, epoch, next_input
from tao_lab.datasets import load_metagraph
from tao_lab.fixed import EXACT, FLOAT, ONE
from tao_lab.units import RAO_PER_TAO


def subnet(n, seed, density=0.6, **overrides):
    """A subnet in which anybody may be a validator; stakes differ, so that no seat depends on the UID."""
    random = np.random.default_rng(seed)
    weights = random.integers(0, 65_536, (n, n)) * (random.random((n, n)) < density)
    bonds = random.integers(0, 65_536, (n, n)) * (random.random((n, n)) < density)
    fields = {
        "n": n,
        "block": 2_000,
        "tempo": 360,
        "last_step_block": 1_640,
        "activity_cutoff": 5_000,
        "kappa": 32_767,
        "bonds_penalty": 65_535,
        "bonds_moving_average": 900_000,
        "yuma3": False,
        "liquid_alpha": None,
        "max_validators": max(1, n // 2),
        "min_stake": 0,
        "owner_uid": None,
        "emission": 295 * RAO_PER_TAO,
        "stake": (random.permutation(n).astype(np.uint64) + np.uint64(1)) * np.uint64(RAO_PER_TAO),
        "validator_permit": random.random(n) < 0.7,
        "last_update": np.full(n, 1_900, np.uint64),
        "registered_at": random.integers(0, 1_800, n).astype(np.uint64),
        "weights": SparseRows.from_dense(weights),
        "bonds": SparseRows.from_dense(bonds),
    }
    return EpochInput(**{**fields, **overrides})


def permuted(inputs, order):
    """The same subnet with UID `order[k]` renamed to `k`."""

    def rows(matrix):
        dense = matrix.dense(np.arange(inputs.n))
        return SparseRows.from_dense(dense[np.ix_(order, order)])

    columns = {
        name: getattr(inputs, name)[order] for name in ("stake", "validator_permit", "last_update", "registered_at")
    }
    owner = None if inputs.owner_uid is None else int(np.flatnonzero(order == inputs.owner_uid)[0])
    return replace(inputs, weights=rows(inputs.weights), bonds=rows(inputs.bonds), owner_uid=owner, **columns)


VERSIONS = st.sampled_from(
    [
        {"yuma3": False},
        {"yuma3": True},
        {"yuma3": True, "liquid_alpha": LiquidAlpha(45_875, 58_982, 1_000)},
        {"yuma3": True, "bonds_penalty": 20_000},
        {"yuma3": False, "bonds_penalty": 0},
    ]
)
SUBNETS = st.builds(
    lambda n, seed, density, version: subnet(n, seed, density, **version),
    st.integers(1, 24),
    st.integers(0, 10**6),
    st.sampled_from([0.1, 0.5, 1.0]),
    VERSIONS,
)


@given(SUBNETS, st.randoms(use_true_random=False))
def test_renaming_uids_renames_the_results(inputs, random):
    order = np.array(random.sample(range(inputs.n), inputs.n))
    before, after = epoch(inputs).terms(), epoch(permuted(inputs, order)).terms()
    for name in ("active", "validator_permit", "consensus", "validator_trust", "incentive", "dividends", "emission"):
        np.testing.assert_array_equal(getattr(before, name)[order], getattr(after, name), err_msg=name)
    everyone = np.arange(inputs.n)
    bonds = before.bonds.dense(everyone)[np.ix_(order, order)]
    np.testing.assert_array_equal(bonds, after.bonds.dense(everyone))


@given(SUBNETS, st.integers(2, 10_000))
def test_more_stake_for_everybody_alike_changes_nothing(inputs, factor):
    richer = replace(inputs, stake=inputs.stake * np.uint64(factor))
    assert epoch(inputs).terms().to_json() == epoch(richer).terms().to_json()


@given(SUBNETS)
def test_no_rao_is_created(inputs):
    terms = epoch(inputs).terms()
    assert sum(terms.emission.tolist()) <= inputs.emission
    assert sum(terms.server_emission.tolist()) + sum(terms.validator_emission.tolist()) <= inputs.emission
    # what truncation loses is at most one word's last bit of the emission and one rao for each UID
    lost = inputs.emission - sum(terms.emission.tolist())
    assert lost <= inputs.n * (inputs.emission // ONE + 2) * 2


@given(SUBNETS)
def test_shares_sum_to_one_but_for_truncated_bits(inputs):
    result = epoch(inputs)
    for shares in (result.stake, result.incentive, result.dividends):
        total = int(shares.sum())
        assert total == 0 or ONE - inputs.n <= total <= ONE
    sums = result.weights.sum(axis=1)
    assert ((sums == 0) | ((sums <= ONE) & (sums >= ONE - inputs.n))).all()


@given(SUBNETS)
def test_trust_is_what_clipping_leaves(inputs):
    result = epoch(inputs)
    assert (result.clipped_weights <= result.weights).all()
    assert (result.clipped_weights <= result.consensus).all()
    assert (result.validator_trust <= ONE).all()


@given(SUBNETS)
def test_the_float_epoch_tells_the_same_story(inputs):
    exact, rough = epoch(inputs), epoch(inputs, FLOAT)
    for name in ("stake", "incentive", "dividends"):
        np.testing.assert_allclose(EXACT.to_float(getattr(exact, name)), getattr(rough, name), atol=1e-4)


def test_a_subnet_where_nobody_set_weights_pays_stake():
    terms = epoch(subnet(6, 1, density=0)).terms()
    assert not terms.incentive.any()
    assert not terms.dividends.any()
    assert (terms.validator_emission > 0).any()
    np.testing.assert_array_equal(terms.emission, terms.validator_emission)


def test_a_subnet_without_stake_pays_nobody():
    terms = epoch(subnet(6, 1, stake=np.zeros(6, np.uint64))).terms()
    assert not terms.emission.any()
    assert not terms.validator_permit.any()


def test_one_neuron_alone_gets_all_of_the_emission():
    terms = epoch(subnet(1, 0, validator_permit=np.array([True]))).terms()
    assert terms.emission.tolist() == [295 * RAO_PER_TAO]


def test_an_empty_subnet_has_an_empty_epoch():
    terms = epoch(subnet(0, 0)).terms()
    assert terms.to_json()["bonds"] == []
    assert terms.emission.size == 0


def test_of_equal_stakes_the_higher_uid_gets_the_last_seat():
    terms = epoch(subnet(4, 0, stake=np.full(4, 10**12, np.uint64), max_validators=2)).terms()
    assert terms.validator_permit.tolist() == [False, False, True, True]


@pytest.mark.parametrize("n", [256, 1_024])
def test_large_subnets_run_in_every_version(n):
    for version in ({"yuma3": False}, {"yuma3": True, "liquid_alpha": LiquidAlpha(45_875, 58_982, 1_000)}):
        terms = epoch(subnet(n, 5, 0.3, max_validators=64, **version)).terms()
        assert terms.validator_permit.sum() == 64
        assert sum(terms.emission.tolist()) <= 295 * RAO_PER_TAO


def test_bonds_of_a_repeated_epoch_approach_what_the_weights_say():
    inputs = load_metagraph().epoch_input()
    distances = []
    for _ in range(30):
        result = epoch(inputs)
        target = result.clipped_weights * result.active_stake[result.validators][:, None].astype(float)
        target = target / np.maximum(target.max(axis=0), 1)
        distances.append(np.abs(EXACT.to_float(result.bonds) - target).max())
        inputs = next_input(inputs, result.terms())
    assert distances[-1] < 0.01


def test_real_data_pays_every_miner_that_most_stake_supports():
    result = epoch(load_metagraph().epoch_input())
    assert result.terms().emission.sum() > 295_199 * 10**6
    assert (result.incentive > 0).sum() == (result.consensus > 0).sum()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kappa": 70_000}, "kappa is 70000; allowed: a whole number from 0 to 65535"),
        ({"kappa": 0.5}, "kappa is 0.5; allowed: a whole number"),
        ({"bonds_moving_average": 1_000_001}, "bonds_moving_average is 1000001"),
        ({"emission": -1}, "emission is -1"),
        ({"stake": np.ones(3, np.uint64)}, "stake: 3 entries; allowed: n = 4"),
        ({"stake": np.full(4, 2**62, np.uint64)}, "stake: sum is"),
        ({"weights": SparseRows.from_rows(3, [])}, "weights: 3 rows; allowed: n = 4"),
        ({"owner_uid": 70_000}, "owner_uid is 70000"),
    ],
)
def test_input_that_no_chain_has_is_refused_by_name(change, message):
    with pytest.raises(EpochInputError, match=message):
        subnet(4, 0, **change)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[4, []]], "uid is 4; allowed: a whole number from 0 to 3"),
        ([[0, []], [0, []]], "row of uid 0 is there twice"),
        ([[0, [[1, 5], [1, 6]]]], "names a column twice"),
        ([[0, [[1, 65_536]]]], r"\[0\]\[1\] is 65536"),
        ([[0, [[9, 1]]]], "uid is 9"),
    ],
)
def test_rows_that_no_chain_stores_are_refused(rows, message):
    with pytest.raises(EpochInputError, match=message):
        SparseRows.from_rows(4, rows)


def test_an_owner_outside_the_subnet_changes_nothing():
    assert epoch(subnet(4, 0, owner_uid=9)).terms().to_json() == epoch(subnet(4, 0)).terms().to_json()
