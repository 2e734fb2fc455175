"""One block's emission in a whole network: from prices to shares, from shares to pools, and the prices after it.

This module combines the other rules in the order of the chain. The TAO of the block is divided among the started
subnets. First, the part of a subnet's TAO that is above the cap buys alpha from the pool. Then the rest enters the pool
together with new alpha, at the price after that purchase. Last, each moving price moves a step towards the price, and
root's part is computed again.

Source: `pallets/subtensor/src/coinbase/run_coinbase/emission_injection.rs` of RaoFoundation/subtensor
(`compute_subnet_emission_terms`, `inject_pool_liquidity_and_swap_excess`), `coinbase/block_step.rs`. A test compares
it, and the lab's chain, with a block of Bittensor's mainnet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tao_lab.economy.block_emission import block_emission
from tao_lab.economy.emission_gate import (
    EMISSION_BAR_RANK,
    EMISSION_GATE_EXPONENT,
    EmissionGate,
    bar_is_due,
    emission_gate_bar,
)
from tao_lab.economy.fixed128 import U96F32, to_u64f64
from tao_lab.economy.moving_price import update_moving_price
from tao_lab.economy.subnet_shares import SubnetPrice, demand_shares, subnet_block_emission, subnet_shares
from tao_lab.economy.subnet_terms import root_proportion, subnet_terms
from tao_lab.economy.swap import Pool, price, swap, weight_after_adding

EMA_PRICE_HALVING_BLOCKS = 201_600  # `EMAPriceHalvingBlocks`, the same on every subnet of mainnet


@dataclass(frozen=True)
class SubnetBefore:
    """A started subnet before the block.

    Attributes:
        netuid: its number.
        moving_price: raw I96F32 value (`SubnetMovingPrice`).
        miner_burned: raw U96F32 value (`MinerBurned`).
        emission_enabled: whether it gets TAO (`SubnetEmissionEnabled`).
        first_emission_block: block (`FirstEmissionBlockNumber`).
        tao: rao in the pool (`SubnetTAO`).
        alpha_in: rao of alpha in the pool (`SubnetAlphaIn`).
        alpha_out: rao of alpha outside (`SubnetAlphaOut`).
        protocol_alpha: the part of `alpha_out` that the chain itself bought, rao of alpha (`SubnetProtocolAlpha`).
        quote_weight: weight of TAO in the pool, parts of 10^18 (`SwapBalancer`).
    """

    netuid: int
    moving_price: int
    miner_burned: int
    emission_enabled: bool
    first_emission_block: int
    tao: int
    alpha_in: int
    alpha_out: int
    protocol_alpha: int
    quote_weight: int


@dataclass(frozen=True)
class NetworkBefore:
    """A network before the block.

    Attributes:
        block: number of the block whose state this is; the next one pays.
        block_emission: rao of TAO that the block pays.
        emission_gate_bar: raw U64F64 value (`EmissionGateBar`).
        subnet_moving_alpha: raw I96F32 value (`SubnetMovingAlpha`).
        tao_weight: u64 (`TaoWeight`).
        root_tao: rao on root (`SubnetTAO` of root).
        subnets: the started ones.
        emission_gate_exponent: raw U64F64 value (`EmissionGateExponent`).
        emission_bar_rank: `EmissionBarRank`.
    """

    block: int
    block_emission: int
    emission_gate_bar: int
    subnet_moving_alpha: int
    tao_weight: int
    root_tao: int
    subnets: tuple[SubnetBefore, ...]
    emission_gate_exponent: int = EMISSION_GATE_EXPONENT
    emission_bar_rank: int = EMISSION_BAR_RANK


@dataclass(frozen=True)
class SubnetAfter:
    """What the block paid a subnet, and the subnet after it; names and units as before.

    Attributes:
        netuid: its number.
        tao_in: rao that entered the pool (`SubnetTaoInEmission`).
        excess_tao: rao that bought alpha from the pool (`SubnetExcessTao`).
        alpha_in_emission: rao of alpha that entered the pool (`SubnetAlphaInEmission`).
        alpha_out_emission: rao of alpha issued outside (`SubnetAlphaOutEmission`).
        root_prop: raw U96F32 value (`RootProp`).
    """

    netuid: int
    tao_in: int
    excess_tao: int
    alpha_in_emission: int
    alpha_out_emission: int
    tao: int
    alpha_in: int
    alpha_out: int
    protocol_alpha: int
    quote_weight: int
    moving_price: int
    root_prop: int


@dataclass(frozen=True)
class NetworkAfter:
    """A network after the block: the gate's bar in this block, and each started subnet in order."""

    emission_gate_bar: int
    subnets: tuple[SubnetAfter, ...]


