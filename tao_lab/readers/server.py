"""Voila for a room: pages that have already run, forked kernels, and a limit for the number of readers.

If the system cannot fork (Windows, macOS), kernels start as in Voila; their end and the limit are the same.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, authenticated
from traitlets import Instance, Integer, default
from voila.app import Voila
from voila.notebook_renderer import NotebookRenderer
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import get_page_config

from tao_lab.errors import LabError
from tao_lab.prompt_connection import PromptConnection
from tao_lab.readers import dashboard, limit
from tao_lab.readers.forking import CAN_FORK, VOILA, Nursery, Page
from tao_lab.readers.kernels import Readers

KERNEL_ID = "00000000-0000-0000-0000-000000000000"  # in a stored page, replaced by the id of a reader's kernel
TEMPLATE = "tao-lab"  # the one that has dashboards
LOOK_SECONDS = 2  # between two checks for readers that have left
RETRY_SECONDS = 10  # after which a reader without a place tries again
SIGNING_IN = {"token"}  # arguments of an address that a page does not read


class KeptRenderer(NotebookRenderer):  # type: ignore[misc]
    """Makes a page of a notebook from existing outputs, for any kernel that has run it."""

    outputs: Sequence[Any] = ()  # of each code cell, in nbformat

    async def _jinja_kernel_start(self, nb: Any, kernel_id: Any, kernel_future: Any) -> str:
        return KERNEL_ID

    async def _jinja_notebook_execute(self, nb: Any, kernel_id: Any) -> None:
        nb.cells = [cell async for cell in self._jinja_cell_generator(nb, kernel_id)]

    async def _jinja_cell_generator(self, nb: Any, kernel_id: Any) -> Any:
        import nbformat

        outputs = iter(self.outputs)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = nbformat.from_dict(next(outputs, []))
            yield cell


@dataclass(frozen=True)
class Kept:
    """A page that has run.

    Attributes:
        page: the process that forks its kernels.
        html: the page with `KERNEL_ID` in it; empty for a dashboard.
        stage: what a dashboard shows; None for any other page.
    """

    page: Page
    html: str
    stage: dict[str, Any] | None


class Pages:
    """The pages that have already run, each with the process that forks its kernels."""

    def __init__(self, app: Room, nursery: Nursery) -> None:
        self._app = app
        self._nursery = nursery
        self._running: dict[str, asyncio.Task[Kept | None]] = {}
        self._dashboards: dict[str, dashboard.Parts] = {}
        self._warming: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self, notebook: str) -> Kept | None:
        """A page that has run; None if it runs again for each reader.

        Args:
            notebook: path from the server's folder.
        """
        if notebook not in self._running:
            self._running[notebook] = asyncio.create_task(self._run(notebook))
        return await asyncio.shield(self._running[notebook])

    def parts(self, notebook: str) -> dashboard.Parts | None:
        """The parts of a dashboard's page; before it has run, of one that the lab brings; None for any other page."""
        running = self._running.get(notebook)
        if running is not None and running.done():
            kept = None if running.exception() else running.result()
            return self._made(notebook) if kept is not None and kept.stage is not None else None
        return self._made(notebook) if self._brought(notebook) else None

    def _brought(self, notebook: str) -> bool:
        """Whether it is one of the lab's dashboards, before anybody knows what it shows."""
        own = (Path(self._app.root_dir) / notebook).resolve().parent == dashboard.FOLDER
        return own and self._app.voila_configuration.template == TEMPLATE

    def _made(self, notebook: str) -> dashboard.Parts:
        if notebook not in self._dashboards:
            template = self._app.app.settings["voila_jinja2_env"].get_template("dashboard.html.j2")
            file = Path(self._app.root_dir) / notebook
            self._dashboards[notebook] = dashboard.parts(template, file, self._app.base_url)
        return self._dashboards[notebook]

    def forget(self, notebook: str) -> None:
        """Run a page again at the next request."""
        self._running.pop(notebook, None)

    async def _run(self, notebook: str) -> Kept | None:
        async with self._one_at_a_time:
            page = self._nursery.page(Path(self._app.root_dir) / notebook)
            running = asyncio.create_task(asyncio.to_thread(page.ran))
            if not self._brought(notebook):
                # Once without outputs, while the cells run: to load what makes a page takes longer than to make one.
                await self._html(notebook, [])
            ran = await running
        if ran.outputs is None:
            self._app.log.info("%s runs again for each reader: %s", notebook, ran.reason)
            await self.warm()
            return None
        if ran.stage is not None and self._app.voila_configuration.template == TEMPLATE:
            return Kept(page, "", ran.stage)
        return Kept(page, await self._html(notebook, ran.outputs), None)

    async def warm(self) -> None:
        """Get ready to fork kernels that run the cells of their page themselves, which few pages need."""
        if self._warming is None:
            self._warming = asyncio.create_task(self._warm())
        await asyncio.shield(self._warming)

    async def _warm(self) -> None:
        page = self._nursery.page(None)
        await asyncio.to_thread(page.ran)
        self._app.kernel_manager.warm = page

    async def _html(self, notebook: str, outputs: Sequence[Any]) -> str:
        """A page in HTML, as Voila makes it of outputs, with `KERNEL_ID` in it."""
        app = self._app
        settings = {"base_url": app.base_url, "settings": app.app.settings, "log": app.log}
        renderer = KeptRenderer(
            voila_configuration=app.voila_configuration,
            traitlet_config=app.config,
            notebook_path=notebook,
            template_paths=app.template_paths,
            config_manager=app.config_manager,
            contents_manager=app.contents_manager,
            base_url=app.base_url,
            kernel_spec_manager=app.kernel_spec_manager,
            page_config=get_page_config(**settings, voila_configuration=app.voila_configuration),
            mathjax_config=app.mathjax_config,
            mathjax_url=app.mathjax_url,
        )
        renderer.outputs = outputs
        await renderer.initialize()
        return str(await renderer.generate_content_str())


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc,unused-ignore]
    """A page for a reader, or the page that asks the reader to wait."""

    @authenticated
    async def get(self, path: str | None = None) -> None:
        """Answer with a page that has run, and fork its kernel; other pages as Voila does it."""
        app: Room = self.settings["voila"]
        kernels: Any = self.kernel_manager
        notebook = self.notebook_path or path or ""
        kernels.demand_place()
        pages = app.pages
        plain = not self.request.arguments.keys() - SIGNING_IN and not (self.notebook_path and path)
        if pages is not None and plain and app.shows(notebook):
            parts = pages.parts(notebook)
            kept = None if parts is not None else await pages.get(notebook)
            parts = parts or pages.parts(notebook)  # it may be a dashboard that has just run
            if parts is not None:
                await self._send(pages, notebook, parts)
                return
            if kept is not None:
                await self._send_whole(pages, notebook, kept)
                return
        if pages is not None:
            await pages.warm()
        await super().get(path)

    async def _send_whole(self, pages: Pages, notebook: str, kept: Kept) -> None:
        """Answer with a page as Voila makes it."""
        try:
            kernel_id = await self._start_kernel(pages, notebook, kept.page)
        except LabError:
            self.redirect(self.request.uri)
            return
        self._begin()
        self.finish(kept.html.replace(KERNEL_ID, kernel_id))

    async def _send(self, pages: Pages, notebook: str, parts: dashboard.Parts) -> None:
        """Answer with a dashboard in parts.

        It has begun when something goes wrong, so the browser asks again, and gets the answer that says what it was.
        """
        self._begin()
        self.write(parts.begin)
        await self.flush()
        try:
            kept = await pages.get(notebook)
            if kept is None or kept.stage is None:  # it is not a dashboard after all
                self.finish(dashboard.AGAIN)
                return
            self.write(parts.showing(kept.stage))
            await self.flush()
            kernel_id = await self._start_kernel(pages, notebook, kept.page)
        except (LabError, HTTPError):
            self.finish(dashboard.AGAIN)
            return
        self.finish(parts.answered_by(kernel_id, self.settings["base_url"]))

    def _begin(self) -> None:
        self.set_header("Content-Type", "text/html")
        self.set_header("Cache-Control", "no-cache, no-store, must-revalidate")

    async def _start_kernel(self, pages: Pages, notebook: str, page: Page) -> str:
        """A kernel for this reader.

        Raises:
            LabError: the page's process was ended; the next request gets a new one.
            HTTPError: 503, the room is full.
        """
        try:
            started = self.kernel_manager.start_kernel(
                kernel_name="python3", path=str(Path(notebook).parent), env={**os.environ, **VOILA}, page=page
            )
            return str(await started)
        except LabError:
            pages.forget(notebook)
            raise

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """For 503, use the lab's template `503.html`, which tries again."""
        if status_code == 503:
            self.set_header("Retry-After", str(RETRY_SECONDS))
        super().write_error(status_code, **kwargs)


