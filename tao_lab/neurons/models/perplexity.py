"""Perplexity: how well a model predicts a text. If it hesitates between n equally likely tokens, perplexity is n."""

from __future__ import annotations

import math

from tao_lab.errors import LabError
from tao_lab.neurons.models.base import Model
from tao_lab.paths import DATASETS

TEXT = DATASETS / "texts" / "origin-of-money.txt"
WINDOW = 512  # tokens that the model sees at once; each window begins in the middle of the one before


def sample_text() -> str:
    """The text that comes with the lab: Adam Smith on where money comes from (1776)."""
    return TEXT.read_text(encoding="utf-8")


def perplexity(model: Model, text: str, window: int = WINDOW) -> float:
    """Perplexity of a text: exp(mean of -log(probability)). Lower is better; 1 is a perfect prediction.

    Args:
        model: a model on this machine, from `load`; servers do not send their probabilities.
        text: at least two tokens.
        window: largest number of tokens at once; each token except the first is predicted once.

    Raises:
        LabError: the model is not on this machine, the text is too short, or the window is not allowed.
    """
    from tao_lab.neurons.models.local import LocalModel

    if not isinstance(model, LocalModel):
        raise LabError(
            f"perplexity needs a model's probabilities, and {model.name} gives none; load smollm2 or a folder"
        )
    if not 2 <= window <= model.context:
        raise LabError(f"window is {window}; allowed: 2 to {model.context:,} tokens for {model.name}")
    tokens = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    if len(tokens) < 2:
        raise LabError(f"the text has {len(tokens)} tokens; allowed: 2 or more")
    surprise, known = 0.0, 1
    for start in range(0, len(tokens), max(1, window // 2)):
        end = min(start + window, len(tokens))
        surprise += _surprise(model.network, tokens[start:end], known - start)
        known = end
        if end == len(tokens):
            break
    return math.exp(surprise / (len(tokens) - 1))


def _surprise(network: object, tokens: list[int], known: int) -> float:
    """Sum of -log probability of each token after the first `known`, given those before it."""
    import torch
    from torch.nn.functional import cross_entropy

    with torch.inference_mode():
        ids = torch.tensor([tokens], device=network.device)  # type: ignore[attr-defined]
        logits = network(input_ids=ids, use_cache=False).logits[0, known - 1 : -1]  # type: ignore[operator]
        return float(cross_entropy(logits.float(), ids[0, known:], reduction="sum"))
