"""A whole run: find the notebooks, grade them, write tables and pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tao_lab.course import registry, solve
from tao_lab.errors import LabError
from tao_lab.grading import report
from tao_lab.grading.grade import Graded, Settings, grade_all, is_kept, labs_of, new_seed
from tao_lab.grading.marks import load
from tao_lab.grading.submissions import Submission, find
from tao_lab.work import files

RECORDS = ".records"
SEED = "seed.json"


@dataclass(frozen=True)
class Run:
    """The result of a run.

    Attributes:
        found: the class with its points.
        files: tables and pages that were written.
        left_out: what was not graded, in words.
        notebooks, kept, unread: number of all notebooks, of those graded before, and of unreadable ones.
        seed: of the cases.
    """

    found: report.Class
    files: tuple[Path, ...]
    left_out: tuple[str, ...]
    notebooks: int
    kept: int
    unread: int
    seed: int


def grade_folder(
    submissions: Path,
    out: Path = Path("grades.csv"),
    *,
    labs: Sequence[str] | None = None,
    points: Path | None = None,
    seed: int | None = None,
    workers: int = 2,
    with_solutions: bool = False,
    again: bool = False,
    done: Callable[[int, int, str], None] = lambda finished, of, name: None,
) -> Run:
    """Grade the notebooks in a folder or a zip, and write tables and pages.

    Args:
        submissions: the folder or the zip.
        out: the table.
        labs: numbers or names of the labs that count; those that were handed in if not given.
        points: file of points.
        seed: of the cases; without one, that of the last run for this table, or a new one.
        workers: processes.
        with_solutions: whether pages of students show solutions.
        again: whether to grade notebooks again that were graded before.
        done: called with the number of finished notebooks, the number of all, and the last student's name.

    Raises:
        LabError: there is nothing to grade, the file of points is invalid, there is no such lab, or code in the sandbox
            could read the lab.
    """
    weights = load(points)
    known = {identity[:2] for identity in registry.exercises()}
    wanted = {solve.lab(number).number for number in labs or ()}
    if without := wanted - known:
        raise LabError(f"lab {', '.join(without)} has no exercises; allowed: {', '.join(sorted(known))}")
    found, left_out = find(submissions)
    jobs, notes = _jobs(found, wanted)
    if not jobs:
        raise LabError(f"{submissions}: no notebook is one of {', '.join(sorted(wanted or known))}; {'; '.join(notes)}")
    records = out.with_name(f"{out.stem}-pages") / RECORDS
    settings = Settings(_seed(records, seed, again), weights)
    if again:
        for file in records.glob("*.json") if records.is_dir() else ():
            if file.name != SEED:
                file.unlink()
    before = sum(is_kept(records, submission, lab, settings) for submission, lab in jobs)
    finished = 0

    def one_more(graded: Graded) -> None:
        nonlocal finished
        finished += 1
        done(finished, len(jobs), f"{graded.student}, lab {graded.lab}")

    grades = grade_all(jobs, settings, kept=records, workers=workers, done=one_more)
    numbers = sorted(wanted or {lab for _, lab in jobs})
    everything = report.of_class(grades, numbers, settings, [*left_out, *notes])
    written = report.write(everything, out, with_solutions)
    unread = sum(bool(graded.problem) for graded in grades)
    return Run(everything, tuple(written), (*left_out, *notes), len(jobs), before, unread, settings.seed)


def _jobs(found: Sequence[Submission], wanted: set[str]) -> tuple[list[tuple[Submission, str]], list[str]]:
    """One notebook for each student and lab: the last by name; and what was left out."""
    jobs: dict[tuple[str, str], Submission] = {}
    notes = []
    for submission in found:
        labs = labs_of(submission)
        if not labs:
            notes.append(f"{submission.name} has no cell with the tag of an exercise, and its name has no lab's number")
        for lab in labs:
            if wanted and lab not in wanted:
                continue
            if (submission.student, lab) in jobs:
                other = jobs[submission.student, lab].name
                notes.append(
                    f"{submission.student} has two notebooks for lab {lab}: {submission.name} counts, not {other}"
                )
            jobs[submission.student, lab] = submission
    return [(submission, lab) for (_, lab), submission in jobs.items()], notes


def _seed(records: Path, seed: int | None, again: bool) -> int:
    """The seed of a run, stored beside its records, so that an interrupted run continues with the same cases."""
    file = records / SEED
    if seed is None and not again and file.is_file():
        try:
            return int(json.loads(file.read_text(encoding="utf-8"))["seed"])
        except (ValueError, KeyError, TypeError):
            seed = None
    chosen = new_seed() if seed is None else seed
    files.write(file, json.dumps({"seed": chosen}).encode())
    return chosen
