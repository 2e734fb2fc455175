"""Find a kind of work: one of the lab's, or your own in a Python file."""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from tao_lab.errors import LabError
from tao_lab.neurons.work import Subnet

# name of the kind (and of its module): name of the class
KINDS = {
    "text": "Text",
    "code": "Code",
    "search": "Search",
    "sports": "Sports",
    "deepfake": "Deepfake",
    "speech": "Speech",
    "ads": "Ads",
}


def kinds() -> tuple[str, ...]:
    """Names of the kinds of work that come with the lab."""
    return tuple(KINDS)


def kind(name: str) -> Subnet:
    """A kind of work by its name, or one of your own: a Python file that ends in `subnet = MyKind()`.

    Raises:
        LabError: there is no such kind, or the file does not load or defines no `subnet`.
    """
    if name.endswith(".py"):
        return _from_file(Path(name))
    if name not in KINDS:
        raise LabError(f"kind {name!r} is unknown; allowed: {', '.join(KINDS)}, or a file that ends in .py")
    return of_the_lab(name)


@cache
def of_the_lab(name: str) -> Subnet:
    """A kind of the lab by its name."""
    module = import_module(f"tao_lab.subnets.{name}")
    made = getattr(module, KINDS[name], None)
    if made is None:
        raise LabError(f"{module.__file__} has no class {KINDS[name]}, which KINDS in tao_lab/subnets/gallery.py names")
    subnet: Subnet = made()
    return subnet


def _from_file(path: Path) -> Subnet:
    if not path.is_file():
        raise LabError(f"{path}: no such file; a kind of work is a Python file that defines `subnet` (docs/subnets.md)")
    spec = importlib.util.spec_from_file_location(f"tao_lab_kind_{path.stem}", path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    try:
        # not with the import loader: it caches compiled files, and misses a change within the same second
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # a file that ends the program would end this one, with its exit code
        raise LabError(f"{path}: does not load: {type(error).__name__}: {error}") from error
    subnet: Any = getattr(module, "subnet", None)
    needed = ("kind", "title", "answer_schema", "weakness", "exploit", "source", "make_round", "score", "miners")
    missing = [name for name in needed if not hasattr(subnet, name)]
    if missing:
        raise LabError(f"{path}: its `subnet` lacks {', '.join(missing)}; docs/subnets.md has a template")
    found: Subnet = subnet
    return found
