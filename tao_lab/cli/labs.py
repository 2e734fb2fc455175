"""`tao-lab labs`: your own copies of the labs, and the release that they follow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tao_lab.cli.app import app, output
from tao_lab.errors import LabError

if TYPE_CHECKING:
    from tao_lab.work import Outcome, WorkFolder

labs = typer.Typer(
    no_args_is_help=True,
    help="Your own copies of the labs: see their state, update them, start one over.\n\nExample: `tao-lab labs status`",
)
app.add_typer(labs, name="labs")

Work = Annotated[
    Path | None,
    typer.Option(
        "--work",
        envvar="TAO_LAB_WORK",
        help="Folder of your labs; my-labs/ if not given (in your home where the checkout cannot be written).",
    ),
]


@labs.command(epilog="Example: `tao-lab labs status`")
def status(work: Work = None) -> None:
    """Say what you wrote in each lab, and whether an update waits; nothing is changed."""
    from rich.table import Table

    from tao_lab.work import WorkFolder

    folder = WorkFolder(work)
    table = Table("lab", "yours", "release", box=None, pad_edge=False)
    for state in folder.status():
        table.add_row(state.name, state.yours, state.release)
    output.print(table, soft_wrap=False)
    output.print(f"in {folder.path}")


@labs.command(epilog="Example: `git pull`, then `tao-lab labs update`")
def update(work: Work = None) -> None:
    """Take over what is new in the release; what you wrote stays, and each old file is kept.

    `tao-lab lab` does the same when it opens. Exit code 1 means that a notebook could not be updated.
    """
    from tao_lab.work import WorkFolder

    folder = WorkFolder(work)
    with folder.held() as free:
        if not free:
            raise LabError(
                f"{folder.path} is open in JupyterLab, which may write at the same time; end it with Ctrl-C where "
                "`tao-lab lab` runs, and open it again: it updates when it opens, and its kernels run the new code"
            )
        outcomes = folder.update()
    show(folder, outcomes)
    if not outcomes:
        typer.echo(f"{folder.path}: all labs are up to date")
    typer.echo(
        "If a notebook is open elsewhere, restart its kernel (Kernel, Restart Kernel): it still runs the old code."
    )
    if not all(outcome.done for outcome in outcomes):
        raise typer.Exit(1)


@labs.command(epilog="Example: `tao-lab labs reset 06.2` for an exercise, `tao-lab labs reset 06` for a whole lab")
def reset(
    what: Annotated[str, typer.Argument(help="An exercise (06.2), a lab (06) or a page (claims).", show_default=False)],
    work: Work = None,
) -> None:
    """Begin an exercise or a lab again; the notebook as it was is kept."""
    from tao_lab.work import WorkFolder

    folder = WorkFolder(work)
    outcome = folder.reset(what)
    show(folder, [outcome])
    if not outcome.done:
        raise typer.Exit(1)
    if outcome.kept:
        typer.echo("If it is open in JupyterLab: File, Reload Notebook from Disk.")


def show(folder: WorkFolder, outcomes: Sequence[Outcome]) -> None:
    """Print the outcome of each notebook in a line; new notebooks share one line."""
    made = [outcome for outcome in outcomes if outcome.words == "made"]
    if made:
        typer.echo(f"{folder.path}: made {len(made)} of your own copies of the labs")
    for outcome in outcomes:
        if outcome.words != "made":
            typer.echo(f"{folder.path / outcome.name}: {outcome.words}")
        if outcome.kept:
            typer.echo(f"  the old version: {outcome.kept}")
