"""Every lab: solved it gets full marks, as shipped none; and what crosses into a box and back is the same."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from typing import Any

import nbformat
import numpy as np
import pytest

from tao_lab.course import labs, registry, solved_notebook
from tao_lab.course.lab00.payouts import paid
from tao_lab.course.lab05 import reference
from tao_lab.course.making import exercises_of
from tao_lab.economy.fixed128 import U96F32
from tao_lab.fixed import EXACT
from tao_lab.grading import notebooks
from tao_lab.grading.boxed import Boxed, Piece, check_sandbox
from tao_lab.grading.grade import Settings, grade_cells
from tao_lab.grading.values import OPEN_MODULES, Allowed, NotHandedOutError, Values, allowed
from tao_lab.neurons.work import form_problem
from tao_lab.renamed import RENAMED

NUMBERS = [lab.number for lab in labs() if exercises_of(lab.number)]
NOTHING = Allowed({}, frozenset())


@pytest.mark.slow
@pytest.mark.parametrize("lab", NUMBERS)
def test_a_solved_lab_gets_full_marks(lab: str) -> None:
    notebook = notebooks.read(nbformat.writes(solved_notebook(lab)).encode(), "solved")
    for mark in grade_cells(notebook, lab, Settings(seed=20_261_129, patience=6.0)):
        assert (mark.state, mark.notes) == ("right", ()), (mark.exercise, mark.hint)


@pytest.mark.parametrize("lab", NUMBERS)
def test_a_lab_as_shipped_is_not_started(lab: str) -> None:
    shipped = next(known.notebook for known in labs() if known.number == lab)
    marks = grade_cells(notebooks.read(shipped.read_bytes(), "shipped"), lab, Settings(seed=3))
    assert {mark.state for mark in marks} == {"not started"}


def test_what_every_answer_gets_of_the_lab_answers_no_exercise() -> None:
    for exercise in registry.exercises().values():
        assert getattr(exercise.reference, "__module__", "") not in OPEN_MODULES


def test_a_box_finds_nothing_of_the_lab() -> None:
    check_sandbox()


VALUES: dict[str, Any] = {
    "numbers": [0, -1, 2**53, -(2**200), True, None, 1.5, -0.0, float("inf"), 3.0],
    "texts": ["", "Ω\n", b"", b"\x00\xff", bytearray(b"ab")],
    "nesting": ([1, (2, [3])], {"a": {"b": (1,)}, 5: None, (1, 2): [b"x"]}, {1, 2}),
    "arrays": [
        np.arange(6).reshape(2, 3),
        np.array([], np.uint16),
        np.array([True]),
        np.float32(0.1),
        np.uint64(2**63),
    ],
    "others": [Decimal("1.50"), Fraction(2, 3), range(1, 9, 2), np.dtype("int64")],
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_come_back_as_they_were(kind: str) -> None:
    text = "def same(value):\n    return value"
    boxed = Boxed("same", text, [Piece(1, "cell 1", text, (0,), {})], NOTHING, {})
    with boxed.opened() as problem:
        assert problem is None
        for value in VALUES[kind]:
            assert described(boxed(value)) == described(value)


def values_of(exercise: str) -> Values:
    """What a box for an exercise may ask for."""
    all_of_lab = exercises_of(exercise[:2])
    place = [each.id for each in all_of_lab].index(exercise)
    return Values(allowed(all_of_lab[place], all_of_lab[:place]))


REFUSED = {
    "bytes that fill the memory": ("02.1", lambda box: box.attribute(5, "to_bytes")),
    "a private name": ("06.1", lambda box: box.attribute(EXACT, "__class__")),
    "the network of a chain": ("00.2", lambda box: box.attribute(paid(), "net")),
    "an answer of the lab": ("08.1", lambda box: box.named("tao_lab.course.lab08.reference", "amount_out")),
    "a later answer": ("06.1", lambda box: box.named("tao_lab.consensus", "epoch")),
    "the checker": ("06.1", lambda box: box.named("tao_lab.course.checking", "judge")),
    "a module of Python's": ("06.1", lambda box: box.named("os", "system")),
    "Python's through the lab": ("06.1", lambda box: box.named("tao_lab.paths", "os")),
    "an address to fetch": ("05.1", lambda box: box.called(form_problem, [{"$ref": "http://127.0.0.1/"}, {}], {})),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_a_box_may_not_ask_for(kind: str) -> None:
    exercise, ask = REFUSED[kind]
    with pytest.raises(NotHandedOutError):
        ask(values_of(exercise))


def test_a_name_that_there_is_nowhere_is_not_said_to_be_held_back() -> None:
    with pytest.raises(AttributeError, match="'Exact' has no attribute 'share_out'") as error:
        values_of("06.1").attribute(EXACT, "share_out")
    assert error.type is AttributeError


def test_what_the_solutions_use_is_handed_out() -> None:
    assert values_of("05.1").called(form_problem, [reference.SCHEMA, {"code": "x"}], {}) == ""
    assert values_of("08.2").named("tao_lab.course.lab08.reference", "amount_out")(
        1_000, 600, 1_000, 5 * 10**17, 5 * 10**17
    )
    assert values_of("06.1").attribute(EXACT, "divide")


@pytest.mark.parametrize("old", sorted(RENAMED))
def test_notebooks_of_the_first_version_get_the_same_by_old_names(old: str) -> None:
    module = import_module(old)
    assert module.__name__ == RENAMED[old] == module.__spec__.name
    package, _, name = old.rpartition(".")
    assert values_of("08.2").named(package, name) is module
    assert values_of("07.3").named("tao_lab.economy.words", "U96F32") is U96F32


def described(value: Any) -> Any:
    """A value with its kinds, so that equal ones of other kinds differ."""
    if isinstance(value, np.ndarray):
        return ("array", value.dtype, value.shape, value.tolist())
    if isinstance(value, (list, tuple)):
        return (type(value), [described(each) for each in value])
    if isinstance(value, dict):
        return [(described(key), described(each)) for key, each in value.items()]
    return (type(value), str(value))
