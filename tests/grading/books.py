"""Notebooks that students could hand in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tao_lab.course import registry
from tao_lab.grading.submissions import Submission


def cell(text: str, *tags: str, identity: str = "a-cell", kind: str = "code") -> dict[str, Any]:
    """A cell as it is in the file."""
    return {"cell_type": kind, "id": identity, "metadata": {"tags": [*tags]}, "source": text, "outputs": []}


def answer(exercise: str, text: str) -> dict[str, Any]:
    """The tagged cell of an exercise."""
    return cell(text, "exercise", exercise)


def right(exercise: str) -> dict[str, Any]:
    """The tagged cell with a right answer."""
    return answer(exercise, registry.exercises()[exercise].source)


def book(*cells: Mapping[str, Any]) -> bytes:
    """A notebook's file."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def handed_in(folder: Path, student: str, data: bytes, lab: str = "02") -> Submission:
    """A notebook in nbgrader's layout."""
    file = folder / student / lab / "notebook.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return Submission(student, "", file.relative_to(folder).as_posix(), lab, folder)


SET_UP_02 = cell(
    "from bittensor_core import verify\n"
    "from tao_lab.chain.merkle import list_root\n"
    "from tao_lab.course import check\n"
    "from tao_lab.course.lab02.hashing import blake2_128, blake2_256, twox_64, twox_128\n"
)
