"""The methods of a Substrate node, family by family, with parameters by position and by name."""

import json
from typing import Any

import pytest
from bittensor_core import Keypair

from tao_lab.chain.chain import Chain
from tao_lab.chain.merkle import StateProof, blake2_256, verify_state_proof
from tao_lab.node.faucet import Faucet
from tao_lab.node.rpc import Node, Session, limits
from tests.chain.conftest import TAO, account, key
from tests.node.test_rpc import Client, client, node, remark

__all__ = ["client", "node"]

# Of the issue that asked for them, and what a node's `rpc_methods` says; Ethereum's are not offered.
WANTED = """
state_getKeys state_getPairs state_getStorageHash state_getStorageSize state_getReadProof state_queryStorage
state_subscribeRuntimeVersion payment_queryFeeDetails system_chainType system_dryRun system_syncState system_peers
system_nodeRoles system_localPeerId chain_getRuntimeVersion chain_subscribeFinalisedHeads
chain_unsubscribeFinalisedHeads chainHead_v1_follow chainHead_v1_unfollow chainHead_v1_body chainHead_v1_call
chainHead_v1_continue chainHead_v1_header chainHead_v1_stopOperation chainHead_v1_storage chainHead_v1_unpin
chainSpec_v1_chainName chainSpec_v1_genesisHash chainSpec_v1_properties transactionWatch_v1_submitAndWatch
transactionWatch_v1_unwatch transaction_v1_broadcast transaction_v1_stop archive_v1_body archive_v1_call
archive_v1_finalizedHeight archive_v1_genesisHash archive_v1_hashByHeight archive_v1_header archive_v1_stopStorage
archive_v1_stopStorageDiff archive_v1_storage archive_v1_storageDiff subnetInfo_getSubnetInfo
subnetInfo_getSubnetsInfo subnetInfo_getSubnetInfo_v2 subnetInfo_getSubnetsInfo_v2 subnetInfo_getSubnetHyperparams
subnetInfo_getSubnetHyperparamsV2 subnetInfo_getAllDynamicInfo subnetInfo_getDynamicInfo subnetInfo_getAllMetagraphs
subnetInfo_getMetagraph subnetInfo_getAllMechagraphs subnetInfo_getMechagraph subnetInfo_getSubnetState
subnetInfo_getLockCost subnetInfo_getSelectiveMetagraph subnetInfo_getSelectiveMechagraph
subnetInfo_getColdkeyAutoStakeHotkey subnetInfo_getSubnetToPrune subnetInfo_getSubnetAccountId
neuronInfo_getNeuronsLite neuronInfo_getNeuronLite neuronInfo_getNeurons neuronInfo_getNeuron
delegateInfo_getDelegates delegateInfo_getDelegate delegateInfo_getDelegated stakeInfo_getColdkeyLock
"""


@pytest.fixture
def alice_key(chain: Chain) -> str:
    return "0x" + chain.state.key("System", "Account", account("alice")).hex()


def transfer(chain: Chain, tao: int, sender: str = "alice") -> bytes:
    args = {"dest": account("bob"), "value": tao * TAO}
    return chain.sign(key(sender), "Balances", "transfer_keep_alive", args)


def test_what_clients_look_for_is_offered_and_what_there_is_not_is_not(client: Client) -> None:
    offered = client.ask("rpc_methods")["methods"]
    assert not set(WANTED.split()) - set(offered)
    assert not [name for name in offered if name.startswith(("eth_", "net_", "web3_", "debug_", "txpool_"))]
    assert [name for name in offered if name.startswith("lab_")] == ["lab_refusals"]  # neither a faucet nor a class


