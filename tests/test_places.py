"""The lab works wherever it is cloned: copies of checkout, virtual environment and interpreter in unusual places."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tao_lab.paths import ROOT

CARRIED = ("tao_lab", "datasets", "labs", "share", "etc")
SANDBOX = "from tao_lab import sandbox; print(sandbox.method().name, sandbox.run('print(6 * 7)', packages={}))"


@dataclass(frozen=True)
class Place:
    """A clone with an environment of its own, and what a command line must begin with to run there."""

    clone: Path
    prefix: tuple[str, ...] = ()

    def run(self, *command, home=None):
        environment = {**os.environ, "PATH": f"{self.clone}/.venv/bin:/usr/bin:/bin"}
        environment |= {"HOME": str(home)} if home else {}
        line = [*self.prefix, *map(str, command)]
        return subprocess.run(line, cwd=self.clone, env=environment, capture_output=True, text=True, check=False)


def install(clone, python=Path(sys.executable)):
    """Checkout and virtual environment as `make lab` leaves them; the packages are those of this environment."""
    clone.mkdir(parents=True)
    for name in CARRIED:
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints", ".tao-lab*"))
    subprocess.run([python, "-m", "venv", "--without-pip", clone / ".venv"], check=True)
    (packages,) = (clone / ".venv" / "lib").glob("python3*/site-packages")
    (packages / "lab.pth").write_text(f"{clone}\n{sysconfig.get_path('purelib')}\n")
    command = clone / ".venv" / "bin" / "tao-lab"
    # the two lines with which pip begins a script where the interpreter's path has a blank in it
    start = f"""#!/bin/sh\n'''exec' "{clone}/.venv/bin/python" "$0" "$@"\n' '''\n"""
    command.write_text(f"{start}import sys\nfrom tao_lab.cli import main\nsys.exit(main())\n")
    command.chmod(0o755)


@pytest.fixture(scope="module")
def below_tmp():
    """Below the system's temporary folder, in a folder with blanks and umlauts."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        clone = Path(folder) / "Übung mit Leerzeichen" / "täo lab"
        install(clone)
        yield Place(clone)


@pytest.fixture(scope="module")
def behind_links(below_tmp):
    """Reached by links: to the clone, and to the interpreter in two steps."""
    folder = below_tmp.clone.parent.parent / "links"
    folder.mkdir()
    (folder / "python").symlink_to(sys.base_prefix)
    (folder / "python3").symlink_to("python/bin/" + Path(sys.executable).resolve().name)
    (folder / "real").mkdir()
    (folder / "lab").symlink_to("real")
    install(folder / "lab" / "clone", folder / "python3")
    return Place(folder / "lab" / "clone")


@pytest.fixture(scope="module")
def read_only(below_tmp):
    """Where nothing can be written once it is installed."""
    clone = below_tmp.clone
    if os.geteuid() == 0:  # root writes wherever the file system can be written
        mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
        place = Place(clone, ("unshare", "--mount", "sh", "-c", mount, str(clone)))
        if (tried := place.run("true")).returncode:
            pytest.skip(f"nothing can be mounted here: {tried.stderr}")
        yield place
        return
    folders = [clone, *(path for path in clone.rglob("*") if path.is_dir() and not path.is_symlink())]
    for path in folders:
        path.chmod(0o555)
    yield Place(clone)
    for path in folders:
        path.chmod(0o755)


@pytest.fixture(scope="module", params=["below_tmp", "behind_links", "read_only"])
def place(request):
    return request.getfixturevalue(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("packages", [False, True])
def test_the_sandbox_is_built_there(place, packages):
    ended = place.run("python", "-c", SANDBOX.format(packages))
    assert "stdout='42\\n'" in ended.stdout, ended
    assert ended.stdout.startswith("bubblewrap" if shutil.which("bwrap") else "rlimits")


@pytest.mark.slow
def test_the_command_runs_there(place, tmp_path):
    verified = place.run("tao-lab", "verify", "datasets/vectors/ss58.json", home=tmp_path)
    assert verified.stdout.endswith(" passed, 0 failed\n"), verified


@pytest.mark.slow
def test_a_lab_is_solved_there(behind_links):
    solved = behind_links.run("tao-lab", "solve", "06")
    assert solved.returncode == 0, solved
    assert (behind_links.clone / "my-labs" / "solved" / "06-yuma-consensus.ipynb").is_file()


@pytest.mark.slow
def test_a_kind_of_work_is_played_there(below_tmp):
    played = below_tmp.run("tao-lab", "subnets", "play", "code", "--rounds", "1")
    assert "1.000" in played.stdout, played


@pytest.mark.slow
def test_a_students_labs_are_in_their_home_where_the_checkout_cannot_be_written(read_only, tmp_path):
    made = read_only.run("tao-lab", "labs", "update", home=tmp_path)
    assert made.returncode == 0, made
    assert (tmp_path / "my-labs" / "00-start-here.ipynb").is_file()


@pytest.mark.parametrize(("home", "own"), [("/proc/nowhere", True), ("", False)])
def test_compiled_code_has_a_place_even_without_a_home(read_only, tmp_path, home, own):
    code = "import os, tao_lab; print(os.path.isdir(os.environ.get('NUMBA_CACHE_DIR', '')))"
    found = read_only.run(
        "env", "-u", "NUMBA_CACHE_DIR", "-u", "XDG_CACHE_HOME", "python", "-c", code, home=home or tmp_path
    )
    assert found.stdout == f"{own}\n", found
