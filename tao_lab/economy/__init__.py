"""The economy: issuance, emission and pools. All functions are pure and count in whole rao."""

from tao_lab.economy.block_emission import block_emission
from tao_lab.economy.dividends import Dividends, HotkeyEmission, Payout, Pending, Staked, dividends
from tao_lab.economy.emission_gate import EmissionGate, apply_emission_gate, emission_gate_bar
from tao_lab.economy.issuance import issuance_after
from tao_lab.economy.lock_cost import lock_cost
from tao_lab.economy.moving_price import update_moving_price
from tao_lab.economy.registration_price import PriceTerms, registration_price
from tao_lab.economy.split import Split, split
from tao_lab.economy.subnet_shares import (
    SubnetPrice,
    demand_shares,
    subnet_block_emission,
    subnet_shares,
    without_gate,
)
from tao_lab.economy.subnet_terms import SubnetTerms, root_proportion, subnet_terms
from tao_lab.economy.swap import Pool, SwapError, SwapResult, price, swap

__all__ = [
    "Dividends",
    "EmissionGate",
    "HotkeyEmission",
    "Payout",
    "Pending",
    "Pool",
    "PriceTerms",
    "Split",
    "Staked",
    "SubnetPrice",
    "SubnetTerms",
    "SwapError",
    "SwapResult",
    "apply_emission_gate",
    "block_emission",
    "demand_shares",
    "dividends",
    "emission_gate_bar",
    "issuance_after",
    "lock_cost",
    "price",
    "registration_price",
    "root_proportion",
    "split",
    "subnet_block_emission",
    "subnet_shares",
    "subnet_terms",
    "swap",
    "update_moving_price",
    "without_gate",
]
