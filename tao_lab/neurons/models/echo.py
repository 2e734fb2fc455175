"""A model that repeats the prompt: for tests and demonstrations in which the answer does not matter."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.neurons.models.base import Message, Model, Settings
from tao_lab.neurons.models.text import pieces


class Echo(Model):
    """Answers with the user's last message; each word is a token."""

    name = "echo"

    def _stream(self, messages: list[Message], settings: Settings) -> Iterator[str]:
        words = messages[-1]["content"].split(" ")[: settings.max_tokens]
        return pieces(range(len(words)), lambda seen: " ".join(words[: len(seen)]), settings.stop)
