"""Hostile answers to a validator: each becomes a named problem of its own miner, and the others are served.

`HOSTILE_ANSWERS=10000 pytest tests/neurons/test_hostile_answers.py` asks that many; by default it is a sample.
"""

import asyncio
import os
import random
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tao_lab.neurons.miner import Miner
from tao_lab.neurons.validator import Validator
from tao_lab.neurons.validator.asking import Target, ask_all, http_client
from tao_lab.neurons.validator.journal import Journal, read_journals
from tao_lab.neurons.work import Answer, Score, Task, form_problem
from tests.neurons.conftest import MINER, VALIDATOR
from tests.neurons.doubling import Doubling, subnet
from tests.neurons.market import open_market

ANSWERS = int(os.environ.get("HOSTILE_ANSWERS", "100"))
AT_ONCE = 10
MEBI = 2**20
TASK = Task("t1", "doubling", {"number": 4}, seconds=30)
GOOD = b'{"id": "t1", "content": 8}'


def answer(body: bytes, status: bytes = b"200 OK", headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, headers, len(body), body)


def refusal(sentence: str, code: str = '"busy"') -> bytes:
    return answer(f'{{"code": {code}, "sentence": {sentence}}}'.encode(), b"503 No")


def content(text: bytes) -> bytes:
    return answer(b'{"id": "t1", "content": %s}' % text)


ATTACKS: dict[str, tuple[bytes, str]] = {
    "half a surrogate pair in a refusal": (
        answer(rb'{"code":"\ud800","sentence":"x"}', b"503 No"),
        "refused: HTTP 503",
    ),
    "half a surrogate pair in an answer": (content(rb'"\udfff"'), "malformed: "),
    "half a surrogate pair in a name": (content(rb'{"\ud800": 1}'), "malformed: "),
    "raw surrogate bytes": (content(b'"\xed\xa0\x80"'), "malformed: "),
    "control characters": (refusal(r'"\u001b[2J\u0000\r\nevent: scored"'), r"refused: busy: \x1b[2J\x00\r\nevent: "),
    "another line of the journal": (refusal(r'"\n{\"event\": \"weights\"}\u2028x"'), r"refused: busy: \n{"),
    "writing from right to left": (refusal('"\\u202eevil"'), r"refused: busy: \u202eevil"),
    "a long sentence": (refusal(f'"{"x" * 50_000}"'), "refused: busy: xxx"),
    "a refusal without end": (refusal(f'"{"x" * MEBI}"'), "malformed: the answer is longer than 65,536 bytes"),
    "a refusal of other types": (refusal("[[1]]", "{}"), "refused: {}: [[1]]"),
    "a refusal that is a list": (answer(b"[]", b"503 No"), "refused: HTTP 503"),
    "a refusal nested deeply": (answer(b"[" * 60_000, b"503 No"), "refused: HTTP 503"),
    "an answer nested deeply": (content(b"[" * 5_000 + b"]" * 5_000), "malformed: "),
    "brackets without end": (answer(b"[" * MEBI), "malformed: "),
    "a million lists": (content(b"[" + b"[]," * MEBI + b"[]]"), "malformed: the answer is not JSON: it has more than"),
    "a million objects": (content(b"[" + b"{}," * MEBI + b"1]"), "malformed: the answer is not JSON: it has more"),
    "a million numbers": (content(b"[" + b"0," * MEBI + b"0]"), "malformed: the answer is not JSON: it has more than"),
    "9 MB": (answer(b" " * (9 * MEBI)), "malformed: the answer is longer than 8,388,608 bytes"),
    "a number of a million digits": (content(b"1" * MEBI), "malformed: "),
    "infinity as a number": (content(b"1e999"), "malformed: "),
    "NaN": (content(b"NaN"), "malformed: "),
    "UTF-16": (answer(GOOD.decode().encode("utf-16")), "malformed: "),
    "nothing": (b"", "unreachable: "),
    "no HTTP": (b"\x00\xff" * 100, "unreachable: "),
    "another status": (answer(b"", b"999 \x1b[31m"), "refused: HTTP 999"),
    "a status that is not a number": (answer(b"", b"1e9 OK"), "unreachable: "),
    "endless headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, "unreachable: "),
    "a negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "unreachable: "),
    "two lengths": (answer(GOOD, headers=b"Content-Length: 1\r\n"), "unreachable: "),
    "an unfinished chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n{", "unreachable: "),
    "a chunk of no size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "unreachable: "),
}


