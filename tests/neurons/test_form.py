"""What is wrong with an answer's form is found in linear time, however large the answer is."""

from typing import Any

import pytest

from tao_lab.neurons.work import form_problem

LIST = {"type": "array", "uniqueItems": True, "maxItems": 400_000, "items": {"type": ["integer", "string", "object"]}}


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([1, 2, "1", {}], ""),
        ([1, True], "[1]: True is not of type"),
        ([1, 2, 1], "has the same item twice"),
        ([1, 1.0], "has the same item twice"),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], "has the same item twice"),
        ([*range(20_000), *map(str, range(20_000)), {"a": 1}], ""),
        ([[n] for n in range(20_000)], "[19]: [19] is not of type"),
    ],
    ids=["different", "true is not 1", "twice", "1 is 1.0", "objects in another order", "40,001 kinds", "all wrong"],
)
def test_items_are_unique_in_linear_time(items: list[Any], problem: str) -> None:
    found = form_problem(LIST, items)
    assert found.startswith(problem) if problem else found == ""


def test_beyond_its_size_an_answer_is_not_looked_at() -> None:
    schema = {"type": "array", "maxItems": 3, "items": {"type": "string"}}
    assert form_problem(schema, [1] * 200_000) == "breaks the rule `maxItems`"
