"""Runs a second of a sweep with one worker and with two, compared with a plain loop over the same scenarios.

A run is 20 epochs of a subnet with four honest validators, a copier and a cartel, eight miners and a colluder. A new
process must load the library and the compiled rules. In a long sweep this hardly matters, so it is measured separately.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tao_lab.simulate import Group, Scenario, grid, run, sweep
from tao_lab.simulate.sweeps import results
from tao_lab.units import RAO_PER_TAO

SCENARIO = Scenario(
    "bench",
    (
        Group("honest", "validator", count=4),
        Group("copier", "validator"),
        Group("cartel", "validator", stake=1_500 * RAO_PER_TAO),
        Group("honest", "miner", count=8),
        Group("colluder", "miner"),
    ),
)
WORKERS = 2
LEAST_RUNS = 1_000 / 600  # a second, with two workers: a thousand in ten minutes
LEAST_ALONE = 0.85  # of the plain loop's runs a second, for a sweep in one process that keeps its results
LEAST_SPEED_UP = 1.5  # of two workers against one, without their start


@dataclass(frozen=True)
class Speed:
    """Runs a second, done in three ways.

    Attributes:
        loop: The plain loop over `run`.
        one: A sweep with one worker, which is this process, with its Parquet file.
        two: Two worker processes, from when both have loaded everything and done a run.
        start: Seconds until then.
        processor: Processor time of the plain loop divided by its time on the clock; if it is below 1, the machine has
            other work, which makes the other numbers worse.
    """

    loop: float
    one: float
    two: float
    start: float
    processor: float

    @property
    def each(self) -> float:
        """Processor seconds of a run."""
        return self.processor / self.loop

    @property
    def speed_up(self) -> float:
        """Of two workers against one."""
        return self.two / self.one

    @property
    def ratio(self) -> float:
        """Of two workers to the plain loop."""
        return self.two / self.loop


def measure(runs: int, progress: Callable[[], Any] = lambda: None) -> Speed:
    """Measure the three ways, one after the other."""
    scenarios = grid(SCENARIO, seed=range(runs + WORKERS))
    work = scenarios[WORKERS:]
    run(scenarios[0])  # compiled rules are loaded
    progress()
    begin, processor = time.perf_counter(), time.process_time()
    for scenario in work:
        run(scenario)
    loop, processor = time.perf_counter() - begin, time.process_time() - processor
    progress()
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        sweep(work, Path(folder) / "runs.parquet", workers=1)
        one = time.perf_counter() - begin
    progress()
    begin, ended = time.perf_counter(), list[float]()
    for _ in results(scenarios, WORKERS):
        ended.append(time.perf_counter())
    progress()
    first = ended[WORKERS - 1]
    return Speed(runs / loop, runs / one, runs / (ended[-1] - first), first - begin, processor / loop)
