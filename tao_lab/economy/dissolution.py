"""When a subnet is dissolved, its TAO is divided among the holders of its alpha.

Source: `pallets/subtensor/src/staking/remove_stake.rs` (`destroy_alpha_in_out_stakes`) of opentensor/subtensor.
"""

from collections.abc import Sequence


def split_pot(pot: int, alpha: Sequence[int]) -> list[int]:
    """Divide a pot in proportion to alpha, to the last rao (largest remainder; of equal remainders the first).

    Args:
        pot: TAO of the pool, rao.
        alpha: of each holder, rao.

    Returns:
        Rao of TAO for each holder; they sum to the pot if anybody holds anything.
    """
    total = sum(alpha)
    if total == 0:
        return [0] * len(alpha)
    shares = [pot * held // total for held in alpha]
    remainders = [pot * held % total for held in alpha]
    by_remainder = sorted(range(len(alpha)), key=lambda holder: -remainders[holder])
    for holder in by_remainder[: pot - sum(shares)]:
        shares[holder] += 1
    return shares
