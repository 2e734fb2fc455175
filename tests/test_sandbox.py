"""Hostile programs in the sandbox, by each way of confining them that this machine has."""

import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tao_lab import sandbox
from tao_lab.errors import LabError
from tao_lab.sandbox import MIB, Limits, methods

QUICK = Limits(seconds=1.0, memory=256 * MIB, output=4096)


@pytest.fixture(params=["bubblewrap", "rlimits", pytest.param("no namespaces", marks=pytest.mark.slow)])
def run(request, monkeypatch):
    """Runs programs by one way of confining them; the last is what a container leaves, that allows no namespaces."""
    try:
        chosen = sandbox.method("bubblewrap" if request.param == "bubblewrap" else "rlimits")
    except LabError as error:
        pytest.skip(str(error))
    if request.param == "no namespaces":
        with monkeypatch.context() as context:
            context.setattr(methods, "_works", lambda command: False)
            chosen = methods._rlimits()
    monkeypatch.setattr(sandbox, "method", lambda using: chosen)

    def run(program, **options):
        return sandbox.run(program, **{"limits": QUICK, **options})

    run.method = chosen
    return run


def test_a_program_reads_its_input_and_its_files_and_prints(run):
    outcome = run("print(input(), open('numbers.txt').read())", stdin="hello\n", files={"numbers.txt": "1 2 3"})
    assert (outcome.status, outcome.code, outcome.stdout, outcome.problem) == ("ended", 0, "hello 1 2 3\n", "")


def test_an_error_is_its_last_line(run):
    outcome = run("1 / 0")
    assert (outcome.code, outcome.problem) == (1, "ZeroDivisionError: division by zero")


def test_what_is_not_text_does_not_raise(run):
    assert run("import os; os.write(1, bytes(range(256)))").stdout.startswith("\0")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "problem"),
    [
        pytest.param("while True: pass", "did not end within", id="endless loop"),
        pytest.param("import time; time.sleep(1e6)", "did not end within", id="sleep"),
        pytest.param("x = bytearray(10**10)", "MemoryError", id="memory"),
        pytest.param("while True: print('x' * 1000)", "printed more", id="output"),
        pytest.param("import os\nwhile True: os.write(2, b'x' * 1000)", "printed more", id="errors"),
        pytest.param("open('big', 'wb').write(bytes(10**8))", "File too large", id="big file"),
        pytest.param("import sys; sys.exit(7)", "exit code 7", id="exit code"),
        pytest.param("import os; os.abort()", "exit code", id="abort"),
        pytest.param("import os\nos.setuid(0)\nos.listdir('/root')", "rror", id="become root"),
    ],
)
def test_a_hostile_program_is_ended_with_a_reason(run, program, problem):
    assert problem in run(program).problem


def test_a_fork_bomb_is_counted(run):
    bomb = "import os\nn = 0\ntry:\n  while n < 500:\n    n += os.fork() > 0\nexcept OSError: print('stopped', n)\n"
    outcome = run(bomb, limits=Limits(seconds=1.0, processes=16))
    assert "stopped" in outcome.stdout
    assert all(int(line.split()[1]) < 20 for line in outcome.stdout.splitlines())


def test_children_die_with_their_program(run):
    mark = Limits(seconds=1.0, output=4096 + secrets.randbelow(10**6))  # is in the command line of the child as well
    assert run("import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(77)\n", limits=mark).status == "ended"
    assert not _running(f'"output": {mark.output}')


def _running(text):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found += [process] if text.encode() in (process / "cmdline").read_bytes() else []
    return found


def test_secrets_of_environment_and_home_are_out_of_reach(run, monkeypatch, tmp_path):
    monkeypatch.setenv("TAO_LAB_SECRET", "correct horse")
    (tmp_path / "coldkey").write_text("battery staple")
    look = f"import os\nprint(dict(os.environ))\ntry: print(open({str(tmp_path / 'coldkey')!r}).read())\n"
    outcome = run(look + "except OSError as error: print('refused', error)\n")
    assert "correct horse" not in outcome.stdout
    if run.method.name == "bubblewrap" or run.method.landlock:
        assert "refused" in outcome.stdout
    for place in ("/proc/1/environ", "/proc/self/environ"):
        assert "correct horse" not in run(f"print(open({place!r}).read())").stdout


def test_nothing_is_written_outside(run, tmp_path):
    tmp_path.chmod(0o777)
    run(f"open({str(tmp_path / 'evil')!r}, 'w').write('x')")
    run(f"import os; os.mkdir({str(tmp_path / 'evil')!r})")
    run("open('/tmp/tao-lab-evil', 'w').write('x')")
    if run.method.name == "bubblewrap" or run.method.landlock:
        assert not list(tmp_path.iterdir())
        assert not Path("/tmp/tao-lab-evil").exists()


def test_there_is_no_network(run):
    if "network" in run.method.notice:
        pytest.skip(run.method.notice)
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 1); print('in')"
        outcome = run(call)
    assert outcome.code == 1
    assert "in" not in outcome.stdout


