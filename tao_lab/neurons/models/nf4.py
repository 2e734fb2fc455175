"""NormalFloat4 as bitsandbytes packs it, in plain arrays; a student's own quantization is compared with it.

64 weights share a scale: the largest absolute value among them. Each weight is divided by the scale and replaced by the
number of the nearest of sixteen values. These values are quantiles of a normal distribution (QLoRA, arXiv:2305.14314).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tao_lab.errors import LabError
from tao_lab.neurons.models.memory import NF4_BLOCK
from tao_lab.neurons.models.torch_here import torch_and_transformers

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Packed:
    """Weights in four bits.

    Attributes:
        codes: uint8 (n,), 0 to 15, the numbers of the values.
        scales: float32 (blocks,), one for each 64 weights.
    """

    codes: ByteArray
    scales: FloatArray


def code_table() -> FloatArray:
    """The sixteen values, float32 (16,), from -1 to 1."""
    return np.asarray(_functional().get_4bit_type("nf4", device="cpu").numpy())


def quantize(weights: npt.ArrayLike) -> Packed:
    """Pack weights with bitsandbytes.

    Args:
        weights: any shape; read row by row, in blocks of 64.

    Raises:
        LabError: no weights, an odd number of them, or one that is not finite.
    """
    torch, _ = torch_and_transformers()
    flat = np.asarray(weights, np.float32).ravel()
    if flat.size == 0 or flat.size % 2:
        raise LabError(f"weights has {flat.size} numbers; allowed: an even number of them, since two fill a byte")
    if not np.isfinite(flat).all():
        raise LabError("weights has numbers that are not finite; allowed: finite numbers")
    packed, state = _functional().quantize_4bit(torch.from_numpy(flat.copy()), blocksize=NF4_BLOCK, quant_type="nf4")
    bytes_ = packed.numpy().ravel()
    codes = np.stack([bytes_ >> 4, bytes_ & 15], axis=1).ravel()  # the first weight is in the upper four bits
    return Packed(codes.astype(np.uint8), np.asarray(state.absmax.numpy()))


def dequantize(packed: Packed) -> FloatArray:
    """The approximate weights, float32 (n,)."""
    return code_table()[packed.codes] * np.repeat(packed.scales, NF4_BLOCK)[: packed.codes.size]


def _functional() -> Any:
    torch_and_transformers()
    try:
        from bitsandbytes import functional
    except ImportError as error:
        raise LabError("NF4 needs bitsandbytes, which is not installed; run: pip install -e '.[models]'") from error
    return functional
