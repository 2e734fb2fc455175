"""`tao-lab subnets`: the kinds of work, and a competition between their miners in this process."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from tao_lab.cli.app import app, output, progress_bars

subnets = typer.Typer(no_args_is_help=True, help="Kinds of work: what they ask, how they score, how they are cheated.")
app.add_typer(subnets, name="subnets")

Kind = Annotated[
    str, typer.Argument(help="A kind of work, or a Python file that defines `subnet`.", show_default=False)
]


@subnets.command("list", epilog="Example: `tao-lab subnets list`")
def list_kinds() -> None:
    """Every kind of work that comes with the lab."""
    from tao_lab.subnets import kind, kinds

    table = Table("kind", "work")
    for name in kinds():
        table.add_row(name, kind(name).title)
    output.print(table, soft_wrap=False)


@subnets.command("show", epilog="Example: `tao-lab subnets show code --seed 7`")
def show(name: Kind, seed: Annotated[int, typer.Option(min=0, help="Of the task that is shown.")] = 0) -> None:
    """One kind: a task, the form of an answer, its miners, its weakness, where its data are from."""
    from tao_lab.subnets import kind

    subnet = kind(name)
    typer.echo(f"{subnet.kind}: {subnet.title}\n")
    content = json.dumps(subnet.make_round(seed).task.content, indent=2, ensure_ascii=False)
    typer.echo(f"A task (seed {seed}):\n{_shortened(content)}\n")
    typer.echo(f"An answer (JSON Schema):\n{json.dumps(subnet.answer_schema, indent=2)}\n")
    typer.echo(f"Miners: {', '.join(subnet.miners())}")
    typer.echo(f"Weakness: {subnet.weakness} Who earns by it: {subnet.exploit}")
    typer.echo(f"Data: {subnet.source}")


def _shortened(text: str, lines: int = 40, width: int = 120) -> str:
    all_lines = text.splitlines()
    shown = [line if len(line) <= width else f"{line[:width]} … ({len(line):,} characters)" for line in all_lines]
    rest = [f"… ({len(all_lines) - lines:,} more lines)"] if len(all_lines) > lines else []
    return "\n".join(shown[:lines] + rest)


@subnets.command("play", epilog="Example: `tao-lab subnets play code --rounds 20`")
def play_rounds(
    name: Kind,
    rounds: Annotated[int, typer.Option(min=1, max=100_000, help="Number of tasks.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of the first task.")] = 0,
) -> None:
    """Let a kind's honest miner and its cheaters compete; the best comes first."""
    from tao_lab.subnets import kind, play

    subnet = kind(name)
    with progress_bars() as progress:
        bar = progress.add_task(f"{subnet.kind} rounds", total=rounds)
        result = play(subnet, rounds=rounds, seed=seed, progress=lambda: progress.advance(bar))
    table = Table("miner", "score", "worst", "best", "above ½", "seconds", "last reason")
    for row in result.itertuples():
        numbers = (f"{row.score:.3f}", f"{row.worst:.2f}", f"{row.best:.2f}", f"{row.right:.0%}", f"{row.seconds:.3f}")
        table.add_row(str(row.miner), *numbers, str(row.reason)[:80])
    output.print(table, soft_wrap=False)
    typer.echo(f"weakness: {subnet.weakness} ({subnet.exploit})")
