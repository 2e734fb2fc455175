"""The interface of all language models: `generate` and `stream`, with the same options and errors."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tao_lab.errors import LabError, a_kind

MOST_TOKENS = 32_768  # largest `max_tokens`; a model's own context is often smaller
ROLES = ("system", "user", "assistant")

Message = Mapping[str, str]  # {"role": "user", "content": "..."}
Prompt = str | Sequence[Message]


class ModelTimeout(LabError):  # noqa: N818 - named as TimeoutError reads
    """The time limit passed before the answer was complete.

    Attributes:
        partial: the text so far.
    """

    def __init__(self, seconds: float, partial: str):
        super().__init__(
            f"the answer was not complete after {seconds:g} s; allow more seconds or fewer max_tokens "
            f"({len(partial)} characters were written)"
        )
        self.partial = partial


@dataclass(frozen=True)
class Settings:
    """Settings of an answer.

    Attributes:
        max_tokens: the largest number of new tokens.
        temperature: 0 takes the most likely token; higher is more varied.
        seed: for the random choices; at temperature 0 nothing is random.
        stop: the answer ends before the first of these texts.
        timeout: seconds for the whole answer; None for no limit.
    """

    max_tokens: int = 128
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    timeout: float | None = None

    def __post_init__(self) -> None:
        if not _is_int(self.max_tokens) or not 1 <= self.max_tokens <= MOST_TOKENS:
            raise LabError(f"max_tokens is {self.max_tokens!r}; allowed: a whole number, 1 to {MOST_TOKENS:,}")
        if not _is_number(self.temperature) or not 0 <= self.temperature <= 10:
            raise LabError(f"temperature is {self.temperature!r}; allowed: 0 (the likeliest token) to 10")
        if not _is_int(self.seed) or not 0 <= self.seed < 2**63:
            raise LabError(f"seed is {self.seed!r}; allowed: a whole number, 0 to 2^63 - 1")
        if not all(isinstance(text, str) and text for text in self.stop):
            raise LabError(f"stop is {self.stop!r}; allowed: texts that are not empty")
        if self.timeout is not None and not (_is_number(self.timeout) and self.timeout > 0):
            raise LabError(f"timeout is {self.timeout!r}; allowed: seconds above 0, or None")


@dataclass
class Deadline:
    """The end of an answer's time limit, by this process's monotonic clock."""

    seconds: float | None
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float | None:
        """Seconds left, at least 0; None without a limit."""
        return None if self.seconds is None else max(0.0, self.started + self.seconds - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time limit has passed."""
        return self.left == 0.0


class Model(ABC):
    """A language model. Any number of threads may ask it at the same time.

    Attributes:
        name: as given to `load`.
    """

    name: str

    def generate(
        self,
        prompt: Prompt,
        *,
        max_tokens: int = 128,
        temperature: float = 0.0,
        seed: int = 0,
        stop: str | Sequence[str] = (),
        timeout: float | None = None,
    ) -> str:
        """The model's answer.

        Args:
            prompt: a text, or messages such as `{"role": "user", "content": "..."}` that end with the user's.
            max_tokens: the most new tokens.
            temperature: 0 takes the likeliest token; higher is more varied.
            seed: for the random choices. The same model, prompt, settings and seed give the same answer again. In
                float32, or with exact=True, this is also true if others ask at the same time; otherwise only if nobody
                does.
            stop: the answer ends before the first of these texts.
            timeout: seconds for the whole answer, including the wait.

        Raises:
            ModelTimeout: the time limit passed; the error contains the text so far.
            LabError: a setting is not allowed, the prompt is too long, or the server does not answer.
        """
        settings = _settings(max_tokens, temperature, seed, stop, timeout)
        return "".join(self._stream(as_messages(prompt), settings))

    def stream(
        self,
        prompt: Prompt,
        *,
        max_tokens: int = 128,
        temperature: float = 0.0,
        seed: int = 0,
        stop: str | Sequence[str] = (),
        timeout: float | None = None,
    ) -> Iterator[str]:
        """The same answer in pieces, as the model writes them. Closing the iterator ends the work."""
        return self._stream(as_messages(prompt), _settings(max_tokens, temperature, seed, stop, timeout))

    @abstractmethod
    def _stream(self, messages: list[Message], settings: Settings) -> Iterator[str]:
        """Pieces of the answer to checked messages with checked settings."""

    def describe(self) -> str:
        """Where and how the model runs, in one line."""
        return self.name


def as_messages(prompt: Prompt) -> list[Message]:
    """A prompt as messages; a text becomes a message of the user.

    Raises:
        LabError: the text is empty, or a message is not `{"role": ..., "content": ...}`.
    """
    messages: list[Message] = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    if not messages:
        raise LabError("the prompt has no message; give a text, or at least one message")
    for message in messages:
        _check_message(message)
    if not messages[-1]["content"].strip():
        raise LabError("the prompt is empty; give a text to answer")
    return messages


def _check_message(message: Any) -> None:
    if not isinstance(message, Mapping) or set(message) != {"role", "content"}:
        raise LabError(f'a message is {message!r}; allowed: {{"role": "user", "content": "..."}}')
    if message["role"] not in ROLES:
        raise LabError(f"a message has the role {message['role']!r}; allowed: {', '.join(ROLES)}")
    if not isinstance(message["content"], str):
        raise LabError(f"a message's content is {a_kind(message['content'])}; allowed: a text")


def _settings(
    max_tokens: int, temperature: float, seed: int, stop: str | Sequence[str], timeout: float | None
) -> Settings:
    texts = (stop,) if isinstance(stop, str) else tuple(stop)
    return Settings(max_tokens, temperature, seed, texts, timeout)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
