"""Send values into a box and back: the outer half of `tao_lab.grading.inside`.

Plain values are copied into the box: numbers, texts, bytes, lists, tuples, sets, dictionaries, numpy arrays, `Decimal`,
`Fraction`, `range`, key pairs of the SDK, and dataclasses of the lab whose methods no answer needs. Everything else,
such as a chain, a model or a number system, stays here: the box gets a number for it, and uses that number to request
attributes and calls. It may request only what the solution of the exercise uses (`Allowed`), so an answer cannot get
the reference or another exercise's answer.
"""

from __future__ import annotations

import ast
import base64
import binascii
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from inspect import getattr_static
from types import ModuleType
from typing import Any

import bittensor_core
import numpy as np

from tao_lab.course.exercise import Exercise
from tao_lab.course.plain import MOST
from tao_lab.neurons.work import form_problem
from tao_lab.renamed import RENAMED

Json = Any

# Modules whose public names every answer may use: arithmetic and units, which are not the task of any exercise.
OPEN_MODULES = ("tao_lab.fixed", "tao_lab.units", "tao_lab.economy.fixed128")
MOST_BITS = 1 << 16  # of a whole number from a box
MOST_BYTES = 8 << 20  # of an array from a box
MOST_OBJECTS = 100_000  # objects outside that a box may have numbers for
MOST_NESTING = 100


class NotHandedOutError(AttributeError):
    """Something of the lab that an answer may not use when it is graded."""


class BadValueError(Exception):
    """The box did not send a valid value; the message says why."""


@dataclass(frozen=True)
class Allowed:
    """The parts of the lab that an answer may use: those that the solutions of its exercise and of earlier ones use.

    Attributes:
        objects: functions, classes and constants, by their `id`.
        attributes: names of allowed attributes and methods.
        whole: `module.name` of what an instructor allows besides.
    """

    objects: Mapping[int, Any]
    attributes: frozenset[str]
    whole: frozenset[str] = frozenset()


