"""Running a function that a student wrote: it may be blank, raise, change its arguments or never end."""

from __future__ import annotations

import ast
import inspect
import linecache
import signal
import textwrap
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass
from types import FrameType
from typing import Any

import numpy as np


class TimeUp(BaseException):
    """The time for a check is over. Not an Exception, so that a student's `except Exception` lets it through."""


@dataclass(frozen=True)
class Raised:
    """What a function raised: type and message, and the last line of the student's own text that ran."""

    kind: str
    message: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


@dataclass(frozen=True)
class Ran:
    """One call: its result, or what it raised; `changed` names arguments that the function altered."""

    result: Any = None
    raised: Raised | None = None
    changed: tuple[str, ...] = ()


def is_blank(function: Callable[..., Any]) -> bool:
    """Whether a function's body is still to be written: a docstring, `...`, `pass` and the like.

    Where the text of the function cannot be had, it is taken as written.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    body = tree.body[0] if tree.body else None
    if not isinstance(body, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return all(_says_nothing(statement) for statement in body.body)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None | ast.Constant(value=None)):
            return True
        case ast.Return(value=ast.Constant(value=constant)):
            return constant is Ellipsis
        case ast.Return(value=ast.Name(id="NotImplemented")) | ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


def has_loop(function: Callable[..., Any]) -> bool:
    """Whether a function has a loop, as far as its text can be had; a call of itself is one."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return True
    loops = (ast.For, ast.While, ast.comprehension)
    return any(isinstance(node, loops) or _calls(node, function.__name__) for node in ast.walk(tree))


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def is_the_labs(function: Callable[..., Any]) -> bool:
    """Whether a function is the lab's own; wrappers made with `functools.wraps` count as what they wrap."""
    return str(getattr(inspect.unwrap(function), "__module__", "")).startswith("tao_lab.")


def has_source(function: Callable[..., Any]) -> bool:
    """Whether the text of a function can be had."""
    try:
        inspect.getsource(function)
    except (OSError, TypeError):
        return False
    return True


def run(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Ran:
    """Call a function with copies of its arguments, by position; nothing that it raises comes through, but TimeUp."""
    copies = {name: _copied(value) for name, value in arguments.items()}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = function(*copies.values())
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a student's function raises is an answer
        return Ran(raised=_describe(error, function))
    changed = tuple(name for name in arguments if not _same(arguments[name], copies[name]))
    return Ran(result, changed=changed)


def _copied(value: Any) -> Any:
    try:
        return deepcopy(value)
    except TypeError:
        return value  # a key pair of the SDK, for example: it cannot be copied, and holds nothing that can be changed


def _describe(error: BaseException, function: Callable[..., Any]) -> Raised:
    code = getattr(inspect.unwrap(function), "__code__", None)
    own = code.co_filename if code is not None else ""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_students(frame.filename, own)]
    message = " ".join(str(error).split())
    if not frames:
        return Raised(type(error).__name__, message, None, "")
    last = frames[-1]
    text = last.line or linecache.getline(last.filename, last.lineno or 0)
    return Raised(type(error).__name__, message, last.lineno, text.strip())


def _is_students(filename: str, own: str) -> bool:
    """The function's own file or cell, and other cells of the notebook."""
    return filename == own or "ipykernel" in filename or filename.startswith("<ipython-input")


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and before.shape == after.shape and bool((before == after).all())
    if is_dataclass(before) and not isinstance(before, type):
        return all(_same(getattr(before, f.name), getattr(after, f.name)) for f in fields(before))
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(_same(a, b) for a, b in zip(before, after, strict=True))
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and before.keys() == after.keys()
            and all(_same(before[key], after[key]) for key in before)
        )
    if isinstance(before, (bool, int, float, str, bytes, type(None))):
        return bool(before == after)
    return True  # a number system, a function: nothing that holds values


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUp in the body after `seconds`, and again each second for a body that swallows it.

    Works by an alarm of the operating system, which only the main thread gets: elsewhere there is no limit.
    """
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
