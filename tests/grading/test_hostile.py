"""Hostile submissions: nothing for what they try, right marks for the rest, and nothing harmed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tao_lab import paths
from tao_lab.grading.grade import Settings, grade_all, grade_notebook
from tests.grading.books import SET_UP_02, answer, book, handed_in, right

SETTINGS = Settings(seed=11, patience=0.2)  # two seconds for what never ends

# The body of `compact(number)`, exercise 02.1, and a word of the hint that its author gets.
HOSTILE = {
    "a fork bomb": ("import os\n    while True:\n        os.fork()", ""),
    "a thread bomb": (
        "import threading, time\n    while True:\n        threading.Thread(target=time.sleep, args=(60,)).start()",
        "",
    ),
    "a memory bomb": ("held = []\n    while True:\n        held.append(bytearray(1 << 26))", ""),
    "a disk bomb": (
        "import os\n    for name in range(10_000):\n"
        "        with open(f'/tmp/{name}', 'wb') as file:\n            file.write(os.urandom(1 << 20))",
        "",
    ),
    "an endless loop": ("while True:\n        pass", "stopped"),
    "a loop that lets nothing through": (
        "while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n"
        "            continue",
        "stopped",
    ),
    "a flood of output": ("import os\n    while True:\n        os.write(1, b'x' * 65_536)", ""),
    "a long print": ("while True:\n        print('right ' * 10_000)", ""),
    "the solutions": ("exec(open(SOLUTIONS).read(), globals())\n    return compact(number)", "FileNotFoundError"),
    "others' work": ("return len(open(OTHER).read())", "FileNotFoundError"),
    "the home": ("return open(HOME + '/.bashrc').read()", "FileNotFoundError"),
    "the reference": (
        "from tao_lab.chain.extrinsic import compact as reference\n    return reference(number)",
        "not handed out",
    ),
    "the lab's solution": (
        "from tao_lab.course.lab02.exercises import compact as solution\n    return solution(number)",
        "not handed out",
    ),
    "a patch of the checker": (
        "import tao_lab.course.checking as checking, tao_lab.course.compare as compare\n"
        "    checking.judge = compare.same_values = lambda *_, **__: True\n    return b''",
        "",
    ),
    "printed marks": (
        "import json, os\n    for number in range(3, 20):\n        try:\n"
        "            os.write(number, json.dumps({'state': 'right', 'value': True, 'points': 100}).encode() + b'\\n')\n"
        "        except OSError:\n            pass\n    return b''",
        "",
    ),
    "frames": (
        "import sys, gc\n    frame = sys._getframe()\n    while frame:\n"
        "        for name in ('expected', 'values', 'case'):\n            if name in frame.f_locals:\n"
        "                return frame.f_locals[name]\n        frame = frame.f_back\n"
        "    found = [o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o]\n"
        "    return found[0]['expected'] if found else b''",
        "",
    ),
    "the lab through its own way of asking": (
        "import sys\n    frame = sys._getframe(1)\n    request = frame.f_globals['request']\n"
        "    return request({'import': ['tao_lab.course.lab02.exercises.compact_integer', 'compact']})(number)",
        "not handed out",
    ),
    "what is behind an object of the lab": (
        "import sys\n    from tao_lab.course.lab02.hashing import twox_64\n"
        "    return twox_64.__globals__['__builtins__']['open'](SOLUTIONS).read()",
        "",
    ),
    "an object that equals everything": (
        "class Yes(bytes):\n        __eq__ = __lt__ = __ge__ = lambda *_: True\n        __hash__ = bytes.__hash__\n"
        "    return Yes(b'')",
        "",
    ),
    "os._exit": ("import os\n    os._exit(0)", "ended its process"),
    "sys.exit": ("raise SystemExit(0)", "SystemExit"),
    "a crash": ("import ctypes\n    ctypes.string_at(0)", "ended its process"),
    "deleted files": ("import shutil\n    shutil.rmtree(FOLDER)\n    return b''", "FileNotFoundError"),
    "the network": (
        "import urllib.request\n    return urllib.request.urlopen('http://127.0.0.1:8888', timeout=1).read()",
        "",
    ),
    "sockets": (
        "import socket\n    open_one = socket.socket(socket.AF_UNIX)\n    open_one.connect('/tmp/.X11-unix/X0')",
        "PermissionError",
    ),
    "a background process": (
        "import subprocess, sys\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(9_999)  # MARKER'],"
        " start_new_session=True)\n    return b''",
        "",
    ),
    "signals to everybody": ("import os, signal\n    os.kill(-1, signal.SIGKILL)\n    return b''", ""),
    "a question to the instructor": ("return input('right? ')", "input()"),
    "the end while it is defined": ("return b''\nimport os\nNOTHING = os._exit(0)", "ended its process"),
    "a number without end": ("return 1 << (1 << 28)", ""),
    "deep nesting": ("held = []\n    for _ in range(100_000):\n        held = [held]\n    return held", ""),
}


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """Another student's notebook, which must stay as it is."""
    file = tmp_path / "canary.txt"
    file.write_text("bob's work")
    yield file
    assert file.read_text() == "bob's work"


