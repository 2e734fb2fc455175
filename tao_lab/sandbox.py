"""A sandbox for Python that nobody has read: miners' code answers, and students' notebooks when they are graded.

The code runs in a process of its own with limits on time, memory, processes, output and files; without the network,
the environment, home directories and other processes. Bubblewrap (`bwrap`) builds that room where it is installed and
allowed; elsewhere rlimits, Landlock and `unshare` do as much as the system lets them, and `method().notice` says what
is left open. What the code prints is text to be judged by the caller, never a verdict.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Literal

from tao_lab.errors import LabError

MIB = 1 << 20
BOX_BYTES = 64 * MIB  # that all files together may hold inside bubblewrap
START_SECONDS = 10.0  # that a busy machine may take to build the room; not counted as the code's own
FIRST_UID = 200_000  # root's sandboxes run as a user that nobody else is, so that their processes can be counted
UIDS = 1_000_000
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
STARTED = b"\x1estarted\n"  # the launcher's first bytes on stderr: from here on the code's time counts

Status = Literal["ended", "timeout", "output"]
Kind = Literal["bubblewrap", "rlimits"]

LAUNCHER = """
import json, os, resource, sys
config = json.loads(sys.argv[1])
limits = config["limits"]
program = open(config["program"]).read()
if config["landlock"]:
    sys.path.append(config["landlock"]["package"])
    from landlock import FSAccess, Ruleset
    sys.path.pop()
    rules = Ruleset()
    look = FSAccess.READ_FILE | FSAccess.READ_DIR | FSAccess.EXECUTE
    for path in config["landlock"]["readable"]:
        rules.allow(path, rules=look if os.path.isdir(path) else look & FSAccess.all_file())
    for path in config["landlock"]["devices"]:
        rules.allow(path, rules=FSAccess.READ_FILE | FSAccess.WRITE_FILE)
    rules.allow(os.getcwd())
    rules.apply()
if config["uid"]:
    os.setgroups([])
    os.setgid(config["uid"])
    os.setuid(config["uid"])
others = 0
if config["count"]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            others += os.stat("/proc/" + name).st_uid == os.getuid() and len(os.listdir("/proc/" + name + "/task"))
        except OSError:
            pass
for name, value in (
    ("AS", limits["memory"]), ("FSIZE", limits["files"]), ("CORE", 0), ("NOFILE", 64),
    ("CPU", int(limits["seconds"]) + 2), ("NPROC", limits["processes"] + others),
):
    number = getattr(resource, "RLIMIT_" + name)
    most = resource.getrlimit(number)[1]
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(number, (value, value))
os.write(2, config["started"].encode())
sys.argv = ["program"]
del config, limits, others, name, number, most, value
exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})
"""


@dataclass(frozen=True)
class Limits:
    """What a program may use.

    Attributes:
        seconds: by the clock, from its first line on.
        memory: bytes of address space, of each process.
        processes: at a time, threads counted.
        output: bytes on stdout, and the same on stderr; more ends the program.
        files: bytes of one file that it writes; 0 allows none with content.
    """

    seconds: float = 5.0
    memory: int = 512 * MIB
    processes: int = 16
    output: int = 64 * 1024
    files: int = MIB


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    Attributes:
        status: "ended" by itself, or stopped for "timeout" or "output".
        code: exit code, negative for a signal; None where it was stopped.
        stdout, stderr: text, at most `limits.output` bytes each; what is not UTF-8 is replaced.
        seconds: by the clock, from the program's first line on.
    """

    status: Status
    code: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def problem(self) -> str:
        """Why it did not end well, in words; empty if it did."""
        if self.status == "timeout":
            return f"did not end within {self.seconds:.1f} s"
        if self.status == "output":
            return "printed more than is allowed"
        if self.code == 0:
            return ""
        lines = self.stderr.strip().splitlines()
        return lines[-1][:200] if lines else f"ended with exit code {self.code}"


@dataclass(frozen=True)
class Method:
    """How programs are confined on this machine: its name, and in words what it cannot keep out (empty: nothing)."""

    name: Kind
    notice: str
    prefix: tuple[str, ...] = ()
    landlock: bool = False
    own_pids: bool = True


@cache
def method(name: Kind | None = None) -> Method:
    """The best way to confine a program here, tried out once.

    Args:
        name: "bubblewrap" or "rlimits" asks for that one; without it, bubblewrap where it works.

    Raises:
        LabError: bubblewrap was asked for and does not work here; or this system is not Linux.
    """
    if sys.platform != "linux":
        raise LabError(f"the sandbox needs Linux, this is {sys.platform}; run the lab in a Linux container or in WSL")
    if name != "rlimits":
        if shutil.which("bwrap") and _works([*_bubblewrap("box", {}, _readable()), *_python("-S"), ""]):
            return Method("bubblewrap", "")
        if name == "bubblewrap":
            raise LabError("bubblewrap is not installed or not allowed here; scripts/system-packages.sh sandbox")
    return _rlimits()


