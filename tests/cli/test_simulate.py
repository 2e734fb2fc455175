"""`tao-lab simulate`: a sweep as a person starts it."""

import json

import pandas as pd
import pytest

from tests.cli.test_cli import here  # noqa: F401

SMALL = {
    "scenario": {
        "name": "small",
        "groups": [{"role": "honest"}, {"role": "honest", "kind": "miner", "count": 2}],
        "epochs": 1,
        "tempo": 4,
    },
    "grid": {"hyperparameters.kappa": [20_000, 40_000]},
}


def test_the_scenarios_of_the_lab_are_named_and_shown_as_a_file_that_runs(here, tmp_path):  # noqa: F811
    listed = here("simulate", "--list").stdout
    assert "cartel" in listed
    assert "sandwich" in listed
    shown = json.loads(here("simulate", "sandwich", "--show").stdout)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({**shown, "grid": {}}))
    done = here("simulate", path, "--workers", 1)
    assert done.returncode == 0
    assert "1 runs\n" in done.stdout


def test_a_sweep_of_a_file_ends_in_a_table_and_a_parquet_file(here, tmp_path):  # noqa: F811
    path, out = tmp_path / "a small one.json", tmp_path / "runs.parquet"
    path.write_text(json.dumps(SMALL))
    done = here("simulate", path, "--seeds", 2, "--out", out, "--workers", 1)
    assert done.stdout.endswith(f"4 runs; the full table is in {out}\n")
    assert len(pd.read_parquet(out)) == 4 * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no scenario is given"),
        (("cartels",), "scenario is 'cartels'; allowed: copier, cartel"),
        (("none.json",), "none.json cannot be read: No such file"),
        (("bad.json",), "bad.json is not JSON"),
        (("list.json",), "allowed: an object"),
        (("hat.json",), "no field is called 'hat'"),
        (("deep.json",), "too deep to be read"),
        (("role.json",), "role is ['honest']; allowed: a text"),
        (("name.json",), "name is 5; allowed: a text"),
        (("values.json",), "epochs has no values; allowed: a list of at least one"),
        (("sandwich", "--out", "."), "out is ., a folder; allowed: a file's name"),
        (("sandwich", "--out", "bad.json/runs.parquet"), "nothing can be written there"),
        (("kapa.json", "--workers", 1), "there is no 'kapa'. Did you mean 'kappa'"),
    ],
)
def test_what_cannot_be_run_is_one_line_and_exit_code_2(here, tmp_path, monkeypatch, arguments, words):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "bad": "{",
        "list": "[]",
        "deep": "[" * 100_000,
        "role": json.dumps({"name": "a", "groups": [{"role": ["honest"]}]}),
        "name": json.dumps({"name": "a", "groups": [{"role": "honest", "name": 5}]}),
        "values": json.dumps({**SMALL, "grid": {"epochs": []}}),
        "hat": json.dumps({**SMALL, "hat": 1}),
        "kapa": json.dumps({**SMALL, "grid": {"hyperparameters.kapa": [1]}}),
    }.items():
        (tmp_path / f"{name}.json").write_text(text)
    done = here("simulate", *arguments)
    assert (done.returncode, done.stderr.count("\n"), words in done.stderr) == (2, 1, True)
