"""A miner's function `forward`: from a student's file, which is read again when it changes, or a language model."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tao_lab.errors import LabError
from tao_lab.neurons.work import Forward, Json, Task

NAME = "forward"
QUESTION_FIELDS = ("prompt", "question", "query", "text")
log = logging.getLogger(__name__)


class FileForward:
    """The function `forward(task)` of a file. A changed file is read again before the next task.

    If a new version does not load, the log says so, and the last good version is still used.
    """

    def __init__(self, path: Path) -> None:
        """Load the file.

        Raises:
            LabError: It cannot be read, does not load, or has no function `forward`.
        """
        self._path = path
        self._lock = threading.Lock()
        self._stamp = self._stamped()
        self._function = _load(path)

    def __call__(self, task: Task) -> Json:
        """The answer of the file's newest version."""
        function = self._newest()
        return asyncio.run(function(task)) if inspect.iscoroutinefunction(function) else function(task)

    def _newest(self) -> Forward:
        with self._lock:
            stamp = self._stamped()
            if stamp not in (self._stamp, (0, 0)):
                self._stamp = stamp
                try:
                    self._function = _load(self._path)
                    log.warning("%s has changed and was loaded", self._path.name)
                except LabError as error:
                    log.error("%s; the version before goes on", error)
            return self._function

    def _stamped(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0)  # the editor is just replacing the file
        return (found.st_mtime_ns, found.st_size)


def _load(path: Path) -> Forward:
    try:
        source = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise LabError(
            f"{path} cannot be read ({why}); --forward takes a Python file with `def forward(task)`"
        ) from None
    names: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(source, str(path), "exec"), names)
    except Exception as error:
        line = getattr(error, "lineno", None) or _line(error, str(path))
        raise LabError(f"{path.name} does not load: {type(error).__name__}: {error} (line {line})") from error
    function = names.get(NAME)
    if not callable(function):
        defined = ", ".join(name for name, value in names.items() if inspect.isfunction(value)) or "none"
        raise LabError(f"{path.name} has no function `{NAME}(task)`; it defines {defined}")
    return function


def _line(error: BaseException, file: str) -> int | str:
    """The line of the file where the error happened."""
    found: int | str = "?"
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


# --- language models ------------------------------------------------------------------------------------------------


class Model(Protocol):
    """The part of a language model that is used here."""

    def generate(
        self, prompt: Sequence[Mapping[str, str]], *, max_tokens: int, seed: int, timeout: float | None
    ) -> str:
        """Continue a conversation."""
        ...


def model_forward(model: Model, max_tokens: int, seed: int = 0) -> Forward:
    """A miner that sends a task's question to a language model, and returns `{"text": …}`.

    Args:
        model: The model, loaded.
        max_tokens: New tokens for one answer.
        seed: The same seed gives the same answer to the same question.
    """

    def forward(task: Task) -> Json:
        text = model.generate(messages_of(task), max_tokens=max_tokens, seed=seed, timeout=task.seconds)
        return {"text": text}

    return forward


def messages_of(task: Task) -> list[dict[str, str]]:
    """The conversation that a task asks to continue.

    Raises:
        ValueError: The task's content has no field with a conversation.
    """
    content = task.content
    if isinstance(content.get("messages"), list):
        return [{"role": str(one["role"]), "content": str(one["content"])} for one in content["messages"]]
    for name in QUESTION_FIELDS:
        if isinstance(content.get(name), str):
            return [{"role": "user", "content": content[name]}]
    raise ValueError(f"a language model needs one of {('messages', *QUESTION_FIELDS)} in the task's content")
