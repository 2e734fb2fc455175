"""An exercise: a solution, cases to test it, and the mistakes that people make.

Each exercise is one file. The notebook's blank cell and `labs/solutions/` are made from its solution
(`tao_lab.course.making`), and mistakes are edits of the solution. The right values come from the reference, a function
of the library that is independent of the solution. Cases are made from a fixed seed; there are too many to type the
answers in.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from itertools import pairwise
from types import NoneType
from typing import Any, get_args

import numpy as np

from tao_lab.course.plain import NUMERIC, plain
from tao_lab.errors import LabError
from tao_lab.fixed import NumberSystem
from tao_lab.vectors import AnswerError

Function = Callable[..., Any]
Values = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Case:
    """One test case of a function.

    Attributes:
        arguments: by name of the parameter, in the order in which they are passed.
        about: what this case is, for example "3 validators, 4 miners".
        numbers: the number system of the arguments; None if it does not matter.
        expected: the right values, if they are known from another source; by default the reference computes them.
    """

    arguments: Mapping[str, Any]
    about: str
    numbers: NumberSystem | None = None
    expected: Values | None = None

    @property
    def size(self) -> int:
        """The size of the arguments: number of numbers, characters and bytes."""
        return sum(_size(value) for value in self.arguments.values())

    @property
    def exact(self) -> bool:
        """Whether answers must agree to the last bit."""
        return self.numbers is None or self.numbers.name == "exact"


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, (str, bytes, bytearray)):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_size(key) + _size(entry) for key, entry in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return sum(map(_size, value))
    if is_dataclass(value) and not isinstance(value, type):
        return sum(_size(getattr(value, part.name)) for part in fields(value))
    return 1


@dataclass(frozen=True)
class WrongAnswer:
    """A mistake that people make: a function with this mistake, and the hint for it."""

    name: str
    hint: str
    function: Function


@dataclass(frozen=True)
class Edit:
    """A mistake that people make, as changes of the solution's text.

    Attributes:
        name: the mistake, in a few words.
        changes: old text and new text; each old text occurs exactly once in the solution.
        hint: what the answer does, and where to look; never the right line.
    """

    name: str
    changes: Mapping[str, str]
    hint: str


class ExerciseError(LabError):
    """An exercise contradicts itself."""


class EditError(Exception):
    """An edit cannot be applied to its solution."""


def edited(source: str, *edits: Edit) -> str:
    """A solution's text with edits.

    Raises:
        EditError: an old text does not occur exactly once, or two edits touch the same text.
    """
    places: list[tuple[int, int, str]] = []
    for edit in edits:
        for old, new in edit.changes.items():
            if source.count(old) != 1:
                raise EditError(
                    f"{edit.name!r}: {old!r} occurs {source.count(old)} times in the solution; wanted: once"
                )
            start = source.index(old)
            places.append((start, start + len(old), new))
    places.sort()
    for (_, end, _), (start, _, _) in pairwise(places):
        if start < end:
            raise EditError(f"{' and '.join(repr(edit.name) for edit in edits)} change the same text")
    for start, end, new in reversed(places):
        source = source[:start] + new + source[end:]
    return source


def compiled(source: str, solution: Function) -> Function:
    """The function of a changed solution, with the imports and helpers of the solution's own file."""
    space = dict(solution.__globals__)
    exec(compile(source, f"<{solution.__name__}, changed>", "exec"), space)
    function: Function = space[solution.__name__]
    return function


