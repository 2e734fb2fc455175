"""What a new subnet costs: right after a registration twice the last lock, then less with each block.

If nobody registers a subnet, the cost is down to the last lock after one reduction interval, and then falls further, to
the minimum. The interval is proportional to the block emission, so after a halving the cost falls faster.

Source: `pallets/subtensor/src/coinbase/root.rs` (`get_network_lock_cost`, `get_lock_reduction_interval`) of
opentensor/subtensor.
"""

from tao_lab.economy.block_emission import DEFAULT_BLOCK_EMISSION
from tao_lab.units import U64_MAX

FRACTION_BITS = 64  # I64F64
WHOLE_MAX = (1 << 63) - 1  # of I64F64


def lock_cost(last_lock: int, min_lock: int, last_lock_block: int, block: int, reduction_interval: int) -> int:
    """TAO that `register_network` locks at a block.

    Args:
        last_lock: TAO that the last subnet locked, rao (`NetworkLastLockCost`).
        min_lock: minimum cost, rao (`NetworkMinLockCost`).
        last_lock_block: block of the last registration; 0 if there was no registration.
        block: the current block.
        reduction_interval: blocks in which the cost falls by `last_lock`; 0: it does not fall.

    Returns:
        Rao.

    Raises:
        ValueError: an argument is not a u64.
    """
    for field, value in (
        ("last_lock", last_lock),
        ("min_lock", min_lock),
        ("last_lock_block", last_lock_block),
        ("block", block),
        ("reduction_interval", reduction_interval),
    ):
        _check(field, value)
    top = min(last_lock * (1 if last_lock_block == 0 else 2), U64_MAX)
    fall_per_block = last_lock // reduction_interval if reduction_interval else 0
    fallen = min(fall_per_block * max(block - last_lock_block, 0), U64_MAX)
    return max(top - fallen, min_lock)


def lock_reduction_interval(interval: int, block_emission: int) -> int:
    """Blocks in which the cost falls by the last lock.

    Args:
        interval: the interval at full emission, blocks (`NetworkLockReductionInterval`).
        block_emission: TAO that a block issues now, rao.

    Returns:
        `interval` times the emission's share of one TAO, floored as in the chain's I64F64.

    Raises:
        ValueError: an argument is not a u64.
    """
    _check("interval", interval)
    _check("block_emission", block_emission)
    share = (min(block_emission, WHOLE_MAX) << FRACTION_BITS) // DEFAULT_BLOCK_EMISSION
    return min(min(interval, WHOLE_MAX) * share >> FRACTION_BITS, WHOLE_MAX)


def _check(field: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= U64_MAX:
        raise ValueError(f"{field} is {value!r}; allowed: whole numbers from 0 to 2^64 - 1")
