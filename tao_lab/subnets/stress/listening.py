"""Run the validator's check on the attacker's machine, and record every value that its functions return.

Anyone with the program can do that. If the check computes the value that it compares an answer with, this value is the
best answer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType
from typing import Any

from tao_lab.neurons.work import Answer, Json, Round, Subnet, Task

MOST_CALLS = 200  # that are recorded in one check

Name = tuple[str, int]  # name of the function, and number of the call


def overheard(subnet: Subnet, asked: Round, probe: Json) -> dict[Name, Any]:
    """The values that the functions of the check returned while they scored an answer, by name and number of the call.

    Args:
        subnet: the kind of work.
        asked: the round; its secret may come from another round.
        probe: an answer in the right form.
    """
    heard: dict[Name, Any] = {}

    def note(name: str, value: Any) -> None:
        number = sum(known == name for known, _ in heard)
        if len(heard) < MOST_CALLS:
            heard[name, number] = value

    with _spies(_space(subnet), note):
        subnet.score(asked, [Answer(probe)])
    return heard


def converters(subnet: Subnet, task: Task) -> dict[str, Callable[[Any], Any]]:
    """The kind's own functions of one argument that the honest miner calls, by name.

    One of them may turn a recorded value into an answer. Functions that were not called are left out.
    """
    space, called = _space(subnet), set()
    honest = next(iter(subnet.miners().values()))
    with _spies(space, lambda name, _: called.add(name)):
        honest(task)
    return {name: function for name, function in _functions(space) if name in called and len(_needed(function)) == 1}


def _space(subnet: Subnet) -> dict[str, Any]:
    """The names in the module that defines the check."""
    space: dict[str, Any] = getattr(inspect.unwrap(subnet.score), "__globals__", {})
    return space


def _functions(space: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in list(space.items()):
        if callable(value) and not inspect.isclass(value) and not isinstance(value, BuiltinFunctionType):
            inner = getattr(value, "__wrapped__", value)
            if inspect.isfunction(inner):
                yield name, value


def _needed(function: Any) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


@contextmanager
def _spies(space: dict[str, Any], note: Callable[[str, Any], None]) -> Iterator[None]:
    """Inside the block, record what every function of a module returns; cached functions are left out."""

    def spy(name: str, function: Any) -> Any:
        inner = getattr(function, "__wrapped__", function) if hasattr(function, "cache_clear") else function

        def told(*arguments: Any, **options: Any) -> Any:
            value = inner(*arguments, **options)
            note(name, value)
            return value

        return told

    before = dict(_functions(space))
    try:
        for name, function in before.items():
            space[name] = spy(name, function)
        yield
    finally:
        space.update(before)
