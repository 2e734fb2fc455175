"""`tao-lab lab`, `present`, `node`: servers that run until Ctrl-C."""

from __future__ import annotations

import os
import ssl
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from tao_lab import headings, servers
from tao_lab.cli.app import app
from tao_lab.cli.labs import Work, show
from tao_lab.errors import LabError
from tao_lab.interrupts import asked_to_end
from tao_lab.paths import WATCHED_CLASS, WITHOUT_SOLUTIONS
from tao_lab.units import BLOCK_SECONDS, FASTEST_SECONDS, RAO_PER_TAO, SLOWEST_SECONDS

if TYPE_CHECKING:
    from tao_lab.classroom.host import Place
    from tao_lab.network import Network

OWN_ADDRESSES = ("127.0.0.1", "localhost", "::1")
TOKEN_BYTES = 12
DEV_SECONDS = 0.25  # between blocks, as in a node built with `fast-runtime`
START_HERE = "start.ipynb"  # the map of the course


@app.command(epilog="Example: `tao-lab lab --port 8890`, `tao-lab lab --work ~/my-labs`")
def lab(
    work: Work = None,
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="Port on this machine; the next free one is taken.")
    ] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser (where there is a display).")] = True,
    without_solutions: Annotated[
        bool,
        typer.Option(
            "--without-solutions",
            envvar=WITHOUT_SOLUTIONS,
            help="For students: list no solutions, and let `tao-lab solve` write none.",
        ),
    ] = False,
) -> None:
    """Open JupyterLab at your own copies of the labs, on this machine only.

    They are made the first time and brought up to date later, without a change to what you wrote. The first time it
    opens the map of the course, `start.ipynb`, later what you had open. Without a display the command prints the
    address.
    """
    from tao_lab.work import WorkFolder

    if without_solutions:
        os.environ[WITHOUT_SOLUTIONS] = "1"
    folder = WorkFolder(work)
    first = START_HERE if folder.is_new else ""
    with folder.held() as free:
        if free:
            show(folder, folder.update())
        else:
            typer.echo(
                f"{folder.path} is open in another JupyterLab already; updates wait until that has ended. "
                "After `git pull`, restart the kernels there (Kernel, Restart Kernel): they run the old code"
            )
        _serve(servers.lab_command(folder.path, first), port, browser)


VoilaPort = Annotated[int, typer.Option(min=1024, max=65535, help="Port on this machine; the next free one is taken.")]
Readers = Annotated[
    int | None,
    typer.Option(
        min=1, max=10_000, help="People who may have a page open at once; by default as many as fit into memory."
    ),
]
Browser = Annotated[bool, typer.Option(help="Open a browser (where there is a display).")]


@app.command(
    epilog="Example: `tao-lab present`, `tao-lab present consensus`, `tao-lab present --readers 40`, "
    "`tao-lab present network --class ws://192.168.1.5:9944/K7QM2FXA`"
)
def present(
    name: Annotated[
        str | None, typer.Argument(help="A dashboard, for example consensus; without one, the start page.")
    ] = None,
    readers: Readers = None,
    class_: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="ADDRESS",
            help="Address of a class's node with the class's code behind it: the dashboards of a running network and "
            "of the leaderboard then show that class.",
        ),
    ] = None,
    port: VoilaPort = 8866,
    browser: Browser = True,
) -> None:
    """Show dashboards to a class, on this machine only.

    The start page lists all of them. In a dashboard, → and ← or a presenter's remote tell its story, and n shows the
    notes for the speaker. Without a display the command prints the address. Beyond the number of readers, a page asks
    its reader to wait, and opens when there is a place.
    """
    names = [each.name for each in headings.dashboards()]
    if name is not None and name not in names:
        raise LabError(f"no dashboard {name!r}; there are {', '.join(names)}")
    if class_ is not None:
        _watch(class_)
    if name is None:
        _serve(servers.voila_command(readers=readers), port, browser)
    free = servers.free_port(port)
    address = f"http://127.0.0.1:{free}/voila/render/{name}.ipynb"
    typer.echo(f"{name}: {address}")
    if browser and _has_display():
        servers.open_when_ready(address)
    _serve(servers.voila_command(readers=readers), free, browser=False)


def _watch(url: str) -> None:
    """Let dashboards show a class.

    Raises:
        LabError: There is no class at this address.
    """
    from contextlib import closing

    from tao_lab.node.remote import Connection, Refused

    wanted = "--class wants the address of a class's node and its code, such as ws://192.168.1.5:9944/K7QM2FXA"
    if urlsplit(url).scheme not in ("ws", "wss") or not urlsplit(url).netloc:
        raise LabError(f"{wanted}; it is {url!r}")
    try:
        with closing(Connection(url)) as connection:
            connection.ask("lab_class")
    except Refused as error:
        raise LabError(f"{wanted}. From {url} comes: {error}") from None
    os.environ[WATCHED_CLASS] = url


