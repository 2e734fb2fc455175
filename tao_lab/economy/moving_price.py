"""The moving price of a subnet: shares of emission depend on it, and not on the price of the moment.

In each block the moving price moves a small step towards the price. The step grows with the age of the subnet: after
`EMAPriceHalvingBlocks` blocks it has half of its final size. So the price of a young pool, which is easy to manipulate,
has little effect. A price above one counts as one.

Source: `pallets/subtensor/src/staking/stake_utils.rs` (`update_moving_price`, `get_moving_alpha_price`).
"""

from __future__ import annotations

from tao_lab.economy.fixed128 import U64F64, add, subtract, to_u64f64, to_u96f32


def update_moving_price(moving: int, price: int, age: int, halving_blocks: int, moving_alpha: int) -> int:
    """The moving price after one more block.

    Args:
        moving: moving price so far, raw U64F64 value.
        price: price of alpha in TAO now, raw U64F64 value.
        age: blocks since the subnet was started (`start_call`).
        halving_blocks: age at which the step is half of `moving_alpha` (`EMAPriceHalvingBlocks`).
        moving_alpha: the step of an old subnet, raw I96F32 value (`SubnetMovingAlpha`).

    Returns:
        Raw I96F32 value, as `SubnetMovingPrice` holds it.
    """
    grown = U64F64.divide(U64F64.number(age), add(U64F64.number(age), U64F64.number(halving_blocks)))
    step = U64F64.multiply(to_u64f64(moving_alpha), grown)
    from_price = U64F64.multiply(step, min(price, U64F64.one))
    from_before = U64F64.multiply(subtract(U64F64.one, step), moving)
    return to_u96f32(add(from_price, from_before))
