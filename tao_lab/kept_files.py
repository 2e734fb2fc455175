"""Files that are made once and found again by every later process: machine code, scripts of widgets.

A name holds everything that its content depends on, so a file is never out of date, and may be removed at any time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import get_ident


def kept(name: str, source: Path, make: Callable[[], bytes | None]) -> bytes | None:
    """What a file holds; where there is none yet, it is made and written.

    Args:
        name: of the file.
        source: the file of Python that it belongs to; it is kept where Python keeps what it compiled of that, or in the
            user's cache where nobody may write there.
        make: gives the content, or None, which is not kept. An empty file counts as none.
    """
    folders = _folders(source)
    for folder in folders:
        with suppress(OSError):
            if found := (folder / name).read_bytes():
                return found
    made = make()
    if made:
        for folder in folders:
            with suppress(OSError):
                _write(folder / name, made)
                break
    return made


def _folders(source: Path) -> list[Path]:
    """Where to look, in order; numba's own setting says where compiled code goes."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    folders = [*([Path(given)] if given else []), source.parent / "__pycache__"]
    with suppress(RuntimeError):  # nobody knows where the home is
        folders.append(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "tao-lab" / "made")
    return folders


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, whoever else writes the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}-{get_ident()}")
    part.write_bytes(data)
    part.replace(path)
