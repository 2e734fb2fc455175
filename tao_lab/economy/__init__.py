"""The economy: issuance, pools and prices, as pure functions over whole rao."""

from tao_lab.economy.block_emission import block_emission
from tao_lab.economy.lock_cost import lock_cost
from tao_lab.economy.registration_price import PriceTerms, registration_price
from tao_lab.economy.swap import Pool, SwapError, SwapResult, price, swap

__all__ = [
    "Pool",
    "PriceTerms",
    "SwapError",
    "SwapResult",
    "block_emission",
    "lock_cost",
    "price",
    "registration_price",
    "swap",
]