def allowed(exercise: Exercise, before: tuple[Exercise, ...], more: tuple[str, ...] = ()) -> Allowed:
    """The parts of the lab that an answer to an exercise may use.

    Args:
        exercise: the exercise.
        before: those before it in its lab.
        more: `module.name` of what an instructor allows besides.
    """
    objects: dict[int, Any] = {}
    for each in (*before, exercise):
        objects |= {id(found): found for found in _used(each)}
    tree = ast.parse(exercise.source)
    attributes = frozenset(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return Allowed(objects, attributes, frozenset(more))


def _used(exercise: Exercise) -> list[Any]:
    """The parts of the lab that a solution uses by name, without other exercises' functions."""
    space, found = exercise.solution.__globals__, []
    for node in ast.walk(ast.parse(exercise.source)):
        if isinstance(node, ast.Name) and node.id in space:
            found.append(space[node.id])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = space.get(node.value.id)
            if isinstance(module, ModuleType) and module.__name__.startswith("tao_lab."):
                found.append(vars(module)[node.attr])
    return [each for each in found if not isinstance(each, ModuleType) and not _is_an_answer(each)]


def _is_an_answer(value: Any) -> bool:
    return callable(value) and ".exercises" in str(getattr(value, "__module__", ""))


class Values:
    """The objects that one box has numbers for, and how values become JSON for it."""

    def __init__(self, rules: Allowed):
        """Begin without objects.

        Args:
            rules: the allowed requests.
        """
        self._rules = rules
        self._objects: list[Any] = []
        self._classes: list[type] = []

    # --- into the box ---

    def encode(self, value: Any) -> Json:
        """A value as JSON."""
        if value is None or isinstance(value, bool):
            return value
        if type(value) is int:
            return value if -(2**53) < value < 2**53 else {"i": hex(value)}
        if type(value) is float:
            return value if abs(value) <= sys.float_info.max else {"f": str(value)}
        if type(value) is str:
            return value
        if type(value) is bytes:
            return {"b": base64.b64encode(value).decode()}
        if type(value) is bytearray:
            return {"B": base64.b64encode(value).decode()}
        if isinstance(value, (np.ndarray, np.generic, np.dtype)):
            return self._array(value)
        if isinstance(value, tuple):
            entries = [self.encode(entry) for entry in value]
            return (
                {"nt": [type(value).__name__, [*value._fields], entries]}
                if hasattr(value, "_fields")
                else {"t": entries}
            )
        if isinstance(value, list):
            return [self.encode(entry) for entry in value]
        if isinstance(value, (set, frozenset)):
            return {"s": [self.encode(entry) for entry in value]}
        if isinstance(value, range):
            return {"r": [value.start, value.stop, value.step]}
        if isinstance(value, Mapping):
            return {"d": [[self.encode(key), self.encode(entry)] for key, entry in value.items()]}
        if isinstance(value, Decimal):
            return {"D": str(value)}
        if isinstance(value, Fraction):
            return {"F": [hex(value.numerator), hex(value.denominator)]}
        if isinstance(value, bittensor_core.Keypair):
            data = bittensor_core.serialized_keypair_to_keyfile_data(value)
            return {"k": base64.b64encode(data).decode()}
        if isinstance(value, ModuleType):
            return {"m": value.__name__}
        if isinstance(value, type):
            return {"c": self._class(value)} if is_dataclass(value) else self._handle(value)
        if is_dataclass(value) and not self._stays(value):
            named = {part.name: self.encode(getattr(value, part.name)) for part in fields(value)}
            return {"o": self._class(type(value)), "fields": named}
        return self._handle(value)

    def _array(self, value: Any) -> Json:
        if isinstance(value, np.dtype):
            return {"dt": value.str}
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            return {"ao": [list(array.shape), [self.encode(entry) for entry in array.ravel().tolist()]]}
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        return {"n" if isinstance(value, np.generic) else "a": [array.dtype.str, list(array.shape), data]}

    def _stays(self, value: Any) -> bool:
        """Whether a dataclass must stay here: an answer calls its methods, or one of its fields must stay here."""
        if any(callable(getattr(type(value), name, None)) for name in self._rules.attributes):
            return True
        return any(_is_opaque(getattr(value, part.name)) for part in fields(value))

    def _class(self, kind: type) -> Json:
        if kind not in self._classes:
            self._classes.append(kind)
        parts = [part for part in fields(kind) if part.init]
        defaults = {part.name: self.encode(part.default) for part in parts if part.default is not MISSING}
        named = any(part.kw_only for part in parts)
        frozen = bool(getattr(kind, "__dataclass_params__").frozen)  # noqa: B009 - mypy does not know it
        return {
            "number": self._classes.index(kind),
            "name": kind.__name__,
            "fields": [part.name for part in parts],
            "defaults": defaults,
            "options": {"frozen": frozen, "kw_only": named},
        }

    def _handle(self, value: Any) -> Json:
        if len(self._objects) >= MOST_OBJECTS:
            raise NotHandedOutError(
                f"an answer may hold {MOST_OBJECTS:,} things of the lab, and this one asks for more"
            )
        self._objects.append(value)
        return {"h": len(self._objects) - 1}

    # --- out of it ---

    def decode(self, value: Json) -> Any:
        """A value that a box sent.

        Raises:
            BadValueError: it is invalid.
        """
        try:
            return self._decode(value)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
            raise BadValueError(f"the box sent what is not a value ({type(error).__name__})") from None
        except (binascii.Error, InvalidOperation, ArithmeticError) as error:
            raise BadValueError(f"the box sent what is not a value ({type(error).__name__})") from None

    def _decode(self, value: Json) -> Any:
        if isinstance(value, list):
            return [self._decode(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        kind = next(iter(value))
        given = value[kind]
        if kind == "i":
            if len(given) > MOST_BITS // 4:
                raise BadValueError(f"a whole number of more than {MOST_BITS:,} bits is not an answer")
            return int(given, 16)
        if kind == "f":
            return float(given)
        if kind == "b":
            return base64.b64decode(given)
        if kind == "B":
            return bytearray(base64.b64decode(given))
        if kind == "t":
            return tuple(map(self._decode, given))
        if kind == "s":
            return set(map(self._decode, given))
        if kind == "r":
            return range(*map(int, given))
        if kind == "d":
            return {self._decode(key): self._decode(entry) for key, entry in given}
        if kind == "D":
            return Decimal(given)
        if kind == "F":
            return Fraction(int(given[0], 16), int(given[1], 16))
        if kind in ("a", "n"):
            return _numbers(given, single=kind == "n")
        if kind == "ao":
            return self._objects_in_array(given)
        if kind == "dt":
            return np.dtype(_safe_dtype(given))
        if kind == "h":
            return self._objects[given] if given >= 0 else None
        if kind == "o":
            made = self._classes[given]
            return made(**{str(name): self._decode(entry) for name, entry in value["fields"].items()})
        if kind == "x":
            return _odd(str(given), value.get("how", ""))
        raise BadValueError("the box sent what is not a value")

    def _objects_in_array(self, given: Json) -> Any:
        shape, entries = given
        if len(entries) > MOST:
            raise BadValueError(f"an array of {len(entries):,} entries is not an answer")
        array = np.empty(len(entries), dtype=object)
        array[:] = [self._decode(entry) for entry in entries]
        return array.reshape([int(part) for part in shape])

    # --- requests of the box ---

    def attribute(self, owner: Any, name: str) -> Any:
        """An attribute of an object that the box has.

        Raises:
            NotHandedOutError: answers to this exercise do not get it.
            AttributeError: the lab's object has no such attribute.
        """
        kind = owner if isinstance(owner, type) else type(owner)
        is_open = kind.__module__ in OPEN_MODULES
        is_the_labs = kind.__module__.partition(".")[0] == "tao_lab"  # other types have their methods in the box
        has_fixed_names = is_the_labs and not hasattr(kind, "__getattr__")
        if has_fixed_names and not name.startswith("_") and getattr_static(owner, name, MISSING) is MISSING:
            raise AttributeError(f"{kind.__name__!r} has no attribute {name!r}")
        if not is_the_labs or name.startswith("_") or not (is_open or name in self._rules.attributes):
            raise NotHandedOutError(f"`.{name}` of {kind.__name__} is not handed out when this exercise is graded")
        return getattr(owner, name)

    def called(self, function: Any, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Call a function or object that the box has.

        Raises:
            NotHandedOutError: it may not be called with these arguments.
        """
        if function is form_problem:  # an answer's own schema could name addresses, which jsonschema would load
            schema = arguments[0] if arguments else named.get("schema")
            if not any(type(known) is dict and known == schema for known in self._rules.objects.values()):
                raise NotHandedOutError("`form_problem` takes the schemas of the lab only when this exercise is graded")
        return function(*arguments, **named)

    def named(self, module: str, name: str) -> Any:
        """Something of the lab by its name, in JSON for the box.

        Raises:
            NotHandedOutError: answers to this exercise do not get it.
        """
        module = RENAMED.get(module, module)  # a notebook made with version 0.1 imports by old names
        whole = RENAMED.get(f"{module}.{name}", f"{module}.{name}")
        found = vars(sys.modules.get(module, ModuleType(""))).get(name, MISSING)
        if found is MISSING:
            found = sys.modules.get(whole, MISSING)
        if isinstance(found, ModuleType) and found.__name__.startswith("tao_lab"):
            return found
        is_open = getattr(found, "__module__", module) in OPEN_MODULES and module in OPEN_MODULES
        if found is not MISSING and (is_open or id(found) in self._rules.objects or whole in self._rules.whole):
            return found
        raise NotHandedOutError(f"`{whole}` is not handed out when this exercise is graded")


def _is_opaque(value: Any) -> bool:
    """Whether a value contains something that is not plain."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_is_opaque, value))
    if isinstance(value, Mapping):
        return any(_is_opaque(key) or _is_opaque(entry) for key, entry in value.items())
    if is_dataclass(value) and not isinstance(value, type):
        return any(_is_opaque(getattr(value, part.name)) for part in fields(value))
    plain = (bool, int, float, str, bytes, bytearray, type(None), np.ndarray, np.generic, Decimal, Fraction, range)
    return not isinstance(value, plain)


def _safe_dtype(text: str) -> str:
    if np.dtype(text).kind not in "biuf" or np.dtype(text).itemsize > 16:
        raise BadValueError("the box sent an array of a kind that is not an answer")
    return text


def _numbers(given: Json, single: bool) -> Any:
    text, shape, data = given
    if len(data) > MOST_BYTES:
        raise BadValueError(f"an array of more than {MOST_BYTES >> 20} MiB is not an answer")
    array = np.frombuffer(base64.b64decode(data), _safe_dtype(text)).reshape([int(part) for part in shape]).copy()
    return array[()] if single else array


def _odd(name: str, how: str) -> Any:
    """A stand-in for a result that is not a value, so that the check can describe it in its own words."""
    kind = "".join(letter for letter in name if letter.isalnum() or letter == "_")[:60] or "object"
    if how == "generator":
        return (_ for _ in ())
    if how == "coroutine":
        return _coroutine()
    if how == "iterator":
        return type(kind, (), {"__iter__": lambda self: self, "__next__": _no_next})()
    return type(kind, (), {})()


async def _coroutine() -> None: ...


def _no_next(_: Any) -> Any:
    raise StopIteration
