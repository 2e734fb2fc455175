"""What an operator sees of a node: its health, and figures that Prometheus reads."""

import json

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from tao_lab.network import Network
from tao_lab.node.server import Server

HEAD = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chain_getHead", "params": []})


def figures(server: Server) -> dict[str, float]:
    answer = httpx.get(f"http://127.0.0.1:{server.port}/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {sample.name + "".join(sample.labels.values()): sample.value for sample in samples}


def test_the_figures_follow_the_chain_and_its_clients():
    with Network() as net, net.serve() as server:
        before = figures(server)
        with connect(server.url) as client:
            client.send(HEAD)
            client.recv()
            net.run(blocks=3)
            now = figures(server)
        assert now["substrate_block_heightbest"] == now["substrate_block_heightfinalized"] == 3
        assert now["substrate_rpc_calls_finished_total"] == before["substrate_rpc_calls_finished_total"] + 1
        assert now["substrate_rpc_sessions"] == 2  # the client, and this question
        assert now["substrate_ready_transactions_number"] == 0
        assert now["tao_lab_database_bytes"] > 0
        assert now["process_resident_memory_bytes"] > 0


@pytest.mark.parametrize("token", [None, "SECRET12"])
def test_health_needs_no_token_and_the_chain_does(token):
    with Network() as net, Server(net.node, token=token) as server:
        root = f"http://127.0.0.1:{server.port}"
        assert httpx.get(f"{root}/health").text == "the node answers\n"
        assert figures(server)
        headers = {"Content-Type": "application/json"}
        assert httpx.post(f"{root}/SECRET12", content=HEAD, headers=headers).status_code == 200
        assert httpx.post(root, content=HEAD, headers=headers).status_code == (200 if token is None else 403)
        assert httpx.get(f"{root}/elsewhere").status_code == (426 if token is None else 403)
