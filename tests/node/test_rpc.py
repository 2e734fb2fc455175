import json
from collections.abc import Iterator
from typing import Any

import bittensor_core
import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.merkle import blake2_256
from tao_lab.node.rpc import Node, Session
from tests.chain.conftest import TAO, account, key


class Client:
    """Asks a session as a client does, and keeps what it is told on the side."""

    def __init__(self, node: Node) -> None:
        self.heard: list[dict[str, Any]] = []
        self.session = Session(node, lambda text: self.heard.append(json.loads(text)["params"]))

    def ask(self, method: str, *params: Any) -> Any:
        response = self.response(method, *params)
        assert "error" not in response, response
        return response["result"]

    def error(self, method: str, *params: Any) -> tuple[int, str]:
        error = self.response(method, *params)["error"]
        return error["code"], f"{error['message']}: {error.get('data')}"

    def response(self, method: str, *params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}
        response = json.loads(self.session.handle(json.dumps(request)) or "null")
        assert response["id"] == 7
        return response

    def told(self, name: str) -> list[Any]:
        return [params["result"] for params in self.heard if params["subscription"] == name]


@pytest.fixture
def node(chain: Chain) -> Node:
    return Node(chain)


@pytest.fixture
def client(node: Node) -> Iterator[Client]:
    client = Client(node)
    yield client
    client.session.close()


def remark(node: Node, **options: Any) -> str:
    return "0x" + node.chain.sign(key("alice"), "System", "remark", {"remark": "x"}, **options).hex()


def test_blocks_are_found_by_height_and_by_hash(node: Node, client: Client) -> None:
    head = client.ask("chain_getHead")
    assert head == client.ask("chain_getFinalizedHead") == client.ask("chain_getBlockHash", 1)
    assert client.ask("chain_getBlockHash", "0x1") == head
    assert client.ask("chain_getBlockHash", [0, 1, 2]) == [client.ask("chain_getBlockHash", 0), head, None]
    header = client.ask("chain_getHeader", head)
    assert header == client.ask("chain_getHeader")
    assert header["number"] == "0x1"
    assert header["parentHash"] == client.ask("chain_getBlockHash", 0)
    block = client.ask("chain_getBlock", head)["block"]
    assert block["header"] == header
    assert len(block["extrinsics"]) == 3
    assert client.ask("chain_getHeader", "0x" + "ab" * 32) is None
    assert client.ask("chain_getBlock", "0x" + "ab" * 32) is None


def test_a_clients_header_hashes_to_the_blocks_name(node: Node, client: Client) -> None:
    head = client.ask("chain_getHead")
    header = client.ask("chain_getHeader", head)
    encoded = node.chain.runtime.core.encode(
        node.chain.runtime.header_type,
        {
            "parent_hash": header["parentHash"],
            "number": int(header["number"], 16),
            "state_root": header["stateRoot"],
            "extrinsics_root": header["extrinsicsRoot"],
            "digest": {"logs": []},
        },
    )
    logs = b"".join(bytes.fromhex(log[2:]) for log in header["digest"]["logs"])
    assert "0x" + blake2_256(bytes(encoded)[:-1] + b"\x04" + logs).hex() == head


def test_storage_is_read_at_the_head_and_at_any_block(node: Node, client: Client) -> None:
    storage_key = "0x" + node.chain.state.key("System", "Account", account("alice")).hex()
    genesis = client.ask("chain_getBlockHash", 0)
    value = client.ask("state_getStorageAt", storage_key, None)
    info = node.chain.runtime.core.decode(
        node.chain.runtime.item("System", "Account").value_type, bytes.fromhex(value[2:]), True
    )
    assert info["data"]["free"] == 100 * TAO
    assert client.ask("state_getStorageAt", storage_key, genesis) is None
    [at_genesis] = client.ask("state_queryStorageAt", [storage_key], genesis)
    assert at_genesis == {"block": genesis, "changes": [[storage_key, None]]}
    [now] = client.ask("state_queryStorageAt", [storage_key])
    assert now["changes"] == [[storage_key, value]]


def test_keys_come_in_pages(node: Node, client: Client) -> None:
    prefix = "0x" + node.chain.state.key("System", "Account").hex()
    found: list[str] = []
    while page := client.ask("state_getKeysPaged", prefix, 2, found[-1] if found else prefix, None):
        found += page
    assert found == sorted(found)
    assert len(found) == len(node.chain.state.entries("System", "Account"))
    assert client.error("state_getKeysPaged", prefix, 5_000)[0] == -32602


