"""Claims that circulate about Bittensor, and the experiments that test them.

A claim's test runs the chain's rules or reads its data and gives a verdict with the numbers behind it. The number is
that of the list in the course's plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tao_lab.cards import Card, Grid, Text, Tone

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


@dataclass(frozen=True, repr=False)
class ClaimResult:
    """A tested claim, as a cell shows it."""

    claim: Claim
    evidence: Evidence

    @property
    def card(self) -> Card:
        """Statement, verdict, numbers."""
        rows = [[what, number] for what, number in self.evidence.numbers.items()]
        title = f"Claim {self.claim.number}: “{self.claim.statement}”"
        blocks = (Text(self.evidence.because), Grid(rows))
        return Card(TONE_OF[self.evidence.verdict], self.evidence.verdict.capitalize(), title, blocks)

    def _repr_html_(self) -> str:
        return self.card._repr_html_()

    def __repr__(self) -> str:
        return repr(self.card)


def check_claim(claim: Claim) -> ClaimResult:
    """Run a claim's test."""
    return ClaimResult(claim, claim.test())
