"""Cached answers: what was right on practised tasks is looked up, whole, by element, or by what is most alike.

Likeness counts shared fragments: eight letters in a row of a text, twelve pixels in a row of a picture. A fragment that
few have says more. That is how a plagiarism checker works, and all that a cheater needs.
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

LETTERS = 8  # of a text that make a fragment
PIXELS = 12  # of a picture's row
SHORTEST_FILE = 60  # letters of base64 that may be a picture
KEPT_OF = 4  # of the pictures' fragments one in four is kept, the same ones everywhere: "winnowing"
PNG = "iVBORw0KGgo"  # how every PNG file begins in base64
MOST_HAVING = 8  # things that are kept for a fragment; the first ones
FEWEST_SHARED = 0.02  # of its fragments that something must share with what is remembered; else it is a stranger


def fragments(value: Json) -> set[Hashable]:
    """What a value shares with others that are like it."""
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
    """Things with what was right for them; `recall` says what is right for another one."""

    def __init__(self) -> None:
        self._exact: dict[str, list[Any]] = defaultdict(list)
        self._values: list[Any] = []
        self._having: dict[Hashable, list[int]] = {}  # the first few
        self._count: Counter[Hashable] = Counter()
        self._strangers: list[Any] = []

    def add(self, thing: Json, value: Any, around: str = "") -> None:
        """Remember one; what was a stranger when it came says what strangers are.

        Args:
            thing: plain JSON.
            value: what was right for it.
            around: what it stood in; only things with the same around them are compared.
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
        """What is right for a thing: of the same one, of the one most like it, of strangers; None if nothing is known.

        Of several values numbers give their mean, others the most frequent.
        """
        if known := self._exact.get(around + canonical(thing)):
            return middle(known)
        nearest = self._nearest(_marked(thing, around))
        if nearest is not None:
            return self._values[nearest]
        # the newest strangers met the fullest memory
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
    """Mean of numbers, else the most frequent value; None of nothing."""
    if not values:
        return None
    if all(isinstance(value, int | float) for value in values):
        return sum(values) / len(values)
    common = Counter(canonical(value) for value in values).most_common(1)[0][0]
    return next(value for value in values if canonical(value) == common)
