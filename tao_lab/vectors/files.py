"""Read vector files: JSON that is checked against the schema of its kind before anything runs."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tao_lab.errors import LabError
from tao_lab.vectors.kinds import KINDS, Kind
from tao_lab.vectors.mainnet import is_mainnet_file, left_out, vectors_of

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

FORMAT = "tao-lab/vectors/1"
LONGEST_TEXT = 1 << 26  # characters of a packed file


class VectorFileError(LabError):
    """The file is not a vector file that can be run."""


@dataclass(frozen=True)
class Vector:
    """One case: input and expected output of a rule; `within` is the largest allowed difference of each number."""

    name: str
    input: Mapping[str, Any]
    expected: Mapping[str, Any]
    source: str = ""
    within: int = 0


@dataclass(frozen=True)
class VectorFile:
    """All vectors of one file, which have the same kind; `notice` has additional information in words."""

    kind: Kind
    vectors: tuple[Vector, ...]
    notice: str = ""


def load(path: Path) -> VectorFile:
    """Read and check a vector file.

    Raises:
        VectorFileError: no such file, not JSON, another format, an unknown kind, or it does not fit the kind's schema.
    """
    from jsonschema.exceptions import best_match  # the process of a student's file reads no vectors

    data = _read_json(path)
    if is_mainnet_file(data):
        data = _as_vectors(path, data)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise VectorFileError(f'{path}: format is {found!r}; allowed: an object with "format": "{FORMAT}"')
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise VectorFileError(f"{path}: unknown kind {kind!r}; known kinds: {', '.join(sorted(KINDS))}")
    vectors = data.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        raise VectorFileError(f'{path}: "vectors" must be a list with at least one vector')
    for index, vector in enumerate(vectors):
        if problem := best_match(_validator(kind).iter_errors(vector)):
            raise VectorFileError(f"{path}: {_place(index, vector)}{_describe(problem)}")
    notice = left_out(vectors[0]["input"]) if kind == "mainnet_block" else ""
    return VectorFile(KINDS[kind], tuple(_vector(vector) for vector in vectors), notice)


def _as_vectors(path: Path, data: Mapping[str, Any]) -> dict[str, Any]:
    """A file of mainnet's state as a vector file."""
    try:
        return {"format": FORMAT, "kind": "mainnet_block", "vectors": vectors_of(data)}
    except KeyError as error:
        raise VectorFileError(f"{path}: not a block of mainnet: it lacks {error.args[0]}") from None
    except (TypeError, AttributeError) as error:
        raise VectorFileError(f"{path}: not a block of mainnet: {error}") from None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(_text(path), parse_constant=_refuse_constant)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise VectorFileError(f"{path}: is not packed with gzip, or damaged ({error})") from error
    except OSError as error:
        raise VectorFileError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise VectorFileError(f"{path}: is not text in UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise VectorFileError(f"{path}: is nested too deeply to be a vector file") from error
    except ValueError as error:
        raise VectorFileError(f"{path}: is not JSON: {error}") from error


def _text(path: Path) -> str:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read(LONGEST_TEXT)
    return path.read_text(encoding="utf-8")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that JSON knows")


@cache
def _validator(kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads((resources.files(__package__) / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _vector(data: Mapping[str, Any]) -> Vector:
    return Vector(data["name"], data["input"], data["expected"], data.get("source", ""), data.get("within", 0))


def _place(index: int, vector: Any) -> str:
    name = vector.get("name") if isinstance(vector, dict) else None
    return f"vector {index} ({name}): " if isinstance(name, str) else f"vector {index}: "


def _describe(problem: Any) -> str:
    where = problem.json_path.removeprefix("$").lstrip(".")
    message = problem.message if len(problem.message) < 160 else problem.message[:157] + "..."
    return f"{where}: {message}" if where else message