@pytest.mark.parametrize(
    ("method", "by_name", "by_position"),
    [
        ("chain_getBlockHash", {"hash": 0}, [0]),
        ("chain_getHeader", {"hash": None}, []),
        ("state_getKeysPaged", {"prefix": "0x", "count": 2, "start_key": None, "hash": None}, ["0x", 2]),
        ("state_getKeysPaged", {"count": 2, "startKey": "0x26", "prefix": "0x"}, ["0x", 2, "0x26"]),
        ("state_call", {"name": "Core_version", "bytes": "0x"}, ["Core_version", "0x"]),
        ("account_nextIndex", {"account": account("alice")}, [account("alice")]),
        ("subnetInfo_getSubnetInfo", {"netuid": 0}, [0]),
    ],
)
def test_parameters_come_by_name_as_well(client: Client, method: str, by_name: Any, by_position: Any) -> None:
    request = {"jsonrpc": "2.0", "id": 7, "method": method, "params": by_name}
    response = json.loads(client.session.handle(json.dumps(request)) or "")
    assert response["result"] == client.ask(method, *by_position)


@pytest.mark.parametrize(
    ("params", "says"),
    [({"block": 0}, "takes hash, not block"), ({}, "needs key"), ({"key": 5}, "key is 5")],
)
def test_a_wrong_name_is_told(client: Client, params: Any, says: str) -> None:
    method = "chain_getBlockHash" if "block" in params else "state_getStorage"
    request = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    error = json.loads(client.session.handle(json.dumps(request)) or "")["error"]
    assert error["code"] == -32602
    assert says in error["data"]


# --- the older families ---------------------------------------------------------------------------------------------


def test_keys_and_values_below_a_prefix(client: Client, chain: Chain, alice_key: str) -> None:
    prefix = "0x" + chain.state.key("System", "Account").hex()
    keys = client.ask("state_getKeys", prefix)
    assert alice_key in keys
    assert client.ask("state_getPairs", prefix) == [[one, client.ask("state_getStorage", one)] for one in keys]
    value = bytes.fromhex(client.ask("state_getStorage", alice_key)[2:])
    assert client.ask("state_getStorageHash", alice_key) == "0x" + blake2_256(value).hex()
    assert client.ask("state_getStorageSize", alice_key) == len(value)
    assert client.ask("state_getStorageSize", prefix) == len(value) * len(keys)
    assert client.ask("state_getStorageHash", prefix) is None


def test_too_many_keys_are_asked_for_by_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_READS", 3)
    for method in ("state_getKeys", "state_getPairs", "state_getStorageSize"):
        code, text = client.error(method, "0x")
        assert code == -32602
        assert "state_getKeysPaged" in text


def test_a_query_over_blocks_tells_each_change_once(client: Client, node: Node, alice_key: str) -> None:
    first = client.ask("chain_getHead")
    node.chain.produce_block()
    client.ask("author_submitExtrinsic", remark(node))
    found = client.ask("state_queryStorage", [alice_key], first)
    assert [one["block"] for one in found] == [first, client.ask("chain_getHead")]
    assert found[1]["changes"] == [[alice_key, client.ask("state_getStorage", alice_key)]]
    assert client.error("state_queryStorage", [alice_key], client.ask("chain_getHead"), first)[0] == -32602


def test_a_proof_shows_a_value_under_the_headers_root(client: Client, chain: Chain, alice_key: str) -> None:
    found = client.ask("state_getReadProof", [alice_key])
    assert found["at"] == client.ask("chain_getHead")
    data = bytes.fromhex(found["proof"][0][2:])
    *siblings, path, leaf = (data[n : n + 32] for n in range(0, len(data), 32))
    value = bytes.fromhex(client.ask("state_getStorage", alice_key)[2:])
    root = bytes.fromhex(client.ask("chain_getHeader")["stateRoot"][2:])
    proof = StateProof(tuple(siblings), (path, leaf))
    assert verify_state_proof(root, bytes.fromhex(alice_key[2:]), value, proof)
    assert not verify_state_proof(root, bytes.fromhex(alice_key[2:]), value + b"x", proof)


def test_the_parts_of_a_fee_add_up(client: Client, node: Node) -> None:
    extrinsic = remark(node)
    parts = client.ask("payment_queryFeeDetails", extrinsic)["inclusionFee"]
    fee = sum(int(parts[name], 16) for name in ("baseFee", "lenFee", "adjustedWeightFee"))
    assert str(fee) == client.ask("payment_queryInfo", extrinsic)["partialFee"]


