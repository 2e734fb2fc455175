"""The application of the command line, its two consoles, and how errors are shown."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tao_lab import RULES_AS_OF, __version__
from tao_lab.errors import LabError

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

app = typer.Typer(
    name="tao-lab",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="An interactive lab about Bittensor.\n\nStart with `tao-lab lab`.",
)
bench = typer.Typer(no_args_is_help=True, help="Measure speed, as ratios to a peer or a limit in the same run.")
app.add_typer(bench, name="bench")

output = Console(highlight=False, soft_wrap=True)
messages = Console(stderr=True, highlight=False, soft_wrap=True)
DEBUG = "--debug"


def progress_bars(*columns: str | ProgressColumn) -> Progress:
    """Progress bars on the terminal that disappear at the end; none if messages go to a file."""
    from rich.progress import Progress

    return Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tao-lab {__version__}, rules of {RULES_AS_OF}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show the whole traceback of an error.")] = False,
) -> None:
    """What holds for every command."""


def main() -> None:
    """Entry point: an error becomes one line and an exit code; `--debug` anywhere shows its traceback."""
    arguments = sys.argv[1:]
    debug = DEBUG in arguments
    try:
        app([argument for argument in arguments if argument != DEBUG])
    except LabError as error:
        _report(error, debug, str(error))
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 - the last line of defence between a person and a traceback
        _report(error, debug, f"unexpected {type(error).__name__}: {error} (run again with {DEBUG} and report it)")
        sys.exit(1)


def _report(error: Exception, debug: bool, line: str) -> None:
    if debug:
        traceback.print_exception(error)
    typer.echo(f"tao-lab: {' '.join(line.split())}", err=True)
