"""Grade notebooks: each answer runs in its own box, and each graded notebook is recorded at once."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from tao_lab import __version__, sandbox
from tao_lab.course import checking, registry, solve
from tao_lab.course.exercise import Exercise
from tao_lab.course.making import exercises_of
from tao_lab.grading import notebooks
from tao_lab.grading.boxed import Boxed, Piece, check_sandbox
from tao_lab.grading.marks import Weights
from tao_lab.grading.submissions import Submission
from tao_lab.grading.values import Allowed, allowed
from tao_lab.processes import end_with
from tao_lab.work import files

FORMAT = "tao-lab/grade/1"
PATIENCE = 2.0  # how many times longer than a check in the notebook: the machine is busy
STARVED = 0.5  # of its time: an answer that had a processor for less of it when it was stopped is tried once more
MORE_PATIENCE = 5.0  # how many times longer the second time
MOST_SEED = 2**31
RIGHT, WRONG, BLANK, MISSING = "right", "wrong", "not started", "missing"


@dataclass(frozen=True)
class Mark:
    """One exercise of one student.

    Attributes:
        exercise: id.
        state: "right", "wrong", "not started" or "missing".
        hint: what to do about it; empty if it is right.
        mistake: name of the known mistake that behaves the same; may be empty.
        card: the check's card in HTML, with the smallest wrong case.
        text: of the answer's function.
        notes: what was unusual about its cell.
    """

    exercise: str
    state: str
    hint: str = ""
    mistake: str = ""
    card: str = ""
    text: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graded:
    """One notebook of one student.

    Attributes:
        student, identity, file, lab: whose, and which.
        problem: why nothing could be graded, in words; usually empty.
        marks: of each exercise of the lab.
        essays: title and text of each essay, for a person.
    """

    student: str
    identity: str
    file: str
    lab: str
    problem: str = ""
    marks: tuple[Mark, ...] = ()
    essays: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Settings:
    """The settings for all notebooks of a run.

    Attributes:
        seed: of the cases.
        weights: points, and additional functions that answers may use.
        patience: factor for the time limits of a check in the notebook.
    """

    seed: int
    weights: Weights = field(default_factory=Weights)
    patience: float = PATIENCE


def new_seed() -> int:
    """A random seed that nobody knows, and that checks in notebooks don't use."""
    return secrets.randbelow(MOST_SEED)


# --- one notebook ---


def grade_notebook(submission: Submission, lab: str, settings: Settings) -> Graded:
    """Grade one notebook.

    Args:
        submission: the notebook.
        lab: number of the lab that it is graded for.
        settings: of the run.
    """
    graded = Graded(submission.student, submission.identity, submission.name, lab)
    try:
        notebook = notebooks.read(submission.read(), "the file")  # notes say which one
    except (notebooks.NotebookError, OSError) as error:
        return replace(graded, problem=str(error))
    shipped = _shipped_essays(lab)
    essays = tuple((e.title, e.text) for e in notebook.essays if e.text.strip() and e.text.strip() not in shipped)
    return replace(graded, marks=tuple(grade_cells(notebook, lab, settings)), essays=essays)


@cache
def _shipped_essays(lab: str) -> frozenset[str]:
    """The texts of a lab's essay cells before a student writes in them."""
    shipped = solve.lab(lab).notebook
    return frozenset(essay.text.strip() for essay in notebooks.read(shipped.read_bytes(), shipped.name).essays)


def grade_cells(notebook: notebooks.Notebook, lab: str, settings: Settings) -> list[Mark]:
    """Grade a notebook's answers to the exercises of a lab, in order."""
    all_of_lab = exercises_of(lab)
    answers = {exercise.id: notebooks.answer(notebook, exercise, all_of_lab) for exercise in all_of_lab}
    marks: dict[str, Mark] = {}
    for exercise in all_of_lab:
        right = {identity for identity, mark in marks.items() if mark.state == RIGHT}
        marks[exercise.id] = _grade(exercise, answers, right, settings)
    return list(marks.values())


