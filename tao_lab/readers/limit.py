"""How many readers fit on a machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

MIB = 2**20
FORKED_MIB = 150  # maximum for a reader's forked kernel; `tao-lab bench room` measures it
STARTED_MIB = 450  # for a kernel that Jupyter started
KEPT_MIB = 1_536  # for the system, the server and the processes that fork
UNKNOWN_MIB = 8_192  # for a machine that does not report its memory (Windows)
OPEN_FILES = 65_536
CGROUP = Path("/sys/fs/cgroup/memory.max")


def default_readers(forks: bool, memory: int | None = None) -> int:
    """Number of readers for which the memory is enough, at least one.

    Args:
        forks: whether kernels are forked.
        memory: bytes; by default the memory of this machine or container.
    """
    available = (machine_memory() if memory is None else memory) // MIB - KEPT_MIB
    return max(1, available // (FORKED_MIB if forks else STARTED_MIB))


def machine_memory() -> int:
    """Maximum memory of this process in bytes: the machine's, or its container's if that is less."""
    counted = hasattr(os, "sysconf")
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if counted else UNKNOWN_MIB * MIB
    limit = CGROUP.read_text().strip() if CGROUP.exists() else "max"
    return machine if limit == "max" else min(machine, int(limit))


def allow_open_files() -> None:
    """Raise this process's limit of open files: with twenty for each reader, the usual 1,024 are not enough."""
    if sys.platform != "win32":
        import resource

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
        if now != resource.RLIM_INFINITY and now < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
