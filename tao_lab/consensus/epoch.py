"""One epoch, whole: from the state of a subnet to what its neurons are paid.

This is `epoch_mechanism` of the real chain, which runs once in a tempo for each subnet, as a sequence of the steps in
this package. The same text runs over exact words and over floats. Only the rows of UIDs that hold a permit or bonds
take part in matrices: the others are empty.

Source: `pallets/subtensor/src/epoch/run_epoch.rs` of opentensor/subtensor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tao_lab.consensus import bonds as b
from tao_lab.consensus import stake as s
from tao_lab.consensus import weights as w
from tao_lab.consensus.emission import EmissionShares, emission_shares
from tao_lab.consensus.types import Array, BoolArray, EpochInput, EpochTerms
from tao_lab.fixed import EXACT, NumberSystem
from tao_lab.units import U16_MAX


@dataclass(frozen=True, eq=False, kw_only=True)
class Epoch:
    """Every step of one epoch, in the numbers it was computed with.

    Attributes:
        numbers: the number system.
        rao_emission: alpha that was distributed, rao.
        validators: int64 (v,), UIDs of the rows of all matrices.
        active: bool (n,).
        permits: bool (n,), permits that counted in this epoch.
        new_permits: bool (n,), permits for the next one.
        stake: shares of stake (n,).
        active_stake: shares of active stake (n,).
        weights: masked and row-normalized (v, n).
        consensus: (n,).
        clipped_weights: (v, n).
        validator_trust: (n,).
        ranks: (n,).
        incentive: (n,).
        bonds: (v, n), as stored by the Yuma version that ran, with the place of each entry in its row.
        dividends: (n,).
        shares: of the emission (n,).
    """

    numbers: NumberSystem
    rao_emission: int
    validators: npt.NDArray[np.int64]
    active: BoolArray
    permits: BoolArray
    new_permits: BoolArray
    stake: Array
    active_stake: Array
    weights: Array
    consensus: Array
    clipped_weights: Array
    validator_trust: Array
    ranks: Array
    incentive: Array
    bonds: b.Rows
    dividends: Array
    shares: EmissionShares

    def terms(self) -> EpochTerms:
        """What the chain stores: u16 proportions, whole rao, sparse bonds."""
        u16, rao = self.numbers.to_u16, self.numbers.to_rao
        return EpochTerms(
            active=self.active,
            validator_permit=self.new_permits,
            stake_weight=u16(self.stake),
            consensus=u16(self.consensus),
            validator_trust=u16(self.validator_trust),
            incentive=u16(self.incentive),
            dividends=u16(self.dividends),
            server_emission=rao(self.shares.server, self.rao_emission),
            validator_emission=rao(self.shares.validator, self.rao_emission),
            emission=rao(self.shares.combined, self.rao_emission),
            bonds=self._stored_bonds(),
        )

    def _stored_bonds(self) -> dict[int, list[tuple[int, int]]]:
        """Rows of new permits hold their bonds; rows of permits that ended are emptied."""
        stored: dict[int, list[tuple[int, int]]] = {
            uid: [] for uid in np.flatnonzero(self.permits | self.new_permits).tolist()
        }
        values = self.numbers.to_u16(self.bonds.values)
        for row, uid in enumerate(self.validators.tolist()):
            if self.new_permits[uid]:
                places = self.bonds.places[row]
                present = np.flatnonzero(places)
                uids = present[np.argsort(places[present], kind="stable")]
                stored[uid] = list(zip(uids.tolist(), values[row, uids].tolist(), strict=True))
        return stored


def epoch(inputs: EpochInput, numbers: NumberSystem = EXACT) -> Epoch:
    """Run one epoch of Yuma Consensus.

    Args:
        inputs: state of the subnet.
        numbers: `EXACT` for what the chain computes, `FLOAT` for intuition.

    Returns:
        Every step; `.terms()` gives what the chain stores.
    """
    owner = inputs.owner_uid
    active = s.is_active(inputs.last_update, inputs.block, inputs.activity_cutoff)
    stake = s.stake_shares(inputs.stake, inputs.min_stake, owner, numbers)
    permits = s.with_owner(inputs.validator_permit, owner)
    new_permits = s.validator_permits(stake, inputs.max_validators, owner)
    active_stake = s.active_stake(stake, active, permits, numbers)

    validators = np.flatnonzero(permits | (np.diff(inputs.bonds.starts) > 0))
    voices = active_stake[validators]
    masked = w.mask_weights(
        inputs.weights, permits, owner, inputs.last_update, inputs.registered_at, inputs.commit_block
    )
    weights = w.row_normalize(numbers.number(masked.dense(validators)), numbers)

    consensus = w.weighted_median(voices, weights, inputs.kappa, numbers)
    clipped_weights = w.clip(weights, consensus)
    validator_trust = np.zeros(inputs.n, numbers.dtype)
    validator_trust[validators] = w.validator_trust(clipped_weights)
    ranks = w.ranks(clipped_weights, voices, numbers)
    incentive = w.incentive(ranks, numbers)

    weights_for_bonds = b.weights_for_bonds(
        b.Rows(weights, masked.positions(validators)),
        clipped_weights,
        consensus,
        inputs.bonds_penalty,
        numbers,
    )
    bonds, validator_dividends = _bonds_and_dividends(
        inputs, validators, voices, consensus, incentive, weights_for_bonds, numbers
    )
    dividends = np.zeros(inputs.n, numbers.dtype)
    dividends[validators] = validator_dividends
    return Epoch(
        numbers=numbers,
        rao_emission=inputs.emission,
        validators=validators,
        active=active,
        permits=permits,
        new_permits=new_permits,
        stake=stake,
        active_stake=active_stake,
        weights=weights,
        consensus=consensus,
        clipped_weights=clipped_weights,
        validator_trust=validator_trust,
        ranks=ranks,
        incentive=incentive,
        bonds=bonds,
        dividends=dividends,
        shares=emission_shares(incentive, dividends, stake, active_stake, numbers),
    )


def _bonds_and_dividends(
    inputs: EpochInput,
    validators: npt.NDArray[np.int64],
    voices: Array,
    consensus: Array,
    incentive: Array,
    weights: b.Rows,
    numbers: NumberSystem,
) -> tuple[b.Rows, Array]:
    """Bonds as this Yuma version stores them, and dividends of the rows (v,)."""
    kept = b.mask_bonds(inputs.bonds, inputs.registered_at, inputs.block, inputs.tempo, inputs.last_step_block)
    stored = kept.dense(validators)
    if not inputs.yuma3:
        shares = b.bonds_yuma2(weights.values, voices, numbers.number(stored), inputs.bonds_moving_average, numbers)
        upscaled = b.upscale_columns(shares, numbers)
        return b.Rows(upscaled, b.ascending_places(shares)), b.dividends_yuma2(shares, incentive, numbers)
    old = b.Rows(numbers.ratio(stored, U16_MAX), kept.positions(validators))
    if inputs.liquid_alpha is not None and consensus.any():
        alpha = b.liquid_alpha(consensus, weights, old, inputs.liquid_alpha, numbers)
    else:
        alpha = b.bonds_alpha(inputs.bonds_moving_average, numbers)
    bonds = b.bonds_yuma3(weights, old.values, alpha, numbers)
    return bonds, b.dividends_yuma3(bonds.values, incentive, voices, numbers)
