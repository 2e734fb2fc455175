"""The miner's HTTP application: admission, the model, and two pages for the operator.

Validators use `POST /forward`. Only this machine may read `/health` and `/metrics` (Prometheus).
"""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tao_lab.neurons.miner.admission import Admission, Policy
from tao_lab.neurons.miner.refusal import REASONS, Refusal
from tao_lab.neurons.wire import PATH, answer_bytes
from tao_lab.neurons.work import Forward, Json, Task

REMEMBERED = 200  # requests that are kept for people to look at
ANSWERED = "answered"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """One request, for people to look at.

    Attributes:
        at: Unix time.
        caller: hotkey that signed it; empty if it is not signed.
        task: id of the task; empty if there is no task.
        outcome: "answered", or the code of the refusal.
        seconds: time it took.
        sentence: of the refusal.
    """

    at: float
    caller: str
    task: str
    outcome: str
    seconds: float
    sentence: str = ""


class Metrics:
    """Counters for Prometheus. Each miner has its own registry, so a notebook can have two miners."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        requests = Counter("miner_requests", "Requests by outcome.", ["outcome"], registry=self.registry)
        self.requests = {code: requests.labels(code) for code in (ANSWERED, *REASONS)}
        self.seconds = Histogram("miner_answer_seconds", "From request to answer.", registry=self.registry)
        self.at_work = Gauge("miner_tasks", "Tasks that wait or are worked on.", registry=self.registry)

    def count(self, outcome: str) -> int:
        """Number of requests with this outcome."""
        return int(self.requests[outcome]._value.get())


class Workbench:
    """Runs `forward` for tasks, a few at a time, each with its time limit."""

    def __init__(self, forward: Forward, policy: Policy, metrics: Metrics) -> None:
        self._forward, self._policy = forward, policy
        self._asynchronous = inspect.iscoroutinefunction(forward)
        self._pool = ThreadPoolExecutor(policy.workers, thread_name_prefix="forward")
        self._at_work = 0
        self._lock = Lock()
        metrics.at_work.set_function(lambda: self._at_work)
        self.stopping = False

    async def answer(self, task: Task) -> Json:
        """The answer's content.

        Raises:
            Refusal: The miner is stopping or busy, or the model failed or took too long.
        """
        if self.stopping:
            raise Refusal("stopping", "the miner is shutting down")
        if self._at_work >= self._policy.most_waiting:
            raise Refusal("busy", f"{self._at_work} tasks are waiting", wait=1)
        seconds = min(task.seconds, self._policy.most_seconds)
        try:
            async with asyncio.timeout(seconds):
                return await self._start(task)
        except TimeoutError:
            raise Refusal("timeout", f"no answer within {seconds:g} s") from None
        except Exception as error:
            log.exception("forward failed on task %s", task.id)
            raise Refusal("model_failed", f"the miner's forward raised {type(error).__name__}") from error

    async def _start(self, task: Task) -> Json:
        self._change(+1)
        if self._asynchronous:
            try:
                return await self._forward(task)
            finally:
                self._change(-1)
        future = self._pool.submit(self._forward, task)
        future.add_done_callback(
            lambda _: self._change(-1)
        )  # a thread cannot be stopped: it uses a worker until it ends
        return await asyncio.wrap_future(future)

    def _change(self, by: int) -> None:
        with self._lock:
            self._at_work += by

    def close(self) -> None:
        """Accept no more tasks; don't wait for running ones."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def create_app(admission: Admission, bench: Workbench, metrics: Metrics, served: deque[Served]) -> FastAPI:
    """The application of one miner."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.post(PATH)
    async def forward(request: Request) -> Response:
        start = time.perf_counter()
        caller, name, outcome, sentence = "", "", ANSWERED, ""
        try:
            caller, task = await admission.admit(request)
            name = task.id
            response = Response(_answered(task, await bench.answer(task)), media_type="application/json")
        except Refusal as refusal:
            outcome, sentence, response = refusal.code, refusal.sentence, refusal.response()
        seconds = time.perf_counter() - start
        metrics.requests[outcome].inc()
        if outcome == ANSWERED:
            metrics.seconds.observe(seconds)
        served.append(Served(time.time(), caller, name, outcome, seconds, sentence))
        return response

    @app.get("/health")
    async def health(request: Request) -> dict[str, Any]:
        _ensure_local(request)
        return {"status": "stopping" if bench.stopping else "ok", "hotkey": admission.hotkey}

    @app.get("/metrics")
    async def prometheus(request: Request) -> Response:
        _ensure_local(request)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app


def _answered(task: Task, content: Json) -> bytes:
    try:
        return answer_bytes(task, content)
    except (TypeError, ValueError, RecursionError) as error:
        log.error("forward's answer to task %s is not plain JSON: %s", task.id, error)
        raise Refusal("model_failed", "the miner's answer is not plain JSON") from None


def _ensure_local(request: Request) -> None:
    """Answer only this machine, and no requests through a proxy on it, which its headers show."""
    host = request.client.host if request.client else ""
    if any(name in request.headers for name in FORWARDED):
        raise HTTPException(404)
    if not ipaddress.ip_address(host or "0.0.0.0").is_loopback:
        raise HTTPException(404)
