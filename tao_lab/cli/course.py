"""`tao-lab solve`: the labs with their solutions; `tao-lab course`: what students get."""

from __future__ import annotations

from datetime import datetime
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


course = typer.Typer(
    no_args_is_help=True,
    help="For instructors: what students get.\n\nExample: `tao-lab course make --without-solutions ../handout`",
)
app.add_typer(course, name="course")


@course.callback()
def course_options() -> None:
    """For instructors: what students get."""


@course.command("make", epilog="Example: `tao-lab course make --without-solutions ../handout --release release.toml`")
def make(
    folder: Annotated[Path, typer.Argument(help="Folder for the hand-out, outside of the lab.", show_default=False)],
    without_solutions: Annotated[
        bool, typer.Option("--without-solutions", help="Leave solutions out, and seal the texts of mistakes.")
    ] = False,
    labs: Annotated[
        list[str] | None,
        typer.Option("--lab", help="Number of a lab that students get; may be repeated. All if not given."),
    ] = None,
    release: Annotated[
        Path | None, typer.Option(help='TOML with the day of each lab: [release], then "06" = 2026-10-12.')
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day that counts; today if not given.")
    ] = None,
) -> None:
    """Make a copy of the lab for students: no solutions, only the labs that are released.

    Run it again, for example each week, to bring the hand-out up to date.
    """
    from tao_lab.course import handout

    if not without_solutions:
        raise LabError("course make needs --without-solutions; with solutions, hand out the checkout itself")
    made = handout.make(folder, labs=labs or (), release=release, today=on.date() if on else None)
    for number, day in made.later:
        typer.echo(f"lab {number} comes on {day}")
    typer.echo(f"{made.folder}: labs {', '.join(made.labs) or 'none'}, without solutions")
