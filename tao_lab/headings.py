"""Titles and questions of the notebooks, read from their first cells, where a reader finds them too.

The start page of the dashboards and the map of the course use them, without running a notebook.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tao_lab import paths
from tao_lab.errors import LabError

TITLE = re.compile(r"^# (?:\d\d · )?(?P<title>.+)$", re.M)
QUESTION = re.compile(r"\*\*(?P<question>.+?)\*\*", re.S)
NAMED = re.compile(r"\blabs? (\d\d(?:(?:, | and | to |, and )(?:lab )?\d\d)*)")
RANGE = re.compile(r"(\d\d) to (?:lab )?(\d\d)")


class FirstCellError(LabError):
    """A notebook whose first cell has no title or no question."""


@dataclass(frozen=True)
class Heading:
    """Title and question from the first cell of a notebook.

    Attributes:
        name: the file without its ending.
        title: its heading.
        sentence: its first words in bold.
        labs: numbers of the labs that it names.
    """

    name: str
    title: str
    sentence: str
    labs: tuple[str, ...]


def dashboards() -> tuple[Heading, ...]:
    """The instructor's dashboards, in the order of the labs that they go with."""
    headings = [heading_of(file) for file in (paths.LABS / "dashboards").glob("*.ipynb")]
    return tuple(sorted(headings, key=lambda each: (each.labs, each.name)))


def labs() -> tuple[Heading, ...]:
    """The labs in order."""
    return tuple(heading_of(file) for file in sorted(paths.LABS.glob("[0-9][0-9]-*.ipynb")))


def heading_of(notebook: Path) -> Heading:
    """The heading of a notebook, from its first cell.

    Raises:
        FirstCellError: there is no title, or no question in bold.
    """
    return Heading(notebook.stem, *heading(notebook))


def heading(notebook: Path) -> tuple[str, str, tuple[str, ...]]:
    """Title, question, and the numbers of the named labs, from a notebook's first cell.

    Raises:
        FirstCellError: there is no title, or no question in bold.
    """
    text = "".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"])
    title, question = TITLE.search(text), QUESTION.search(text)
    if title is None or question is None:
        raise FirstCellError(f"{notebook.name}: its first cell needs a title (# …) and a question in bold (**…**)")
    return title["title"], " ".join(question["question"].split()), numbers_in(text)


def numbers_in(text: str) -> tuple[str, ...]:
    """Numbers of the labs that a text names: "lab 02 and lab 06", "labs 01 to 03, and 05"."""
    found: set[str] = set()
    for named in NAMED.findall(" ".join(text.split())):
        found.update(re.findall(r"\d\d", named))
        for first, last in RANGE.findall(named):
            found.update(f"{number:02}" for number in range(int(first), int(last) + 1))
    return tuple(sorted(found))