def hostile(body: str, canary: Path) -> str:
    """A hostile answer to 02.1."""
    places = {
        "SOLUTIONS": paths.LABS / "solutions" / "02.py",
        "OTHER": canary,
        "HOME": Path.home(),
        "FOLDER": canary.parent,
    }
    for name, place in places.items():
        body = body.replace(name, repr(str(place)))
    return f"def compact(number):\n    {body}\n".replace("MARKER", f"marker {os.getpid()}")


def processes() -> str:
    """The command lines of all processes."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_text(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_answer_gets_nothing_and_the_others_their_marks(kind: str, tmp_path: Path, canary: Path) -> None:
    body, said = HOSTILE[kind]
    data = book(SET_UP_02, answer("02.1", hostile(body, canary)), right("02.3"))
    graded = grade_notebook(handed_in(tmp_path, "eve", data), "02", SETTINGS)
    marks = {mark.exercise: mark for mark in graded.marks}
    assert marks["02.1"].state == "wrong", marks["02.1"]
    assert said in marks["02.1"].hint, marks["02.1"].hint
    assert marks["02.3"].state == "right", marks["02.3"].hint
    assert {marks[other].state for other in ("02.2", "02.4", "02.5", "02.6")} == {"missing"}
    assert f"marker {os.getpid()}" not in processes()


FILES = {
    "no JSON": b"<html>",
    "empty": b"",
    "no notebook": b"[1, 2, 3]",
    "no text": bytes(range(256)) * 100,
    "nested deeply": b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "many values": b'{"cells": [' + b"0," * 5_000_000 + b"0]}",
    "too large": b'{"cells": [], "x": "' + b"x" * (33 << 20) + b'"}',
    "cells of every kind": b'{"cells": [null, 1, "a", [], {}, {"cell_type": "code", "source": 5, "metadata": [1]}]}',
    "an endless number": b'{"cells": [' + b"9" * 100_000 + b"]}",
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_notebook_is_said(kind: str, tmp_path: Path) -> None:
    graded = grade_notebook(handed_in(tmp_path, "eve", FILES[kind]), "02", SETTINGS)
    if kind == "cells of every kind":
        assert {mark.state for mark in graded.marks} == {"missing"}
    else:
        assert "notebook" in graded.problem
        assert graded.marks == ()


CODE = {
    "deep brackets": "x = " + "(" * 5_000 + ")" * 5_000,
    "a long sum": "x = " + "+".join("1" * 50_000),
    "a null byte": "def compact(number):\n    return '\0'",
    "half a surrogate pair": "def compact(number):\n    return '\ud800'",
    "a megabyte": "x = '" + "x" * 1_000_000 + "'",
}


@pytest.mark.parametrize("kind", CODE)
def test_code_that_breaks_parsers_is_an_answer_that_cannot_run(kind: str, tmp_path: Path) -> None:
    graded = grade_notebook(handed_in(tmp_path, "eve", book(answer("02.1", CODE[kind]))), "02", SETTINGS)
    assert graded.marks[0].state == "wrong"


@pytest.mark.slow
def test_others_get_the_same_marks_beside_hostile_students(tmp_path: Path, canary: Path) -> None:
    honest = handed_in(tmp_path, "ann", book(SET_UP_02, right("02.1"), right("02.2")))
    alone = grade_all([(honest, "02")], SETTINGS)
    kinds = ("a fork bomb", "a memory bomb", "signals to everybody", "os._exit")
    bad = [
        handed_in(tmp_path, f"eve{place}", book(answer("02.1", hostile(HOSTILE[kind][0], canary))))
        for place, kind in enumerate(kinds)
    ]
    jobs = [(bad[0], "02"), (bad[1], "02"), (honest, "02"), (bad[2], "02"), (bad[3], "02")]
    beside = grade_all(jobs, SETTINGS, workers=2)
    assert beside[2] == alone[0]
    assert [mark.state for mark in beside[2].marks][:2] == ["right", "right"]
