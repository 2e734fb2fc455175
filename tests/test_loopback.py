"""Programs on this machine are reached directly, whatever proxy is set."""

import os

import bittensor as bt
import httpx
import pytest

import tao_lab
from tao_lab.network import Network
from tao_lab.neurons.models.server import ServedModel

NOWHERE = "http://127.0.0.1:9"  # nothing listens there
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WS_PROXY", "WSS_PROXY")


@pytest.fixture
def proxied(monkeypatch):
    for name in PROXIES:
        monkeypatch.setenv(name, NOWHERE)
        monkeypatch.setenv(name.lower(), NOWHERE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "127.0.0.1,localhost,::1"),
        ("example.org", "example.org,127.0.0.1,localhost,::1"),
        ("localhost, example.org", "localhost,example.org,127.0.0.1,::1"),
        ("*", "*"),
    ],
)
def test_what_somebody_set_before_stays(monkeypatch, before, after):
    monkeypatch.setenv("NO_PROXY", before)
    monkeypatch.delenv("no_proxy", raising=False)
    tao_lab.keep_loopback_direct()
    assert os.environ["NO_PROXY"] == after
    assert os.environ["no_proxy"] == "127.0.0.1,localhost,::1"


def test_the_sdk_reaches_a_chain_of_this_machine_past_a_proxy(proxied):
    with Network() as net, net.serve() as server:
        assert bt.Subtensor(server.url, fallback_endpoints=[]).block == net.block_number


def test_a_model_server_of_this_machine_is_asked_past_a_proxy(proxied, monkeypatch):
    asked = []
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: asked.append(self) or answer())
    direct = ServedModel("http://127.0.0.1:1/v1")
    assert direct.served == "tiny"
    assert asked == [direct._client._transport]  # the transport of a proxy is another one


def answer():
    return httpx.Response(200, json={"data": [{"id": "tiny"}]})
