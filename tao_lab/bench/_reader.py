"""A reader of a dashboard without a browser: sends a browser's requests until it has the widgets' state.

The page's HTML names its kernel; the widget manager of an ordinary page then opens a WebSocket to that kernel and asks
for the state of all widgets, as here. A dashboard brings the state with it, and asks for less. What a browser does
after that (compiling JavaScript, drawing) happens on the reader's own computer.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect

KERNEL = re.compile(r'"kernelId": "([^"]+)"')
MODEL = re.compile(r'"model_id": "([^"]+)"')
FILES = re.compile(r'(?:src|href)="(/voila/[^"]+)"')
MOST_BYTES = 2**26  # of a message: all widgets of a page
SECONDS = 600  # time limit on a busy machine; does not measure speed


@dataclass(frozen=True)
class Reader:
    """A reader with an open page.

    Attributes:
        kernel: its name.
        html: seconds until the page had arrived.
        state: seconds until the state of its widgets had arrived too.
    """

    kernel: str
    html: float
    state: float


@asynccontextmanager
async def reading(address: str, notebook: str, token: str = "") -> AsyncIterator[Reader]:
    """Open a page; at the end close the connection without a goodbye, as a closed browser does.

    Args:
        address: of the server, `http://127.0.0.1:8866`.
        notebook: its path from the server's folder.
        token: that the server asks for.

    Raises:
        httpx.HTTPStatusError: the page is refused.
    """
    began = time.perf_counter()
    signed = {"Authorization": f"token {token}"} if token else {}
    async with httpx.AsyncClient(base_url=address, headers=signed, timeout=SECONDS) as client:
        page = (await client.get(f"/voila/render/{notebook}")).raise_for_status().text
        html = time.perf_counter() - began
        for file in FILES.findall(page):
            (await client.get(file)).raise_for_status()
    kernel = _found(KERNEL, page)
    url = f"ws://{urlsplit(address).netloc}/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    async with connect(
        url, additional_headers=signed, max_size=MOST_BYTES, open_timeout=SECONDS, ping_timeout=None, proxy=None
    ) as channel:
        await _wait_for_state(channel, _found(MODEL, page))
        yield Reader(kernel, html, time.perf_counter() - began)


async def _wait_for_state(channel: ClientConnection, model: str) -> None:
    """Ask for all widgets over their manager's channel, until the answer has the widget that the page shows."""
    comm = uuid.uuid4().hex
    opening = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
    await channel.send(_message("kernel_info_request", {}))
    await channel.send(_message("comm_open", opening, {"version": "1.0.0"}))
    await channel.send(_message("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}}))
    async for said in channel:
        # a message with buffers is binary: the number of parts, where each begins, the JSON, the buffers
        text = said if isinstance(said, str) else _json_part(said)
        message = json.loads(text)
        if message["msg_type"] == "comm_close" and message["content"]["comm_id"] == comm:
            raise ConnectionError("the kernel does not answer for its widgets")
        if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == comm:
            if model not in message["content"]["data"]["states"]:
                raise LookupError(f"the kernel has no widget {model}")
            return
    raise ConnectionError("the kernel's channel closed before the widgets were there")


def _json_part(data: bytes) -> str:
    parts = int.from_bytes(data[:4], "big")
    places = [int.from_bytes(data[4 * place : 4 * place + 4], "big") for place in range(1, parts + 1)]
    return data[places[0] : places[1] if parts > 1 else None].decode()


def _message(kind: str, content: dict[str, Any], metadata: dict[str, str] | None = None) -> str:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "", "version": "5.3", "date": ""}
    told = {"header": header, "parent_header": {}, "metadata": metadata or {}, "content": content}
    return json.dumps({**told, "channel": "shell"})


def _found(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    if found is None:
        raise LookupError(f"the page has no {pattern.pattern}; it begins with {page[:200]!r}")
    return found[1]
