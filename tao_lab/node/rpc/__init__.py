"""JSON-RPC 2.0 on a chain, without a network connection: it takes text and returns text, and sends notifications.

`Node` is the chain and everything that the methods share; `Session` is one client's connection to it. The WebSocket
server and the in-process connection of `node/substrate.py` both use a `Session`. Every frame gets an answer, even an
invalid one, and every answer has a limit. The methods are in `families`, one file for each family. Sources:
`substrate/client/rpc-api` of the Polkadot SDK, and `paritytech/json-rpc-interface-spec` for those with a version in
their name.
"""

from tao_lab.node.rpc import families  # noqa: F401 - importing registers the methods
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.session import Session

__all__ = ["Node", "Session"]
