"""Merge three notebooks: the old release (base), the student's notebook (ours), and the new release (theirs).

Whole cells are merged, by their ids. A student's cell is never changed. If both the student and the release changed a
cell, the release's text follows it in a markdown cell, which does not run. The tool nbdime is not used, because it
merges line by line and finds cells by similarity. If the release moved an answered exercise, it would put the blank
cell after the answer (which is then "not started"), or leave markers that are not Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

import nbformat
from nbformat import NotebookNode

Cells = Mapping[str, NotebookNode]
Name = TypeVar("Name")

NOTICE = "**The release changed the cell above.** Yours stays as you wrote it; this is how the new one reads:"
NOTICE_ID = "-changed"  # end of the id of a cell with the release's text
LONGEST_ID = 64


@dataclass(frozen=True)
class Merged:
    """The result.

    Attributes:
        notebook: the merged notebook.
        taken: ids of cells with the release's text, new or changed.
        both: ids of cells that student and release changed; both texts are in the notebook.
        dropped: ids of cells that the release no longer has, and the student had not changed.
    """

    notebook: NotebookNode
    taken: tuple[str, ...]
    both: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether the release changed anything."""
        return bool(self.taken or self.both or self.dropped)


def merge(base: NotebookNode, ours: NotebookNode, theirs: NotebookNode) -> Merged:
    """Merge a release into a student's notebook; none of the three is changed.

    Args:
        base: the shipped notebook from which the student's was made; if it is unknown, a notebook without cells.
        ours: the student's notebook.
        theirs: the new shipped notebook.
    """
    was, now = _by_id(base), _by_id(theirs)
    mine = _recognised(ours, was, now)
    for name in _old_notices(mine, was, now):
        del mine[name]
    dropped = tuple(n for n in mine if n in was and n not in now and same_text(mine[n], was[n]))
    kept = {name: cell for name, cell in mine.items() if name not in dropped}
    new = [name for name in now if name not in kept and name not in was]
    cells: list[NotebookNode] = []
    taken, both = [], []
    for name in _order(list(was), list(kept), [name for name in now if name in kept or name in new]):
        cell = _one(was.get(name), kept.get(name), now.get(name))
        cell.id = name
        cells.append(cell)
        if name in now and (name not in kept or not same_text(cell, kept[name])):
            taken.append(name)
        elif name in now and _differ(was.get(name), kept[name], now[name]):
            both.append(name)
            cells.append(_notice(name, now[name]))
    notebook = nbformat.from_dict({**theirs, "metadata": {**theirs.metadata, **ours.metadata}, "cells": cells})
    return Merged(notebook, tuple(taken), tuple(both), dropped)


def same_text(one: NotebookNode, other: NotebookNode) -> bool:
    """Whether two cells are the same in kind, text and pictures; outputs don't count."""
    return _text(one) == _text(other)


def edited(base: NotebookNode, ours: NotebookNode) -> tuple[list[str], list[str], list[str]]:
    """Ids of the cells that a student changed, added and deleted."""
    was = _by_id(base)
    mine = _recognised(ours, was)
    return (
        [name for name in mine if name in was and not same_text(mine[name], was[name])],
        [name for name in mine if name not in was],
        [name for name in was if name not in mine],
    )


def restored(ours: NotebookNode, theirs: NotebookNode, exercise: str) -> NotebookNode:
    """A student's notebook with one exercise as shipped.

    All cells with the exercise's tag are replaced by the shipped one, so that no second function is left.

    Args:
        ours: the student's notebook; it is not changed.
        theirs: the shipped one, which has the exercise.
        exercise: id, for example "06.2".
    """
    shipped = next(cell for cell in theirs.cells if exercise_of(cell) == exercise)
    mine = _recognised(ours, _by_id(theirs))
    tagged = [name for name, cell in mine.items() if exercise_of(cell) == exercise or name == shipped.id]
    names = list(mine)
    for name in tagged[1:]:
        names.remove(name)
    if tagged:
        names[names.index(tagged[0])] = shipped.id
    else:
        _insert(names, [cell.id for cell in theirs.cells], shipped.id)
    cells = [deepcopy(shipped if name == shipped.id else mine[name]) for name in names]
    for name, cell in zip(names, cells, strict=True):
        cell.id = name
    return nbformat.from_dict({**ours, "nbformat_minor": theirs.nbformat_minor, "cells": cells})


