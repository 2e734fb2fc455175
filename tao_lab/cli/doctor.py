"""`tao-lab doctor`: what this machine has, what each part is for, which model fits, and what to do if it does not."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import typer

from tao_lab.cli.app import app, output

FINE, NOTE, MISSING = "fine", "note", "missing"
PROGRAMS = (
    (("chromium", "chromium-browser", "google-chrome"), "browser tests", "scripts/system-packages.sh browser"),
    (("bwrap",), "the strong sandbox for code answers; without it a weaker one", "scripts/system-packages.sh sandbox"),
    (("espeak-ng",), "the speech subnet's voice", "scripts/system-packages.sh speech"),
)


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was checked, its state, what was found, and what to do if there is a problem."""

    what: str
    state: str
    found: str
    otherwise: str = ""


@app.command(epilog="Example: `tao-lab doctor`")
def doctor() -> None:
    """Look at this machine: packages, graphics card, memory, programs; which language model fits.

    The exit code is 1 only if something is missing that the lab cannot do without. A graphics card is not.
    """
    from rich.markup import escape
    from rich.table import Column, Table

    table = Table("what", "", Column("found", overflow="fold"), Column("otherwise", overflow="fold"))
    findings = [*_python(), *_machine(), *_graphics(), *_programs(), _smollm2()]
    for finding in findings:
        table.add_row(*map(escape, (finding.what, finding.state, finding.found, finding.otherwise)))
    output.print(table, soft_wrap=False)
    typer.echo(_advice())
    if any(finding.state == MISSING for finding in findings):
        raise typer.Exit(1)


def _python() -> Iterator[Finding]:
    from importlib import metadata

    from packaging.specifiers import SpecifierSet

    version = platform.python_version()
    allowed = SpecifierSet(metadata.metadata("tao-lab")["Requires-Python"])
    right = allowed.contains(version, prereleases=True)
    yield Finding("Python", FINE if right else MISSING, version, "" if right else f"the lab runs on {allowed}")
    wrong = _unmet("")
    yield Finding("packages", MISSING if wrong else FINE, _listed(wrong), "make lab" if wrong else "")
    wrong = _unmet("models")
    otherwise = "pip install -e '.[models]', or a server: load(\"http://.../v1\")" if wrong else ""
    yield Finding("packages for language models", NOTE if wrong else FINE, _listed(wrong), otherwise)


def _unmet(extra: str) -> list[str]:
    """Requirements of the lab, or of one of its extras, that are missing or have a wrong version."""
    from importlib import metadata

    from packaging.requirements import Requirement

    unmet = []
    for line in metadata.requires("tao-lab") or []:
        requirement = Requirement(line)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
        for_extra = requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
        if not wanted or (extra and not for_extra):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            unmet.append(f"{requirement.name} is not installed")
        else:
            if not requirement.specifier.contains(version.partition("+")[0], prereleases=True):
                unmet.append(f"{requirement.name} is {version}, not {requirement.specifier}")
    return unmet


def _listed(wrong: list[str]) -> str:
    return "; ".join(wrong) if wrong else "as they should be"


def _machine() -> Iterator[Finding]:
    from tao_lab.neurons.models import files, hardware

    yield Finding("processor", FINE, f"{os.cpu_count()} cores, {platform.machine()}")
    total, available = hardware.ram()
    little = total < 4 * 2**30
    otherwise = "4 GiB are enough for the labs; close other programs" if little else ""
    yield Finding("memory", NOTE if little else FINE, f"{_gib(total)}, {_gib(available)} available", otherwise)
    folder = next(path for path in (files.cache(), *files.cache().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    little = free < 2**30
    found = f"{_gib(free)} free for the cache in {files.cache()}"
    yield Finding("disk", NOTE if little else FINE, found, "free 1 GiB, or set TAO_LAB_CACHE" if little else "")


def _graphics() -> Iterator[Finding]:
    from tao_lab.neurons.models import hardware

    cards, why = hardware.cards()
    for card in cards:
        found = f"{card.name}, {_gib(card.total)}, {_gib(card.free)} free"
        yield Finding("graphics card", FINE, found)
        yield Finding("driver", FINE, card.driver)
    if not cards:
        yield Finding("graphics card", NOTE, why, "not needed: smollm2 runs on the processor")
    nvcc = shutil.which("nvcc") or "no nvcc; torch brings its own CUDA, so it is not needed"
    yield Finding("CUDA toolkit", FINE, nvcc)
    yield _cuda(bool(cards))


def _cuda(has_card: bool) -> Finding:
    try:
        import torch
    except ImportError:
        return Finding("CUDA in torch", NOTE, "torch is not installed", "pip install -e '.[models]'")
    if torch.cuda.is_available():
        return Finding("CUDA in torch", FINE, f"{torch.version.cuda}, torch {torch.__version__}")
    if torch.version.cuda is None:
        otherwise = "install torch's build for CUDA, so that the card is used" if has_card else ""
        return Finding("CUDA in torch", NOTE, f"torch {torch.__version__} is built without CUDA", otherwise)
    found = f"torch {torch.__version__} has CUDA {torch.version.cuda} and sees no card"
    return Finding("CUDA in torch", NOTE, found, "update the driver" if has_card else "")


def _programs() -> Iterator[Finding]:
    for names, purpose, otherwise in PROGRAMS:
        path = next(filter(None, map(shutil.which, names)), None)
        found = path or f"not here: {purpose}"
        yield Finding(names[0], FINE if path else NOTE, found, "" if path else otherwise)


def _smollm2() -> Finding:
    from tao_lab.neurons.models import files

    if files.is_here("smollm2"):
        return Finding("smollm2", FINE, str(files.folder()))
    return Finding("smollm2", NOTE, "not fetched yet", "tao-lab models get smollm2 (93 MB)")


def _advice() -> str:
    """Which model to load here."""
    from tao_lab.neurons.models import hardware

    cards, _ = hardware.cards()
    needs = "; ".join(f"{choice.call} takes {_gib(choice.bytes)}" for choice in hardware.choices())
    fitting = hardware.best(max((card.free for card in cards), default=0))
    if fitting is None:
        return (
            f'Use load("smollm2") on the processor, or somebody\'s server: load("http://.../v1"). With a context of '
            f"{hardware.CONTEXT:,} tokens, {needs}."
        )
    return f"Use {fitting.call} on the graphics card. With a context of {hardware.CONTEXT:,} tokens, {needs}."


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