@dataclass(frozen=True, kw_only=True, eq=False)
class Exercise:
    """One function to write.

    Attributes:
        id: lab and number, as in "06.2"; also a tag of its cell.
        title: what the student builds.
        solution: the right answer as a student could write it; its name is the name of the function.
        reference: the library's own rule, which computes the right values.
        cases: makes the cases from a random generator with a fixed seed, small ones first.
        read: turns a function's result into named values; raises AnswerError if it is not an answer.
        wrong_answers: at least three, the most informative first.
        equivalent: mutants that give the same results as the solution for every possible case, by label, with the
            reason.
        axes: names of the rows and columns of a matrix.
        rounding: hint for an answer that is right with floats, but wrong in the last bits of exact numbers.
        look: where to look if no other hint fits; may be empty.
        slow: where to look if an answer takes too long; may be empty.
        remembers: where to look if an answer depends on earlier calls; may be empty.
        quiz: whether an answer is one choice of a few; then a hint must not reveal the right one.
        unlocks: what the student can do now; shown when the answer is right.
        seconds: time limit for all cases together; above the usual ten only for functions that are slow on purpose.
        seed: of the cases.
    """

    id: str
    title: str
    solution: Function
    reference: Function
    cases: Callable[[np.random.Generator], Iterable[Case]]
    read: Callable[[Any, Case], Values]
    wrong_answers: tuple[WrongAnswer | Edit, ...]
    equivalent: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[str, str] = ("row", "column")
    rounding: str = ""
    look: str = ""
    slow: str = ""
    remembers: str = ""
    quiz: bool = False
    unlocks: str
    seconds: float = 10.0
    seed: int = 20_260_630

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.solution.__name__

    def make_cases(self) -> tuple[Case, ...]:
        """The cases, always the same."""
        return tuple(self.cases(np.random.default_rng(self.seed)))

    def expected(self, case: Case) -> Values:
        """The right values for a case.

        Raises:
            ExerciseError: the reader does not accept the reference's result.
        """
        if case.expected is not None:
            return case.expected
        try:
            return self.read(self.reference(**case.arguments), case)
        except AnswerError as error:
            raise ExerciseError(f"{self.id}, case {case.about!r}: the reader refuses the reference: {error}") from error

    @cached_property
    def source(self) -> str:
        """The solution's text."""
        return inspect.getsource(self.solution)

    @cached_property
    def mistakes(self) -> tuple[WrongAnswer, ...]:
        """The wrong answers as functions.

        Raises:
            EditError: an edit does not fit the solution.
        """
        return tuple(self._function_of(wrong) for wrong in self.wrong_answers)

    def _function_of(self, wrong: WrongAnswer | Edit) -> WrongAnswer:
        if isinstance(wrong, WrongAnswer):
            return wrong
        return WrongAnswer(wrong.name, wrong.hint, compiled(edited(self.source, wrong), self.solution))

    @property
    def call(self) -> str:
        """The function's call as text, for messages."""
        return f"{self.name}({', '.join(inspect.signature(self.solution).parameters)})"


def read_arrays(
    axes: tuple[str, str] = ("row", "column"), /, **shapes: Callable[[Mapping[str, Any]], tuple[int, ...]]
) -> Callable[[Any, Case], Values]:
    """A reader for functions that return one array, or a tuple of arrays.

    Args:
        axes: names of the rows and columns of a matrix, for hints about shapes.
        shapes: name of each array, in order, and its shape from the case's arguments; `mask(shape)` for an array
            of True and False.
    """

    def read(result: Any, case: Case) -> Values:
        wanted = {name: shape(case.arguments) for name, shape in shapes.items()}
        pairs = zip(wanted.items(), _parts(result, wanted, "arrays"), strict=True)
        return {
            name: _array(name, part, shape, case, axes, isinstance(shapes[name], mask)) for (name, shape), part in pairs
        }

    return read


@dataclass(frozen=True)
class mask:  # noqa: N801 - reads as a function
    """For `read_arrays`: an array of True and False with this shape."""

    shape: Callable[[Mapping[str, Any]], tuple[int, ...]]

    def __call__(self, arguments: Mapping[str, Any]) -> tuple[int, ...]:
        """The shape for a case's arguments."""
        return self.shape(arguments)


def read_values(**kinds: Any) -> Callable[[Any, Case], Values]:
    """A reader for functions that return one plain value, or a tuple of plain values.

    Args:
        kinds: name of each value, in order, and its type: `int`, `bool`, `str`, `bytes`, or one of them `| None`.
    """

    def read(result: Any, case: Case) -> Values:
        pairs = zip(kinds.items(), _parts(result, dict.fromkeys(kinds, ()), "values"), strict=True)
        return {name: _value(name, part, kind) for (name, kind), part in pairs}

    return read


WORDS: dict[Any, str] = {
    bool: "True or False",
    int: "a whole number (int)",
    str: "text (str)",
    bytes: "bytes",
    NoneType: "None",
}


