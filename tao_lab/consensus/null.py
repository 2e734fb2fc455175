"""Null consensus: the validator with the most stake decides alone.

A subnet can divide an epoch's emission by Yuma or by this rule; the subnet's owner or root chooses. Null consensus has
no median, no clipping and no bonds. One validator is elected, and its row of weights decides the miners' pay, in whole
numbers. Everyone with stake gets dividends in proportion to the stake, active or not.

So Null consensus gives up two things that Yuma has: nobody checks the elected validator, and validators earn nothing
for supporting a good miner early. In return an epoch reads one row of weights instead of a matrix, and a subnet may
have 2,500 UIDs.

Source at spec 475: `pallets/subtensor/src/epoch/run_epoch.rs` (`apportion_units`, `epoch_mechanism_with_budgets`),
`subnets/mechanism.rs` (`null_validator_winner`, `epoch_with_mechanism_budgets`), `tests/null_consensus.rs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from tao_lab.consensus import stake as s
from tao_lab.consensus import weights as w
from tao_lab.consensus.types import Array, BoolArray, EpochInput, EpochTerms, UIntArray
from tao_lab.fixed import EXACT

STAKE_BITS = 64  # fraction bits of a stake, I64F64
NULL_UIDS = 2_500  # `NULL_UID_BUDGET`: seats of a subnet, counted once for each mechanism


@dataclass(frozen=True)
class Budgets:
    """What one mechanism has to pay in one epoch, rao of alpha.

    Attributes:
        miners: for miners.
        local: for validators.
        root: what root's stake earns here. Miners never get it.
    """

    miners: int
    local: int
    root: int

    @classmethod
    def of_epoch(cls, emission: int) -> Budgets:
        """Half for validators, half for miners; miners get the odd unit."""
        return cls(miners=emission - emission // 2, local=emission // 2, root=0)


def apportion(shares: Sequence[int], budget: int) -> list[int]:
    """Divide whole units by shares so that nothing is left over.

    The first UID gets `floor(s1 * budget / total)`, the first two together get `floor((s1 + s2) * budget / total)`, and
    so on. So each UID gets its exact part, rounded down or up, and all together get exactly the budget.

    Args:
        shares: whole numbers, of any size.
        budget: units to divide.

    Returns:
        Units of each; their sum is the budget, or zero if all shares are zero.
    """
    total = sum(shares)
    if total == 0:
        return [0] * len(shares)
    paid = [so_far * budget // total for so_far in accumulate(shares, initial=0)]
    return [after - before for before, after in pairwise(paid)]


def stake_words(stake: UIntArray, fraction: UIntArray | None = None) -> list[int]:
    """Stakes as whole numbers of 2^-64 rao, so that one unit decides.

    Args:
        stake: uint64 (n,), rao.
        fraction: uint64 (n,), the fraction of a rao that each has in addition, in parts of 2^64; None: zero.
    """
    rest = [0] * len(stake) if fraction is None else fraction.tolist()
    return [(rao << STAKE_BITS) + part for rao, part in zip(stake.tolist(), rest, strict=True)]


def elected_validator(stakes: Sequence[int]) -> int | None:
    """UID with the largest stake; of equal stakes the lowest UID, so UID 0 if nobody has stake. None without UIDs."""
    return stakes.index(max(stakes)) if stakes else None


def only(uid: int | None, n: int) -> BoolArray:
    """Permits (n,) of an election: for the elected UID, or for nobody."""
    permits = np.zeros(n, dtype=np.bool_)
    if uid is not None:
        permits[uid] = True
    return permits


def miners_shares(inputs: EpochInput, elected: int | None) -> list[int]:
    """The elected validator's weight for each UID; if the row is empty, one for each UID.

    Yuma's masks apply. These weights don't count: a validator's weight on itself (except the owner's), a weight on a
    UID that somebody else had when the weights were set, and, with commit-reveal, a weight whose open commit is older
    than the miner's registration.

    Args:
        inputs: state of the subnet.
        elected: UID of the validator, or None.

    Returns:
        Whole numbers (n,), u16.
    """
    shares = [0] * inputs.n
    if elected is not None:
        row = np.array([elected])
        counts = w.weights_mask(
            row,
            only(elected, inputs.n),
            inputs.owner_uid,
            inputs.last_update,
            inputs.registered_at,
            inputs.commit_block,
        )
        shares = (inputs.weights.dense(row) * counts)[0].tolist()
    return shares if any(shares) else [1] * inputs.n


def null_epoch(inputs: EpochInput, budgets: Budgets | None = None) -> EpochTerms:
    """One epoch of Null consensus.

    Args:
        inputs: state of the subnet, as for Yuma. Kappa, bonds, liquid alpha and the stored permits are not used: the
            election is held again.
        budgets: what to pay; None: half of `inputs.emission` for miners, half for validators, as in the source's tests.

    Returns:
        What the chain stores. Consensus and trust are zero; bonds stay as they are.
    """
    budgets = budgets or Budgets.of_epoch(inputs.emission)
    n = inputs.n
    stakes = stake_words(inputs.stake, inputs.stake_fraction)
    elected = elected_validator(stakes)
    shares = miners_shares(inputs, elected)
    if not any(stakes):  # nobody can be paid for stake: miners get what is local
        miners, validators = budgets.miners + budgets.local, 0
    else:
        miners, validators = budgets.miners, budgets.local + budgets.root
    server, dividend = apportion(shares, miners), apportion(stakes, validators)
    counted = s.stake_shares(inputs.stake, inputs.min_stake, inputs.owner_uid, EXACT, inputs.stake_fraction)
    return EpochTerms(
        active=s.is_active(inputs.last_update, inputs.block, inputs.activity_cutoff),
        validator_permit=only(elected, n),
        stake_weight=EXACT.to_u16(counted),
        consensus=np.zeros(n, np.uint16),
        validator_trust=np.zeros(n, np.uint16),
        incentive=_reported([share << STAKE_BITS for share in shares]),
        dividends=_reported(stakes),
        server_emission=np.array(server, np.uint64),
        validator_emission=np.array(dividend, np.uint64),
        emission=np.array([a + b for a, b in zip(server, dividend, strict=True)], np.uint64),
        bonds=inputs.bonds,
        bonds_written=np.zeros(n, np.bool_),
    )


def _reported(words: list[int]) -> Array:
    """Shares as the chain shows them, u16 (n,); they do not decide anybody's pay."""
    return EXACT.to_u16(EXACT.wide_ratio(words, sum(words)))
