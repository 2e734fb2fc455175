"""`tao-lab simulate`: tables of scenarios, run on all cores or on a Dask cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tao_lab.cli.app import app, output

MOST_ROWS = 60  # of the table on the terminal
EXAMPLE = "Examples: `tao-lab simulate --list`, `tao-lab simulate cartel --seeds 10 --out runs.parquet`"


@app.command("simulate", epilog=EXAMPLE)
def simulate(
    scenario: Annotated[
        str, typer.Argument(help="A scenario that comes with the lab, or a file of JSON.", show_default=False)
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Parquet file for the results; what is in it already is not run again.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1_000_000, help="Runs of each scenario, with seeds from 0 on.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1_024, help="Processes; by default one for each core.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A running Dask cluster instead of processes: tcp://HOST:PORT.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the scenario as JSON, to be changed; run nothing.")
    ] = False,
    names: Annotated[bool, typer.Option("--list", help="List the scenarios that come with the lab.")] = False,
) -> None:
    """Let honest and dishonest participants meet on a chain, and see what each earns."""
    from tao_lab.simulate import sweep
    from tao_lab.simulate.ready import READY, read_table, ready
    from tao_lab.simulate.scenario import ScenarioError

    if names:
        listed = Table("scenario", "what it shows", "runs a seed")
        for name, each in READY.items():
            listed.add_row(name, each.title, str(len(each.scenarios())))
        output.print(listed, soft_wrap=False)
        return
    if not scenario:
        raise ScenarioError("no scenario is given; allowed: a name from `tao-lab simulate --list`, or a file of JSON")
    path = Path(scenario)
    table = read_table(path) if path.suffix == ".json" or path.is_file() else ready(scenario)
    if show:
        typer.echo(table.to_json())
        return
    frame = sweep(table.scenarios(seeds), out, workers, scheduler)
    _print(table.title, frame)
    kept = "" if out is None else f"; the full table is in {out}"
    typer.echo(f"{frame['run'].nunique()} runs{kept}")


def _print(title: str, frame: Any) -> None:
    """Print means over the seeds, by the varied values."""
    from tao_lab.simulate.results import TOTALS
    from tao_lab.units import RAO_PER_TAO

    varied = [name for name in frame.columns if name not in ("run", "scenario", "seed", *TOTALS)]
    keys = [name for name in (*varied, "group") if name in frame.columns]
    means = frame.groupby(keys, sort=False, dropna=False)[["earned", "share", "profit"]].mean()
    shown = Table(*(_short(name) for name in keys), "earned α", "share", "profit τ", title=title)
    for key, row in list(means.iterrows())[:MOST_ROWS]:
        values = key if isinstance(key, tuple) else (key,)
        amounts = (f"{row.earned / RAO_PER_TAO:,.3f}", f"{row.share:.1%}", f"{row.profit / RAO_PER_TAO:,.3f}")
        about = [_value(name, value) for name, value in zip(keys, values, strict=True)]
        shown.add_row(*about, *amounts)
    output.print(shown, soft_wrap=False)
    if len(means) > MOST_ROWS:
        typer.echo(f"… and {len(means) - MOST_ROWS} more rows")


def _value(path: str, value: Any) -> str:
    """A value in a cell; amounts in TAO or alpha."""
    from tao_lab.units import RAO_PER_TAO

    amount = path.split(".")[-1] in ("stake", "tao", "spend", "front")
    return f"{value / RAO_PER_TAO:,.9g}" if amount else str(value)


def _short(path: str) -> str:
    return path.removeprefix("hyperparameters.").removeprefix("groups.").replace(".options.", ".")
