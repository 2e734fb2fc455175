"""The parts of a task and of a secret, by place: values, columns of lists, and the orders that they give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tao_lab.neurons.work import Json

Path = tuple[str, ...]
MOST_DEPTH = 4


def values(content: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every value of a task or a secret with its place, also inside objects, but not inside lists."""
    if path:
        yield path, content
    if isinstance(content, Mapping) and len(path) < MOST_DEPTH:
        for name, part in content.items():
            yield from values(part, (*path, str(name)))


def at(content: Json, path: Path) -> Json:
    """The value at a place.

    Raises:
        KeyError: there is no value at this place.
    """
    for name in path:
        content = content[name]
    return content


def canonical(value: Json) -> str:
    """The same text for equal values."""
    try:
        return json.dumps(value, sort_keys=True, default=str)
    except (TypeError, ValueError):  # a secret may not be JSON: keys of other types, or a value inside itself
        return repr(value)


@dataclass(frozen=True)
class Reading:
    """A way to turn a value into a part of an answer: its name, and the function."""

    name: str
    read: Callable[[Json], Json]


def _truth(value: Sequence[Any], yes: float = 1.0) -> list[float]:
    return [yes if part else 1.0 - yes for part in value]


def _ranks(value: Sequence[Any]) -> list[float]:
    order = sorted(range(len(value)), key=lambda place: value[place])
    ranks = [0.0] * len(value)
    for rank, place in enumerate(order):
        ranks[place] = rank / max(1, len(value) - 1)
    return ranks


def _keys(value: Mapping[str, Any], sign: int) -> list[str]:
    return sorted(value, key=lambda name: sign * value[name])


# from a value to a part of an answer; each raises an error if it makes no sense
READINGS = (
    Reading("as it is", lambda value: value),
    Reading("as ones and zeros", lambda value: _truth(value)),
    Reading("as zeros and ones", lambda value: _truth(value, 0.0)),
    Reading("its keys, the largest first", lambda value: _keys(value, -1)),
    Reading("its keys, the smallest first", lambda value: _keys(value, 1)),
    Reading("as places in its order", lambda value: _ranks(value)),
    Reading("backwards", lambda value: list(reversed(value)) if isinstance(value, list) else value[::-1]),
)


def columns(content: Json) -> Iterator[tuple[str, Json]]:
    """The task's values, and for each list of objects: the values of each field, their sizes, and both orders."""
    for path, value in values(content):
        name = ".".join(path)
        yield name, value
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            yield f"sizes of {name}", [len(part) for part in value]
        if not isinstance(value, list) or not value or not all(isinstance(part, Mapping) for part in value):
            continue
        fields = [field for field in value[0] if all(field in part for part in value)]
        for field in fields:
            column = [part[field] for part in value]
            yield f"{name}.{field}", column
            sized = [len(cell) for cell in column] if all(isinstance(cell, str) for cell in column) else column
            if sized is not column:
                yield f"sizes of {name}.{field}", sized
            for key in fields:
                names = [part[key] for part in value]
                if key != field and all(isinstance(cell, str) for cell in names):
                    yield f"{name}.{key} by {field}", dict(zip(names, sized, strict=True))