def test_metadata_and_version_are_those_of_the_runtime(node: Node, client: Client) -> None:
    version = client.ask("state_getRuntimeVersion", None)
    assert (version["specName"], version["specVersion"], version["transactionVersion"]) == ("node-subtensor", 475, 1)
    metadata = node.chain.runtime.metadata
    option = bytes.fromhex(client.ask("state_call", "Metadata_metadata_at_version", "0x0f000000", None)[2:])
    assert option[0] == 1
    assert option.endswith(metadata)
    assert client.ask("state_call", "Metadata_metadata_at_version", "0x63000000") == "0x00"
    assert client.ask("state_call", "Metadata_metadata_versions", "0x") == "0x080e0000000f000000"


def test_older_clients_get_the_same_schema_in_version_14(node: Node, client: Client) -> None:
    old = bytes.fromhex(client.ask("state_getMetadata")[2:])
    assert client.ask("state_call", "Metadata_metadata_at_version", "0x0e000000").endswith(old.hex())
    assert client.ask("state_call", "Metadata_metadata", "0x").endswith(old.hex())
    runtime, core = bittensor_core.Runtime(old, 475, 1, 42), node.chain.runtime.core
    assert old[:5] == b"meta\x0e"
    assert json.loads(runtime.registry_json()) == json.loads(core.registry_json())
    assert runtime.metadata_ir()["pallets"] == core.metadata_ir()["pallets"]
    data = bytes.fromhex(remark(node)[2:])
    assert runtime.decode_extrinsic(data) == core.decode_extrinsic(data)


def test_errors_say_in_the_metadata_what_they_mean(node: Node) -> None:
    errors = {error["name"]: error["docs"] for error in node.chain.runtime.pallets["SubtensorModule"]["errors"]}
    assert errors["NotEnoughBalanceToStake"].startswith("The caller is requesting adding more stake than there exists")


def test_an_extrinsic_makes_its_block_at_once(node: Node, client: Client) -> None:
    assert client.ask("account_nextIndex", account("alice")) == 0
    name = client.ask("author_submitExtrinsic", remark(node))
    assert node.chain.head.number == 2
    assert name in ["0x" + data.hex() for data in node.chain.head.extrinsic_hashes]
    assert client.ask("account_nextIndex", account("alice")) == 1


def test_with_blocks_on_demand_an_extrinsic_waits(chain: Chain) -> None:
    node = Node(chain, instant=False)
    client = Client(node)
    name = client.ask("author_submitAndWatchExtrinsic", remark(node))
    assert client.told(name) == ["ready"]
    assert client.ask("author_pendingExtrinsics") == [remark_data(chain)]
    assert client.ask("account_nextIndex", account("alice")) == 1
    block = chain.produce_block()
    assert client.told(name) == ["ready", {"inBlock": "0x" + block.hash.hex()}, {"finalized": "0x" + block.hash.hex()}]


def remark_data(chain: Chain) -> str:
    return "0x" + chain.pool[0].data.hex()


def test_a_watched_extrinsic_that_is_dropped_is_told_to_be_invalid(node: Node, client: Client) -> None:
    name = client.ask("author_submitAndWatchExtrinsic", remark(node, nonce=1, period=4))
    for _ in range(5):
        node.chain.produce_block()
    assert client.told(name) == ["ready"]
    client.ask("author_submitExtrinsic", remark(node, nonce=0))
    assert client.told(name) == ["ready", "invalid"]


def test_heads_are_told_until_the_client_has_enough(node: Node, client: Client) -> None:
    names = [client.ask(f"chain_subscribe{kind}Heads") for kind in ("New", "Finalized")]
    node.chain.produce_block()
    assert [[head["number"] for head in client.told(name)] for name in names] == [["0x1", "0x2"]] * 2
    assert client.ask("chain_unsubscribeNewHeads", names[0]) is True
    assert client.ask("chain_unsubscribeNewHeads", names[0]) is False
    node.chain.produce_block()
    assert len(client.told(names[0])) == 2
    assert len(client.told(names[1])) == 3


