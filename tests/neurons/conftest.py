"""A miner on loopback, and what a validator sends it."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import httpx
import pytest
from bittensor import http_auth
from bittensor_core import Keypair

from tao_lab.neurons.wire import PATH, task_bytes
from tao_lab.neurons.work import Task

Headers: TypeAlias = dict[str, str]
MINER = Keypair.from_uri("//miner")
VALIDATOR = Keypair.from_uri("//validator")
TASK = Task("t1", "text", {"question": "the capital of France?"}, seconds=30)


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


def signed(
    body: bytes, *, by: Keypair = VALIDATOR, to: str | None = MINER.ss58_address, **options: Any
) -> dict[str, str]:
    """Headers of a request."""
    headers: Headers = http_auth.sign(by, method="POST", path=PATH, body=body, receiver_ss58=to, **options)
    return headers


def ask(http: httpx.Client, url: str, task: Task = TASK, **options: Any) -> httpx.Response:
    """Send a task as a validator does."""
    body = task_bytes(task)
    return http.post(url + PATH, content=body, headers=signed(body, **options))
