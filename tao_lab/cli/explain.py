"""`tao-lab explain`: why a miner earned nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tao_lab.cli.app import app


@app.command(
    epilog="Example: `tao-lab explain --netuid 171 --network ws://127.0.0.1:9944 --wallet tao1 --hotkey miner1 "
    "--log validator-data`"
)
def explain(
    netuid: Annotated[int, typer.Option(min=1, max=65535, help="Subnet on which it mines.")],
    hotkey: Annotated[str, typer.Option(help="The miner: address of its hotkey, or the hotkey's name in --wallet.")],
    wallet: Annotated[str | None, typer.Option(help="Wallet that has the hotkey, if it is given by its name.")] = None,
    wallet_path: Annotated[Path | None, typer.Option(help="Folder of the wallets; the SDK's by default.")] = None,
    network: Annotated[str, typer.Option(help="The SDK's name of a network, or its URL.")] = "local",
    log: Annotated[Path | None, typer.Option(help="Folder with validators' journals (--data), or one.")] = None,
) -> None:
    """Why did my miner earn nothing? From the chain, and from validators' journals; exit code 1 if it earns nothing."""
    from tao_lab.neurons.explain import explain as find
    from tao_lab.neurons.wallets import open_hotkey

    address = hotkey if wallet is None else str(open_hotkey(wallet, hotkey, wallet_path).hotkey.ss58_address)
    found = find(network, netuid, address, log)
    typer.echo(str(found))
    if not found.earns:
        raise typer.Exit(1)