def _rlimits() -> Method:
    """As much as `unshare` and Landlock do here, and what they leave open."""
    user = () if os.geteuid() == 0 else ("--user",)
    spaces = ("--net", "--ipc", "--uts")
    tries = (("--pid", "--fork", "--kill-child", "--mount", "--mount-proc", *spaces), spaces, ())
    shell = ("/bin/sh", "-c", ":")
    unshare = next(options for options in tries if not options or _works(["unshare", *user, *options, *shell]))
    landlock = _has_landlock()
    open_ends = ["install bubblewrap (scripts/system-packages.sh sandbox)"]
    if not landlock:
        open_ends.append("files that you can read or write are open to the code")
    if not unshare:
        open_ends.append("the network is open to the code")
    if "--pid" not in unshare:
        open_ends.append("the code sees other processes, and what it starts may live on until its CPU time is used up")
    notice = f"bubblewrap is not used here, code is confined by rlimits: {'; '.join(open_ends[1:] + open_ends[:1])}"
    prefix = ("unshare", *user, *unshare) if unshare else ()
    return Method("rlimits", notice, prefix, landlock, "--pid" in unshare)


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=START_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _has_landlock() -> bool:
    """Whether the kernel has Landlock, and we may use it."""
    try:
        import landlock

        return landlock.landlock_abi_version() >= 1
    except (ImportError, OSError, AttributeError):
        return False


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
        LabError: no sandbox can be built on this machine, or a file's name has a folder in it.
    """
    chosen, allowed = method(using), limits or Limits()
    for name in files or {}:
        if Path(name).name != name:
            raise LabError(f"files: {name!r} is not a plain file name")
    with tempfile.TemporaryDirectory(prefix="tao-lab-box-") as folder:
        box = Path(folder)
        laid = {"program.py": program, **(files or {})}
        for name, content in laid.items():
            (box / name).write_bytes(content.encode() if isinstance(content, str) else content)
            (box / name).chmod(0o444)
        command = _command(chosen, box, tuple(laid), allowed, packages, [*map(str, readable)])
        return _watch(command, box, stdin, allowed)


def _command(
    chosen: Method, box: Path, names: Sequence[str], limits: Limits, packages: bool, readable: Sequence[str]
) -> list[str]:
    uid = FIRST_UID + secrets.randbelow(UIDS) if os.geteuid() == 0 else 0
    paths = [*_readable(packages), *(path for path in readable if Path(path).exists())]
    config: dict[str, object] = {"limits": asdict(limits), "uid": uid, "count": False, "landlock": None}
    config |= {"program": "program.py", "started": STARTED.decode()}
    python = [*_python(*([] if packages else ["-S"])), LAUNCHER]
    if chosen.name == "bubblewrap":
        laid = {name: str(box / name) for name in names}
        return [*_bubblewrap(box.name, laid, paths), *python, json.dumps(config)]
    if chosen.landlock:
        spec = find_spec("landlock")
        assert spec is not None
        assert spec.origin is not None
        package = str(Path(spec.origin).parent.parent)
        config["landlock"] = {"package": package, "readable": [*paths, "/proc"], "devices": list(DEVICES)}
    drop: list[str] = []
    if uid:  # Landlock decides what may be read; without it, the code reads what anybody may
        box.chmod(0o777)
        os.chown(box, uid, uid)
        drop, config["uid"] = _drop(uid, chosen.landlock), 0
    config["count"] = not chosen.own_pids and not uid
    return [*chosen.prefix, *drop, *python, json.dumps(config)]


def _drop(uid: int, keep_reading: bool) -> list[str]:
    """Root's way to another user, who may still read an interpreter that lies in root's home."""
    kept = "-all,+dac_read_search" if keep_reading else "-all"
    capabilities = [f"--inh-caps={kept}", f"--ambient-caps={kept}", f"--bounding-set={kept}"]
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *capabilities, "--no-new-privs"]


def _bubblewrap(box: str, laid: Mapping[str, str], paths: Sequence[str]) -> list[str]:
    """The command that builds a room with nothing in it but an interpreter and the files that were laid there.

    Every path means in the room what it means outside, wherever it lies: symbolic links on the way are made again, and
    a room's own folders are mounted first, so that a path below one of them stays to be seen. What the program writes
    goes into the room's own /tmp, in which its working directory is.

    Args:
        box: name of the working directory: one that is used nowhere else below /tmp.
        laid: name of a file there to its path outside.
        paths: what the room shows of the system, read-only.
    """
    temporary = os.path.realpath("/tmp")
    inside = f"{temporary}/{box}"
    links, places = _routes(paths)
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv", "--setenv", "HOME", inside]
    if os.geteuid() == 0:  # the launcher becomes another user, who has no capabilities
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--cap-drop", "ALL"]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    made = {temporary: ["--size", str(BOX_BYTES), "--perms", "1777", "--tmpfs", temporary]}
    made |= {place: ["--ro-bind", place, place] for place in places}
    made |= {link: ["--symlink", target, link] for link, target in (links | _routes(["/tmp"])[0]).items()}
    for path in sorted(made):
        for parent in reversed(Path(path).parents[:-1]):
            command += ["--perms", "0755", "--dir", str(parent)]
        command += made[path]
    command += ["--perms", "1777", "--dir", inside]
    for name, outside in laid.items():
        command += ["--ro-bind", outside, f"{inside}/{name}"]
    return [*command, "--chdir", inside]


def _routes(paths: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The symbolic links on the way to some paths, and where the ways end, without what lies below another end."""
    links: dict[str, str] = {}
    ends: set[Path] = set()
    for path in paths:
        here, ahead = Path("/"), [*reversed(Path(path).absolute().parts)]
        while ahead:
            part = ahead.pop()
            here = here.parent if part == ".." else here / part
            if here.is_symlink():
                links[str(here)] = str(here.readlink())
                ahead += reversed(here.readlink().parts)
                here = here.parent
        ends.add(here)
    outer = {end for end in ends if ends.isdisjoint(end.parents)}
    return {link: to for link, to in links.items() if outer.isdisjoint(Path(link).parents)}, sorted(map(str, outer))


