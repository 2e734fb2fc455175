"""Helpers for the cases of lab 03, and a reader of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.errors import a_kind
from tao_lab.vectors import AnswerError

DIGITS = 9  # of a share, and of joules, that must agree
Rng = np.random.Generator


def read_number(name: str, value: Any) -> float:
    """A float to nine digits, so that the order of a sum does not matter.

    Raises:
        AnswerError: it is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise AnswerError(f"`{name}` is {a_kind(value)}; it should be a number.")
    return float(f"{float(value):.{DIGITS}g}")