def test_it_cannot_end_its_parents(run):
    kill = "import os, signal\nfor pid in ({}, os.getppid(), -1):\n  try: os.kill(pid, 9)\n  except OSError: pass\n"
    run(kill.format(os.getpid()))
    assert run("print('still here')").stdout == "still here\n"


def test_packages_only_where_they_are_asked_for(run):
    program = "import numpy; print(numpy.arange(3).sum())"
    assert "No module named 'numpy'" in run(program).problem
    wide = Limits(seconds=60.0, memory=4096 * MIB, processes=64)
    assert run(program, packages=True, limits=wide).stdout == "3\n"


SMALL = Limits(seconds=10.0, memory=64 * MIB, output=4096, files=MIB, disk=4 * MIB, entries=200)
CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    print(name, "refused" if result == -1 else f"gave {result}")
"""
FILL = """
import os, time
block = bytes(1 << 20)
def fill(place):
    try:
        for number in range(100):
            with open(f"{place}/{number}", "wb") as file: file.write(block)
            if number == 40: time.sleep(5)  # ten times the limit: a watchdog may be slow on a busy machine
            print(place, number, flush=True)
    except OSError as error:
        print(place, error.strerror)
"""
# the watchdog says the first; the room itself may be full before the watchdog looks
TOO_MUCH = ("wrote more, or more files", "No space left on device")
# what an attack does; what its output or problem must say (one of, in a tuple), and must not
ATTACKS = {
    "fills the room's folders": (
        FILL + "for place in '/dev/shm', '/dev', '/', '/run', '/proc', '.': fill(place)",
        "",
        " 40\n",
    ),
    "keeps files that have no name": (
        "import os\nheld = []\nfor n in range(40):\n"
        "  held.append(open(str(n), 'wb')); held[-1].write(bytes(1 << 20)); held[-1].flush(); os.unlink(str(n))\n"
        "import time; time.sleep(5); print('kept')",
        "",
        "kept",
    ),
    "maps files that have no name": (
        "import mmap, os, time\nheld = []\nfor n in range(40):\n  with open('x', 'w+b') as file:\n"
        "    file.write(bytes(1 << 20)); file.flush(); held.append(mmap.mmap(file.fileno(), 1 << 20)); os.unlink('x')\n"
        "time.sleep(5); print('kept')",
        "",
        "kept",
    ),
    "makes many files": ("for n in range(10**6): open(str(n), 'w').close()", TOO_MUCH, ""),
    "makes many links": ("import os\nfor n in range(10**6): os.symlink('x' * 200, str(n))", TOO_MUCH, ""),
    "makes many hard links": (
        "import os, time\nopen('a', 'w').close()\nfor n in range(60_000): os.link('a', str(n))\n"
        "time.sleep(5); print('made')",
        "",
        "made",
    ),
    "nests 3,000 folders": (
        "import os, time\nfor n in range(3000): os.mkdir('d'); os.chdir('d')\ntime.sleep(5); print('nested')",
        TOO_MUCH,
        "",
    ),
    "hides a folder": (
        "import os, time\nos.makedirs('a/' + 'b' * 200)\nos.chmod('a', 0)\nos.mkdir('c', 0)\nprint('still')",
        "",
        'Traceback (most recent call last):\n  File "tao',
    ),
    "shares memory with nobody (System V)": (CALL + "call('shmget', 0, 1 << 20, 0o1600)", "refused", "gave"),
    "opens queues and semaphores": (
        CALL + "call('semget', 0, 100, 0o1600)\ncall('msgget', 0, 0o1600)\ncall('mq_open', b'/x', 66, 0o600, None)",
        "refused",
        "gave",
    ),
    "takes memory without a name": (CALL + "call('memfd_create', b'x', 0)", "refused", "gave"),
    "spreads memory over processes": (
        "import os, time\nfor n in range(3): os.fork()\nx = bytearray(b'x') * (20 << 20); time.sleep(5); print('kept')",
        "more memory",
        "kept",
    ),
    "shares memory with its children": (
        "import mmap, os, time\nfor n in range(6):\n  m = mmap.mmap(-1, 20 << 20); m.write(bytes(20 << 20))\n"
        "  if os.fork(): time.sleep(5); print('kept', flush=True); os._exit(0)\n  m.close()",
        "",
        "kept",
    ),
    "fills sockets": (
        "import os, socket, time\nheld = []\nfor n in range(5):\n  if os.fork() == 0: held.clear()\n"
        "  for m in range(28): held.append(socket.socketpair())\n  if n < 4 and not os.fork(): break\n"
        "time.sleep(5); print('kept')",
        "",
        "kept",
    ),
    "makes a user namespace": (CALL + "call('unshare', 0x10000000)", "refused", "gave"),
    "makes a user namespace by a program": (
        "import subprocess as s\nprint(s.run(['unshare', '--user', '-r', 'id'], capture_output=True).stdout)",
        "b''",
        "uid=",
    ),
    "clones into a user namespace": (CALL + "call('syscall', 56, 0x10000000 | 17, 0, 0, 0, 0)", "refused", "gave"),
    "mounts": (CALL + "call('mount', b'x', b'/tmp', b'tmpfs', 0, None)", "refused", "gave"),
    "reads the session keyring": (
        CALL + "call('syscall', 250, 11, -3, None, 0)\ncall('syscall', 248, b'user', b'x', b'x', 1, -3)",
        "refused",
        "gave",
    ),
    "hides from the watchdog": (CALL + "call('prctl', 4, 0, 0, 0, 0)", "refused", "gave"),
    "enlarges pipes": (
        "import fcntl, os\nprint(fcntl.fcntl(os.pipe()[0], 1031, 1 << 20))",
        "not permitted",
        "1048576",
    ),
    "asks io_uring for sockets": (CALL + "call('syscall', 425, 8, bytearray(120))", "", "gave"),
    "stops itself": ("import os; os.kill(os.getpid(), 19)\nimport time; time.sleep(60)", "did not end within", ""),
    "runs without output": ("import os\nfor n in range(3): os.close(n)\nwhile True: pass", "did not end within", ""),
    "starts 100 threads": (
        "import threading as t, time\nfor n in range(100): t.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "can't start new thread",
        "",
    ),
    "writes over its program": ("open('.program', 'r+').write('x')", "Permission denied", ""),
    "is not text": ("print('\ud800')", "UnicodeDecodeError", ""),
    "has a zero in it": ("print(1)\0", "null bytes", ""),
    "nests 10,000 brackets": ("(" * 10_000 + ")" * 10_000, "", ""),
}


@pytest.fixture
def temporary(monkeypatch):
    """A folder for temporary files that no other test has."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gains_nothing_and_leaves_nothing(run, attack, temporary):
    program, says, never = ATTACKS[attack]
    if "'syscall'" in program and platform.machine() != "x86_64":
        pytest.skip("the numbers of system calls are those of x86-64")
    says = (says,) if isinstance(says, str) else says
    outcome = run(program, limits=replace(SMALL, seconds=0.5) if "did not end within" in says else SMALL)
    text = f"{outcome.stdout}\n{outcome.stderr}\n{outcome.problem}"
    assert any(each in text for each in says)
    assert not never or never not in text
    assert not [*temporary.iterdir(), *Path("/dev/shm").glob("[0-9]*")]
    assert not _running(temporary.name)


