"""Notebooks as they run, kept until they or the library change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import papermill

from tao_lab import paths, stills
from tao_lab.bars import passing_bar
from tao_lab.course import solve

CELL_SECONDS = 600  # a cell that hangs
PARTS = ("tao_lab", "datasets")  # what a notebook's outputs depend on, beside itself


def pages() -> tuple[Path, ...]:
    """Every notebook that is a page of the site, in order: the labs, then the pages beside them."""
    return tuple(lab.notebook for lab in solve.labs()) + tuple(sorted((paths.LABS / "pages").glob("*.ipynb")))


def run_all(kept: Path, *, solved: bool = False) -> dict[Path, Path]:
    """Run every notebook that has no fresh copy.

    Args:
        kept: folder of the copies.
        solved: whether the exercises are filled in with their solutions.

    Returns:
        The copy with outputs, by notebook.

    Raises:
        papermill.PapermillExecutionError: a cell failed.
    """
    kept.mkdir(parents=True, exist_ok=True)
    state = _fingerprint(file for part in PARTS for file in sorted((paths.ROOT / part).rglob("*")))
    found = {}
    with passing_bar(pages(), desc="Running the labs", unit="lab") as bar:
        for notebook in bar:
            fresh = hashlib.sha256(state + notebook.read_bytes()).hexdigest()[:16]
            copy = kept / f"{notebook.stem}-{'solved' if solved else 'shipped'}-{fresh}.ipynb"
            if not copy.exists():
                for old in kept.glob(f"{notebook.stem}-{'solved' if solved else 'shipped'}-*.ipynb"):
                    old.unlink()
                run(_source(notebook, solved), copy)
            found[notebook] = copy
    return found


def run(notebook: nbformat.NotebookNode, copy: Path) -> None:
    """Run a notebook in an empty folder, and write it with its outputs and its charts as data."""
    with TemporaryDirectory() as folder, _keeping_charts():
        source, part = Path(folder) / "lab.ipynb", Path(folder) / "ran.ipynb"
        nbformat.write(notebook, source)
        papermill.execute_notebook(
            str(source),
            str(part),
            cwd=folder,
            kernel_name="python3",
            progress_bar=False,
            execution_timeout=CELL_SECONDS,
        )
        copy.write_bytes(part.read_bytes())


def _source(notebook: Path, solved: bool) -> nbformat.NotebookNode:
    if solved and notebook.parent == paths.LABS:
        return solve.solved_notebook(notebook.stem)
    return nbformat.read(notebook, as_version=4)


@contextmanager
def _keeping_charts() -> Iterator[None]:
    before = os.environ.get(stills.KEEP_CHARTS)
    os.environ[stills.KEEP_CHARTS] = "1"
    try:
        yield
    finally:
        del os.environ[stills.KEEP_CHARTS]
        if before is not None:
            os.environ[stills.KEEP_CHARTS] = before


def _fingerprint(files: Iterator[Path] | Sequence[Path]) -> bytes:
    """Of the contents of files; what Python writes beside them does not count."""
    state = hashlib.sha256()
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            state.update(str(file.relative_to(paths.ROOT)).encode() + hashlib.sha256(file.read_bytes()).digest())
    return state.digest()
