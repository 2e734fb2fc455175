"""Hostile frames and clients: each frame gets its JSON-RPC answer, and blocks and honest clients go on.

`HOSTILE_FRAMES=50000 pytest tests/node/test_hostile_frames.py` sends that many; by default it is a sample.
"""

import base64
import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tao_lab.chain.chain import Chain
from tao_lab.node import server as module
from tao_lab.node.rpc import Node, Session, limits
from tao_lab.node.rpc.registry import METHODS
from tao_lab.node.server import Server
from tests.chain.conftest import account, key

FRAMES = int(os.environ.get("HOSTILE_FRAMES", "2000"))
MEBI = 2**20
SECONDS = 60
HONEST = '{"jsonrpc": "2.0", "id": 1, "method": "system_chain"}'


@pytest.fixture
def node(chain: Chain) -> Node:
    return Node(chain)


@pytest.fixture
def session(node: Node) -> Iterator[Session]:
    session = Session(node, lambda _: None)
    yield session
    session.close()


def request(method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})


def strict(text: str | None) -> Any:
    """The value of an answer, which must be JSON in the strict sense."""

    def refuse(word: str) -> Any:
        raise AssertionError(word)

    assert text is not None
    return json.loads(text, parse_constant=refuse)


PARSE, INVALID, PARAMS, TOO_LARGE = -32700, -32600, -32602, -32008

FRAMES_AND_CODES: dict[str, tuple[str | bytes, int]] = {
    "no JSON": ("{", PARSE),
    "invalid UTF-8": (b"\xff\xfe", PARSE),
    "half a surrogate pair": ('{"id": 1, "method": "\\ud800"}', PARSE),
    "a batch of infinity": ("[1e999]", PARSE),
    "NaN": ('{"id": NaN, "method": "system_chain"}', PARSE),
    "an id of infinity": ('{"id": 1e400, "method": "system_chain"}', PARSE),
    "a number of 5,000 digits": (request("chain_getBlockHash", 0)[:-2] + "1" * 5_000 + "]}", PARSE),
    "100,000 brackets": ("[" * 100_000, PARSE),
    "100,000 closed brackets": ("[" * 100_000 + "]" * 100_000, PARSE),
    "100,000 objects": ('{"a":' * 100_000, PARSE),
    "nested parameters": (request("state_getStorage")[:-2] + "[" * 90 + "]" * 90 + "]}", PARSE),
    "a million values": ("[" + "0," * MEBI + "0]", PARSE),
    "an id that is a list": ('{"id": [1], "method": "system_chain"}', INVALID),
    "an id that is true": ('{"id": true, "method": "system_chain"}', INVALID),
    "an id of a megabyte": (json.dumps({"id": "x" * MEBI, "method": "system_chain"}), INVALID),
    "a method that is a number": ('{"id": 1, "method": 5}', INVALID),
    "a batch of nothing": ("[]", INVALID),
    "a long batch": (json.dumps([1] * 1_001), -32010),
    "a method of a megabyte": (request("x" * MEBI), -32601),
    "parameters by name": ('{"id": 1, "method": "system_chain", "params": {"a": 1}}', PARAMS),
    "parameters that are false": ('{"id": 1, "method": "system_chain", "params": false}', PARAMS),
    "an API that is a number": (request("state_call", 5, "0x"), PARAMS),
    "an API that is a list": (request("state_call", [], "0x"), PARAMS),
    "arguments that are a number": (request("state_call", "Core_version", 5), PARAMS),
    "an account that is a list": (request("account_nextIndex", []), PARAMS),
    "an account that is a number": (request("account_nextIndex", 5), PARAMS),
    "an account that is not an address": (request("account_nextIndex", "\0"), PARAMS),
    "true for a height": (request("chain_getBlockHash", True), PARAMS),
    "a fraction for a height": (request("chain_getBlockHash", 0.5), PARAMS),
    "a whole fraction for a height": (request("chain_getBlockHash", 1.0), PARAMS),
    "a negative height": (request("chain_getBlockHash", -1), PARAMS),
    "hex with signs": (request("chain_getBlockHash", "0x_1"), PARAMS),
    "hex without 0x": (request("chain_getBlockHash", "10"), PARAMS),
    "lists of heights in a list": (request("chain_getBlockHash", [[1]]), PARAMS),
    "100,000 heights": (request("chain_getBlockHash", [0] * 100_000), PARAMS),
    "an object for a height": (request("chain_getBlockHash", {}), PARAMS),
    "a hash with spaces": (request("chain_getHeader", "0x 12 34"), PARAMS),
    "a hash that is a number": (request("chain_getHeader", 5), PARAMS),
    "true for a count": (request("state_getKeysPaged", "0x", True), PARAMS),
    "a fraction for a count": (request("state_getKeysPaged", "0x", 1.5), PARAMS),
    "a long page": (request("state_getKeysPaged", "0x", 1_001), PARAMS),
    "keys that are numbers": (request("state_queryStorageAt", [1]), PARAMS),
    "many keys": (request("state_queryStorageAt", ["0x"] * 1_001), PARAMS),
    "a subscription to no hex": (request("state_subscribeStorage", ["zz"]), PARAMS),
    "a subscription to a number": (request("state_subscribeStorage", 5), PARAMS),
    "a subscription to many keys": (request("state_subscribeStorage", ["0x"] * 1_001), PARAMS),
    "an end of what is a list": (request("chain_unsubscribeNewHeads", []), PARAMS),
    "an end of a number": (request("chain_unsubscribeNewHeads", 5), PARAMS),
    "an extrinsic of a length only": (request("author_submitExtrinsic", "0xfeffffff"), 1001),
    "an extrinsic that is null": (request("author_submitAndWatchExtrinsic", None), PARAMS),
    "a fee of nothing": (request("payment_queryInfo", "0x"), 1001),
}