@pytest.mark.parametrize("address", ["path", "abstract"])
def test_sockets_of_the_same_user_are_out_of_reach(run, address, temporary):
    name = f"{temporary}/socket" if address == "path" else f"\0{temporary.name}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        outcome = run(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r}); print('in')")
    assert "not permitted" in outcome.problem


@pytest.mark.parametrize(
    "name",
    ["..", ".", "", "a/b", "/etc/passwd", "a\0b", "\ud800", "x" * 256, ".program"],
)
def test_a_file_name_that_cannot_be_used_is_refused(name):
    with pytest.raises(LabError, match="files: "):
        sandbox.run("", files={name: ""})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, "5"])
def test_limits_that_limit_nothing_are_refused(value):
    with pytest.raises(LabError, match="seconds is"):
        Limits(seconds=value)


def test_input_that_is_no_text_does_not_raise(run):
    assert run("import sys; print(len(sys.stdin.buffer.read()))", stdin="\ud800").stdout == "3\n"


def test_a_session_answers_line_by_line_within_its_time(run):
    echo = (
        "import sys, time\nfor line in sys.stdin:\n"
        "  print(line.strip() * 2, flush=True)\n  if 'x' in line: time.sleep(99)\n"
    )
    with sandbox.started(echo, limits=QUICK) as running:
        assert running.ask(b"ab", 5.0) == b"abab"
        assert running.ask(b"x", 5.0) == b"xx"
        assert running.ask(b"ab", 0.2) is None
        assert running.status == "timeout"


def test_the_weaker_way_says_so():
    assert "bubblewrap is not used here" in sandbox.method("rlimits").notice


def test_the_folder_of_a_killed_owner_is_removed_by_the_next_run_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox.tempfile, "tempdir", str(tmp_path))
    program = f"""
import os, signal, sys, tempfile
from tao_lab import sandbox
tempfile.tempdir = {str(tmp_path)!r}
with sandbox.started("input()"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.glob("tao-lab-box-*")
    (tmp_path / "tao-lab-boxes").mkdir()
    with sandbox.started("input()"):
        (used,) = set(tmp_path.glob("tao-lab-box-*")) - {left}
        for folder in (left, used):
            os.utime(folder, (0, 0))
        sandbox.clear_abandoned()
        assert used.is_dir()
        assert not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["tao-lab-boxes"]
