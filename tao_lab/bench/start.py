"""How long the lab takes to start: processor time of fresh processes, as ratios to `import bittensor`."""

from __future__ import annotations

import ast
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tao_lab import paths

PEER = "import bittensor"
FIRST_LAB = "00-start-here.ipynb"


@dataclass(frozen=True)
class Start:
    """One way to start the lab.

    Attributes:
        name: for a reader.
        arguments: of Python.
        limit: times the processor time of `import bittensor` that it may take.
    """

    name: str
    arguments: tuple[str, ...]
    limit: float


@dataclass(frozen=True)
class Timing:
    """What a start took.

    Attributes:
        start: which one.
        seconds: of a processor, the median of all rounds.
        ratio: to `import bittensor`, the median of all rounds.
    """

    start: Start
    seconds: float
    ratio: float


def starts() -> tuple[Start, ...]:
    """The starts to measure. Two limits are aims: half a second more than bittensor, and a second for `verify`.

    The other limits are a quarter above the values that were measured on two cores.
    """
    cli = ("-m", "tao_lab.cli")
    vectors = paths.DATASETS / "vectors"
    return (
        Start("import tao_lab", ("-c", "import tao_lab"), 0.2),
        Start("from tao_lab import Network", ("-c", "from tao_lab import Network"), 1.8),
        Start("imports of lab 00's first cell", ("-c", first_imports()), 3.0),
        Start("first chart", ("-c", "from tao_lab.views import lines_chart"), 1.6),
        Start("tao-lab verify swap.json", (*cli, "verify", str(vectors / "swap.json")), 1.4),
        Start("tao-lab verify normalize_weights.json", (*cli, "verify", str(vectors / "normalize_weights.json")), 1.4),
        Start("tao-lab --help", (*cli, "--help"), 0.65),
        Start("tao-lab verify --help", (*cli, "verify", "--help"), 0.8),
    )


def first_imports() -> str:
    """The import statements of lab 00's first cell."""
    import nbformat

    cells = nbformat.read(paths.LABS / FIRST_LAB, as_version=4).cells
    source = next(cell.source for cell in cells if cell.cell_type == "code")
    imports = [node for node in ast.parse(source).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join(map(ast.unparse, imports))


def measure(rounds: int, progress: Callable[[], Any] = lambda: None) -> tuple[float, list[Timing]]:
    """Seconds of `import bittensor`, and each start. The peer runs in every round, so that a busy machine slows both.

    Args:
        rounds: measured ones; one more before them fills the caches.
        progress: is called after each round.
    """
    peer, taken = [], []
    for number in range(rounds + 1):
        seconds = processor_seconds("-c", PEER), [processor_seconds(*start.arguments) for start in starts()]
        if number:
            peer.append(seconds[0])
            taken.append(seconds[1])
        progress()
    timings = []
    for start, column in zip(starts(), zip(*taken, strict=True), strict=True):
        ratios = [seconds / whole for seconds, whole in zip(column, peer, strict=True)]
        timings.append(Timing(start, statistics.median(column), statistics.median(ratios)))
    return statistics.median(peer), timings


def processor_seconds(*arguments: str) -> float:
    """Seconds of a processor that a fresh Python takes.

    Raises:
        CalledProcessError: it failed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
