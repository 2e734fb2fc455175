import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import bittensor as bt
import httpx
import pytest
from websockets import Origin
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.errors import BadValue
from tao_lab.chain.executive import author
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.node import server as module
from tao_lab.node.http import Admission, HttpConnection, Origins
from tao_lab.node.rpc import Node
from tao_lab.node.server import Server
from tests.chain.conftest import TAO, account, key
from tests.chain.subtensor.conftest import add_subnet
from tests.chain.subtensor.pools import market


@pytest.fixture
def server(chain: Chain) -> Iterator[Server]:
    with Server(Node(chain)) as server:
        yield server


def ask(connection: Any, method: str, *params: Any) -> Any:
    connection.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}))
    return json.loads(connection.recv(timeout=60))


def test_it_is_reached_from_this_machine_only_and_on_a_free_port(server: Server) -> None:
    assert server.url == f"ws://127.0.0.1:{server.port}"
    with connect(server.url) as connection:
        assert ask(connection, "system_chain")["result"] == "TAO Lab"


def test_the_sdk_transfers_over_the_socket(server: Server, chain: Chain, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path))

    async def work() -> Any:
        async with bt.Client(server.url) as client:
            call = await client._substrate.compose(
                ("Balances", "transfer_keep_alive", {"dest": account("carol"), "value": 3 * TAO})
            )
            result = await client._substrate.submit(call, key("alice"))
            return result, await client.balances.balance(coldkey_ss58=account("carol"))

    result, balance = asyncio.run(work())
    assert result.success
    assert balance.rao == 3 * TAO


@pytest.fixture
def btcli(server: Server, tmp_path: Path) -> Callable[..., Any]:
    """Run btcli on the server with a home of its own; returns its JSON."""
    environment = {**os.environ, "HOME": str(tmp_path), "BITTENSOR_RUNTIME_CACHE_DIR": str(tmp_path)}

    def run(*words: str) -> Any:
        command = [str(Path(sys.executable).with_name("btcli")), *words, "--json", "--network", server.url]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def rich_student(chain: Chain, folder: Path, tao: int) -> bt.Wallet:
    wallet = bt.Wallet("student", path=str(folder)).create_new_coldkey(use_password=False, suppress=True)
    args = {"dest": wallet.coldkeypub.ss58_address, "value": tao * TAO}
    chain.submit(chain.sign(key("faucet"), "Balances", "transfer_keep_alive", args))
    chain.produce_block()
    return wallet


@pytest.mark.slow
def test_btcli_reads_a_balance_and_transfers(btcli: Callable[..., Any], chain: Chain, tmp_path: Path) -> None:
    student = rich_student(chain, tmp_path, 9).coldkeypub.ss58_address
    assert btcli("wallet", "balance", student)["free_tao"] == 9
    options = ("--wallet", "student", "--wallet-path", str(tmp_path), "-y")
    assert btcli("wallet", "transfer", "--dest", account("carol"), "--amount", "2", *options)["success"]
    assert btcli("wallet", "balance", account("carol"))["free_tao"] == 2


@pytest.mark.slow
def test_btcli_creates_a_subnet_and_registers_on_it(btcli: Callable[..., Any], chain: Chain, tmp_path: Path) -> None:
    wallet = rich_student(chain, tmp_path, 1_010)
    for hotkey in ("owner", "miner"):
        bt.Wallet("student", hotkey, str(tmp_path)).create_new_hotkey(use_password=False, suppress=True)
    options = ("--wallet", "student", "--wallet-path", str(tmp_path), "-y", "--wallet-hotkey")
    assert btcli("subnets", "create", *options, "owner")["data"]["netuid"] == 1
    assert btcli("subnets", "register", "--netuid", "1", *options, "miner")["success"]
    shown = btcli("subnets", "show", "1")
    assert (shown["owner_coldkey"], shown["neurons"]) == (wallet.coldkeypub.ss58_address, 2)


@pytest.mark.slow
def test_btcli_registers_with_work_who_has_no_tao(btcli: Callable[..., Any], chain: Chain, tmp_path: Path) -> None:
    context = Context(chain.runtime, chain.state, chain.head.number, author(chain.state))
    add_subnet(context, 1, NetworkPowRegistrationAllowed=True, Difficulty=10_000, MinDifficulty=10_000)
    chain.produce_block()
    wallet = bt.Wallet("student", "miner", str(tmp_path)).create_new_coldkey(use_password=False, suppress=True)
    wallet.create_new_hotkey(use_password=False, suppress=True)
    options = ("--wallet", "student", "--wallet-path", str(tmp_path), "--wallet-hotkey", "miner", "-y")
    work = ("--pow", "--pow-workers", "1", "--pow-timeout", "60")
    assert btcli("subnets", "register", "--netuid", "1", *work, *options)["success"]
    assert chain.state.get("SubtensorModule", "Uids", 1, wallet.hotkey.ss58_address) == 0
    assert btcli("wallet", "balance", wallet.coldkeypub.ss58_address)["free_tao"] == 0


