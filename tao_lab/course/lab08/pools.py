"""Pools for experiments: one with round numbers, and random ones."""

from __future__ import annotations

import numpy as np

from tao_lab.economy import Pool
from tao_lab.economy.swap import ACCURACY
from tao_lab.units import RAO_PER_TAO

Rng = np.random.Generator
EXAMPLE = Pool(tao=1_000 * RAO_PER_TAO, alpha=1_000 * RAO_PER_TAO)  # as a subnet begins: one α for one τ
UNEVEN = Pool(tao=700 * RAO_PER_TAO, alpha=2_000 * RAO_PER_TAO, quote_weight=ACCURACY * 7 // 10)


def random_pool(rng: Rng) -> Pool:
    """A pool with reserves of some hundred to some ten thousand, and weights from 35 to 65 %."""
    tao, alpha = (int(rng.integers(500 * RAO_PER_TAO, 20_000 * RAO_PER_TAO)) for _ in range(2))
    weight = int(rng.integers(ACCURACY * 35 // 100, ACCURACY * 65 // 100))
    return Pool(tao, alpha, weight, int(rng.integers(20, 2_000)))
