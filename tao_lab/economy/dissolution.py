"""When a subnet is dissolved, its TAO is divided among the holders of its alpha.

Source: `pallets/subtensor/src/staking/remove_stake.rs` (`destroy_alpha_in_out_stakes_settle_stakes`)
of spec 475.
"""

from collections.abc import Sequence


def split_pot(pot: int, alpha: Sequence[int], protocol: int = 0) -> list[int]:
    """Divide a pot in proportion to alpha; odd rao go to the largest remainders, of equal ones to the first.

    Args:
        pot: TAO of the pool, rao.
        alpha: of each holder, rao.
        protocol: alpha that nobody holds, rao; its part stays in the pot.

    Returns:
        Rao of TAO for each holder. Without alpha of the protocol they sum to the pot if anybody holds anything.
    """
    total = sum(alpha) + protocol
    if total == 0:
        return [0] * len(alpha)
    shares = [pot * held // total for held in alpha]
    remainders = [pot * held % total for held in alpha]
    by_remainder = sorted(range(len(alpha)), key=lambda holder: -remainders[holder])
    for holder in by_remainder[: sum(remainders) // total]:
        shares[holder] += 1
    return shares