def test_storage_is_told_when_it_changes_and_only_then(node: Node, client: Client) -> None:
    storage_key = "0x" + node.chain.state.key("System", "Account", account("alice")).hex()
    name = client.ask("state_subscribeStorage", [storage_key])
    node.chain.produce_block()
    assert len(client.told(name)) == 1
    client.ask("author_submitExtrinsic", remark(node))
    assert len(client.told(name)) == 2
    assert client.told(name)[1]["changes"][0][1] == client.ask("state_getStorage", storage_key)


def test_a_closed_session_hears_nothing_more(node: Node, client: Client) -> None:
    client.ask("chain_subscribeNewHeads")
    client.session.close()
    node.chain.produce_block()
    assert len(client.heard) == 1
    assert node.chain.listeners == []


def test_an_extrinsics_fee_is_told_before_it_is_signed(node: Node, client: Client) -> None:
    info = client.ask("payment_queryInfo", remark(node))
    client.ask("author_submitExtrinsic", remark(node))
    paid = next(e for e in node.chain.events(2) if e["event_id"] == "TransactionFeePaid")["attributes"]["actual_fee"]
    assert int(info["partialFee"]) == paid


@pytest.mark.parametrize(
    ("method", "params", "code", "words"),
    [
        ("chain_noSuch", [], -32601, "Method not found"),
        ("chain_getHeader", ["xyz"], -32602, "block hash is 'xyz'"),
        ("state_getStorageAt", ["0x00", "0x" + "ab" * 32], 4003, "UnknownBlock"),
        ("state_getStorageAt", [5], -32602, "key is 5"),
        ("state_getStorageAt", [], -32602, "takes 1 to 2, not 0"),
        ("state_queryStorageAt", ["0x00"], -32602, "a list of at most"),
        ("state_call", ["NoApi_at_all", "0x"], -32602, "NoApi_at_all"),
        ("state_call", ["Core_execute_block", "0x"], -32601, "not in the lab's chain"),
        ("state_call", ["AccountNonceApi_account_nonce", "0x00"], -32602, "argument account"),
        ("author_submitExtrinsic", ["0x1234"], 1001, "Extrinsic has invalid format"),
        ("author_submitExtrinsic", ["hello"], -32602, "hex bytes"),
        ("account_nextIndex", ["nobody"], -32602, "key of System.Account"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(
    client: Client, method: str, params: list[Any], code: int, words: str
) -> None:
    found, text = client.error(method, *params)
    assert found == code
    assert words in text


def test_what_the_pool_refuses_has_the_words_of_a_real_node(node: Node, client: Client) -> None:
    data = remark(node)
    client.ask("author_submitExtrinsic", data)
    code, text = client.error("author_submitExtrinsic", data)
    assert (code, "Transaction is outdated" in text) == (1010, True)
    forged = data[:200] + ("0" if data[200] != "0" else "1") + data[201:]
    code, text = client.error("author_submitExtrinsic", forged)
    assert (code, "Transaction has a bad signature" in text) == (1010, True)
    poor = "0x" + node.chain.sign(key("nobody"), "System", "remark", {"remark": "x"}).hex()
    code, text = client.error("author_submitExtrinsic", poor)
    assert (code, "Inability to pay some fees" in text) == (1010, True)


@pytest.mark.parametrize(
    "text", ["", "{", "5", '"x"', "[]", "{}", '{"id": 1, "method": 5}', '{"id":1,"method":"system_chain","params":"a"}']
)
def test_text_that_is_no_request_gets_an_error_and_no_exception(client: Client, text: str) -> None:
    response = json.loads(client.session.handle(text) or "null")
    assert response["error"]["code"] in (-32700, -32600, -32602)


def test_a_batch_is_answered_in_order_and_notifications_not_at_all(client: Client) -> None:
    batch = [
        {"jsonrpc": "2.0", "id": 1, "method": "chain_getHead"},
        {"jsonrpc": "2.0", "method": "chain_getHead"},
        {"jsonrpc": "2.0", "id": "two", "method": "no_such"},
    ]
    answers = json.loads(client.session.handle(json.dumps(batch)) or "null")
    assert [answer["id"] for answer in answers] == [1, "two"]
    assert client.session.handle(json.dumps(batch[1])) is None


def test_the_methods_that_the_sdk_calls_are_listed(client: Client) -> None:
    listed = client.ask("rpc_methods")["methods"]
    for method in ("state_call", "chain_getHeader", "author_submitAndWatchExtrinsic", "author_unwatchExtrinsic"):
        assert method in listed
