"""Ten thousand hostile requests: none reaches the model, the server stays up, honest ones in between are answered."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from bittensor import http_auth
from bittensor_core import Keypair

from tao_lab.neurons.miner import Miner, Policy
from tao_lab.neurons.wire import PATH, task_bytes
from tao_lab.neurons.work import Task
from tests.neurons.conftest import MINER, VALIDATOR

REQUESTS = 10_000
SLOW = 200  # of them: connections that begin a body and go silent
AT_ONCE = 40
HONEST_EVERY = 100
SECOND = 1_000_000_000
OTHER = Keypair.from_uri("//other")
HUGE = 10 * 2**20


def signed(body: bytes, **options: Any) -> dict[str, str]:
    options = {"by": VALIDATOR, "to": MINER.ss58_address, **options}
    by, to = options.pop("by"), options.pop("to")
    headers: dict[str, str] = http_auth.sign(by, method="POST", path=PATH, body=body, receiver_ss58=to, **options)
    return headers


def request(headers: dict[str, str], body: bytes, length: int | None = None) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    size = len(body) if length is None else length
    return f"POST {PATH} HTTP/1.1\r\nHost: m\r\n{lines}Content-Length: {size}\r\n\r\n".encode() + body


def task(name: str) -> bytes:
    return task_bytes(Task(name, "text", {"question": "?"}, seconds=30))


def replay(rng: random.Random) -> bytes:
    body = task(f"honest-{rng.random()}")
    return request(signed(body) | {"Connection": "close"}, body)


def unsigned(_: random.Random) -> bytes:
    return request({}, task("hostile"))


def forged(_: random.Random) -> bytes:
    stolen = signed(task("hostile"), by=OTHER) | {"X-Bittensor-Hotkey": VALIDATOR.ss58_address}
    return request(stolen, task("hostile"))


def changed(_: random.Random) -> bytes:
    return request(signed(task("honest")), task("hostile"))


def elsewhere(_: random.Random) -> bytes:
    return request(signed(task("hostile"), to=OTHER.ss58_address), task("hostile"))


def skewed(rng: random.Random) -> bytes:
    off = rng.choice([-3_600, -60, 60, 3_600]) * SECOND
    return request(signed(task("hostile"), nonce_ns=time.time_ns() + off), task("hostile"))


def bad_json(rng: random.Random) -> bytes:
    body = rng.choice([b"{", b"[" * 10_000, b"\xff" * 100, b"null", b'{"id": "hostile"}', b'{"id": NaN}'])
    return request(signed(body), body)


def huge(_: random.Random) -> bytes:
    return request(signed(b""), b"x" * 70_000, HUGE)


def no_http(rng: random.Random) -> bytes:
    return rng.randbytes(200) + b"\r\n\r\n"


def slow(_: random.Random) -> bytes:
    return request(signed(b""), b"{", 1_000)


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    unsigned,
    forged,
    changed,
    elsewhere,
    skewed,
    bad_json,
    huge,
    no_http,
    replay,
)


async def send(port: int, data: bytes) -> int:
    """Status of the answer; 0 where the connection was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        line = await reader.readline()
        await reader.read()
        return int(line.split()[1]) if line.startswith(b"HTTP/1.1 ") else 0
    except ConnectionError:
        return 0
    finally:
        writer.close()


async def honest(port: int, number: int) -> int:
    """An honest request on a connection of its own, which it closes."""
    body = task(f"honest-{number}")
    return await send(port, request(signed(body) | {"Connection": "close"}, body))


async def attack(port: int) -> tuple[Counter[str], list[int]]:
    rng, places = random.Random(1), asyncio.Semaphore(AT_ONCE)
    hostile: Counter[str] = Counter()

    async def one(make: Callable[[random.Random], bytes]) -> None:
        async with places:
            data = make(rng)
            if make is replay:
                answers.append(await send(port, data))  # as its sender meant it
            hostile[f"{make.__name__} {await send(port, data)}"] += 1

    async def slowly() -> None:
        hostile[f"slow {await send(port, slow(rng))}"] += 1

    answers: list[int] = []
    waiting = [asyncio.create_task(slowly()) for _ in range(SLOW)]
    for start in range(0, REQUESTS - SLOW, HONEST_EVERY):
        batch = [one(KINDS[number % len(KINDS)]) for number in range(start, start + HONEST_EVERY)]
        _, answer = await asyncio.gather(asyncio.gather(*batch), honest(port, start))
        answers.append(answer)
    await asyncio.gather(*waiting)
    return hostile, answers


@pytest.mark.slow
def test_ten_thousand_hostile_requests_reach_nothing() -> None:
    reached: list[str] = []

    def forward(task: Task) -> Any:
        reached.append(task.id)
        return {"text": "!"}

    policy = Policy(per_minute=1e6, burst=10**6, body_seconds=2)
    with Miner(forward, wallet=MINER, kind="text", policy=policy) as miner:
        port = int(miner.url.rpartition(":")[2])
        hostile, answers = asyncio.run(attack(port))
        assert asyncio.run(honest(port, REQUESTS)) == 200

    assert sum(hostile.values()) == REQUESTS
    assert not [name for name in hostile if name.endswith(" 200")]
    assert set(answers) == {200}
    assert len(reached) == len(answers) + 1
    assert all(name.startswith("honest-") for name in reached)
    codes = {"unsigned", "bad_signature", "wrong_receiver", "stale", "replayed", "malformed_task", "too_large"}
    assert codes | {"slow_body"} <= set(miner.outcomes)
