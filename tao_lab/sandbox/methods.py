"""Methods to build a box on this machine: bubblewrap, or without it `unshare`, Landlock and rlimits."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from tao_lab.errors import LabError
from tao_lab.sandbox import filter as calls
from tao_lab.sandbox import usage
from tao_lab.sandbox.limits import MIB, Limits, Status
from tao_lab.sandbox.watch import START_SECONDS, STARTED, Look

SHARED_BYTES = 16 * MIB  # that /dev/shm holds
FIRST_UID = 200_000  # root's boxes run as users that nobody else uses, so that their processes can be counted
UIDS = 1_000_000
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
SCOPES_ABI = 6  # of Landlock; from this version on it can forbid signals and abstract sockets
LAUNCHER = Path(__file__).with_name("launcher.py")

Kind = Literal["bubblewrap", "rlimits"]


@dataclass(frozen=True)
class Method:
    """How programs are confined on this machine.

    Attributes:
        name: "bubblewrap", or "rlimits" for everything else.
        notice: what it cannot prevent, in words; empty if nothing.
        prefix: the beginning of the launcher's command.
        landlock: the kernel's version of Landlock, 0 if it is not used.
        own_pids: whether the code sees only its own processes.
        options: of bubblewrap, that not every version knows.
    """

    name: Kind
    notice: str
    prefix: tuple[str, ...] = ()
    landlock: int = 0
    own_pids: bool = True
    options: tuple[str, ...] = ()


@cache
def method(name: Kind | None = None) -> Method:
    """The best method on this machine, tested once.

    Args:
        name: "bubblewrap" or "rlimits" for this method; by default bubblewrap if it works.

    Raises:
        LabError: bubblewrap was asked for and does not work here; or this system is not Linux.
    """
    if sys.platform != "linux":
        raise LabError(f"the sandbox needs Linux, this is {sys.platform}; run the lab in a Linux container or in WSL")
    if name != "rlimits":
        if shutil.which("bwrap") and (found := _bubblewrap_here()):
            return found
        if name == "bubblewrap":
            raise LabError("bubblewrap is not installed or not allowed here; scripts/system-packages.sh sandbox")
    return _rlimits()


def _bubblewrap_here() -> Method | None:
    """Bubblewrap, without nested user namespaces if possible; None if it does not work."""
    open_ends = []
    if not calls.compiled(False):
        open_ends.append("install libseccomp; without it, the code reads the session keyring")
    # root's boxes have no user namespace, so only the filter prevents the code from making one
    closed = () if os.geteuid() == 0 else ("--unshare-user", "--disable-userns")
    for options in dict.fromkeys((closed, ())):
        if _works([*_bubblewrap("box", {}, _readable(), Limits(), options), *_python("-S"), ""]):
            if not options and not calls.compiled(False):
                open_ends.append("makes user namespaces, and in them files that no limit counts")
            return Method("bubblewrap", " and ".join(open_ends), options=options)
    return None


def _rlimits() -> Method:
    """The method with `unshare` and Landlock, and what they cannot prevent here."""
    user = () if os.geteuid() == 0 else ("--user",)
    spaces = ("--net", "--ipc", "--uts")
    tries = (("--pid", "--fork", "--kill-child", "--mount", "--mount-proc", *spaces), spaces, ())
    shell = ("/bin/sh", "-c", ":")
    unshare = next(options for options in tries if not options or _works(["unshare", *user, *options, *shell]))
    landlock, own_pids = _landlock_abi(), "--pid" in unshare
    filtered = bool(calls.compiled(bool(user)))
    open_ends = []
    if not landlock:
        open_ends.append("files that you can read or write are open to the code")
    if not unshare and not filtered:
        open_ends.append("the network is open to the code")
    if not filtered:
        open_ends.append("sockets in files, shared memory segments and the session keyring are open to the code")
    if not filtered and user:
        open_ends.append("the code changes modes and dates of your files")
    if not own_pids:
        open_ends.append("the code sees other processes")
    if not own_pids and user and landlock < SCOPES_ABI:
        open_ends.append("the code can end your processes, this one too, and what it starts may then live on")
    open_ends.append("memory and files in the box are measured a hundred times a second and may be over for a moment")
    open_ends.append("install bubblewrap (scripts/system-packages.sh sandbox)")
    notice = f"bubblewrap is not used here, code is confined by rlimits: {'; '.join(open_ends)}"
    prefix = ("unshare", *user, *unshare) if unshare else ()
    return Method("rlimits", notice, prefix, landlock, own_pids)


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=START_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _landlock_abi() -> int:
    """The kernel's version of Landlock; 0 if it has none, or we may not use it."""
    try:
        import landlock

        return int(landlock.landlock_abi_version())
    except (ImportError, OSError, AttributeError):
        return 0