class LeaveHandler(VoilaShutdownKernelHandler):  # type: ignore[misc,unused-ignore]
    """A closing page calls this, and its kernel ends at once."""

    def check_xsrf_cookie(self) -> None:
        """A closing page cannot send a cookie's token; its kernel's random id proves that it is the right page."""

    @authenticated
    async def post(self, kernel_id: str) -> None:
        """End a kernel, if it still runs."""
        if kernel_id in self.kernel_manager:
            await super().post(kernel_id)


class ReadingHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """A page asks whether its kernel is still there."""

    @authenticated
    async def get(self, kernel_id: str) -> None:
        """Answer with JSON: `ended` says why it has ended, and is empty while it is there."""
        self.finish({"ended": self.kernel_manager.why_ended(kernel_id)})


OURS = {TornadoVoilaHandler: PageHandler, VoilaShutdownKernelHandler: LeaveHandler}


class Room(Voila):  # type: ignore[misc,unused-ignore]
    """Voila whose kernels belong to readers."""

    readers = Integer(help="How many people may have a page open at once.").tag(config=True)
    aliases: ClassVar = {**Voila.aliases, "readers": "Room.readers"}
    nursery = Instance(Nursery, allow_none=True, help="What pages and kernels come from, where the system can fork.")
    name = "voila"  # its settings are Voila's
    pages: Pages | None = None

    @default("readers")
    def _default_readers(self) -> int:
        return limit.default_readers(CAN_FORK)

    @default("kernel_websocket_connection_class")
    def _default_connection(self) -> type[PromptConnection]:
        return PromptConnection

    def init_settings(self) -> Any:
        """Voila's settings, with our kernels."""
        self.voila_configuration.multi_kernel_manager_class = Readers
        limit.allow_open_files()
        settings = super().init_settings()
        kernels = self.kernel_manager
        kernels.kernel_manager_class = "tao_lab.readers.kernels.ReaderKernel"
        kernels.limit = self.readers
        kernels.cull_idle_timeout, kernels.cull_interval = kernels.left_seconds, LOOK_SECONDS
        if self.nursery is not None:
            self.pages = Pages(self, self.nursery)
            IOLoop.current().add_callback(self._prepare)
        self.log.info("Up to %d readers at once", self.readers)
        return settings

    async def _prepare(self) -> None:
        """Run all pages, so that the first reader waits no longer than the others."""
        assert self.pages is not None
        pages = self.pages
        if self.notebook_path:
            notebooks = [Path(self.notebook_path)]
        else:
            notebooks = [path for path in sorted(Path(self.root_dir).rglob("*.ipynb")) if self.shows(str(path))]
        for notebook in notebooks:  # one after another, so that a page that a reader asks for is the next one
            await pages.get(os.path.relpath(notebook, self.root_dir))
        self.log.info("All pages are ready")

    def shows(self, notebook: str) -> bool:
        """Whether there is such a notebook in the server's folder, and it is not hidden."""
        root = Path(self.root_dir).resolve()
        path = (root / notebook).resolve()
        if path.suffix != ".ipynb" or not path.is_relative_to(root) or not path.is_file():
            return False
        return not any(part.startswith(".") for part in path.relative_to(root).parts)

    def init_handlers(self) -> Any:
        """Voila's handlers, with our pages."""
        handlers = [(path, OURS.get(handler, handler), *rest) for path, handler, *rest in super().init_handlers()]
        own = {r"/voila/api/reading/([\w-]+)": ReadingHandler, dashboard.SCRIPT: dashboard.ScriptHandler}
        return [*((url_path_join(self.server_url, path), handler) for path, handler in own.items()), *handlers]

    def stop(self) -> None:
        """End all kernels, then the processes that they came from."""
        super().stop()
        if self.nursery is not None:
            self.nursery.close()
