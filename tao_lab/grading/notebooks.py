"""Answers in a submitted notebook: the tagged cells, and the parts of other cells that they need.

A notebook is never run. It is read as JSON within limits, and its cells are parsed. For each answer only definitions
are taken: functions, classes, imports and assignments of its own cell; from other cells functions, classes, imports,
and constants without a call. `Answer.notes` lists everything unusual.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tao_lab.course.exercise import Exercise
from tao_lab.course.running import Elsewhere, is_blank
from tao_lab.course.solve import ID
from tao_lab.errors import LabError
from tao_lab.foreign import escaped
from tao_lab.grading.boxed import Piece

MOST_BYTES = 32 << 20  # of a notebook, its pictures included
MOST_VALUES = 1 << 22  # in its JSON
MOST_CELLS = 5_000
MOST_CODE = 200_000  # characters of a cell
MOST_NAMES = 2_000  # definitions that one answer needs
MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign)
ESSAY = "essay"


class NotebookError(LabError):
    """A file that is not a notebook."""


@dataclass(frozen=True)
class Cell:
    """One cell; `tree` is None if it is not Python, and `error` says why."""

    number: int  # in the notebook, from 1
    kind: str
    identity: str
    tags: tuple[str, ...]
    text: str
    tree: ast.Module | None = None
    error: str = ""

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"cell {self.number}"


@dataclass(frozen=True)
class Answer:
    """A notebook's answer to one exercise.

    Attributes:
        exercise: id.
        text: of the function; empty if there is none.
        problem: why it cannot be run, in words; empty if it can be run.
        pieces: the code that is run in the box.
        needs: ids of other exercises whose functions it calls.
        notes: what was unusual about its cell.
    """

    exercise: str
    text: str = ""
    problem: str = ""
    pieces: tuple[Piece, ...] = ()
    needs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Essay:
    """A text that a person reads."""

    title: str
    text: str


@dataclass(frozen=True)
class Notebook:
    """A submitted notebook: its cells."""

    cells: tuple[Cell, ...] = field(default_factory=tuple)

    @property
    def exercises(self) -> set[str]:
        """Ids of the exercises in the tags of its cells."""
        return {tag for cell in self.cells for tag in _exercise_tags(cell)}

    @property
    def essays(self) -> tuple[Essay, ...]:
        """The texts of its cells with the tag `essay`; another tag, or the cell's id, is the title."""
        found = []
        for cell in self.cells:
            if ESSAY in cell.tags:
                title = next((tag for tag in cell.tags if tag != ESSAY), cell.identity or cell.name)
                found.append(Essay(title, cell.text))
        return tuple(found)


def read(data: bytes, name: str) -> Notebook:
    """A notebook from the bytes of its file, which may be anything.

    Args:
        data: the bytes.
        name: to be said in an error.

    Raises:
        NotebookError: it is not a notebook, or larger than any notebook.
    """
    if len(data) > MOST_BYTES:
        raise NotebookError(f"{name} has {len(data) >> 20} MiB; allowed for a notebook: {MOST_BYTES >> 20}")
    try:
        text = data.decode("utf-8-sig")
        if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
            raise NotebookError(f"{name} has more values than any notebook")
        cells = json.loads(text, parse_constant=lambda _: None)["cells"]
        if not isinstance(cells, list) or len(cells) > MOST_CELLS:
            raise NotebookError(f"{name} is not a notebook: its cells are not a list of at most {MOST_CELLS:,}")
    except NotebookError:
        raise
    except RecursionError:
        raise NotebookError(f"{name} is not a notebook: its JSON is nested too deeply") from None
    except (ValueError, KeyError, TypeError, MemoryError) as error:
        raise NotebookError(f"{name} is not a notebook: {type(error).__name__}, {escaped(error, 120)}") from None
    return Notebook(tuple(_cell(number, cell) for number, cell in enumerate(cells, 1) if isinstance(cell, dict)))


