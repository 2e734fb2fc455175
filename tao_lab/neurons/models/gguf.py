"""Convert llama.cpp's file format into the one that Transformers loads in a second."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from tao_lab.neurons.models.torch_here import quiet, torch_and_transformers


def convert(weights: Path, to: Path) -> None:
    """Write the model of a GGUF file as a folder of Transformers, weights in float16, tokenizer included.

    Reading a GGUF file unpacks its 4-bit blocks to float32, which takes many seconds; float16 keeps about three digits.
    """
    torch, transformers = torch_and_transformers()
    where = {"pretrained_model_name_or_path": str(weights.parent), "gguf_file": weights.name}
    with quiet(), contextlib.redirect_stderr(io.StringIO()):  # its bar for unpacking cannot be switched off
        tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
        unpacked = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
        config = unpacked.config
        del config.quantization_config  # it says GGUF, but the copy is float16
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float16)
        model.load_state_dict(unpacked.state_dict())
        model.save_pretrained(to)
        tokenizer.save_pretrained(to)
