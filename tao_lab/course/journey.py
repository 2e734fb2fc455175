"""The path through the course: for every lab its title, its question, the labs it builds on, and the progress.

Title, question and the labs it builds on come from the first cell of its notebook, which students read too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from tao_lab import paths
from tao_lab.course import records, registry
from tao_lab.course.solve import Lab, labs
from tao_lab.headings import heading

State = Literal["not started", "begun", "done"]


@dataclass(frozen=True)
class Stop:
    """One lab on the path.

    Attributes:
        number: "06".
        link: its file, as a link from the start page.
        title: "Yuma Consensus".
        question: the question that it answers.
        builds_on: numbers of the labs that its first cell names.
        right: exercises that were right when they were last checked.
        exercises: number of its exercises.
        state: the student's progress in it.
        here: whether the student is here now: the first lab that is begun, otherwise the first that is not done.
    """

    number: str
    link: str
    title: str
    question: str
    builds_on: tuple[str, ...]
    right: int
    exercises: int
    state: State
    here: bool = False


def journey() -> tuple[Stop, ...]:
    """All labs in order, with the progress that is recorded in this folder."""
    record = records.load()
    stops = [_stop(lab, record) for lab in labs()]
    order: tuple[State, ...] = ("begun", "not started")
    here = next((stop for state in order for stop in stops if stop.state == state), None)
    return tuple(Stop(**{**vars(stop), "here": stop is here}) for stop in stops)


def pages() -> tuple[tuple[str, str], ...]:
    """The pages beside the labs: link and title."""
    files = sorted((paths.LABS / "pages").glob("*.ipynb"))
    return tuple((f"pages/{quote(file.name)}", heading(file)[0]) for file in files)


def _stop(lab: Lab, record: records.Record) -> Stop:
    title, question, builds_on = heading(lab.notebook)
    known = [exercise for exercise in registry.exercises() if exercise.startswith(f"{lab.number}.")]
    right = sum(record.is_right(exercise) for exercise in known)
    touched = any(exercise in record.exercises for exercise in known)
    state: State = "done" if right == len(known) else "begun" if touched else "not started"
    earlier = tuple(number for number in builds_on if number < lab.number)
    return Stop(lab.number, quote(lab.notebook.name), title, question, earlier, right, len(known), state)
