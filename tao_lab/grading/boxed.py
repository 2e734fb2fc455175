"""An answer in its box, as a function that the check can call: arguments are sent in, and results are decoded here.

The check (`tao_lab.course.checking.judge`) runs outside, with the cases, the reference and the comparison. The box has
Python, the installed packages and the answer, but no file of the lab.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab import paths, sandbox
from tao_lab.course.running import Elsewhere, Raised, RaisedElsewhere, TimeUp
from tao_lab.errors import LabError
from tao_lab.foreign import NotPlainJson, escaped, read_json
from tao_lab.grading.values import Allowed, BadValueError, Json, Values

PROGRAM = Path(__file__).with_name("inside.py")
LIMITS = sandbox.Limits(
    seconds=600.0,  # of its processors; the check stops it long before
    memory=2048 * sandbox.MIB,  # a keyfile's password hash takes half of it
    processes=32,
    output=16 * sandbox.MIB,
    files=16 * sandbox.MIB,
)
LOAD_SECONDS = 20.0  # for imports and definitions, on a busy machine
LONGEST = 500  # characters of a message from the box
STARTS = 3  # tries to start a box on a machine that is too busy
ENDED = "BoxEnded"  # name of the error for the end of a box
USED = {
    "output": "printed or returned more than is allowed",
    "memory": "used more memory than is allowed",
    "disk": "wrote more to the disk than is allowed",
    "timeout": "did not come to an end",
}
PROBE = """
import importlib.util, json, pathlib, sys
seen = [str(path) for path in map(pathlib.Path, json.load(sys.stdin)) if path.exists()]
if importlib.util.find_spec("tao_lab") is not None:
    seen.append("the package tao_lab")
