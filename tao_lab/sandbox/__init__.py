"""A sandbox for untrusted Python: code from miners, students' rules, and notebooks to grade.

The code runs in separate processes, called the box, with limits on time, memory, processes, output and files for all of
them together. It cannot use the network, the environment variables, home folders or other processes. Bubblewrap
(`bwrap`) builds the box if it is installed and allowed. Otherwise `unshare`, Landlock and rlimits do as much as the
system allows, and `method().notice` says what they cannot prevent. In both cases the kernel refuses the system calls of
`tao_lab.sandbox.filter`, and a watchdog adds up what all processes use. The output of the code is only text; the caller
decides what it means.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tao_lab.errors import LabError
from tao_lab.sandbox.limits import MIB, Limits, Outcome
from tao_lab.sandbox.methods import Kind, Method, command, method
from tao_lab.sandbox.watch import Running

__all__ = ["MIB", "Limits", "Method", "Outcome", "Running", "clear_abandoned", "method", "run", "started"]

LONGEST_NAME = 255  # bytes, for a file
PROGRAM = ".program"  # file with the program's text, for the launcher
FOLDER = "tao-lab-box-"  # beginning of a box's folder in the system's folder for temporary files
ABANDONED_SECONDS = 60  # since a folder changed; a new one is not locked at once


def run(
    program: str,
    *,
    stdin: str = "",
    files: Mapping[str, str | bytes] | None = None,
    limits: Limits | None = None,
    packages: bool = False,
    readable: Iterable[Path] = (),
    using: Kind | None = None,
) -> Outcome:
    """Run a Python program that may be hostile, and wait for its end.

    Args:
        program: Python source text.
        stdin: its input.
        files: content by name, written into its working directory; names without folders.
        limits: what it may use.
        packages: whether it may import the installed packages; otherwise only Python's own library.
        readable: other paths that it may read, under the same names.
        using: a certain method; by default the best one.

    Returns:
        How it ended. Nothing that the program does raises an error here.

    Raises:
        LabError: no sandbox can be built on this machine, or a file's name cannot be used.
    """
    with started(program, files=files, limits=limits, packages=packages, readable=readable, using=using) as running:
        return running.outcome(_bytes(stdin))


@contextmanager
def started(
    program: str,
    *,
    files: Mapping[str, str | bytes] | None = None,
    limits: Limits | None = None,
    packages: bool = False,
    readable: Iterable[Path] = (),
    using: Kind | None = None,
) -> Iterator[Running]:
    """Inside the `with` block, a program that answers lines with lines (`Running.ask`); arguments as for `run`.

    Here the limit `seconds` is its processor time; each call of `ask` has its own time limit.
    """
    chosen, allowed = method(using), limits or Limits()
    for name in files or {}:
        _check_name(name)
    import fcntl  # Linux only, as the sandbox is

    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    held = os.open(folder, os.O_RDONLY)  # not inherited by the box
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        for name, content in {PROGRAM: program, **(files or {})}.items():
            (folder / name).write_bytes(_bytes(content))
            (folder / name).chmod(0o444)
        paths = [*map(str, readable)]
        words, uid, look = command(chosen, folder, (PROGRAM, *(files or {})), allowed, packages, paths)
        running = Running(words, folder, allowed, uid, look)
        try:
            yield running
        finally:
            running.close()
    finally:
        _remove(folder)
        os.close(held)


def clear_abandoned() -> None:
    """Remove the folders of boxes whose owner was killed: the kernel has released their locks."""
    import fcntl

    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        try:
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # another user's, or it has just been removed
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - os.fstat(held).st_mtime > ABANDONED_SECONDS:
                _remove(folder)
        except BlockingIOError:  # in use
            continue
        finally:
            os.close(held)


def _check_name(name: str) -> None:
    try:
        length = len(os.fsencode(name))
    except UnicodeEncodeError:
        length = LONGEST_NAME + 1
    if not name or Path(name).name != name or name == ".." or "\0" in name or length > LONGEST_NAME:
        raise LabError(f"files: {name!r} is not a plain file name")
    if name == PROGRAM:
        raise LabError(f"files: {PROGRAM!r} is the program itself; choose another name")


def _bytes(text: str | bytes) -> bytes:
    """A text as bytes for the program; half of a surrogate pair is an error in the program, not here."""
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _remove(folder: Path) -> None:
    """Remove all files of a program, even in very deep folders and with any modes."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        for words in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*words, "--", str(folder)], capture_output=True, check=False)
