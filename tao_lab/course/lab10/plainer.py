"""A student's result as plain JSON: tuples and arrays count as lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.course.plain import plain


def as_json(value: Any) -> Any:
    """Convert a value into lists, dicts, and Python's own numbers and texts; other values are returned unchanged.

    Raises:
        AnswerError: it has far too many entries.
    """
    return _lists(plain(value))


def _lists(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_lists(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _lists(entry) for key, entry in value.items()}
    return value
