"""The class's two pages: the instructor's page, and the page for the projector.

They are served on a separate port, only on this machine, and need the instructor's token. It is in the address when the
page is opened, and in a header of each request, so no other web page can send requests.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from functools import cache
from hmac import compare_digest
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tao_lab.chain.errors import BadValue, ChainError
from tao_lab.classroom.host import ClassHost
from tao_lab.node.server import LOOPBACK
from tao_lab.units import RAO_PER_TAO

FOLDER = Path(__file__).parent / "html"
OWN_HOSTS = [LOOPBACK, "localhost", "[::1]", "::1"]
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
MOST_BYTES = 10_000  # of a request's body
TOKEN_BYTES = 16


@cache
def page(name: str) -> str:
    """The text of a page, with the parts that both pages share."""
    shared = {part: (FOLDER / part).read_text("utf-8") for part in ("shared.css", "shared.js")}
    text = (FOLDER / name).read_text("utf-8")
    for part, content in shared.items():
        text = text.replace(f"/*{part}*/", content)
    return text


def actions(host: ClassHost) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """The instructor's actions by name; each takes the request's JSON."""
    return {
        "pause": lambda asked: host.pause(True),
        "resume": lambda asked: host.pause(False),
        "pace": lambda asked: host.pace(asked.get("seconds")),
        "skip": lambda asked: host.skip(asked.get("blocks")),
        "snapshot": lambda asked: host.snapshot(str(asked.get("name", ""))).name,
        "restore": lambda asked: host.restore(asked.get("name")),
        "reset": lambda asked: host.reset(),
        "free": lambda asked: host.room.free(str(asked.get("name"))),
        "budget": lambda asked: host.room.change(budget=_rao(asked.get("tao"))),
    }


def _rao(tao: Any) -> int:
    if not isinstance(tao, int | float) or isinstance(tao, bool) or not 0 <= tao <= 1_000_000:
        raise BadValue("tao", tao, "0 to 1,000,000")
    return round(tao * RAO_PER_TAO)


def application(host: ClassHost, token: str) -> Starlette:
    """The pages as an application.

    Args:
        host: the class.
        token: the token that the instructor's requests must contain.
    """
    known = actions(host)

    def allowed(request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return compare_digest(given.encode(), token.encode())

    async def show(request: Request) -> Response:
        name = "projector.html" if request.url.path == "/projector" else "desk.html"
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return HTMLResponse(page(name), headers=headers)

    async def state(request: Request) -> Response:
        if not allowed(request):
            return JSONResponse({"error": "this page wants the address that the node printed, with its token"}, 403)
        return JSONResponse(await run_in_threadpool(host.state))

    async def act(request: Request) -> Response:
        if not allowed(request):
            return JSONResponse({"error": "the token is missing or wrong"}, 403)
        action = known.get(request.path_params["action"])
        body = await request.body()
        if action is None or len(body) > MOST_BYTES:
            return JSONResponse({"error": f"there are {', '.join(sorted(known))}"}, 404)
        try:
            asked = await request.json() if body else {}
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            return JSONResponse({"error": "send a JSON object"}, 400)
        try:
            result = await run_in_threadpool(action, asked)
        except ChainError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"result": result})

    return Starlette(
        routes=[
            Route("/", show),
            Route("/projector", show),
            Route("/state", state),
            Route("/do/{action}", act, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=OWN_HOSTS, www_redirect=False)],
    )


class Pages:
    """The pages on a port of this machine, in a thread; close them, or use them in a `with` block.

    Attributes:
        url: The instructor's address. The token comes after `#`, a part that browsers never send to a server.
    """

    def __init__(self, host: ClassHost, *, port: int = 0) -> None:
        """Open the port.

        Raises:
            BadValue: It is in use.
        """
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        config = uvicorn.Config(
            application(host, self.token), host=LOOPBACK, port=port, log_level="error", access_log=False, lifespan="off"
        )
        self._server = uvicorn.Server(config)
        try:
            listening = socket.create_server((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            raise BadValue("page port", port, f"a free port from 0 to 65535 ({error})") from None
        self.port = int(listening.getsockname()[1])
        self.url = f"http://{LOOPBACK}:{self.port}/#{self.token}"
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="tao-lab-class-pages", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the port."""
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
