"""Which subnets get the block's TAO: shares by moving price and by miners' pay, then the emission gate.

If a subnet pays a part of its miners' emission to its own owner's hotkeys, it loses the same part of its weight, and
the others gain it. The result is the subnet's share of demand. The emission gate (`emission_gate`) then takes most of
this share from subnets with little demand. A subnet whose emission is switched off gets no TAO; the others share its
part.

Source: `pallets/subtensor/src/coinbase/subnet_emissions.rs` of RaoFoundation/subtensor at f8ff769a (`get_shares`,
`get_shares_price_ema`, `get_subnet_block_emissions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tao_lab.economy.emission_gate import OPEN, EmissionGate, apply_emission_gate
from tao_lab.economy.fixed128 import U64F64, WORD_MAX, to_u64f64, to_u96f32


@dataclass(frozen=True)
class SubnetPrice:
    """What a subnet's share depends on.

    Attributes:
        moving_price: raw I96F32 value (`SubnetMovingPrice`).
        miner_burned: part of the miners' emission that went to the owner's hotkeys at the last epoch, raw U96F32 value
            (`MinerBurned`).
        emission_enabled: whether it gets TAO at all (`SubnetEmissionEnabled`).
    """

    moving_price: int
    miner_burned: int = 0
    emission_enabled: bool = True


def subnet_shares(subnets: Sequence[SubnetPrice], gate: EmissionGate = OPEN) -> list[int]:
    """Share of each subnet in the block's TAO.

    Args:
        subnets: those that emission goes to, in any order.
        gate: the emission gate of the block; by default there is no gate.

    Returns:
        Raw U64F64 values in the same order; their sum is at most one.
    """
    shares = apply_emission_gate(demand_shares(subnets), gate)
    if all(subnet.emission_enabled for subnet in subnets):
        return shares
    return normalized([share if subnet.emission_enabled else 0 for share, subnet in zip(shares, subnets, strict=True)])


def without_gate(subnets: Sequence[SubnetPrice], gate: EmissionGate = OPEN) -> list[int]:
    """The rule before the gate, until July 2026: `subnet_shares` of every block with the gate open.

    To compare the two rules, use `net.rules.using(shares=without_gate)`.

    Args:
        subnets: those that emission goes to, in any order.
        gate: ignored.

    Returns:
        Raw U64F64 values in the same order; their sum is at most one.
    """
    return subnet_shares(subnets)


def demand_shares(subnets: Sequence[SubnetPrice]) -> list[int]:
    """Each subnet's share of demand: its moving price without the burned part, divided by the sum over all subnets.

    Args:
        subnets: those that emission goes to, switched off or not.

    Returns:
        Raw U64F64 values in the same order; their sum is at most one.
    """
    prices = normalized([to_u64f64(subnet.moving_price) for subnet in subnets])
    weights = [
        U64F64.multiply(share, U64F64.one - min(to_u64f64(subnet.miner_burned), U64F64.one))
        for share, subnet in zip(prices, subnets, strict=True)
    ]
    return normalized(weights) if any(weights) else prices  # all burn everything: prices alone decide


def normalized(words: Sequence[int]) -> list[int]:
    """Raw U64F64 values divided by their sum; all zero if the sum is zero."""
    total = min(sum(words), WORD_MAX)
    return [U64F64.divide(word, total) for word in words]


def subnet_block_emission(share: int, block_emission: int) -> int:
    """TAO of the block that goes to a subnet.

    Args:
        share: raw U64F64 value.
        block_emission: rao.

    Returns:
        Raw U96F32 value of rao.
    """
    return to_u96f32(U64F64.multiply(U64F64.number(block_emission), share))


def root_sells(subnets: Sequence[SubnetPrice]) -> bool:
    """Whether root gets its part of alpha in this block (`get_network_root_sell_flag`).

    It does if the moving prices of all subnets together are above one TAO; otherwise root's part is recycled.
    """
    return sum(to_u64f64(subnet.moving_price) for subnet in subnets) > U64F64.one
