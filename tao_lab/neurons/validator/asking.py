"""Ask several miners the same task at the same time. Whatever a miner does, the result has an `Answer` for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from bittensor import http_auth
from bittensor.signing import WalletLike

from tao_lab.foreign import escaped
from tao_lab.neurons.peers import Endpoint, may_be_asked
from tao_lab.neurons.wire import (
    MOST_ANSWER,
    MOST_REFUSAL,
    PATH,
    NotAnAnswer,
    read_answer,
    read_refusal,
    task_bytes,
)
from tao_lab.neurons.work import Answer, Task

NOT_SERVING, PRIVATE, UNREACHABLE = "not serving", "not asked", "unreachable"
TIMEOUT, REFUSED, MALFORMED = "timeout", "refused", "malformed"


@dataclass(frozen=True)
class Target:
    """A miner to ask.

    Attributes:
        hotkey: the only hotkey for which the request is valid.
        axon: address of its server; None if the chain has no address.
    """

    hotkey: str
    axon: Endpoint | None


def http_client() -> httpx.AsyncClient:
    """The client for `ask`: no proxies, no redirects, no decompression."""
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, headers={"accept-encoding": "identity"})


async def ask_all(
    http: httpx.AsyncClient, wallet: WalletLike, task: Task, targets: Sequence[Target], *, local: bool
) -> list[Answer]:
    """An answer for each miner, in their order; without content if no answer came.

    Args:
        http: From `http_client`.
        wallet: Its hotkey signs.
        task: The task.
        targets: The miners.
        local: Whether to ask miners on this machine, which is right only if the chain is here too.
    """
    return list(await asyncio.gather(*(_ask(http, wallet, task, target, local) for target in targets)))


async def _ask(http: httpx.AsyncClient, wallet: WalletLike, task: Task, target: Target, local: bool) -> Answer:
    if target.axon is None:
        return Answer(None, 0.0, f"{NOT_SERVING}: the chain lists no address")
    host, port = target.axon
    if not may_be_asked(host, local):
        return Answer(None, 0.0, f"{PRIVATE}: {host} is not a public address")
    body, start = task_bytes(task), time.perf_counter()
    content, problem, seconds = None, "", 0.0
    try:
        async with asyncio.timeout(task.seconds):
            status, data = await _post(http, wallet, body, f"[{host}]" if ":" in host else host, port, target.hotkey)
        seconds = time.perf_counter() - start
        if status == httpx.codes.OK:
            content = await asyncio.to_thread(read_answer, data, task)  # meanwhile other answers arrive
        else:
            problem = f"{REFUSED}: {read_refusal(status, data)}"
    except TimeoutError:
        problem = f"{TIMEOUT}: nothing came within {task.seconds:g} s"
    except NotAnAnswer as error:
        problem = f"{MALFORMED}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever one miner makes fail, the others are asked
        problem = escaped(f"{UNREACHABLE}: {type(error).__name__}: {error}")
    return Answer(content, seconds or time.perf_counter() - start, problem)


async def _post(
    http: httpx.AsyncClient, wallet: WalletLike, body: bytes, host: str, port: int, hotkey: str
) -> tuple[int, bytes]:
    """Status and body; the body is read up to the longest allowed answer."""
    headers = http_auth.sign(wallet, method="POST", path=PATH, body=body, receiver_ss58=hotkey)
    headers["content-type"] = "application/json"
    url = f"http://{host}:{port}{PATH}"
    async with http.stream("POST", url, content=body, headers=headers, timeout=None) as response:
        most = MOST_ANSWER if response.status_code == httpx.codes.OK else MOST_REFUSAL
        parts, size = [], 0
        async for part in response.aiter_raw():
            parts.append(part)
            size += len(part)
            if size > most:
                raise NotAnAnswer(f"the answer is longer than {most:,} bytes")
        return response.status_code, b"".join(parts)
