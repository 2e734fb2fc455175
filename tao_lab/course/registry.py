"""Find the exercises, questions and claims of all labs.

A lab adds one module here, `labNN`, with `EXERCISES`, `QUESTIONS`, `CLAIMS` and `REAL_NAMES`; nothing else must be
changed.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from tao_lab.course.claims import Claim
from tao_lab.course.exercise import Exercise
from tao_lab.course.questions import Question
from tao_lab.course.realcode import StorageName
from tao_lab.errors import LabError

Key = TypeVar("Key", str, int)
Entry = TypeVar("Entry")


class UnknownIdError(LabError):
    """No lab has an exercise, question or claim of that name."""


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises by id, in the order of the course."""
    return {exercise.id: exercise for module in _modules() for exercise in module.EXERCISES}


@cache
def questions() -> dict[str, Question]:
    """All *predict first* questions by id."""
    return {question.id: question for module in _modules() for question in module.QUESTIONS}


@cache
def claims() -> dict[int, Claim]:
    """All claims by number: the labs' claims, and the report's claims that are tested with real data."""
    from tao_lab.course import report  # loaded only when needed, like the labs

    return {claim.number: claim for module in (*_modules(), report) for claim in module.CLAIMS}


@cache
def real_names() -> dict[str, Sequence[StorageName]]:
    """Storage items of each lab, by its number."""
    return {module.__name__[-2:]: module.REAL_NAMES for module in _modules()}


def find(entries: dict[Key, Entry], key: Key, what: str) -> Entry:
    """One entry.

    Raises:
        UnknownIdError: there is no such entry; the message suggests the nearest, and lists all.
    """
    if key not in entries or isinstance(key, bool):
        likely = [known for known in entries if _simple(known) == _simple(key) or known == _lab_in(key)]
        meant = f" (did you mean {likely[0]!r}?)" if likely else ""
        same_lab = [known for known in entries if str(known).startswith(f"{_lab_in(key)}.")]
        allowed = ", ".join(repr(known) for known in same_lab or entries)
        raise UnknownIdError(f"{what} is {key!r}{meant}; allowed: {allowed}")
    return entries[key]


def _lab_in(key: object) -> str:
    """The number of the lab that an id begins with: "06" of 6, "6.1" and "lab 06"."""
    number = re.search(r"\d+", str(key))
    return f"{int(number[0]):02}" if number else ""


def _simple(key: object) -> str:
    """An id in its simplest form, so that "06.A" and "6a" are the same."""
    return re.sub(r"\W", "", str(key)).lstrip("0").lower() or "0"


@cache
def _modules() -> list:  # type: ignore[type-arg]  # modules with the four names
    names = sorted(info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [importlib.import_module(f"tao_lab.course.{name}") for name in names if re.fullmatch(r"lab\d\d", name)]
