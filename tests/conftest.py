"""Settings for all tests, and what many of them share: labs that ran once.

Hypothesis is deterministic and does not watch the clock of a busy machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from nbformat import NotebookNode

settings.register_profile("lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lab")

CELL_SECONDS = 600  # a cell that hangs; no measure of speed, for a busy machine takes ten times as long


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """With several processes (`pytest -n 2 --dist loadgroup`) a file stays together: its fixtures are made once.

    A test that names its own `xdist_group` goes its own way: labs take long, and each can run anywhere.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


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
    """`executed(path)` runs a notebook once for all tests and all their processes; `solved="06"` its solved version."""
    # Here, not above: quick tests need none of it.
    import nbformat
    import papermill
    from filelock import FileLock

    from tao_lab.course import solved_notebook

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