def _cell(number: int, cell: dict[str, Any]) -> Cell:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    source = cell.get("source")
    text = source if isinstance(source, str) else "".join(filter(_is_text, source)) if isinstance(source, list) else ""
    kind, identity = str(cell.get("cell_type"))[:20], str(cell.get("id", ""))[:64]
    named = tuple(filter(_is_text, tags)) if isinstance(tags, list) else ()
    if kind != "code":
        return Cell(number, kind, identity, named, text[:MOST_CODE])
    text = MAGIC.sub("", text)
    try:
        if len(text) > MOST_CODE:
            raise ValueError(f"the cell has {len(text):,} characters; allowed: {MOST_CODE:,}")
        text.encode()
        tree = ast.parse(text)
        compile(tree, "cell", "exec")
        return Cell(number, kind, identity, named, text, tree)
    except SyntaxError as error:
        return Cell(number, kind, identity, named, text, None, f"`SyntaxError: {error.msg}` in line {error.lineno}")
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        problem = f"`{type(error).__name__}: {escaped(error, 120)}`"
        return Cell(number, kind, identity, named, text[:MOST_CODE], None, problem)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _exercise_tags(cell: Cell) -> list[str]:
    return [tag for tag in cell.tags if ID.fullmatch(tag)] if "exercise" in cell.tags else []


# --- one answer ---


def answer(notebook: Notebook, exercise: Exercise, others: Sequence[Exercise]) -> Answer:
    """A notebook's answer to an exercise.

    Args:
        notebook: the notebook, from `read`.
        exercise: the exercise.
        others: all exercises of its lab; a call of another one's function is noted in `needs`.
    """
    cell, notes = _find(notebook, exercise)
    if cell is None:
        return Answer(exercise.id, problem="missing", notes=tuple(notes))
    if cell.tree is None:
        words = f"The cell stops with {cell.error}. Mend it, run it, then check again."
        return Answer(exercise.id, cell.text, words, notes=tuple(notes))
    written = _function_in(cell, exercise.name)
    if written is None:
        words = f"There is no function `{exercise.name}` in the cell of this exercise."
        return Answer(exercise.id, cell.text, words, notes=tuple(notes))
    if written.name != exercise.name:
        notes.append(f"the function is called `{written.name}`; it should be `{exercise.name}`")
    text = ast.get_source_segment(cell.text, written) or ""
    pieces, needs = _pieces(notebook, cell, written, exercise, others)
    if any(_uses(piece, "input") for piece in pieces):
        words = "It calls `input()`, which waits for a person: an answer depends on its arguments only."
        return Answer(exercise.id, text, words, notes=tuple(notes))
    return Answer(exercise.id, text, "", pieces, needs, tuple(notes))


def _find(notebook: Notebook, exercise: Exercise) -> tuple[Cell | None, list[str]]:
    """The cell of an answer: the last tagged cell that is not blank; otherwise a cell with its id or its function."""
    identity = f"exercise-{exercise.id.replace('.', '-')}"
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    tagged = [cell for cell in code if exercise.id in _exercise_tags(cell)]
    notes = []
    if len(tagged) > 1:
        notes.append(f"{len(tagged)} cells are tagged {exercise.id}: the last one that is written in counts")
    if not tagged:
        tagged = [cell for cell in code if cell.identity == identity]
        notes += [f"the cell has lost its tag {exercise.id}; it was found by its id"] * bool(tagged)
    written = [cell for cell in tagged if not _is_blank(cell, exercise)]
    if not written:
        same = [cell for cell in code if cell not in tagged and not _exercise_tags(cell)]
        named = [c for c in same if _function_in(c, exercise.name, exact=True) and not _is_blank(c, exercise)]
        if named:
            place = "the tagged cell is blank" if tagged else f"no cell is tagged {exercise.id}"
            notes.append(f"{place}; {named[-1].name} defines `{exercise.name}` and counts")
        written = named
    found = written or tagged
    if not found and any(exercise.id in _exercise_tags(cell) for cell in notebook.cells):
        notes.append("the cell is no longer a code cell")
    return (found[-1] if found else None), notes


def _is_blank(cell: Cell, exercise: Exercise) -> bool:
    function = _function_in(cell, exercise.name)
    if cell.tree is None or function is None:
        return not cell.text.strip()
    return is_blank(Elsewhere(function.name, ast.get_source_segment(cell.text, function) or ""))


