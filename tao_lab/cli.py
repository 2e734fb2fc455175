"""`tao-lab`: the lab from the command line.

Exit codes: 0 all is well, 1 something was tested and failed, 2 the request cannot be carried out as given.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tao_lab import __version__, paths, servers
from tao_lab.errors import LabError

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


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tao-lab {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show the whole traceback of an error.")] = False,
) -> None:
    """What holds for every command."""


@app.command(epilog="Example: `tao-lab verify datasets/vectors/epoch.json --rules student.py`")
def verify(
    file: Annotated[Path, typer.Argument(help="A vector file (JSON; format in docs/vectors.md).", show_default=False)],
    rules: Annotated[
        Path | None, typer.Option(help="A Python file whose functions run in place of the library's.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one call of a function in --rules.")] = 10.0,
) -> None:
    """Run exact test vectors; a line for each that fails, then `N passed, M failed`."""
    from tao_lab import vectors

    loaded = vectors.load(file)
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task(f"{loaded.kind.name} vectors", total=len(loaded.vectors))
        report = vectors.verify(loaded, rules, timeout, lambda _: progress.advance(task))
    for failure in report.failures:
        typer.echo(str(failure))
    typer.echo(str(report))
    if report.failures:
        raise typer.Exit(1)


@bench.command("consensus", epilog="Example: `tao-lab bench consensus`")
def bench_consensus() -> None:
    """Exact epoch against a vectorized float32 epoch in torch, with a sort-based median."""
    from tao_lab.bench import consensus, machine

    table = Table("validators × miners", "exact ms", "torch ms", "ratio", "at most", "largest difference of incentive")
    timings = []
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task("epochs", total=len(consensus.SIZES))
        for size in consensus.SIZES:
            timings.append(consensus.measure(*size))
            progress.advance(task)
    for t in timings:
        limit = "" if t.limit is None else f"{t.limit:.2f}"
        row = (f"{t.exact * 1e3:.2f}", f"{t.torch * 1e3:.2f}", f"{t.ratio:.2f}", limit, f"{t.largest_difference:.1e}")
        table.add_row(f"{t.validators}×{t.miners}", *row)
    output.print(table)
    typer.echo(f"peak memory {consensus.peak_memory():.0f} MiB (torch and numba loaded); {machine.describe()}")
    over = [t for t in timings if t.limit is not None and t.ratio > t.limit]
    ratios = ", ".join(f"{t.validators}x{t.miners}: {t.ratio:.2f}" for t in timings)
    typer.echo(f"ratios exact/torch {ratios} ({'over the limit' if over else 'within the limits'})")
    if over:
        raise typer.Exit(1)


@bench.command("slider", epilog="Example: `tao-lab bench slider --changes 60`")
def bench_slider(
    changes: Annotated[int, typer.Option(min=2, max=10_000, help="Movements of the slider to measure.")] = 60,
) -> None:
    """From a slider's movement to the repainted charts, in a headless Chromium."""
    from tao_lab.bench import slider

    if not slider.run(changes):
        raise typer.Exit(1)


@bench.command("chain", epilog="Example: `tao-lab bench chain --blocks 20000`")
def bench_chain(
    blocks: Annotated[int, typer.Option(min=2_000, help="Height that is compared with block 1,000.")] = 100_000,
) -> None:
    """Signed extrinsics against bare sr25519 verification, and a block's cost against the height."""
    from tao_lab.bench import chain, machine

    extrinsics = chain.measure_extrinsics()
    height = chain.measure_height(blocks)
    speeds = f"{1 / extrinsics.whole:,.0f} a second, bare verification {1 / extrinsics.bare:,.0f} a second"
    typer.echo(f"signed extrinsics: {speeds}: ratio {extrinsics.ratio:.3f} (at least {chain.LEAST_RATIO})")
    costs = f"{height.seconds_high * 1e6:.0f} µs, at {height.low:,} {height.seconds_low * 1e6:.0f} µs"
    typer.echo(f"empty block at {height.high:,}: {costs}: ratio {height.growth:.2f} (at most {chain.MOST_GROWTH})")
    typer.echo(f"{height.bytes_per_block:.0f} bytes on disk for an empty block; {machine.describe()}")
    if extrinsics.ratio < chain.LEAST_RATIO or height.growth > chain.MOST_GROWTH:
        raise typer.Exit(1)


@app.command(epilog="Example: `tao-lab lab --port 8890`")
def lab(
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="Port on this machine; the next free one is taken.")
    ] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser (where there is a display).")] = True,
) -> None:
    """Open JupyterLab at the labs, on this machine only; without a display it prints the address."""
    _serve(servers.lab_command(), port, browser)


@app.command(epilog="Example: `tao-lab dashboards`")
def dashboards(
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="Port on this machine; the next free one is taken.")
    ] = 8866,
    browser: Annotated[bool, typer.Option(help="Open a browser (where there is a display).")] = True,
) -> None:
    """Open the instructor's dashboards with Voila, on this machine only."""
    _serve(servers.voila_command(), port, browser)


@app.command(
    epilog="Example: `tao-lab node class.db --port 9944`, then `btcli subnets list --network ws://127.0.0.1:9944`"
)
def node(
    file: Annotated[Path | None, typer.Argument(help="File that keeps the chain; in memory without one.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 9944,
    block_seconds: Annotated[
        float | None, typer.Option(min=0.05, help="A block every so often; without it, one for each extrinsic.")
    ] = None,
) -> None:
    """Run a chain that `btcli` and the SDK can use, on this machine only, until Ctrl-C."""
    import signal
    import threading

    from tao_lab.network import Network

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with Network(file) as net, net.serve(port=port) as server:
        net.node.instant = block_seconds is None
        typer.echo(f"{server.url} at block {net.block_number:,}; wallets are in {net.wallets}")
        while not stop.wait(block_seconds):
            net.run(blocks=1)
        typer.echo(f"closed at block {net.block_number:,}")


@app.command(epilog="Example: `tao-lab solve 06`")
def solve(
    lab: Annotated[str, typer.Argument(help="Number or name of a lab: 06, or 06-yuma-consensus.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Where to write the notebook; labs/solved/ if not given.")] = None,
) -> None:
    """Write a lab with its solutions filled in, ready to open; your own notebook stays as it is."""
    import nbformat

    from tao_lab.course import solve as solutions

    chosen = solutions.lab(lab)
    path = out or paths.LABS / "solved" / chosen.notebook.name
    if path.resolve() == chosen.notebook.resolve():
        raise LabError(f"--out {path} is the lab itself; choose another file, so that nobody's work is overwritten")
    notebook = solutions.solved_notebook(chosen.number)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
    except OSError as error:
        raise LabError(f"--out {path}: cannot be written ({error.strerror})") from error
    typer.echo(f"{path}: {chosen.name} with its solutions; open it with tao-lab lab")


def _serve(command: list[str], port: int, browser: bool) -> None:
    if not browser or not _has_display():
        command = [*command, "--no-browser"]
    try:
        server = subprocess.run([*command, f"--port={port}"], env=servers.environment(), check=False)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    raise typer.Exit(server.returncode)


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


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


if __name__ == "__main__":
    main()
