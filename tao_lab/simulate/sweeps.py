"""A sweep: a table of scenarios, run on all cores or on a Dask cluster, with the results in one Parquet file.

Each finished run becomes a small file beside the result. It is first written under another name and then renamed, so a
sweep that is killed leaves only complete files, and the next sweep to the same file runs only what is missing. When all
runs are finished, they become one file, in the order of the table, and the small files are deleted.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tao_lab.errors import LabError
from tao_lab.simulate.cores import as_they_end
from tao_lab.simulate.grids import parameters
from tao_lab.simulate.running import run
from tao_lab.simulate.scenario import Scenario, ScenarioError
from tao_lab.simulate.world import check

if TYPE_CHECKING:
    import pandas as pd

SCHEDULER_SECONDS = 10  # to wait for a scheduler's first message
GREETING = b"compression"  # part of a scheduler's first message
MOST_GREETING = 4_096  # bytes of that message
Rows = list[dict[str, Any]]  # totals of a run, a row for each group
Rules = Mapping[str, Callable[..., Any]]
Report = Callable[[int], Any]


class SweepError(LabError):
    """A sweep cannot be run, or a file is not the result of a sweep."""


def sweep(
    scenarios: Sequence[Scenario],
    out: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    *,
    rules: Rules | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Run scenarios; returns a table with a row for each run and group.

    Its columns are `run` (the scenario's id), `scenario`, `seed`, then every parameter in which the scenarios differ,
    by its path as in `grid`, then those of `Run.totals`.

    Args:
        scenarios: The scenarios; each runs once, even if the list has it twice.
        out: Parquet file for the table. Runs that are already in it, or in the folder of parts beside it, are not run
            again. None: no file is written.
        workers: Processes; by default one for each core. 1: in this process.
        scheduler: Address of the scheduler of a running Dask cluster, such as `tcp://10.0.0.1:8786`, whose workers have
            the lab installed; then `workers` is ignored.
        rules: As for `run`. Don't use the same `out` with other rules.
        hyperparameters: Added to each scenario's, or replacing them.

    Raises:
        SweepError: The file is of another kind, or the scheduler is out of reach.
        ScenarioError: A scenario cannot be run.
    """
    if workers is not None and (not isinstance(workers, int) or isinstance(workers, bool) or workers < 1):
        raise SweepError(f"workers is {workers!r}; allowed: a whole number from 1 on")
    table = [scenario.using(**(hyperparameters or {})) for scenario in scenarios]
    if not table:
        raise ScenarioError("scenarios is empty; allowed: at least one scenario")
    for scenario in table:
        check(scenario, scenario.hyperparameters)
    kept = _Kept(None if out is None else Path(out), table)
    missing = [scenario for key, scenario in kept.table.items() if key not in kept.done]
    with _bar(len(kept.table), len(kept.done)) as report:
        for key, totals in results(missing, workers, scheduler, rules):
            kept.add(key, totals)
            report(1)
    return kept.finish()


def totals_of(text: str, rules: Rules | None = None) -> tuple[str, Rows]:
    """Run a scenario, given as JSON; returns its id and the rows of its totals. The workers call this function."""
    scenario = Scenario.from_json(text)
    return scenario.id, _records(run(scenario, rules=rules, progress=False).totals)


def _records(frame: pd.DataFrame) -> Rows:
    """Rows of a table, with Python's own numbers."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def results(
    scenarios: Sequence[Scenario], workers: int | None, scheduler: str | None = None, rules: Rules | None = None
) -> Iterator[tuple[str, Rows]]:
    """Run scenarios; yields the id and the rows of the totals of each when it ends, in any order."""
    texts = [scenario.to_json() for scenario in scenarios]
    if scheduler is not None and texts:
        yield from _on_cluster(texts, scheduler, rules)
    else:
        yield from (totals for _, totals in as_they_end(partial(totals_of, rules=rules), texts, workers))


def _hear_greeting(scheduler: str) -> None:
    """Make sure that there is a scheduler at an address: unlike other servers, it sends the first message.

    Dask's own client would wait forever for a server that sends nothing.

    Raises:
        OSError, ValueError: It is not a scheduler of Dask.
    """
    place = urlsplit(scheduler)
    if place.scheme != "tcp" or place.hostname is None or place.port is None:
        return  # the client checks all other addresses
    heard = b""
    with socket.create_connection((place.hostname, place.port), SCHEDULER_SECONDS) as connection:
        while GREETING not in heard:
            part = connection.recv(MOST_GREETING)
            heard += part
            if not part or len(heard) > MOST_GREETING:
                raise ValueError("what answers is not a scheduler of Dask")


def _on_cluster(texts: Sequence[str], scheduler: str, rules: Rules | None) -> Iterator[tuple[str, Rows]]:
    """Run on the workers of a running Dask cluster."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise SweepError("scheduler: Dask is not installed; install it: pip install 'tao-lab[sweeps]'") from None
    try:
        _hear_greeting(scheduler)
        client = Client(scheduler, timeout=SCHEDULER_SECONDS)
    except (OSError, ValueError) as error:
        raise SweepError(
            f"scheduler is {scheduler!r}: nobody answers there ({error}); allowed: tcp://HOST:PORT"
        ) from None
    with client:
        for future in as_completed(client.map(totals_of, texts, rules=rules, pure=False)):
            yield future.result()
            future.release()


