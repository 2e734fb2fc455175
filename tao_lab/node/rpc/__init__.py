"""JSON-RPC 2.0 on a chain, without sockets: text in, text out, and notifications on the side.

`Node` is the chain with what its methods share; `Session` is one client's connection to it. A WebSocket server and the
in-process connection of `node/substrate.py` are both a few lines around a `Session`. Every frame gets an answer,
whatever is in it, and every answer has a limit. The methods are in `families`, one file a family. Sources:
`substrate/client/rpc-api` of the Polkadot SDK, and `paritytech/json-rpc-interface-spec` for those with a version in
their name.
"""

from tao_lab.node.rpc import families  # noqa: F401 - importing registers the methods
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.session import Session

__all__ = ["Node", "Session"]
