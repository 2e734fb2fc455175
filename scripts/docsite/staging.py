"""What Sphinx reads: the repository's documents, the labs with their outputs, the API, laid out as in the repository.

So a link that works in the repository works on the site too.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import vl_convert

from docsite import notebooks
from tao_lab import paths
from tao_lab.course import registry

DOCS = paths.ROOT / "docs"
BESIDE = ("CONTRIBUTING.md", "CHANGELOG.md", "datasets/README.md")  # documents outside of docs/, where they are there
PAGES = {".md", ".ipynb"}
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Pages of docs/ in the order in which a reader needs them; a new page follows them.
ORDER = {
    "Use it": ("real-network", "clients", "models", "mining", "subnet-171", "subnets", "simulate"),
    "How it works": ("chain", "vectors"),
    "Take part": ("labs",),
}
TEACHING = ("class", "grading")
# Packages by what a reader looks for. A package shows its own modules, not those of packages in it.
API = {
    "The network": ("tao_lab.network",),
    "The rules": ("tao_lab.consensus", "tao_lab.economy", "tao_lab.fixed", "tao_lab.units"),
    "The chain": ("tao_lab.chain", "tao_lab.node"),
    "Miners, validators, models": (
        "tao_lab.neurons",
        "tao_lab.neurons.miner",
        "tao_lab.neurons.validator",
        "tao_lab.neurons.models",
    ),
    "Kinds of work": ("tao_lab.subnets", "tao_lab.subnets.stress"),
    "Populations": ("tao_lab.simulate",),
    "Test vectors": ("tao_lab.vectors",),
    "Pictures": ("tao_lab.views", "tao_lab.cards", "tao_lab.stills"),
    "Exercises and checks": ("tao_lab.course",),
    "Grading": ("tao_lab.grading", "tao_lab.sandbox"),
    "Data and errors": ("tao_lab.datasets", "tao_lab.keys", "tao_lab.errors"),
}


def lay_out(
    target: Path, executed: Mapping[Path, Path], *, solved: bool, api: Mapping[str, tuple[str, ...]] = API
) -> None:
    """Write all sources of the site into a new folder.

    Args:
        target: the folder; what is in it goes away.
        executed: the copy with outputs, by notebook.
        solved: whether this is the instructor's edition.
        api: packages that get pages, by the page's title.
    """
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    documents = [*DOCS.rglob("*.md"), *(paths.ROOT / name for name in BESIDE if (paths.ROOT / name).exists())]
    for document in documents:
        _copy(document, target)
    for notebook, copy in executed.items():
        place = target / notebook.relative_to(paths.ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebooks.page(nbformat.read(copy, as_version=4)), place)
    if solved:
        (target / "docs" / "mistakes.md").write_text(mistakes(), encoding="utf-8")
    reference = dict(_api_pages(api))
    (target / "api").mkdir()
    for name, text in reference.items():
        (target / "api" / f"{name}.rst").write_text(text, encoding="utf-8")
    (target / "index.md").write_text(_front_page(target, executed, list(reference)), encoding="utf-8")
    for document in [*documents, paths.ROOT / "README.md", *executed]:
        _copy_linked(document, target)
    static = target / "_static"
    shutil.copytree(DOCS / "_static", static)
    script = (DOCS / "_static" / "charts.js").read_text(encoding="utf-8")
    # in a function of its own, so that nothing of it is known outside
    static.joinpath("charts.js").write_text(f"(() => {{{vl_convert.javascript_bundle(script)}}})();", encoding="utf-8")


def mistakes() -> str:
    """The instructor's table: what students get wrong in each exercise, and what the check says to them."""
    parts = [
        "# Every known mistake, with its hint\n",
        "This page is made from the exercises. A check tells these mistakes by what an answer does. In class, "
        "give the hint, not the line.\n",
    ]
    lab = ""
    for identity, exercise in registry.exercises().items():
        if identity[:2] != lab:
            lab = identity[:2]
            parts.append(f"\n## Lab {lab}\n")
        parts.append(f"\n### {identity} {exercise.title}\n")
        parts += [f"- **{_plain(wrong.name)}**: {_plain(wrong.hint)}" for wrong in exercise.mistakes]
    return "\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """A text as Markdown shows it: signs of Markdown outside of code are signs."""
    pieces = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(p if p.startswith("`") else re.sub(r"([\\*_\[\]<>#$])", r"\\\1", p) for p in pieces)


def _copy(file: Path, target: Path) -> None:
    place = target / file.relative_to(paths.ROOT)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)


def _copy_linked(document: Path, target: Path) -> None:
    """Files that a document links to, other than pages: a reader can download them."""
    for address in LINK.findall(document.read_text(encoding="utf-8")):
        parts = urlsplit(address)
        file = (document.parent / unquote(parts.path)).resolve()
        if parts.scheme or not parts.path or paths.ROOT not in file.parents or file.suffix in PAGES:
            continue
        if file.is_file() and not (target / file.relative_to(paths.ROOT)).exists():
            _copy(file, target)


def _front_page(target: Path, executed: Mapping[Path, Path], reference: Sequence[str]) -> str:
    """README.md, with the whole site behind it."""
    docs = {file.stem for file in (target / "docs").glob("*.md")}
    named = {name for names in ORDER.values() for name in names} | {*TEACHING, "mistakes", "index"}
    labs = [str(notebook.relative_to(paths.ROOT).with_suffix("")) for notebook in executed]
    parts = {
        "The labs": labs,
        "Teach with it": [
            *(["docs/teaching/index"] if (target / "docs" / "teaching" / "index.md").exists() else []),
            *(f"docs/{name}" for name in (*TEACHING, "mistakes") if name in docs),
        ],
        **{title: [f"docs/{name}" for name in names if name in docs] for title, names in ORDER.items()},
    }
    parts["How it works"] += [f"docs/{name}" for name in sorted(docs - named)] + ["datasets/README"]
    parts["Take part"] += [name for name in ("CONTRIBUTING", "CHANGELOG") if (target / f"{name}.md").exists()]
    parts["API"] = [f"api/{name}" for name in reference]
    trees = [
        "\n".join(["```{toctree}", ":hidden:", f":caption: {title}", ":maxdepth: 1", "", *entries, "```"])
        for title, entries in parts.items()
    ]
    readme = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    # the start page draws its reader's own progress: there is nothing to read in it here
    readme = re.sub(r"\[([^]]+)\]\(labs/start\.ipynb\)", r"\1", readme)
    return "\n\n".join([readme, *trees]) + "\n"


def _api_pages(api: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for title, packages in api.items():
        modules = [name for package in packages for name in _modules(package)]
        parts = [title, "=" * len(title), ""]
        for name in modules:
            about = inspect.getdoc(importlib.import_module(name))
            if about is None:
                raise ValueError(f"{name} has no docstring")
            parts += [name, "-" * len(name), "", f".. automodule:: {name}"]
            # a package's names are told where they are defined, once
            parts += (
                [] if hasattr(importlib.import_module(name), "__path__") else ["   :members:", "   :ignore-module-all:"]
            )
            parts.append("")
        yield re.sub(r"\W+", "-", title.lower()), "\n".join(parts)


def _modules(package: str) -> Iterator[str]:
    """A package and its public modules, without the packages in it."""
    module = importlib.import_module(package)
    yield package
    for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not found.ispkg and not found.name.startswith("_"):
            yield f"{package}.{found.name}"
