"""The command line as a person meets it: lines, exit codes, no tracebacks."""

import json
import os
import queue
import socket
import subprocess
import sys
import webbrowser
from urllib.parse import urlsplit

import pytest
import typer
from typer.testing import CliRunner
from websockets.sync.client import connect

from tao_lab import RULES_AS_OF, Network, __version__, headings, servers
from tao_lab.classroom.host import ClassHost
from tao_lab.classroom.roster import Terms
from tao_lab.cli import main, register
from tao_lab.cli.app import app
from tao_lab.paths import DATASETS, LABS, WATCHED_CLASS

EPOCHS = DATASETS / "vectors" / "epoch.json"


def tao_lab(*arguments, timeout=600):
    command = [sys.executable, "-m", "tao_lab.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.fixture
def here(monkeypatch, capfd):
    """`tao-lab ARGUMENTS` in this process, which has loaded the library already."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tao-lab", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, ended.value.code or 0, out, err)

    return run


@pytest.fixture(scope="module")
def two_epochs(tmp_path_factory):
    data = json.loads(EPOCHS.read_text())
    path = tmp_path_factory.mktemp("vectors") / "two.json"
    path.write_text(json.dumps({**data, "vectors": data["vectors"][:2]}))
    return path


def test_version_is_printed():
    assert tao_lab("--version").stdout == f"tao-lab {__version__}, rules of {RULES_AS_OF}\n"


def every_command(command, path=()):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, (*path, name))


register()
COMMANDS = sorted(every_command(typer.main.get_command(app)))
GROUPS = {path[:-1] for path in COMMANDS if path}


def test_the_commands_of_the_lab_are_there():
    ours = {" ".join(path) for path in COMMANDS if path not in GROUPS}
    assert ours == {
        *(
            "lab",
            "dashboards",
            "present",
            "solve",
            "course make",
            "grade",
            "verify",
            "node",
            "doctor",
            "explain",
            "miner run",
            "validator run",
            "fund",
            "join",
            "simulate",
        ),
        *("labs status", "labs update", "labs reset"),
        *("models get", "models list", "models chat", "subnets list", "subnets show", "subnets play", "subnets stress"),
        *(
            f"bench {name}"
            for name in (
                "consensus",
                "economy",
                "memory",
                "miner",
                "slider",
                "chain",
                "judge",
                "kernels",
                "first",
                "room",
                "start",
                "node",
                "simulate",
                "grade",
            )
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_an_example(command):
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.stdout or command in GROUPS


def test_verify_finds_the_labs_data_from_the_students_folder(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert here("verify", "datasets/vectors/block_emission.json").stdout.endswith("0 failed\n")


@pytest.mark.slow
def test_your_own_labs_from_the_first_copy_to_the_reset(here, tmp_path):
    work = ("--work", tmp_path / "my labs")
    copies = len([*LABS.glob("*.ipynb"), *(LABS / "pages").glob("*.ipynb")])
    assert f"made {copies} of your own copies" in here("labs", "update", *work).stdout
    assert "all labs are up to date" in here("labs", "update", *work).stdout
    assert here("labs", "status", *work).stdout.count("as shipped") == copies
    lab = tmp_path / "my labs" / "06-yuma-consensus.ipynb"
    lab.write_text(lab.read_text().replace("...", "return None"))
    assert "6 of 6 exercises written" in here("labs", "status", *work).stdout
    done = here("labs", "reset", "06.2", *work)
    assert "06.2 is as shipped" in done.stdout
    assert "the old version: " in done.stdout
    assert "5 of 6 exercises written" in here("labs", "status", *work).stdout


@pytest.mark.parametrize("command", [("labs", "update"), ("labs", "reset", "06")])
def test_a_lab_that_cannot_be_read_ends_with_exit_code_1_until_it_is_reset(here, tmp_path, command):
    lab = tmp_path / "06-yuma-consensus.ipynb"
    lab.write_text("{")
    done = here(*command, "--work", tmp_path)
    assert done.returncode == (1 if "update" in command else 0)
    assert "is not a notebook: line 1" in done.stdout or "the old version" in done.stdout


def test_what_cannot_be_done_with_your_labs_is_one_line_and_exit_code_2(here, tmp_path):
    for arguments, words in {
        ("status", "--work", DATASETS.parent / "labs"): "where the shipped ones are",
        ("reset", "06.9", "--work", tmp_path): "allowed in lab 06: 06.1",
        ("reset", "six", "--work", tmp_path): "lab is 'six'",
    }.items():
        done = here("labs", *arguments)
        assert (done.returncode, words in done.stderr) == (2, True)


def test_an_update_waits_until_jupyterlab_has_ended(here, tmp_path):
    from tao_lab.work import WorkFolder

    with WorkFolder(tmp_path).held():
        done = here("labs", "update", "--work", tmp_path)
    assert (done.returncode, "end it with Ctrl-C" in done.stderr) == (2, True)


def test_verify_ends_with_the_count(here):
    result = here("verify", EPOCHS)
    assert (result.stdout, result.returncode) == ("40 passed, 0 failed\n", 0)


def test_a_bad_file_is_one_line_and_exit_code_2(tmp_path):
    result = tao_lab("verify", tmp_path / "none.json")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "cannot be read" in result.stderr


def test_debug_shows_the_traceback(here, tmp_path):
    result = here("verify", tmp_path / "none.json", "--debug")
    assert result.returncode == 2
    assert "Traceback" in result.stderr


def test_an_unknown_command_names_the_mistake(here):
    result = here("verfy", EPOCHS)
    assert result.returncode == 2
    assert "verfy" in result.stderr


RIGHT = "from tao_lab.consensus import epoch as library\ndef epoch(inputs):\n    return library(inputs)\n"
DICT = RIGHT.replace("return library(inputs)", "return library(inputs).terms().to_json()")
LATE = "import time\ndef epoch(inputs):\n    time.sleep(60)\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "exit_code", "says"),
    [
        pytest.param(RIGHT, 0, ["2 passed, 0 failed"], id="an Epoch", marks=pytest.mark.slow),
        pytest.param(DICT, 0, ["2 passed, 0 failed"], id="a dict"),
        pytest.param(
            "def epoch(inputs):\n    print('hello')\n    return 1 / 0\n",
            1,
            ["bonds-1: ZeroDivisionError: division by zero (line 3 of student.py)", "0 passed, 2 failed"],
            id="raises",
        ),
        pytest.param(
            "def epoch(inputs):\n    ...\n",
            1,
            ["returned NoneType; allowed: Epoch"],
            id="nothing",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "def epoch(inputs):\n    return {}\n",
            1,
            ["active: is missing from the answer"],
            id="empty",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            DICT + "    \n_dict = epoch\ndef epoch(inputs):\n    return _dict(inputs) | {'active': [True]}\n",
            1,
            ["bonds-1: active: has 1 entries, the chain has 8"],
            id="wrong shape",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            DICT + "_dict = epoch\ndef epoch(inputs):\n    return _dict(inputs) | {'emission': 0.5}\n",
            1,
            ["bonds-1: emission: is 0.5, the chain has a list of 8"],
            id="a number for a list",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            DICT + "_dict = epoch\ndef epoch(inputs):\n    return _dict(inputs) | {'active': object()}\n",
            1,
            ["active holds an object; allowed: numbers, lists and numpy arrays"],
            id="an object",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            LATE,
            1,
            ["did not end within 1 s", "not run", "0 passed, 2 failed"],
            id="never ends",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "import os\ndef epoch(inputs):\n    os._exit(3)\n", 1, ["exit code 3"], id="dies", marks=pytest.mark.slow
        ),
        pytest.param(
            "def epoch(inputs):\n    raise SystemExit(5)\n", 1, ["SystemExit: 5"], id="exits", marks=pytest.mark.slow
        ),
        pytest.param(
            "def epoch(inputs):\n    raise KeyboardInterrupt\n",
            1,
            ["KeyboardInterrupt: no"],
            id="interrupts",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "import os, time\ndef epoch(inputs):\n    if os.fork() == 0:\n        time.sleep(300)\n    return {}\n",
            1,
            ["active: is missing", "0 passed, 2 failed"],
            id="leaves a process behind",
            marks=pytest.mark.slow,
        ),
        pytest.param("def epok(inputs): ...\n", 2, ["no function `epoch`", "it defines epok"], id="misspelt"),
        pytest.param("def epoch(inputs:\n", 2, ["does not load: SyntaxError", "line 1 of student.py"], id="syntax"),
        pytest.param("import nothing_like_this\n", 2, ["ModuleNotFoundError"], id="import", marks=pytest.mark.slow),
        pytest.param(None, 2, ["no such file"], id="missing", marks=pytest.mark.slow),
    ],
)
def test_student_rules_get_lines_not_tracebacks(here, tmp_path, two_epochs, code, exit_code, says):
    rules = tmp_path / "student.py"
    if code is not None:
        rules.write_text(code)
    result = here("verify", two_epochs, "--rules", rules, "--timeout", "1")
    everything = result.stdout + result.stderr
    assert result.returncode == exit_code, everything
    for text in says:
        assert text in everything
    assert "Traceback" not in everything
    assert "hello" not in result.stdout


@pytest.mark.slow
def test_a_node_makes_blocks_answers_and_stops_when_told(tmp_path):
    command = [sys.executable, "-m", "tao_lab.cli", "node", str(tmp_path / "class.db"), "--port", "0"]
    with subprocess.Popen([*command, "--block-seconds", "0.1"], stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline()
            assert "a block every 0.1 s" in ready
            with connect(ready.split()[0]) as socket:
                socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chain_subscribeNewHeads", "params": []}))
                notes = [json.loads(socket.recv(timeout=60)) for _ in range(4)]
            heights = [int(note["params"]["result"]["number"], 16) for note in notes if "params" in note]
            assert heights == list(range(heights[0], heights[0] + len(heights)))
            assert len(heights) >= 2
        finally:
            process.terminate()
        assert process.stdout.readline().startswith("closed at block ")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--instant", "--block-seconds", "1"], "--instant and --block-seconds are both given"),
        (["begun.db", "--dev"], "started without --dev"),
    ],
)
def test_options_of_a_node_that_contradict_are_refused(here, tmp_path, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    with Network("begun.db"):
        pass
    result = here("node", "--port", "0", *options)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert says in result.stderr


def test_a_file_that_is_no_chain_is_refused(here, tmp_path):
    file = tmp_path / "notes.db"
    file.write_text("shopping list")
    result = here("node", file, "--port", "0")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "not a chain" in result.stderr
    assert file.read_text() == "shopping list"


def test_present_names_the_dashboards_where_there_is_none_of_a_name(here):
    ran = here("present", "consensu")
    assert ran.returncode == 2
    for each in headings.dashboards():
        assert each.name in ran.stderr


def test_present_opens_one_dashboard_at_the_next_free_port(here, monkeypatch):
    started = []
    monkeypatch.setattr(servers, "run", lambda command: started.append(command) or 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = here("present", "pool", "--port", port, "--no-browser")
    assert ran.returncode == 0
    address = urlsplit(ran.stdout.split()[-1])
    assert address.path == "/voila/render/pool.ipynb"
    assert address.port != port
    assert f"--port={address.port}" in started[0]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:1", "such as ws://192.168.1.5:9944/K7QM2FXA; it is 'http://127.0.0.1:1'"),
        ("K7QM2FXA", "it is 'K7QM2FXA'"),
        ("ws://127.0.0.1:1/K7QM2FXA", "nobody answers at ws://127.0.0.1:1"),
    ],
)
def test_present_shows_no_class_that_is_not_there(here, monkeypatch, address, said):
    monkeypatch.setattr(servers, "run", lambda command: pytest.fail("a server was started"))
    ran = here("present", "--class", address)
    assert ran.returncode == 2
    assert said in ran.stderr


def test_present_shows_the_class_of_a_node_that_lets_it_in(here, monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(servers, "run", lambda command: started.append(os.environ[WATCHED_CLASS]) or 0)
    monkeypatch.setenv(WATCHED_CLASS, "")  # to be put back
    with ClassHost(tmp_path / "class.db", Terms(code="K7QM2FXA", block_seconds=3_600)) as host:
        address = f"{host.server.url}/K7QM2FXA"
        refused = here("present", "--class", f"{host.server.url}/WRONG", "--no-browser")
        assert (refused.returncode, started) == (2, [])
        assert "lets nobody in without its code" in refused.stderr
        assert here("present", "--class", address, "--no-browser").returncode == 0
    assert started == [address]


def test_a_browser_opens_once_the_server_listens(monkeypatch):
    opened = queue.Queue()
    monkeypatch.setattr(webbrowser, "open", opened.put)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/voila"
        servers.open_when_ready(address)
        assert opened.get(timeout=120) == address