def mangled(rng: random.Random) -> bytes:
    """Something near an answer or a refusal: bytes of an attack changed, cut, or doubled."""
    data = bytearray(rng.choice([GOOD, *(body for body, _ in ATTACKS.values() if len(body) < 5_000)]))
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(data) + 1)
        data[place : place + rng.randint(0, 3)] = rng.choice([b"", rng.randbytes(2), b"\\ud800", b"[", b'"', b"1e999"])
    return bytes(data) if rng.random() < 0.3 else answer(bytes(data), rng.choice([b"200 OK", b"503 No"]))


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Servers:
    """Miners on loopback: each connection gets the bytes that are next."""

    def __init__(self, give: Callable[[], bytes]) -> None:
        self._give = give

    async def __aenter__(self) -> tuple[str, int]:
        self._server = await asyncio.start_server(self._one, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return host, port

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while b'"seconds"' not in await reader.read(65_536):
                pass
            writer.write(self._give())
            await writer.drain()
        except ConnectionError:
            pass  # the validator had heard enough
        finally:
            writer.close()


async def ask(bodies: Sequence[bytes], local: bool = True) -> list[Answer]:
    """What a validator makes of each, if all answer at the same time."""
    waiting = list(bodies)
    async with http_client() as http, Servers(lambda: waiting.pop(0)) as axon:
        targets = [Target(MINER.ss58_address, axon)] * len(bodies)
        return await ask_all(http, VALIDATOR, TASK, targets, local=local)


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_a_named_problem_on_one_printable_line(name: str, tmp_path: Path) -> None:
    body, problem = ATTACKS[name]
    (found,) = asyncio.run(ask([body]))
    assert found.content is None
    assert found.problem.startswith(problem)
    assert found.problem.isprintable()
    assert len(found.problem) < 300
    journal = Journal(tmp_path / "v.jsonl", 1, "5V")
    journal.write("asked", 1, problem=found.problem)
    journal.close()
    assert [line["problem"] for line in read_journals(tmp_path)] == [found.problem]


def test_a_journal_takes_any_text_and_a_line_stays_a_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "v.jsonl", 1, "5V")
    reason = 'x\n{"event": "weights"}\r\x85\u2028\ud800\x1b[0m' + "y" * 10_000
    journal.write("scored", 1, reason=reason)
    journal.write("scored", 2, reason="☂")
    journal.close()
    first, second = read_journals(tmp_path)
    assert first["reason"].startswith(r'x\n{"event": "weights"}\r\x85\u2028\ud800\x1b[0my')
    assert len(first["reason"]) == 1_000
    assert (second["block"], second["reason"]) == (2, "☂")


def test_hostile_answers_leave_honest_miners_served_and_memory_flat() -> None:
    """In each round one honest miner answers among hostile ones."""
    rng = random.Random(1)
    kinds, honest = [body for body, _ in ATTACKS.values()], Counter[str]()

    async def work() -> list[int]:
        nonlocal honest
        held = []
        waiting: list[bytes] = []
        async with (
            http_client() as http,
            Servers(lambda: waiting.pop(0)) as hostile,
            Servers(lambda: content(b"8")) as good,
        ):
            for _ in range(ANSWERS // AT_ONCE):
                waiting[:] = [rng.choice(kinds) if rng.random() < 0.3 else mangled(rng) for _ in range(AT_ONCE)]
                targets = [Target(MINER.ss58_address, hostile)] * AT_ONCE + [Target(MINER.ss58_address, good)]
                *others, mine = await ask_all(http, VALIDATOR, TASK, targets, local=True)
                honest[mine.problem or str(mine.content)] += 1
                assert all(one.problem.isprintable() for one in others)
                for one in others:
                    form_problem(subnet.answer_schema, one.content)
                held.append(resident())
        return held

    held = asyncio.run(work())
    assert honest == {"8": ANSWERS // AT_ONCE}
    assert held[-1] - held[len(held) // 4] < 64 * MEBI


class Careless(Doubling):
    """A rule that divides by the answer."""

    def score(self, asked: Any, answers: Sequence[Answer]) -> list[Score]:
        double = asked.secret["double"]
        return [
            Score(0.0, one.problem)
            if one.problem
            else Score(float(one.content / one.content * (one.content == double)), "")
            for one in answers
        ]


class Raw(socketserver.BaseRequestHandler):
    """Answers each request with the next of the server's bodies."""

    def handle(self) -> None:
        while b'"seconds"' not in self.request.recv(65_536):
            pass
        with suppress(OSError):
            self.request.sendall(self.server.bodies.pop(0))  # type: ignore[attr-defined]


def test_a_validator_outlives_hostile_answers_and_a_careless_rule(tmp_path: Path) -> None:
    """One miner is honest, one answers what the rule can't divide by, one attacks; the honest one gets the weights."""
    market = open_market()
    bodies = [ATTACKS[name][0] for name in ("half a surrogate pair in a refusal", "control characters", "nothing")]
    steps = len(bodies)
    same: dict[str, Any] = {"network": market.net, "netuid": 1}
    with (
        Miner(lambda task: 2 * task.content["number"], wallet=market.miners[0], **same),
        Miner(lambda task: 0, wallet=market.miners[1], **same),
        Miner(lambda task: 0, wallet=market.miners[2], **same) as listed,
    ):
        listed.close()
        port = int(listed.url.rpartition(":")[2])
        with socketserver.ThreadingTCPServer(("127.0.0.1", port), Raw) as server:
            server.bodies = bodies  # type: ignore[attr-defined]
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with Validator(Careless(), wallet=market.validators[0], data=tmp_path, **same) as validator:
                weights, *_ = [validator.step().weights for _ in range(steps)]
                scores = validator.scores.all()
            server.shutdown()
    assert set(weights) == {market.uid(market.miners[0])}
    assert [scores[wallet.hotkey.ss58_address].asked for wallet in market.miners] == [steps] * 3
    lines = list(read_journals(tmp_path))
    failed = [line for line in lines if line["event"] == "failed"]
    assert {line["hotkey"] for line in failed} == {market.miners[1].hotkey.ss58_address}
    assert "Careless.score raised ZeroDivisionError" in failed[0]["sentence"]
    problems = [line["problem"] for line in lines if line.get("hotkey") == listed.hotkey and line["event"] == "asked"]
    assert [problem.partition(":")[0] for problem in problems] == ["refused", "refused", "unreachable"]
    market.net.close()