def test_a_dry_run_tells_what_would_happen_and_changes_nothing(client: Client, chain: Chain) -> None:
    root = chain.head.header.state_root
    assert client.ask("system_dryRun", "0x" + transfer(chain, 1).hex()) == "0x0000"
    assert client.ask("system_dryRun", "0x" + transfer(chain, 10_000).hex()) == "0x00010700"  # Token.FundsUnavailable
    assert client.ask("system_dryRun", "0x" + transfer(chain, 1, "nobody").hex()) == "0x010001"  # Invalid.Payment
    assert chain.pool == ()
    chain.produce_block()
    assert chain.state_proof(b"", chain.head.number)
    assert client.ask("chain_getHeader", "0x" + chain.head.header.parent_hash.hex())["stateRoot"] == "0x" + root.hex()


def test_the_pools_question_names_what_an_extrinsic_needs(client: Client, chain: Chain) -> None:
    ask = "TaggedTransactionQueue_validate_transaction"
    head = chain.head.hash.hex()
    later = chain.sign(key("alice"), "System", "remark", {"remark": "x"}, nonce=1)
    answer = bytes.fromhex(client.ask("state_call", ask, "0x02" + later.hex() + head)[2:])
    who = key("alice").public_key
    assert answer[:10] == b"\x00" + bytes(8) + b"\x04"  # valid, priority 0, one extrinsic before it
    assert answer[11:47] == who + bytes(4)
    assert who + (1).to_bytes(4, "little") in answer[47:]
    forged = later[:100] + bytes([later[100] ^ 1]) + later[101:]
    assert client.ask("state_call", ask, "0x02" + forged.hex() + head) == "0x010004"  # Invalid.BadProof


def test_a_node_says_who_it_is(client: Client, chain: Chain) -> None:
    assert client.ask("system_chainType") == "Development"
    assert client.ask("system_nodeRoles") == ["Authority"]
    assert client.ask("system_peers") == []
    assert client.ask("system_localPeerId").startswith("12D3KooW")
    assert client.ask("system_syncState") == {"startingBlock": 0, "currentBlock": 1, "highestBlock": 1}
    assert client.ask("chainSpec_v1_chainName") == client.ask("system_chain")
    assert client.ask("chainSpec_v1_genesisHash") == client.ask("chain_getBlockHash", 0)
    assert client.ask("chain_getRuntimeVersion") == client.ask("state_getRuntimeVersion")


def test_subtensors_own_methods_are_its_runtime_apis_as_lists_of_bytes(populated: Chain) -> None:
    client = Client(Node(populated))
    answer = client.ask("state_call", "SubnetInfoRuntimeApi_get_metagraph", "0x0100")
    assert bytes(client.ask("subnetInfo_getMetagraph", 1)) == bytes.fromhex(answer[2:])
    neuron = client.ask("state_call", "NeuronInfoRuntimeApi_get_neuron_lite", "0x01000100")
    assert bytes(client.ask("neuronInfo_getNeuronLite", 1, 1)) == bytes.fromhex(neuron[2:])
    who = list(key("validator").public_key)
    delegate = client.ask("state_call", "DelegateInfoRuntimeApi_get_delegate", "0x" + bytes(who).hex())
    assert bytes(client.ask("delegateInfo_getDelegate", who)) == bytes.fromhex(delegate[2:])
    chosen = client.ask("state_call", "SubnetInfoRuntimeApi_get_selective_metagraph", "0x01000801000200")
    assert bytes(client.ask("subnetInfo_getSelectiveMetagraph", 1, [1, 2])) == bytes.fromhex(chosen[2:])
    assert client.ask("subnetInfo_getLockCost") > 0
    genesis = client.ask("chain_getBlockHash", 0)
    assert client.ask("subnetInfo_getMetagraph", 1, genesis) == [0]
    assert client.error("delegateInfo_getDelegate", [1, 2])[0] == -32602
    assert client.error("subnetInfo_getMetagraph", 70_000)[0] == -32602


