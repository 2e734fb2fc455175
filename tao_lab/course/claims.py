"""Claims that circulate about Bittensor, and the experiments that test them.

A claim's test runs the chain's rules or reads its data and gives a verdict with the numbers behind it. The number is
that of the list in the course's plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from tao_lab.cards import Card, Grid, Text, Tone
from tao_lab.course.asking import Asked

Verdict = Literal["true", "false", "outdated", "not decidable on chain"]
TONE_OF: dict[str, Tone] = {"true": "right", "false": "wrong", "outdated": "raised", "not decidable on chain": "info"}


@dataclass(frozen=True)
class Evidence:
    """A verdict, the reason in words, and the measured numbers by what they measure."""

    verdict: Verdict
    because: str
    numbers: dict[str, str]


@dataclass(frozen=True)
class Claim:
    """A statement and its test."""

    number: int
    statement: str
    test: Callable[[], Evidence]


class AskedClaim(Asked):
    """A claim as a cell shows it: it asks for the student's verdict, then runs its test and shows its own."""

    before = "Your verdict first."
    button = "This is my verdict"

    def __init__(self, claim: Claim, choice: int | None = None):
        """Ask for a verdict.

        Args:
            claim: what is said.
            choice: number of a verdict, from 1, to answer from Python; None leaves it to the widget.

        Raises:
            PredictionError: there is no such verdict.
        """
        self.claim = claim
        text = f"Claim {claim.number}: “{claim.statement}”"
        super().__init__(f"claim {claim.number}", text, get_args(Verdict), choice)

    @cached_property
    def evidence(self) -> Evidence:
        """What the claim's test found; it runs at the first access."""
        return self.claim.test()

    def answer(self, made: str) -> Card:
        """Statement, verdict, numbers, beside the student's verdict."""
        verdict = self.evidence.verdict
        rows = [[what, number] for what, number in self.evidence.numbers.items()]
        said = "That was your verdict, too." if made == verdict else f"Your verdict was: “{made}”."
        blocks = (Text(said), Text(self.evidence.because), Grid(rows))
        return Card(TONE_OF[verdict], verdict.capitalize(), self.text, blocks)

    def from_python(self) -> str:
        """How to answer where there is nothing to click."""
        return f"claim({self.claim.number}, 1) records that your verdict is the first."
