"""All claims at once, or one at a time. Each experiment runs only once in a notebook."""

from __future__ import annotations

from collections import Counter
from functools import cache

from tao_lab.bars import passing_bar
from tao_lab.cards import Card, Grid, Text
from tao_lab.course import registry
from tao_lab.course.claims import Evidence, Verdict

SIGNS: dict[Verdict, str] = {
    "true": "✔ true",
    "false": "✘ false",
    "outdated": "⚠ outdated",
    "not decidable on chain": "ℹ not decidable",
}


@cache
def evidence(number: int) -> Evidence:
    """The result of a claim's experiment."""
    return registry.claims()[number].test()


def verdict(number: int) -> Card:
    """A claim with its verdict, the numbers behind it, and the date of the rules and data.

    Args:
        number: of the claim.

    Raises:
        UnknownIdError: there is no such claim.
    """
    return registry.find(registry.claims(), number, "claim").card(evidence(number))


def board() -> Card:
    """Every claim with its verdict and its date, in the order of their numbers."""
    claims = [claim for _, claim in sorted(registry.claims().items())]
    with passing_bar(total=len(claims), desc="testing claims", unit="claim") as bar:
        for claim in claims:
            evidence(claim.number)
            bar.update()
    found = [evidence(claim.number).verdict for claim in claims]
    rows = [
        [str(claim.number), claim.statement, SIGNS[said], claim.as_of]
        for claim, said in zip(claims, found, strict=True)
    ]
    counts = Counter(found)
    title = ", ".join(f"{counts[said]} {said}" for said in SIGNS if counts[said])
    grid = Grid(rows, ("", "claim", "verdict", "as of"))
    return Card("info", f"{len(claims)} claims", title, (grid, Text("The cells below have the numbers behind each.")))
