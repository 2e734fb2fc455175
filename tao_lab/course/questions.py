"""*Predict first*: a question with options, and the experiment that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tao_lab.cards import Block


@dataclass(frozen=True)
class Finding:
    """The result of an experiment: the index of the right option, the reason, and the numbers."""

    option: int
    because: str
    evidence: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Question:
    """A question to answer before the experiment runs."""

    id: str
    text: str
    options: tuple[str, ...]
    experiment: Callable[[], Finding]
