from dataclasses import replace

import numpy as np
import pytest

from tao_lab.consensus import SparseRows, epoch, next_input
from tao_lab.datasets import Metagraph, load_metagraph
from tao_lab.fixed import ONE
from tao_lab.views.facts import Facts
from tao_lab.views.scenario import LIES, Scenario, ScenarioError, Settings, run, run_epochs


@pytest.fixture(scope="module")
def subnet():
    return Scenario.of(load_metagraph())


def tiny(stake, rows):
    n = len(stake)
    return Metagraph(1, 1_000, ("x",) * n, np.array(stake, np.uint64), SparseRows.from_rows(n, rows))


def test_liars_are_the_smallest_validators_and_push_miners_of_opposite_kinds(subnet):
    graph = load_metagraph()
    honest, liars = subnet.cast.honest, subnet.cast.liars
    assert len(liars) == 5
    assert max(graph.stake[list(liars)]) < min(graph.stake[list(honest)])
    assert graph.weights.dense(np.array(honest))[:, subnet.target["ignored"]].sum() == 0
    assert graph.weights.dense(np.array(honest))[:, subnet.target["popular"]].all()


@pytest.mark.parametrize("percent", [0, 1, 33, 50, 70])
def test_liars_hold_the_share_of_stake_that_the_slider_says(subnet, percent):
    outcome = run(subnet, Settings(liar_percent=percent), 1)
    held = outcome.liars(outcome.epochs[0], outcome.epochs[0].active_stake)
    assert held == pytest.approx(percent / 100, abs=2 * len(subnet.cast.liars) / ONE)


def test_the_total_stake_does_not_depend_on_the_slider(subnet):
    totals = [int(subnet.before(Settings(liar_percent=p)).stake.sum()) for p in (0, 35, 70)]
    assert max(totals) - min(totals) < 100  # rao


@pytest.mark.parametrize("yuma3", [False, True])
def test_bonds_before_the_lie_are_where_they_would_settle(subnet, yuma3):
    start = subnet.before(Settings(yuma3=yuma3))
    stored = epoch(start).terms()
    repeated = epoch(replace(start, bonds=stored.bonds, bonds_moving_average=900_000)).terms()
    assert np.abs(stored.bonds.values - repeated.bonds.values).max() <= 2


def test_a_lie_about_an_ignored_miner_pays_exactly_when_the_liars_reach_kappa(subnet):
    for percent in range(0, 71, 5):
        for kappa in range(0, 65_536, 5_041):
            outcome = run(subnet, Settings(liar_percent=percent, kappa=kappa), 1)
            facts = Facts.of(outcome)
            assert (facts.incentive > 0) == facts.decide_alone == (facts.kept == 1), (percent, kappa)


def test_at_a_bonds_penalty_of_zero_liars_keep_more_of_the_dividends_on_a_good_miner(subnet):
    with_penalty, without = (run(subnet, Settings(bonds_penalty=p, lie="popular")) for p in (65_535, 0))
    assert Facts.of(without).dividends > 1.5 * Facts.of(with_penalty).dividends


def test_bonds_hold_one_state_more_than_there_are_epochs(subnet):
    outcome = run(subnet, Settings(), 7)
    assert outcome.bonds().shape == (8, len(subnet.cast.validators), len(subnet.cast.miners))


def test_epochs_in_a_row_start_from_what_the_last_one_stored():
    inputs = load_metagraph().epoch_input()
    one, two = run_epochs(inputs, 2)
    assert two.terms().to_json() == epoch(next_input(inputs, one.terms())).terms().to_json()


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("kappa", 65_536, "0 to 65535"),
        ("kappa", 0.5, "whole number"),
        ("bonds_penalty", -1, "0 to 65535"),
        ("liar_percent", 71, "0 to 70"),
        ("yuma3", 1, "True or False"),
        ("lie", "none", ", ".join(LIES)),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(field, value, allowed):
    with pytest.raises(ScenarioError, match=field) as error:
        Settings(**{field: value})
    assert allowed in str(error.value)
    assert repr(value) in str(error.value)


def test_no_epochs_are_refused(subnet):
    with pytest.raises(ScenarioError, match="epochs is 0"):
        run(subnet, Settings(), 0)


@pytest.mark.parametrize(
    ("stake", "rows", "reason"),
    [
        ([5, 5, 0], [[0, [[2, 1]]], [1, [[2, 1]]]], "2 validators with weights"),
        ([0, 0, 0, 0, 0], [[i, [[3, 1]]] for i in range(3)], "no validator with weights holds stake"),
        ([9, 9, 9, 0, 0], [[i, [[3, 1], [4, 1]]] for i in range(3)], "every miner has weight"),
    ],
)
def test_a_metagraph_without_the_actors_is_refused(stake, rows, reason):
    with pytest.raises(ScenarioError, match=reason):
        Scenario.of(tiny(stake, rows))
