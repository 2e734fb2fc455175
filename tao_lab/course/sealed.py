"""Sealed exercises in the copy for students: Python can import them, but a person who opens the file cannot read it.

`tao-lab course make --without-solutions` puts a lab's exercises (solutions, mistakes, hints) into one file,
`exercises.sealed`. This hides solutions, also from a text search. It is not a lock: anyone who unpacks the file finds
them. Marks are computed on the instructor's machine, so no lock is needed.
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
    """Pack files into one file that nobody can read by accident.

    Args:
        texts: name to content.
    """
    return _turned(zlib.compress(json.dumps(texts).encode(), 9))


def unseal(data: bytes) -> dict[str, str]:
    """The files in a file made by `seal`."""
    texts: dict[str, str] = json.loads(zlib.decompress(_turned(data)))
    return texts


def _turned(data: bytes) -> bytes:
    stream = hashlib.shake_256(KEY).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")


@cache
def texts_of(lab: str) -> dict[str, str]:
    """A lab's sealed files; empty in a complete checkout.

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
        """A module's code, under a file name with which `inspect` finds its text."""
        lab, name = _place(fullname) or ("", "")
        code: CodeType = compile(self.get_source(fullname), str(COURSE / lab / NAME / name), "exec", dont_inherit=True)
        return code


def _place(fullname: str) -> tuple[str, str] | None:
    """Package of the lab, and the module's file there: for `tao_lab.course.lab06.exercises.median`, "median.py"."""
    if not fullname.startswith(PACKAGE):
        return None
    lab, _, rest = fullname.removeprefix(PACKAGE).partition(".")
    if rest == FOLDER:
        return lab, "__init__.py"
    folder, _, name = rest.partition(".")
    return (lab, f"{name}.py") if folder == FOLDER and "." not in name and name else None


def install() -> None:
    """Make Python find the labs' exercises in sealed files, if there are any."""
    if any(COURSE.glob(f"lab*/{NAME}")) and not any(isinstance(finder, Sealed) for finder in sys.meta_path):
        finder: Any = Sealed()
        sys.meta_path.append(finder)
