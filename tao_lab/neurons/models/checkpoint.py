"""Check that a folder has a complete and safe model, before and after Transformers reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tao_lab.errors import LabError

LFS = b"version https://git-lfs"  # the beginning of a Git LFS pointer, which replaces a large file
WEIGHTS = ("*.safetensors", "*.bin")
NAMED = 5  # number of weights that an error names


def check_folder(name: str, folder: Path, quantize: str | None) -> None:
    """Refuse a folder that can't be loaded, or that would run its own code.

    Args:
        name: of the model, for errors.
        folder: with config.json, weights and tokenizer.
        quantize: the argument of `load`.

    Raises:
        LabError: the folder is refused; the message says why, and how to fix it.
    """
    config = _json(name, folder / "config.json")
    _refuse_code(name, folder, config)
    _refuse_pointers(name, folder)
    if not any(True for pattern in WEIGHTS for _ in folder.glob(pattern)):
        raise LabError(f"{name}: {folder} holds no model: no weights (*.safetensors); copy the whole folder")
    packed = config.get("quantization_config")
    if not isinstance(packed, Mapping):
        return
    method = str(packed.get("quant_method", "unknown"))
    if method != "bitsandbytes":
        raise LabError(
            f"{name} is packed with {method.upper()}, which the lab can't read; use the model's unpacked folder with "
            'quantize="nf4", or run it on a server and give its address'
        )
    if quantize is not None:
        raise LabError(f'{name} is in 4 or 8 bits already; load it without quantize="{quantize}"')


def check_loaded(name: str, info: Mapping[str, Any]) -> None:
    """Refuse a model with missing weights, or weights of another shape: Transformers would make them random.

    Args:
        name: of the model, for errors.
        info: Transformers' report on loading: `missing_keys`, `mismatched_keys`.
    """
    wrong = [f"{key} {_shape(found)}, not {_shape(wanted)}" for key, found, wanted in info["mismatched_keys"]]
    if wrong:
        raise LabError(
            f"{name}: {_some(wrong)} in the weights have another shape than config.json says; fetch it again"
        )
    missing = sorted(info["missing_keys"])
    if missing:
        raise LabError(f"{name}: {_some(missing)} are missing in the weights; copy or fetch all of its files again")


def _refuse_code(name: str, folder: Path, config: Mapping[str, Any]) -> None:
    settings = folder / "tokenizer_config.json"
    tokenizer = _json(name, settings) if settings.exists() else {}
    if "auto_map" in config or "auto_map" in tokenizer:
        raise LabError(
            f"{name} wants to run Python code out of its own folder (auto_map), and the lab doesn't run foreign code; "
            "use a model that Transformers knows, or run it on a server and give its address"
        )


def _refuse_pointers(name: str, folder: Path) -> None:
    for file in sorted(folder.iterdir()):
        if not file.is_file():
            continue
        with file.open("rb") as begun:
            if begun.read(len(LFS)) == LFS:
                raise LabError(
                    f"{name}: {file.name} is a Git-LFS pointer, not the file itself; run in that folder: git lfs pull"
                )


def _json(name: str, file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise LabError(f"{name}: {file.parent} holds no model: {file.name} is missing") from error
    except ValueError as error:
        if file.read_bytes().startswith(LFS):
            return {}
        raise LabError(f"{name}: {file.name} is not JSON ({error}); fetch it again") from error
    if not isinstance(content, dict):
        raise LabError(f"{name}: {file.name} is not a JSON object; fetch it again")
    return content


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _shape(shape: Any) -> str:
    return "×".join(str(size) for size in shape)