# --- the families with a version in their names ---------------------------------------------------------------------


def events(client: Client, name: str) -> list[Any]:
    return [event["event"] for event in client.told(name)]


def test_a_follower_is_told_of_blocks_and_asks_about_them(client: Client, node: Node, alice_key: str) -> None:
    name = client.ask("chainHead_v1_follow", True)
    client.ask("author_submitExtrinsic", remark(node))
    assert events(client, name) == ["initialized", "bestBlockChanged", "newBlock", "bestBlockChanged", "finalized"]
    start, *_, new = client.told(name)
    assert start["finalizedBlockHashes"] == client.ask("chain_getBlockHash", [0, 1])
    assert start["finalizedBlockRuntime"]["spec"]["specVersion"] == 475
    head = client.ask("chain_getHead")
    assert new["finalizedBlockHashes"] == [head]
    header = client.ask("chainHead_v1_header", name, head)
    assert "0x" + blake2_256(bytes.fromhex(header[2:])).hex() == head
    for method, params in (
        ("body", [head]),
        ("call", [head, "Core_version", "0x"]),
        ("call", [head, "Core_no_such", "0x"]),
        ("storage", [head, [{"key": alice_key, "type": "value"}, {"key": "0x12", "type": "hash"}]]),
        ("storage", [head, [{"key": alice_key, "type": "closestDescendantMerkleValue"}]]),
    ):
        assert client.ask(f"chainHead_v1_{method}", name, *params)["result"] == "started"
    done, called, failed, items, ended, refused = client.told(name)[5:]
    assert done["value"] == client.ask("chain_getBlock")["block"]["extrinsics"]
    assert called["output"] == client.ask("state_call", "Core_version", "0x")
    assert (failed["event"], refused["event"]) == ("operationError", "operationError")
    assert items["items"] == [{"key": alice_key, "value": client.ask("state_getStorage", alice_key)}]
    assert ended["event"] == "operationStorageDone"
    assert client.ask("chainHead_v1_unpin", name, head) is None
    assert client.error("chainHead_v1_header", name, head)[0] == -32801
    assert client.error("chainHead_v1_unpin", name, [head, head])[0] == -32804
    assert client.ask("chainHead_v1_unfollow", name) is None
    assert client.ask("chainHead_v1_header", name, head) is None
    assert client.ask("chainHead_v1_body", name, head) == {"result": "limitReached"}


def test_many_values_come_in_pages_that_the_client_asks_on_for(client: Client, chain: Chain) -> None:
    name = client.ask("chainHead_v1_follow", False)
    keys = client.ask("state_getKeysPaged", "0x", 1_000)
    items = [{"key": "0x", "type": "descendantsHashes"}] * 30
    operation = client.ask("chainHead_v1_storage", name, client.ask("chain_getHead"), items)["operationId"]
    while client.told(name)[-1]["event"] == "operationWaitingForContinue":
        client.ask("chainHead_v1_continue", name, operation)
    pages = [event for event in client.told(name) if event["event"] == "operationStorageItems"]
    assert len(pages) > 1
    assert [item["key"] for page in pages for item in page["items"]] == keys * 30
    assert client.told(name)[-1]["event"] == "operationStorageDone"


