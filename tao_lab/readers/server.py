"""Voila for a room: pages that have already run, forked kernels, and a limit for the number of readers.

If the system cannot fork (Windows, macOS), kernels start as in Voila; their end and the limit are the same.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.web import authenticated
from traitlets import Instance, Integer, default
from voila.app import Voila
from voila.notebook_renderer import NotebookRenderer
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import get_page_config

from tao_lab.errors import LabError
from tao_lab.prompt_connection import PromptConnection
from tao_lab.readers import limit
from tao_lab.readers.forking import CAN_FORK, VOILA, Nursery, Page
from tao_lab.readers.kernels import Readers

KERNEL_ID = "00000000-0000-0000-0000-000000000000"  # in a stored page, replaced by the id of a reader's kernel
LOOK_SECONDS = 2  # between two checks for readers that have left
RETRY_SECONDS = 10  # after which a reader without a place tries again
SIGNING_IN = {"token"}  # arguments of an address that a page does not read


class Kept(NotebookRenderer):  # type: ignore[misc]
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


class Pages:
    """The pages that have already run, each with the process that forks its kernels."""

    def __init__(self, app: Room, nursery: Nursery) -> None:
        self._app = app
        self._nursery = nursery
        self._running: dict[str, asyncio.Task[tuple[str, Page] | None]] = {}
        self._warming: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self, notebook: str) -> tuple[str, Page] | None:
        """A page in HTML with `KERNEL_ID` in it, and its process; None if it runs again for each reader.

        Args:
            notebook: path from the server's folder.
        """
        if notebook not in self._running:
            self._running[notebook] = asyncio.create_task(self._run(notebook))
        return await asyncio.shield(self._running[notebook])

    def forget(self, notebook: str) -> None:
        """Run a page again at the next request."""
        self._running.pop(notebook, None)

    async def _run(self, notebook: str) -> tuple[str, Page] | None:
        async with self._one_at_a_time:
            page = self._nursery.page(Path(self._app.root_dir) / notebook)
            ran = asyncio.create_task(asyncio.to_thread(page.ran))
            kept = self._kept(notebook)
            await kept.initialize()
            # Once without outputs, while the cells run: to load what makes a page takes longer than to make one.
            await kept.generate_content_str()
            outputs, reason = await ran
        if outputs is None:
            self._app.log.info("%s runs again for each reader: %s", notebook, reason)
            await self.warm()
            return None
        kept.outputs = outputs
        return str(await kept.generate_content_str()), page

    async def warm(self) -> None:
        """Get ready to fork kernels that run the cells of their page themselves, which few pages need."""
        if self._warming is None:
            self._warming = asyncio.create_task(self._warm())
        await asyncio.shield(self._warming)

    async def _warm(self) -> None:
        page = self._nursery.page(None)
        await asyncio.to_thread(page.ran)
        self._app.kernel_manager.warm = page

    def _kept(self, notebook: str) -> Kept:
        app = self._app
        settings = {"base_url": app.base_url, "settings": app.app.settings, "log": app.log}
        return Kept(
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
        kept = await pages.get(notebook) if pages is not None and plain and app.shows(notebook) else None
        if pages is None or kept is None:
            if pages is not None:
                await pages.warm()
            await super().get(path)
            return
        html, page = kept
        try:
            kernel_id = await kernels.start_kernel(
                kernel_name="python3", path=str(Path(notebook).parent), env={**os.environ, **VOILA}, page=page
            )
        except LabError:  # the page's process was ended: try again with a new one
            pages.forget(notebook)
            self.redirect(self.request.uri)
            return
        self.set_header("Content-Type", "text/html")
        self.set_header("Cache-Control", "no-cache, no-store, must-revalidate")
        self.finish(html.replace(KERNEL_ID, kernel_id))

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
        await asyncio.gather(*(pages.get(os.path.relpath(notebook, self.root_dir)) for notebook in notebooks))
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
        return [(url_path_join(self.server_url, r"/voila/api/reading/([\w-]+)"), ReadingHandler), *handlers]

    def stop(self) -> None:
        """End all kernels, then the processes that they came from."""
        super().stop()
        if self.nursery is not None:
            self.nursery.close()
