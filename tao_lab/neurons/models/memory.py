"""How much memory a language model takes, by part and number format: computed from its shape, without loading it.

This works for models of the Llama family, to which Mistral and SmolLM2 belong. bitsandbytes packs the linear layers of
the blocks; embeddings, norms and the output layer keep 16 bits. `tao-lab bench memory` measures the same on real
tensors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tao_lab.errors import LabError

FORMATS = ("fp32", "fp16", "int8", "nf4", "nf4 double")
PARTS = ("embeddings", "attention", "MLP", "norms", "output layer", "quantization state", "KV cache")
NF4_BLOCK = 64  # weights that share a scale
SCALES_BLOCK = 256  # scales that share another scale, with double quantization
FLOAT32_BYTES = 4
CODE_BYTES = 16 * FLOAT32_BYTES  # table of the sixteen values, stored with each matrix
SCALE_CODE_BYTES = 256 * FLOAT32_BYTES  # table of the 256 values of a packed scale, stored with each matrix


@dataclass(frozen=True)
class Shape:
    """Sizes of a model of the Llama family.

    Attributes:
        vocabulary: number of tokens.
        width: length of a token's vector between blocks.
        inner: length of the vector inside the MLP.
        blocks: decoder layers.
        heads: number of heads of queries.
        kv_heads: number of heads of keys and values.
        head_size: length of a head's vector.
        tied: whether the output layer is the same matrix as the embeddings.
    """

    vocabulary: int
    width: int
    inner: int
    blocks: int
    heads: int
    kv_heads: int
    head_size: int
    tied: bool = False

    def attention(self) -> list[tuple[int, int]]:
        """Rows and columns of the matrices for queries, keys, values and output."""
        kv = (self.kv_heads * self.head_size, self.width)
        return [(self.heads * self.head_size, self.width), kv, kv, (self.width, self.heads * self.head_size)]

    def mlp(self) -> list[tuple[int, int]]:
        """Rows and columns of the matrices for gate, up and down."""
        return [(self.inner, self.width), (self.inner, self.width), (self.width, self.inner)]

    def parameters(self) -> int:
        """Number of weights."""
        matrices = _weights(self.attention()) + _weights(self.mlp())
        tables = self.vocabulary * self.width * (1 if self.tied else 2)
        return tables + self.blocks * matrices + _norms(self)


MISTRAL_7B = Shape(32_000, 4_096, 14_336, 32, 32, 8, 128)
SMOLLM2_135M = Shape(49_152, 576, 1_536, 30, 9, 3, 64, tied=True)


def memory(shape: Shape, number_format: str, context: int = 4_096) -> dict[str, int]:
    """Bytes of each part of a model in memory.

    Args:
        shape: of the model.
        number_format: one of `FORMATS`.
        context: tokens of prompt and answer in the cache, in 16 bits (32 with fp32).

    Raises:
        LabError: an unknown format, or a negative context.
    """
    if number_format not in FORMATS:
        raise LabError(f"number_format is {number_format!r}; allowed: {', '.join(FORMATS)}")
    if context < 0:
        raise LabError(f"context is {context}; allowed: 0 or more tokens")
    plain = 4 if number_format == "fp32" else 2
    packed = {"fp32": 4.0, "fp16": 2.0, "int8": 1.0}.get(number_format, 0.5)
    table = plain * shape.vocabulary * shape.width
    state = sum(_state(rows, columns, number_format) for rows, columns in shape.attention() + shape.mlp())
    return {
        "embeddings": table,
        "attention": int(packed * shape.blocks * _weights(shape.attention())),
        "MLP": int(packed * shape.blocks * _weights(shape.mlp())),
        "norms": plain * _norms(shape),
        "output layer": 0 if shape.tied else table,
        "quantization state": shape.blocks * state,
        "KV cache": plain * 2 * shape.blocks * shape.kv_heads * shape.head_size * context,
    }


def _weights(matrices: list[tuple[int, int]]) -> int:
    return sum(rows * columns for rows, columns in matrices)


def _norms(shape: Shape) -> int:
    return shape.width * (2 * shape.blocks + 1)


def _state(rows: int, columns: int, number_format: str) -> int:
    """Bytes that bitsandbytes stores in addition to one packed matrix."""
    if number_format == "int8":
        return rows * FLOAT32_BYTES  # a scale for each row
    if number_format not in ("nf4", "nf4 double"):
        return 0
    scales = math.ceil(rows * columns / NF4_BLOCK)
    if number_format == "nf4":
        return CODE_BYTES + scales * FLOAT32_BYTES
    # a byte for each scale, a scale for each 256 of those bytes, and the scales' mean
    nested = scales + math.ceil(scales / SCALES_BLOCK) * FLOAT32_BYTES + FLOAT32_BYTES
    return CODE_BYTES + SCALE_CODE_BYTES + nested
