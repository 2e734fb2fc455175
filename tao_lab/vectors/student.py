"""A student's rule in a process of its own: it may raise, hang or die, and the command goes on."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from tao_lab.compiled import build_loaded
from tao_lab.errors import LabError
from tao_lab.vectors.compare import AnswerError, plain_answer
from tao_lab.vectors.kinds import KINDS, Kind

START_SECONDS = 60.0  # importing the library on a busy machine, and the student's own imports


class RulesFileError(LabError):
    """The student's file cannot be loaded or does not define the rule."""


@dataclass(frozen=True)
class Call:
    """What came back from one call: an answer, or a problem in words; `ended` is false when the time ran out."""

    ended: bool = True
    problem: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)


class StudentRules:
    """The process that holds a student's function."""

    def __init__(self, path: Path, kind: Kind, timeout: float):
        """Load `path` in a new process.

        Raises:
            RulesFileError: the file is missing, does not load in time, raises, or lacks the function.
        """
        if not path.is_file():
            raise RulesFileError(f"{path}: no such file; --rules takes a Python file that defines {kind.signature}")
        self._timeout = timeout
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, str(path), kind.name), daemon=True)
        self._process.start()
        theirs.close()
        problem = self._receive(max(timeout, START_SECONDS))
        if not problem.ended:
            self.close()
            raise RulesFileError(f"{path}: did not load within {max(timeout, START_SECONDS):g} s")
        if problem.problem:
            self.close()
            raise RulesFileError(f"{path}: {problem.problem}")

    def call(self, data: Mapping[str, Any]) -> Call:
        """Run the function on one input, for at most the time limit."""
        try:
            self._pipe.send(data)
        except OSError:
            return Call(problem="the process of the student's file has ended")
        return self._receive(self._timeout)

    def _receive(self, timeout: float) -> Call:
        if not self._pipe.poll(timeout):
            return Call(ended=False)
        try:
            call: Call = self._pipe.recv()
        except EOFError:
            self._process.join(5)
            return Call(problem=f"the student's file ended the process (exit code {self._process.exitcode})")
        return call

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._pipe.close()
        if hasattr(os, "killpg") and self._process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):  # nobody is left, or it has no group yet
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def _serve(pipe: Connection, path: str, kind_name: str) -> None:
    """In the child: load the file, then answer one input after another."""
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own, so that whatever the student's file starts ends with it
    os.dup2(2, 1)  # what the student prints must not mix with the command's own lines
    kind = KINDS[kind_name]
    try:
        function = _load_function(Path(path), kind)
    except RulesFileError as error:
        pipe.send(Call(problem=str(error)))
        return
    if kind.compiled:
        build_loaded()  # the student's time begins with the first call
    pipe.send(Call())
    while True:
        try:
            data = pipe.recv()
        except EOFError:
            return
        pipe.send(_call(kind, function, data, path))


def _load_function(path: Path, kind: Kind) -> Callable[..., Any]:
    spec = importlib.util.spec_from_file_location("student_rules", path)
    if spec is None or spec.loader is None:
        raise RulesFileError("is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise RulesFileError(f"does not load: {_describe(error, str(path))}") from error
    function = getattr(module, kind.name, None)
    if not callable(function):
        raise RulesFileError(f"defines no function `{kind.name}`{_defined(module)}; write def {kind.signature}")
    return function


def _defined(module: ModuleType) -> str:
    names = [name for name, value in vars(module).items() if callable(value) and value.__module__ == module.__name__]
    return f" (it defines {', '.join(names)})" if names else ""


def _call(kind: Kind, function: Callable[..., Any], data: Mapping[str, Any], path: str) -> Call:
    arguments = kind.arguments(data)
    try:
        return Call(answer=plain_answer(kind.answer(function(*arguments))))
    except AnswerError as error:
        return Call(problem=str(error))
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever a student's function does is reported
        return Call(problem=_describe(error, path))


def _describe(error: BaseException, path: str) -> str:
    """One line: type, message, and the last line of the student's own file that was running."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if isinstance(error, SyntaxError):
        lines = [error.lineno]
    where = f" (line {lines[-1]} of {Path(path).name})" if lines else ""
    message = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {message}{where}"
