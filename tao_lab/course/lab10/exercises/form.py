"""10.2: a form that lets routes in, and nothing else; judged by what it lets in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab10 import reference as ours
from tao_lab.course.lab10.plainer import as_json
from tao_lab.neurons.work import Json, form_problem
from tao_lab.vectors import AnswerError


def answer_form(towns):
    """The JSON Schema of an answer: {"route": the numbers of all towns, each once, in any order}.

    towns  int  how many there are; they have the numbers 0 to towns - 1

    Returns a dict.
    """
    number = {"type": "integer", "minimum": 0, "maximum": towns - 1}
    return {
        "type": "object",
        "properties": {"route": {"type": "array", "items": number, "minItems": towns, "uniqueItems": True}},
        "required": ["route"],
        "additionalProperties": False,
    }


def samples(towns: int) -> dict[str, Json]:
    """Answers of all kinds, by their descriptions."""
    route = list(range(towns))
    return {
        "a route": {"route": route},
        "a route backwards": {"route": route[::-1]},
        "one town is missing": {"route": route[1:]},
        "the last town is missing": {"route": route[:-1]},
        "a town twice": {"route": [*route[:-1], 0]},
        "one town more": {"route": [*route, 0]},
        "a town that there is not": {"route": [*route[:-1], towns]},
        "a town below 0": {"route": [*route[1:], -1]},
        "half a town": {"route": [*route[:-1], towns - 1.5]},
        "a name": {"route": [*route[:-1], "Rome"]},
        "a text": {"route": "0 1 2"},
        "a remark beside it": {"route": route, "note": "please"},
        "another name": {"answer": route},
        "both names": {"route": route, "answer": route},
        "nothing": {},
        "a bare list": route,
        "null": None,
    }


def read(result: Any, case: Case) -> Values:
    """The samples that the form accepts."""
    result = as_json(result)
    if not isinstance(result, dict):
        raise AnswerError(f"Your function returns {type(result).__name__}; it should return a dict.")
    try:
        Draft202012Validator.check_schema(result)
    except SchemaError as error:
        raise AnswerError(f"This is not a JSON Schema: {error.message[:150]}") from None
    let_in = {name: not form_problem(result, sample) for name, sample in samples(case.arguments["towns"]).items()}
    return {name.replace(" ", "_"): each for name, each in let_in.items()}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    for towns in (3, 4, 12, int(rng.integers(20, 30))):
        yield Case({"towns": towns}, f"{towns} towns, and {len(samples(towns))} answers")


EXERCISE = Exercise(
    id="10.2",
    title="A form that lets routes in, and nothing else",
    solution=answer_form,
    reference=ours.answer_form,
    cases=cases,
    read=read,
    look="What is named below got in, or was kept out: which keyword of JSON Schema decides about it?",
    unlocks="Whatever comes is refused or counted by rules that stand in one place, and every miner can read them.",
    wrong_answers=(
        Edit(
            "no maximum",
            {', "maximum": towns - 1': ""},
            "A town that there is not gets in. The rule that reads its place on the map will fail.",
        ),
        Edit(
            "no minimum",
            {', "minimum": 0': ""},
            "A town below 0 gets in: in a list of Python -1 is the last one.",
        ),
        Edit(
            "from one",
            {'"minimum": 0': '"minimum": 1'},
            "Nothing gets in, not even a route. Is a route a list in your form, and may every town stand in it, "
            "the first and the last one too?",
        ),
        Edit(
            "any length",
            {', "minItems": towns': ""},
            "A route that leaves towns out gets in: the shortest route visits nobody.",
        ),
        Edit(
            "twice", {', "uniqueItems": True': ""}, "The same town may stand twice in your form, in place of another."
        ),
        Edit(
            "more fields",
            {'        "additionalProperties": False,\n': ""},
            "A remark beside the route gets in. Answers that differ in a remark look different, and carry anything.",
        ),
        Edit(
            "not required",
            {'        "required": ["route"],\n': ""},
            "An answer without any route gets in.",
        ),
        Edit(
            "not only objects",
            {'        "type": "object",\n': ""},
            "A bare list and `null` get in: `properties` and `required` speak of objects only. What else is let in?",
        ),
        Edit(
            "floats",
            {'"type": "integer"': '"type": "number"'},
            "Half a town gets in: a place in a list is a whole number.",
        ),
    ),
)