def _grade(exercise: Exercise, answers: Mapping[str, notebooks.Answer], right: set[str], settings: Settings) -> Mark:
    answer = answers[exercise.id]
    mark = Mark(exercise.id, WRONG, answer.problem, text=answer.text, notes=answer.notes)
    if answer.problem == MISSING:
        return replace(mark, state=MISSING, hint="There is no cell for this exercise in the notebook.")
    if answer.problem:
        return mark
    pieces, ours = _with_others(exercise, answers, right)
    if ours:
        words = f"it calls {' and '.join(ours)}, which is not right in this notebook: the lab's own stood in"
        mark = replace(mark, notes=(*mark.notes, words))
    functions = {name: registry.exercises()[identity].solution for name, identity in ours.items()}
    rules = _rules(exercise.id, settings.weights.allow.get(exercise.id, ()))

    def tried(patience: float) -> tuple[Mark, bool]:
        boxed = Boxed(exercise.name, answer.text, pieces, rules, functions, patience)
        return _in_its_box(exercise, boxed, mark, settings.seed, exercise.seconds * settings.patience * patience)

    graded, starved = tried(1.0)
    return tried(MORE_PATIENCE)[0] if starved else graded


def _in_its_box(exercise: Exercise, boxed: Boxed, mark: Mark, seed: int, seconds: float) -> tuple[Mark, bool]:
    """Check an answer.

    Returns:
        Its mark, and whether it was stopped after a time in which other work had the processors.
    """
    fresh = fresh_exercise(exercise.id, seed)
    began, used = time.monotonic(), time.process_time()

    def starved() -> bool:
        here = time.process_time() - used
        return here + boxed.processor_seconds() < STARVED * (time.monotonic() - began)

    with boxed.opened() as problem:
        if boxed.ended():
            return replace(mark, hint=_end_words(boxed.ended())), boxed.out_of_time() and starved()
        if problem is not None:
            words = f"Its definitions stop with `{problem}`{f', at: `{problem.text}`' if problem.text else ''}."
            return replace(mark, hint=words), False
        result = checking.judge(fresh, boxed, seconds)
        if result.state == WRONG and not result.mistake and not boxed.ended():
            known = checking.judge(exercise, boxed, seconds)  # with the notebook's own cases, more mistakes are known
            result = known if known.state == WRONG and not boxed.ended() else result
        stopped = result.state != RIGHT and (boxed.out_of_time() or "stopped after" in result.hint)
        hungry = stopped and starved()
    if boxed.ended() and result.state != RIGHT:
        words = result.hint if "stopped after" in result.hint else _end_words(boxed.ended())
        return replace(mark, hint=words), hungry
    card = "" if result.state == RIGHT else result.card._repr_html_()
    return replace(mark, state=result.state, hint=result.hint, mistake=result.mistake, card=card), hungry


def _end_words(ended: str) -> str:
    return f"When your function was graded, it {ended}: it was stopped."


def _with_others(
    exercise: Exercise, answers: Mapping[str, notebooks.Answer], right: set[str]
) -> tuple[list[Piece], dict[str, str]]:
    """The code for an answer and for earlier answers that it calls: the student's if right, otherwise the lab's."""
    taken: dict[str, notebooks.Answer] = {exercise.id: answers[exercise.id]}
    ours: dict[str, str] = {}
    ahead = [*answers[exercise.id].needs]
    while ahead:
        identity = ahead.pop()
        if identity in right and identity not in taken:
            taken[identity] = answers[identity]
            ahead += answers[identity].needs
        elif identity not in taken:
            ours[registry.exercises()[identity].name] = identity
    own = {answer.pieces[-1].number: answer.pieces[-1] for answer in reversed(taken.values())}
    shared: dict[int, Piece] = {}
    for piece in (piece for answer in taken.values() for piece in answer.pieces if piece.number not in own):
        known = shared.get(piece.number, piece)
        shared[piece.number] = replace(piece, take=tuple(sorted({*known.take, *piece.take})))
    return [*(shared[number] for number in sorted(shared)), *own.values()], ours


@cache
def fresh_exercise(identity: str, seed: int) -> Exercise:
    """An exercise whose cases come from another seed."""
    return replace(registry.exercises()[identity], seed=seed)


@cache
def _rules(identity: str, more: tuple[str, ...]) -> Allowed:
    all_of_lab = exercises_of(identity[:2])
    place = [exercise.id for exercise in all_of_lab].index(identity)
    return allowed(all_of_lab[place], all_of_lab[:place], more)


# --- all of them ---


def labs_of(submission: Submission) -> tuple[str, ...]:
    """Numbers of the labs in a notebook, from its tags, otherwise from its file name; empty if neither names a lab."""
    known = {identity[:2] for identity in registry.exercises()}
    try:
        tagged = {tag[:2] for tag in notebooks.read(submission.read(), submission.name).exercises} & known
    except (notebooks.NotebookError, OSError):
        tagged = set()
    return tuple(sorted(tagged)) or ((submission.lab,) if submission.lab in known else ())


