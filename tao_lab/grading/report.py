"""The results of a run: tables for the instructor and for learning platforms, pages for students and for the class."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tao_lab.cards import Card, words_html
from tao_lab.course import registry
from tao_lab.grading import similarity
from tao_lab.grading.grade import BLANK, MISSING, RIGHT, WRONG, Graded, Mark, Settings
from tao_lab.work import files

SIGNS = {RIGHT: "✔ right", WRONG: "✘ wrong", BLANK: "○ not started", MISSING: "– no cell"}
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
body { max-width: 62em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: 4px 10px; border: 1px solid rgba(128,128,128,.35); text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; }
pre { background: rgba(128,128,128,.12); padding: 8px; overflow-x: auto; white-space: pre-wrap; }
.wide { overflow-x: auto; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # a page runs no scripts and loads nothing
ESSAYS = "essays to read.html"  # a name that no student's page has
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would treat a cell that begins like this as a formula


@dataclass(frozen=True)
class Student:
    """One student, with all graded notebooks and the points.

    Attributes:
        name, identity: as handed in.
        grades: notebooks, in the order of the labs.
        points: by exercise.
        notes: what was unusual.
    """

    name: str
    identity: str
    grades: tuple[Graded, ...]
    points: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def total(self) -> float:
        """All points."""
        return sum(self.points.values())


@dataclass(frozen=True)
class Class:
    """All students of a run, and the maximum points."""

    students: tuple[Student, ...]
    labs: tuple[str, ...]
    most: Mapping[str, float]
    left_out: tuple[str, ...] = ()

    @property
    def best(self) -> float:
        """The maximum number of points."""
        return sum(self.most.values())


def of_class(grades: Iterable[Graded], labs: Sequence[str], settings: Settings, left_out: Sequence[str] = ()) -> Class:
    """Group a run's notebooks by student.

    Args:
        grades: of all notebooks.
        labs: numbers of the labs that count; a student without a notebook for one has no points there.
        settings: of the run.
        left_out: what was not graded, in words.
    """
    exercises = [identity for identity in registry.exercises() if identity[:2] in labs]
    most = {identity: settings.weights.of(identity) for identity in exercises}
    by_student: dict[str, list[Graded]] = defaultdict(list)
    for graded in grades:
        by_student[graded.student].append(graded)
    students = []
    for name in sorted(by_student, key=str.casefold):
        own = sorted(by_student[name], key=lambda graded: (graded.lab, graded.file))
        marks = {mark.exercise: mark for graded in own for mark in graded.marks}
        points = {e: most[e] if e in marks and marks[e].state == RIGHT else 0.0 for e in exercises}
        notes = [f"{graded.file}: {graded.problem}" for graded in own if graded.problem]
        notes += [f"{mark.exercise}: {note}" for mark in marks.values() for note in mark.notes]
        handed_in = {graded.lab for graded in own}
        notes += [f"no notebook for lab {lab}" for lab in labs if lab not in handed_in]
        identity = next((graded.identity for graded in own if graded.identity), "")
        students.append(Student(name, identity, tuple(own), points, tuple(notes)))
    return Class(tuple(students), tuple(labs), most, tuple(left_out))


# --- tables ---


def grades_csv(found: Class) -> str:
    """The whole table: a row for each student, a column for each exercise."""
    labs = [f"lab {lab}" for lab in found.labs]
    head = ["student", "id", "points", "of", "percent", *labs, *found.most, "essays to read", "notes"]
    rows = []
    for student in found.students:
        by_lab = [_number(sum(p for e, p in student.points.items() if e[:2] == lab)) for lab in found.labs]
        essays = sum(len(graded.essays) for graded in student.grades)
        rows.append(
            [student.name, student.identity, _number(student.total), _number(found.best), _percent(student, found)]
            + by_lab
            + [_number(points) for points in student.points.values()]
            + [str(essays), "; ".join(student.notes)]
        )
    return _csv(head, rows)


def moodle_csv(found: Class) -> str:
    """The table for Moodle's grade import: participants by number, grade and feedback."""
    head = ["Identifier", "Full name", "Grade", "Maximum grade", "Feedback comments"]
    rows = [
        [
            f"Participant {student.identity}" if student.identity else "",
            student.name,
            _number(student.total),
            _number(found.best),
            "; ".join(_feedback(student)),
        ]
        for student in found.students
    ]
    return _csv(head, rows)


def canvas_csv(found: Class) -> str:
    """The table for Canvas's gradebook import: a column for each lab, with the maximum points in the second row."""
    labs = [f"TAO Lab {lab}" for lab in found.labs]
    possible = [_number(sum(p for e, p in found.most.items() if e[:2] == lab)) for lab in found.labs]
    rows = [["    Points Possible", "", "", *possible]]
    for student in found.students:
        by_lab = [_number(sum(p for e, p in student.points.items() if e[:2] == lab)) for lab in found.labs]
        rows.append([student.name, student.identity, "", *by_lab])
    return _csv(["Student", "ID", "Section", *labs], rows)


