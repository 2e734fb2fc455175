"""Amounts and times that the parts of lab 07 share."""

from __future__ import annotations

import numpy as np

from tao_lab.chain.genesis import Genesis
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.units import BLOCKS_PER_DAY, RAO_PER_TAO

Rng = np.random.Generator
TAO = RAO_PER_TAO
HALF = TOTAL_SUPPLY // 2
YEAR = 365 * BLOCKS_PER_DAY
FAUCET = next(iter(Genesis().balances))
USUAL_CUT = 11_796  # u16 of 18 %: the owner's cut, and a take
