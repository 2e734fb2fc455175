"""The points of each exercise, from an instructor's file, and other functions of the lab that answers may use."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tao_lab.course import registry
from tao_lab.errors import LabError

ALLOWED = (
    'a TOML or JSON file as {"points": {"default": 1, "06": 10, "06.6": 4}, '
    '"allow": {"08.3": ["tao_lab.economy.price"]}}'
)


class MarksError(LabError):
    """The file of points is invalid."""


@dataclass(frozen=True)
class Weights:
    """Points.

    Attributes:
        points: of an exercise ("06.6"), of a whole lab ("06": its exercises share them), or "default" for all others.
        allow: by exercise, other names of the lab (`module.name`) that answers may use.
    """

    points: Mapping[str, float] = field(default_factory=dict)
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, exercise: str) -> float:
        """Points for an exercise; exercises without points of their own share the lab's points equally."""
        if exercise in self.points:
            return self.points[exercise]
        lab = exercise[:2]
        if lab not in self.points:
            return self.points.get("default", 1.0)
        all_of_lab = [known for known in registry.exercises() if known.startswith(f"{lab}.")]
        own = [known for known in all_of_lab if known in self.points]
        left = self.points[lab] - sum(self.points[known] for known in own)
        return max(0.0, left) / (len(all_of_lab) - len(own))


def load(file: Path | None) -> Weights:
    """Points from a file; without one, every exercise is worth one point.

    Raises:
        MarksError: the file cannot be read, or names an unknown lab or exercise.
    """
    if file is None:
        return Weights()
    try:
        text = file.read_text(encoding="utf-8")
        data = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise MarksError(f"{file}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise MarksError(f"{file}: {error}; allowed: {ALLOWED}") from error
    if not isinstance(data, dict) or not set(data) <= {"points", "allow"}:
        raise MarksError(f"{file}: has other entries than points and allow; allowed: {ALLOWED}")
    labs = {known[:2] for known in registry.exercises()}
    points = {str(name): _points(file, str(name), value, labs) for name, value in data.get("points", {}).items()}
    allow = {str(name): _names(file, str(name), value) for name, value in data.get("allow", {}).items()}
    return Weights(points, allow)


def _points(file: Path, name: str, value: Any, labs: set[str]) -> float:
    if name not in labs | {"default"}:
        registry.find(registry.exercises(), name, f"{file}: points of exercise")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise MarksError(f"{file}: points of {name} are {value!r}; allowed: a number from 0 on")
    return float(value)


def _names(file: Path, name: str, value: Any) -> tuple[str, ...]:
    registry.find(registry.exercises(), name, f"{file}: allow for exercise")
    if not isinstance(value, list) or not all(isinstance(each, str) and each.startswith("tao_lab.") for each in value):
        raise MarksError(f'{file}: allow for {name} is {value!r}; allowed: a list as ["tao_lab.economy.price"]')
    return tuple(value)
