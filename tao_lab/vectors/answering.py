"""The program in the sandbox: it loads a student's file, then answers one input after another, in lines of JSON.

The other side (`tao_lab.vectors.student`) does not trust this program: it runs in the same process as the student's
code.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tao_lab.compiled import build_loaded, lay_cache
from tao_lab.vectors.compare import AnswerError, plain_answer
from tao_lab.vectors.kinds import KINDS, Kind


class _LoadError(Exception):
    """The file does not load or lacks the function; the message says why."""


def serve(path: Path, kind_name: str) -> None:
    """Answer lines of stdin on stdout: a vector's input, as JSON, with `{"answer": {…}}` or `{"problem": "…"}`.

    First it sends `{}`, or a problem if the file was not loaded. An answer has `"library": true` if the library's own
    function was called for it the first time.

    Args:
        path: the student's file.
        kind_name: of the vectors.
    """
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the student prints must not mix with the answers
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    kind = KINDS[kind_name]
    try:
        if kind.compiled:
            lay_cache()
        function = _load_function(path, kind)
        if kind.compiled:
            build_loaded()  # before the student's time begins
    except _LoadError as error:
        print(json.dumps({"problem": str(error)}), file=replies, flush=True)
        return
    print("{}", file=replies, flush=True)
    watched = Watched(kind.rule.__code__)
    for line in sys.stdin:
        with watched:
            reply = _call(kind, function, json.loads(line), path)
        seen, watched = watched.seen, Watched(None)
        print(json.dumps(reply | {"library": seen}), file=replies, flush=True)


class Watched:
    """Notices inside a `with` block whether a function runs, under any name; it slows the block down."""

    def __init__(self, code: CodeType | None) -> None:
        """Watch for this code; with None do nothing."""
        self._code = code
        self.seen = False

    def __enter__(self) -> None:
        """Begin to watch, in this thread and in those that it starts."""
        if self._code is not None:
            threading.setprofile(self._notice)
            sys.setprofile(self._notice)

    def __exit__(self, *problem: object) -> None:
        """Stop watching."""
        if self._code is not None:
            sys.setprofile(None)
            threading.setprofile(None)

    def _notice(self, frame: FrameType, event: str, _: Any) -> None:
        self.seen = self.seen or (event == "call" and frame.f_code is self._code)


def _load_function(path: Path, kind: Kind) -> Callable[..., Any]:
    spec = importlib.util.spec_from_file_location("student_rules", path)
    if spec is None or spec.loader is None:
        raise _LoadError("is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise _LoadError(f"does not load: {_describe(error, path)}") from error
    function = getattr(module, kind.name, None)
    if not callable(function):
        raise _LoadError(f"defines no function `{kind.name}`{_defined(module)}; write def {kind.signature}")
    return function


def _defined(module: Any) -> str:
    mine = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    names = [name for name in mine if callable(vars(module)[name])]
    return f" (it defines {', '.join(names)})" if names else ""


def _call(kind: Kind, function: Callable[..., Any], data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    arguments = kind.arguments(data)
    try:
        answer = plain_answer(kind.answer(function(*arguments)))
        json.dumps(answer)  # errors of a student's own classes are reported like any mistake
        return {"answer": answer}
    except AnswerError as error:
        return {"problem": str(error)}
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever a student's function does is reported
        return {"problem": _describe(error, path)}


def _describe(error: BaseException, path: Path) -> str:
    """One line: type, message, and the last line of the student's own file that was running."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    if isinstance(error, SyntaxError):
        lines = [error.lineno]
    where = f" (line {lines[-1]} of {path.name})" if lines else ""
    message = " ".join(str(error).split())[:500] or "no message"
    return f"{type(error).__name__}: {message}{where}"
