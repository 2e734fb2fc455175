"""The economy: issuance and pools, as pure functions over whole rao."""

from tao_lab.economy.block_emission import block_emission
from tao_lab.economy.swap import Pool, SwapError, SwapResult, price, swap

__all__ = ["Pool", "SwapError", "SwapResult", "block_emission", "price", "swap"]
