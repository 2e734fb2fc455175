"""The whole market as separate programs on loopback: a chain, three miners, two validators."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest
from bittensor_core import Keypair

from tao_lab.chain.genesis import FAUCET_URI
from tao_lab.neurons import models
from tao_lab.neurons.validator.journal import read_journals
from tao_lab.neurons.validator.program import RATE
from tao_lab.neurons.validator.scores import Record, Scores
from tests.neurons.market import MODULE, TEMPO, open_market

PATIENCE = 400.0  # seconds until a test gives up waiting; nothing is asserted about time
KIND = str(Path(__file__).with_name("patient_text.py"))
MINERS = {
    "miner0": ["--play", "table"],
    "miner1": ["--model", "smollm2", "--max-tokens", "12"],
    "miner2": ["--play", "echo"],
}
SECRETS = {"validator0": 2, "validator1": 3}  # with these the model is right in some of the first six tasks, not in all


class Programs:
    """Starts `tao-lab` programs and ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str, *arguments: str, ready: str) -> str:
        """Start one; returns its line that begins with `ready`, or has it."""
        errors = (self.folder / f"{name}.err").open("a")
        environment = {**os.environ, "BITTENSOR_RUNTIME_CACHE_DIR": str(self.folder / "cache"), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "tao_lab.cli", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        self.running[name] = process
        assert process.stdout is not None
        for line in process.stdout:
            if ready in line:
                return line
        raise AssertionError(f"{name} ended: {(self.folder / f'{name}.err').read_text()}")

    def stop(self, name: str, how: int = signal.SIGTERM) -> str:
        """End one; returns what it still had to say."""
        process = self.running.pop(name)
        process.send_signal(how)
        text, _ = process.communicate(timeout=PATIENCE)
        return text

    def stop_all(self) -> None:
        for name in reversed(list(self.running)):
            self.stop(name)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with ExitStack() as stack:
        programs = Programs(tmp_path)
        stack.callback(programs.stop_all)
        yield programs


class Node:
    """The chain over its socket. It makes a block for each extrinsic, so that the test decides how fast time goes."""

    def __init__(self, url: str, hotkeys: list[str]) -> None:
        self.url, self.hotkeys = url, hotkeys

    def epoch(self) -> None:
        """Make a tempo of blocks, each with a transfer in it."""

        async def work() -> None:
            async with bt.Client(self.url, fallback_endpoints=[]) as client:
                for _ in range(TEMPO):
                    call = bt.calls.System.remark(remark="0x00")
                    (await client.submit_call(call, Keypair.from_uri(FAUCET_URI))).raise_for_failure()

        asyncio.run(work())

    def look(self) -> tuple[list[int], list[set[int]], list[int]]:
        """The miners' UIDs, validators' rows of weights, and the miners' incentives."""

        async def read() -> Any:
            async with bt.Client(self.url, fallback_endpoints=[]) as client:
                view = await client.at()
                uids = [await view.query((MODULE, "Uids"), [1, hotkey]) for hotkey in self.hotkeys]
                rows = await view.query_map((MODULE, "Weights"), [1])
                incentive = await view.query((MODULE, "Incentive"), [1])
                return uids, [{uid for uid, _ in row} for _, row in rows if row], [incentive[uid] for uid in uids]

        return asyncio.run(read())


class Memory:
    """What the validators remember, read from their files while they run."""

    def __init__(self, folder: Path, hotkeys: dict[str, str]) -> None:
        self.files = {name: folder / name / f"validator-1-{hotkey[:12]}.db" for name, hotkey in hotkeys.items()}
        for name, file in self.files.items():
            file.parent.mkdir()
            Scores(file, RATE, SECRETS[name]).close()

    def read(self, name: str) -> tuple[int, dict[str, Record]]:
        """Steps and records of one of them."""
        scores = Scores(self.files[name], RATE)
        try:
            return scores.step, scores.all()
        finally:
            scores.close()

    def wait_for_steps(self, count: int) -> None:
        """Wait until each has made a number of steps more."""
        wanted = {name: self.read(name)[0] + count for name in self.files}
        deadline = time.monotonic() + PATIENCE
        while any(self.read(name)[0] < steps for name, steps in wanted.items()):
            assert time.monotonic() < deadline, "a validator makes no steps"
            time.sleep(0.2)


@pytest.mark.slow
def test_miners_and_validators_as_programs(tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path / "cache"))
    models.get("smollm2")
    market = open_market(validators=2, path=tmp_path / "chain.db")
    hotkeys = [wallet.hotkey.ss58_address for wallet in market.miners]
    memory = Memory(tmp_path, {wallet.name: wallet.hotkey.ss58_address for wallet in market.validators})
    market.net.close()
    url = programs.start("node", "node", str(tmp_path / "chain.db"), "--port", "0", "--instant", ready="ws://").split()[
        0
    ]
    node = Node(url, hotkeys)
    same = ("--wallet-path", str(market.net.wallets), "--netuid", "1", "--network", url, "--kind", KIND)
    for name, way in MINERS.items():
        options = ("--wallet", name, "--port", "0", "--refresh", "0.5", *way)
        programs.start(name, "miner", "run", *same, *options, ready="serves subnet 1")

    def validate(name: str) -> None:
        options = ("--wallet", name, "--every", "0.5", "--data", str(tmp_path / name))
        programs.start(name, "validator", "run", *same, *options, ready="validates subnet 1")

    validate("validator0")
    validate("validator1")

    # three epochs: incentive is ordered as quality
    for _ in range(3):
        memory.wait_for_steps(2)
        node.epoch()
    by_table, by_model, by_echo = node.look()[2]
    assert by_table > by_model > by_echo

    # a validator that is killed and starts again has lost nothing
    programs.stop("validator0", signal.SIGKILL)
    steps, before = memory.read("validator0")
    said = {line["hotkey"]: line["average"] for line in read_journals(tmp_path / "validator0") if "average" in line}
    assert {hotkey: before[hotkey].score for hotkey in hotkeys} == pytest.approx(said, abs=1e-6)
    validate("validator0")
    memory.wait_for_steps(1)
    now, after = memory.read("validator0")
    for hotkey in hotkeys:
        assert after[hotkey].asked - before[hotkey].asked == now - steps

    # a miner that dies is out of the weights within two epochs
    programs.stop("miner0", signal.SIGKILL)
    for _ in range(2):
        memory.wait_for_steps(2)
        node.epoch()
    memory.wait_for_steps(1)
    (dead, alive, _), rows, _ = node.look()
    assert len(rows) == 2
    assert all(dead not in row and alive in row for row in rows)

    # what is told to stop finishes, and says what it did
    assert "answered" in programs.stop("miner1")
