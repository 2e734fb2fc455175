"""How similar the answers of two students are: numbers to look at, not a verdict.

Names, comments and layout do not count: an answer is the sequence of its Python tokens, and all its own names count as
the same token. Short answers are left out, because there is only one way to write them. Parts that most of the class
has are left out too. The same *wrong* answer is the strongest sign, so it is shown separately.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from tao_lab.grading.grade import RIGHT, WRONG, Graded

GRAM = 5  # tokens that are compared at once
SHORTEST = 40  # tokens of an answer; shorter ones are always similar
COMMON = 0.5  # share of the class; parts that more students have are ignored
LEAST = 0.5  # pairs with a smaller share are not listed
MOST_PAIRS = 40
SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True)
class Pair:
    """Two students.

    Attributes:
        one, other: names.
        share: share of the rarer parts of their answers that both have, 0 to 1.
        compared: exercises for which both have answers of sufficient length.
        alike: ids of exercises with nearly the same answers.
        same_wrong: ids of exercises with nearly the same wrong answers.
    """

    one: str
    other: str
    share: float
    compared: int
    alike: tuple[str, ...]
    same_wrong: tuple[str, ...]


def tokens(text: str) -> list[str]:
    """An answer's tokens without docstring and comments, its names as `n`."""
    found, previous = [], ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in SKIPPED:
                continue
            if token.type == tokenize.STRING and previous in (":", ""):
                continue
            own = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
            found.append("n" if own else token.string)
            previous = token.string
    except (tokenize.TokenError, SyntaxError, ValueError):
        return found
    return found


def _grams(text: str) -> frozenset[tuple[str, ...]]:
    found = tokens(text)
    if len(found) < SHORTEST:
        return frozenset()
    return frozenset(tuple(found[place : place + GRAM]) for place in range(len(found) - GRAM + 1))


def pairs(grades: Iterable[Graded]) -> list[Pair]:
    """Pairs of students with similar answers, the most similar first."""
    grams: dict[str, dict[str, frozenset[tuple[str, ...]]]] = defaultdict(dict)
    states: dict[tuple[str, str], str] = {}
    for graded in grades:
        for mark in graded.marks:
            if mark.state in (RIGHT, WRONG) and (parts := _grams(mark.text)):
                grams[mark.exercise][graded.student] = parts
                states[mark.exercise, graded.student] = mark.state
    shares: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for exercise, by_student in grams.items():
        rare = _rare(list(by_student.values()))
        for one, other in combinations(sorted(by_student), 2):
            first, second = by_student[one] & rare, by_student[other] & rare
            together = len(first | second)
            shares[one, other].append((exercise, len(first & second) / together if together else 0.0))
    found = [_pair(one, other, each, states) for (one, other), each in shares.items()]
    return sorted((pair for pair in found if pair.share >= LEAST or pair.same_wrong), key=_order)[:MOST_PAIRS]


def _rare(all_grams: Sequence[frozenset[tuple[str, ...]]]) -> frozenset[tuple[str, ...]]:
    """The parts that at most a share of the class has; with three answers or fewer, everything."""
    counts = Counter(gram for grams in all_grams for gram in grams)
    most = max(2, COMMON * len(all_grams))
    return frozenset(gram for gram, count in counts.items() if count <= most)


def _pair(one: str, other: str, each: list[tuple[str, float]], states: dict[tuple[str, str], str]) -> Pair:
    alike = tuple(exercise for exercise, share in each if share >= 0.9)
    wrong = tuple(e for e in alike if states[e, one] == states[e, other] == WRONG)
    return Pair(one, other, sum(share for _, share in each) / len(each), len(each), alike, wrong)


def _order(pair: Pair) -> tuple[float, float, str, str]:
    return -len(pair.same_wrong), -pair.share, pair.one, pair.other
