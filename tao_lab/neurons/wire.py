"""The messages between validator and miner, as JSON: a signed POST with a task, and an answer or a refusal.

    POST /forward          body {"id", "kind", "content", "seconds"}      headers of `bittensor.http_auth` (btauth/1)
    200                    body {"id", "content"}
    4xx, 5xx               body {"code", "sentence", "mend"}

Neither side trusts the other: bytes and values are counted before they are read, and every value is checked.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tao_lab.foreign import NotPlainJson, escaped, read_json
from tao_lab.neurons.work import Json, Task

PATH = "/forward"
MOST_REQUEST = 2**20  # bytes of a task
MOST_ANSWER = 8 * 2**20  # bytes of an answer; a waveform is large
MOST_REFUSAL = 2**16  # bytes of a refusal: it is a sentence
LONGEST_ID = 128
LONGEST_SECONDS = 600.0


class NotATask(ValueError):  # noqa: N818 - named by what it is
    """Bytes that are not a task; the message says why."""


class NotAnAnswer(ValueError):  # noqa: N818 - named by what it is
    """Bytes that are not an answer; the message says why."""


def task_bytes(task: Task) -> bytes:
    """A task as the body of a request."""
    return _bytes(asdict(task))


def read_task(body: bytes) -> Task:
    """The task in a body.

    Raises:
        NotATask: It is not JSON, or a field is missing or of another type.
    """
    try:
        data = read_json(body)
    except NotPlainJson as error:
        raise NotATask(f"the body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise NotATask("the body is not a JSON object")
    name, kind, content = data.get("id"), data.get("kind"), data.get("content")
    seconds = data.get("seconds", Task.seconds)
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID or not name.isprintable():
        raise NotATask(f"`id` must be a string of 1 to {LONGEST_ID} printable characters")
    if not isinstance(kind, str) or not isinstance(content, dict):
        raise NotATask("`kind` must be a string and `content` an object")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_SECONDS:
        raise NotATask(f"`seconds` must be a number above 0, at most {LONGEST_SECONDS:g}")
    return Task(name, kind, content, float(seconds))


def answer_bytes(task: Task, content: Json) -> bytes:
    """An answer as the body of a response.

    Raises:
        ValueError, TypeError: The content is not plain JSON.
    """
    return _bytes({"id": task.id, "content": content})


def read_answer(body: bytes, task: Task) -> Json:
    """The content of an answer to a task.

    Raises:
        NotAnAnswer: It is not JSON, or not an answer to this task.
    """
    try:
        data = read_json(body)
    except NotPlainJson as error:
        raise NotAnAnswer(f"the answer is not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("id") != task.id or "content" not in data:
        raise NotAnAnswer("the answer does not name this task, or has no content")
    return data["content"]


def read_refusal(status: int, body: bytes) -> str:
    """A miner's reason for a refusal, on one line that is safe to log."""
    try:
        said = read_json(body)
        return escaped(f"{said['code']}: {said['sentence']}")
    except (NotPlainJson, TypeError, KeyError, IndexError):
        return f"HTTP {status}"


def _bytes(data: Any) -> bytes:
    return json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()