def command(
    chosen: Method, folder: Path, names: Sequence[str], limits: Limits, packages: bool, readable: Sequence[str]
) -> tuple[list[str], int, Look]:
    """The command that builds a box and starts the launcher there.

    Args:
        chosen: the method.
        folder: folder of the program's files.
        names: of these files.
        limits: what the program may use.
        packages: whether it may import what is installed beside the lab.
        readable: more paths that it may read.

    Returns:
        The command; the user of the box's processes if they can only be recognized by it, otherwise 0; and a function
        that returns the limit that given processes exceed.
    """
    uid = FIRST_UID + secrets.randbelow(UIDS) if os.geteuid() == 0 else 0
    paths = [*_readable(packages), *(path for path in readable if Path(path).exists())]
    config: dict[str, object] = {"limits": asdict(limits), "uid": uid, "count": False, "landlock": None}
    config |= {"started": STARTED.decode(), "supervised": not chosen.own_pids, "landlock_abi": chosen.landlock}
    bubblewrap = chosen.name == "bubblewrap"
    config["filter"] = base64.b64encode(calls.compiled(not bubblewrap and not uid)).decode()
    python = [*_python(*([] if packages else ["-S"])), LAUNCHER.read_text()]
    if bubblewrap:
        laid = {name: str(folder / name) for name in names}
        room = _bubblewrap(folder.name, laid, paths, limits, chosen.options)
        return [*room, *python, json.dumps(config)], 0, _look(limits)
    if chosen.landlock:
        spec = find_spec("landlock")
        assert spec is not None
        assert spec.origin is not None
        package = str(Path(spec.origin).parent.parent)
        config["landlock"] = {"package": package, "readable": [*paths, "/proc"], "devices": list(DEVICES)}
    drop: list[str] = []
    if uid:  # Landlock decides what may be read; without it, the code can read files that everybody may read
        folder.chmod(0o777)
        os.chown(folder, uid, uid)
        drop, config["uid"] = _drop(uid, bool(chosen.landlock)), 0
    config["count"] = not chosen.own_pids and not uid
    words = [*chosen.prefix, *drop, *python, json.dumps(config)]
    return words, 0 if chosen.own_pids else uid, _look(limits, folder)


def _look(limits: Limits, folder: Path | None = None) -> Look:
    """A function that returns the limit that processes exceed; their files are in a folder, or in their own mounts."""

    def look(pids: Sequence[int]) -> Status | None:
        if usage.memory(pids, limits.memory) > limits.memory:
            return "memory"
        if folder is not None:
            used, count = usage.disk(folder, pids, limits.entries)
        else:
            used, count = usage.room(pids[-1], (os.path.realpath("/tmp"), "/dev/shm")) if pids else (0, 0)
        return "disk" if used > limits.disk or count > limits.entries else None

    return look


def _drop(uid: int, keep_reading: bool) -> list[str]:
    """Arguments that change from root to another user, who may still read an interpreter in root's home."""
    kept = "-all,+dac_read_search" if keep_reading else "-all"
    capabilities = [f"--inh-caps={kept}", f"--ambient-caps={kept}", f"--bounding-set={kept}"]
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *capabilities, "--no-new-privs"]


def _bubblewrap(
    box: str, laid: Mapping[str, str], paths: Sequence[str], limits: Limits, options: Sequence[str]
) -> list[str]:
    """The command that builds a box with only an interpreter and the given files.

    Every path has the same meaning in the box as outside: symbolic links on the way are made again, and the box's own
    folders are mounted first, so that paths below them stay visible. The program can write only into the box's own
    /tmp, which contains its working directory, and into /dev/shm.

    Args:
        box: name of the working directory; it is used nowhere else in /tmp.
        laid: path outside of each file there, by name.
        paths: paths of the system that the box shows, read-only.
        limits: the limits, with the total size of all files.
        options: of bubblewrap, that not every version knows.
    """
    temporary = os.path.realpath("/tmp")
    inside = f"{temporary}/{box}"
    links, places = _routes(paths)
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv", "--setenv", "HOME", inside]
    if os.geteuid() == 0:  # the launcher becomes another user without capabilities
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--cap-drop", "ALL"]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", *options]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += ["--size", str(min(SHARED_BYTES, limits.disk)), "--perms", "1777", "--tmpfs", "/dev/shm"]
    made = {temporary: ["--size", str(limits.disk), "--perms", "1777", "--tmpfs", temporary]}
    made |= {place: ["--ro-bind", place, place] for place in places}
    made |= {link: ["--symlink", target, link] for link, target in (links | _routes(["/tmp"])[0]).items()}
    for path in sorted(made):
        for parent in reversed(Path(path).parents[:-1]):
            command += ["--perms", "0755", "--dir", str(parent)]
        command += made[path]
    command += ["--perms", "1777", "--dir", inside]
    for name, outside in laid.items():
        command += ["--ro-bind", outside, f"{inside}/{name}"]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", inside]


def _routes(paths: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The symbolic links on the way to some paths, and their targets, without targets inside other targets."""
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
    """Paths that a program needs: the system's folders, this Python's folders, and those of the packages."""
    needed = [*SYSTEM, sys.prefix, sys.base_prefix, sys.executable]
    if packages:
        needed += [path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}]
    return [path for path in dict.fromkeys(needed) if Path(path).exists()]
