from types import SimpleNamespace

import pytest
from jupyter_server.gateway.connections import GatewayWebSocketConnection
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from tao_lab import paths, servers
from tao_lab.prompt_connection import PromptConnection
from tao_lab.readers.server import Room


def test_no_message_to_a_page_waits_for_an_acknowledgement(monkeypatch):
    done = []
    monkeypatch.setattr(KernelWebsocketHandler, "set_nodelay", lambda _, value: done.append(("no delay", value)))
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda _: done.append("connected"))
    connection = PromptConnection.__new__(PromptConnection)
    connection.websocket_handler = KernelWebsocketHandler.__new__(KernelWebsocketHandler)
    connection.connect()
    assert done == [("no delay", True), "connected"]


@pytest.mark.parametrize("chosen", [ZMQChannelsWebsocketConnection, GatewayWebSocketConnection])
def test_jupyterlab_and_voila_connect_so_unless_kernels_are_elsewhere(monkeypatch, chosen):
    settings = {"kernel_websocket_connection_class": chosen}
    lab = SimpleNamespace(kernel_websocket_connection_class=chosen, web_app=SimpleNamespace(settings=settings))
    monkeypatch.setattr(paths, "without_solutions", lambda: False)
    servers._load_jupyter_server_extension(lab)
    replaced = chosen is ZMQChannelsWebsocketConnection
    assert settings["kernel_websocket_connection_class"] is (PromptConnection if replaced else chosen)
    assert Room().kernel_websocket_connection_class is PromptConnection
