"""Populations on a running chain, against what follows from the rules."""

from typing import Any

import pytest

from tao_lab.simulate import Group, Run, Scenario, ScenarioError, grid, run, sweep

ALPHA = 10**9
HONEST = (Group("honest", "validator", count=3), Group("honest", "miner", count=4))


def scenario(*groups: Group, **changes: Any) -> Scenario:
    return Scenario("a test", (*HONEST, *groups), **{"epochs": 3, "tempo": 4, **changes})


def earned(result: Run) -> dict[str, int]:
    return dict(zip(result.totals["group"], result.totals["earned"], strict=True))


CARTEL = scenario(Group("cartel", "validator", stake=1_000 * ALPHA), Group("colluder", "miner"))


def test_a_cartel_below_kappa_earns_its_own_miner_nothing():
    result = run(CARTEL)
    assert earned(result)["colluder miner"] == 0
    assert earned(result)["honest miner"] > 0
    assert len(result.refused) == 0
    assert list(result.epochs.groupby("epoch").size()) == [10, 10, 10]


def test_the_order_of_the_groups_changes_the_order_of_the_rows_only():
    turned = Scenario(CARTEL.name, CARTEL.groups[::-1], CARTEL.epochs, CARTEL.seed, CARTEL.tempo)
    one, other = run(CARTEL), run(turned)
    assert one.epochs.equals(other.epochs)
    assert one.totals.set_index("group").loc[list(other.totals["group"])].equals(other.totals.set_index("group"))


def test_a_scenario_comes_back_from_json():
    assert Scenario.from_json(CARTEL.to_json()) == CARTEL
    assert CARTEL.id == Scenario.from_json(CARTEL.to_json()).id != scenario().id


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "not JSON"),
        ('{"name": "a"}', "'groups' is missing"),
        ('{"name": "a", "groups": [{"role": "honest", "hat": 1}]}', "no field is called 'hat'"),
        ('{"name": "a", "groups": [{"role": "honest", "count": 0}]}', "count is 0; allowed: a whole number from 1"),
        ('{"name": "a", "groups": [{"role": "honest"}, {"role": "honest"}]}', "two are called 'honest validator'"),
    ],
)
def test_a_bad_scenario_says_which_field(data, words):
    with pytest.raises(ScenarioError, match=words):
        Scenario.from_json(data)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (scenario(Group("saint")), "role is 'saint'; allowed for a validator: cartel"),
        (scenario(Group("lazy", "miner", options={"speed": 1})), "lazy miner has no 'speed'; allowed: quality"),
        (scenario(hyperparameters={"kapa": 1}), "none is called 'kapa'; allowed: .*kappa"),
        (scenario(hyperparameters={"reveal_period": 1}), "none is called 'reveal_period'"),
    ],
)
def test_what_does_not_exist_is_named(bad, words):
    with pytest.raises(ScenarioError, match=words):
        run(bad)


def test_a_sweep_has_a_row_for_each_run_and_group_and_goes_on_where_it_was(tmp_path):
    out = tmp_path / "some runs" / "runs.parquet"
    table = grid(scenario(epochs=1), seed=[0, 1], **{"hyperparameters.kappa": [20_000, 40_000]})
    first = sweep(table[:2], out, workers=1)
    assert len(first) == 2 * 3
    whole = sweep(table, out, workers=1)
    assert list(whole.columns[:4]) == ["run", "scenario", "seed", "hyperparameters.kappa"]
    assert whole.equals(sweep(table, workers=1))
