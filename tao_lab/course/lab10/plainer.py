"""What a student's function returned, as plain JSON: tuples and arrays are as good as lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.course.plain import plain


def as_json(value: Any) -> Any:
    """Lists, dicts and Python's own numbers and texts, all the way down; anything else is handed on unchanged.

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