def essays_csv(found: Class) -> str:
    """The texts that a person reads: every cell with the tag `essay`."""
    rows = [
        [student.name, student.identity, graded.lab, title, text]
        for student in found.students
        for graded in student.grades
        for title, text in graded.essays
    ]
    return _csv(["student", "id", "lab", "essay", "text"], rows)


def _feedback(student: Student) -> list[str]:
    return [
        f"{mark.exercise} {SIGNS[mark.state]}"
        for graded in student.grades
        for mark in graded.marks
        if mark.state != RIGHT
    ]


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: str) -> str:
    """A cell that a spreadsheet shows as text, not as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) and not re.fullmatch(r"-?[\d.]+", cell) else cell


def _number(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _percent(student: Student, found: Class) -> str:
    return _number(100 * student.total / found.best) if found.best else "0"


# --- pages ---


def page_name(student: str) -> str:
    """File name of a student's page: unique, and safe as a path."""
    plain = re.sub(r"[^\w-]+", "-", student).strip("-")[:60] or "student"
    # two names that differ only in special characters get different pages
    return f"{plain}.html" if plain == student else f"{plain}-{student.encode().hex()[:16]}{len(student)}.html"


def student_page(student: Student, found: Class, with_solutions: bool = False) -> str:
    """A student's page: points, the hint of each failure, the smallest case that shows it.

    Args:
        student: the student.
        found: the class.
        with_solutions: whether each failed exercise shows a solution too.
    """
    parts = [f"<p>{_number(student.total)} of {_number(found.best)} points.</p>"]
    parts += [f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in student.notes)}</ul>"] if student.notes else []
    for graded in student.grades:
        parts.append(f"<h2>Lab {escape(graded.lab)}: {escape(graded.file)}</h2>")
        if graded.problem:
            parts.append(f"<p>{escape(graded.problem)}</p>")
        rows = [
            [mark.exercise, registry.exercises()[mark.exercise].title, SIGNS[mark.state], _of(mark, student, found)]
            for mark in graded.marks
        ]
        parts.append(_table(("exercise", "what", "result", "points"), rows, numbers=(3,)))
        parts += [_failure(mark, with_solutions) for mark in graded.marks if mark.state == WRONG]
        for title, text in graded.essays:
            parts.append(f"<h3>{escape(title)}</h3><pre>{escape(text)}</pre>")
    return _page(f"TAO Lab: {student.name}", parts)


def _of(mark: Mark, student: Student, found: Class) -> str:
    return f"{_number(student.points.get(mark.exercise, 0))} of {_number(found.most.get(mark.exercise, 0))}"


def _failure(mark: Mark, with_solutions: bool) -> str:
    exercise = registry.exercises()[mark.exercise]
    title = f"<h3>{mark.exercise} {escape(exercise.title)}</h3>"
    said = mark.card or f"{title}<p>{words_html(mark.hint)}</p>"
    solution = f"<h3>A solution of {mark.exercise}</h3><pre>{escape(exercise.source)}</pre>" if with_solutions else ""
    return f"{said}{solution}"


def class_page(found: Class, pairs: Sequence[similarity.Pair]) -> str:
    """The instructor's page: points, the hardest exercises, the commonest mistakes, similar answers."""
    rows = [
        [f'<a href="{page_name(s.name)}">{escape(s.name)}</a>', _number(s.total), _percent(s, found), _states(s)]
        for s in found.students
    ]
    students = f"{len(found.students)} student{'s' * (len(found.students) != 1)}"
    labs = f"lab{'s' * (len(found.labs) != 1)} {', '.join(found.labs)}"
    parts = [f"<p>{students}, {labs}, {_number(found.best)} points.</p>"]
    parts.append(_table(("student", "points", "percent", "exercises"), rows, numbers=(1, 2), html=True))
    parts.append("<h2>Hardest exercises</h2>")
    parts.append(_table(("exercise", "what", "right", "wrong", "not started"), _hardest(found), numbers=(2, 3, 4)))
    parts.append("<h2>Commonest mistakes</h2>")
    parts.append(_table(("students", "exercise", "mistake", "hint"), _mistakes(found), numbers=(0,)))
    parts.append(
        "<h2>Answers that are alike</h2><p>Numbers to look at, not a verdict: names, comments and layout do not count, "
        "short answers and what most of the class wrote are left out. Read both answers before you say anything.</p>"
    )
    alike = [
        [p.one, p.other, f"{p.share:.0%}", str(p.compared), ", ".join(p.alike), ", ".join(p.same_wrong)] for p in pairs
    ]
    parts.append(
        _table(
            ("one", "other", "alike", "compared", "nearly the same", "of these wrong in both"), alike, numbers=(2, 3)
        )
    )
    essays = [
        [s.name, g.lab, title, f"{len(text.split()):,}"]
        for s in found.students
        for g in s.grades
        for title, text in g.essays
    ]
    if essays:
        parts.append(f'<h2>Essays to read</h2><p><a href="{ESSAYS}">All of them, with how they are read</a></p>')
        parts.append(_table(("student", "lab", "essay", "words"), essays, numbers=(3,)))
    notes = [[s.name, note] for s in found.students for note in s.notes] + [["", note] for note in found.left_out]
    if notes:
        parts.append("<h2>What was unusual</h2>" + _table(("student", "what"), notes))
    return _page("TAO Lab: the class", parts)