def pay_network(network: NetworkBefore) -> NetworkAfter:
    """Pay one block's emission to a network; without an epoch, users' calls or root dividends.

    Args:
        network: the state before it.
    """
    prices = [SubnetPrice(s.moving_price, s.miner_burned, s.emission_enabled) for s in network.subnets]
    bar = block_bar(network, demand_shares(prices))
    shares = subnet_shares(prices, EmissionGate(bar, network.emission_gate_exponent))
    paid = [pay_subnet(network, subnet, share) for subnet, share in zip(network.subnets, shares, strict=True)]
    return NetworkAfter(bar, tuple(paid))


def block_bar(network: NetworkBefore, demand: Sequence[int]) -> int:
    """The bar of the emission gate in this block: measured again if that is due, otherwise the stored one."""
    if not bar_is_due(network.emission_gate_bar, network.block + 1):
        return network.emission_gate_bar
    return emission_gate_bar(demand, network.emission_bar_rank) or network.emission_gate_bar


def pay_subnet(network: NetworkBefore, subnet: SubnetBefore, share: int) -> SubnetAfter:
    """What the block pays to one subnet, and the subnet after it.

    Args:
        network: the state before the block.
        subnet: one of its started subnets.
        share: of the block's TAO, raw U64F64 value.
    """
    pool = Pool(subnet.tao, subnet.alpha_in, subnet.quote_weight, fee_rate=0)  # the chain buys without a fee
    issuance = subnet.alpha_in + subnet.alpha_out
    alpha_emission = block_emission(issuance)
    part = root_proportion(network.root_tao, network.tao_weight, issuance)
    words = subnet_terms(subnet_block_emission(share, network.block_emission), alpha_emission, price(pool), part)
    tao_in, alpha_in, excess = (U96F32.whole(word) for word in (words.tao_in, words.alpha_in, words.excess_tao))
    bought = swap(pool, "buy", excess).received if excess else 0
    pool = Pool(pool.tao + excess, pool.alpha - bought, pool.quote_weight, fee_rate=0)
    weight = weight_after_adding(pool, tao_in, alpha_in)
    if weight is None:  # a weight would leave its range: nothing enters the pool
        tao_in, alpha_in, weight = 0, 0, pool.quote_weight
    pool = Pool(pool.tao + tao_in, pool.alpha + alpha_in, weight, fee_rate=0)
    outside = subnet.alpha_out + bought + alpha_emission
    return SubnetAfter(
        netuid=subnet.netuid,
        tao_in=tao_in,
        excess_tao=excess,
        alpha_in_emission=alpha_in,
        alpha_out_emission=alpha_emission,
        tao=pool.tao,
        alpha_in=pool.alpha,
        alpha_out=outside,
        protocol_alpha=subnet.protocol_alpha + bought,
        quote_weight=weight,
        moving_price=update_moving_price(
            to_u64f64(subnet.moving_price),
            price(pool),
            network.block + 1 - max(subnet.first_emission_block - 1, 0),
            EMA_PRICE_HALVING_BLOCKS,
            network.subnet_moving_alpha,
        ),
        root_prop=root_proportion(network.root_tao, network.tao_weight, pool.alpha + outside),
    )
