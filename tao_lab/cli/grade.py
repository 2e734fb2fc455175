"""`tao-lab grade`: marks for what students hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tao_lab.cli.app import app, progress_bars


@app.command(epilog="Example: `tao-lab grade submitted/ --out grades.csv`")
def grade(
    submissions: Annotated[
        Path,
        typer.Argument(
            help="A folder or a zip: nbgrader's submitted/STUDENT/LAB/, a folder a student, Moodle's, or files side by "
            "side.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="The table of marks; the other tables and the pages go beside it.")] = Path(
        "grades.csv"
    ),
    labs: Annotated[
        list[str] | None,
        typer.Option(
            "--lab", help="Number of a lab that counts; may be repeated. All that were handed in, if not given."
        ),
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="TOML or JSON with points of labs and exercises (docs/grading.md).")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="Seed of the cases; a new one for each table if not given. The same seed gives the same cases."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that grade at the same time.")] = 2,
    with_solutions: Annotated[
        bool, typer.Option("--with-solutions", help="Show a solution of each failed exercise on the students' pages.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Grade everything again, also what was graded before.")
    ] = False,
) -> None:
    """Grade notebooks: each answer runs in the sandbox on fresh cases, and is compared outside of it.

    Broken off, the same command goes on where it was. Exit code 1 means that a notebook could not be read.
    """
    from tao_lab.grading import grade_folder

    with progress_bars() as bars:
        task = bars.add_task("making cases", total=None)

        def done(finished: int, of: int, name: str) -> None:
            bars.update(task, completed=finished, total=of, description=name)

        run = grade_folder(
            submissions,
            out,
            labs=labs,
            points=points,
            seed=seed,
            workers=workers,
            with_solutions=with_solutions,
            again=again,
            done=done,
        )
    for words in run.left_out:
        typer.echo(f"left out: {words}", err=True)
    for file in run.files:
        typer.echo(str(file))
    students = run.found.students
    average = sum(student.total for student in students) / max(1, len(students))
    typer.echo(
        f"{len(students)} students, {run.notebooks} notebooks ({run.kept} graded before), "
        f"{average:.1f} of {run.found.best:g} points on average, seed {run.seed}"
    )
    if run.unread:
        raise typer.Exit(1)