def exercise_of(cell: NotebookNode) -> str:
    """Id of the exercise that a cell is for; empty for all other cells."""
    tags = cell.get("metadata", {}).get("tags", [])
    return (
        next((tag for tag in tags if tag.replace(".", "").isdigit() and "." in tag), "") if "exercise" in tags else ""
    )


# --- cells by name ---


def _by_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return dict(_named(notebook.cells))


def _named(cells: Sequence[NotebookNode]) -> Iterator[tuple[str, NotebookNode]]:
    """Cells with their ids; a cell without an id, or with another cell's id, gets a new one."""
    seen: set[str] = set()
    for cell in cells:
        name = cell.get("id") or ""
        if not name or name in seen:
            name = uuid4().hex[:12]
        seen.add(name)
        yield name, cell


def _recognised(ours: NotebookNode, *shipped: Cells) -> dict[str, NotebookNode]:
    """A student's cells by id; a cell that lost its id is found by its exercise or its text."""
    names = [name for name, _ in _named(ours.cells)]
    known = {name for cells in shipped for name in cells}
    lost = known - set(names)
    found: dict[str, NotebookNode] = {}
    for name, cell in zip(names, ours.cells, strict=True):
        if name not in known and lost:
            copies = (own for cells in shipped for own, other in cells.items() if own in lost and _is_copy(cell, other))
            name = next(copies, name)
            lost.discard(name)
        found[name] = cell
    return found


def _is_copy(cell: NotebookNode, shipped: NotebookNode) -> bool:
    exercise = exercise_of(shipped)
    return exercise_of(cell) == exercise if exercise else same_text(cell, shipped)


def _text(cell: NotebookNode) -> tuple[str, str, object]:
    return cell.cell_type, cell.source, cell.get("attachments") or {}


# --- one cell ---


def _one(was: NotebookNode | None, mine: NotebookNode | None, now: NotebookNode | None) -> NotebookNode:
    """Merge one cell; at least one of `mine` and `now` exists."""
    if mine is None or now is None:
        return deepcopy(mine if now is None else now)
    untouched = was is not None and same_text(mine, was) and not same_text(mine, now)
    cell = deepcopy(now if untouched else mine)  # outputs stay with their text
    tags = now.metadata.get("tags")
    cell.metadata = NotebookNode({**mine.metadata, **({"tags": list(tags)} if tags else {})})
    return cell


def _differ(was: NotebookNode | None, mine: NotebookNode, now: NotebookNode) -> bool:
    """Whether the release has a new text for a cell that keeps the student's text."""
    return not same_text(mine, now) and (was is None or not same_text(was, now))


def _notice(name: str, now: NotebookNode) -> NotebookNode:
    text = now.source if now.cell_type == "markdown" else f"```python\n{now.source}\n```"
    cell = nbformat.v4.new_markdown_cell(f"{NOTICE}\n\n{text}", id=_notice_id(name))
    if now.get("attachments"):
        cell.attachments = deepcopy(now.attachments)
    return cell


def _notice_id(name: str) -> str:
    return f"{name[: LONGEST_ID - len(NOTICE_ID)]}{NOTICE_ID}"


def _old_notices(mine: Cells, was: Cells, now: Cells) -> list[str]:
    """Notices of earlier merges that the student did not change, and that this merge writes again."""
    old = []
    for name in now:
        notice = mine.get(_notice_id(name))
        known = [_notice(name, cells[name]) for cells in (was, now) if name in cells]
        if notice is None or name not in mine or not any(same_text(notice, one) for one in known):
            continue
        if _differ(was.get(name), mine[name], now[name]) or same_text(mine[name], now[name]):
            old.append(_notice_id(name))
    return old


# --- order ---


def _order(was: list[str], mine: list[str], now: list[str]) -> list[str]:
    """Names of all cells in the release's order, or in the student's where the student moved cells."""
    shared = {name for name in was if name in mine and name in now}
    moved = [name for name in mine if name in shared] != [name for name in was if name in shared]
    frame, others = (mine, now) if moved or not shared else (now, mine)
    names = list(frame)
    for name in others:
        if name not in names:
            _insert(names, others, name)
    return names


def _insert(names: list[Name], order: Sequence[Name], name: Name) -> None:
    """Insert a name after the name that is before it in `order`."""
    before = next((known for known in reversed(order[: order.index(name)]) if known in names), None)
    names.insert(0 if before is None else names.index(before) + 1, name)
