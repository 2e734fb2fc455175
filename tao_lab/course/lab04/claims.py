"""The claim of lab 04, and the experiment that tests it."""

from __future__ import annotations

from tao_lab.course.claims import Claim, Evidence
from tao_lab.neurons.models.memory import MISTRAL_7B, memory

CARD_BYTES = 8 * 2**30
GIB = 2**30
CONTEXT = 4_096


def longest_context(number_format: str) -> int:
    """Tokens of context for which Mistral-7B fits on an 8 GB card; below 0 if not even its weights fit."""
    empty, one = (sum(memory(MISTRAL_7B, number_format, context).values()) for context in (0, 1))
    return (CARD_BYTES - empty) // (one - empty)


def mistral_in_8_gb() -> Evidence:
    """Claim 23: bytes of all parts, counted from the model's shape."""
    sizes = {name: sum(memory(MISTRAL_7B, name, CONTEXT).values()) for name in ("fp16", "int8", "nf4 double")}
    fits = sizes["nf4 double"] < CARD_BYTES
    return Evidence(
        "true" if fits else "false",
        "With NF4 and double quantization it fits, with room for the driver and for a context of many thousand tokens. "
        "In 16 bits it would need nearly two such cards. Whether it then earns is another question.",
        {
            "weights": f"{MISTRAL_7B.parameters():,}",
            f"in 16 bits, context {CONTEXT:,}": f"{sizes['fp16'] / GIB:.2f} GiB",
            "in 8 bits": f"{sizes['int8'] / GIB:.2f} GiB",
            "in 4 bits, scales packed as well": f"{sizes['nf4 double'] / GIB:.2f} GiB",
            "the card": f"{CARD_BYTES / GIB:.2f} GiB",
            "longest context on it, if nothing else is there": f"{longest_context('nf4 double'):,} tokens",
        },
    )


SHAPE = "Mistral-7B-Instruct v0.1 (September 2023), counted from its shape, no matter which rules the chain has"
CLAIMS = (Claim(23, "Mistral-7B in 4 bits fits in 8 GB.", mistral_in_8_gb, SHAPE),)
