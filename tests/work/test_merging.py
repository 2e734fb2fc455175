"""A release meets a student's notebook: nothing that the student wrote is lost, and nothing runs behind an answer."""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tao_lab import paths
from tao_lab.work.merging import NOTICE, edited, exercise_of, merge, restored

EARLIER = Path(__file__).with_name("lab-06-earlier.json")
BLANK, ANSWER = "def double(x):\n    ...", "def double(x):\n    return x + x"


def prose(name, text):
    return new_markdown_cell(text, id=name)


def code(name, text, *tags):
    return new_code_cell(text, id=name, metadata={"tags": list(tags)} if tags else {})


def notebook(*cells):
    return new_notebook(cells=deepcopy(list(cells)))


QUESTION, IDEA = prose("question", "How much is twice?"), prose("idea", "Twice is a sum.")
EXERCISE = code("exercise-99-1", BLANK, "exercise", "99.1")
CHECK = code("check-99-1", 'check("99.1", double)', "check", "99.1")
END = prose("end", "You can double.")
BASE = notebook(QUESTION, IDEA, EXERCISE, CHECK, END)
ANSWERED = code("exercise-99-1", ANSWER, "exercise", "99.1")
MINE = prose("a1b2c3", "my note")


def texts(merged):
    return [cell.source for cell in merged.notebook.cells]


def test_answers_and_notes_stay_and_new_prose_and_checks_come():
    ours = notebook(QUESTION, IDEA, MINE, ANSWERED, CHECK, END)
    new = prose("idea", "Twice is a product."), code("check-99-1", 'check("99.1", double, 5)', "check", "99.1")
    merged = merge(BASE, ours, notebook(QUESTION, new[0], EXERCISE, new[1], prose("more", "More."), END))
    assert texts(merged) == [QUESTION.source, new[0].source, "my note", ANSWER, new[1].source, "More.", END.source]
    assert (merged.taken, merged.both, merged.dropped) == (("idea", "check-99-1", "more"), (), ())


def test_prose_that_both_changed_is_there_twice():
    ours = notebook(QUESTION, prose("idea", "Twice is a sum. Mine: x + x"), EXERCISE, CHECK, END)
    merged = merge(BASE, ours, notebook(QUESTION, prose("idea", "Twice is a product."), EXERCISE, CHECK, END))
    assert texts(merged)[1:3] == ["Twice is a sum. Mine: x + x", f"{NOTICE}\n\nTwice is a product."]
    assert merged.both == ("idea",)


def test_an_answer_stays_whole_and_the_changed_blank_stands_behind_it_where_it_cannot_run():
    changed = code("exercise-99-1", 'def double(x):\n    """Of bytes, too."""\n    ...', "exercise", "99.1")
    merged = merge(BASE, notebook(QUESTION, IDEA, ANSWERED, CHECK, END), notebook(QUESTION, IDEA, changed, CHECK, END))
    assert texts(merged)[2:4] == [ANSWER, f"{NOTICE}\n\n```python\n{changed.source}\n```"]
    assert [cell.source for cell in merged.notebook.cells if cell.cell_type == "code"] == [ANSWER, CHECK.source]


def test_an_answered_exercise_that_the_release_moved_is_there_once_in_its_new_place():
    merged = merge(BASE, notebook(QUESTION, IDEA, ANSWERED, CHECK, END), notebook(QUESTION, EXERCISE, CHECK, IDEA, END))
    assert texts(merged) == [QUESTION.source, ANSWER, CHECK.source, IDEA.source, END.source]


def test_a_place_that_the_student_chose_holds_against_the_release():
    ours = notebook(QUESTION, EXERCISE, CHECK, END, IDEA)
    theirs = notebook(END, QUESTION, prose("idea", "New idea."), EXERCISE, CHECK)
    assert texts(merge(BASE, ours, theirs)) == [QUESTION.source, BLANK, CHECK.source, END.source, "New idea."]


def test_a_cell_that_the_student_deleted_does_not_come_back():
    merged = merge(
        BASE, notebook(QUESTION, EXERCISE, CHECK), notebook(QUESTION, prose("idea", "New."), EXERCISE, CHECK, END)
    )
    assert texts(merged) == [QUESTION.source, BLANK, CHECK.source]
    assert not merged.changed


def test_what_the_release_deleted_goes_unless_the_student_wrote_in_it():
    theirs = notebook(QUESTION, END)
    merged = merge(BASE, notebook(QUESTION, IDEA, ANSWERED, CHECK, END), theirs)
    assert texts(merged) == [QUESTION.source, ANSWER, END.source]
    assert merged.dropped == ("idea", "check-99-1")


def test_outputs_stay_with_the_text_that_they_are_of():
    ran = deepcopy(BASE)
    for cell in ran.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [new_output("stream", text=f"output of {cell.id}")], 1
    ran.metadata.widgets = {"state": 7}
    new = code("check-99-1", 'check("99.1", double, 5)', "check", "99.1")
    merged = merge(BASE, ran, notebook(QUESTION, IDEA, EXERCISE, new, END)).notebook
    assert merged.cells[2].outputs[0].text == "output of exercise-99-1"
    assert (merged.cells[3].outputs, merged.cells[3].execution_count) == ([], None)
    assert merged.metadata.widgets == {"state": 7}


def test_cells_whose_ids_another_program_dropped_are_known_by_exercise_and_text():
    ours = notebook(QUESTION, IDEA, ANSWERED, CHECK, END)
    for number, cell in enumerate(ours.cells):
        cell.id = f"random-{number}"
    merged = merge(BASE, ours, notebook(QUESTION, prose("idea", "New."), EXERCISE, CHECK, END))
    assert texts(merged) == [QUESTION.source, "New.", ANSWER, CHECK.source, END.source]


