"""Which cell is an answer, and what is run for it."""

from __future__ import annotations

import pytest

from tao_lab.course import registry
from tao_lab.course.making import exercises_of
from tao_lab.grading import notebooks
from tao_lab.grading.grade import Mark, Settings, grade_cells
from tests.grading.books import SET_UP_02, answer, book, cell, right

COMPACT = registry.exercises()["02.1"]
SOURCE = COMPACT.source
BLANK = 'def compact(number):\n    """A whole number."""\n    ...'
WRONG = "def compact(number):\n    return b''"


def marks(*cells: dict) -> dict[str, Mark]:
    """Marks of a notebook of lab 02, by exercise."""
    notebook = notebooks.read(book(*cells), "notebook")
    return {mark.exercise: mark for mark in grade_cells(notebook, "02", Settings(seed=5))}


CELLS = {
    "as it should be": ([answer("02.1", SOURCE)], "right", ""),
    "blank": ([answer("02.1", BLANK)], "not started", ""),
    "missing": ([cell("x = 1")], "missing", ""),
    "two, the last one written": ([answer("02.1", WRONG), answer("02.1", SOURCE)], "right", "2 cells are tagged"),
    "two, the last one blank": ([answer("02.1", SOURCE), answer("02.1", BLANK)], "right", "2 cells are tagged"),
    "without its tag": ([cell(SOURCE, identity="exercise-02-1")], "right", "found by its id"),
    "in a cell of its own": ([cell(SOURCE)], "right", "no cell is tagged 02.1; cell 1 defines `compact`"),
    "beside a blank one": ([answer("02.1", BLANK), cell(SOURCE)], "right", "the tagged cell is blank; cell 2"),
    "under another name": ([answer("02.1", SOURCE.replace("compact", "scale_int"))], "right", "is called `scale_int`"),
    "no longer code": ([cell(SOURCE, "exercise", "02.1", kind="markdown")], "missing", "no longer a code cell"),
    "with magics and shell": ([answer("02.1", f"%time\n!ls\n{SOURCE}")], "right", ""),
    "with a call that fails": ([answer("02.1", f"{SOURCE}\nprint(compact('no number'))\n1 / 0")], "right", ""),
    "a syntax error": ([answer("02.1", "def compact(number:\n    return 1")], "wrong", ""),
    "no function": ([answer("02.1", "compact = 5")], "wrong", ""),
    "asks": ([answer("02.1", "def compact(number):\n    return input()")], "wrong", ""),
}


@pytest.mark.parametrize("kind", CELLS)
def test_the_cell_of_an_answer(kind: str) -> None:
    cells, state, note = CELLS[kind]
    mark = marks(*cells)["02.1"]
    assert mark.state == state, mark
    assert note in "; ".join(mark.notes)
    assert bool(mark.notes) == bool(note)


def test_definitions_of_other_cells_are_taken_and_nothing_else_is_run() -> None:
    helpers = cell(
        "BASE = 2\nfrom math import log2\ndef power(n):\n    return BASE ** n\nopen('/nowhere')\nX = open('/n')"
    )
    text = SOURCE.replace("2 ** (8 * size - 2)", "power(8 * size - 2)")
    assert "power(" in text
    assert marks(helpers, answer("02.1", text))["02.1"].state == "right"
    used = text.replace("return bytes", "X\n    return bytes")
    assert "NameError" in marks(helpers, answer("02.1", used))["02.1"].hint


def test_an_answer_that_calls_a_wrong_one_gets_the_labs_and_a_right_one_its_own() -> None:
    wrong = marks(SET_UP_02, answer("02.1", WRONG), right("02.3"))
    assert (wrong["02.1"].state, wrong["02.3"].state) == ("wrong", "right")
    assert "it calls compact, which is not right in this notebook" in wrong["02.3"].notes[0]
    own = marks(SET_UP_02, right("02.1"), right("02.3"))
    assert (own["02.1"].state, own["02.3"].state, own["02.3"].notes) == ("right", "right", ())


def test_a_mistake_is_named_on_fresh_cases() -> None:
    wrong = next(w for w in COMPACT.wrong_answers if hasattr(w, "changes"))
    text = SOURCE
    for old, new in wrong.changes.items():
        text = text.replace(old, new)
    mark = marks(answer("02.1", text))["02.1"]
    assert (mark.state, mark.mistake, mark.hint) == ("wrong", wrong.name, wrong.hint)
    assert "<" in mark.card


def test_arguments_that_an_answer_changes_are_seen() -> None:
    text = "def storage_key(pallet, item, keys):\n    keys.append(1)\n    return b''"
    assert "changes its argument `keys`" in marks(answer("02.2", text))["02.2"].hint


def test_essays_are_read_and_not_run() -> None:
    found = notebooks.read(book(cell("Because.", "essay", "why", kind="markdown"), cell("1 / 0", "essay")), "x").essays
    assert [(essay.title, essay.text) for essay in found] == [("why", "Because."), ("a-cell", "1 / 0")]


def test_every_exercise_is_named_in_its_own_lab() -> None:
    assert [exercise.id for exercise in exercises_of("02")] == [f"02.{number}" for number in range(1, 7)]
