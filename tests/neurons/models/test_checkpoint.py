"""Folders without a whole model, or that would run code: one sentence each, and nothing in them runs."""

import json
import shutil
import sys

import pytest

from tao_lab.errors import LabError
from tao_lab.neurons import models


@pytest.fixture
def folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def change(file, **keys):
    file.write_text(json.dumps({**json.loads(file.read_text()), **keys}))


def change_weights(folder, edit):
    from safetensors.torch import load_file, save_file

    file = folder / "model.safetensors"
    tensors = load_file(file)
    edit(tensors)
    save_file(tensors, file, metadata={"format": "pt"})


def lose_a_layer(tensors):
    for name in [name for name in tensors if ".layers.1.mlp." in name]:
        del tensors[name]


def cut_a_weight(tensors):
    name = "model.layers.0.mlp.down_proj.weight"
    tensors[name] = tensors[name][:, :5].contiguous()


def code(file):
    def write(folder):
        change(folder / file, auto_map={"AutoConfig": "own.Config", "AutoTokenizer": ["own.T", None]})
        (folder / "own.py").write_text("raise SystemExit('the code of a model was run')")

    return write


def packed(method):
    return lambda folder: change(folder / "config.json", quantization_config={"quant_method": method})


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
FAULTS = {
    "code of its own": (code("config.json"), "run Python code out of its own folder"),
    "a tokenizer with code": (code("tokenizer_config.json"), "run Python code out of its own folder"),
    "a layer is missing": (
        lambda folder: change_weights(folder, lose_a_layer),
        r"model\.layers\.1\.mlp\.down_proj\.weight.* are missing in the weights",
    ),
    "a weight has another shape": (
        lambda folder: change_weights(folder, cut_a_weight),
        r"down_proj\.weight 64×5, not 64×128",
    ),
    "weights are a Git-LFS pointer": (
        lambda folder: (folder / "model.safetensors").write_text(POINTER),
        "model.safetensors is a Git-LFS pointer, .* git lfs pull",
    ),
    "the tokenizer is a Git-LFS pointer": (
        lambda folder: (folder / "tokenizer.json").write_text(POINTER),
        "tokenizer.json is a Git-LFS pointer",
    ),
    "GPTQ": (packed("gptq"), "packed with GPTQ"),
    "AWQ": (packed("awq"), "packed with AWQ"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "no weights"),
    "broken weights": (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 99), "can load"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
    "a broken config": (lambda folder: (folder / "config.json").write_text("{"), "config.json is not JSON"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "says"), FAULTS.values(), ids=FAULTS)
def test_a_folder_with_a_fault_is_refused_in_one_sentence(folder, fault, says, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)  # a question there would fail
    fault(folder)
    with pytest.raises(LabError, match=says):
        models.load(str(folder), device="cpu")


def test_what_is_in_four_bits_already_is_not_packed_again(folder):
    packed("bitsandbytes")(folder)
    with pytest.raises(LabError, match="in 4 or 8 bits already; load it without quantize"):
        models.load(str(folder), device="cpu", quantize="nf4")


def test_a_folder_in_the_home_folder_is_found_by_its_tilde(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert models.is_here("~/copy")
    assert models.load("~/copy", device="cpu").generate("hi", max_tokens=2)
