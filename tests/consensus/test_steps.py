"""Each step on its own, on cases small enough to do by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab import consensus as c
from tao_lab.consensus.types import EpochInputError
from tao_lab.fixed import EXACT, FLOAT, ONE

HALF = 32_767


def words(*values):
    return (np.array(values) * ONE).astype(np.int64)


@pytest.mark.parametrize(
    ("stake", "scores", "kappa", "median"),
    [
        ([0.5, 0.3, 0.2], [0.1, 0.5, 0.9], HALF, 0.5),  # 32,767 is just below one half: exactly half suffices
        ([0.4, 0.3, 0.3], [0.1, 0.5, 0.9], HALF, 0.5),
        ([0.1, 0.1, 0.8], [0.1, 0.5, 0.9], HALF, 0.9),
        ([0.5, 0.5], [0.0, 0.0], HALF, 0.0),
        ([0.25, 0.25, 0.25, 0.25], [0.3, 0.3, 0.3, 0.3], HALF, 0.3),
        ([0.5, 0.5], [0.2, 0.7], 0, 0.7),  # nobody's support is needed: the highest weight
        ([0.5, 0.5], [0.2, 0.7], 65_535, 0.2),  # everybody's is: the lowest
        ([1.0, 0.0], [0.2, 0.7], HALF, 0.2),  # no stake, no voice
    ],
)
def test_consensus_is_the_weight_that_a_majority_of_stake_supports(stake, scores, kappa, median):
    column = words(*scores)[:, None]
    assert c.weighted_median(words(*stake), column, kappa).tolist() == words(median).tolist()
    rough = c.weighted_median(np.array(stake), np.array(scores)[:, None], kappa, FLOAT)
    assert rough.tolist() == pytest.approx([median])


def test_without_stake_there_is_no_consensus():
    assert c.weighted_median(words(0, 0), words(0.4, 0.6)[:, None], HALF).tolist() == [0]
    assert c.weighted_median(np.zeros(0, np.int64), np.zeros((0, 3), np.int64), HALF).tolist() == [0, 0, 0]


@given(
    st.lists(st.tuples(st.integers(1, 1_000), st.integers(0, ONE)), min_size=1, max_size=30),
    st.integers(0, 65_535),
)
def test_consensus_is_the_smallest_score_with_more_than_the_minority_of_stake_up_to_it(voters, kappa):
    total = sum(stake for stake, _ in voters)
    stake = EXACT.ratio([s for s, _ in voters], total)
    scores = np.array([score for _, score in voters])
    voices = EXACT.divide(stake, stake.sum())
    minority = int(voices.sum()) - kappa * ONE // 65_535
    supported = [int(x) for x in np.unique(scores) if int(voices[scores <= x].sum()) > minority]
    expected = supported[0] if supported else int(scores.max())
    assert c.weighted_median(stake, scores[:, None], kappa).tolist() == [expected]


def test_rows_are_normalized_and_empty_rows_stay_empty():
    assert c.row_normalize(words(1, 3, 0, 0).reshape(2, 2)).tolist() == [words(0.25, 0.75).tolist(), [0, 0]]


def test_the_owner_alone_may_weigh_itself():
    validators, ones = np.arange(3), np.ones(3, np.uint64)
    args = (validators, np.ones(3, bool))
    later = (ones * np.uint64(5), ones)
    assert c.weights_mask(*args, None, *later).tolist() == (~np.eye(3, dtype=bool)).tolist()
    assert c.weights_mask(*args, 1, *later).diagonal().tolist() == [False, True, False]


def test_weights_from_before_a_miner_s_registration_do_not_count():
    validators = np.array([0, 1])
    last_update = np.array([10, 20, 0], np.uint64)
    registered_at = np.array([0, 0, 10], np.uint64)
    mask = c.weights_mask(validators, np.ones(3, bool), None, last_update, registered_at)
    assert mask[:, 2].tolist() == [False, True]


def test_an_open_commit_from_before_a_registration_masks_the_column():
    validators, permits = np.array([0, 1]), np.ones(3, bool)
    last_update = np.full(3, 100, np.uint64)
    registered_at = np.array([0, 0, 50], np.uint64)
    commits = np.array([49, 50, 2**64 - 1], np.uint64)
    mask = c.weights_mask(validators, permits, None, last_update, registered_at, commits)
    assert mask[:, 2].tolist() == [False, True]


def test_clipping_cuts_at_consensus_and_trust_is_the_rest():
    weights = words(0.75, 0.25, 0.25, 0.75).reshape(2, 2)
    clipped = c.clip(weights, words(0.25, 0.75))
    assert clipped.tolist() == [words(0.25, 0.25).tolist(), words(0.25, 0.75).tolist()]
    assert c.validator_trust(clipped).tolist() == words(0.5, 1).tolist()


def test_bonds_penalty_goes_from_weights_as_given_to_weights_as_clipped():
    weights, clipped = words(0.75, 0.25).reshape(1, 2), words(0.25, 0.25).reshape(1, 2)
    assert c.weights_for_bonds(weights, clipped, 0) is weights
    assert c.weights_for_bonds(weights, clipped, 65_535) is clipped
    between = EXACT.to_float(c.weights_for_bonds(weights, clipped, 32_768))
    np.testing.assert_allclose(between, [[0.5, 0.25]], atol=1e-4)


def test_yuma_2_bonds_are_shares_of_a_column():
    weights = words(0.5, 0.5, 0.5, 0.5).reshape(2, 2)
    bonds = c.bonds_yuma2(weights, words(0.75, 0.25), np.zeros((2, 2), np.int64), 900_000)
    np.testing.assert_allclose(EXACT.to_float(bonds), [[0.75, 0.75], [0.25, 0.25]], atol=1e-8)


def test_liquid_alpha_is_between_its_bounds_and_grows_with_the_distance():
    settings = c.LiquidAlpha(low=6_553, high=58_982, steepness=1_000)
    weights = words(0.0, 0.5, 1.0).reshape(1, 3)
    rows = c.Rows(weights, np.array([[1, 2, 3]]))
    none = c.Rows(np.zeros_like(weights), np.zeros((1, 3), np.int64))
    alpha = EXACT.to_float(c.liquid_alpha(words(0, 0, 0), rows, none, settings))[0]
    assert 0.1 <= alpha[0] < alpha[1] < alpha[2] <= 0.9001
    assert alpha[1] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("mode", "bonds_penalty", "counts"),
    [  # `test_compute_consensus_{current,previous,auto}_mode` of the public chain's tests of `ConsensusMode`
        ("Current", 65_535, "current"),
        ("Previous", 0, "previous"),
        ("Auto", 65_535 // 2, "current"),
        ("Auto", 65_535, "previous"),
    ],
)
def test_the_mode_of_liquid_alpha_says_which_consensus_counts(mode: str, bonds_penalty: int, counts: str):
    now, before = words(0.2, 0.3, 0.4, 0.1), np.array([6_553, 13_107, 19_660, 26_214], np.uint64)
    settings = c.LiquidAlpha(low=6_553, high=58_982, steepness=1_000, mode=mode)
    chosen = EXACT.to_float(c.consensus_for_liquid_alpha(now, before, settings, bonds_penalty))
    expected = {"current": [0.2, 0.3, 0.4, 0.1], "previous": [0.1, 0.2, 0.3, 0.4]}[counts]
    assert chosen.tolist() == pytest.approx(expected, abs=0.001)
    assert c.consensus_for_liquid_alpha(now, None, settings, bonds_penalty) is now  # there was no epoch before


def test_liquid_alpha_has_three_modes():
    with pytest.raises(EpochInputError, match="allowed: Current, Previous, Auto"):
        c.LiquidAlpha(low=0, high=1, steepness=1, mode="Max")


def test_liquid_alpha_passes_over_entries_behind_a_higher_uid():
    settings = c.LiquidAlpha(low=6_553, high=58_982, steepness=1_000)
    weights = words(1.0, 1.0, 1.0).reshape(1, 3)
    none = c.Rows(np.zeros_like(weights), np.zeros((1, 3), np.int64))
    ascending = c.liquid_alpha(words(0, 0, 0), c.Rows(weights, np.array([[1, 2, 3]])), none, settings)[0]
    shuffled = c.liquid_alpha(words(0, 0, 0), c.Rows(weights, np.array([[3, 1, 2]])), none, settings)[0]
    assert shuffled[0] < ascending[0]  # stored last, behind UIDs 1 and 2: read as zero
    assert shuffled[1:].tolist() == ascending[1:].tolist()


def test_with_liquid_alpha_a_bond_lives_only_where_the_row_has_an_entry():
    settings = c.LiquidAlpha(low=6_553, high=58_982, steepness=1_000)
    weights = c.Rows(words(0.5, 0.0, 0.0).reshape(1, 3), np.array([[1, 2, 0]]))
    old = c.Rows(words(0.4, 0.4, 0.4).reshape(1, 3), np.array([[1, 2, 3]]))
    bonds, places = c.bonds_liquid_alpha(words(0.2, 0.2, 0.2), weights, old, settings)
    assert (bonds > 0).tolist() == [[True, True, False]]  # a stored zero decays, an absent entry is gone
    assert places.tolist() == [[1, 2, 0]]


def test_dividends_follow_bonds_and_incentive():
    bonds = words(1.0, 0.0, 0.0, 1.0).reshape(2, 2)
    shares = EXACT.to_float(c.dividends_yuma2(bonds, words(0.75, 0.25)))
    np.testing.assert_allclose(shares, [0.75, 0.25], atol=1e-9)


def test_without_incentive_and_dividends_active_stake_is_paid_and_without_that_all_stake():
    nobody, stake, active = words(0, 0), words(0.25, 0.75), words(0, 1)
    assert c.emission_shares(nobody, nobody, stake, active).combined.tolist() == active.tolist()
    assert c.emission_shares(nobody, nobody, stake, nobody).combined.tolist() == stake.tolist()


def test_emission_goes_half_to_miners_and_half_to_validators():
    shares = c.emission_shares(words(0, 1), words(1, 0), words(1, 0), words(1, 0))
    assert shares.server.tolist() == words(0, 0.5).tolist()
    assert shares.validator.tolist() == words(0.5, 0).tolist()
    assert shares.combined.tolist() == words(0.5, 0.5).tolist()
