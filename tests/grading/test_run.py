"""Whole runs: layouts, tables, pages, points, going on after a kill, the same marks in any order."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import psutil
import pytest

from tao_lab.course import registry
from tao_lab.course.exercise import Edit, edited
from tao_lab.errors import LabError
from tao_lab.grading import grade, grade_folder, marks, report, submissions
from tao_lab.grading.grade import Settings, grade_all
from tao_lab.grading.similarity import pairs, tokens
from tests.grading.books import SET_UP_02, answer, book, cell, handed_in, right

COMPACT, STORAGE = registry.exercises()["02.1"], registry.exercises()["02.2"]
MISTAKE = next(wrong for wrong in STORAGE.wrong_answers if isinstance(wrong, Edit))
SPOILED = answer("02.2", edited(STORAGE.source, MISTAKE))
GOOD = book(SET_UP_02, right("02.1"), right("02.2"))
HALF = book(SET_UP_02, right("02.1"), SPOILED, cell("I think so.\n<script>alert(1)</script>", "essay", "why"))


def rows(file: Path) -> list[dict[str, str]]:
    """A table."""
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


LAYOUTS = {
    "nbgrader": ("submitted/ann/02-chain/02-chain.ipynb", "ann", "", "02"),
    "nbgrader with a number": ("ann/lab/02.ipynb", "ann", "", "02"),
    "a folder a student": ("Ann Lee/my work.ipynb", "Ann Lee", "", ""),
    "Moodle": ("Ann Lee_12345_assignsubmission_file_/02-chain.ipynb", "Ann Lee", "12345", "02"),
    "side by side": ("ann_02-chain.ipynb", "ann", "", "02"),
    "side by side with a number": ("ann-02.ipynb", "ann", "", "02"),
    "Canvas": ("leeann_LATE_101_2002_02-chain-1.ipynb", "leeann", "101", "02"),
    "a name that is a path": ("..a/x.ipynb", "..a", "", ""),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_whose_notebook_it_is(layout: str, packed: bool, tmp_path: Path) -> None:
    name, student, identity, lab = LAYOUTS[layout]
    source = tmp_path / "all.zip" if packed else tmp_path / "all"
    if packed:
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr(name, GOOD)
    else:
        (source / name).parent.mkdir(parents=True)
        (source / name).write_bytes(GOOD)
    (found,), left_out = submissions.find(source)
    assert (found.student, found.identity, found.lab, left_out) == (student, identity, lab, [])
    assert found.read() == GOOD


def test_links_and_paths_that_lead_elsewhere_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    handed_in(folder, "ann", GOOD)
    (folder / "eve").mkdir()
    (folder / "eve" / "x.ipynb").symlink_to(folder / "ann" / "02" / "notebook.ipynb")
    found, left_out = submissions.find(folder)
    assert [each.student for each in found] == ["ann"]
    assert left_out == ["eve/x.ipynb is a link"]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("../../eve/x.ipynb", GOOD)
    with pytest.raises(LabError, match="leads elsewhere"):
        submissions.find(tmp_path / "all.zip")


POINTS = '[points]\ndefault = 2\n"02" = 10\n"02.2" = 5\n[allow]\n"02.1" = ["tao_lab.chain.extrinsic.compact"]\n'


def test_points_are_shared_by_the_exercises_of_a_lab(tmp_path: Path) -> None:
    file = tmp_path / "points.toml"
    file.write_text(POINTS)
    weights = marks.load(file)
    assert [weights.of(exercise) for exercise in ("02.1", "02.2", "03.1")] == [1.0, 5.0, 2.0]
    file.write_text('[points]\n"02.9" = 1\n')
    with pytest.raises(LabError, match="points of exercise"):
        marks.load(file)


def test_an_essay_is_shown_with_how_it_is_read() -> None:
    assert "a reader looks for" in report.rubric_of("10.e1")
    assert report.rubric_of("10.e99") == report.rubric_of("../../etc") == report.rubric_of("why") == ""


class Page(HTMLParser):
    """A page's tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


@pytest.mark.slow
def test_a_class_from_its_folder_to_tables_and_pages(tmp_path: Path) -> None:
    folder, out, points = tmp_path / "submitted", tmp_path / "out" / "grades.csv", tmp_path / "points.toml"
    points.write_text('[points]\n"02" = 12\n')
    handed_in(folder, "ann", GOOD)
    handed_in(folder, "=bob", HALF)
    handed_in(folder, "cy", b"no notebook")
    run = grade_folder(folder, out, points=points, seed=4, workers=1)
    assert (run.notebooks, run.kept, run.unread) == (3, 0, 1)
    table = {row["student"]: row for row in rows(out)}
    assert list(table) == ["'=bob", "ann", "cy"]  # a spreadsheet runs what begins with =
    assert [table[name]["points"] for name in table] == ["2", "4", "0"]
    assert (table["'=bob"]["02.1"], table["'=bob"]["02.2"], table["'=bob"]["essays to read"]) == ("2", "0", "1")
    assert "not a notebook" in table["cy"]["notes"]
    assert rows(out.with_name("grades-moodle.csv"))[1]["Grade"] == "4"
    assert rows(out.with_name("grades-canvas.csv"))[0]["TAO Lab 02"] == "12"
    assert rows(out.with_name("grades-essays.csv"))[0]["text"].startswith("I think so.")
    pages = tmp_path / "out" / "grades-pages"
    assert "I think so." in (pages / report.ESSAYS).read_text()
    page = (pages / report.page_name("=bob")).read_text()
    assert MISTAKE.hint.split("`")[0] in page
    assert "script" not in Page(page).tags
    solution = STORAGE.source.splitlines()[-1].strip()
    assert STORAGE.source.splitlines()[-4].strip() not in page, solution
    with_solutions = grade_folder(folder, out, points=points, with_solutions=True, workers=1)
    assert (with_solutions.kept, with_solutions.seed) == (3, 4)
    assert "A solution" in (pages / report.page_name("=bob")).read_text()
    everybody = (pages / "index.html").read_text()
    assert MISTAKE.name in everybody
    assert "`" not in everybody  # what stands between backticks is code
    assert "3 students, lab 02, " in everybody
    assert "not a verdict" in everybody