def _function_in(cell: Cell, name: str, exact: bool = False) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The last function with this name in a cell; otherwise, if the cell defines only one function, that one."""
    functions = [n for n in cell.tree.body if isinstance(n, DEFINITIONS[:2])] if cell.tree else []
    named = [function for function in functions if function.name == name]
    if named:
        return named[-1]
    return functions[0] if len(functions) == 1 and not exact else None


def _pieces(
    notebook: Notebook, own: Cell, function: Any, exercise: Exercise, others: Sequence[Exercise]
) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """The code for an answer: its cell's definitions, and definitions of other cells whose names it uses."""
    assert own.tree is not None
    answers = {other.name: other.id for other in others if other.id != exercise.id}
    known = dict(_definitions(notebook, own))
    taken = {
        (own.number, i)
        for i, node in enumerate(own.tree.body)
        if isinstance(node, (*DEFINITIONS, *IMPORTS, *ASSIGNMENTS))
    }
    needs: dict[str, None] = {}
    ahead = [node for i, node in enumerate(own.tree.body) if (own.number, i) in taken]
    here = {name for node in ahead for name in _defined(node)}
    seen = set(here) | set(dir(builtins))
    while ahead and len(seen) < MOST_NAMES:
        for name in _loaded(ahead.pop()):
            if name in seen:
                continue
            seen.add(name)
            if name in answers:
                needs[answers[name]] = None
            elif name in known:
                cell, place = known[name]
                if (cell.number, place) not in taken:
                    taken.add((cell.number, place))
                    assert cell.tree is not None
                    ahead.append(cell.tree.body[place])
    stars = _stars(notebook)
    pieces = []
    for cell in notebook.cells:
        if cell.tree is None:
            continue
        take = [i for i, node in enumerate(cell.tree.body) if (cell.number, i) in taken or (cell.number, i) in stars]
        names = {function.name: exercise.name} if cell is own and function.name != exercise.name else {}
        if take:
            pieces.append(Piece(cell.number, cell.name, cell.text, tuple(take), names))
    pieces.sort(key=lambda piece: piece.file == own.name)  # its own cell runs last
    return tuple(pieces), tuple(needs)


def _definitions(notebook: Notebook, own: Cell) -> Iterator[tuple[str, tuple[Cell, int]]]:
    """Names that plain definitions of other cells define, later ones last."""
    for cell in notebook.cells:
        if cell.tree is None or cell is own:
            continue
        for place, node in enumerate(cell.tree.body):
            plain = isinstance(node, (*DEFINITIONS, *IMPORTS)) or (isinstance(node, ASSIGNMENTS) and not _calls(node))
            for name in _defined(node) if plain else ():
                yield name, (cell, place)


def _stars(notebook: Notebook) -> set[tuple[int, int]]:
    """Indices of `from … import *` of modules that are not the lab's, whose names are unknown."""
    return {
        (cell.number, place)
        for cell in notebook.cells
        for place, node in enumerate(cell.tree.body if cell.tree else ())
        if isinstance(node, ast.ImportFrom)
        and node.names[0].name == "*"
        and (node.module or "").partition(".")[0] not in ("tao_lab", "")
    }


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, DEFINITIONS):
        yield node.name
    elif isinstance(node, IMPORTS):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, ASSIGNMENTS):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def _loaded(node: ast.stmt) -> set[str]:
    """Names of the notebook that a statement, or a function in it, uses."""
    try:
        tables = [symtable.symtable(ast.unparse(node), "cell", "exec")]
    except (SyntaxError, RecursionError, ValueError):
        return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    names = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_referenced()}
    while tables:
        inner = tables.pop().get_children()
        names |= {symbol.get_name() for table in inner for symbol in table.get_symbols() if symbol.is_global()}
        tables += inner
    return names


def _calls(node: ast.AST) -> bool:
    return any(isinstance(part, (ast.Call, ast.Await, ast.Yield)) for part in ast.walk(node))


def _uses(piece: Piece, name: str) -> bool:
    body = ast.parse(piece.text).body
    calls = (part for place in piece.take for part in ast.walk(body[place]) if isinstance(part, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id == name for call in calls)