def essays_page(found: Class) -> str:
    """All essays by question, each question with its rubric, for the person who grades them."""
    by_title: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for student in found.students:
        for graded in student.grades:
            for title, text in graded.essays:
                by_title[title].append((student.name, text))
    parts = []
    for title in sorted(by_title):
        parts.append(f"<h2>{escape(title)}</h2>{rubric_of(title)}")
        parts += [f"<h3>{escape(name)}</h3><pre>{escape(text)}</pre>" for name, text in by_title[title]]
    return _page("TAO Lab: essays", parts)


def rubric_of(title: str) -> str:
    """HTML of an essay's rubric, if its lab has one (`tao_lab.course.labNN.essays`); otherwise empty."""
    name = f"tao_lab.course.lab{title[:2]}.essays"
    if not re.fullmatch(r"\d\d\.\w+", title) or find_spec(name) is None:
        return ""
    try:
        card: Card = import_module(name).rubric(title)
    except registry.UnknownIdError:
        return ""
    return card._repr_html_()


def _states(student: Student) -> str:
    marks = Counter(mark.state for graded in student.grades for mark in graded.marks)
    return ", ".join(f"{marks[state]} {state}" for state in (RIGHT, WRONG, BLANK, MISSING) if marks[state])


def _hardest(found: Class) -> list[list[str]]:
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for student in found.students:
        for graded in student.grades:
            for mark in graded.marks:
                states[mark.exercise][mark.state] += 1
    order = sorted(states, key=lambda e: (states[e][RIGHT] / states[e].total(), e))
    return [
        [
            e,
            registry.exercises()[e].title,
            f"{states[e][RIGHT] / states[e].total():.0%}",
            str(states[e][WRONG]),
            str(states[e][BLANK] + states[e][MISSING]),
        ]
        for e in order
    ]


def _mistakes(found: Class, most: int = 20) -> list[list[str]]:
    marks = [m for s in found.students for g in s.grades for m in g.marks if m.state == WRONG]
    count = Counter((mark.exercise, mark.mistake or mark.hint) for mark in marks)
    hints = {(mark.exercise, mark.mistake or mark.hint): mark for mark in marks}
    order = sorted(count, key=lambda key: (-count[key], key))[:most]
    return [[str(count[key]), key[0], hints[key].mistake or "–", hints[key].hint] for key in order]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), html: bool = False) -> str:
    def cell(tag: str, place: int, text: str) -> str:
        kind = ' class="number"' if place in numbers else ""
        return f"<{tag}{kind}>{text}</{tag}>"

    top = "".join(cell("th", place, escape(text)) for place, text in enumerate(head))
    body = "".join(
        f"<tr>{''.join(cell('td', place, text if html else words_html(text)) for place, text in enumerate(row))}</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _page(title: str, parts: Sequence[str]) -> str:
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    head += '<meta name="viewport" content="width=device-width">'
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head>{head}<title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    )


def write(found: Class, out: Path, with_solutions: bool = False) -> list[Path]:
    """Write all tables and pages; returns the files for the instructor.

    Args:
        found: the class.
        out: the table, `grades.csv`; the other files are beside it with longer names.
        with_solutions: whether pages of students show solutions.
    """
    alike = similarity.pairs(graded for student in found.students for graded in student.grades)
    pages = out.with_name(f"{out.stem}-pages")
    texts = {
        out: grades_csv(found),
        out.with_name(f"{out.stem}-moodle.csv"): moodle_csv(found),
        out.with_name(f"{out.stem}-canvas.csv"): canvas_csv(found),
        pages / "index.html": class_page(found, alike),
    }
    if any(graded.essays for student in found.students for graded in student.grades):
        texts[out.with_name(f"{out.stem}-essays.csv")] = essays_csv(found)
        texts[pages / ESSAYS] = essays_page(found)
    shown = list(texts)
    for student in found.students:
        texts[pages / page_name(student.name)] = student_page(student, found, with_solutions)
    for file, text in texts.items():
        files.write(file, text.encode("utf-8", "replace"))
    return shown
