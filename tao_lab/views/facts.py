"""Facts about an outcome: the numbers and the true-or-false facts for its sentences and titles.

Everything is read from the arrays of the charts, not from what the chain's rule would compute: a student's epoch may
clip and still pay in full, or pay somebody whom nobody rates. Shares are fractions of 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tao_lab.consensus import Epoch
from tao_lab.consensus.types import Array
from tao_lab.units import U16_MAX
from tao_lab.views.scenario import Cast, Outcome


@dataclass(frozen=True)
class Facts:
    """Facts that texts may use.

    Attributes:
        kappa: share of stake that decides consensus.
        stake: the liars' share of active stake when they begin to lie.
        stake_at_the_end: their share in the last epoch, which the chart of dividends shows.
        weights: each liar's weight on the miner that they push.
        left: each of these weights after clipping.
        consensus: on that miner.
        circles: number of weights in the chart of consensus.
        above: how many of them are above consensus.
        cut: how many of them were cut.
        praised: UID of the miner to whom the honest validators together give most, each counted by its stake.
        incentive_before, incentive: of the miner that the liars push, before the lie and in the last epoch.
        best: UID of the miner with the most incentive in the last epoch; None if no miner has any.
        best_incentive: its share.
        only_consensus: whether consensus is above 0 for the liars' miner and for no other.
        no_consensus: whether consensus is 0 for everybody.
        kappa_out_of_reach: whether no miner has weights of kappa's share of stake, so that consensus must be 0.
        dividends_before, dividends: of all liars together.
        any_dividends: whether any validator has dividends in the last epoch.
        incentive_moved: whether the lie changed any miner's incentive.
        consensus_moved: whether the lie changed consensus on the liars' miner.
        paid_by_stake: whether the last epoch pays by stake alone.
    """

    kappa: float
    stake: float
    stake_at_the_end: float
    weights: tuple[float, ...]
    left: tuple[float, ...]
    consensus: float
    circles: int
    above: int
    cut: int
    praised: int
    incentive_before: float
    incentive: float
    best: int | None
    best_incentive: float
    only_consensus: bool
    no_consensus: bool
    kappa_out_of_reach: bool
    dividends_before: float
    dividends: float
    any_dividends: bool
    incentive_moved: bool
    consensus_moved: bool
    paid_by_stake: bool

    @property
    def weight(self) -> float:
        """The liars' mean weight on their miner."""
        return sum(self.weights) / len(self.weights)

    @property
    def kept(self) -> float:
        """Part of the liars' weights on their miner that clipping left; 1 if there was nothing to cut."""
        return sum(self.left) / sum(self.weights) if any(self.weights) else 1.0

    @property
    def all_on_one(self) -> bool:
        """Whether each liar's whole weight is on their miner."""
        return all(weight == 1 for weight in self.weights)

    @property
    def decide_alone(self) -> bool:
        """Whether a weight that only the liars give should be the consensus: they have kappa of the stake."""
        return self.stake > 0 and self.stake >= self.kappa

    @classmethod
    @lru_cache(4)  # every title and sentence of an outcome needs them
    def of(cls, outcome: Outcome) -> Facts:
        """Read them from an outcome."""
        first, last, before, target = outcome.epochs[0], outcome.after, outcome.before, outcome.target
        liars = _rows(first, outcome.scenario.cast.liars)
        circles, above, cut = _circles(first, outcome.scenario.cast)
        incentive, consensus = _floats(last, last.incentive), _floats(first, first.consensus)
        best = int(incentive.argmax())
        return cls(
            kappa=float(first.numbers.to_float(first.numbers.ratio(outcome.settings.kappa, U16_MAX))),
            stake=outcome.liars(first, first.active_stake),
            stake_at_the_end=outcome.liars(last, last.active_stake),
            weights=tuple(_floats(first, first.weights)[liars, target].tolist()),
            left=tuple(_floats(first, first.clipped_weights)[liars, target].tolist()),
            consensus=float(consensus[target]),
            circles=circles,
            above=above,
            cut=cut,
            praised=_praised(outcome),
            incentive_before=float(_floats(before, before.incentive)[target]),
            incentive=float(incentive[target]),
            best=best if incentive[best] > 0 else None,
            best_incentive=float(incentive[best]),
            only_consensus=consensus[target] > 0 and np.count_nonzero(consensus) == 1,
            no_consensus=not consensus.any(),
            kappa_out_of_reach=_most_support(first) < outcome.settings.kappa / U16_MAX,
            dividends_before=outcome.liars(before, before.dividends),
            dividends=outcome.liars(last, last.dividends),
            any_dividends=bool(last.dividends.any()),
            incentive_moved=bool((_floats(before, before.incentive) != incentive).any()),
            consensus_moved=bool(_floats(before, before.consensus)[target] != consensus[target]),
            paid_by_stake=not last.shares.server.any() and bool((last.shares.validator == last.active_stake).all()),
        )


def _floats(result: Epoch, numbers: Array) -> Array:
    return result.numbers.to_float(numbers)


def _rows(result: Epoch, uids: Sequence[int]) -> list[int]:
    """Rows of validators in the matrices of an epoch."""
    return [int(np.flatnonzero(result.validators == uid)[0]) for uid in uids]


def _circles(result: Epoch, cast: Cast) -> tuple[int, int, int]:
    """How many weights the chart of consensus draws; how many are above consensus, and how many were cut."""
    block = np.ix_(_rows(result, cast.validators), cast.miners)
    weight, clipped = result.weights[block], result.clipped_weights[block]
    drawn = (weight > 0) & (result.active_stake[list(cast.validators)] > 0)[:, None]
    above = weight > result.consensus[list(cast.miners)]
    return int(drawn.sum()), int((drawn & above).sum()), int((drawn & (clipped < weight)).sum())


def _praised(outcome: Outcome) -> int:
    first, honest = outcome.epochs[0], outcome.scenario.cast.honest
    stake = _floats(first, first.active_stake)[list(honest)]
    return int((stake @ _floats(first, first.weights)[_rows(first, honest)]).argmax())


def _most_support(result: Epoch) -> float:
    """The largest share of stake that gives one miner any weight."""
    stake = _floats(result, result.active_stake)[result.validators]
    total = stake.sum()
    return float((stake @ (result.weights > 0)).max() / total) if total else 0.0
