"""The first program in the box: it gives up all remaining rights, then runs the untrusted program.

`tao_lab.sandbox` sends this file's text to a bare interpreter, with a JSON object as its only argument; it imports
Python's own library, and `landlock` if the kernel should protect files. Everything is in one function, so that the
program finds no names of the launcher. A program can still change this interpreter, but that harms only itself.
"""

import base64
import ctypes
import json
import os
import platform
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

NO_NEW_PRIVILEGES, SUBREAPER, FILTER = 38, 36, 22  # options of prctl
JOIN_SESSION_KEYRING = {"x86_64": (250, 1), "aarch64": (219, 1)}  # number of keyctl, its operation
LANDLOCK_CREATE, LANDLOCK_RESTRICT = 444, 446  # numbers of system calls, the same on every processor
TCP, SCOPES = 0b11, 0b11  # bind and connect; abstract sockets and signals


def launch(config: Any) -> str:
    """Give up rights, and return the program's text."""
    program = Path(".program").read_bytes()
    libc = ctypes.CDLL(None, use_errno=True)
    if config["supervised"]:
        _supervise(libc)
    if platform.machine() in JOIN_SESSION_KEYRING:
        libc.syscall(*JOIN_SESSION_KEYRING[platform.machine()], None)
    if config["uid"]:
        os.setgroups([])
        os.setgid(config["uid"])
        os.setuid(config["uid"])
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if config["landlock"]:
        _close_files(**config["landlock"])
        _close_signals(libc, config["landlock_abi"])
    _limit(config["limits"], config["count"])
    if config["filter"]:
        _filter(libc, base64.b64decode(config["filter"]))
    os.write(2, config["started"].encode())
    return program.decode()


def _supervise(libc: ctypes.CDLL) -> None:
    """Continue in a child process, and watch it: end with it, and end everything that it left running."""
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if child == 0:
        return
    for number in (0, 1, 2):
        os.close(number)
    _, status = os.waitpid(child, 0)
    with suppress(ChildProcessError):
        while True:
            for left in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(left), signal.SIGKILL)
            os.waitpid(-1, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _close_files(package: str, readable: list[str], devices: list[str]) -> None:
    sys.path.append(package)
    from landlock import FSAccess, Ruleset

    sys.path.pop()
    rules = Ruleset()
    look = FSAccess.READ_FILE | FSAccess.READ_DIR | FSAccess.EXECUTE
    for path in readable:
        rules.allow(path, rules=look if Path(path).is_dir() else look & FSAccess.all_file())
    for path in devices:
        rules.allow(path, rules=FSAccess.READ_FILE | FSAccess.WRITE_FILE)
    rules.allow(Path.cwd())
    rules.apply()
    os.close(rules._fd)


def _close_signals(libc: ctypes.CDLL, abi: int) -> None:
    """Forbid TCP, abstract sockets of others, and signals to others, if this kernel's Landlock supports it."""
    attributes = (ctypes.c_uint64 * 3)(0, TCP if abi >= 4 else 0, SCOPES if abi >= 6 else 0)
    if any(attributes):
        rules = libc.syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(24 if abi >= 6 else 16), 0)
        if rules < 0 or libc.syscall(LANDLOCK_RESTRICT, rules, 0):
            raise OSError(ctypes.get_errno(), "landlock")
        os.close(rules)


def _limit(limits: Any, count: bool) -> None:
    others = 0
    for process in Path("/proc").glob("[0-9]*") if count else ():
        with suppress(OSError):
            others += process.stat().st_uid == os.getuid() and len([*(process / "task").iterdir()])
    for name, value in (
        ("AS", limits["memory"]),
        ("FSIZE", limits["files"]),
        ("CORE", 0),
        ("NOFILE", 64),
        ("MSGQUEUE", 0),
        ("MEMLOCK", 0),
        ("CPU", int(limits["seconds"]) + 2),
        ("NPROC", limits["processes"] + others),
    ):
        number = getattr(resource, f"RLIMIT_{name}")
        most = resource.getrlimit(number)[1]
        least = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(number, (least, least))


def _filter(libc: ctypes.CDLL, code: bytes) -> None:
    """Give the kernel the list of system calls that it must refuse to this process and its children."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]

    if libc.prctl(FILTER, 2, ctypes.byref(Program(len(code) // 8, code)), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    text = launch(json.loads(sys.argv[1]))
    sys.argv = ["program"]
    exec(compile(text, "<program>", "exec"), {"__name__": "__main__"})