@app.command(epilog="Example: `tao-lab dashboards`")
def dashboards(readers: Readers = None, port: VoilaPort = 8866, browser: Browser = True) -> None:
    """The same as `tao-lab present`: the start page of the dashboards."""
    _serve(servers.voila_command(readers=readers), port, browser)


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
        bool, typer.Option("--instant", help="No timed blocks: each extrinsic makes one at once.")
    ] = False,
    dev: Annotated[
        bool,
        typer.Option(
            "--dev", help="//Alice, //Bob, … have 1,000,000 τ each, //Alice is root, `fund` works; fast blocks."
        ),
    ] = False,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="A web page that may connect, such as https://polkadot.js.org; may be repeated."),
    ] = None,
    report_subnet: Annotated[
        bool, typer.Option("--report-subnet", help="Make subnet 171 with the numbers of the report behind the course.")
    ] = False,
    class_: Annotated[
        bool, typer.Option("--class", help="A class: a code to join, a faucet, the instructor's page and projector.")
    ] = False,
    title: Annotated[str, typer.Option(help="With --class: what the class is called.")] = "TAO Lab",
    grant: Annotated[float, typer.Option(min=0, max=10_000, help="With --class: τ for each student who joins.")] = 100,
    page_port: Annotated[
        int, typer.Option(min=0, max=65535, help="With --class: port of the instructor's page, on this machine only.")
    ] = 9955,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 opens the node to the network, with a token.")
    ] = "127.0.0.1",
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate (PEM): the node speaks TLS, and its address begins with wss.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's private key (PEM).")] = None,
) -> None:
    """Run a chain that `btcli` and the SDK can use, on this machine only unless told otherwise, until Ctrl-C."""
    import secrets
    from contextlib import nullcontext

    from tao_lab.chain.genesis import dev_genesis
    from tao_lab.classroom.host import Place
    from tao_lab.network import Network
    from tao_lab.node.faucet import Faucet
    from tao_lab.node.producer import Producer
    from tao_lab.node.server import Server

    if instant and block_seconds is not None:
        raise LabError("--instant and --block-seconds are both given; blocks come by time or with extrinsics")
    tls = _tls(certificate, key)
    if host not in OWN_ADDRESSES:
        typer.echo(f"warning: {host} opens the node to other machines; anyone with the code can use it", err=True)
    if class_:
        if instant or dev or report_subnet:
            raise LabError("--class cannot be combined with --instant, --dev or --report-subnet")
        _run_class(file, title, grant, block_seconds, Place(host, port, tls), page_port)
        return
    origins = tuple(allow_origin or ())
    token = None if host in OWN_ADDRESSES else secrets.token_urlsafe(TOKEN_BYTES)
    seconds = None if instant else block_seconds or (DEV_SECONDS if dev else BLOCK_SECONDS)
    with asked_to_end() as stop, Network(file, genesis=dev_genesis() if dev else None) as net:
        if dev and net.chain.state.get("Sudo", "Key") != dev_genesis().sudo:
            raise LabError(
                f"{file} was started without --dev: //Alice isn't its root; leave --dev out, or start another"
            )
        if report_subnet:
            net.report_subnet()
        net.node.instant = instant
        net.node.faucet = Faucet(net.chain) if dev else None
        blocks = nullcontext() if seconds is None else Producer(net.chain, seconds)
        with Server(net.node, port=port, host=host, origins=origins, token=token, tls=tls) as server, blocks:
            url = server.url if token is None else f"{server.url}/{token}"
            typer.echo(_node_line(url, net, seconds))
            stop.wait()
        typer.echo(f"closed at block {net.block_number:,}")


def _run_class(
    file: Path | None,
    title: str,
    grant: float,
    seconds: float | None,
    place: Place,
    page_port: int,
) -> None:
    """Run a class until Ctrl-C. If the file has a class, it continues with its code, students and settings."""
    from tao_lab.classroom.host import ClassHost, kept_terms
    from tao_lab.classroom.pages import Pages
    from tao_lab.classroom.roster import Terms

    if file is None:
        raise LabError("a class needs a file that keeps it: tao-lab node class.db --class")
    kept = kept_terms(file)
    terms = kept or Terms(title=title, grant=round(grant * RAO_PER_TAO))
    if seconds is not None:
        terms = replace(terms, block_seconds=seconds)
    with asked_to_end() as stop, ClassHost(file, terms, place) as host, Pages(host, port=page_port) as pages:
        begun = "goes on" if kept else "begins"
        typer.echo(f"the class {terms.title!r} {begun} at block {host.net.block_number:,}, kept in {host.file}")
        typer.echo(f"students join with the code {terms.code} at {host.server.url}")
        typer.echo(f"your page, with the projector's view: {pages.url}")
        stop.wait()
        typer.echo(f"closed at block {host.net.block_number:,}")


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """The node's TLS settings, if a certificate is given.

    Raises:
        LabError: One of the two files is missing, or they don't fit together.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise LabError("--certificate and --key go together")
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        found.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise LabError(f"{certificate} and {key} are not a certificate and its key in PEM ({error})") from None
    return found


def _node_line(url: str, net: Network, seconds: float | None) -> str:
    """The text that a node prints when it is ready."""
    pace = "a block for each extrinsic" if seconds is None else f"a block every {seconds:g} s"
    return f"{url} at block {net.block_number:,}, {pace}; wallets are in {net.wallets}"


def _serve(command: list[str], port: int, browser: bool) -> NoReturn:
    if not browser or not _has_display():
        command = [*command, "--no-browser"]
    raise typer.Exit(servers.run([*command, f"--port={port}"]))


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
