"""`tao-lab validator`: run a validator as a separate program."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from tao_lab.cli.app import app
from tao_lab.interrupts import asked_to_end

validator = typer.Typer(no_args_is_help=True, help="Ask miners, score their answers, set weights.")
app.add_typer(validator, name="validator")

EXAMPLE = (
    "Example: `tao-lab validator run --netuid 171 --kind code --network ws://127.0.0.1:9944 --wallet val --data scores`"
)


@validator.command("run", epilog=EXAMPLE)
def run(
    netuid: Annotated[int, typer.Option(min=1, max=65535, help="Subnet to validate.")],
    kind: Annotated[
        str, typer.Option(help="Kind of work (see `tao-lab subnets list`), or a file that defines `subnet`.")
    ],
    wallet: Annotated[str, typer.Option(help="Name of the wallet.")] = "default",
    hotkey: Annotated[str, typer.Option(help="Name of its hotkey, registered on the subnet.")] = "default",
    wallet_path: Annotated[Path | None, typer.Option(help="Folder of the wallets; the SDK's by default.")] = None,
    network: Annotated[str, typer.Option(help="The SDK's name of a network, or its URL.")] = "local",
    data: Annotated[Path, typer.Option(help="Folder for scores and the journal.")] = Path("validator-data"),
    sample: Annotated[int, typer.Option(min=1, max=4096, help="Miners asked in one step.")] = 16,
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between steps.")] = 12.0,
    rate: Annotated[float, typer.Option(min=0.001, max=1, help="Part of the newest score in the average.")] = 0.2,
    version_key: Annotated[int, typer.Option(min=0, help="Version of this validator, if the subnet wants one.")] = 0,
    once: Annotated[bool, typer.Option("--once", help="End after one step.")] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="End after this number of epochs of the subnet.")] = None,
) -> None:
    """Validate until Ctrl-C or SIGTERM, one epoch or several; the step that is being made is finished."""
    from tao_lab import subnets
    from tao_lab.neurons.validator import Step, Validator
    from tao_lab.neurons.wallets import open_hotkey

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s")

    def show(step: Step) -> None:
        answered = sum(not miner.answer.problem for miner in step.miners)
        told = f"; weights on {len(step.weights)}" if step.weights else ""
        told += f"; no weights: {step.obstacle}" if step.obstacle else ""
        typer.echo(f"block {step.block:,}: {answered} of {len(step.miners)} answered{told}")

    made = Validator(
        subnets.kind(kind),
        wallet=open_hotkey(wallet, hotkey, wallet_path),
        network=network,
        netuid=netuid,
        data=data,
        sample=sample,
        rate=rate,
        version_key=version_key,
    )
    with asked_to_end() as stop, made as running:
        typer.echo(f"validates subnet {netuid} as {running.hotkey}; its journal is in {data}")
        if once:
            show(running.step())
        else:
            running.run(epochs=epochs, every=every, stop=stop, on_step=show)