@contextmanager
def _bar(total: int, done: int) -> Iterator[Report]:
    from tao_lab.bars import passing_bar  # brings ipywidgets

    with passing_bar(total=total, initial=done, desc="runs", disable=None) as bar:
        yield bar.update


# --- what is kept -----------------------------------------------------------------------------------------------


class _Kept:
    """Results by run, in memory and beside the result's file."""

    def __init__(self, out: Path | None, scenarios: Sequence[Scenario]) -> None:
        self.out = out
        self.table = {scenario.id: scenario for scenario in scenarios}
        self.done: dict[str, Rows] = {}
        if out is None:
            return
        if find_spec("pyarrow") is None:
            raise SweepError("out: pyarrow is not installed; install it: pip install 'tao-lab[sweeps]'")
        if out.is_dir():
            raise SweepError(f"out is {out}, a folder; allowed: a file's name, such as {out / 'runs.parquet'}")
        strange = self._read(out) if out.exists() else 0
        if strange:
            raise SweepError(f"{out} has {strange} runs that are not in this table; name another file, or delete it")
        try:
            self.parts.mkdir(parents=True, exist_ok=True)  # fail now rather than after the first run
        except OSError as error:
            raise SweepError(
                f"out is {out}: nothing can be written there ({error.strerror}); name another file"
            ) from None
        for path in sorted(self.parts.glob("*.parquet")):
            self._read(path)

    @property
    def parts(self) -> Path:
        """Folder of the finished runs."""
        assert self.out is not None
        return self.out.with_name(self.out.name + ".parts")

    def _read(self, path: Path) -> int:
        """Read the runs of a file; returns how many of them the table does not have."""
        import pandas as pd

        from tao_lab.simulate.results import TOTALS

        try:
            frame = pd.read_parquet(path)
            frame = frame[["run", *TOTALS]]
        except (OSError, ValueError, KeyError) as error:
            raise SweepError(f"{path}: not a file of runs ({error}); name another one, or delete it") from None
        found = {str(key): rows for key, rows in frame.groupby("run", sort=False)}
        known = {key: _records(rows.drop(columns="run")) for key, rows in found.items() if key in self.table}
        self.done |= known
        return len(found) - len(known)

    def add(self, key: str, totals: Rows) -> None:
        """Keep one finished run."""
        import pandas as pd

        self.done[key] = totals
        if self.out is not None:
            self._write(pd.DataFrame(totals).assign(run=key), self.parts / f"{key}.parquet")

    def finish(self) -> pd.DataFrame:
        """The table of all runs; if there is a file, also write it."""
        import pandas as pd

        all_parameters = {key: parameters(scenario) for key, scenario in self.table.items()}
        first = next(iter(all_parameters.values()))
        paths = dict.fromkeys(path for each in all_parameters.values() for path in each)
        varied = [
            path
            for path in paths
            if path not in ("name", "seed")
            and any(each.get(path) != first.get(path) for each in all_parameters.values())
        ]
        columns = {path: _one_kind([each.get(path) for each in all_parameters.values()]) for path in varied}
        frames = []
        for place, (key, scenario) in enumerate(self.table.items()):
            about = {"run": key, "scenario": scenario.name, "seed": scenario.seed}
            about |= {path: column[place] for path, column in columns.items()}
            frames += [{**about, **row} for row in self.done[key]]
        frame = pd.DataFrame(frames)
        if self.out is not None:
            self._write(frame, self.out)
            shutil.rmtree(self.parts, ignore_errors=True)
        return frame

    def _write(self, frame: pd.DataFrame, path: Path) -> None:
        """Write a Parquet file completely or not at all: it gets its name when it is finished."""
        unfinished = self.parts / f"{path.name}.unfinished-{os.getpid()}"
        frame.to_parquet(unfinished, index=False)
        unfinished.replace(path)


def _one_kind(values: Sequence[Any]) -> list[Any]:
    """A column for the table: unchanged, or as text if its types are mixed or a number has more than 64 bits."""
    kinds = {type(value) for value in values if value is not None}
    plain = kinds <= {bool} or kinds <= {str} or kinds <= {int, float}
    if plain and all(abs(value) < 1 << 63 for value in values if isinstance(value, int)):
        return list(values)
    return [None if value is None else str(value) for value in values]
