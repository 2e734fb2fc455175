"""Choose the next token. The choice depends only on the request, not on other requests in its batch.

The random part is Gumbel noise, made from the seed and the token's place in the answer, so requests don't share random
numbers. Rounding depends a little on the shape of a batch. If two candidates are so close that rounding could change
the order, the choice uses logits that are computed for this request alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tao_lab.neurons.models.base import Settings

# More than twice the largest change of a logit by the batch. Measured with SmolLM2: 6e-5 in float32; 1.3 for the five
# best tokens in 16 bits, and with NF4 on a processor, where bitsandbytes always calculates in bfloat16.
CLOSE = 2e-3
CLOSE_IN_16_BITS = 4.0


def choose(
    logits: Any, settings: Settings, place: int, close: float = 0.0, alone: Callable[[], Any] | None = None
) -> int:
    """The token for a place in the answer.

    Args:
        logits: float32 tensor (vocabulary,), from a batch.
        settings: temperature and seed are used.
        place: 0 for the answer's first token.
        close: if two candidates are closer than this, the logits of `alone` decide.
        alone: computes the same logits for this request alone; None if `logits` already are these.
    """
    noise = _noise(settings, place, logits)
    scores = logits + noise
    best, second = scores.topk(2).values.tolist()
    if alone is not None and best - second < close:
        scores = alone() + noise
    return int(scores.argmax())


def _noise(settings: Settings, place: int, like: Any) -> Any:
    """Temperature times Gumbel noise: the largest logit plus noise is a sample of softmax(logits / temperature)."""
    if settings.temperature == 0:
        return 0.0
    noise = np.random.default_rng([settings.seed, place]).gumbel(size=like.shape[-1])
    return like.new_tensor(settings.temperature * noise)
