"""`tao-lab lab`, `dashboards`, `node`: what stays open until Ctrl-C."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tao_lab import servers
from tao_lab.cli.app import app
from tao_lab.cli.labs import Work, show
from tao_lab.errors import LabError
from tao_lab.node.producer import FASTEST_SECONDS, SLOWEST_SECONDS, Producer
from tao_lab.units import BLOCK_SECONDS

if TYPE_CHECKING:
    from tao_lab.network import Network

DEV_SECONDS = 0.25  # between blocks, as in a node built with `fast-runtime`
START_HERE = "00-start-here.ipynb"


@app.command(epilog="Example: `tao-lab lab --port 8890`, `tao-lab lab --work ~/my-labs`")
def lab(
    work: Work = None,
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="Port on this machine; the next free one is taken.")
    ] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser (where there is a display).")] = True,
) -> None:
    """Open JupyterLab at your own copies of the labs, on this machine only.

    They are made the first time and brought up to date later, without a change to what you wrote. Without a display
    the command prints the address.
    """
    from tao_lab.work import WorkFolder

    folder = WorkFolder(work)
    first = START_HERE if folder.is_new else ""
    with folder.held() as free:
        if free:
            show(folder, folder.update())
        else:
            typer.echo(f"{folder.path} is open in another JupyterLab already; updates wait until that has ended")
        _serve(servers.lab_command(folder.path, first), port, browser)


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
        float | None,
        typer.Option(
            min=FASTEST_SECONDS,
            max=SLOWEST_SECONDS,
            help="Seconds between blocks; by default 12, as on the real network, and 0.25 with --dev.",
        ),
    ] = None,
    instant: Annotated[
        bool, typer.Option("--instant", help="No blocks by time: each extrinsic makes one at once.")
    ] = False,
    dev: Annotated[
        bool,
        typer.Option("--dev", help="//Alice, //Bob, … have 1,000,000 τ each, and //Alice is root; blocks are fast."),
    ] = False,
    report_subnet: Annotated[
        bool, typer.Option("--report-subnet", help="Make subnet 171 with the numbers of the report behind the course.")
    ] = False,
) -> None:
    """Run a chain that `btcli` and the SDK can use, on this machine only, until Ctrl-C."""
    import signal
    import threading
    from contextlib import nullcontext

    from tao_lab.chain.genesis import dev_genesis
    from tao_lab.network import Network

    if instant and block_seconds is not None:
        raise LabError("--instant and --block-seconds are both given; blocks come by time or with extrinsics")
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    seconds = None if instant else block_seconds or (DEV_SECONDS if dev else BLOCK_SECONDS)
    with Network(file, genesis=dev_genesis() if dev else None) as net:
        if dev and net.chain.state.get("Sudo", "Key") != dev_genesis().sudo:
            raise LabError(f"{file} was begun without --dev: //Alice isn't its root; leave --dev out, or begin another")
        if report_subnet:
            net.report_subnet()
        net.node.instant = instant
        blocks = nullcontext() if seconds is None else Producer(net.chain, seconds)
        with net.serve(port=port) as server, blocks:
            typer.echo(_node_line(server.url, net, seconds))
            stop.wait()
        typer.echo(f"closed at block {net.block_number:,}")


def _node_line(url: str, net: Network, seconds: float | None) -> str:
    """What a node says when it is ready."""
    pace = "a block for each extrinsic" if seconds is None else f"a block every {seconds:g} s"
    return f"{url} at block {net.block_number:,}, {pace}; wallets are in {net.wallets}"


def _serve(command: list[str], port: int, browser: bool) -> None:
    if not browser or not _has_display():
        command = [*command, "--no-browser"]
    raise typer.Exit(servers.run([*command, f"--port={port}"]))


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
