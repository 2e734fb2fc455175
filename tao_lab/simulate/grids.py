"""Many scenarios from one: every combination of some values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import product
from typing import Any

from tao_lab.errors import a_kind
from tao_lab.simulate.scenario import Scenario, ScenarioError


def grid(scenario: Scenario, **values: Iterable[Any]) -> list[Scenario]:
    """Every combination of values, the last name changing fastest.

    Example::

        grid(scenario, seed=range(10), **{"hyperparameters.kappa": [32_767, 40_000], "groups.0.stake": [0, 10**12]})

    Args:
        scenario: The values that all of them share.
        **values: Values by field. A path with points names a hyperparameter, a group's field or an option. A group is
            named by its number or its name: `groups.cartel validator.stake`.

    Raises:
        ScenarioError: A path does not exist, a value does not fit, or there are no values.
    """
    columns = {path: list(column) if _many(column) else _refuse(path, column) for path, column in values.items()}
    for path, column in columns.items():
        if not column:
            raise ScenarioError(f"{path} has no values; allowed: a list of at least one")
    found = []
    for combination in product(*columns.values()):
        data = json.loads(scenario.to_json())
        for path, value in zip(columns, combination, strict=True):
            _put(data, path, value)
        found.append(Scenario.from_json(data))
    return found


def _many(column: object) -> bool:
    return isinstance(column, Iterable) and not isinstance(column, str | dict)


def _refuse(path: str, column: object) -> list[Any]:
    raise ScenarioError(f"{path} is {a_kind(column)}; allowed: a list of values")


def _put(data: Any, path: str, value: Any) -> None:
    """Set a value inside decoded JSON; only objects with free names can get new names."""
    *way, last = path.split(".")
    place, free = data, False
    for step in way:
        place = _inside(place, step, path)
        free = step in ("hyperparameters", "options") or free
    if isinstance(place, list):
        place[_index(place, last, path)] = value
    elif isinstance(place, dict) and (free or last in place):
        place[last] = value
    else:
        raise ScenarioError(_nowhere(path, last, place))


def _inside(place: Any, step: str, path: str) -> Any:
    if isinstance(place, list):
        return place[_index(place, step, path)]
    if isinstance(place, dict) and step in place:
        return place[step]
    raise ScenarioError(_nowhere(path, step, place))


def _index(place: list[Any], step: str, path: str) -> int:
    names = [each.get("name", "") if isinstance(each, dict) else "" for each in place]
    if step in names:
        return names.index(step)
    if step.isdecimal() and int(step) < len(place):
        return int(step)
    raise ScenarioError(f"{path}: nothing is called {step!r}; allowed: 0 to {len(place) - 1}, {', '.join(names)}")


def _nowhere(path: str, step: str, place: Any) -> str:
    allowed = ", ".join(place) if isinstance(place, dict) else "nothing"
    return f"{path}: nothing is called {step!r}; allowed: {allowed or 'nothing'}"


def parameters(scenario: Scenario) -> dict[str, Any]:
    """Every value of a scenario by its path, as `grid` takes it; groups by their names."""
    data = json.loads(scenario.to_json())
    data["groups"] = {group["name"]: group for group in data["groups"]}
    return dict(_flat(data, ""))


def _flat(data: Any, path: str) -> Iterable[tuple[str, Any]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _flat(value, f"{path}.{name}" if path else name)
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _flat(value, f"{path}.{number}")
    else:
        yield path, data
