"""Which system calls the kernel refuses to code in the box: a filter, compiled by libseccomp (seccomp_rule_add(3)).

The list contains calls that get around a limit or leave the box: namespaces and mounts, memory that belongs to no
process, other processes, keyrings, sockets, and files without a name. Everything else stays allowed, so that ordinary
Python runs.
"""

from __future__ import annotations

import ctypes
import errno
import os
from functools import cache

REFUSED = (
    # namespaces and mounts
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig"),
    *("fsmount", "fspick", "mount_setattr", "open_tree_attr"),
    # memory and files that belong to no process and no folder
    *("shmget", "shmat", "semget", "msgget", "mq_open", "memfd_create", "memfd_secret", "userfaultfd"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    # other processes, and the kernel's own programs
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp", "bpf"),
    *("perf_event_open", "setpriority", "ioprio_set", "migrate_pages", "move_pages", "sched_setattr"),
    # keyrings
    *("add_key", "request_key", "keyctl"),
    # sockets; a pair of them, as asyncio makes for its own use, stays allowed, with the smallest buffers
    *("socket", "setsockopt"),
)
# Calls that the kernel's own file rules (Landlock) allow to the owner of a file
OWNERS = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes"),
    *("futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
)
# Refused only with these arguments: number of the argument, comparison, value, mask
NOT_EQUAL, EQUAL, MASKED = 1, 4, 7
WITH = (
    ("clone", (0, MASKED, 0x10000000, 0x10000000)),  # CLONE_NEWUSER
    ("fcntl", (1, EQUAL, 1031, 0)),  # F_SETPIPE_SZ: a pipe keeps its 64 KiB
    ("prctl", (0, EQUAL, 4, 0)),  # PR_SET_DUMPABLE: the watchdog sees every process
    ("prlimit64", (0, NOT_EQUAL, 0, 0)),
    ("sched_setaffinity", (0, NOT_EQUAL, 0, 0)),
    ("sched_setscheduler", (0, NOT_EQUAL, 0, 0)),
    ("sched_setparam", (0, NOT_EQUAL, 0, 0)),
)
# Calls that are newer than some versions of libseccomp; numbers from 403 on are the same on every processor
NEWER = {"clone3": 435, "memfd_secret": 447, "fchmodat2": 452, "setxattrat": 463, "removexattrat": 466}
NEWER |= {"process_madvise": 440, "mount_setattr": 442, "open_tree_attr": 467}
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


@cache
def compiled(owners: bool) -> bytes:
    """The filter in the kernel's format; empty if libseccomp is not installed.

    Args:
        owners: whether the box's files have the same owner as files outside; then changes of modes are refused too.
    """
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return b""
    library.seccomp_init.restype = ctypes.c_void_p
    room = ctypes.c_void_p(library.seccomp_init(ALLOW))
    try:
        for name in (*REFUSED, *(OWNERS if owners else ())):
            _add(library, room, name, errno.EPERM)
        for name, (argument, comparison, value, mask) in WITH:
            first, second = (mask, value) if comparison == MASKED else (value, 0)
            _add(library, room, name, errno.EPERM, _Comparison(argument, comparison, first, second))
        _add(library, room, "clone3", errno.ENOSYS)  # its flags cannot be seen; callers then take clone
        return _export(library, room)
    finally:
        library.seccomp_release(room)


def _add(
    library: ctypes.CDLL, room: ctypes.c_void_p, name: str, error: int, comparison: _Comparison | None = None
) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == -1:  # this version of the library does not know it
        number = NEWER.get(name, -1)
    if number < 0:  # this processor does not have it
        return
    compared = ctypes.byref(comparison) if comparison else None
    problem = library.seccomp_rule_add_array(room, REFUSE | error, number, 1 if comparison else 0, compared)
    if problem:
        raise OSError(-problem, f"seccomp: {name}")


def _export(library: ctypes.CDLL, room: ctypes.c_void_p) -> bytes:
    descriptor = os.memfd_create("filter")
    try:
        if problem := library.seccomp_export_bpf(room, descriptor):
            raise OSError(-problem, "seccomp_export_bpf")
        os.lseek(descriptor, 0, os.SEEK_SET)
        return os.read(descriptor, 1 << 20)
    finally:
        os.close(descriptor)
