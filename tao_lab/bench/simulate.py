"""Runs a second of a sweep, against the plain loop over the same scenarios, with one worker and with two.

A run is 20 epochs of a subnet with four honest validators, a copier and a cartel, eight miners and a colluder. A new
process has to load the library and the compiled rules, which a long sweep does not notice; so it is measured apart.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tao_lab.simulate import Group, Scenario, grid, run, sweep
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
LEAST_RUNS = 1_000 / 600  # a second, with two workers: a thousand in ten minutes
LEAST_ALONE = 0.85  # of the plain loop's runs a second, for a sweep in one process that keeps its results
LEAST_SPEED_UP = 1.5  # of two workers against one, without their start


@dataclass(frozen=True)
class Speed:
    """Seconds by the clock for the same runs, done in three ways.

    Attributes:
        runs: How many.
        loop: The plain loop over `run`.
        one: A sweep with one worker, which is this process, with its Parquet file.
        two: The same with two worker processes, after their start.
        start: Until two workers were there and had done one run each.
        processor: Processor seconds of the plain loop; less than `loop` where the machine has other work.
    """

    runs: int
    loop: float
    one: float
    two: float
    start: float
    processor: float

    @property
    def per_second(self) -> float:
        """Runs a second with two workers."""
        return self.runs / self.two

    @property
    def speed_up(self) -> float:
        """Of two workers against one."""
        return self.one / self.two

    @property
    def ratio(self) -> float:
        """Runs a second with two workers, by those of the plain loop."""
        return self.loop / self.two


def measure(runs: int, progress: Callable[[], Any] = lambda: None) -> Speed:
    """Measure the three ways, one after the other."""
    scenarios = grid(SCENARIO, seed=range(runs + 2))
    work, first = scenarios[2:], scenarios[:2]
    run(first[0])  # compiled rules are loaded
    progress()
    begin, processor = time.perf_counter(), time.process_time()
    for scenario in work:
        run(scenario)
    loop, processor = time.perf_counter() - begin, time.process_time() - processor
    progress()
    with tempfile.TemporaryDirectory() as folder:
        one = _seconds(work, Path(folder) / "one.parquet", 1)
        progress()
        start = _seconds(first, Path(folder) / "start.parquet", 2)
        two = _seconds(work, Path(folder) / "two.parquet", 2)
    progress()
    return Speed(runs, loop, one, max(two - start, 1e-9), start, processor)


def _seconds(scenarios: list[Scenario], out: Path, workers: int) -> float:
    begin = time.perf_counter()
    sweep(scenarios, out, workers)
    return time.perf_counter() - begin
