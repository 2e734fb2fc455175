"""Run a student's function safely: it may be blank, raise errors, change other values, print, or never end."""

from __future__ import annotations

import ast
import ctypes
import decimal
import dis
import gc
import inspect
import io
import linecache
import locale
import os
import random
import signal
import sys
import textwrap
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from types import CoroutineType, FrameType, GeneratorType, TracebackType
from typing import Any

import numpy as np

from tao_lab.errors import a_kind

AGAIN = 0.05  # seconds between two attempts to stop a function that catches the first one
MOST_SPARED = 20  # alarms
JUMPS_IN_TRY = (3, 12)  # in this Python version the jump out of an `except` counts as part of the `try`
KEPT = 400  # characters of what a function prints
LONGEST = 500  # characters of an error's message
THREAD_ENDS = 1.0  # seconds in which a thread must end after the function that started it


@dataclass(frozen=True)
class Raised:
    """An error that a function raised: type, message, and the last line of the student's code that ran."""

    kind: str
    message: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


class RaisedElsewhere(Exception):  # noqa: N818 - it represents another error
    """An error that a function raised in another process."""

    def __init__(self, raised: Raised):
        super().__init__(str(raised))
        self.raised = raised


class Elsewhere:
    """A student's function in another process: its text is known here, and calls are sent to that process.

    Attributes:
        text: of the definition.
    """

    def __init__(self, name: str, text: str):
        self.__name__, self.text = name, text

    def __call__(self, *arguments: Any) -> Any:
        """Call the function in its process.

        Raises:
            RaisedElsewhere: it raised an error.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Ran:
    """One call.

    Attributes:
        result: what was returned.
        raised: the error, if it raised one.
        changed: names of arguments that the function changed.
        touched: what else it changed or left behind, in words.
        printed: the beginning of what it printed.
        characters: number of characters that it printed.
    """

    result: Any = None
    raised: Raised | None = None
    changed: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    printed: str = ""
    characters: int = 0


def is_blank(function: Callable[..., Any]) -> bool:
    """Whether a function's body is not written yet: only a docstring, `...`, `pass` and the like.

    If the function's text is not available, it counts as written.
    """
    try:
        tree = ast.parse(textwrap.dedent(_text(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return False
    body = tree.body[0] if tree.body else None
    if not isinstance(body, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return all(_says_nothing(statement) for statement in body.body)


def _text(function: Callable[..., Any]) -> str:
    return function.text if isinstance(function, Elsewhere) else inspect.getsource(function)


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
    """Whether a function has a loop, if its text is available; recursion counts as a loop."""
    try:
        tree = ast.parse(textwrap.dedent(_text(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return True
    loops = (ast.For, ast.While, ast.comprehension)
    return any(isinstance(node, loops) or _calls(node, function.__name__) for node in ast.walk(tree))


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def hashes_text(function: Callable[..., Any]) -> bool:
    """Whether a function calls `hash` on a text, if its own text is available.

    Such a number is another one each time that Python starts (PYTHONHASHSEED), so no check in one process can see it.
    """
    try:
        tree = ast.parse(textwrap.dedent(_text(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return False
    nodes = list(ast.walk(tree))
    texts = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _is_text(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return any(isinstance(node, ast.Call) and _calls(node, "hash") and _is_text(node, texts) for node in nodes)


def _is_text(node: ast.AST, names: set[str]) -> bool:
    """Whether a text is made somewhere inside an expression, or one of these names stands in it."""
    return any(
        isinstance(part, ast.JoinedStr)
        or (isinstance(part, ast.Constant) and isinstance(part.value, str | bytes))
        or (isinstance(part, ast.Name) and part.id in {"str", "repr", "bytes", *names})
        or (isinstance(part, ast.Attribute) and part.attr in {"to_bytes", "encode", "join", "format", "hex"})
        for part in ast.walk(node)
    )


def is_the_labs(function: Callable[..., Any]) -> bool:
    """Whether a function is the lab's own; a wrapper made with `functools.wraps` counts as the wrapped function."""
    return str(getattr(unwrapped(function), "__module__", "")).startswith("tao_lab.")


def unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function inside wrappers made with `functools.wraps`; a wrapper of itself is returned unchanged."""
    try:
        return inspect.unwrap(function)
    except ValueError:
        return function


def has_source(function: Callable[..., Any]) -> bool:
    """Whether the text of a function is available."""
    try:
        _text(function)
    except (OSError, TypeError, ValueError):
        return False
    return True


def run(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Ran:
    """Call a function with copies of its arguments, by position; only TimeUp is raised, other errors are in the result.

    Other things that it changes are restored (see `Surroundings`).
    """
    given = copies(arguments)
    before, printed = Surroundings(), Printed()
    with ExitStack() as kept:
        kept.enter_context(decimal.localcontext())
        kept.enter_context(np.errstate(all="ignore"))
        kept.enter_context(warnings.catch_warnings())
        kept.enter_context(redirect_stdout(printed))
        kept.enter_context(redirect_stderr(printed))
        warnings.simplefilter("ignore")
        try:
            result, raised = _call(function, tuple(given.values()), before)
        except TimeUp:
            _no_more()
            before.put_back()
            raise
    touched = before.put_back()
    changed = tuple(name for name in arguments if not _unchanged(arguments[name], given[name]))
    return Ran(result, raised, changed if raised is None else (), touched, printed.getvalue(), printed.characters)


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], before: Surroundings) -> tuple[Any, Raised | None]:
    try:
        try:
            return function(*arguments), None
        finally:
            try:  # before any other call: a tracer that raises would raise at that call
                sys.setprofile(before.profile)
            finally:
                sys.settrace(before.trace)
                before.put_back_python()
    except TimeUp:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a student's function raises is an answer
        return None, _describe(error, function)


def copies(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Copies of a case's arguments, so that the case does not change."""
    return {name: _copied(value) for name, value in arguments.items()}


def _copied(value: Any) -> Any:
    try:
        return deepcopy(value)
    except TypeError:
        return value  # for example a key pair of the SDK: it cannot be copied, and cannot be changed


def safe_text(value: Any, write: Callable[[Any], str] = repr, most: int = LONGEST) -> str:
    """A student's object as one short line of text, even if its own methods fail."""
    try:
        text = " ".join(write(value).split())
    except TimeUp:
        raise
    except BaseException as error:  # noqa: BLE001 - the text of a student's object may raise anything
        return f"{a_kind(value)} whose text raises {type(error).__name__}"
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _describe(error: BaseException, function: Callable[..., Any]) -> Raised:
    if isinstance(error, RaisedElsewhere):
        return error.raised
    code = getattr(unwrapped(function), "__code__", None)
    own = code.co_filename if code is not None else ""
    frames = [frame for frame in _frames(error.__traceback__) if _is_students(frame.filename, own)]
    message = safe_text(error, str)
    if not frames:
        return Raised(type(error).__name__, message, None, "")
    last = frames[-1]
    text = last.line or linecache.getline(last.filename, last.lineno or 0)
    return Raised(type(error).__name__, message, last.lineno, text.strip())


def _frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    """The frames of a traceback; for a deep recursion only the last hundred."""
    return list(traceback.extract_tb(trace, limit=-100))


def _is_students(filename: str, own: str) -> bool:
    """The function's own file or cell, and other cells of the notebook."""
    return filename == own or "ipykernel" in filename or filename.startswith("<ipython-input")


def _unchanged(before: Any, after: Any) -> bool:
    try:
        return _same(before, after)
    except TimeUp:
        raise
    except BaseException:  # noqa: BLE001 - an object that was put there raises when it is compared
        return False


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and before.shape == after.shape and bool((before == after).all())
    if is_dataclass(before) and not isinstance(before, type):
        return all(_same(getattr(before, f.name), getattr(after, f.name)) for f in fields(before))
    if isinstance(before, Mapping):
        return (
            isinstance(after, Mapping)
            and before.keys() == after.keys()
            and all(_same(value, after[key]) for key, value in before.items())
        )
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(_same(a, b) for a, b in zip(before, after, strict=True))
    if isinstance(before, (bool, int, float, str, bytes, bytearray, set, frozenset, type(None))):
        return bool(before == after or (before != before and after != after))
    return True  # a number system or a function: it has no values


def not_computed(result: Any) -> str:
    """A name for a result whose code has not run yet (such as a generator); usually empty."""
    if isinstance(result, CoroutineType):
        result.close()
        return "Calling your function gives a coroutine, not an answer: write `def` without `async` before it."
    if isinstance(result, GeneratorType) or inspect.isasyncgen(result):
        return (
            "Calling your function gives a generator, not an answer: with `yield` in it, its lines run only when "
            "somebody asks for values. Collect them, and `return` them once."
        )
    if isinstance(result, Iterator):
        kind = type(result).__name__
        return f"Your function returns a `{kind}`, whose values are not computed yet: write `list(…)` around it."
    return ""