@pytest.mark.slow
def test_the_same_marks_in_any_order_with_any_number_of_workers(tmp_path: Path) -> None:
    jobs = [(handed_in(tmp_path, name, data), "02") for name, data in (("a", GOOD), ("b", HALF), ("c", GOOD))]
    first = grade_all(jobs, Settings(seed=6))
    assert grade_all(jobs[::-1], Settings(seed=6), workers=2) == first[::-1]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    folder, out = tmp_path / "submitted", tmp_path / "grades.csv"
    for number in range(4):
        handed_in(folder, f"student {number}", GOOD if number % 2 else HALF)
    records = tmp_path / "grades-pages" / ".records"
    command = [sys.executable, "-m", "tao_lab.cli", "grade", str(folder), "--out", str(out), "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        while running.poll() is None and len(list(records.glob("*.json"))) < 2:  # the seed, and one notebook
            time.sleep(0.01)
        if running.poll() is None:
            workers = psutil.Process(running.pid).children(recursive=True)
            os.kill(running.pid, signal.SIGKILL)
            psutil.wait_procs(workers)  # none of them outlives it
    kept = len(list(records.glob("[0-9a-f]*.json"))) - (records / "seed.json").is_file()
    run = grade_folder(folder, out, workers=1)
    assert run.kept >= 1
    assert kept >= 0
    assert [student.total for student in run.found.students] == [1.0, 2.0, 1.0, 2.0]


def test_answers_are_alike_whatever_their_names_and_comments() -> None:
    one = "def f(a, b):\n    '''Doc.'''\n    c = a + b  # sum\n    return c * 2\n"
    other = "def f(x, y):\n    total = x + y\n    return total * 2\n"
    assert tokens(one) == tokens(other)


def test_the_same_wrong_answer_stands_out(tmp_path: Path) -> None:
    from tao_lab.grading.grade import Graded, Mark

    texts = {"ann": STORAGE.source, "bob": edited(STORAGE.source, MISTAKE), "cy": edited(STORAGE.source, MISTAKE)}
    states = {"ann": "right", "bob": "wrong", "cy": "wrong"}
    grades = [
        Graded(name, "", "x", "02", marks=(Mark("02.2", states[name], text=text),)) for name, text in texts.items()
    ]
    found = pairs(grades)
    assert (found[0].one, found[0].other, found[0].same_wrong) == ("bob", "cy", ("02.2",))


@pytest.mark.slow
def test_a_notebook_that_ends_its_grader_costs_no_one_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def grade_or_die(submission: submissions.Submission, lab: str, settings: Settings) -> grade.Graded:
        if submission.student == "eve":
            os._exit(1)
        return honest(submission, lab, settings)

    honest = grade.grade_notebook
    grade_or_die.__module__, grade_or_die.__qualname__ = grade.__name__, "grade_notebook"
    monkeypatch.setattr(grade, "grade_notebook", grade_or_die)
    jobs = [(handed_in(tmp_path, name, GOOD), "02") for name in ("eve", "ann", "bob")]
    eve, ann, bob = grade_all(jobs, Settings(seed=6), workers=2)
    assert "ended the process that graded it" in eve.problem
    assert [mark.state for mark in ann.marks] == [mark.state for mark in bob.marks]
    assert ann.marks[0].state == "right"


def test_an_answer_that_had_no_processor_gets_more_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = COMPACT.source.replace(":\n", ":\n    __import__('time').sleep(0.2)\n", 1)  # asleep, it uses no processor
    submission = handed_in(tmp_path, "ann", book(SET_UP_02, answer("02.1", slow)))
    settings = Settings(seed=5, patience=0.01)  # a tenth of a second for all cases
    monkeypatch.setattr(grade, "MORE_PATIENCE", 1.0)
    hint = grade.grade_notebook(submission, "02", settings).marks[0].hint
    assert hint.startswith("Your function was stopped after 0.1 s")
    monkeypatch.setattr(grade, "MORE_PATIENCE", 10_000.0)
    assert grade.grade_notebook(submission, "02", settings).marks[0].state == "right"
