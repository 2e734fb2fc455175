"""The discussion questions of the course as essays: a person reads them, with these rubrics.

A cell of the notebook with the tags `["essay", "10.e1"]` contains the text. The grader shows it together with its
rubric.
"""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.cards import Card, Grid, Text
from tao_lab.course import registry

WORDS = 200  # a good length


@dataclass(frozen=True)
class Criterion:
    """One criterion for the reader, and its points."""

    looks_for: str
    points: int


@dataclass(frozen=True)
class Essay:
    """One question, and how its answer is graded.

    Attributes:
        id: also a tag of its cell.
        question: in the course's words.
        rubric: the criteria with their points.
    """

    id: str
    question: str
    rubric: tuple[Criterion, ...]

    @property
    def points(self) -> int:
        """The maximum number of points."""
        return sum(criterion.points for criterion in self.rubric)


NUMBER = Criterion("names a number that the labs measured, with the lab it is from", 2)
OTHER_SIDE = Criterion("states the strongest reason against its own view, and answers it", 2)


def _essay(number: int, question: str, *criteria: Criterion) -> Essay:
    return Essay(f"10.e{number}", question, (*criteria, NUMBER, OTHER_SIDE))


ESSAYS = (
    _essay(
        1,
        "Can such a network compete with large companies' AI platforms?",
        Criterion("compares at least two of: quality of answers, cost, speed, trust", 2),
        Criterion("says for which kind of work the answer differs", 2),
    ),
    _essay(
        2,
        "What are the risks of having a chain pay for model validation and training?",
        Criterion("names a way to be paid without the work, and what it costs to close it", 2),
        Criterion("separates what validators can do wrong from what miners can", 2),
    ),
    _essay(
        3,
        "What sets it apart from other decentralized AI projects?",
        Criterion("names another project, and one mechanism in which the two differ", 2),
        Criterion("says which of them the chain enforces, and which rests on people", 2),
    ),
    _essay(
        4,
        "Does capital still win?",
        Criterion("follows stake into weights, or TAO into a pool's price and emission", 2),
        Criterion("says what a person without capital can earn, and from whom", 2),
    ),
    _essay(
        5,
        "Who answers for an unethical answer?",
        Criterion("goes through user, miner, validator, subnet owner, and what each of them knows", 2),
        Criterion("says what the chain records of an answer, and what it does not", 2),
    ),
    _essay(
        6,
        "Why does this need a blockchain at all, and which parts do not?",
        Criterion("names a part that fails without one, and who would have to be trusted instead", 2),
        Criterion("names a part that works as well without", 2),
    ),
)


def rubric(essay: str) -> Card:
    """How an essay is graded.

    Args:
        essay: id, for example "10.e1".

    Raises:
        UnknownIdError: there is no such essay.
    """
    known = registry.find({one.id: one for one in ESSAYS}, essay, "essay")
    rows = [[criterion.looks_for, str(criterion.points)] for criterion in known.rubric]
    said = Text(f"About {WORDS} words. A person reads it; nothing here is checked by a program.")
    return Card("info", f"{known.points} points", known.question, (Grid(rows, ("a reader looks for", "points")), said))