@pytest.mark.slow
def test_btcli_stakes_moves_and_unstakes(btcli: Callable[..., Any], chain: Chain, tmp_path: Path) -> None:
    wallet = rich_student(chain, tmp_path, 100)
    market(Context(chain.runtime, chain.state, chain.head.number, author(chain.state)))
    miner, helper = account("miner"), account("helper")
    options = ("--wallet", "student", "--wallet-path", str(tmp_path), "-y")
    assert btcli("stake", "add", "--hotkey", miner, "--netuid", "1", "--amount-tao", "10", *options)["success"]
    move = ("--origin-hotkey", miner, "--dest-hotkey", helper, "--origin-netuid", "1", "--dest-netuid", "2")
    assert btcli("stake", "move", *move, "--amount-alpha", "10", *options)["success"]
    assert btcli("stake", "unstake-all", "--hotkey", miner, *options)["success"]
    assert stake_of_coldkey(chain.state, miner, wallet.coldkeypub.ss58_address, 1) == 0
    assert stake_of_coldkey(chain.state, helper, wallet.coldkeypub.ss58_address, 2) > 19 * TAO


def test_a_client_is_told_of_blocks_and_another_is_not_held_up(server: Server, chain: Chain) -> None:
    with connect(server.url) as listener, connect(server.url) as other:
        name = ask(listener, "chain_subscribeNewHeads")
        chain.produce_block()
        texts = [name, *(json.loads(listener.recv(timeout=60)) for _ in range(2))]
        heads = [text["params"]["result"]["number"] for text in texts if "params" in text]
        assert heads == ["0x1", "0x2"]
        assert ask(other, "chain_getHeader")["result"]["number"] == "0x2"


def test_frames_are_not_compressed(server: Server) -> None:
    with connect(server.url) as connection:  # the client offers it
        assert connection.response is not None
        assert "Sec-WebSocket-Extensions" not in connection.response.headers


def test_a_web_page_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        connect(server.url, origin="https://example.com")


def test_the_servers_own_pages_may_ask_and_others_where_they_are_allowed(server: Server, chain: Chain) -> None:
    with connect(server.url, origin=Origin(f"http://localhost:{server.port}")) as connection:
        assert ask(connection, "system_chain")["result"] == "TAO Lab"
    with pytest.raises(InvalidStatus, match="403"):
        connect(server.url, origin=Origin(f"http://localhost:{server.port + 1}"))
    with (
        Server(Node(chain), origins=("https://polkadot.js.org",)) as open_server,
        connect(open_server.url, origin=Origin("https://polkadot.js.org")) as connection,
    ):
        assert ask(connection, "system_chain")["result"] == "TAO Lab"


def test_an_answer_goes_before_what_it_brings_about(server: Server, chain: Chain) -> None:
    with connect(server.url) as connection:
        extrinsic = "0x" + chain.sign(key("alice"), "System", "remark", {"remark": "x"}).hex()
        name = ask(connection, "author_submitAndWatchExtrinsic", extrinsic)["result"]
        told = [json.loads(connection.recv(timeout=60))["params"] for _ in range(3)]
        assert {one["subscription"] for one in told} == {name}
        assert [str(one["result"])[:8] for one in told] == ["ready", "{'inBloc", "{'finali"]


# --- HTTP on the same port ------------------------------------------------------------------------------------------

HEAD = '{"jsonrpc": "2.0", "id": 1, "method": "system_chain"}'


def post(server: Server, content: str | bytes, **headers: str) -> httpx.Response:
    headers = {"Content-Type": "application/json", **headers}
    return httpx.post(server.url.replace("ws", "http"), content=content, headers=headers, timeout=60)


def test_http_answers_as_the_socket_does(server: Server) -> None:
    assert post(server, HEAD).json() == {"jsonrpc": "2.0", "id": 1, "result": "TAO Lab"}
    assert [one["id"] for one in post(server, f"[{HEAD}, {HEAD}]").json()] == [1, 1]
    assert post(server, "{").json()["error"]["code"] == -32700
    assert post(server, HEAD.replace('"id": 1, ', "")).content == b""
    refused = post(server, HEAD.replace("system_chain", "chain_subscribeNewHeads")).json()["error"]
    assert (refused["code"], "WebSocket" in refused["data"]) == (-32601, True)


