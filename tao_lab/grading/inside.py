"""The program in the box: it loads one answer of a student, and calls it.

`tao_lab.grading.boxed` sends this file's text into the sandbox and exchanges lines of JSON with it. The box has no file
of the lab. Plain values are copied (`encode`). Other objects, such as a chain, stay outside: the answer gets a
`Handle`, which requests attributes and calls from outside. The grader does not trust this program, because it runs in
the same process as the answer. It never gets the right values.
"""

import ast
import base64
import builtins
import collections
import contextlib
import dataclasses
import decimal
import fractions
import functools
import importlib
import importlib.abc
import importlib.machinery
import inspect
import io
import json
import linecache
import os
import sys
import types
import warnings
from typing import Any

KEPT = 400  # characters of an answer's output that are kept
DEEPEST = 60  # levels of lists in a value
LIBRARY = "tao_lab"


# --- values as JSON ---


def encode(value: Any, depth: Any = 0) -> Any:
    """A value as JSON; an object that is not a plain value becomes a description of its type."""
    if depth > DEEPEST:
        return {"x": "deeply nested list"}
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        whole = int.__int__(value)
        return whole if -(2**53) < whole < 2**53 else {"i": hex(whole)}
    if isinstance(value, float) and not is_numpy(value):
        number = float.__float__(value)
        return number if abs(number) <= sys.float_info.max else {"f": str(number)}
    if isinstance(value, str) and not is_numpy(value):
        return str.__str__(value)
    if isinstance(value, bytes) and not is_numpy(value):
        return {"b": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, (bytearray, memoryview)):
        return {"B": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, Handle):
        return {"h": object.__getattribute__(value, "_number")}
    if type(value) in KIND_OF_RECORD:
        fields = {name: encode(object.__getattribute__(value, name), depth + 1) for name in type(value).__slots_in__}
        return {"o": KIND_OF_RECORD[type(value)], "fields": fields}
    if isinstance(value, tuple):
        return {"t": [encode(entry, depth + 1) for entry in tuple.__iter__(value)]}
    if isinstance(value, (list, collections.deque)):
        return [encode(entry, depth + 1) for entry in value]
    if isinstance(value, range):
        return {"r": [value.start, value.stop, value.step]}
    if isinstance(value, (set, frozenset)):
        return {"s": [encode(entry, depth + 1) for entry in value]}
    if isinstance(value, collections.abc.Mapping):
        return {"d": [[encode(key, depth + 1), encode(entry, depth + 1)] for key, entry in value.items()]}
    if isinstance(value, (collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView)):
        return [encode(entry, depth + 1) for entry in value]
    if isinstance(value, decimal.Decimal):
        return {"D": str(value)}
    if isinstance(value, fractions.Fraction):
        return {"F": [hex(value.numerator), hex(value.denominator)]}
    if is_numpy(value):
        return encode_numpy(value, depth)
    return {"x": type(value).__name__, "how": how(value)}


def how(value: Any) -> Any:
    """A name for a result whose code has not run yet (such as a generator)."""
    if isinstance(value, types.CoroutineType):
        value.close()
        return "coroutine"
    if isinstance(value, types.GeneratorType) or inspect.isasyncgen(value):
        return "generator"
    return "iterator" if isinstance(value, collections.abc.Iterator) else ""


