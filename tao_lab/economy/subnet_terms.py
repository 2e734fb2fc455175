"""What a block gives to a subnet's pool: TAO and alpha at the pool's price, and TAO that buys alpha.

TAO enters the pool together with new alpha, so the price does not change. But the amount of new alpha has a cap: it
depends on root's part in the subnet, which falls while the subnet's alpha grows. TAO above the cap does not enter as
liquidity. It buys alpha from the pool, and this moves the price up. So in a young subnet emission makes the pool
deeper, and in an old subnet it buys alpha.

Source: `pallets/subtensor/src/coinbase/run_coinbase.rs` (`get_subnet_terms`), `coinbase/block_step.rs`
(`root_proportion`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.economy.fixed128 import U96F32, add, subtract, to_u96f32, u64_share


@dataclass(frozen=True)
class SubnetTerms:
    """One block's amounts for a subnet, raw U96F32 values of rao.

    Attributes:
        tao_in: TAO for the pool.
        alpha_in: alpha for the pool.
        alpha_out: alpha for owner, miners, validators and root.
        excess_tao: TAO that buys alpha from the pool.
    """

    tao_in: int
    alpha_in: int
    alpha_out: int
    excess_tao: int


def root_proportion(root_tao: int, tao_weight: int, alpha_issuance: int) -> int:
    """Root's weight in a subnet: weighted TAO on root, divided by the sum of it and all alpha.

    Args:
        root_tao: rao staked on root (`SubnetTAO` of root).
        tao_weight: u64, 2^64 - 1 is one (`TaoWeight`).
        alpha_issuance: rao of the subnet's alpha, in the pool and outside.

    Returns:
        Raw U96F32 value, at most one.
    """
    root = U96F32.multiply(U96F32.number(root_tao), u64_share(tao_weight))
    return U96F32.divide(root, add(root, U96F32.number(alpha_issuance)))


def subnet_terms(tao_emission: int, alpha_emission: int, price: int, root_proportion: int) -> SubnetTerms:
    """One block's amounts for a subnet.

    Args:
        tao_emission: its part of the block's TAO, raw U96F32 value of rao.
        alpha_emission: rao of alpha that a block of this subnet issues (`block_emission` of its alpha issuance).
        price: price of alpha in TAO, raw U64F64 value.
        root_proportion: raw U96F32 value.
    """
    price = to_u96f32(price)
    alpha_out = U96F32.number(alpha_emission)
    tao_in, alpha_in = tao_emission, U96F32.divide(tao_emission, price)
    cap = U96F32.multiply(root_proportion, alpha_out)
    if alpha_in > cap:
        alpha_in = cap
        tao_in = U96F32.multiply(alpha_in, price)
    return SubnetTerms(tao_in, alpha_in, alpha_out, subtract(tao_emission, tao_in))
