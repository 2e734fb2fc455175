"""A student's record, in one small file beside the notebook.

The file is JSON and is always written completely, so it is never incomplete. If the file cannot be read, it is renamed,
with a notice. If the folder cannot be written, the record is lost, but the lab still works.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE_NAME = ".tao-lab-progress.json"
FORMAT = "tao-lab/progress/1"


@dataclass(frozen=True)
class Record:
    """The contents of the file.

    Attributes:
        exercises: by id: `state` (of the last check), `checks` (how many), `right_at` (when first right, or None).
        predictions: by id of a question, or "claim 5": `choice` and `at` of the answer that counts.
        notice: a message about the file for the student; empty if there is no problem.
        keeps: whether the file can be written without losing its contents.
    """

    exercises: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    predictions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notice: str = ""
    keeps: bool = True

    def is_right(self, exercise: str) -> bool:
        """Whether an exercise was right when it was last checked."""
        return self.exercises.get(exercise, {}).get("state") == "right"

    def was_right(self, exercise: str) -> bool:
        """Whether an exercise was right at some time."""
        return bool(self.exercises.get(exercise, {}).get("right_at"))


def path() -> Path:
    """The file of the record, in the working directory; for a notebook this is its own folder."""
    return Path.cwd() / FILE_NAME


def load() -> Record:
    """Read the record; a damaged file is renamed, and an empty record begins."""
    file = path()
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f'"format" is not "{FORMAT}"')
        return Record(_entries(data, "exercises"), _entries(data, "predictions"))
    except FileNotFoundError:
        return Record()
    except OSError as error:
        return Record(
            notice=f"The record of your progress cannot be read ({error.strerror}): {FILE_NAME}.", keeps=False
        )
    except (ValueError, RecursionError):
        return _set_aside(file)


def _entries(data: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    entries = data.get(name, {})
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ValueError(f"{name} is not an object of objects")
    return entries


def _set_aside(file: Path) -> Record:
    aside = file.with_name(f".tao-lab-progress.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json")
    try:
        file.rename(aside)
    except OSError as error:
        notice = f"The record of your progress is damaged and cannot be moved ({error.strerror}): {FILE_NAME}."
        return Record(notice=notice, keeps=False)
    return Record(notice=f"The record of your progress was damaged: it is now {aside.name}, and a new one begins.")


def record_check(exercise: str, state: str) -> str:
    """Record the result of a check; returns a notice if there is a problem with the file.

    Nothing is recorded for a function that has always been blank.
    """
    record = load()
    if state == "not started" and exercise not in record.exercises:
        return ""
    old = record.exercises.get(exercise, {})
    checks = old.get("checks", 0)
    entry = {
        "state": state,
        "checks": (checks if isinstance(checks, int) else 0) + 1,
        "right_at": old.get("right_at") or (_now() if state == "right" else None),
    }
    return _save(replace(record, exercises={**record.exercises, exercise: entry}))


def record_prediction(question: str, choice: str) -> str:
    """Record a student's prediction."""
    record = load()
    entry = {"choice": choice, "at": _now()}
    return _save(replace(record, predictions={**record.predictions, question: entry}))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _save(record: Record) -> str:
    if not record.keeps:
        return record.notice
    data = {"format": FORMAT, "exercises": dict(record.exercises), "predictions": dict(record.predictions)}
    file = path()
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=FILE_NAME, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as part:
                json.dump(data, part, indent=1, sort_keys=True)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        return f"Your progress is not kept: {FILE_NAME} cannot be written here ({error.strerror})."
    return record.notice
