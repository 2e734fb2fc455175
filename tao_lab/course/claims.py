"""Claims that people make about Bittensor, and the experiments that test them.

A claim's test runs the chain's rules or reads its data. It returns a verdict with the numbers behind it. The claims are
numbered as in the list of the course's plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from tao_lab import RULES_AS_OF
from tao_lab.cards import Card, Grid, Text, Tone
from tao_lab.course.asking import Asked

Verdict = Literal["true", "false", "outdated", "not decidable on chain"]
RULES = f"the chain's rules of {RULES_AS_OF}"
SUBNET_15 = f"{RULES}; subnet 15 at block 4,769,998 (January 2025)"
TONE_OF: dict[str, Tone] = {"true": "right", "false": "wrong", "outdated": "raised", "not decidable on chain": "info"}


@dataclass(frozen=True)
class Evidence:
    """A verdict, the reason in words, and the measured numbers by what they measure."""

    verdict: Verdict
    because: str
    numbers: dict[str, str]


@dataclass(frozen=True)
class Claim:
    """A statement and its test.

    Attributes:
        number: of the list in the course's plan.
        statement: the claim as people make it.
        test: the experiment.
        as_of: date or version of the rules and data on which the verdict depends.
    """

    number: int
    statement: str
    test: Callable[[], Evidence]
    as_of: str = RULES

    def card(self, evidence: Evidence, said: str = "") -> Card:
        """Statement, verdict, numbers and date.

        Args:
            evidence: what the test found.
            said: a sentence about the student's own verdict.
        """
        rows = [[what, number] for what, number in evidence.numbers.items()]
        words = (Text(said),) if said else ()
        blocks = (*words, Text(evidence.because), Grid(rows), Text(f"As of: {self.as_of}."))
        title = f"Claim {self.number}: “{self.statement}”"
        return Card(TONE_OF[evidence.verdict], evidence.verdict.capitalize(), title, blocks)


class AskedClaim(Asked):
    """A claim as a cell shows it: it asks for the student's verdict, then runs its test and shows its own."""

    before = "Your verdict first."
    button = "This is my verdict"

    def __init__(self, claim: Claim, choice: int | None = None):
        """Ask for a verdict.

        Args:
            claim: the claim.
            choice: number of a verdict, from 1, to answer from Python; None leaves it to the widget.

        Raises:
            PredictionError: there is no such verdict.
        """
        self.claim = claim
        text = f"Claim {claim.number}: “{claim.statement}”"
        super().__init__(f"claim {claim.number}", text, get_args(Verdict), choice)

    @cached_property
    def evidence(self) -> Evidence:
        """The result of the claim's test, which runs at the first access."""
        return self.claim.test()

    def answer(self, made: str) -> Card:
        """Statement, verdict, numbers and date, beside the student's verdict."""
        same = made == self.evidence.verdict
        said = "That was your verdict, too." if same else f"Your verdict was: “{made}”."
        return self.claim.card(self.evidence, said)

    def from_python(self) -> str:
        """How to answer where there is nothing to click."""
        return f"claim({self.claim.number}, 1) records that your verdict is the first."
