"""`tao-lab fund`: play money from a node's faucet."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tao_lab.cli.app import app
from tao_lab.errors import LabError

SECONDS = 60.0  # for the node to answer, and between two looks


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
    from tao_lab.network.network import rao_of
    from tao_lab.neurons.wallets import find_address

    address, rao = find_address(who, wallet_path), rao_of(amount)
    balance = asyncio.run(_fund(network, address, rao))
    typer.echo(f"{address} has {balance} now")


async def _fund(url: str, address: str, rao: int) -> Any:
    """Ask for money, and wait for the block that brings it; gives back the new balance."""
    import bittensor as bt

    from tao_lab.neurons.peers import client

    try:
        async with client(url) as chain:
            before = await chain.balances.get(address)
            await _ask(url, address, rao)
            while (balance := await chain.balances.get(address)) < before + type(before).from_rao(rao):
                await chain.wait_for_block(timeout=SECONDS)
            return balance
    except (bt.BittensorError, OSError) as error:
        raise LabError(f"no node answers at {url} ({error}); `tao-lab node class.db --dev` starts one") from error


async def _ask(url: str, address: str, rao: int) -> None:
    from websockets.asyncio.client import connect

    from tao_lab.node.rpc.families.lab import FAUCET

    async with connect(url) as socket:
        await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": FAUCET, "params": [address, rao]}))
        answer = json.loads(await asyncio.wait_for(socket.recv(), SECONDS))
    if "error" in answer:
        raise LabError(f"{answer['error']['message']}: {answer['error'].get('data', '')}")
