"""Kernels of readers: how they start, when they end, and how many there may be.

A kernel ends when the browser leaves the page, when its connection is lost for a few seconds, when no browser ever
connects, when nobody uses the page for hours, and when the server ends for any reason.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from tornado.web import HTTPError
from traitlets import Integer

from tao_lab.errors import LabError
from tao_lab.readers.forking import Page

UNITS = {"hour": 3_600, "minute": 60, "second": 1}  # seconds
REMEMBERED = 1_000  # kernels that ended because nobody touched their pages


class ForkProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Starts a kernel by forking a page's process; everything else is as for a kernel that Jupyter starts."""

    page: Page

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork instead of starting `cmd`, in which the connection file follows `-f`."""
        file = cmd[cmd.index("-f") + 1]
        cwd, env = str(kwargs.get("cwd") or Path.cwd()), dict(kwargs["env"])
        try:
            forked: Any = await asyncio.to_thread(self.page.fork, file, cwd, env)
        except LabError:
            self.parent.cleanup_connection_file()  # there is no kernel that would do it
            raise
        self.process = forked
        self.pid = self.pgid = forked.pid  # it leads its own process group
        self.cwd = kwargs.get("cwd")
        return self.connection_info


class ReaderKernel(ServerKernelManager):  # type: ignore[misc,unused-ignore]
    """One reader's kernel. It is not restarted after its end, because a new kernel would not fit its page."""

    def start_restarter(self) -> None:
        """Do nothing: only the manager watches the kernel."""


class Readers(AsyncMappingKernelManager):  # type: ignore[misc,unused-ignore]
    """All readers' kernels.

    Attributes:
        limit: how many readers there may be at once.
        warm: the process that forks kernels without a page; None if Jupyter starts them.
    """

    limit = Integer(1, help="Readers at once.").tag(config=True)
    left_seconds = Integer(10, help="How long a kernel waits for its page to come back.").tag(config=True)
    loading_seconds = Integer(120, help="How long it waits for its page to connect first.").tag(config=True)
    idle_seconds = Integer(7_200, help="How long a page may stay open untouched.").tag(config=True)
    warm: Page | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._reading: set[str] = set()  # kernels that run or are being started
        self._connected: set[str] = set()  # kernels that a page has connected to at least once
        self._untouched: deque[str] = deque(maxlen=REMEMBERED)

    def demand_place(self) -> None:
        """Check that one more reader may come.

        Raises:
            HTTPError: 503, the room is full.
        """
        if len(self._reading) >= self.limit:
            raise HTTPError(503, f"{self.limit} people are reading")

    def pre_start_kernel(self, kernel_name: str | None, kwargs: Any) -> Any:
        """Choose how to start the new kernel."""
        page = kwargs.pop("page", None) or self.warm
        kernel, name, kernel_id = super().pre_start_kernel(kernel_name, kwargs)
        if page is not None:
            kernel.provisioner = ForkProvisioner(parent=kernel, kernel_id=kernel_id, kernel_spec=kernel.kernel_spec)
            kernel.provisioner.page = page
        return kernel, name, kernel_id

    async def start_kernel(self, *, kernel_id: str | None = None, **kwargs: Any) -> str:
        """Start a reader's kernel.

        Raises:
            HTTPError: 503, the room is full.
        """
        self.demand_place()
        kernel_id = kernel_id or self.new_kernel_id(**kwargs)
        self._reading.add(kernel_id)
        try:
            return str(await super()._async_start_kernel(kernel_id=kernel_id, **kwargs))
        except BaseException:
            self._reading.discard(kernel_id)
            raise

    def remove_kernel(self, kernel_id: str) -> Any:
        """Its place is free again."""
        self._reading.discard(kernel_id)
        self._connected.discard(kernel_id)
        return super().remove_kernel(kernel_id)

    def notify_connect(self, kernel_id: str) -> None:
        """A page has opened its connection."""
        super().notify_connect(kernel_id)
        self._connected.add(kernel_id)

    def notify_disconnect(self, kernel_id: str) -> None:
        """A page has closed its connection; its kernel waits for some seconds."""
        super().notify_disconnect(kernel_id)
        if kernel_id in self:
            self._kernels[kernel_id].last_activity = utcnow()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel without a process or page, or an idle one; Jupyter calls this every few seconds."""
        kernel: Any = self._kernels[kernel_id]
        if kernel.shutting_down or not hasattr(kernel, "last_activity"):
            return
        if self._kernel_connections.get(kernel_id):
            seconds = self.idle_seconds
        else:
            seconds = self.left_seconds if kernel_id in self._connected else self.loading_seconds
        alive, idle = await kernel.is_alive(), utcnow() - kernel.last_activity > timedelta(seconds=seconds)
        if alive and idle and self._kernel_connections.get(kernel_id):
            self._untouched.append(kernel_id)
        if idle or not alive:
            await self.shutdown_kernel(kernel_id)

    def why_ended(self, kernel_id: str) -> str:
        """What to tell the reader of a kernel that has ended; empty while it is there."""
        if kernel_id in self:
            return ""
        if kernel_id not in self._untouched:
            return "Its Python has ended: the connection was lost for a while, or the server started again."
        return f"Nobody touched it for {spell(self.idle_seconds)}, so its place was given to others."


def spell(seconds: int) -> str:
    """A time in words, in the largest unit that it is whole in: "2 hours"."""
    name, size = next((name, size) for name, size in UNITS.items() if seconds % size == 0)
    count = seconds // size
    return f"{count} {name}{'' if count == 1 else 's'}"