@pytest.mark.parametrize("name", FRAMES_AND_CODES)
def test_a_hostile_frame_gets_its_error(session: Session, name: str) -> None:
    frame, code = FRAMES_AND_CODES[name]
    answer = session.handle(frame)
    assert answer is not None
    assert len(answer) < 2_000
    assert strict(answer)["error"]["code"] == code
    assert strict(session.handle(HONEST))["result"] == "TAO Lab"


def test_a_large_batch_has_an_answer_of_limited_size(session: Session) -> None:
    one = json.loads(request("state_getMetadata"))
    answer = session.handle(json.dumps([one] * 200))
    found = strict(answer)
    assert len(found) == 200
    assert len(answer or "") < limits.MOST_ANSWER + 200 * 300
    assert "result" in found[0]
    assert {one["error"]["code"] for one in found if "error" in one} == {TOO_LARGE}


def test_many_copies_of_a_large_value_are_not_an_answer(
    session: Session, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_ANSWER", 5_000)
    keys = ["0x" + node.chain.state.key("System", "Account", account("alice")).hex()] * 100
    for method in ("state_queryStorageAt", "state_subscribeStorage"):
        assert strict(session.handle(request(method, keys)))["error"]["code"] == TOO_LARGE


def test_subscriptions_have_a_number(session: Session, node: Node) -> None:
    answers = [strict(session.handle(request("chain_subscribeNewHeads"))) for _ in range(limits.MOST_SUBSCRIPTIONS + 1)]
    assert answers[-1]["error"]["code"] == -32006
    assert strict(session.handle(request("chain_unsubscribeNewHeads", answers[0]["result"])))["result"] is True
    assert "result" in strict(session.handle(request("chain_subscribeNewHeads")))


def test_many_small_results_are_not_an_answer_either(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ANSWER", 40_000)
    told: list[str] = []
    session = Session(node, told.append)
    key = "0x" + node.chain.state.key("System", "Account", account("alice")).hex()
    asked = request("archive_v1_storage", node.head(), [{"key": key, "type": "hash"}] * 1_000)
    assert strict(session.handle(asked))["error"]["code"] == TOO_LARGE
    assert 0 < sum(map(len, told)) < limits.MOST_ANSWER // 4
    session.close()


def test_a_client_may_watch_so_many_keys(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_WATCHED", 3)
    watched = strict(session.handle(request("state_subscribeStorage", ["0x"] * 2)))["result"]
    assert strict(session.handle(request("state_subscribeStorage", ["0x"] * 2)))["error"]["code"] == -32006
    assert strict(session.handle(request("state_unsubscribeStorage", watched)))["result"] is True
    assert "result" in strict(session.handle(request("state_subscribeStorage", ["0x"] * 3)))


def test_the_items_of_a_difference_have_limited_keys_together(
    session: Session, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = len(node.chain.state.raw_keys(b"", None, 1_000))
    monkeypatch.setattr(limits, "MOST_READS", keys)
    head, ask = node.head(), "archive_v1_storageDiff"
    assert "result" in strict(session.handle(request(ask, head, [{}], head)))
    assert strict(session.handle(request(ask, head, [{}, {}], head)))["error"]["code"] == PARAMS


def test_a_client_that_fails_does_not_stop_the_block(node: Node) -> None:
    heard: list[str] = []

    def fail(text: str) -> None:
        if node.chain.head.number > 1:
            raise OSError("gone")

    bad, good = Session(node, fail), Session(node, heard.append)
    for session in (bad, good):
        assert "result" in strict(session.handle(request("chain_subscribeNewHeads")))
    for number in (2, 3):
        assert node.chain.produce_block().number == number
    assert len(heard) == 3
    assert not bad.listens
    assert good.listens


# --- a generator of frames ------------------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, 1e308, 2**64, 10**300, "", "0x", "0x0", "zz", "0x" + "00" * 40, "é\0\u202e"),
    *([], {}, [[]], [None] * 3, ["0x"], {"a": [1]}, "0x" + "ff" * 200, "AccountNonceApi_account_nonce", "Core_version"),
)


def odd_request(rng: random.Random, node: Node) -> Any:
    method = rng.choice([*METHODS, "no_such"])
    params = [rng.choice(ODD) for _ in range(rng.randint(0, 3))]
    if method == "state_call" and rng.random() < 0.8:
        apis = node.chain.runtime.runtime_apis
        api = rng.choice([*apis])
        params = [f"{api}_{rng.choice([*apis[api]])}", "0x" + rng.randbytes(rng.randint(0, 60)).hex()]
    if method.startswith(("author_", "payment_")) and rng.random() < 0.8:
        data = bytearray(node.chain.sign(key("alice"), "System", "remark", {"remark": "x"}))
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        params = ["0x" + bytes(data).hex()]
    return {"jsonrpc": "2.0", "id": rng.choice(ODD), "method": method, "params": params}


def odd_frame(rng: random.Random, node: Node) -> bytes:
    one = odd_request(rng, node)
    frame: Any = [one, rng.choice(ODD), odd_request(rng, node)] if rng.random() < 0.1 else one
    text = json.dumps(frame, ensure_ascii=rng.random() < 0.5).encode()
    if rng.random() < 0.3:
        data = bytearray(text)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(data) + 1)
            data[place : place + rng.randint(0, 2)] = rng.choice(
                [b"", b"[", b"}", b"\\ud800", b"1e999", rng.randbytes(2)]
            )
        text = bytes(data)
    return text


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_any_frame_is_answered_and_memory_stays_flat(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    rng, held = random.Random(1), []
    session = Session(node, lambda _: None)
    for number in range(FRAMES):
        if number % 200 == 0:
            held.append(resident())
            session.close()
            session = Session(node, lambda _: None)
            node.chain.produce_block()
        frame = odd_frame(rng, node)
        answer = session.handle(frame)
        if answer is None:  # it has become a notification
            assert b'"id"' not in frame
            continue
        found = strict(answer)
        errors = [one["error"] for one in (found if isinstance(found, list) else [found]) if "error" in one]
        assert not [error for error in errors if error["code"] == -32603], (frame, errors)
        assert strict(session.handle(HONEST))["result"] == "TAO Lab"
    session.close()
    assert not caplog.records
    assert held[-1] - held[len(held) // 4] < 64 * MEBI


# --- on sockets -----------------------------------------------------------------------------------------------------


@pytest.fixture
def server(node: Node) -> Iterator[Server]:
    with Server(node) as server:
        yield server


def works(connection: ClientConnection) -> bool:
    connection.send(HONEST)
    return bool(strict(str(connection.recv(timeout=SECONDS)))["result"] == "TAO Lab")


def read_on(connection: ClientConnection) -> None:
    """Read until the connection ends."""
    while True:
        connection.recv(timeout=SECONDS)


def test_hostile_frames_leave_the_connection_open(server: Server) -> None:
    with connect(server.url) as connection:
        for frame, _ in FRAMES_AND_CODES.values():
            for text in (True, False):
                connection.send(frame.encode() if isinstance(frame, str) else frame, text=text)
                while "method" in strict(str(connection.recv(timeout=SECONDS))):
                    pass  # what a subscription tells
        assert works(connection)


@pytest.mark.parametrize("asked", [False, True])
def test_idle_connections_shut_nobody_out(server: Server, monkeypatch: pytest.MonkeyPatch, asked: bool) -> None:
    monkeypatch.setattr(module, "MOST_CLIENTS", 20)
    monkeypatch.setattr(module, "SILENT_SECONDS", -1.0)
    with connect(server.url) as first, ExitStack() as stack:
        first.send(request("chain_subscribeNewHeads"))
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(30)]
        idle_clients = [stack.enter_context(connect(server.url)) for _ in range(30)]
        assert not asked or works(idle_clients[-1])
        with connect(server.url) as honest:
            assert works(honest)
        assert len(idle) == 30
        names = {strict(str(first.recv(timeout=SECONDS))).get("method") for _ in range(2)}
        assert names == {"chain_newHead", None}  # whoever listens keeps the place


def test_one_address_cannot_take_all_places(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PER_ADDRESS", 2)
    with ExitStack() as stack:
        for _ in range(2):
            assert works(stack.enter_context(connect(server.url)))
        with pytest.raises(InvalidStatus, match="503"):
            connect(server.url)
        other = stack.enter_context(connect(server.url, source_address=("127.0.0.2", 0)))
        assert works(other)


def test_a_slow_reader_is_cut_off_and_no_thread_is_started_for_it(
    server: Server, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_UNREAD", 50_000)
    with connect(server.url) as honest, connect(server.url, max_queue=1) as slow:
        for _ in range(limits.MOST_SUBSCRIPTIONS):
            slow.send(request("chain_subscribeNewHeads"))
            assert works(honest)
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        threads = threading.active_count()
        for _ in range(400):
            if not any(client.session and client.session.listens for client in server._places.clients):
                break
            node.chain.produce_block()
            assert works(honest)
            assert threading.active_count() <= threads
        else:
            pytest.fail("it was not cut off")
        with pytest.raises(ConnectionClosed):
            read_on(slow)
        assert works(honest)


@pytest.mark.parametrize("way", ["WebSocket", "HTTP"])
def test_answers_that_nobody_reads_are_few_from_one_address(
    server: Server, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    large = json.dumps([json.loads(request("state_getMetadata"))] * 12)  # more than the kernel keeps for a socket
    with connect(server.url, max_size=None) as honest, ExitStack() as stack:
        honest.send(large)
        size = len(honest.recv(timeout=SECONDS))
        monkeypatch.setattr(module, "MOST_UNSENT_PER_ADDRESS", 3 * size)
        answered = server.figures.answered
        for _ in range(5):  # of which three may wait
            stack.enter_context(_deaf(server, large, way))
        end = time.monotonic() + SECONDS
        while server.figures.answered < answered + 5 or server.connections > 1 + 3:
            assert time.monotonic() < end, f"{server.connections} connections are open"
            time.sleep(0.01)
        assert server.connections == 1 + 3
        assert works(honest)
        with connect(server.url, max_size=None, source_address=("127.0.0.2", 0)) as elsewhere:
            elsewhere.send(large)
            assert len(elsewhere.recv(timeout=SECONDS)) == size


def _deaf(server: Server, frame: str, way: str) -> socket.socket:
    """A connection that asks, and reads no answer."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    deaf.connect(("127.0.0.1", server.port))
    data = frame.encode()
    if way == "HTTP":
        head = f"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        deaf.sendall(head.encode() + data)
        return deaf
    head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    deaf.sendall(f"{head}Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n\r\n".encode())
    while not deaf.recv(4_096).endswith(b"\r\n\r\n"):
        pass
    deaf.sendall(b"\x81\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data)  # a text, masked with zeros
    return deaf
