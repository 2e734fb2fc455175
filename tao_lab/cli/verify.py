"""`tao-lab verify`: the library, or a student's file, against exact numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tao_lab.cli.app import app, progress_bars


@app.command(epilog="Example: `tao-lab verify datasets/vectors/epoch.json --rules student.py`")
def verify(
    file: Annotated[Path, typer.Argument(help="A vector file (JSON; format in docs/vectors.md).", show_default=False)],
    rules: Annotated[
        Path | None, typer.Option(help="A Python file whose functions run in place of the library's, in the sandbox.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one call of a function in --rules.")] = 10.0,
) -> None:
    """Run exact test vectors; a line for each that fails, then `N passed, M failed`."""
    from tao_lab import paths, vectors

    # a terminal in JupyterLab begins in the student's folder, but the labs name files of the checkout
    beside = paths.ROOT / file
    loaded = vectors.load(beside if beside.exists() and not file.exists() else file)
    with progress_bars() as progress:
        task = progress.add_task(f"{loaded.kind.name} vectors", total=len(loaded.vectors))
        report = vectors.verify(loaded, rules, timeout, lambda _: progress.advance(task))
    if report.printed:
        typer.echo(report.printed, err=True)
    if report.notice:
        typer.echo(report.notice)
    for failure in report.failures:
        typer.echo(str(failure))
    typer.echo(str(report))
    if report.failures:
        raise typer.Exit(1)
