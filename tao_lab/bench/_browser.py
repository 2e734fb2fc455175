"""A lab's page in a real browser without the internet: for the slider benchmark, the screenshots and the tests.

Servers listen on a free port of this machine and ask for a token. Every request to another host is refused and
recorded.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from tao_lab import servers
from tao_lab.errors import LabError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # No other machine, whether by name or by number. To stop each request here would take longer than many answers.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE ::1",
)
START_SECONDS = 90
# Kernel, numba, Vega and a first paint on a slow machine with other work to do.
PAGE_MS = 120_000
WIDGET_ADDRESS = "http://localhost/widget"  # no server is asked
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Visit:
    """One page and its requests to other hosts.

    Attributes:
        page: a Playwright page.
        refused: addresses that it asked for on other hosts; the page never got them.
        errors: uncaught errors of its JavaScript.
    """

    page: Any
    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def chromium_path() -> str:
    """Path of the system's Chromium.

    Raises:
        LabError: there is none.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise LabError(f"no browser: none of {', '.join(BROWSERS)} is installed; on Debian: apt-get install chromium")


@contextmanager
def open_browser(width: int = 1920, height: int = 1080) -> Iterator[Visit]:
    """A fresh headless Chromium with one page.

    Args:
        width: of the window, px.
        height: of the window, px.

    Raises:
        LabError: Playwright or Chromium is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise LabError("playwright is not installed; run: pip install -e '.[dev]'") from None
    executable = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
            context.set_default_timeout(PAGE_MS)
            visit = Visit(context.new_page())
            context.on("weberror", lambda event: visit.errors.append(str(event.error)))
            context.on("request", lambda request: _note(request.url, visit))
            yield visit
        finally:
            browser.close()


def _note(url: str, visit: Visit) -> None:
    address = urllib.parse.urlsplit(url)
    if address.scheme not in {"data", "blob"} and address.hostname not in LOOPBACK:
        visit.refused.append(url)


@contextmanager
def voila(notebook: Path) -> Iterator[str]:
    """Voila with our template on one notebook, or on a folder of them; gives its address."""
    with served(servers.voila_command(notebook), "--Voila.token") as (address, _):
        yield address


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """JupyterLab on a folder, with settings of its own; gives its address."""
    with TemporaryDirectory() as home:
        own = (
            f"--LabApp.user_settings_dir={home}/settings",
            f"--LabApp.workspaces_dir={home}/workspaces",
            "--LabApp.expose_app_in_browser=True",  # for `run_all_cells`
        )
        with served([*servers.lab_command(folder), *own], "--IdentityProvider.token") as (address, _):
            yield address


def run_all_cells(page: Any) -> None:
    """Run the notebook that JupyterLab shows on a page, once its kernel is there, to the last cell."""
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.sessionContext")
    page.evaluate(
        """async () => {
            const { context } = window.jupyterapp.shell.currentWidget;
            await context.ready;
            await context.sessionContext.ready;
            await window.jupyterapp.commands.execute("notebook:run-all-cells");
        }"""
    )


# A stand-in for the model of ipywidgets: what the page sends is answered by `askPython`.
_MODEL = """async ({ esm, state }) => {
    const listeners = {};
    const model = {
        get: (name) => state[name],
        set: (name, value) => { state[name] = value; },
        on: (event, listener) => { listeners[event] = listener; },
        off: (event) => { delete listeners[event]; },
        save_changes: async () => {
            state._picture = await window.askPython(state._request);
            listeners["change:_picture"]?.();
        },
    };
    const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    await (await import(url)).default.render({ model, el: document.getElementById("here") });
}"""


def show_widget(page: Any, widget: Any) -> None:
    """Show a panel on a fresh Playwright page as Voila would, with this process in place of a kernel.

    It starts no server, so a page can be looked at in many sizes.

    Args:
        page: an empty page.
        widget: a `Panel`; this process answers the page's requests.
    """
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><style>body {{ margin: 0 }} {widget._css}</style>'
    body = '<body data-voila="voila" class="jp-Notebook"><div id="here"></div>'

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        widget._request = request
        return dict(widget._picture)

    page.expose_function("askPython", ask)
    page.route(WIDGET_ADDRESS, lambda route: route.fulfill(content_type="text/html", body=head + body))
    page.goto(WIDGET_ADDRESS)
    state = {name: getattr(widget, name) for name in ("_specs", "_about", "_picture")}
    page.evaluate(_MODEL, {"esm": str(widget._esm), "state": state})
    page.wait_for_selector("[data-painted]:not([aria-busy=true])", state="attached")


@contextmanager
def served(command: list[str], token: str) -> Iterator[tuple[str, int]]:
    """A server on a free port, with a token; gives its address and its process number.

    Args:
        command: of the server.
        token: its option for a token.

    Raises:
        LabError: it did not start.
    """
    port, secret = _free_port(), secrets.token_hex(16)
    command = [*command, f"--port={port}", "--no-browser", f"{token}={secret}"]
    with TemporaryFile("w+") as log:
        server = servers.start(command, log)
        try:
            address = f"http://127.0.0.1:{port}/?token={secret}"
            _wait_for(address, server, log)
            yield address, server.pid
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: IO[str]) -> None:
    """Wait until the port is open; a request for the page itself would start a kernel."""
    port = urllib.parse.urlsplit(address).port
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    log.seek(0)
    raise LabError(f"the server did not start; its last words: {log.read()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
