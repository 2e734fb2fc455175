"""A student's rule in the sandbox: if it raises an error, hangs, ends or attacks, the command still continues.

Inputs go in and answers come out as lines of JSON (`tao_lab.vectors.answering` is the other side), read within limits.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tao_lab
from tao_lab import sandbox
from tao_lab.errors import LabError
from tao_lab.foreign import NotPlainJson, escaped, read_json
from tao_lab.vectors.kinds import Kind

START_SECONDS = 60.0  # importing the library on a busy machine, and the student's own imports
CPU_SECONDS = 3600.0  # of the whole file; each vector has its own time limit
LONGEST = 1000  # characters of a problem in words
LIMITS = sandbox.Limits(
    seconds=CPU_SECONDS, memory=4096 * sandbox.MIB, processes=64, output=8 * sandbox.MIB, files=16 * sandbox.MIB
)
PACKAGE = Path(tao_lab.__file__).parent
PROGRAM = """
import os, pathlib, sys
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"
os.environ["NUMBA_CACHE_DIR"] = str(pathlib.Path("cache").absolute())
sys.path.append({root!r})
from tao_lab.vectors.answering import serve
serve(pathlib.Path({name!r}).absolute(), {kind!r})
"""


class RulesFileError(LabError):
    """The student's file cannot be loaded or does not define the rule."""


@dataclass(frozen=True)
class Call:
    """The result of one call.

    Attributes:
        ended: False if the time was over.
        problem: in words; empty if there is an answer.
        answer: its fields.
        library: whether the library's own function was called.
    """

    ended: bool = True
    problem: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    library: bool = False


class StudentRules:
    """The box with a student's function."""

    def __init__(self, path: Path, kind: Kind, timeout: float):
        """Load `path` in a new box.

        Raises:
            RulesFileError: the file is missing, does not load in time, raises, or lacks the function.
        """
        if not path.is_file():
            raise RulesFileError(f"{path}: no such file; --rules takes a Python file that defines {kind.signature}")
        self._timeout, self._stack = timeout, ExitStack()
        program = PROGRAM.format(root=str(PACKAGE.parent), name=path.name, kind=kind.name)
        files = dict(_with_imports(path))
        box = sandbox.started(program, files=files, limits=LIMITS, packages=True, readable=[PACKAGE])
        self._running = self._stack.enter_context(box)
        loaded = self._receive(self._running.ask(None, max(timeout, START_SECONDS)))
        if not loaded.ended or loaded.problem:
            self.close()
            late = f"did not load within {max(timeout, START_SECONDS):g} s"
            raise RulesFileError(f"{path}: {loaded.problem if loaded.ended else late}")

    def call(self, data: Mapping[str, Any]) -> Call:
        """Run the function on one input, for at most the time limit."""
        return self._receive(self._running.ask(json.dumps(data).encode(), self._timeout))

    @property
    def printed(self) -> str:
        """The output of the student's file so far; each line is safe to show in a terminal."""
        return "\n".join(escaped(line, LONGEST) for line in self._running.printed.splitlines())

    def _receive(self, line: bytes | None) -> Call:
        if line is None:
            return self._missing()
        try:
            reply = read_json(line)
        except NotPlainJson as error:
            return Call(problem=f"the answer isn't JSON within the limits: {error}")
        problem, answer = (
            (reply.get("problem", ""), reply.get("answer", {})) if isinstance(reply, dict) else (None, None)
        )
        if not isinstance(problem, str) or not isinstance(answer, dict):
            return Call(problem="the student's file wrote something else than an answer")
        return Call(problem=escaped(problem, LONGEST), answer=answer, library=reply.get("library") is True)

    def _missing(self) -> Call:
        status = self._running.status
        if status == "timeout":
            return Call(ended=False)
        ended = f"the student's file ended the process (exit code {self._running.code})"
        used = {"output": "printed or returned", "memory": "used", "disk": "wrote"}
        return Call(problem=f"the student's file {used[status]} more than is allowed" if status else ended)

    def close(self) -> None:
        """End the box, even if it is busy."""
        self._stack.close()


def _with_imports(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file, and the files beside it that it imports, by name."""
    ahead, seen = [path], {path}
    while ahead:
        file = ahead.pop()
        text = file.read_bytes()
        yield file.name, text
        beside = {file.with_name(f"{name}.py") for name in _imported(text)} - seen
        ahead += (found := {other for other in beside if other.is_file()})
        seen |= found


def _imported(text: bytes) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # reported when the file is loaded
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