def _value(name: str, value: Any, kind: Any) -> Any:
    allowed = get_args(kind) or (kind,)
    value = plain(value)
    if type(value) in allowed:  # for Python, True is an int; here it is not
        return value
    if value is None:
        raise AnswerError(f"`{name}` is None: is a `return` missing, or a result that is never set?")
    wanted = " or ".join(WORDS[each] for each in allowed)
    digits = isinstance(value, float) and int in allowed
    why = " A float has room for 15 digits only: use `//`, and whole numbers all the way." if digits else ""
    raise AnswerError(f"`{name}` is {_a(type(value).__name__)}; it should be {wanted}.{why}")


def _parts(result: Any, shapes: Mapping[str, tuple[int, ...]], what: str) -> Sequence[Any]:
    """The parts of an answer: one array, or several in a tuple, a list, or as the rows of an array."""
    if len(shapes) == 1:
        return (result,)
    wanted = f"{len(shapes)} {what}, as in `return {', '.join(shapes)}`"
    if isinstance(result, np.ndarray) and {result.shape[1:]} == set(shapes.values()):
        result = list(result)
    if not isinstance(result, (tuple, list)):
        kind = "array" if isinstance(result, np.ndarray) else type(result).__name__
        raise AnswerError(f"Your function returns one {kind}; it should return {wanted}.")
    if len(result) != len(shapes):
        raise AnswerError(f"Your function returns {len(result)} values; it should return {wanted}.")
    return result


def _array(
    name: str, value: Any, shape: tuple[int, ...], case: Case, axes: tuple[str, str], is_mask: bool = False
) -> Any:
    if value is None:
        raise AnswerError(f"`{name}` is None: is a `return` missing, or a result that is never set?")
    try:
        array = np.asarray(value)
    except ValueError:
        raise AnswerError(f"`{name}` is a list of rows of different lengths; it should have shape {shape}.") from None
    if array.dtype.kind not in NUMERIC:
        kind = "array" if isinstance(value, (list, tuple, np.ndarray)) else type(value).__name__
        raise AnswerError(f"`{name}` is {_a(kind)} of {array.dtype}; it should be an array of numbers.")
    if array.shape != shape:
        raise AnswerError(
            f"`{name}` has shape {array.shape}; it should be {shape}.{_shape_hint(array.shape, shape, axes)}"
        )
    if is_mask and array.dtype.kind != "b" and array.size:
        raise AnswerError(f"`{name}` holds numbers; it should hold True and False, as a comparison gives them.")
    if is_mask:
        return array.astype(bool)
    if array.dtype.kind == "b":
        raise AnswerError(f"`{name}` holds True and False; it should hold numbers.")
    if array.dtype.kind == "f":
        _check_floats(name, array, case)
    return array


def _check_floats(name: str, array: Any, case: Case) -> None:
    chains = " On the chain x / 0 is 0; `numbers.divide(a, b)` does that." if case.numbers is not None else ""
    if np.isnan(array).any():
        raise AnswerError(f'`{name}` has NaN in it, "not a number": somewhere 0 is divided by 0.{chains}')
    if np.isinf(array).any():
        raise AnswerError(f"`{name}` has an infinite entry: something is divided by 0.{chains}")
    if case.numbers is not None and case.numbers.name == "exact":
        raise AnswerError(
            f"Right kind of answer over floats, but with the chain's exact numbers `{name}` came out as floats. "
            "Exact numbers are stored as whole numbers: use `numbers.divide(a, b)`, `numbers.multiply(a, b)`, "
            "`numbers.ratio(a, b)` and `numbers.number(n)` everywhere, and no float constants."
        )


def _shape_hint(found: tuple[int, ...], wanted: tuple[int, ...], axes: tuple[str, str]) -> str:
    if found == wanted[::-1] and len(found) == 2:
        return f" It is turned on its side: it needs one row for each {axes[0]}, one column for each {axes[1]}."
    if len(found) == 2 and len(wanted) == 1:
        return " Is a sum over rows or columns missing?"
    if found == ():
        return " Did you sum over everything instead of one axis?"
    if len(found) == len(wanted) == 1:
        return f" Is `axis` the other way round? axis=0 gives one result for each {axes[1]}, axis=1 for each {axes[0]}."
    return ""


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
