"""Sweeps: the same table from any number of workers, and after a kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import psutil
import pytest
from distributed import LocalCluster

from tao_lab.simulate import Group, Scenario, ScenarioError, SweepError, grid, run, sweep, sweeps

SMALL = Scenario("small", (Group("honest", "validator"), Group("honest", "miner", count=2)), epochs=1, tempo=4)
TABLE = grid(SMALL, seed=range(3), **{"groups.honest miner.options.drift": [0.0, 0.1]})


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.equals(other) and list(one.columns) == list(other.columns)


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_table(tmp_path):
    alone = sweep(TABLE, workers=1)
    assert same(alone, sweep(TABLE, tmp_path / "two.parquet", workers=2))
    assert same(alone, pd.read_parquet(tmp_path / "two.parquet"))
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    ) as here:
        assert same(alone, sweep(TABLE[:2] + TABLE[2:], scheduler=here.scheduler_address))


CLUSTER = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp", "dashboard_address": None}
KILLED = """
from tao_lab.simulate import *
from tests.simulate.test_sweeps import SMALL
sweep(grid(SMALL, seed=range(200)), {out!r}, workers=2)
"""


@pytest.mark.slow
def test_after_a_kill_the_finished_runs_are_not_run_again_and_the_table_is_the_same(tmp_path, monkeypatch):
    out, root = tmp_path / "a sweep" / "runs.parquet", Path(__file__).parents[2]
    parts = out.with_name("runs.parquet.parts")
    going = subprocess.Popen([sys.executable, "-c", KILLED.format(out=str(out))], cwd=root, stderr=subprocess.DEVNULL)
    while len(list(parts.glob("*.parquet"))) < 3 and going.poll() is None:
        time.sleep(0.02)
    workers = psutil.Process(going.pid).children()
    going.send_signal(signal.SIGKILL)
    going.wait()
    _, alive = psutil.wait_procs(workers, timeout=300)
    assert (len(workers) >= 2, alive) == (True, [])  # workers do not outlive the sweep
    finished = {path.stem for path in parts.glob("*.parquet")}
    assert 3 <= len(finished) < 200
    assert not out.exists()
    everything = grid(SMALL, seed=range(200))
    table = [scenario for scenario in everything if scenario.id in finished][:5] + everything[-2:]
    (parts / f"runs.parquet.unfinished-{os.getpid()}").write_bytes(b"half a fi")  # what a killed writer leaves
    ran: list[str] = []
    real = sweeps.totals_of

    def counted(text, rules=None):
        ran.append(Scenario.from_json(text).id)
        return real(text, rules)

    monkeypatch.setattr(sweeps, "totals_of", counted)
    again = sweep(table, out, workers=1)
    assert len(ran) == 2
    assert not finished & set(ran)
    assert same(again, pd.read_parquet(out))
    assert not parts.exists()
    monkeypatch.undo()
    assert same(again, sweep(table, workers=1))


def test_a_file_of_something_else_or_of_other_runs_is_left_alone(tmp_path):
    other = tmp_path / "notes.parquet"
    other.write_text("my notes")
    with pytest.raises(SweepError, match=r"notes.parquet: not a file of runs"):
        sweep(TABLE, other, workers=1)
    assert other.read_text() == "my notes"
    runs = tmp_path / "runs.parquet"
    sweep(TABLE[:1], runs, workers=1)
    with pytest.raises(SweepError, match="has 1 runs that are not in this table"):
        sweep(TABLE[1:], runs, workers=1)
    assert len(pd.read_parquet(runs)) == 3


def test_a_column_of_wide_or_mixed_numbers_is_text(tmp_path):
    values = [{"bits": 1 << 64}, {"bits": 2 << 64}]
    wide = sweep(grid(SMALL, **{"hyperparameters.burn_increase_mult": values}), tmp_path / "a.parquet", workers=1)
    assert set(wide["hyperparameters.burn_increase_mult.bits"]) == {str(1 << 64), str(2 << 64)}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sead": [1]}, "sead: nothing is called 'sead'"),
        ({"groups.5.count": [1]}, "nothing is called '5'; allowed: 0 to 1, honest validator, honest miner"),
        ({"groups.honest miner.hat.size": [1]}, "nothing is called 'hat'"),
        ({"seed": 5}, "seed is an int; allowed: a list of values"),
        ({"seed": ["five"]}, "seed is 'five'; allowed: a whole number"),
    ],
)
def test_a_path_that_leads_nowhere_is_named(values, words):
    with pytest.raises(ScenarioError, match=words):
        grid(SMALL, **values)


def test_nobody_at_the_schedulers_address_is_one_sentence(monkeypatch):
    monkeypatch.setattr(sweeps, "SCHEDULER_SECONDS", 0.2)
    with pytest.raises(SweepError, match=r"scheduler is 'tcp://127.0.0.1:9': nobody answers there"):
        sweep(TABLE[:1], scheduler="tcp://127.0.0.1:9")


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_server_at_the_schedulers_address_is_one_sentence(monkeypatch, says):
    monkeypatch.setattr(sweeps, "SCHEDULER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with server.accept()[0] as client, suppress(OSError):  # it may hang up while we speak
                client.sendall(says)
                client.recv(1)  # until the other side hangs up

        serving = Thread(target=serve)
        serving.start()
        where = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SweepError, match=f"scheduler is '{where}': nobody answers there"):
            sweep(TABLE[:1], scheduler=where)
        serving.join()


def test_rules_of_ones_own_hold_in_a_sweep():
    def nothing(inputs):
        zeros = np.zeros(inputs.n, np.int64)
        names = ("stake_weight", "consensus", "validator_trust", "incentive", "dividends")
        flags = {"active": [False] * inputs.n, "validator_permit": [False] * inputs.n, "bonds": []}
        amounts = dict.fromkeys(("server_emission", "validator_emission", "emission"), zeros.tolist())
        return {**dict.fromkeys(names, zeros.tolist()), **flags, **amounts}

    paid = sweep(TABLE[:1], workers=1, rules={"epoch": nothing})
    assert paid.set_index("group")["earned"]["honest miner"] == 0
    assert run(TABLE[0]).totals.set_index("group")["earned"]["honest miner"] > 0