print(json.dumps(seen))
"""


@dataclass(frozen=True)
class Piece:
    """Part of a notebook that an answer needs.

    Attributes:
        number: of the cell in the notebook.
        file: what the cell is called in messages.
        text: of the whole cell.
        take: indices of the statements that are run.
        names: name of a function in the text: other name under which it is needed.
    """

    number: int
    file: str
    text: str
    take: tuple[int, ...]
    names: Mapping[str, str]


class Boxed(Elsewhere):
    """The function of an answer."""

    def __init__(
        self,
        name: str,
        text: str,
        pieces: Sequence[Piece],
        rules: Allowed,
        ours: Mapping[str, Callable[..., Any]],
        patience: float = 1.0,
    ):
        """Describe an answer; `opened` starts its box.

        Args:
            name: of the function.
            text: of its definition.
            pieces: the code that is run in the box, in order.
            rules: its allowed requests.
            ours: name to function, of earlier exercises that the student has not solved.
            patience: how many times longer than usual its imports and definitions may take.
        """
        super().__init__(name, text)
        self._load_seconds = LOAD_SECONDS * patience
        self._ended = ""
        self._pieces, self._ours = pieces, ours
        self._values = Values(rules)
        self._running: sandbox.Running | None = None

    @contextmanager
    def opened(self) -> Iterator[Raised | None]:
        """Open its box for the `with` block; yields the error of its definitions, if there is one."""
        for _ in range(STARTS):
            with sandbox.started(PROGRAM.read_text(encoding="utf-8"), limits=LIMITS, packages=True) as running:
                if running.code is not None and not running.printed:
                    continue  # the box did not start
                self._running = running
                pieces = [
                    vars(piece) | {"take": list(piece.take), "names": dict(piece.names)} for piece in self._pieces
                ]
                ours = {name: self._values.encode(function) for name, function in self._ours.items()}
                begin = {"pieces": pieces, "name": self.__name__, "ours": ours}
                yield self._raised(self._exchange(begin, self._load_seconds))
                return
        raise LabError(f"the sandbox did not start in {STARTS} tries; run again when the machine is less busy")

    def ended(self) -> str:
        """Why its box ended too early, in words; empty while it runs."""
        return self._ended

    def out_of_time(self) -> bool:
        """Whether it was stopped because its time was over."""
        return self._ended == USED["timeout"]

    def processor_seconds(self) -> float:
        """How long its processes have had a processor, while the box is open."""
        return 0.0 if self._running is None else self._running.processor_seconds()

    def __call__(self, *arguments: Any) -> Any:
        """Call it in the box.

        Raises:
            RaisedElsewhere: it raised an error, or its box has ended.
        """
        reply = self._exchange({"given": [self._values.encode(each) for each in arguments]}, LIMITS.seconds)
        if (printed := reply.get("printed")) and isinstance(printed, str):
            sys.stdout.write(printed)
        changed = reply.get("changed")
        if isinstance(changed, dict):
            for place, new in changed.items():
                if str(place).isdigit() and int(place) < len(arguments):
                    self._change(arguments[int(place)], new)
        if raised := self._raised(reply):
            raise RaisedElsewhere(raised)
        try:
            return self._values.decode(reply.get("value"))
        except BadValueError as error:
            raise RaisedElsewhere(Raised(ENDED, str(error), None, "")) from None

    def _change(self, argument: Any, new: Json) -> None:
        """Change an argument as the answer did; if the change can't be described exactly, change it in another way."""
        try:
            value = self._values.decode(new)
        except BadValueError:
            value = None
        if isinstance(argument, list):
            argument[:] = value if isinstance(value, list) else []
        elif isinstance(argument, (dict, set)):
            argument.clear()
            argument.update(value if isinstance(value, (dict, set)) else ())
        elif isinstance(argument, bytearray):
            argument[:] = value if isinstance(value, (bytes, bytearray)) else b""
        elif isinstance(argument, np.ndarray) and argument.size:
            same = isinstance(value, np.ndarray) and value.shape == argument.shape and value.dtype == argument.dtype
            argument[...] = value if same else ~argument if argument.dtype.kind == "b" else argument + 1

    def _raised(self, reply: Mapping[str, Json]) -> Raised | None:
        found = reply.get("raised")
        if not (isinstance(found, list) and len(found) == 4):
            return None
        kind, message, place, line = found
        name = escaped(kind, 60)
        if not isinstance(line, int) or not isinstance(place, int) or not 0 <= place < len(self._pieces):
            return Raised(name, escaped(message, LONGEST), None, "")
        lines = self._pieces[place].text.splitlines()
        return Raised(name, escaped(message, LONGEST), line, lines[line - 1].strip() if 0 < line <= len(lines) else "")

    def _exchange(self, message: Json, seconds: float) -> dict[str, Json]:
        """Send a message to the box, answer its requests, and return its final reply."""
        if self._ended or self._running is None:
            return _ended(self._ended)
        self._ended = USED["timeout"]  # if the check's time is up while this waits
        while True:
            line = self._running.ask(json.dumps(message).encode(), seconds)
            if line is None:
                return _ended(self._has_ended())
            try:
                reply = read_json(line)
            except NotPlainJson as error:
                self._ended = f"wrote what is not an answer: {error}"
                return _ended(self._ended)
            if not isinstance(reply, dict):
                self._ended = "wrote what is not an answer"
                return _ended(self._ended)
            if "ask" not in reply:
                self._ended = ""
                return reply
            message = self._answer(reply["ask"])

    def _has_ended(self) -> str:
        assert self._running is not None
        status = self._running.status
        code = self._running.code
        self._ended = USED[status] if status and status != "ended" else f"ended its process (exit code {code})"
        return self._ended

    def _answer(self, asked: Json) -> Json:
        """The result of a request from the box, or the error that it raises."""
        try:
            return {"value": self._values.encode(self._value(asked))}
        except TimeUp:
            raise
        except Exception as error:  # noqa: BLE001 - an answer may hand the library anything
            return {"raised": [type(error).__name__, escaped(error, LONGEST)]}

    def _value(self, asked: Json) -> Any:
        if not isinstance(asked, dict) or len(asked) != 1:
            raise BadValueError("the box asks for what there is not")
        (what, given), *_ = asked.items()
        if what == "import":
            return self._values.named(str(given[0]), str(given[1]))
        if what == "get":
            return self._values.attribute(self._values.decode(given[0]), str(given[1]))
        if what == "call":
            function, arguments, named = given
            decode = self._values.decode
            given = {str(name): decode(value) for name, value in named.items()}
            return self._values.called(decode(function), [*map(decode, arguments)], given)
        raise BadValueError("the box asks for what there is not")


def _ended(words: str) -> dict[str, Json]:
    return {"raised": [ENDED, f"it {words}", -1, 0]}


def check_sandbox() -> None:
    """See that a box here finds nothing of the lab.

    Raises:
        LabError: it does.
    """
    hidden = [paths.LABS, paths.ROOT / "tao_lab" / "course", Path.home() / ".bittensor"]
    outcome = sandbox.run(PROBE, stdin=json.dumps([str(path) for path in hidden]), packages=True, limits=LIMITS)
    if outcome.problem:
        raise LabError(f"the sandbox does not work here: {outcome.problem}")
    if seen := json.loads(outcome.stdout):
        raise LabError(
            f"the sandbox here leaves {' and '.join(seen)} open to the code of students; install bubblewrap "
            "(scripts/system-packages.sh sandbox), and the lab in its own checkout with `make lab`"
        )
