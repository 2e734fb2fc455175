"""Hostile programs in the sandbox, by each way of confining them that this machine has."""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tao_lab import sandbox
from tao_lab.errors import LabError
from tao_lab.sandbox import MIB, Limits

QUICK = Limits(seconds=1.0, memory=256 * MIB, output=4096)


@pytest.fixture(params=["bubblewrap", "rlimits"])
def run(request):
    try:
        chosen = sandbox.method(request.param)
    except LabError as error:
        pytest.skip(str(error))

    def run(program, **options):
        return sandbox.run(program, using=chosen.name, **{"limits": QUICK, **options})

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
    if run.method.own_pids:
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


def test_a_file_name_with_a_folder_is_refused():
    with pytest.raises(LabError, match=r"'\.\./x' is not a plain file name"):
        sandbox.run("", files={"../x": ""})


def test_the_weaker_way_says_so():
    assert "bubblewrap is not used here" in sandbox.method("rlimits").notice