class Printed(io.StringIO):
    """Collects what a function prints: the beginning, and the number of characters."""

    def __init__(self) -> None:
        super().__init__()
        self.characters = 0

    def close(self) -> None:
        """Stay open: the text printed so far is still needed."""

    def write(self, text: str) -> int:
        """Take some text."""
        super().write(text[: max(0, KEPT - self.characters)])
        self.characters += len(text)
        return len(text)


GUARDED = ("builtins", "math", "numpy", "random", "time", "tao_lab.course.compare", "tao_lab.course.plain")
HOOKS = ("stdin", "excepthook", "displayhook", "unraisablehook")  # of `sys`


class Surroundings:
    """The state that a function shares with the rest of the notebook, saved before a call."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._recursion_limit, self._digits = sys.getrecursionlimit(), sys.get_int_max_str_digits()
        self.trace, self.profile, self._collects = sys.gettrace(), sys.getprofile(), gc.isenabled()
        self._modules = [(name, vars(sys.modules[name]), dict(vars(sys.modules[name]))) for name in GUARDED]
        self._hooks = {name: getattr(sys, name) for name in HOOKS}
        self._replaced: list[str] = []
        self._locale = locale.setlocale(locale.LC_ALL)
        self._folder = _folder()
        self._environment = dict(os.environ)
        self._numpy = np.random.get_state()  # noqa: NPY002 - the one that everybody shares
        self._python = random.getstate()
        self._print_options = np.get_printoptions()
        self._threads = set(threading.enumerate())

    def put_back_python(self) -> None:
        """Restore what the checker itself needs; a process that the function forked ends here."""
        for module, now, before in self._modules:
            for name, value in before.items():
                if now.get(name) is not value and name[:2] != "__":
                    now[name] = value
                    self._replaced.append(f"`{module}.{name}`")
        if os.getpid() != self._process:
            os._exit(0)
        sys.setrecursionlimit(self._recursion_limit)
        sys.set_int_max_str_digits(self._digits)
        for name, hook in self._hooks.items():
            setattr(sys, name, hook)
        if self._collects:
            gc.enable()

    def put_back(self) -> tuple[str, ...]:
        """Restore everything; returns what was changed, in words."""
        return tuple(words for words, altered in self._put_back() if altered)

    def _put_back(self) -> list[tuple[str, bool]]:
        found = [
            ("the working directory", _folder() != self._folder),
            ("`os.environ`", dict(os.environ) != self._environment),
            ("the random numbers of `np.random`", not _same(self._numpy, np.random.get_state())),  # noqa: NPY002
            ("the random numbers of `random`", random.getstate() != self._python),
            ("how numpy prints", str(np.get_printoptions()) != str(self._print_options)),
            ("the locale", locale.setlocale(locale.LC_ALL) != self._locale),
            (" and ".join(self._replaced[:3]), bool(self._replaced)),
        ]
        if found[5][1]:
            locale.setlocale(locale.LC_ALL, self._locale)
        if found[0][1] and self._folder:
            os.chdir(self._folder)
        if found[1][1]:
            os.environ.clear()
            os.environ.update(self._environment)
        np.random.set_state(self._numpy)  # noqa: NPY002
        random.setstate(self._python)
        np.set_printoptions(**self._print_options)
        return [*found, ("the number of running threads", self._left_running())]

    def _left_running(self) -> bool:
        started = [thread for thread in threading.enumerate() if thread not in self._threads]
        for thread in started:
            thread.join(THREAD_ENDS)
        return any(thread.is_alive() for thread in started)


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - wanted as it is
    except OSError:  # it was deleted
        return ""


# --- stop functions that never end ---


class TimeUp(BaseException):
    """The time for a check is over, or the user stopped it.

    It is not an Exception, so a student's `except Exception` does not catch it. `except BaseException` does catch it.
    At the end of that handler the exception is deleted, and its destructor requests another one. Python raises it when
    the loop begins again, which is outside the `try`.
    """


class _Watch(threading.local):
    """The active limit of each thread; an inner limit replaces the outer one until it ends."""

    limit: time_limit | None = None


_watch = _Watch()


class time_limit:  # noqa: N801 - used like a function
    """Raises TimeUp in the body after some seconds, and again if the body catches it.

    In the main thread it uses an alarm of the operating system. A helper thread does it in other threads, and if the
    body cancels the alarm. Ctrl-C during the body is raised as KeyboardInterrupt; a KeyboardInterrupt that the body
    itself raises is not.
    """

    def __init__(self, seconds: float):
        """Set a limit.

        Args:
            seconds: that the body may take.
        """
        self._seconds = seconds
        self._thread = threading.get_ident()
        self._alarms = hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()
        self._kind = type("TimeUp", (TimeUp,), {})
        self._raise_soon = partial(
            ctypes.pythonapi.PyThreadState_SetAsyncExc, ctypes.c_ulong(self._thread), ctypes.py_object(self._kind)
        )
        self._kind.__del__ = self._what_a_swallowed_one_does()  # type: ignore[attr-defined]
        self._traced = sys.gettrace()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.by_user = False  # Ctrl-C was pressed
        self.over = False
        self._spared = 0  # alarms that came in a destructor

    def __enter__(self) -> None:
        self._outer, _watch.limit = _watch.limit, self
        threading.Thread(target=self._hurry, daemon=True).start()
        if self._alarms:
            self._handlers = {name: signal.getsignal(name) for name in (signal.SIGALRM, signal.SIGINT)}
            signal.signal(signal.SIGINT, self._stop)
            signal.signal(signal.SIGALRM, self._ring)
            self._began = time.monotonic()
            self._others = signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        while True:  # TimeUp may come once more in here, until `no_more` has run
            try:
                self.no_more()
                break
            except TimeUp:
                continue
        if self._alarms:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for name, handler in self._handlers.items():
                signal.signal(name, handler)
            seconds, again = self._others  # somebody else's alarm, such as that of an outer limit
            left = max(seconds - (time.monotonic() - self._began), AGAIN) if seconds else 0
            signal.setitimer(signal.ITIMER_REAL, left, again)
        _watch.limit = self._outer
        if self.by_user and self._outer is not None:
            self._outer.by_user = True
        if self.by_user and kind is self._kind:
            raise KeyboardInterrupt from None

    def no_more(self) -> None:
        """Raise nothing from now on."""
        self.over = True
        with suppress(AttributeError):
            del self._kind.__del__  # type: ignore[attr-defined]
        if sys.gettrace() == self._trace:
            sys.settrace(self._traced)
        with self._lock:
            self._ended.set()
        # One may still be on its way. Taking it back with NULL would leave Python 3.11's flag up for good: every call
        # would look for it, and a traced one (a debugger's, say) would look for ever. So one comes, and is caught.
        with suppress(self._kind):
            self._raise_soon()
            while True:
                pass

    def _what_a_swallowed_one_does(self) -> Any:
        """The destructor of an exception that the body has caught: it raises the next one outside any `try`."""
        if sys.version_info[:2] != JUMPS_IN_TRY:
            # Not a function of Python's, in which the exception would be raised at once, and be lost; nor a method of
            # the exception, as a `partial` is one from Python 3.14 on.
            return staticmethod(self._raise_soon)

        # Otherwise it would be raised at that jump, and be caught there, for ever.
        def __del__(error: TimeUp) -> None:  # noqa: N807 - alarms spare this name
            frame = sys._getframe(1)
            frame.f_trace, frame.f_trace_opcodes = self._trace, True
            sys.settrace(self._trace)

        return __del__

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        """Raise at the first instruction outside any handler; then Python stops tracing."""
        if self.over:
            return None
        if event == "opcode" and not _is_covered(frame):
            raise self._kind
        return self._trace

    def _ring(self, number: int, frame: FrameType | None) -> None:
        # An exception in a destructor is lost, with a message on the screen. So the alarm waits for its end, but not
        # forever.
        if frame is not None and frame.f_code.co_name == "__del__" and self._spared < MOST_SPARED:
            self._spared += 1
        elif not self.over:
            raise self._kind

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.by_user = True
        self._ring(number, frame)

    def _hurry(self) -> None:
        """Runs in its own thread and does the alarm's work if there is no alarm."""
        self._ended.wait(self._seconds + (2 * AGAIN if self._alarms else 0))
        while not self._ended.wait(AGAIN):
            with self._lock:
                if self._ended.is_set():
                    return
                if self._alarms and signal.getsignal(signal.SIGALRM) == self._ring:
                    signal.pthread_kill(self._thread, signal.SIGALRM)
                else:
                    self._raise_soon()


def _is_covered(frame: FrameType) -> bool:
    """Whether an exception at a frame's present instruction would be handled in this frame."""
    instruction = frame.f_lasti
    entries = dis._parse_exception_table(frame.f_code)  # type: ignore[attr-defined]
    return any(entry.start <= instruction < entry.end for entry in entries)


def _no_more() -> None:
    if _watch.limit is not None:
        _watch.limit.no_more()
