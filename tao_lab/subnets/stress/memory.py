"""Cached answers: look up what was right on practice tasks, for the same task, the same part, or the most similar one.

Similarity counts shared fragments: eight letters in a row of a text, twelve pixels in a row of a picture. A rare
fragment counts more. A plagiarism checker works like this, and a cheater needs no more.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any
from zlib import crc32

from tao_lab.neurons.work import Json
from tao_lab.subnets.stress.pieces import canonical

LETTERS = 8  # of a text, in one fragment
PIXELS = 12  # of a picture's row
SHORTEST_FILE = 60  # letters of base64 that may be a picture
KEPT_OF = 4  # one in four fragments of a picture is kept, by a fixed rule ("winnowing")
PNG = "iVBORw0KGgo"  # how every PNG file begins in base64
MOST_HAVING = 8  # things that are remembered for a fragment; the first ones
FEWEST_SHARED = 0.02  # share of its fragments that must be known; with fewer, a thing is a stranger


def fragments(value: Json) -> set[Hashable]:
    """The fragments of a value, to find similar values."""
    if isinstance(value, Mapping):
        return {
            (name, part) if not isinstance(inner, str) else part
            for name, inner in value.items()
            for part in fragments(inner)
        }
    if isinstance(value, list):
        return {part for inner in value for part in fragments(inner)}
    if not isinstance(value, str):
        return {canonical(value)}
    if value.startswith(PNG) and len(value) >= SHORTEST_FILE:
        return _of_picture(value)
    text = " ".join(value.split())
    return {text[place : place + LETTERS] for place in range(max(1, len(text) - LETTERS + 1))}


def _of_picture(text: str) -> set[Hashable]:
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(base64.b64decode(text, validate=True))).convert("RGB")
    except (binascii.Error, OSError, ValueError):
        return {text}
    data, width = picture.tobytes(), 3 * picture.width
    rows = [data[start : start + width] for start in range(0, len(data), width)]
    size = 3 * min(PIXELS, picture.width)
    windows = {row[start : start + size] for row in rows for start in range(0, width - size + 1, 3)}
    return {window for window in windows if crc32(window) % KEPT_OF == 0}


class Memory:
    """Things and the right value for each; `recall` guesses the right value for another thing."""

    def __init__(self) -> None:
        self._exact: dict[str, list[Any]] = defaultdict(list)
        self._values: list[Any] = []
        self._having: dict[Hashable, list[int]] = {}  # the first few
        self._count: Counter[Hashable] = Counter()
        self._strangers: list[Any] = []

    def add(self, thing: Json, value: Any, around: str = "") -> None:
        """Remember a thing. A thing that was a stranger at first shows the right value for strangers.

        Args:
            thing: plain JSON.
            value: the right value for it.
            around: its context; only things with the same context are compared.
        """
        key = around + canonical(thing)
        if key not in self._exact:
            parts = _marked(thing, around)
            if self._values and self._is_stranger(parts):
                self._strangers.append(value)
            for part in parts:
                having = self._having.setdefault(part, [])
                if len(having) < MOST_HAVING:
                    having.append(len(self._values))
            self._count.update(parts)
            self._values.append(value)
        self._exact[key].append(value)

    def recall(self, thing: Json, around: str = "") -> Any:
        """The value of the same thing, or of the most similar one, or of strangers; None if nothing is known.

        Several numbers give their mean; other values give the most frequent one.
        """
        if known := self._exact.get(around + canonical(thing)):
            return middle(known)
        nearest = self._nearest(_marked(thing, around))
        if nearest is not None:
            return self._values[nearest]
        # the newest strangers were compared with the most things
        return middle(self._strangers[len(self._strangers) // 2 :] or self._values)

    def _is_stranger(self, parts: set[Hashable]) -> bool:
        return len(parts & self._having.keys()) < max(1, FEWEST_SHARED * len(parts))

    def _nearest(self, parts: set[Hashable]) -> int | None:
        if self._is_stranger(parts):
            return None
        votes: dict[int, float] = defaultdict(float)
        for part in parts & self._having.keys():
            for place in self._having[part]:
                votes[place] += 1 / self._count[part]
        return max(votes, key=lambda place: (round(votes[place], 9), -place))


def _marked(thing: Json, around: str) -> set[Hashable]:
    return {(around, part) for part in fragments(thing)}


def middle(values: Sequence[Any]) -> Any:
    """The mean of numbers, otherwise the most frequent value; None if there are no values."""
    if not values:
        return None
    if all(isinstance(value, int | float) for value in values):
        return sum(values) / len(values)
    common = Counter(canonical(value) for value in values).most_common(1)[0][0]
    return next(value for value in values if canonical(value) == common)
