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
def show(name: Kind, seed: Annotated[int, typer.Option(min=0, help="Seed of the task.")] = 0) -> None:
    """One kind: a task, the form of an answer, its miners, its weakness, where its data are from."""
    from tao_lab.subnets import kind

    subnet = kind(name)
    typer.echo(f"{subnet.kind}: {subnet.title}\n")
    content = json.dumps(subnet.make_round(seed).task.content, indent=2, ensure_ascii=False)
    typer.echo(f"A task (seed {seed}):\n{_shortened(content)}\n")
    typer.echo(f"An answer (JSON Schema):\n{json.dumps(subnet.answer_schema, indent=2)}\n")
    typer.echo(f"Miners: {', '.join(subnet.miners())}")
    typer.echo(f"Weakness: {subnet.weakness} Who exploits it: {subnet.exploit}")
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
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first task.")] = 0,
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


@subnets.command("stress", epilog="Example: `tao-lab subnets stress ads --budget 400`")
def stress_kind(
    name: Kind,
    tasks: Annotated[
        int, typer.Option(min=1, max=100_000, help="Tasks on which the miners it finds are measured.")
    ] = 10,
    budget: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Tasks made and answers scored in the search, by each strategy.")
    ] = 800,
    seed: Annotated[int, typer.Option(min=0, help="The same seed finds the same, apart from seconds.")] = 0,
    strategy: Annotated[list[str] | None, typer.Option(help="One strategy; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Search for cheap ways to score: constant, template, cached, imitate, copy, collude, slow.

    Exit code 1 means that a strategy scores like the honest miner without its work.
    """
    from tao_lab.subnets import kind
    from tao_lab.subnets.stress import STRATEGIES, stress

    subnet = kind(name)
    with progress_bars() as progress:
        bar = progress.add_task(f"{subnet.kind}: strategies", total=None)
        found = stress(
            subnet,
            tasks=tasks,
            budget=budget,
            seed=seed,
            only=strategy or STRATEGIES,
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        table = Table("strategy", "score", "of honest", "work", "tries", "seconds", "what it does")
        table.add_row("honest", f"{found.honest:.3f}", "100%", "1", "", f"{found.honest_seconds:.3f}", "the work")
        for each in found.findings:
            numbers = (f"{each.score:.3f}", f"{each.share:.0%}", f"{each.work:.2g}", str(each.tries))
            sign = "✘ " if each.cheap else ""
            table.add_row(f"{sign}{each.strategy}", *numbers, f"{each.seconds:.3f}", each.words)
        output.print(table, soft_wrap=False)
        typer.echo(f"declared weakness: {found.declared} scores {found.declared_score:.3f}")
        typer.echo(found.sentence)
        if found.failures:
            typer.echo(f"the kind's own rule failed on {found.failures} answers in the right form; they score 0")
    if found.cheap:
        raise typer.Exit(1)
