"""A sandbox for Python that nobody has read: miners' code answers, rules to verify, students' notebooks to grade.

The code runs in processes of its own with totals for time, memory, processes, output and files; without the network,
the environment, home directories and other processes. Bubblewrap (`bwrap`) builds that room where it is installed and
allowed; elsewhere `unshare`, Landlock and rlimits do as much as the system lets them, and `method().notice` says what
is left open. In both, the kernel refuses the system calls of `tao_lab.sandbox.filter`, and a watchdog adds up what all
processes hold. What the code prints is text to be judged by the caller, never a verdict.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tao_lab.errors import LabError
from tao_lab.sandbox.limits import MIB, Limits, Outcome
from tao_lab.sandbox.methods import Kind, Method, command, method
from tao_lab.sandbox.watch import Running

__all__ = ["MIB", "Limits", "Method", "Outcome", "Running", "method", "run", "started"]

LONGEST_NAME = 255  # bytes, for a file
PROGRAM = ".program"  # where the launcher finds the text


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
        stdin: what it reads.
        files: name to content, laid into its working directory; names without folders.
        limits: what it may use.
        packages: whether it may import what is installed beside the lab; without, only Python's own library.
        readable: more paths that it may read, at the same place.
        using: one way of confining; the best one if not given.

    Returns:
        How it ended. Nothing that the program does raises here.

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
    """A program that answers lines with lines (`Running.ask`), as long as the block lasts; arguments as for `run`.

    Of the limits, `seconds` is its processor time; how long it may take for a line is said with each line.
    """
    chosen, allowed = method(using), limits or Limits()
    for name in files or {}:
        _check_name(name)
    folder = Path(tempfile.mkdtemp(prefix="tao-lab-box-"))
    try:
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
    """A text as the program finds it; a lone surrogate is an error in there, not here."""
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _remove(folder: Path) -> None:
    """Remove what a program wrote, however deep its folders are and whatever their modes."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        for words in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*words, "--", str(folder)], capture_output=True, check=False)
