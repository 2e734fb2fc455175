"""From shares to rao: who is paid what at the end of an epoch.

Incentive and dividends each sum to one, so miners and validators each get half of the emission. If both are zero, the
emission is paid in proportion to stake.

Source: `pallets/subtensor/src/epoch/run_epoch.rs` (`epoch_mechanism`, emission and pruning scores).
"""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.consensus.stake import normalize
from tao_lab.consensus.types import Array
from tao_lab.fixed import EXACT, NumberSystem


@dataclass(frozen=True, eq=False)
class EmissionShares:
    """Shares (n,) of one epoch's emission: miners' part, validators' part, and both as the chain shows them."""

    server: Array
    validator: Array
    combined: Array


def emission_shares(
    incentive: Array, dividends: Array, stake: Array, active_stake: Array, numbers: NumberSystem = EXACT
) -> EmissionShares:
    """Divide one epoch's emission.

    Args:
        incentive: (n,), sums to one or is zero.
        dividends: (n,), sums to one or is zero.
        stake: shares of stake (n,), paid when there is neither incentive, dividend nor active stake.
        active_stake: shares of active stake (n,), paid when there is neither incentive nor dividend.
        numbers: the number system.
    """
    combined = incentive + dividends
    total = combined.sum()
    if total == 0:
        by_stake = active_stake if active_stake.sum() != 0 else stake
        return EmissionShares(incentive, by_stake, by_stake)
    return EmissionShares(
        server=numbers.divide(incentive, total),
        validator=numbers.divide(dividends, total),
        combined=normalize(combined, numbers),
    )
