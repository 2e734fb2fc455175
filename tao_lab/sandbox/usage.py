"""Memory and files that the processes of a box use together, also files without a name (see proc(5))."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
PIPE_BYTES, SOCKET_BYTES = 1 << 16, 212_992  # maximum that the kernel stores for an unread one
SHARED = " /dev/zero (deleted)"  # memory that processes share, not a file
ENDLESS = 1 << 62  # more than any limit, for things that cannot be counted


def family(pid: int) -> list[int]:
    """The descendants of a process, without threads and without itself."""
    found, ahead = [], [pid]
    while ahead:
        children = list(_children(ahead.pop()))
        found += children
        ahead += children
    return found


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                yield from map(int, (task / "children").read_text().split())


def processor_seconds(pids: Iterable[int]) -> float:
    """How long processes, and their children that have ended, have had a processor."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it has ended
        return 0
    _, _, after = text.rpartition(")")  # the name before it may hold anything
    return sum(map(int, after.split()[11:15]))  # utime, stime, cutime, cstime


def memory(pids: Iterable[int], limit: int) -> int:
    """Bytes that processes use in memory, and may use in pipes and sockets.

    A quick count comes first. If it is above the limit, a second count counts shared pages only once.
    """
    pids = list(pids)
    kernel = _kernel_bytes(pids)
    quick = kernel + sum(map(_resident, pids))
    return quick if quick <= limit else kernel + sum(map(_proportional, pids))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):  # it has ended
        return 0


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return _resident(pid)


def _kernel_bytes(pids: Iterable[int]) -> int:
    kinds = {(found.st_dev, found.st_ino): found.st_mode for found in _opened(pids)}.values()
    return PIPE_BYTES * sum(map(stat.S_ISFIFO, kinds)) + SOCKET_BYTES * sum(map(stat.S_ISSOCK, kinds))


def _opened(pids: Iterable[int]) -> Iterator[os.stat_result]:
    """The open files of processes."""
    for pid in pids:
        with suppress(OSError):
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    yield descriptor.stat()


def disk(folder: Path, pids: Sequence[int], entries: int) -> tuple[int, int]:
    """Bytes and number of the files in a folder, including open files without a name.

    Counting ends at the first folder above the limit of entries. A folder that cannot be read, because of its mode or
    depth, counts as endless.
    """
    sizes: dict[tuple[int, int], int] = {}
    names, ahead = 0, [str(folder)]
    while ahead and names <= entries:
        try:
            with os.scandir(ahead.pop()) as inside:
                for entry in inside:
                    found = entry.stat(follow_symlinks=False)
                    sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
                    names += 1
                    if stat.S_ISDIR(found.st_mode):
                        ahead.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):  # removed in the meantime
            continue
        except OSError:
            return ENDLESS, ENDLESS
    held = {(found.st_dev, found.st_ino): found for found in _opened(pids)}.values()
    nameless = {(f.st_dev, f.st_ino): f.st_blocks * 512 for f in held if stat.S_ISREG(f.st_mode) and f.st_nlink == 0}
    sizes = dict(_mapped(pids)) | nameless | sizes
    return sum(sizes.values()), names + len(nameless)


def _mapped(pids: Iterable[int]) -> Iterator[tuple[tuple[int, int], int]]:
    """Deleted files that are only mapped: device and number, and the bytes of the mapping."""
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines():
                if line.endswith(" (deleted)") and not line.endswith(SHARED):
                    span, _, _, device, number, *_ = line.split()
                    first, last = (int(part, 16) for part in span.split("-"))
                    major, minor = (int(part, 16) for part in device.split(":"))
                    yield (os.makedev(major, minor), int(number)), last - first


def room(pid: int, places: Iterable[str]) -> tuple[int, int]:
    """Bytes and number of the files in mounts that only a process and its relatives see."""
    used = count = 0
    for place in places:
        with suppress(OSError):  # it has ended
            held = os.statvfs(f"/proc/{pid}/root{place}")
            used += (held.f_blocks - held.f_bfree) * held.f_frsize
            count += held.f_files - held.f_ffree
    return used, count
