"""Run vectors: compare a rule with the numbers of the chain, and report the first differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tao_lab.compiled import has_cache
from tao_lab.vectors.compare import first_difference, plain_answer
from tao_lab.vectors.files import Vector, VectorFile, VectorFileError
from tao_lab.vectors.kinds import Kind
from tao_lab.vectors.student import StudentRules

MISSING = object()
LIBRARY = (
    "{kind.name} in {file} calls the library's own function ({module}.{kind.rule.__name__}), so these numbers say "
    "nothing about a rule of your own"
)


@dataclass(frozen=True)
class Failure:
    """A vector that failed; `field` is empty if there is no answer to compare."""

    vector: str
    field: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.vector, self.field, self.reason) if part)


@dataclass(frozen=True)
class Report:
    """Result of one file.

    Attributes:
        passed: number of vectors.
        failures: one for each vector that failed.
        notice: additional information in words; may be empty.
        printed: output of a student's file.
    """

    passed: int
    failures: tuple[Failure, ...]
    notice: str = ""
    printed: str = ""

    def __str__(self) -> str:
        return f"{self.passed} passed, {len(self.failures)} failed"


def verify(
    file: VectorFile,
    rules: Path | None = None,
    timeout: float = 10.0,
    progress: Callable[[Vector], None] = lambda vector: None,
) -> Report:
    """Run every vector of a file.

    Args:
        file: the vector file.
        rules: a student's Python file; its function named like the kind runs in place of the library's, in the
            sandbox, with the modules beside it that it imports.
        timeout: seconds that a student's function may take for one vector.
        progress: called after each vector.

    Raises:
        VectorFileError: an input fits the schema, but no chain could have it.
        RulesFileError: the student's file does not load or lacks the function.
    """
    said = _Said()
    answers = _library_answers(file) if rules is None else _student_answers(file, rules, timeout, said)
    failures: list[Failure] = []
    with closing(answers):
        for vector, answer in answers:
            failure = answer if isinstance(answer, Failure) else compare(vector, answer)
            if failure:
                failures.append(failure)
            progress(vector)
    return Report(
        len(file.vectors) - len(failures),
        tuple(failures),
        "\n".join(filter(None, (said.notice, file.notice))),
        said.printed,
    )


@dataclass
class _Said:
    notice: str = ""
    printed: str = ""


Answers = Iterator[tuple[Vector, Mapping[str, Any] | Failure]]


def _library_answers(file: VectorFile) -> Any:
    for vector in file.vectors:
        arguments = _arguments(file.kind, vector)
        try:
            yield vector, plain_answer(file.kind.answer(file.kind.rule(*arguments)))
        except ValueError as error:  # the chain refuses it, for example a swap below its limit price
            yield vector, Failure(vector.name, "", str(error))


def _student_answers(file: VectorFile, rules: Path, timeout: float, said: _Said) -> Any:
    for vector in file.vectors:
        arguments = _arguments(file.kind, vector)  # an invalid file is not the student's mistake
    if file.kind.compiled and not has_cache():
        file.kind.rule(*arguments)  # compile the library's code here, because the sandbox cannot store it
    stuck = ""
    with closing(StudentRules(rules, file.kind, timeout)) as student:
        for vector in file.vectors:
            if stuck:
                yield vector, Failure(vector.name, "", f"not run, since {file.kind.name} did not end on {stuck}")
                continue
            result = student.call(vector.input)
            if result.library:
                said.notice = LIBRARY.format(kind=file.kind, file=rules.name, module=file.kind.rule.__module__)
            if result.ended:
                failure = Failure(vector.name, "", result.problem) if result.problem else None
                yield vector, failure or result.answer
            else:
                stuck = vector.name
                yield vector, Failure(vector.name, "", f"{file.kind.name} did not end within {timeout:g} s")
        said.printed = student.printed


def _arguments(kind: Kind, vector: Vector) -> tuple[Any, ...]:
    try:
        return kind.arguments(vector.input)
    except ValueError as error:
        raise VectorFileError(f"vector {vector.name}: input: {error}") from error


def compare(vector: Vector, answer: Mapping[str, Any]) -> Failure | None:
    """The first field in which an answer differs from a vector's `expected`, or None."""
    for field, expected in vector.expected.items():
        found = answer.get(field, MISSING)
        if found is MISSING:
            return Failure(vector.name, field, "is missing from the answer")
        if difference := first_difference(found, expected, within=vector.within):
            return Failure(vector.name, field, difference)
    return None