def test_a_follower_that_unpins_nothing_is_told_to_stop(
    client: Client, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_PINNED", 3)
    name = client.ask("chainHead_v1_follow", False)
    for _ in range(4):
        node.chain.produce_block()
    assert events(client, name).count("newBlock") == 1
    assert events(client, name)[-1] == "stop"
    assert client.session.subscriptions == {}
    for _ in range(limits.MOST_FOLLOWS):
        client.ask("chainHead_v1_follow", False)
    assert client.error("chainHead_v1_follow", False)[0] == -32800


def test_a_watched_transaction_is_told_of_its_block_or_why_there_is_none(client: Client, chain: Chain) -> None:
    good, bad = "0x" + transfer(chain, 1).hex(), "0x" + transfer(chain, 1, "nobody").hex()
    name = client.ask("transactionWatch_v1_submitAndWatch", good)
    assert events(client, name) == ["validated", "bestChainBlockIncluded", "finalized"]
    assert client.told(name)[2]["block"] == {"hash": client.ask("chain_getHead"), "index": 1}
    for data, says in ((good, "Stale"), (bad, "Payment"), ("0x1234", "length")):
        refused = client.told(client.ask("transactionWatch_v1_submitAndWatch", data))
        assert [event["event"] for event in refused] == ["invalid"]
        assert says in refused[0]["error"]
    assert client.session.subscriptions == {}
    sent = client.ask("transaction_v1_broadcast", "0x" + transfer(chain, 1).hex())
    assert chain.head.number == 3
    assert client.ask("transaction_v1_stop", sent) is None
    assert client.error("transaction_v1_stop", sent)[0] == -32602


def test_the_archive_has_every_block_and_tells_what_changed(client: Client, node: Node, alice_key: str) -> None:
    before = client.ask("state_getStorage", alice_key)
    client.ask("author_submitExtrinsic", remark(node))
    head = client.ask("chain_getHead")
    assert client.ask("archive_v1_finalizedHeight") == 2
    assert client.ask("archive_v1_hashByHeight", 2) == [head]
    assert client.ask("archive_v1_hashByHeight", 3) == []
    assert client.ask("archive_v1_body", head) == client.ask("chain_getBlock")["block"]["extrinsics"]
    assert "0x" + blake2_256(bytes.fromhex(client.ask("archive_v1_header", head)[2:])).hex() == head
    assert client.ask("archive_v1_header", "0x" + "ab" * 32) is None
    called = client.ask("archive_v1_call", head, "Core_version", "0x")
    assert called == {"success": True, "value": client.ask("state_call", "Core_version", "0x")}
    assert client.ask("archive_v1_call", head, "Core_none", "0x")["success"] is False
    parent = client.ask("chain_getBlockHash", 1)
    read = client.ask("archive_v1_storage", parent, [{"key": alice_key, "type": "value"}])
    assert client.told(read) == [{"event": "storage", "key": alice_key, "value": before}, {"event": "storageDone"}]
    changed = client.ask("archive_v1_storageDiff", head, [{"key": alice_key, "returnType": "value"}])
    now = client.ask("state_getStorage", alice_key)
    assert client.told(changed)[0] == {"event": "storageDiff", "key": alice_key, "value": now, "type": "modified"}
    everything = client.told(client.ask("archive_v1_storageDiff", head))
    names = {event.get("key") for event in everything}
    events_key = "0x" + node.chain.state.key("System", "Events").hex()
    assert {alice_key, events_key} <= names
    assert everything[-1] == {"event": "storageDiffDone"}


# --- the faucet -----------------------------------------------------------------------------------------------------


def test_the_faucet_gives_within_its_limits_and_only_where_there_is_one(chain: Chain) -> None:
    new, other = (Keypair.from_uri(f"//{name}").ss58_address for name in ("new", "other"))
    assert Client(Node(chain)).error("lab_faucet", new, 5)[0] == -32601
    node = Node(chain, faucet=Faucet(chain, per_account=10 * TAO, per_address=15 * TAO))
    client = Client(node)
    assert "lab_faucet" in client.ask("rpc_methods")["methods"]
    client.ask("lab_faucet", new, 10 * TAO)
    assert chain.state.get("System", "Account", new)["data"]["free"] == 10 * TAO
    code, text = client.error("lab_faucet", new, 1)
    assert (code, "has had 10 τ of 10 τ" in text) == (-32050, True)
    assert "address" in client.error("lab_faucet", other, 6 * TAO)[1]
    elsewhere = Session(node, None, "192.0.2.7")
    request = {"jsonrpc": "2.0", "id": 1, "method": "lab_faucet", "params": [other, 6 * TAO]}
    assert "result" in json.loads(elsewhere.handle(json.dumps(request)) or "")
    for params in (["nobody", 5], [new, -1], [new, "x"], [new, 1 << 64]):
        assert client.error("lab_faucet", *params)[0] == -32602
