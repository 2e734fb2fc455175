"""The copy of the lab for students: without solutions, and only with the labs that are released.

It leaves out `labs/solutions/`, the tests, and git's own files. The exercises' own files are sealed
(`tao_lab.course.sealed`). The library stays readable, because it contains the chain's rules.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tao_lab import paths
from tao_lab.course import sealed, solve
from tao_lab.errors import LabError

MARKER = ".tao-lab-handout"
FOLDERS = ("tao_lab", "docs", "datasets", "etc", "share", "scripts", "binder", "deploy")
FILES = ("pyproject.toml", "README.md", "LICENSE", "Makefile", "environment.yml")
OF_LABS = ("pages", "dashboards")
START = "start.ipynb"  # the page that lists the labs
SKIPPED = {"__pycache__", ".ipynb_checkpoints", "solutions", "teaching"}  # the last: docs/teaching, for instructors


class HandoutError(LabError):
    """The copy for students cannot be made with these arguments."""


@dataclass(frozen=True)
class Handout:
    """The copy for students: its folder, its labs, and the labs that come later, with their days."""

    folder: Path
    labs: tuple[str, ...]
    later: tuple[tuple[str, date], ...]


def make(folder: Path, *, labs: Sequence[str] = (), release: Path | None = None, today: date | None = None) -> Handout:
    """Make a copy for students without solutions, or update one.

    Args:
        folder: folder for the copy: new, empty, or with an earlier copy, which is replaced completely.
        labs: numbers of the labs that students get; by default all.
        release: TOML with the day of each lab; a lab without a day is released.
        today: the day to compare with; by default today's date.

    Raises:
        HandoutError: the folder contains something else, or the file of days is invalid.
    """
    if paths.LABS in folder.resolve().parents or folder.resolve() == paths.ROOT:
        raise HandoutError(f"{folder} lies in the lab itself; choose a folder outside of it")
    if folder.exists() and not (folder.is_dir() and (not any(folder.iterdir()) or (folder / MARKER).is_file())):
        raise HandoutError(f"{folder} has something else in it; allowed: a new folder, or one that this command made")
    days = {} if release is None else days_of(release)
    now = today or date.today()
    wanted = [solve.lab(number) for number in labs] or list(solve.labs())
    later = tuple((lab.number, days[lab.number]) for lab in wanted if lab.number in days and days[lab.number] > now)
    given = [lab for lab in wanted if lab.number not in dict(later)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".tao-lab-part-") as part:
        new = Path(part) / "handout"
        new.mkdir()
        _fill(new, [lab.notebook for lab in given])
        old = Path(part) / "old"
        if folder.exists():
            folder.rename(old)
            if (old / ".git").exists():  # the instructor publishes the copy from this folder
                (old / ".git").rename(new / ".git")
        new.rename(folder)
    return Handout(folder, tuple(lab.number for lab in given), later)


def days_of(file: Path) -> dict[str, date]:
    """The day of each lab, by its number.

    Args:
        file: TOML: `[release]`, then lines as `"06" = 2026-10-12`.

    Raises:
        HandoutError: it cannot be read, or a line has an unknown lab or an invalid day.
    """
    example = 'allowed: [release], then a line for each lab as "06" = 2026-10-12'
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HandoutError(f"{file}: cannot be read ({error.strerror}); {example}") from error
    except ValueError as error:
        raise HandoutError(f"{file}: {error}; {example}") from error
    found = {}
    entries = data.get("release")
    if not isinstance(entries, dict) or len(data) != 1:
        raise HandoutError(f"{file}: {example}")
    for number, day in entries.items():
        if not isinstance(day, date):
            raise HandoutError(f"{file}: {number} is {day!r}; {example}")
        found[solve.lab(number).number] = day.date() if isinstance(day, datetime) else day
    return found


def _fill(folder: Path, notebooks: Sequence[Path]) -> None:
    for name in FILES:
        if (paths.ROOT / name).is_file():
            shutil.copy2(paths.ROOT / name, folder / name)
    for name in FOLDERS:
        _copy(paths.ROOT / name, folder / name)
    for name in OF_LABS:
        _copy(paths.LABS / name, folder / "labs" / name)
    for notebook in (*paths.LABS.glob(START), *notebooks):
        shutil.copy2(notebook, folder / "labs" / notebook.name)
    for lab in sorted((folder / "tao_lab" / "course").glob("lab[0-9][0-9]")):
        _seal(lab)
    (folder / MARKER).write_text("made by `tao-lab course make --without-solutions`\n", encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    """Copy a folder of the checkout without caches, solutions and links; all copies are writable."""
    target.mkdir(parents=True, exist_ok=True)
    for path in _files(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
        copy.chmod(copy.stat().st_mode | stat.S_IWUSR)


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (Path(place) / name for name in names if not (Path(place) / name).is_symlink())


def _seal(lab: Path) -> None:
    """Put a lab's exercises and the names of its mistakes into one sealed file."""
    folder = lab / sealed.FOLDER
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}
    behaviours = lab / sealed.BEHAVIOURS
    if behaviours.is_file():
        texts[behaviours.name] = behaviours.read_text(encoding="utf-8")
        behaviours.unlink()
    if not texts:
        texts = sealed.texts_of(lab.name)
    if folder.is_dir():
        shutil.rmtree(folder)
    if texts:
        (lab / sealed.NAME).write_bytes(sealed.seal(texts))
