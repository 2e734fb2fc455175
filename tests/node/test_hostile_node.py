"""A node that answers anything: whoever joined it gets one error with its address, and no loop."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from tao_lab.chain.runtime import SPEC_VERSION
from tao_lab.network import Network
from tao_lab.node.remote import NoAnswer

HASH = "0x" + "11" * 32
HEADER = {"parentHash": HASH, "number": "0x1", "stateRoot": HASH, "extrinsicsRoot": HASH, "digest": {"logs": []}}
HONEST: dict[str, Any] = {
    "system_name": "tao-lab",
    "state_getRuntimeVersion": {"specVersion": SPEC_VERSION},
    "chain_getBlockHash": HASH,
    "chain_getHead": HASH,
    "chain_getBlock": {"block": {"header": HEADER, "extrinsics": []}},
    "lab_join": {"name": "ana", "title": "class", "granted": 1, "coming": 0},
    "lab_class": {"paused": False, "students": {}},
    "state_getKeysPaged": [],
    "system_accountNextIndex": 0,
}


@contextmanager
def node(answers: dict[str, Any]) -> Iterator[str]:
    """Address of a node with these answers."""

    def answer(connection: ServerConnection) -> None:
        for message in connection:
            request = json.loads(message)
            result = answers.get(request["method"])
            connection.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}))

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def use(url: str, folder: Path) -> None:
    """Join, and read what a notebook reads."""
    net = Network.join(url, "ABCDEFGH", "ana", wallets=folder)
    try:
        assert net.block_number == 1
        assert net.balance(net.me).rao == 0
        assert net.subnets() == []
        assert net.students() == {}
        assert net.chain.next_nonce(net.me.coldkeypub.ss58_address) == 0
    finally:
        net.close()


def test_the_answers_of_an_honest_node_are_read(tmp_path: Path) -> None:
    with node(HONEST) as url:
        use(url, tmp_path)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("state_getRuntimeVersion", []),
        ("chain_getBlockHash", "0xzz"),
        ("chain_getHead", 5),
        ("chain_getHead", "0x11"),
        ("chain_getBlock", None),
        ("chain_getBlock", {"block": {"header": {**HEADER, "digest": 5}, "extrinsics": []}}),
        ("state_getStorage", [[]]),
        ("state_getKeysPaged", [HASH] * 1_000),  # the same page for ever
        ("state_getKeysPaged", ["0x22", "0x21"]),
        ("lab_join", {"name": "ana", "title": "class", "granted": "\x1b[2J", "coming": 0}),
        ("lab_class", {"students": 5}),
        ("system_accountNextIndex", {}),
    ],
)
def test_an_answer_that_no_node_gives_is_an_error_with_the_address(tmp_path: Path, method: str, answer: Any) -> None:
    with node({**HONEST, method: answer}) as url, pytest.raises(NoAnswer) as error:
        use(url, tmp_path)
    assert str(error.value).startswith(f"{url} answers {method} as no node of the lab does: ")
    assert str(error.value).isprintable()


@pytest.mark.parametrize("value", ["0x", "0x11", "0x" + "ff" * 5_000])
def test_bytes_that_are_no_value_of_their_item_are_an_error_with_the_address(tmp_path: Path, value: str) -> None:
    with node({**HONEST, "state_getStorage": value}) as url, pytest.raises(NoAnswer) as error:
        use(url, tmp_path)
    assert str(error.value).startswith(f"{url} gives bytes for System.Account that are not one of its values: ")
