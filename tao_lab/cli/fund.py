"""`tao-lab fund`: play money from a node's faucet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tao_lab.cli.app import app
from tao_lab.errors import LabError

if TYPE_CHECKING:
    from websockets.sync.connection import Connection

SECONDS = 60.0  # for the node to answer, and between two blocks


@app.command(
    epilog="Example: `tao-lab fund tao1 10 --wallet-path class-wallets`; in another terminal runs `tao-lab node --dev`"
)
def fund(
    who: Annotated[str, typer.Argument(help="Address of an account, or the name of a wallet.")],
    amount: Annotated[str, typer.Argument(help="TAO.")] = "100",
    wallet_path: Annotated[Path | None, typer.Option(help="Folder of the wallets; the SDK's by default.")] = None,
    network: Annotated[str, typer.Option(help="URL of a node of the lab.")] = "ws://127.0.0.1:9944",
) -> None:
    """Get play money from a node's faucet, and wait until it is there.

    Only a node that was started with `--dev` has a faucet. It gives each account 10,000 τ at most.
    """
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    from tao_lab.network.network import rao_of
    from tao_lab.neurons.wallets import find_address
    from tao_lab.units import in_tao

    address, rao = find_address(who, wallet_path), rao_of(amount)
    try:
        with connect(network) as socket:
            balance = _fund(socket, address, rao)
    except (OSError, ValueError, WebSocketException) as error:
        raise LabError(f"no node answers at {network} ({error}); `tao-lab node class.db --dev` starts one") from error
    typer.echo(f"{address} has {in_tao(balance)} now")


def _fund(socket: Connection, address: str, rao: int) -> int:
    """Request money, and check every block until it has arrived; returns the new balance in rao."""
    from tao_lab.chain.runtime import load_runtime
    from tao_lab.chain.state import RawState, Storage
    from tao_lab.node.rpc.families.lab import FAUCET

    runtime = load_runtime()
    item = runtime.item("System", "Account")
    key = "0x" + Storage(runtime, RawState()).key("System", "Account", address).hex()

    def balance() -> int:
        value = _ask(socket, "state_getStorage", key)
        account = bytes.fromhex(value[2:]) if value else item.default
        return int(runtime.core.decode(item.value_type, account, True)["data"]["free"])

    wanted = balance() + rao
    _ask(socket, FAUCET, address, rao)
    _ask(socket, "chain_subscribeNewHeads")
    while (found := balance()) < wanted:
        socket.recv(timeout=SECONDS)
    return found


def _ask(socket: Connection, method: str, *params: Any) -> Any:
    """The result of a request; notifications in the meantime are ignored.

    Raises:
        LabError: The node's error.
    """
    socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    while "id" not in (answer := json.loads(socket.recv(timeout=SECONDS))):
        pass
    if "error" in answer:
        raise LabError(f"{answer['error']['message']}: {answer['error'].get('data', '')}")
    return answer["result"]
