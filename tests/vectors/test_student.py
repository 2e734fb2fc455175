"""Foreign rules: they run in the sandbox, and nothing that they send harms the one who verifies."""

import json
import time

import pytest

from tao_lab import vectors
from tao_lab.paths import DATASETS

HEAD = "import os, sys, time\nfrom tao_lab.economy import block_emission as library\n"
REPLY = (
    HEAD
    + "def write(data):\n  for number in range(3, 30):\n    try: os.write(number, data)\n    except OSError: pass\n"
)
DEFINE = "def block_emission(issuance):\n  "


@pytest.fixture
def verify(tmp_path):
    """Runs a file's text against two vectors."""
    data = json.loads((DATASETS / "vectors" / "block_emission.json").read_text())
    data["vectors"] = data["vectors"][:2]
    (tmp_path / "vectors.json").write_text(json.dumps(data))
    file = vectors.load(tmp_path / "vectors.json")

    def verify(text, timeout=120.0):
        (tmp_path / "student.py").write_text(text)
        return vectors.verify(file, tmp_path / "student.py", timeout)

    verify.folder = tmp_path
    return verify


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(REPLY + DEFINE + "write(b'\\x80\\x04K\\x01.\\n')", "isn't JSON", id="bytes of pickle"),
        pytest.param(REPLY + DEFINE + "write(b'[' * 10**5 + b'\\n')", "nested too deeply", id="100,000 brackets"),
        pytest.param(
            REPLY + DEFINE + "write(b'{\"answer\": ' + b'9' * 5000 + b'}\\n')", "isn't JSON", id="5,000 digits"
        ),
        pytest.param(REPLY + DEFINE + 'write(b\'{"answer": {"emission": NaN}}\\n\')', "NaN", id="NaN sent"),
        pytest.param(REPLY + DEFINE + "write(b'[1]\\n')", "something else than an answer", id="another shape"),
        pytest.param(REPLY + DEFINE + "write(bytes(9 << 20))", "printed or returned more", id="nine megabytes"),
        pytest.param(HEAD + DEFINE + "return 10**5000", "whole number of 16,610 bits", id="a large number"),
        pytest.param(HEAD + DEFINE + "raise ValueError('\\x1b[2Jgone')", "\\x1b[2Jgone", id="terminal codes"),
        pytest.param(HEAD + DEFINE + "sys.setrecursionlimit(10**9); return block_emission(1)", "", id="recursion"),
        pytest.param(HEAD + DEFINE + "import socket; socket.socket()", "Operation not permitted", id="network"),
        pytest.param(HEAD + DEFINE + "return open('{folder}/secret').read()", "rror", id="reads beside itself"),
        pytest.param(HEAD + DEFINE + "os.kill(os.getppid(), 9); return 5", "", id="ends its parent"),
        pytest.param(HEAD + DEFINE + "x = bytearray(b'x') * (5 << 30); return x", "MemoryError", id="memory"),
    ],
)
def test_what_a_rule_does_is_a_line_in_the_report(verify, text, says):
    (verify.folder / "secret").write_text("battery staple")
    report = verify(text.replace("{folder}", str(verify.folder)))
    assert report.passed == 0
    assert says in str(report.failures[0])
    assert "battery staple" not in str(report.failures[0])


def test_half_a_message_ends_within_the_timeout(verify):
    beginning = time.monotonic()
    report = verify(REPLY + DEFINE + "write(b'{\"answer\"'); time.sleep(600)", timeout=0.5)
    assert "did not end within 0.5 s" in str(report.failures[0])
    assert time.monotonic() - beginning < 300


@pytest.mark.parametrize(
    ("text", "library"),
    [
        pytest.param("from tao_lab.economy import block_emission\n", True, id="imported"),
        pytest.param("import tao_lab.economy as e\nblock_emission = e.block_emission\n", True, id="another name"),
        pytest.param(HEAD + DEFINE + "return library(issuance)", True, id="wrapped"),
        pytest.param(
            HEAD + "from functools import partial\nfrom types import FunctionType\n"
            "block_emission = partial(FunctionType(library.__code__, library.__globals__))",
            True,
            id="copied",
        ),
        pytest.param(DEFINE + "print('\\x1b[31mhello'); return 10**9", False, id="own"),
    ],
)
def test_the_librarys_own_function_is_said_to_be_so(verify, text, library):
    report = verify(text)
    assert ("calls the library's own function" in report.notice) == library
    assert report.printed == ("" if library else "\\x1b[31mhello\n\\x1b[31mhello")
    assert report.passed == 2 or not library


def test_modules_beside_the_file_are_found(verify):
    (verify.folder / "helper.py").write_text("import deeper\nNUMBER = deeper.NUMBER\n")
    (verify.folder / "deeper.py").write_text("NUMBER = 7\n")
    assert "is 7" in str(verify("from helper import NUMBER\n" + DEFINE + "return NUMBER").failures[0])
