"""Write files completely or not at all, and never replace another file by accident."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

PART = ".tao-lab-part-"  # start of the name of a file that is being written


class ChangedMeanwhileError(Exception):
    """Another program has written the file since it was read."""


def create(file: Path, data: bytes) -> None:
    """Write a new file.

    Raises:
        FileExistsError: there is already such a file; it is not changed.
    """
    with _part(file, data, None) as part:
        os.link(part, file)


def replace(file: Path, old: bytes, data: bytes) -> None:
    """Replace a file, if it has not changed since it was read.

    Raises:
        ChangedMeanwhileError: it has changed; it is left alone.
    """
    file = file.resolve()
    with _part(file, data, file.stat().st_mode) as part:
        if file.read_bytes() != old:
            raise ChangedMeanwhileError
        part.replace(file)


def write(file: Path, data: bytes) -> None:
    """Write one of the lab's own files, and replace an existing one."""
    with _part(file, data, None) as part:
        part.replace(file)


def keep(folder: Path, name: str, data: bytes) -> Path:
    """Save a copy under a name with the time in it; returns its path.

    Args:
        folder: of the copies.
        name: of the file; may contain a folder.
        data: the content of the file.
    """
    stem, suffix = folder / Path(name).with_suffix(""), Path(name).suffix
    moment = f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    for number in range(1_000):
        copy = stem.with_name(f"{stem.name}-{moment}{f'-{number}' if number else ''}{suffix}")
        try:
            create(copy, data)
        except FileExistsError:
            continue
        return copy
    raise FileExistsError(f"{stem}-{moment}: a thousand copies of one second")


def copy_new(source: Path, target: Path) -> bool:
    """Copy a file or a folder, if the target does not exist; returns whether it was copied."""
    if target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=PART) as folder:
        part = Path(folder) / target.name
        if source.is_dir():
            shutil.copytree(source, part, symlinks=True)
        else:
            shutil.copy2(source, part)
        part.rename(target)
    return True


@contextmanager
def _part(file: Path, data: bytes, mode: int | None) -> Iterator[Path]:
    """A temporary file beside another, with all its data on the disk; it is deleted at the end."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=PART)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        part.chmod(0o644 if mode is None else mode & 0o777)
        yield part
    finally:
        part.unlink(missing_ok=True)