def prepare(labs: Sequence[str], seed: int, done: Callable[[], None] = lambda: None) -> None:
    """Make the cases of some labs and their right values, before other processes begin."""
    for lab in labs:
        for exercise in exercises_of(lab):
            checking.prepare(fresh_exercise(exercise.id, seed))
            done()


def grade_all(
    jobs: Sequence[tuple[Submission, str]],
    settings: Settings,
    *,
    kept: Path | None = None,
    workers: int = 1,
    done: Callable[[Graded], None] = lambda graded: None,
) -> list[Graded]:
    """Grade notebooks; order and number of processes do not change the marks.

    Args:
        jobs: notebooks, and the lab that each is graded for.
        settings: of the run.
        kept: folder of the records; a notebook with a record for the same bytes and settings is not run again.
        workers: processes.
        done: called after each notebook.

    Returns:
        One for each job, in their order.
    """
    found: dict[int, Graded] = {}
    marks = [_key(submission, lab, settings) for submission, lab in jobs]
    for place, key in enumerate(marks):
        if kept is not None and (graded := _load(kept, key)) is not None:
            found[place] = graded
            done(graded)
    left = [place for place in range(len(jobs)) if place not in found]
    if left:
        sandbox.clear_abandoned()
        check_sandbox()
        prepare(sorted({jobs[place][1] for place in left}), settings.seed)
    for place, graded in _each(jobs, left, settings, workers):
        found[place] = graded
        if kept is not None:
            _save(kept, marks[place], graded)
        done(graded)
    return [found[place] for place in range(len(jobs))]


def _each(jobs: Sequence[tuple[Submission, str]], left: Sequence[int], settings: Settings, workers: int) -> Any:
    if len(left) < 2:
        for place in left:
            yield place, grade_notebook(*jobs[place], settings)
        return
    broken = []
    with _workers(workers) as pool:
        running = {pool.submit(grade_notebook, *jobs[place], settings): place for place in left}
        try:
            for each in as_completed(running):
                try:
                    yield running[each], each.result()
                except BrokenProcessPool:  # a notebook ended its worker, and so all waiting ones failed
                    broken.append(running[each])
        finally:
            pool.shutdown(cancel_futures=True)
    for place in sorted(broken):
        submission, lab = jobs[place]
        with _workers(1) as alone:
            try:
                yield place, alone.submit(grade_notebook, submission, lab, settings).result()
            except BrokenProcessPool:
                words = f"{submission.name} ended the process that graded it: read it yourself"
                yield place, Graded(submission.student, submission.identity, submission.name, lab, words)


def _workers(count: int) -> ProcessPoolExecutor:
    """Processes that begin as a copy of this one, with its cases and networks."""
    fork = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(count, mp_context=fork, initializer=end_with, initargs=(os.getpid(),))


def _key(submission: Submission, lab: str, settings: Settings) -> str:
    """Name of a notebook's record; it changes with everything that could change the marks."""
    try:
        data = submission.read()
    except OSError:
        data = b""
    said = [
        __version__,
        settings.seed,
        sorted(settings.weights.allow.items()),
        submission.student,
        submission.name,
        lab,
    ]
    return hashlib.blake2b(json.dumps(said).encode() + data, digest_size=16).hexdigest()


def is_kept(kept: Path, submission: Submission, lab: str, settings: Settings) -> bool:
    """Whether a notebook was graded before, with these settings."""
    return _load(kept, _key(submission, lab, settings)) is not None


def _load(kept: Path, key: str) -> Graded | None:
    try:
        data = json.loads((kept / f"{key}.json").read_text(encoding="utf-8"))
        if data.pop("format") != FORMAT:
            return None
        marks = tuple(Mark(**{**mark, "notes": tuple(mark["notes"])}) for mark in data.pop("marks"))
        return Graded(**data | {"marks": marks, "essays": tuple(map(tuple, data["essays"]))})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):  # a record of another version, or an incomplete one: grade again
        return None


def _save(kept: Path, key: str, graded: Graded) -> None:
    text = json.dumps({"format": FORMAT, **asdict(graded)}, ensure_ascii=True)
    files.write(kept / f"{key}.json", text.encode())
