"""A complete epoch: from the state of a subnet to the pay of its neurons.

This is `epoch_mechanism` of the real chain, which runs once in a tempo for each subnet. It calls the steps of this
package one after the other. The same code runs with exact numbers and with floats. The matrices have rows only for UIDs
with a permit or with bonds, because all other rows are empty.

Source: `pallets/subtensor/src/epoch/run_epoch.rs` of opentensor/subtensor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tao_lab.consensus import bonds as b
from tao_lab.consensus import stake as s
from tao_lab.consensus import weights as w
from tao_lab.consensus.emission import EmissionShares, emission_shares
from tao_lab.consensus.types import Array, BoolArray, EpochInput, EpochTerms, SparseRows
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
        bonds: (v, n), as stored by the Yuma version that ran.
        bond_places: place of each bond in its row (v, n), from 1, 0: none; None: ascending order, all above zero.
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
    bonds: Array
    bond_places: Array | None
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
            bonds_written=self.permits | self.new_permits,
        )

    def _stored_bonds(self) -> SparseRows:
        """Bonds of the UIDs with a new permit, in the order of their entries; all other rows are empty."""
        seated = self.new_permits[self.validators]
        places = self.bonds > 0 if self.bond_places is None else self.bond_places
        rows, uids = np.nonzero(np.where(seated[:, None], places, 0))
        if self.bond_places is not None:
            order = np.lexsort((places[rows, uids], rows))
            rows, uids = rows[order], uids[order]
        values = self.numbers.to_u16(self.bonds)[rows, uids].astype(np.int64)
        starts = np.searchsorted(self.validators[rows], np.arange(len(self.stake) + 1))
        return SparseRows(starts.astype(np.int64), uids.astype(np.int64), values)


@dataclass(frozen=True, eq=False, kw_only=True)
class Start:
    """The values that the steps of an epoch start from: which validators count, and which weights.

    Attributes:
        inputs: state of the subnet.
        numbers: the number system.
        active: bool (n,).
        permits: bool (n,), permits that count in this epoch.
        new_permits: bool (n,), permits for the next one.
        stake: shares of stake (n,).
        active_stake: shares of active stake (n,).
        validators: int64 (v,), UIDs of the rows of all matrices.
        voices: active stake of the validators (v,).
        counts: bool (v, n), weights that are not masked.
        weights: masked and row-normalized (v, n).
        kept: bool (n,), miners whose bonds are kept: they are not newer than the previous epoch.
        old_bonds: bonds after the previous epoch (v, n), as numbers 0 to 65,535, without those that are not kept.
    """

    inputs: EpochInput
    numbers: NumberSystem
    active: BoolArray
    permits: BoolArray
    new_permits: BoolArray
    stake: Array
    active_stake: Array
    validators: npt.NDArray[np.int64]
    voices: Array
    counts: BoolArray
    weights: Array
    kept: BoolArray
    old_bonds: Array

    def finish(
        self,
        *,
        consensus: Array,
        clipped_weights: Array,
        validator_trust: Array,
        ranks: Array,
        incentive: Array,
        bonds: Array,
        dividends: Array,
        bond_places: Array | None = None,
    ) -> Epoch:
        """Put the results of the steps together; the last step, emission, is done here.

        Args:
            consensus: (n,).
            clipped_weights: (v, n).
            validator_trust: (v,).
            ranks: (n,).
            incentive: (n,).
            bonds: (v, n), as this Yuma version stores them.
            dividends: (v,).
            bond_places: see `Epoch`.
        """
        all_dividends = self._by_uid(dividends)
        return Epoch(
            numbers=self.numbers,
            rao_emission=self.inputs.emission,
            validators=self.validators,
            active=self.active,
            permits=self.permits,
            new_permits=self.new_permits,
            stake=self.stake,
            active_stake=self.active_stake,
            weights=self.weights,
            consensus=consensus,
            clipped_weights=clipped_weights,
            validator_trust=self._by_uid(validator_trust),
            ranks=ranks,
            incentive=incentive,
            bonds=bonds,
            bond_places=bond_places,
            dividends=all_dividends,
            shares=emission_shares(incentive, all_dividends, self.stake, self.active_stake, self.numbers),
        )

    def _by_uid(self, rows: Array) -> Array:
        column = np.zeros(self.inputs.n, self.numbers.dtype)
        column[self.validators] = rows
        return column


def start(inputs: EpochInput, numbers: NumberSystem = EXACT) -> Start:
    """Everything before the median: stake, permits, masks, row-normalized weights.

    Args:
        inputs: state of the subnet.
        numbers: the number system.
    """
    owner = inputs.owner_uid
    active = s.is_active(inputs.last_update, inputs.block, inputs.activity_cutoff)
    stake = s.stake_shares(inputs.stake, inputs.min_stake, owner, numbers, inputs.stake_fraction)
    permits = s.with_owner(inputs.validator_permit, owner)
    active_stake = s.active_stake(stake, active, permits, numbers)

    validators = np.flatnonzero(permits | (np.diff(inputs.bonds.starts) > 0))
    counts = w.weights_mask(validators, permits, owner, inputs.last_update, inputs.registered_at, inputs.commit_block)
    kept = b.bonds_mask(inputs.registered_at, inputs.block, inputs.tempo, inputs.last_step_block)
    return Start(
        inputs=inputs,
        numbers=numbers,
        active=active,
        permits=permits,
        new_permits=s.validator_permits(stake, inputs.max_validators, owner),
        stake=stake,
        active_stake=active_stake,
        validators=validators,
        voices=active_stake[validators],
        counts=counts,
        weights=w.row_normalize(numbers.number(inputs.weights.dense(validators) * counts), numbers),
        kept=kept,
        old_bonds=numbers.number(inputs.bonds.dense(validators) * kept),
    )


def epoch(inputs: EpochInput, numbers: NumberSystem = EXACT) -> Epoch:
    """Run one epoch of Yuma Consensus.

    Args:
        inputs: state of the subnet.
        numbers: `EXACT` for what the chain computes, `FLOAT` for intuition.

    Returns:
        Every step; `.terms()` gives what the chain stores.
    """
    begin = start(inputs, numbers)
    consensus = w.weighted_median(begin.voices, begin.weights, inputs.kappa, numbers)
    clipped_weights = w.clip(begin.weights, consensus)
    ranks = w.ranks(clipped_weights, begin.voices, numbers)
    incentive = w.incentive(ranks, numbers)
    weights = b.weights_for_bonds(begin.weights, clipped_weights, inputs.bonds_penalty, numbers)
    if inputs.yuma3:
        bonds, places = next_bonds_yuma3(begin, consensus, weights)
        dividends = b.dividends_yuma3(bonds, incentive, begin.voices, numbers)
    else:
        shares = b.bonds_yuma2(weights, begin.voices, begin.old_bonds, inputs.bonds_moving_average, numbers)
        bonds, places = b.upscale_columns(shares, numbers), None
        dividends = b.dividends_yuma2(shares, incentive, numbers)
    return begin.finish(
        consensus=consensus,
        clipped_weights=clipped_weights,
        validator_trust=w.validator_trust(clipped_weights),
        ranks=ranks,
        incentive=incentive,
        bonds=bonds,
        dividends=dividends,
        bond_places=places,
    )


def next_bonds_yuma3(begin: Start, consensus: Array, weights: Array) -> tuple[Array, Array | None]:
    """Bonds of Yuma 3 (v, n), moved towards the weights, and their positions if the rows keep an order.

    Args:
        begin: what the epoch started from.
        consensus: (n,).
        weights: weights for bonds (v, n).
    """
    inputs, numbers = begin.inputs, begin.numbers
    old = numbers.divide(begin.old_bonds, numbers.number(U16_MAX))
    if inputs.liquid_alpha is None or not consensus.any():
        return b.bonds_yuma3(weights, old, inputs.bonds_moving_average, numbers), None
    stored = inputs.weights.places(begin.validators) * begin.counts
    rows = b.Rows(weights, b.places_for_bonds(stored, begin.weights, weights, consensus, inputs.bonds_penalty))
    old_rows = b.Rows(old, inputs.bonds.places(begin.validators) * begin.kept)
    settings = inputs.liquid_alpha
    measure = b.consensus_for_liquid_alpha(
        consensus, inputs.previous_consensus, settings, inputs.bonds_penalty, numbers
    )
    return b.bonds_liquid_alpha(measure, rows, old_rows, settings, numbers)


def next_input(inputs: EpochInput, terms: EpochTerms) -> EpochInput:
    """The same subnet one tempo later, if every validator repeats its weights and no stake moves.

    Args:
        inputs: state at the last epoch.
        terms: what the chain stored after it; its bonds, permits and consensus are where the next epoch starts.
    """
    age = np.uint64(inputs.tempo)
    return replace(
        inputs,
        block=inputs.block + inputs.tempo,
        last_step_block=inputs.block,
        last_update=inputs.last_update + age,
        bonds=terms.bonds,
        validator_permit=terms.validator_permit,
        previous_consensus=terms.consensus.astype(np.uint64),
    )