def _python(*options: str) -> list[str]:
    """This interpreter, apart from the environment and the folder it starts in, with program text to follow."""
    return [sys.executable, "-I", *options, "-c"]


def _readable(packages: bool = False) -> list[str]:
    """What a program needs of the system: its folders, this Python wherever it lies, and where packages are."""
    needed = [*SYSTEM, sys.prefix, sys.base_prefix, sys.executable]
    if packages:
        needed += [path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}]
    return [path for path in dict.fromkeys(needed) if Path(path).exists()]


@dataclass
class _Reader:
    """Reads a pipe to its end in a thread, keeps no more than a limit, and calls for the end where there is more."""

    pipe: IO[bytes]
    limit: int
    started: threading.Event
    stop: threading.Event
    data: bytearray = field(default_factory=bytearray)
    over: bool = False

    def __call__(self) -> None:
        with suppress(OSError, ValueError):  # closed under us, since the program was ended
            while chunk := self.pipe.read1(65536):  # type: ignore[attr-defined]
                self.data += chunk
                if self.data.startswith(STARTED):
                    self.started.set()
                if len(self.data) > self.limit:
                    self.over = True
                    break
        if self.over:
            self.stop.set()


def _watch(command: Sequence[str], box: Path, stdin: str, limits: Limits) -> Outcome:
    """Start the command, read what it prints, and end it when its time or its output is used up."""
    process = subprocess.Popen(
        command,
        cwd=box,
        env={"HOME": str(box), "PATH": "/usr/bin:/bin"},
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    started, stop = threading.Event(), threading.Event()
    out = _Reader(process.stdout, limits.output, threading.Event(), stop)
    error = _Reader(process.stderr, limits.output + len(STARTED), started, stop)
    work: list[Callable[[], None]] = [
        out,
        error,
        partial(_feed, process.stdin, stdin),
        partial(_wait, process, started, stop),
    ]
    threads = [threading.Thread(target=function, daemon=True) for function in work]
    for thread in threads:
        thread.start()
    started.wait(START_SECONDS)
    beginning = time.monotonic()
    in_time = stop.wait(limits.seconds)
    seconds = time.monotonic() - beginning
    code = process.poll()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for thread in threads:
        thread.join(1.0)
    status: Status = "output" if out.over or error.over else "ended" if in_time else "timeout"
    text = bytes(error.data).removeprefix(STARTED)[: limits.output].decode(errors="replace")
    printed = bytes(out.data[: limits.output]).decode(errors="replace")
    return Outcome(status, code if status == "ended" else None, printed, text, seconds)


def _wait(process: subprocess.Popen[bytes], started: threading.Event, stop: threading.Event) -> None:
    process.wait()
    stop.set()
    started.set()


def _feed(pipe: IO[bytes], text: str) -> None:
    with suppress(OSError), pipe:
        pipe.write(text.encode())
