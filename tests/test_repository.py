"""Files that say the same thing in two places must go on saying it."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def environment(path):
    data = yaml.safe_load((ROOT / path).read_text())
    packages = [entry for entry in data["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in data["dependencies"] if isinstance(entry, dict)]
    return data["name"], data["channels"], packages, pip


def test_conda_and_binder_describe_the_same_environment():
    conda, binder = environment("environment.yml"), environment("binder/environment.yml")
    assert conda[:3] == binder[:3]
    # the one difference: binder has no room for the language models
    assert conda[3] == ["-e .[models]"]
    assert binder[3] == ["-e .."]


def test_what_binder_runs_is_there():
    build = (ROOT / "binder" / "postBuild").read_text()
    # Binder runs it only if it may be run
    assert (ROOT / "binder" / "postBuild").stat().st_mode & 0o111
    for path in re.findall(r"(?:datasets|scripts)/\S+", build):
        assert (ROOT / path).is_file(), path
    commands = {line.split()[0] for line in build.splitlines() if line and not line.startswith(("#", "set"))}
    assert commands == {*PROJECT["scripts"], "python"}
    # the same programs that `make` installs for the sandbox and for speech
    systems = (ROOT / "scripts" / "system-packages.sh").read_text()
    for package in (ROOT / "binder" / "apt.txt").read_text().split():
        assert package in systems


def test_the_hub_starts_what_is_there():
    for name in ("jupyterhub_config.py", "tljh_labs.py"):
        text = (ROOT / "deploy" / name).read_text()
        compile(text, name, "exec")
        assert "jupyterhub-student.sh" in text
    script = ROOT / "deploy" / "jupyterhub-student.sh"
    assert script.stat().st_mode & 0o111
    assert "tao-lab labs update --work" in script.read_text()


def test_conda_leaves_every_dependency_to_the_package():
    name, _, packages, _ = environment("environment.yml")
    assert name == PROJECT["name"]
    assert [re.split("[=<>]", package)[0] for package in packages] == ["python", "pip"]
    (python,) = [package.split("=", 1)[1] for package in packages if package.startswith("python")]
    assert python == "3.11"
    assert PROJECT["requires-python"].startswith(f">={python}")


def test_the_core_does_not_need_torch():
    assert not [name for name in PROJECT["dependencies"] if name.startswith(("torch", "transformers"))]
    assert "torch==2.13.0" in PROJECT["optional-dependencies"]["models"]


# What is imported, one after the other in one process, and what must not have been loaded by then.
STARTS = {
    "tao_lab.cli": ("numpy", "bittensor", "fastapi", "uvicorn", "IPython", "nbformat", "rich.progress"),
    "tao_lab.chain.chain": ("bittensor", "eth_account"),
    "tao_lab.vectors": ("bittensor", "numba"),
    "tao_lab.network": ("altair", "scipy", "networkx", "ipywidgets", "vl_convert", "IPython", "pandas", "numba"),
    "tao_lab.views.round": ("altair", "networkx", "ipywidgets", "vl_convert"),
    "tao_lab.course.lab00": ("nbformat", "pandas", "altair", "scipy", "numba"),
    "tao_lab.views.seats": ("torch", "rfc3987_syntax"),
    "tao_lab.course.registry": ("torch", "rfc3987_syntax"),
}


@pytest.mark.slow
def test_nothing_is_loaded_before_it_is_needed():
    code = (
        "import importlib, sys\n"
        f"for start, slow in {STARTS}.items():\n"
        "    module = importlib.import_module(start)\n"
        "    if start == 'tao_lab.cli':\n"
        "        module.register()\n"
        "    if start == 'tao_lab.vectors':\n"
        "        module.load(importlib.import_module('tao_lab.paths').DATASETS / 'vectors' / 'swap.json')\n"
        "    print(start, [name for name in slow if name in sys.modules])\n"
        "sys.modules['tao_lab.course.registry'].exercises()\n"
        "print('exercises', ['torch'] if 'torch' in sys.modules else [])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.fail(result.stderr)
    assert result.stdout.splitlines() == [f"{start} []" for start in (*STARTS, "exercises")]


def test_make_installs_what_conda_installs():
    makefile = (ROOT / "Makefile").read_text()
    assert "--editable '.[models]'" in makefile


def test_ci_runs_what_a_person_runs():
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make test"]


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "docs/vectors.md", "docs/labs.md", "docs/models.md"])
def test_relative_links_lead_somewhere(path):
    text = (ROOT / path).read_text()
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [target for target in targets if not (ROOT / path).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("path", sorted((ROOT / "labs").rglob("*.ipynb")), ids=lambda path: path.stem)
def test_a_lab_that_is_named_is_there_or_to_come(path):
    labs = {file.name[:2] for file in (ROOT / "labs").glob("[0-9][0-9]-*.ipynb")}
    text = "".join(
        "".join(cell["source"]) for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "markdown"
    )
    missing = re.findall(r"\b[Ll]ab (\d\d)\b(?![^.]* is to come)", text)
    assert set(missing) <= labs