def test_without_a_base_everything_that_differs_is_kept_twice_and_nothing_is_lost():
    ours = notebook(QUESTION, IDEA, ANSWERED, CHECK, MINE)
    merged = merge(notebook(), ours, BASE)
    assert texts(merged)[:3] == [QUESTION.source, IDEA.source, ANSWER]
    assert merged.both == ("exercise-99-1",)
    assert {MINE.source, END.source} <= set(texts(merged))


def test_a_second_release_replaces_its_notice_unless_the_student_wrote_in_it():
    ours = notebook(QUESTION, prose("idea", "Mine."), EXERCISE, CHECK, END)
    second, third = (notebook(QUESTION, prose("idea", text), EXERCISE, CHECK, END) for text in ("Second.", "Third."))
    after = merge(BASE, ours, second).notebook
    assert texts(merge(second, after, third))[1:3] == ["Mine.", f"{NOTICE}\n\nThird."]
    after.cells[2].source += " My thought."
    assert texts(merge(second, after, third))[1:4] == [
        "Mine.",
        f"{NOTICE}\n\nThird.",
        f"{NOTICE}\n\nSecond. My thought.",
    ]


def test_a_reset_exercise_is_blank_again_and_no_second_function_stays_behind_it():
    twin = code("f00", "def double(x):\n    return 2 * x", "exercise", "99.1")
    for cells in ([ANSWERED, twin, CHECK, MINE], [CHECK, MINE], [twin, CHECK, MINE]):
        fresh = restored(notebook(QUESTION, IDEA, *cells), BASE, "99.1")
        assert [cell.source for cell in fresh.cells] == [QUESTION.source, IDEA.source, BLANK, CHECK.source, "my note"]


def test_the_earlier_lab_06_with_all_its_answers_becomes_todays_with_all_its_answers():
    base, theirs = (nbformat.reads(file.read_text(), 4) for file in (EARLIER, paths.LABS / "06-yuma-consensus.ipynb"))
    ours = deepcopy(base)
    for number, cell in enumerate(ours.cells):
        cell.source += f"\n# mine {number}" if exercise_of(cell) else ""
    merged = merge(base, ours, theirs)
    assert [cell.id for cell in merged.notebook.cells if not cell.id.endswith("-changed")] == [
        cell.id for cell in theirs.cells
    ]
    for cell in ours.cells:
        assert not exercise_of(cell) or cell.source in texts(merged)
    assert {cell.source for cell in theirs.cells if not exercise_of(cell)} <= set(texts(merged))


# --- whatever happens ---

names = st.integers(0, 7)
edits = st.lists(
    st.tuples(st.sampled_from(["edit", "delete", "move", "add", "lose the id", "run"]), names, names), max_size=8
)


def changed(start, changes, who):
    """A notebook after changes; every text that they bring names who wrote it."""
    cells = deepcopy(start.cells)
    for number, (kind, place, other) in enumerate(changes):
        at = place % len(cells) if cells else 0
        text = f"{who} wrote {number}"
        if kind == "add":
            make = new_code_cell if other % 2 else new_markdown_cell
            cells.insert(at, make(text, id=f"{who}-{number}"))
        elif not cells:
            continue
        elif kind == "edit":
            cells[at].source = f"{cells[at].source}\n{text}" if other % 2 else text
        elif kind == "delete":
            del cells[at]
        elif kind == "move":
            cells.insert(other % len(cells), cells.pop(at))
        elif kind == "lose the id" and who == "student":
            cells[at].id = f"lost-{number}"
        elif kind == "run" and cells[at].cell_type == "code":
            cells[at].outputs = [new_output("stream", text=text)]
    return new_notebook(cells=cells)


@given(edits, edits)
def test_every_text_of_the_student_and_all_news_of_the_release_are_in_the_result(students, releases):
    ours, theirs = changed(BASE, students, "student"), changed(BASE, releases, "release")
    merged = merge(BASE, ours, theirs)
    whole = "\n".join(texts(merged))
    for cell in ours.cells:
        assert "student wrote" not in cell.source or cell.source in texts(merged)
    for cell in theirs.cells:
        assert "release wrote" not in cell.source or cell.source in whole or cell.id in edited(BASE, ours)[2]
    nbformat.validate(merged.notebook)
    ids = [cell.id for cell in merged.notebook.cells]
    assert len(ids) == len(set(ids))


@given(edits, edits)
def test_no_blank_function_runs_behind_an_answer(students, releases):
    start = notebook(QUESTION, IDEA, ANSWERED, CHECK, END)
    merged = merge(BASE, changed(start, students, "student"), changed(BASE, releases, "release"))
    running = [cell.source for cell in merged.notebook.cells if cell.cell_type == "code"]
    assert not [text for text in running if text.startswith(BLANK)]


@given(edits, edits)
def test_the_same_merge_again_changes_nothing_and_neither_does_the_next_one(students, releases):
    ours, theirs = changed(BASE, students, "student"), changed(BASE, releases, "release")
    merged = merge(BASE, ours, theirs)
    for base in (BASE, theirs):
        again = merge(base, merged.notebook, theirs)
        assert texts(again) == texts(merged)
    assert not merge(theirs, merged.notebook, theirs).changed


@pytest.mark.parametrize("name", [cell.id for cell in BASE.cells])
def test_edits_are_counted(name):
    ours = deepcopy(BASE)
    next(cell for cell in ours.cells if cell.id == name).source += " "
    assert edited(BASE, ours) == ([name], [], [])
