"""Exercises in a hand-out for students: imported as always, and in no file that can be read by opening it.

`tao-lab course make --without-solutions` puts a lab's exercises (solutions, mistakes, hints) into one file,
`exercises.sealed`. It keeps solutions out of sight, also of a search; it is not a lock: anyone who takes this
file apart finds them. Marks come from the instructor's machine, and need no lock.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.util
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

NAME = "exercises.sealed"
FOLDER = "exercises"
BEHAVIOURS = "behaviours.json"
KEY = b"tao-lab: nobody reads this by chance"
COURSE = Path(__file__).parent
PACKAGE = "tao_lab.course."


def seal(texts: Mapping[str, str]) -> bytes:
    """Files as one that nobody reads by chance.

    Args:
        texts: name to content.
    """
    return _turned(zlib.compress(json.dumps(texts).encode(), 9))


def unseal(data: bytes) -> dict[str, str]:
    """The files in what `seal` made."""
    texts: dict[str, str] = json.loads(zlib.decompress(_turned(data)))
    return texts


def _turned(data: bytes) -> bytes:
    stream = hashlib.shake_256(KEY).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")


@cache
def texts_of(lab: str) -> dict[str, str]:
    """A lab's sealed files; none in a complete checkout.

    Args:
        lab: name of its package, for example "lab06".
    """
    file = COURSE / lab / NAME
    return unseal(file.read_bytes()) if file.is_file() else {}


class Sealed(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads `tao_lab.course.labNN.exercises` and the modules in it from the lab's sealed file."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module that is in a sealed file."""
        place = _place(fullname)
        if place is None or place[1] not in texts_of(place[0]):
            return None
        lab, name = place
        spec = importlib.util.spec_from_loader(fullname, self, is_package=name.endswith("__init__.py"))
        if spec is not None:
            spec.origin = str(COURSE / lab / NAME / name)
            spec.has_location = True
        return spec

    def is_package(self, fullname: str) -> bool:
        """Whether it is the exercises' package itself."""
        return fullname.endswith(f".{FOLDER}")

    def get_source(self, fullname: str) -> str:
        """Text of a module, for checks that change it."""
        place = _place(fullname)
        if place is None or place[1] not in texts_of(place[0]):
            raise ImportError(fullname)
        return texts_of(place[0])[place[1]]

    def get_code(self, fullname: str) -> CodeType:
        """A module's code, under a name by which `inspect` finds its text again."""
        lab, name = _place(fullname) or ("", "")
        code: CodeType = compile(self.get_source(fullname), str(COURSE / lab / NAME / name), "exec", dont_inherit=True)
        return code


def _place(fullname: str) -> tuple[str, str] | None:
    """Package of the lab, and name of the file there: of `tao_lab.course.lab06.exercises.median` "median.py"."""
    if not fullname.startswith(PACKAGE):
        return None
    lab, _, rest = fullname.removeprefix(PACKAGE).partition(".")
    if rest == FOLDER:
        return lab, "__init__.py"
    folder, _, name = rest.partition(".")
    return (lab, f"{name}.py") if folder == FOLDER and "." not in name and name else None


def install() -> None:
    """Let the labs' exercises be found in sealed files, where a hand-out has them."""
    if any(COURSE.glob(f"lab*/{NAME}")) and not any(isinstance(finder, Sealed) for finder in sys.meta_path):
        finder: Any = Sealed()
        sys.meta_path.append(finder)
