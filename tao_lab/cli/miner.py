"""`tao-lab miner`: run a miner as a separate program."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tao_lab.cli.app import app, messages
from tao_lab.errors import LabError
from tao_lab.interrupts import asked_to_end

if TYPE_CHECKING:
    from tao_lab.neurons.work import Forward, Subnet

miner = typer.Typer(no_args_is_help=True, help="Answer tasks over signed HTTP, for pay.")
app.add_typer(miner, name="miner")

EXAMPLE = (
    "Example: `tao-lab miner run --netuid 171 --network ws://127.0.0.1:9944 --wallet tao1 --hotkey miner1 "
    "--port 8091 --model smollm2 --max-tokens 128`"
)


@miner.command("run", epilog=EXAMPLE)
def run(
    netuid: Annotated[int, typer.Option(min=1, max=65535, help="Subnet to work on.")],
    wallet: Annotated[str, typer.Option(help="Name of the wallet.")] = "default",
    hotkey: Annotated[str, typer.Option(help="Name of its hotkey, registered on the subnet.")] = "default",
    wallet_path: Annotated[Path | None, typer.Option(help="Folder of the wallets; the SDK's by default.")] = None,
    network: Annotated[str, typer.Option(help="The SDK's name of a network, or its URL.")] = "local",
    forward: Annotated[
        Path | None, typer.Option(help="File with a function `forward(task)`; read again whenever it changes.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A language model that answers (see `tao-lab models`).")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, max=8192, help="New tokens of one answer of the model.")] = 128,
    device: Annotated[str, typer.Option(help="Where the model computes: cpu, cuda, auto.")] = "auto",
    kind: Annotated[
        str, typer.Option(help="Kind of work that is done (see `tao-lab subnets list`), or a file; any.")
    ] = "",
    play: Annotated[
        str, typer.Option(help="Without --forward and --model: which of the kind's own miners, honest or cheating.")
    ] = "honest",
    host: Annotated[str, typer.Option(help="Address of this machine to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8091,
    permit: Annotated[bool, typer.Option(help="Answer only validators with a permit.")] = True,
    min_stake: Annotated[float, typer.Option(min=0, help="Stake weight that a caller needs, in TAO.")] = 0.0,
    blacklist: Annotated[list[str] | None, typer.Option(help="Hotkey that is never answered; may be repeated.")] = None,
    per_minute: Annotated[float, typer.Option(min=0.1, help="Requests of one validator.")] = 600.0,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Tasks worked on at once.")] = 4,
    refresh: Annotated[float, typer.Option(min=0.1, help="Seconds between looks at the chain.")] = 12.0,
) -> None:
    """Serve a miner until Ctrl-C or SIGTERM; what is being answered then is finished."""
    from tao_lab import subnets
    from tao_lab.neurons.miner import Miner, Policy
    from tao_lab.neurons.wallets import open_hotkey

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s")
    subnet = subnets.kind(kind) if kind else None
    function = _function(forward, model, max_tokens, device, subnet, play)
    keys = open_hotkey(wallet, hotkey, wallet_path)
    policy = Policy(
        need_permit=permit,
        min_stake=min_stake,
        blacklist=frozenset(blacklist or ()),
        per_minute=per_minute,
        workers=workers,
    )
    running = Miner(
        function,
        wallet=keys,
        network=network,
        netuid=netuid,
        kind=subnet.kind if subnet else "",
        host=host,
        port=port,
        policy=policy,
        refresh=refresh,
    )
    with asked_to_end() as stop, running:
        typer.echo(f"{running.url} serves subnet {netuid} as {running.hotkey}")
        stop.wait()
        typer.echo("finishing what is being answered")
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in running.outcomes.most_common()) or "none"
    typer.echo(f"closed; requests: {counts}")


def _function(
    file: Path | None, model: str | None, max_tokens: int, device: str, subnet: Subnet | None, play: str
) -> Forward:
    """The miner's function: from a file, a language model, or one of the kind's own miners."""
    from tao_lab.neurons.miner.forward import FileForward, model_forward

    if file is not None and model is not None:
        raise LabError("--forward and --model are both given; a miner has one of them")
    if file is not None:
        return FileForward(file)
    if model is not None:
        from tao_lab.neurons import models

        with messages.status(f"loading {model}"):
            loaded = models.load(model, device=device)
        own_way = getattr(sys.modules.get(type(subnet).__module__), "with_model", None)
        return own_way(loaded.generate, max_tokens) if own_way else model_forward(loaded, max_tokens)
    if subnet is None:
        raise LabError("nothing answers: give --forward FILE, --model NAME, or --kind (see `tao-lab subnets list`)")
    own = subnet.miners()
    if play not in own:
        raise LabError(f"--play is {play!r}; allowed for {subnet.kind}: {', '.join(own)}")
    return own[play]
