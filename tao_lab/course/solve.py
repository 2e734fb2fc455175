"""The list of labs, and a lab with its solutions filled in."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tao_lab import paths
from tao_lab.errors import LabError

if TYPE_CHECKING:  # nbformat takes a second to load; only a notebook with solutions needs it
    import nbformat

ID = re.compile(r"\d\d\.\d+")


class SolveError(LabError):
    """There is no such lab, or its solutions do not fit."""


@dataclass(frozen=True)
class Lab:
    """One lab: its number ("06"), name ("06-yuma-consensus") and notebook."""

    number: str
    name: str
    notebook: Path

    @property
    def solutions(self) -> Path:
        """The file of its solutions; the copy for students does not have it."""
        return self.notebook.parent / "solutions" / f"{self.number}.py"


def labs() -> tuple[Lab, ...]:
    """All labs in order."""
    found = sorted(paths.LABS.glob("[0-9][0-9]-*.ipynb"))
    return tuple(Lab(file.stem[:2], file.stem, file) for file in found)


def lab(number: str) -> Lab:
    """One lab, by its number or name.

    Raises:
        SolveError: there is no such lab; the message lists all labs.
    """
    for known in labs():
        if number in (known.number, known.name):
            return known
    raise SolveError(f"lab is {number!r}; allowed: {', '.join(f'{k.number} ({k.name})' for k in labs())}")


def solved_notebook(number: str) -> nbformat.NotebookNode:
    """A lab with the functions of its solutions in the cells of its exercises.

    Raises:
        SolveError: no such lab, no solutions, or solutions that lack the function of an exercise.
    """
    import nbformat

    chosen = lab(number)
    functions = solution_sources(chosen)
    text = chosen.notebook.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if exercise := exercise_of(cell):
            name = _function_name(cell, exercise)
            if name not in functions:
                raise SolveError(f"{chosen.solutions}: has no function {name!r} for exercise {exercise}")
            cell.source = functions[name]
    return notebook


def exercise_of(cell: nbformat.NotebookNode) -> str:
    """Id of the exercise that a cell is for; empty for all other cells."""
    tags = cell.metadata.get("tags", [])
    return next((tag for tag in tags if ID.fullmatch(tag)), "") if "exercise" in tags else ""


def solution_sources(chosen: Lab) -> dict[str, str]:
    """Text of each function in a lab's file of solutions, by name."""
    if paths.without_solutions():
        raise SolveError(f"lab {chosen.number} comes without solutions: {paths.WITHOUT_SOLUTIONS} is set here")
    try:
        text = chosen.solutions.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SolveError(f"lab {chosen.number} comes without solutions: {chosen.solutions} is not there") from None
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(text, node) or "" for node in functions}


def _function_name(cell: nbformat.NotebookNode, exercise: str) -> str:
    functions = [node.name for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef)]
    if len(functions) != 1:
        raise SolveError(f"the cell of exercise {exercise} defines {len(functions)} functions; allowed: one")
    return functions[0]