def test_one_http_connection_takes_many_requests_also_longer_ones_than_the_websockets_handshake(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with httpx.Client(base_url=server.url.replace("ws", "http")) as client:
        for size in (1, 10**6, 1):
            content = json.dumps({"id": 1, "method": "state_getStorage", "params": ["0x" + "00" * size]})
            answer = client.post("/", content=content, headers={"Content-Type": "application/json"}, timeout=60)
            assert answer.json()["result"] is None
            assert len(server._places.clients) == 1
        assert not [one for one in server._places.clients if one.session is not None]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (HEAD, {"Origin": "https://example.com"}, 403),
        (HEAD, {"Content-Type": "text/plain"}, 415),
        (HEAD, {"X-Long": "x" * 20_000}, 431),
        ("x" * (module.MOST_BYTES + 1), {}, 413),
    ],
)
def test_what_http_may_not_is_refused(server: Server, content: str, headers: dict[str, str], status: int) -> None:
    assert post(server, content, **headers).status_code == status
    assert post(server, HEAD).status_code == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\0", b"400"),  # what follows may meet a closed connection
        (b"PUT / HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"POST / HTTP/1.1\r\nContent-Length: -", b"400"),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"PUT / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
    ],
)
def test_bytes_that_are_no_request_get_a_status_and_an_end(server: Server, data: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        for byte in data:
            wire.send(bytes([byte]))
        assert wire.recv(1_000).split(b" ")[1] == status
    assert post(server, HEAD).status_code == 200


class Wire(asyncio.Transport):
    """A client's end: whether it may send, and what it got."""

    def __init__(self) -> None:
        super().__init__()
        self.may_send, self.got, self.closed = True, b"", False

    def pause_reading(self) -> None:
        self.may_send = False

    def resume_reading(self) -> None:
        self.may_send = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.got += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def test_a_request_waits_with_its_client_until_the_one_before_it_has_its_answer() -> None:
    async def talk() -> None:
        may_answer, wire = asyncio.Event(), Wire()

        async def answer(frame: bytes) -> str:
            await may_answer.wait()
            return frame.decode()

        http = HttpConnection(answer, Origins(), Admission(), lambda _: nullcontext(True), lambda: None)
        http.connection_made(wire)
        request = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
        for _ in range(2):
            assert wire.may_send
            http.data_received(request)
            assert not wire.may_send
            may_answer.set()
            while not wire.may_send:
                await asyncio.sleep(0)
            may_answer.clear()
        assert wire.got.count(b"200 OK") == 2

    asyncio.run(talk())


def test_each_line_of_a_head_counts_also_those_of_the_same_name() -> None:
    async def talk() -> bytes:
        async def answer(frame: bytes) -> str:
            return frame.decode()

        http, wire = HttpConnection(answer, Origins(), Admission(), lambda _: nullcontext(True), lambda: None), Wire()
        http.connection_made(wire)
        http.data_received(b"POST / HTTP/1.1\r\n" + b"a:\r\n" * 4_000)
        return wire.got

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 431 ")


def test_a_page_of_the_server_may_post(server: Server) -> None:
    origin = f"http://127.0.0.1:{server.port}"
    asked = httpx.options(origin, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert asked.headers["Access-Control-Allow-Origin"] == origin
    assert post(server, HEAD, Origin=origin).headers["Access-Control-Allow-Origin"] == origin


def test_beyond_the_most_clients_one_is_refused_with_a_reason(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CLIENTS", 1)
    with Server(Node(chain)) as server, connect(server.url) as first:
        ask(first, "system_chain")
        with pytest.raises(InvalidStatus, match="503"):
            connect(server.url)


def test_a_client_that_left_leaves_nothing_behind(server: Server, chain: Chain) -> None:
    with connect(server.url) as connection:
        ask(connection, "chain_subscribeNewHeads")
        assert len(chain.listeners) == 1
    for _ in range(1_000):  # the server notices in its own thread
        if not chain.listeners:
            break
        time.sleep(0.01)
    assert chain.listeners == []


def test_text_that_is_no_request_does_not_end_the_connection(server: Server) -> None:
    with connect(server.url) as connection:
        connection.send("{")
        assert json.loads(connection.recv(timeout=60))["error"]["code"] == -32700
        connection.send(b"\xff\xfe")
        assert json.loads(connection.recv(timeout=60))["error"]["code"] == -32700
        assert ask(connection, "system_chain")["result"] == "TAO Lab"


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_is_none_is_named(chain: Chain, port: int) -> None:
    with pytest.raises(BadValue, match="port is"):
        Server(Node(chain), port=port)


def test_a_port_that_is_taken_is_named(server: Server, chain: Chain) -> None:
    with pytest.raises(BadValue, match="port is"):
        Server(Node(chain), port=server.port)