def is_numpy(value: Any) -> Any:
    """Whether a value is numpy's, if numpy has been loaded."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic, numpy.dtype))


def encode_numpy(value: Any, depth: Any) -> Any:
    """An array, one of its numbers, or a kind of numbers."""
    import numpy

    if isinstance(value, numpy.dtype):
        return {"dt": value.str}
    single = isinstance(value, numpy.generic)
    array = numpy.array(value)
    if array.dtype.kind in "biuf" and array.dtype.itemsize <= 8:
        data = base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()
        return {"n" if single else "a": [array.dtype.str, list(array.shape), data]}
    if array.dtype.kind == "O" and not single:
        return {"ao": [list(array.shape), [encode(entry, depth + 1) for entry in array.ravel().tolist()]]}
    plain = array.tolist()
    return {"x": f"{array.dtype} array"} if is_numpy(plain) else encode(plain, depth + 1)


def decode(value: Any) -> Any:
    """A value from its JSON."""
    if isinstance(value, list):
        return [decode(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    kind = next(iter(value))
    given = value[kind]
    if kind in ("a", "n", "ao", "dt"):
        return decode_numpy(kind, given)
    if kind == "o":
        return record(value)
    return DECODERS[kind](given)


def decode_numpy(kind: Any, given: Any) -> Any:
    """The inverse of `encode_numpy`."""
    import numpy

    if kind == "dt":
        return numpy.dtype(given)
    if kind == "ao":
        shape, entries = given
        array = numpy.empty(len(entries), dtype=object)
        array[:] = [decode(entry) for entry in entries]
        return array.reshape(shape)
    dtype, shape, data = given
    array = numpy.frombuffer(base64.b64decode(data), dtype).reshape(shape).copy()
    return array[()] if kind == "n" else array


def keypair(data: Any) -> Any:
    """A key pair of the SDK, from the bytes of a keyfile without a password."""
    import bittensor_core

    return bittensor_core.deserialize_keypair_from_keyfile_data(base64.b64decode(data))


def named_tuple(given: Any) -> Any:
    """A tuple whose entries have names."""
    name, fields, values = given
    return collections.namedtuple(name, fields)(*map(decode, values))


def fraction(given: Any) -> Any:
    """A fraction from two whole numbers."""
    return fractions.Fraction(int(given[0], 16), int(given[1], 16))


DECODERS: dict[str, Any] = {
    "i": lambda text: int(text, 16),
    "f": float,
    "b": base64.b64decode,
    "B": lambda data: bytearray(base64.b64decode(data)),
    "t": lambda entries: tuple(map(decode, entries)),
    "s": lambda entries: set(map(decode, entries)),
    "r": lambda ends: range(*ends),
    "d": lambda pairs: {decode(key): decode(entry) for key, entry in pairs},
    "D": decimal.Decimal,
    "F": fraction,
    "k": keypair,
    "nt": named_tuple,
    "h": lambda number: Handle(number),
    "c": lambda kind: record_class(kind),
    "m": lambda name: importlib.import_module(name),
}


# --- what stays outside ---


class NotHandedOutError(AttributeError):
    """Something of the lab that an answer may not use when it is graded."""


class Refused:
    """A stand-in for such a thing: every use raises the error."""

    def __init__(self, words: Any) -> None:
        object.__setattr__(self, "_words", words)

    def _refuse(self, *arguments: Any, **named: Any) -> Any:
        raise NotHandedOutError(object.__getattribute__(self, "_words"))

    __getattr__ = __call__ = __iter__ = __len__ = __getitem__ = __contains__ = __int__ = __index__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __truediv__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse


class Handle:
    """An object outside: attributes and calls are requested from there, and may be refused there."""

    __slots__ = ("_known", "_number")

    def __init__(self, number: Any) -> None:
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_known", {})

    def __getattr__(self, name: Any) -> Any:
        known = object.__getattribute__(self, "_known")
        if name in known:
            return known[name]
        value = request({"get": [encode(self), name]})
        if isinstance(value, Handle):
            known[name] = value
        return value

    def __setattr__(self, name: Any, value: Any) -> None:
        raise AttributeError(f"{name!r} cannot be set here")

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it outside."""
        given = [[encode(each) for each in arguments], {name: encode(each) for name, each in named.items()}]
        return request({"call": [encode(self), *given]})

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __repr__(self) -> Any:
        return "<something of the lab>"


RECORDS: dict[int, Any] = {}  # number of the class outside: the class in here
KIND_OF_RECORD: dict[Any, int] = {}


def record_class(kind: Any) -> Any:
    """A class with the same fields as one outside; other attributes are requested from outside."""
    if kind["number"] not in RECORDS:
        fields: list[Any] = []
        for name in kind["fields"]:
            given = kind["defaults"].get(name)
            default = dataclasses.field(default_factory=functools.partial(decode, given))
            fields.append((name, object, default if name in kind["defaults"] else dataclasses.field()))

        def missing(self: Any, name: Any) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return request({"get": [encode(self), name]})

        body = {"__getattr__": missing, "__slots_in__": tuple(kind["fields"])}
        made = dataclasses.make_dataclass(kind["name"], fields, namespace=body, **kind["options"])
        RECORDS[kind["number"]] = made
        KIND_OF_RECORD[made] = kind["number"]
    return RECORDS[kind["number"]]


def record(value: Any) -> Any:
    """An object of such a class."""
    made = record_class(value["o"])
    new = object.__new__(made)
    for name, entry in value["fields"].items():
        object.__setattr__(new, name, decode(entry))
    return new


