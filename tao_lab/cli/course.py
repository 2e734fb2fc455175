"""`tao-lab solve`: the labs with their solutions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tao_lab import paths
from tao_lab.cli.app import app
from tao_lab.cli.labs import Work
from tao_lab.errors import LabError


@app.command(epilog="Example: `tao-lab solve 06`")
def solve(
    lab: Annotated[str, typer.Argument(help="Number or name of a lab: 06, or 06-yuma-consensus.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Where to write the notebook; solved/ among your labs if not given.")
    ] = None,
    work: Work = None,
) -> None:
    """Write a lab with its solutions filled in, ready to open; your own notebook stays as it is."""
    import nbformat

    from tao_lab.course import solve as solutions

    chosen = solutions.lab(lab)
    path = out or (work or paths.WORK) / "solved" / chosen.notebook.name
    if path.resolve() == chosen.notebook.resolve():
        raise LabError(f"--out {path} is the lab itself; choose another file, so that nobody's work is overwritten")
    notebook = solutions.solved_notebook(chosen.number)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
    except OSError as error:
        raise LabError(f"--out {path}: cannot be written ({error.strerror})") from error
    typer.echo(f"{path}: {chosen.name} with its solutions; open it with tao-lab lab")
