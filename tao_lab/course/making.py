"""Generate from the exercises: blank cells and checks of the notebooks, `labs/solutions/`, behaviours of mutants.

`make labs` writes these files, and a test checks that they are up to date. Only the exercise's own file is edited by
hand.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from tao_lab.course import registry, solve
from tao_lab.course.behaviour import Outcome, outcomes, table_file
from tao_lab.course.exercise import Exercise
from tao_lab.errors import LabError


class MakeError(LabError):
    """A file cannot be generated from a lab's exercises."""


def exercises_of(lab: str) -> tuple[Exercise, ...]:
    """A lab's exercises.

    Args:
        lab: number, for example "06".
    """
    return tuple(exercise for exercise in registry.exercises().values() if exercise.id.startswith(f"{lab}."))


def blank(exercise: Exercise) -> str:
    """The cell in which a student writes: signature, docstring, `...`.

    Raises:
        MakeError: the solution has no docstring.
    """
    function = ast.parse(exercise.source).body[0]
    assert isinstance(function, ast.FunctionDef)
    if ast.get_docstring(function) is None:
        raise MakeError(
            f"exercise {exercise.id}: {exercise.name} has no docstring; write one (arguments, what it returns)"
        )
    lines = exercise.source.splitlines()[: function.body[0].end_lineno]
    return "\n".join([*lines, "    ..."])


# --- notebooks ---


def notebook(lab: solve.Lab) -> str:
    """Text of a lab's notebook with new cells for its exercises; missing cells are added.

    A new exercise is added after the one before it; you write the text around it.
    """
    book = nbformat.read(lab.notebook, as_version=4)
    place = next((i for i, cell in enumerate(book.cells) if cell.source.startswith("## Put it in")), len(book.cells))
    found = {solve.exercise_of(cell): i for i, cell in enumerate(book.cells) if solve.exercise_of(cell)}
    if found and not any(exercise.id in found for exercise in exercises_of(lab.number)):
        place = min(found.values())
    for exercise in exercises_of(lab.number):
        for tag, source in (("exercise", blank(exercise)), ("check", f'check("{exercise.id}", {exercise.name})')):
            cell = next((c for c in book.cells if {tag, exercise.id} <= set(c.metadata.get("tags", []))), None)
            if cell is None:
                name = f"{tag}-{exercise.id.replace('.', '-')}"
                cell = new_code_cell(id=name, metadata={"tags": [tag, exercise.id]})
                book.cells.insert(place, cell)
            cell.source = source
            place = book.cells.index(cell) + 1
    return nbformat.writes(book) + "\n"


# --- solutions ---


def solutions(lab: str) -> str:
    """Text of a lab's file of solutions: the imports, and one function for each exercise."""
    mine = exercises_of(lab)
    own = {exercise.name for exercise in mine}
    needed: dict[str, None] = {}
    for exercise in mine:
        for line in _imports(exercise, own):
            needed[line] = None
    head = f'"""Solutions of lab {lab}: one function an exercise. Made by `make labs`."""\n'
    imports = "\n".join(_sorted(needed))
    functions = "\n\n\n".join(exercise.source.rstrip() for exercise in mine)
    return f"{head}\n{imports}\n\n\n{functions}\n" if imports else f"{head}\n\n{functions}\n"


def _imports(exercise: Exercise, own: set[str]) -> list[str]:
    """Import statements of an exercise's file, with only the names that its solution uses."""
    used = {node.id for node in ast.walk(ast.parse(exercise.source)) if isinstance(node, ast.Name)} - own
    file = Path(inspect.getsourcefile(exercise.solution) or "")
    lines = []
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        for name in statement.names:
            if (name.asname or name.name.partition(".")[0]) not in used:
                continue
            only = [name]
            one = ast.Import(only) if isinstance(statement, ast.Import) else ast.ImportFrom(statement.module, only, 0)
            lines.append(ast.unparse(one))
    return lines


def _sorted(lines: Iterable[str]) -> list[str]:
    """Import statements as `ruff` wants them: plain names of one module together, three groups."""
    plain: dict[str, list[str]] = {}
    rest = []
    for line in lines:
        module, _, name = line.removeprefix("from ").partition(" import ")
        if line.startswith("from ") and " as " not in name:
            plain.setdefault(module, []).append(name)
        else:
            rest.append(line)
    together = [f"from {module} import {', '.join(sorted(names, key=_case))}" for module, names in plain.items()]
    groups: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for line in [*rest, *together]:
        top = line.split()[1].partition(".")[0]
        groups[0 if top in sys.stdlib_module_names else 2 if top == "tao_lab" else 1].append(line)
    ordered = (sorted(group, key=lambda line: (line.startswith("from "), line.lower())) for group in groups.values())
    return "\n\n".join("\n".join(group) for group in ordered if group).split("\n")


def _case(name: str) -> tuple[int, list[str | int]]:
    """Constants, then classes, then functions, numbers by their size, as `ruff` orders the names of one import."""
    parts: list[str | int] = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, parts)


# --- behaviours ---


def behaviours(found: Mapping[str, Sequence[Outcome]]) -> str:
    """Text of a lab's file of behaviours.

    Args:
        found: outcomes of each exercise, by its id, in order.
    """
    table = {}
    for identity, all_outcomes in found.items():
        known: dict[str, str] = {}
        for outcome in all_outcomes:
            for entry in outcome.digests:
                known.setdefault(entry, outcome.kind)
        names = dict.fromkeys(known.values())
        table[identity] = {name: " ".join(entry for entry, of in known.items() if of == name) for name in names}
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def make(lab: str) -> list[Path]:
    """Write all files that are generated from a lab's exercises; returns the files that changed.

    Args:
        lab: number, for example "06".
    """
    mine = exercises_of(lab)
    if not mine:
        return []
    chosen = solve.lab(lab)
    found = {exercise.id: tuple(outcomes(exercise)) for exercise in mine}
    made = {
        chosen.notebook: notebook(chosen),
        chosen.solutions: solutions(lab),
        table_file(lab): behaviours(found),
    }
    changed = [file for file, text in made.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
    for file in changed:
        file.write_text(made[file], encoding="utf-8")
    return changed
