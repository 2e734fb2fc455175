"""`tao-lab join`: a student's place in a class, from the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tao_lab.cli.app import app


@app.command(epilog="Example: `tao-lab join ws://192.168.1.5:9944 K7QM2FXA --name ana`")
def join(
    url: Annotated[str, typer.Argument(help="Address of the class's node, as the instructor shows it.")],
    code: Annotated[str, typer.Argument(help="The class's code.")],
    name: Annotated[str, typer.Option(help="Your name in the class, and your wallet's.")],
    wallet_path: Annotated[
        Path | None, typer.Option(help="Folder of the wallets; `.tao-lab/classes` in your home by default.")
    ] = None,
) -> None:
    """Join a class: your wallet is made on this computer, and the class's faucet fills it.

    Use the wallet with `btcli` and the other commands afterwards; the last lines say how. A wallet that `btcli` made
    joins by its name and folder.
    """
    from tao_lab.network import Network

    with Network.join(url, code, name, wallets=wallet_path) as net:
        me = net.wallet(name)
        typer.echo(f"{name} is in the class, with {net.balance(me)}: {me.coldkeypub.ss58_address}")
        typer.echo(f"wallet: {net.wallets / name}")
        typer.echo(f"btcli: btcli wallet balance --wallet {name} --wallet-path {net.wallets} --network {net.url}")
