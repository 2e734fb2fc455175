"""Settings for all tests, and what many of them share: labs that ran once.

Hypothesis is deterministic and does not watch the clock of a busy machine. A test module does no work while it is
collected.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from nbformat import NotebookNode

settings.register_profile("lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lab")

# The tests start hundreds of processes, and each would compile the lab and the tests again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell starts what runs in the background with Ctrl-C switched off; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    """Folders are read in order: pytest 9.1 loses the fixtures of one that it enters a second time."""
    config.args.sort()


# What a test needs to begin with: another process, a connection, a chain (every chain opens a database).
WORK = {"subprocess.Popen", "os.fork", "os.posix_spawn", "socket.bind", "socket.connect", "sqlite3.connect"}


class _Collecting:
    """Whether pytest is reading the test modules at the moment."""

    now = False


def _refuse_work(event, _):
    if _Collecting.now and event in WORK:
        raise RuntimeError(
            f"{event} while tests are collected: a test module must not work at import, for its failure would stop the "
            "whole suite; make a fixture or a cached function of it"
        )


sys.addaudithook(_refuse_work)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    _Collecting.now = True
    try:
        return (yield)
    finally:
        _Collecting.now = False


CELL_SECONDS = 600  # a cell that hangs; no measure of speed, for a busy machine takes ten times as long


@pytest.hookimpl(wrapper=True, tryfirst=True)  # a wrapper comes before xdist's own hook, which reads the marks
def pytest_collection_modifyitems(items):
    """With several processes (`pytest -n 2 --dist loadgroup`) a file stays together: its fixtures are made once.

    A test that names its own `xdist_group` goes its own way: labs take long, and each can run anywhere.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    return (yield)


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs, and the folder in which it ran."""

    notebook: NotebookNode
    folder: Path

    def checks(self):
        """Text of each check's output, by exercise."""
        found = {}
        for cell in self.notebook.cells:
            if "check" in cell.metadata.get("tags", []):
                exercise = next(tag for tag in cell.metadata.tags if tag != "check")
                found[exercise] = cell.outputs[-1].data["text/plain"]
        return found


@pytest.fixture(scope="session")
def executed(tmp_path_factory):
    """`executed(path)` runs a notebook once for all tests and all their processes; `solved="06"` its solved version.

    A shipped lab runs with the language model, a solved one without, as on a machine that never fetched it.
    """
    # Here, not above: quick tests need none of it.
    import nbformat
    import papermill
    from filelock import FileLock

    from tao_lab.course import solved_notebook
    from tao_lab.stills import KEEP_CHARTS

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def run(path, solved=None):
        folder = shared / f"executed-{path.stem}{'-solved' if solved else ''}"
        done = folder / "done.ipynb"
        with FileLock(f"{folder}.lock"):
            if not done.exists():
                folder.mkdir(exist_ok=True)
                notebook = solved_notebook(solved) if solved else nbformat.read(path, as_version=4)
                nbformat.write(notebook, folder / "lab.ipynb")
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv(KEEP_CHARTS, "1")  # the site is made of these
                    if solved:
                        patch.setenv("TAO_LAB_CACHE", str(folder / "empty"))
                    papermill.execute_notebook(
                        str(folder / "lab.ipynb"),
                        str(folder / "running.ipynb"),
                        cwd=str(folder),
                        kernel_name="python3",
                        progress_bar=False,
                        execution_timeout=CELL_SECONDS,
                    )
                (folder / "running.ipynb").rename(done)
        return Executed(nbformat.read(done, as_version=4), folder)

    return run
