"""The miner's speed: signed requests compared with plain FastAPI, and a served language model with direct calls.

Signed path: a server in a process of its own answers with a trivial model; requests are signed beforehand and sent over
a few connections that stay open. The peer is FastAPI as its tutorial writes it, on the same server with the same JSON,
in turns with the miner; both run the model the same way, as a coroutine or as a plain function in threads. Language
model: the same questions, asked over signed HTTP and directly, in turns.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import httpx
import uvicorn
from bittensor import http_auth
from bittensor_core import Keypair
from fastapi import FastAPI
from pydantic import BaseModel

from tao_lab.neurons.miner import Miner, Policy
from tao_lab.neurons.miner.forward import model_forward
from tao_lab.neurons.miner.protocol import settings
from tao_lab.neurons.wire import PATH, task_bytes
from tao_lab.neurons.work import Task

LEAST_SIGNED, LEAST_SERVED = 0.5, 0.9
CONNECTIONS = 8
REQUESTS = 400  # in a turn: signatures are good for ten seconds
TURNS = 12
WARM_UP = 200
TOKENS = 32
QUESTIONS = ("What is the capital of France?", "Name three colours.", "Why is the sky blue?")
MINER, VALIDATOR = Keypair.from_uri("//bench//miner"), Keypair.from_uri("//bench//validator")
NO_LIMIT = Policy(per_minute=1e9, burst=10**9, most_waiting=10**6, workers=1)


@dataclass(frozen=True)
class Load:
    """Speed of a server under load.

    Attributes:
        per_second: requests.
        p50: median seconds of one.
        p95: seconds within which 95 % were answered.
    """

    per_second: float
    p50: float
    p95: float


@dataclass(frozen=True)
class Served:
    """A model's tokens a second, called directly and over signed HTTP."""

    direct: float
    served: float

    @property
    def ratio(self) -> float:
        """Tokens a second served, divided by those of direct calls."""
        return self.served / self.direct


# --- the signed path ------------------------------------------------------------------------------------------------


def measure_path(in_threads: bool, progress: Callable[[], Any] = lambda: None) -> tuple[Load, Load]:
    """The miner, and bare FastAPI, under the same load in turns.

    Args:
        in_threads: Whether the trivial model is a plain function, which both run in threads; otherwise it is a
            coroutine.
        progress: Called after each turn.
    """
    with _Process(_miner, in_threads) as miner, _Process(_bare, in_threads) as bare:
        times: dict[str, list[float]] = {"miner": [], "bare": []}
        spent = {"miner": 0.0, "bare": 0.0}
        for turn in range(-1, TURNS):
            for name, port in (("miner", miner.port), ("bare", bare.port)):
                requests = _requests(WARM_UP if turn < 0 else REQUESTS, f"{name}{turn}")
                begin = time.perf_counter()
                seconds = asyncio.run(_send(port, requests))
                if turn >= 0:
                    spent[name] += time.perf_counter() - begin
                    times[name] += seconds
            progress()
    return _load(times["miner"], spent["miner"]), _load(times["bare"], spent["bare"])


def _load(seconds: list[float], spent: float) -> Load:
    return Load(len(seconds) / spent, statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1])


def _requests(count: int, name: str) -> list[bytes]:
    """Signed requests, ready to be sent."""
    made = []
    for number in range(count):
        body = task_bytes(Task(f"{name}-{number}", "bench", {"question": "two and two?"}))
        headers = http_auth.sign(VALIDATOR, method="POST", path=PATH, body=body, receiver_ss58=MINER.ss58_address)
        lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        head = f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n{lines}"
        made.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return made


async def _send(port: int, requests: Sequence[bytes]) -> list[float]:
    """Send all over a few connections; returns the seconds of each."""
    parts = [requests[start::CONNECTIONS] for start in range(CONNECTIONS)]
    return [second for part in await asyncio.gather(*(_one_by_one(port, part) for part in parts)) for second in part]


async def _one_by_one(port: int, requests: Sequence[bytes]) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    seconds = []
    for request in requests:
        begin = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise AssertionError(f"the server said {head.splitlines()[0]!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        seconds.append(time.perf_counter() - begin)
    writer.close()
    return seconds


class _Process:
    """A server in a process of its own."""

    def __init__(self, target: Callable[[Connection, bool], None], in_threads: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=target, args=(other, in_threads), daemon=True)

    def __enter__(self) -> _Process:
        self._process.start()
        self.port = int(self._pipe.recv())
        return self

    def __exit__(self, *_exc: object) -> None:
        self._pipe.send("stop")
        self._process.join()


def _miner(pipe: Connection, in_threads: bool) -> None:
    def plain(task: Task) -> dict[str, str]:
        return {"text": "four"}

    async def coroutine(task: Task) -> dict[str, str]:
        return {"text": "four"}

    with Miner(plain if in_threads else coroutine, wallet=MINER, policy=NO_LIMIT) as miner:
        pipe.send(miner.url.rpartition(":")[2])
        pipe.recv()


class BareTask(BaseModel):
    """A task, in the style of FastAPI's tutorial."""

    id: str
    kind: str
    content: dict[str, Any]
    seconds: float


class BareAnswer(BaseModel):
    """An answer, in the same style."""

    id: str
    content: dict[str, Any]


def _bare(pipe: Connection, in_threads: bool) -> None:
    app = FastAPI()

    def plain(task: BareTask) -> BareAnswer:
        return BareAnswer(id=task.id, content={"text": "four"})

    async def coroutine(task: BareTask) -> BareAnswer:
        return BareAnswer(id=task.id, content={"text": "four"})

    app.post(PATH)(plain if in_threads else coroutine)
    server = uvicorn.Server(uvicorn.Config(app, port=0, **settings()))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    pipe.send(server.servers[0].sockets[0].getsockname()[1])
    pipe.recv()
    server.should_exit = True
    thread.join()


# --- a language model -----------------------------------------------------------------------------------------------


def measure_model(name: str, turns: int = 4, progress: Callable[[], Any] = lambda: None) -> Served:
    """The same questions to the same model, directly and over signed HTTP, in turns."""
    from tao_lab.neurons import models

    model = models.load(name)
    forward = model_forward(model, TOKENS)
    tasks = [Task(f"{number}", "bench", {"question": text}, seconds=600) for number, text in enumerate(QUESTIONS)]
    tokens = sum(sum(1 for _ in model.stream(text, max_tokens=TOKENS)) for text in QUESTIONS)
    direct = served = 0.0
    policy = Policy(per_minute=1e9, burst=10**9, most_seconds=600)
    with Miner(forward, wallet=MINER, policy=policy) as miner, httpx.Client(trust_env=False, timeout=600) as http:
        for _ in range(turns):
            begin = time.perf_counter()
            expected = [forward(task) for task in tasks]
            middle = time.perf_counter()
            answers = [_ask(http, miner.url, task) for task in tasks]
            served += time.perf_counter() - middle
            direct += middle - begin
            if answers != expected:
                raise AssertionError("the model said something else over HTTP")
            progress()
    return Served(turns * tokens / direct, turns * tokens / served)


def _ask(http: httpx.Client, url: str, task: Task) -> Any:
    body = task_bytes(task)
    headers = http_auth.sign(VALIDATOR, method="POST", path=PATH, body=body, receiver_ss58=MINER.ss58_address)
    return http.post(url + PATH, content=body, headers=headers).raise_for_status().json()["content"]
