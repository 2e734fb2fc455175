"""Make answers from their form alone: the JSON Schema lists the options for each place, and a recipe chooses."""

from __future__ import annotations

import itertools
import string
import sys
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from tao_lab.neurons.work import Json

MOST_ITEMS = 100  # of an array without a limit
LARGEST = 2_000  # items or letters; a form that demands more gets no answer
LARGEST_FLOAT = sys.float_info.max
MOST_WORDS = 6  # words that are tried in one place

Recipe = Mapping[str, int]  # place in the form: number of the chosen option


def options(schema: Json, words: Sequence[str] = (), place: str = "$") -> dict[str, int]:
    """How many options there are for each place of a form.

    Args:
        schema: JSON Schema of an answer.
        words: texts to try where the form demands a text.
        place: place of this schema in the whole form; for the recursion.
    """
    kind = _kind(schema)
    if kind == "object":
        found: dict[str, int] = {}
        for name, part in schema.get("properties", {}).items():
            found |= options(part, words, f"{place}.{name}")
        return found
    if kind == "array":
        return {place: 2, **options(_items(schema), words, f"{place}[]")}
    return {place: len(_values(schema, words, 0))}


def answer(schema: Json, recipe: Recipe, words: Sequence[str] = (), place: str = "$", index: int = 0) -> Json:
    """An answer in the schema's form with the options of a recipe; without one, the first option of a place."""
    kind = _kind(schema)
    if kind == "object":
        parts = schema.get("properties", {})
        return {name: answer(part, recipe, words, f"{place}.{name}", index) for name, part in parts.items()}
    if kind == "array":
        least = min(int(schema.get("minItems", 0)), LARGEST)
        length = max(least, min(int(schema.get("maxItems", MOST_ITEMS)), MOST_ITEMS)) if recipe.get(place) else least
        return [answer(_items(schema), recipe, words, f"{place}[]", number) for number in range(length)]
    values = _values(schema, words, index)
    return values[recipe.get(place, 0) % len(values)]


def recipes(places: Mapping[str, int], most: int, random: Random) -> Iterator[dict[str, int]]:
    """Every choice of options if there are few, otherwise random ones; the first options first."""
    total = 1
    for count in places.values():
        total *= count
    if total <= most:
        for choice in itertools.product(*(range(count) for count in places.values())):
            yield dict(zip(places, choice, strict=True))
        return
    yield dict.fromkeys(places, 0)
    for _ in range(most - 1):
        yield {place: random.randrange(count) for place, count in places.items()}


def _kind(schema: Json) -> str:
    if not isinstance(schema, Mapping):  # True and False are schemas too: everything and nothing is allowed
        return "null"
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    return str(kinds if isinstance(kinds, str) else next((kind for kind in kinds if kind != "null"), "null"))


def _items(schema: Json) -> Json:
    items = schema.get("items")
    return items if isinstance(items, dict) else {"type": "integer"}


def _values(schema: Json, words: Sequence[str], index: int) -> list[Json]:
    """The options for one place; the same number of options for every index."""
    kind = _kind(schema)
    if isinstance(schema, Mapping) and "enum" in schema:
        values = list(schema["enum"]) or [None]
    elif kind in ("integer", "number"):
        whole = kind == "integer"
        low, high = schema.get("minimum", 0), schema.get("maximum", 10**6)
        middle = (low + high) // 2 if whole or abs(low + high) > LARGEST_FLOAT else (low + high) / 2
        counted = min(low + index, high)
        values = [low, high, middle, counted]
        if not whole and all(abs(value) <= LARGEST_FLOAT for value in values):
            values = [float(value) for value in values]
    elif kind == "boolean":
        values = [False, True]
    elif kind == "string":
        least, most = min(int(schema.get("minLength", 0)), LARGEST), int(schema.get("maxLength", 10**6))
        filler = (string.ascii_letters * (least // 52 + 1))[: max(least, 1)]
        joined = ", ".join(dict.fromkeys(words))
        values = [filler, *(word[:most] for word in [*words[:MOST_WORDS], joined])]
    else:
        values = [None]
    return (
        [*values, None]
        if isinstance(schema, Mapping) and isinstance(schema.get("type"), list) and "null" in schema["type"]
        else values
    )