class Stub(types.ModuleType):
    """A module of the lab; each name is requested from outside."""

    def __getattr__(self, name: Any) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return request({"import": [self.__name__, name]})
        except NotHandedOutError as error:  # raised here, `from … import` would look for a module of that name
            return Refused(str(error))


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a `Stub` for every module of the lab."""

    def find_spec(self, name: Any, path: Any = None, target: Any = None) -> Any:
        """Find only modules of the lab."""
        if name.partition(".")[0] == LIBRARY:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> Any:
        """A module whose names are requested from outside."""
        return Stub(spec.name)

    def exec_module(self, module: Any) -> None:
        """Do nothing: there is no code to run."""
        module.__path__ = []


# --- messages ---


class Talk:
    """Sends lines of JSON to the outside, and reads lines from there."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # what the answer prints must not mix with this
        sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
        self._in = os.fdopen(os.dup(0), "r", encoding="utf-8")
        os.close(0)

    def say(self, message: Any) -> None:
        """Send one line to the outside."""
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()

    def hear(self) -> Any:
        """Read one line from the outside."""
        line = self._in.readline()
        if not line:
            os._exit(0)
        return json.loads(line)


def request(message: Any) -> Any:
    """Send a request to the outside; returns the result, or raises the error from there."""
    talk.say({"ask": message})
    answer = talk.hear()
    if "raised" in answer:
        kind, words = answer["raised"]
        known = getattr(builtins, kind, None)
        if kind == "NotHandedOutError":
            known = NotHandedOutError
        if not (isinstance(known, type) and issubclass(known, Exception)):
            known = type(kind, (Exception,), {})
        raise known(words)
    return decode(answer["value"])


# --- the answer ---


def load(pieces: Any, name: Any, ours: Any) -> Any:
    """Run the definitions that an answer needs, and return its function."""
    space = {"__name__": "__answer__", "__builtins__": builtins}
    space.update((own, decode(handle)) for own, handle in ours.items())
    for piece in pieces:
        linecache.cache[piece["file"]] = (len(piece["text"]), None, piece["text"].splitlines(True), piece["file"])
        tree = ast.parse(piece["text"])
        tree.body = [tree.body[place] for place in piece["take"]]
        exec(compile(tree, piece["file"], "exec"), space)
        for own, given in piece.get("names", {}).items():
            space[given] = space[own]
    return space[name]


def call(function: Any, given: Any, files: Any) -> Any:
    """One call, in JSON."""
    arguments = [decode(each) for each in given]
    before = [encode(each) for each in arguments]
    printed = Printed()
    reply = {}
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reply["value"] = encode(function(*arguments))
        except BaseException as error:  # noqa: BLE001 - whatever an answer raises is an answer
            reply = described(error, files)
    after = [encode(each) for each in arguments]
    changed = {str(place): new for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    return {**reply, "changed": changed, "printed": printed.getvalue(), "characters": printed.characters}


def described(error: Any, files: Any) -> Any:
    """A raised error: type, message, and the last line of the student's own code."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    own = [(files.index(name), line) for name, line in frames if name in files]
    if isinstance(error, SyntaxError) and error.filename in files:
        own = [(files.index(error.filename), error.lineno)]
    try:
        message = str(error)[:2000]
    except BaseException as other:  # noqa: BLE001 - the text of a student's own error
        message = f"a message that raises {type(other).__name__}"
    return {"raised": [type(error).__name__, message, *(own[-1] if own else (-1, 0))]}


class Printed(io.StringIO):
    """Collects printed text, and keeps the beginning."""

    characters = 0

    def write(self, text: Any) -> Any:
        """Take some text."""
        super().write(text[: max(0, KEPT - self.characters)])
        self.characters += len(text)
        return len(text)


def no_input(*_: Any) -> Any:
    """Replaces `input`."""
    raise EOFError("input() waits for a person, and nobody is there when work is graded")


def serve() -> None:
    """Load an answer, then call it for each request from outside."""
    begin = talk.hear()
    files = [piece["file"] for piece in begin["pieces"]]
    try:
        function = load(begin["pieces"], begin["name"], begin["ours"])
    except BaseException as error:  # noqa: BLE001 - whatever a student's definitions raise is reported
        talk.say(described(error, files))
        return
    talk.say({"value": None})
    if "numpy" in sys.modules:
        sys.modules["numpy"].seterr(all="ignore")
    while True:
        talk.say(call(function, talk.hear()["given"], files))


if __name__ == "__main__":
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    builtins.input = no_input
    sys.meta_path.insert(0, Finder())
    talk = Talk()
    serve()
