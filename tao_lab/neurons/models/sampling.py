"""Which token comes next: a choice that depends on the request alone, not on who shares its batch.

Randomness is a Gumbel noise for each place in the answer, made from (seed, place), so neighbours use up nobody's
random numbers. Rounding differs a little with the shape of a batch; where two candidates are closer together than
rounding can move them, the choice is made from logits that are computed for this request alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tao_lab.neurons.models.base import Settings

# Twice what sharing a batch can move a logit by, with room. Seen with SmolLM2: 6e-5 in float32; 1.3 among the five
# best in 16 bits, and with NF4 on a processor, where bitsandbytes calculates in bfloat16 whatever it is told.
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
        close: two candidates that are nearer than this are chosen between with the logits of `alone`.
        alone: computes the same logits for this request alone; None if `logits` are those already.
    """
    noise = _noise(settings, place, logits)
    scores = logits + noise
    best, second = scores.topk(2).values.tolist()
    if alone is not None and best - second < close:
        scores = alone() + noise
    return int(scores.argmax())


def _noise(settings: Settings, place: int, like: Any) -> Any:
    """Temperature times Gumbel noise: the largest of logits + noise is a draw from softmax(logits / temperature)."""
    if settings.temperature == 0:
        return 0.0
    noise = np.random.default_rng([settings.seed, place]).gumbel(size=like.shape[-1])
    return like.new_tensor(settings.temperature * noise)
