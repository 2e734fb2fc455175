"""Find the functions that a student wrote in the other labs, in the notebooks beside this one.

Only imports, constants and the cells of exercises of a notebook are run, and nothing else.
"""

from __future__ import annotations

import ast
import json
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tao_lab.course import registry
from tao_lab.course.running import TimeUp, is_blank, time_limit

SECONDS = 20  # for a cell that defines a function


@dataclass(frozen=True)
class Written:
    """A student's function for an exercise, or why there is none, in words."""

    function: Callable[..., Any] | None
    why: str = ""


def written(exercise: str, folder: Path) -> Written:
    """The function in the cell of an exercise, in the notebook of its lab.

    Args:
        exercise: id, for example "06.6".
        folder: where the notebooks are.
    """
    files = sorted(folder.glob(f"{exercise[:2]}-*.ipynb"))
    if not files:
        return Written(None, f"no notebook of lab {exercise[:2]} lies beside this one")
    try:
        cells = json.loads(files[0].read_text(encoding="utf-8"))["cells"]
        sources = [("".join(cell["source"]), _exercise(cell)) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Written(None, f"{files[0].name} cannot be read")
    name = registry.exercises()[exercise].name
    space: dict[str, Any] = {"__name__": f"lab{exercise[:2]}"}
    for text, _ in sources:
        _bring(text, space)
    problems = {}
    for text, its in sources:
        if its:
            problems[its] = _define(text, f"{files[0].name}, exercise {its}", space)
    function = space.get(name)
    if problems.get(exercise) or not callable(function):
        return Written(None, problems.get(exercise) or f"{files[0].name} defines no {name}")
    return Written(None, "not written yet") if is_blank(function) else Written(function)


def _exercise(cell: Any) -> str:
    tags = cell.get("metadata", {}).get("tags", [])
    return next((tag for tag in tags if tag in registry.exercises()), "") if "exercise" in tags else ""


def _bring(text: str, space: dict[str, Any]) -> None:
    """Imports and constants of a cell; failing ones are left out, because a function that needs them will say so."""
    for statement in _useful(text):
        try:
            exec(compile(ast.Module([statement], []), "<set-up>", "exec"), space)
        except Exception:  # noqa: BLE001 - a module that is not here, in a notebook that somebody changed
            continue


def _useful(text: str) -> Iterator[ast.stmt]:
    try:
        body = ast.parse(text).body
    except SyntaxError:  # a cell with a magic command, or an incomplete one
        return
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)) or _is_constant(statement):
            yield statement


def _is_constant(statement: ast.stmt) -> bool:
    """Whether it is a constant such as `TAO = 10**9`: a name in capitals, made of numbers and other constants."""
    if not isinstance(statement, ast.Assign) or not all(
        isinstance(target, ast.Name) and target.id.isupper() for target in statement.targets
    ):
        return False
    allowed = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.Name, ast.operator, ast.unaryop, ast.expr_context)
    return all(isinstance(node, allowed) for node in ast.walk(statement.value))


def _define(text: str, where: str, space: dict[str, Any]) -> str:
    """Run the cell of an exercise; returns what is wrong with it, in words."""
    name = f"<{where}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # so that its text can be read
    try:
        with time_limit(SECONDS):
            exec(compile(text, name, "exec"), space)
    except TimeUp:
        return f"its cell does not end: stopped after {SECONDS} s"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a student's cell does
        return f"its cell stops with {type(error).__name__}: {error}"
    return ""
