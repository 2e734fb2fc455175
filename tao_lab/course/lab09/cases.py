"""Helpers for the cases of several exercises."""

from __future__ import annotations

import numpy as np

from tao_lab.economy import Pool, PriceTerms
from tao_lab.economy.registration_price import MULTIPLIER_ONE
from tao_lab.economy.swap import ACCURACY
from tao_lab.units import RAO_PER_TAO

Rng = np.random.Generator
MILLION = 1_000_000
EXAMPLE = Pool(tao=1_000 * RAO_PER_TAO, alpha=1_000 * RAO_PER_TAO)  # as a subnet begins: one α for one τ
UNEVEN = Pool(tao=700 * RAO_PER_TAO, alpha=2_000 * RAO_PER_TAO, quote_weight=ACCURACY * 6 // 10)
MAINNET_TERMS = PriceTerms(360, MULTIPLIER_ONE * 126 // 100, 500_000, 100 * RAO_PER_TAO)


def random_pool(rng: Rng, fee_rate: int = 33) -> Pool:
    """A pool with some hundred to some ten thousand TAO, and weights from 45 to 55 %."""
    tao, alpha = (int(rng.integers(500 * RAO_PER_TAO, 20_000 * RAO_PER_TAO)) for _ in range(2))
    return Pool(tao, alpha, int(rng.integers(ACCURACY * 45 // 100, ACCURACY * 55 // 100)), fee_rate)
