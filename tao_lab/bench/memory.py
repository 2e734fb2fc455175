"""How much memory Mistral-7B takes in four bits: measured on real tensors of its shape, one block at a time.

Random weights take as much room as trained ones. Each block is made in bfloat16, packed to NF4 with double quantization
by bitsandbytes as Transformers does it, weighed and dropped, so that the whole takes about 2 GiB at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tao_lab.neurons import models
from tao_lab.neurons.models.memory import PARTS, Shape
from tao_lab.neurons.models.tiny import save_tiny
from tao_lab.neurons.models.torch_here import torch_and_transformers

LIMIT = 5.5 * 2**30  # bytes: what a card of 8 GB has left beside a desktop and CUDA itself
WEIGHTS_STD = 0.02


def try_the_path() -> str:
    """Load a tiny model of Mistral's architecture in NF4 and let it answer; how it runs, in one line."""
    with tempfile.TemporaryDirectory() as folder:
        model = models.load(str(save_tiny(Path(folder) / "tiny-mistral")), quantize="nf4")
        model.name = "a tiny Mistral, loaded by the same function"
        model.generate("hello", max_tokens=8)
        return model.describe()


def measure(shape: Shape, context: int, progress: Callable[[int], Any] = lambda _: None) -> dict[str, int]:
    """Bytes by part of a model of Mistral's architecture in NF4 with double quantization, at bfloat16.

    Args:
        shape: of the model.
        context: tokens that the KV cache holds.
        progress: is told how many blocks are done.
    """
    torch, transformers = torch_and_transformers()
    config = _config(transformers, shape)
    parts = dict.fromkeys(PARTS, 0)
    for index in range(shape.blocks):
        _weigh_block(_packed_block(config, index), parts)
        parts["KV cache"] += _cache_bytes(shape, context)
        progress(index + 1)
    table = torch.empty(shape.vocabulary, shape.width, dtype=torch.bfloat16).normal_(std=WEIGHTS_STD)
    parts["embeddings"] = table.nbytes
    parts["output layer"] = 0 if shape.tied else table.clone().nbytes
    parts["norms"] += torch.ones(shape.width, dtype=torch.bfloat16).nbytes
    return parts


def _config(transformers: Any, shape: Shape) -> Any:
    return transformers.MistralConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.blocks,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_size,
        attn_implementation="sdpa",
    )


def _packed_block(config: Any, index: int) -> Any:
    """One decoder layer of Transformers, its linear layers packed by bitsandbytes."""
    import torch
    from bitsandbytes.nn import Linear4bit, Params4bit
    from transformers.models.mistral.modeling_mistral import MistralDecoderLayer

    with torch.device("meta"):
        block = MistralDecoderLayer(config, index)
    for path, linear in list(block.named_modules()):
        if not isinstance(linear, torch.nn.Linear):
            continue
        rows, columns = linear.weight.shape
        packed = Linear4bit(columns, rows, bias=False, quant_type="nf4", compress_statistics=True, device="meta")
        weight = torch.empty(rows, columns, dtype=torch.bfloat16).normal_(std=WEIGHTS_STD)
        # moving it to a device is what packs it
        packed.weight = Params4bit(weight, False, quant_type="nf4", compress_statistics=True, module=packed).to("cpu")
        block.set_submodule(path, packed)
    for norm in (block.input_layernorm, block.post_attention_layernorm):
        norm.weight = torch.nn.Parameter(torch.ones(config.hidden_size, dtype=torch.bfloat16))
    return block


def _weigh_block(block: Any, parts: dict[str, int]) -> None:
    for path, weight in block.named_parameters():
        part = "norms" if "norm" in path else "attention" if "self_attn" in path else "MLP"
        parts[part] += weight.data.nbytes
        state = getattr(weight, "quant_state", None)
        if state is not None:
            tensors = (state.absmax, state.code, state.offset, state.state2.absmax, state.state2.code)
            parts["quantization state"] += sum(tensor.nbytes for tensor in tensors)


def _cache_bytes(shape: Shape, context: int) -> int:
    import torch
    from transformers import DynamicCache

    if not context:
        return 0
    cache = DynamicCache()
    rows = torch.zeros(1, shape.kv_heads, context, shape.head_size, dtype=torch.bfloat16)
    cache.update(rows, rows.clone(), 0)
    return int(cache.layers[0].keys.nbytes + cache.layers[0].values.nbytes)
