"""Seconds to grade a notebook, and how much faster two workers are: notebooks of all labs, with some wrong answers."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tao_lab.course import registry
from tao_lab.course.exercise import Edit, edited
from tao_lab.course.making import exercises_of
from tao_lab.course.solve import exercise_of, labs, solved_notebook
from tao_lab.grading.grade import RIGHT, WRONG, Graded, Settings, grade_all, prepare
from tao_lab.grading.submissions import Submission

SPOILED = 0.3  # part of the answers
SEED = 171
MOST_SECONDS = 8.0  # a notebook, with one worker
LEAST_SPEEDUP = 1.4  # of two workers on two free processors


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        notebooks: how many.
        preparing: seconds for the cases and the right answers, once for all notebooks.
        one, two: seconds for all notebooks, with one worker and with two.
        same: whether two workers, in the reverse order, gave the same marks.
        unexpected: marks that differ from the expected ones: student, exercise, state.
    """

    notebooks: int
    preparing: float
    one: float
    two: float
    same: bool
    unexpected: tuple[tuple[str, str, str], ...]

    @property
    def seconds(self) -> float:
        """For a notebook, with one worker."""
        return self.one / self.notebooks

    @property
    def speedup(self) -> float:
        """How many times as fast two workers are."""
        return self.one / self.two

    @property
    def is_within(self) -> bool:
        """Whether marks, time and speedup meet the limits."""
        right = self.same and not self.unexpected
        return right and self.seconds <= MOST_SECONDS and self.speedup >= LEAST_SPEEDUP


def write_notebooks(folder: Path, count: int) -> tuple[list[tuple[Submission, str]], dict[tuple[str, str], str]]:
    """Solved notebooks of all labs in turn, with some answers spoiled by known mistakes.

    Args:
        folder: for them.
        count: how many.

    Returns:
        The notebooks with their labs; and the state that each student's exercise must get.
    """
    rng = random.Random(SEED)
    numbers = [lab.number for lab in labs() if exercises_of(lab.number)]
    jobs, states = [], {}
    for place in range(count):
        lab, student = numbers[place % len(numbers)], f"student {place + 1:02}"
        notebook = solved_notebook(lab)
        for cell in notebook.cells:
            if identity := exercise_of(cell):
                exercise = registry.exercises()[identity]
                edits = [wrong for wrong in exercise.wrong_answers if isinstance(wrong, Edit)]
                spoiled = bool(edits) and rng.random() < SPOILED
                states[student, identity] = WRONG if spoiled else RIGHT
                if spoiled:
                    cell.source = edited(exercise.source, rng.choice(edits))
        file = folder / student / lab / "notebook.ipynb"
        file.parent.mkdir(parents=True)
        nbformat.write(notebook, file)
        jobs.append((Submission(student, "", file.relative_to(folder).as_posix(), lab, folder), lab))
    return jobs, states


def measure(count: int, done: Callable[[Graded], None] = lambda graded: None) -> Measured:
    """Grade the notebooks twice: with one worker, and with two in the reverse order.

    Args:
        count: notebooks.
        done: called after each notebook.
    """
    settings = Settings(SEED)
    with tempfile.TemporaryDirectory(prefix="tao-lab-bench-") as folder:
        jobs, states = write_notebooks(Path(folder), count)
        begin = time.perf_counter()
        prepare(sorted({lab for _, lab in jobs}), SEED)
        preparing = time.perf_counter() - begin
        begin = time.perf_counter()
        first = grade_all(jobs, settings, done=done)
        one = time.perf_counter() - begin
        begin = time.perf_counter()
        second = grade_all(jobs[::-1], settings, workers=2, done=done)
        two = time.perf_counter() - begin
    found = {(graded.student, mark.exercise): mark.state for graded in first for mark in graded.marks}
    unexpected = tuple((*key, state) for key, state in found.items() if states[key] != state)
    return Measured(count, preparing, one, two, first == second[::-1], unexpected)
