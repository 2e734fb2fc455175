"""Yuma Consensus: how the opinions of many validators about the miners become one payment.

Read the modules in this order: `stake` (which validators count), `weights` (median, clipping, ranks), `bonds` (what
validators earn), `emission` (shares to rao), `epoch` (all steps together). Then read `null`: a subnet may choose this
other rule, in which one validator decides. All functions are pure. The functions of Yuma take a number system of
`tao_lab.fixed`: `EXACT` computes exactly what the chain computes, `FLOAT` is easier to read and shows the idea.
"""

from tao_lab.consensus.bonds import (
    Rows,
    bonds_alpha,
    bonds_liquid_alpha,
    bonds_mask,
    bonds_yuma2,
    bonds_yuma3,
    column_normalize,
    consensus_for_liquid_alpha,
    dividends_yuma2,
    dividends_yuma3,
    liquid_alpha,
    moving_average,
    upscale_columns,
    weights_for_bonds,
)
from tao_lab.consensus.emission import EmissionShares, emission_shares
from tao_lab.consensus.epoch import Epoch, Start, epoch, next_bonds_yuma3, next_input, start
from tao_lab.consensus.inheritance import TotalStake, inherited_stake, total_stake
from tao_lab.consensus.normalization import NormalizedWeights, max_limited, max_upscale_to_u16, normalize_weights
from tao_lab.consensus.null import NULL_UIDS, Budgets, apportion, elected_validator, null_epoch
from tao_lab.consensus.stake import active_stake, is_active, normalize, stake_shares, validator_permits
from tao_lab.consensus.types import EpochInput, EpochInputError, EpochTerms, LiquidAlpha, SparseRows
from tao_lab.consensus.weights import (
    clip,
    incentive,
    ranks,
    row_normalize,
    validator_trust,
    weighted_median,
    weights_mask,
)

__all__ = [
    "NULL_UIDS",
    "Budgets",
    "EmissionShares",
    "Epoch",
    "EpochInput",
    "EpochInputError",
    "EpochTerms",
    "LiquidAlpha",
    "NormalizedWeights",
    "Rows",
    "SparseRows",
    "Start",
    "TotalStake",
    "active_stake",
    "apportion",
    "bonds_alpha",
    "bonds_liquid_alpha",
    "bonds_mask",
    "bonds_yuma2",
    "bonds_yuma3",
    "clip",
    "column_normalize",
    "consensus_for_liquid_alpha",
    "dividends_yuma2",
    "dividends_yuma3",
    "elected_validator",
    "emission_shares",
    "epoch",
    "incentive",
    "inherited_stake",
    "is_active",
    "liquid_alpha",
    "max_limited",
    "max_upscale_to_u16",
    "moving_average",
    "next_bonds_yuma3",
    "next_input",
    "normalize",
    "normalize_weights",
    "null_epoch",
    "ranks",
    "row_normalize",
    "stake_shares",
    "start",
    "total_stake",
    "upscale_columns",
    "validator_permits",
    "validator_trust",
    "weighted_median",
    "weights_for_bonds",
    "weights_mask",
]
