"""Files that are there whole or not at all, and none of which takes the place of another unseen."""

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
    """Another program wrote the file between reading and writing."""


def create(file: Path, data: bytes) -> None:
    """Write a new file.

    Raises:
        FileExistsError: there is one already; it stays as it is.
    """
    with _part(file, data, None) as part:
        os.link(part, file)


def replace(file: Path, old: bytes, data: bytes) -> None:
    """Write a file again, if it still is what was read.

    Raises:
        ChangedMeanwhileError: it is not; it stays as it is.
    """
    file = file.resolve()
    with _part(file, data, file.stat().st_mode) as part:
        if file.read_bytes() != old:
            raise ChangedMeanwhileError
        part.replace(file)


def write(file: Path, data: bytes) -> None:
    """Write a file of the lab's own, whatever stands there."""
    with _part(file, data, None) as part:
        part.replace(file)


def keep(folder: Path, name: str, data: bytes) -> Path:
    """Keep a copy under a name with the time in it; gives where.

    Args:
        folder: of the copies.
        name: of the file, may be below a folder.
        data: what was in it.
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
    """Copy a file or a folder to where nothing stands; gives whether it did."""
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
    """A file beside another with all of its data on the disk; it is gone in the end."""
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
