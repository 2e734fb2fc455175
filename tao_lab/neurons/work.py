"""A subnet's work: validators send tasks, miners send answers, and the kind of work scores them.

A kind of work is a `Subnet`; `tao_lab/subnets/` has one in each file. The miner's server and the validator's loop use
only what is defined here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, Protocol

Json = Any
MOST_ERRORS = 20  # errors in an answer's form that are compared; a hostile answer can have 100,000
SIZES = ("maxItems", "maxLength", "maxProperties")  # if a size is too large, nothing else is checked


@dataclass(frozen=True)
class Task:
    """What a validator sends to miners.

    Attributes:
        id: unique; an answer names it.
        kind: of the subnet's work, for example "text".
        content: everything that a miner needs for an answer, as plain JSON; never the solution.
        seconds: time limit for the answer.
    """

    id: str
    kind: str
    content: Mapping[str, Json]
    seconds: float = 12.0


@dataclass(frozen=True)
class Answer:
    """One miner's answer to a task, or the reason why there is none.

    Attributes:
        content: plain JSON in the form of the kind's `answer_schema`; None if no answer came.
        seconds: time it took, measured by the validator.
        problem: why there is no answer ("timeout", "refused", "malformed", ...); empty if there is one.
    """

    content: Json
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class Score:
    """A validator's score for an answer.

    Attributes:
        value: 0 to 1.
        reason: the reason in words, for the miner.
    """

    value: float
    reason: str


Forward = Callable[[Task], Json]  # a miner: from a task to an answer's content


@dataclass(frozen=True)
class Round:
    """One task, and its secret, which only the validator knows."""

    task: Task
    secret: Mapping[str, Json] = field(default_factory=dict)


class Subnet(Protocol):
    """A kind of work.

    Attributes:
        kind: its short name.
        title: what it is about, in a few words.
        answer_schema: JSON Schema of an answer's content; an answer that does not fit it scores zero.
        weakness: the known way to earn without doing the work.
        exploit: the name, in `miners()`, of the miner that uses the weakness.
        source: where its data come from, with their licence.
    """

    kind: str
    title: str
    answer_schema: Mapping[str, Json]
    weakness: str
    exploit: str
    source: str

    def make_round(self, seed: int) -> Round:
        """A task; the same seed gives the same task."""
        ...

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """A score for each answer, in their order; an answer without content or with a wrong form gets zero."""
        ...

    def miners(self) -> Mapping[str, Forward]:
        """Miners by name: first "honest", then at least two that cheat."""
        ...


def task_id(kind: str, seed: int) -> str:
    """A task's name. Nobody can compute the seed from it; with the seed, anyone could make the secret too.

    So validators draw random seeds from a large range. Small seeds are for lessons and tests.
    """
    return f"{kind}-{sha256(f'{kind} {seed}'.encode()).hexdigest()[:16]}"


def form_problem(schema: Mapping[str, Json], content: Json) -> str:
    """What is wrong with the form of an answer's content, in words; empty if it fits the schema.

    Numbers that JSON does not have (NaN, infinity) and values that are not JSON fit no schema.
    """
    from jsonschema.exceptions import best_match

    try:
        plain = json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        return f"is not plain JSON: {error}"[:200]
    errors: list[Any] = []
    for found in _validator()(schema).iter_errors(plain):
        errors.append(found)
        if len(errors) == MOST_ERRORS or found.validator in SIZES:
            break
    broken = best_match(errors)
    if broken is None:
        return ""
    where = f"{broken.json_path.removeprefix('$').lstrip('.')}: " if len(broken.json_path) > 1 else ""
    return where + (broken.message if len(broken.message) < 200 else f"breaks the rule `{broken.validator}`")


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators  # take long to load, and most commands check no answer

    extend: Any = validators.extend
    return extend(Draft202012Validator, {"uniqueItems": _unique_items})


def _unique_items(_: Any, wanted: bool, items: Json, schema: Json) -> Iterator[Exception]:
    """The keyword `uniqueItems` in linear time: for items that can't be sorted, `jsonschema` compares all pairs."""
    from jsonschema.exceptions import ValidationError

    if wanted and isinstance(items, list) and len({_equal(one) for one in items}) < len(items):
        yield ValidationError("has the same item twice")


def _equal(item: Json) -> tuple[bool, Json]:
    """A key that is the same for equal JSON values: 1 equals 1.0, but not true."""
    is_number = isinstance(item, int | float) and not isinstance(item, bool)
    return is_number, item if is_number else json.dumps(item, sort_keys=True)


def score_each(
    schema: Mapping[str, Json], answers: Sequence[Answer], judge: Callable[[Json, Answer], Score]
) -> list[Score]:
    """Scores in the order of the answers; `judge(content, answer)` gets only answers that fit the schema."""
    scores = []
    for answer in answers:
        if answer.problem or answer.content is None:
            scores.append(Score(0.0, f"no answer: {answer.problem or 'nothing came'}"))
        elif problem := form_problem(schema, answer.content):
            scores.append(Score(0.0, f"wrong form: {problem}"))
        else:
            scores.append(judge(answer.content, answer))
    return scores
