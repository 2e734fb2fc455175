"""Inputs for the exercises of lab 04: a request as it arrives, a model with a fixed answer, and replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tao_lab.subnets.text import INSTRUCTION


@dataclass(frozen=True)
class Request:
    """The parts of a request that a miner sees.

    Attributes:
        method: "POST".
        path: "/forward".
        headers: by name; those of the signature begin with `X-Bittensor-`.
        body: a task as JSON.
        arrived_ns: time of its arrival, nanoseconds since 1970.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    arrived_ns: int

    def __repr__(self) -> str:
        signed = any(name.lower() == "x-bittensor-signature" for name in self.headers)
        return f"<{self.method} {self.path}, {'signed' if signed else 'not signed'}>"


@dataclass(frozen=True)
class Scripted:
    """A model for a check: it gives its one answer if it gets the task's question, and otherwise other text.

    Attributes:
        says: its answer.
        question: the question that it can answer.
        seconds: the time limit that the caller must set.
    """

    says: str
    question: str
    seconds: float

    def generate(
        self,
        prompt: str | Sequence[Mapping[str, str]],
        *,
        max_tokens: int = 128,
        timeout: float | None = None,
        **_: Any,
    ) -> str:
        """Its answer, cut after `max_tokens` words."""
        if timeout is None or timeout > self.seconds:
            return "An answer that comes too late."
        if isinstance(prompt, str):
            return f"Well, {prompt} That is a good question, and there is much to say about it."
        roles = {str(message["role"]): str(message["content"]) for message in prompt}
        if roles.get("user") != self.question:
            return "What do you mean?"
        if INSTRUCTION not in roles.get("system", ""):
            return f"That is a good question. {self.says}"
        words = self.says.split(" ")
        return " ".join(words[:max_tokens]) if len(words) > 4 else self.says

    def __repr__(self) -> str:
        return f"<a model that says {self.says[:24]!r}>"


BODY = "def solve(numbers):\n    total = 0\n    for number in numbers:\n        total += number\n    return total"
WITH_IMPORT = "import math\n\ndef solve(n):\n    return math.isqrt(n)"
NO_FENCE = "def solve(text):\n    return text[::-1]"


def replies() -> Iterator[tuple[str, str, str]]:
    """A description of each reply, the reply, and the code in it."""
    yield "bare code, as it should be", NO_FENCE, NO_FENCE
    yield "bare code with a space before it", f" {NO_FENCE}\n", NO_FENCE
    yield "in a fence", f"```python\n{BODY}\n```", BODY
    yield "in a fence without a language", f"```\n{BODY}\n```", BODY
    yield (
        "with a word before and after it",
        f"Here is the mended function:\n\n```python\n{BODY}\n```\n\nI hope it helps!",
        BODY,
    )
    yield "with an import", f"Sure!\n```python\n{WITH_IMPORT}\n```\nNow it is exact.", WITH_IMPORT
    yield "bare code with an import", WITH_IMPORT, WITH_IMPORT
    second = "Try it:\n```python\nprint(solve('abc'))\n```\n"
    yield "with an example in a second fence", f"```py\n{NO_FENCE}\n```\n{second}", NO_FENCE
    yield "with spaces and lines around it", f"\n\n  \n```python\n\n{WITH_IMPORT}\n\n```   \n", WITH_IMPORT
