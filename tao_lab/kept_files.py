"""Files that are made once and found again by every later process: machine code, scripts of widgets.

A name holds everything that its content depends on, so a file is never out of date, and may be removed at any time. A
file begins with a hash of the rest, because damaged machine code, for example after a power cut, would end the process.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import get_ident

HASH_BYTES = 16


def kept(name: str, source: Path, make: Callable[[], bytes | None]) -> bytes | None:
    """What a file holds; where there is none yet, it is made and written.

    Args:
        name: of the file.
        source: the file of Python that it belongs to; it is kept where Python keeps what it compiled of that, or in the
            user's cache where nobody may write there.
        make: gives the content, or None, which is not kept. A damaged file counts as none.
    """
    folders = _folders(source)
    for folder in folders:
        with suppress(OSError):
            data = (folder / name).read_bytes()
            if data[HASH_BYTES:] and data[:HASH_BYTES] == _hash(data[HASH_BYTES:]):
                return data[HASH_BYTES:]
    made = make()
    if made:
        for folder in folders:
            with suppress(OSError):
                _write(folder / name, _hash(made) + made)
                break
    return made


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=HASH_BYTES).digest()


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
