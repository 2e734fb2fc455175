"""The page about populations does what it says."""

import re
from pathlib import Path

import pytest

from tao_lab.simulate import roles, run
from tao_lab.simulate.ready import READY
from tao_lab.simulate.roles import ROLES

PAGE = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text()


def test_the_examples_run_and_give_what_the_page_says(capsys):
    here: dict = {}
    try:
        for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
            exec(example, here)
    finally:
        ROLES.pop(("miner", "half-hearted"), None)
    assert "colluder miner" in capsys.readouterr().out
    earned = here["result"].totals.set_index("group")["earned"]
    assert earned["colluder miner"] == 0 < earned["honest miner"]
    easier = run(here["scenario"], hyperparameters={"kappa": 20_000}).totals.set_index("group")["earned"]
    share = easier["colluder miner"] / (easier["colluder miner"] + easier["honest miner"])
    assert share == pytest.approx(0.4, abs=0.005)


def test_the_page_names_every_role():
    for kind, names in roles().items():
        (row,) = re.findall(rf"^\| {kind} \| (.*) \|$", PAGE, re.MULTILINE)
        assert [name for name in names if f"`{name}`" not in row] == []


def test_the_ready_made_scenarios_can_be_made():
    assert all(len(table.scenarios(2)) >= 4 for table in READY.values())
