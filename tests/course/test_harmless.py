"""Harmless differences never decide: the answer of every solution is right in every form that means the same."""

import array
import types
from collections import OrderedDict, UserString, deque, namedtuple
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from test_every_lab import EXERCISES, marked

from tao_lab.course.behaviour import is_right, read_answer
from tao_lab.course.checking import judge
from tao_lab.course.plain import plain
from tao_lab.course.registry import exercises
from tao_lab.course.running import run


class Word(str):
    __slots__ = ()

    def __eq__(self, other):
        raise TypeError("not to be compared")

    __hash__ = str.__hash__


class Octets(bytes):
    pass


class Whole(int):
    pass


class Entries(list):
    pass


def everywhere(change):
    """A form of a whole answer from a form of the values in it."""

    def form(value):
        if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
            return change(type(value)(form(entry) for entry in value))
        if type(value) is dict:
            return change({form(key): form(entry) for key, entry in value.items()})
        return change(value)

    return form


def numpys(value):
    kinds = {bool: np.bool_, str: np.str_, bytes: np.bytes_, float: np.float64}
    if type(value) is int and abs(value) < 2**63:
        return np.int64(value)
    if type(value) is bytes and value.endswith(b"\0"):
        return value  # numpy drops zeros at the end
    return kinds[type(value)](value) if type(value) in kinds else value


def subclasses(value):
    kinds = {str: Word, bytes: Octets, int: Whole, list: Entries, dict: OrderedDict}
    return kinds[type(value)](value) if type(value) in kinds else value


def named(value):
    if type(value) is not tuple:
        return value
    return namedtuple("Answer", [f"part_{i}" for i in range(len(value))])(*value)


def arrays(value):
    """Lists and tuples as arrays: of numbers where there are only numbers, else of objects."""
    if type(value) not in (list, tuple):
        return value
    kinds = {type(entry) for entry in value}
    if kinds == {int} and max(map(abs, value)) < 2**63:
        return np.array(value, np.int64)
    if kinds == {float}:
        return np.array(value)
    objects = np.empty(len(value), object)
    for place, entry in enumerate(value):
        objects[place] = entry
    return objects


FORMS = {
    "lists": everywhere(lambda value: list(value) if type(value) is tuple else value),
    "tuples": everywhere(lambda value: tuple(value) if type(value) is list else value),
    "arrays": lambda value: arrays(value),
    "arrays inside": everywhere(arrays),
    "lists for arrays": lambda value: (
        type(value)(map(FORMS["lists for arrays"], value))
        if type(value) in (list, tuple)
        else value.tolist()
        if type(value) is np.ndarray and value.size
        else value
    ),
    "numbers and texts of numpy": everywhere(numpys),
    "subclasses": everywhere(subclasses),
    "named tuples": everywhere(named),
    "bytearray": everywhere(lambda value: bytearray(value) if type(value) is bytes else value),
    "memoryview": everywhere(lambda value: memoryview(value) if type(value) is bytes else value),
    "Fraction": everywhere(lambda value: Fraction(value) if type(value) is int else value),
    "Decimal": everywhere(lambda value: Decimal(value) if type(value) is int else value),
    "a read-only dict": everywhere(lambda value: types.MappingProxyType(value) if type(value) is dict else value),
    "deque": everywhere(lambda value: deque(value) if type(value) is list else value),
}


@pytest.mark.slow
@pytest.mark.parametrize("exercise", [marked(exercise) for exercise in EXERCISES])
def test_a_solution_is_right_in_every_form_that_means_the_same(exercise):
    for case in exercise.make_cases():
        ran, expected = run(exercise.solution, case.arguments), exercise.expected(case)
        for name, form in FORMS.items():
            attempt = read_answer(exercise, replace(ran, result=form(ran.result)), case)
            assert is_right(attempt, expected), f"{name}: {case.about}: {attempt.problem}"


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (np.bool_(True), True),
        (np.array(3), 3),
        (np.array(2.5), 2.5),
        (np.longdouble(2), 2.0),
        (Fraction(6, 3), 2),
        (Fraction(1, 2), 0.5),
        (Decimal("12.0"), 12),
        (array.array("q", [1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        ({1: 2}.values(), [2]),
        (np.array(["a", "b"]), ["a", "b"]),
        ({np.int64(1): (np.float64(0.5), [Word("x")])}, {1: (0.5, ["x"])}),
    ],
    ids=repr,
)
def test_a_plain_value_has_pythons_own_types_all_the_way_down(value, same):
    assert types_of(plain(value)) == types_of(same)
    assert plain(value) == same


def types_of(value):
    entries = (
        [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else []
    )
    return type(value), [types_of(entry) for entry in entries]


def test_what_is_no_plain_value_stays_as_it_is():
    value = UserString("x")
    assert plain(value) is value


def test_an_array_is_copied():
    mine = np.arange(3)
    kept = plain(mine)
    mine += 1
    assert kept.tolist() == [0, 1, 2]


def test_a_float_is_no_whole_number_and_the_hint_says_why():
    lock = exercises()["03.1"]
    result = judge(lock, lambda *arguments: float(lock.solution(*arguments)))
    assert result.state == "wrong"
    assert "room for 15 digits" in result.hint
