"""Subnets for experiments: small ones by hand, random ones from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tao_lab.consensus import EpochInput, SparseRows
from tao_lab.consensus.types import Array
from tao_lab.datasets import MAINNET
from tao_lab.units import RAO_PER_TAO, U16_MAX

BLOCK = 100_000


def small_subnet(stake_tao: Sequence[int], weights: Sequence[Sequence[float]], **overrides: Any) -> EpochInput:
    """A subnet with mainnet's hyperparameters whose first UIDs are validators and the others miners.

    Args:
        stake_tao: of each validator, whole TAO.
        weights: of each validator on each miner, shares of 1.
        overrides: fields of `EpochInput` to set otherwise.
    """
    validators, miners = len(stake_tao), len(weights[0])
    matrix = np.zeros((validators + miners, validators + miners), np.int64)
    matrix[:validators, validators:] = np.rint(np.array(weights) * U16_MAX)
    stake = np.zeros(validators + miners, np.uint64)
    stake[:validators] = np.array(stake_tao, np.uint64) * np.uint64(RAO_PER_TAO)
    return _input(stake, stake > 0, matrix, **overrides)


def random_subnet(rng: np.random.Generator, validators: int, miners: int, **overrides: Any) -> EpochInput:
    """A subnet with random stake, weights and bonds; one validator in four is silent for too long.

    Args:
        rng: where chance comes from.
        validators: the first UIDs.
        miners: the others.
        overrides: fields of `EpochInput` to set otherwise.
    """
    n = validators + miners
    seats = np.arange(n) < validators
    stake = np.where(seats, rng.integers(1_000, 100_000, n) * RAO_PER_TAO, 0).astype(np.uint64)
    last_update = np.full(n, BLOCK - 1, np.uint64)
    last_update[rng.permutation(validators)[: validators // 4]] = 1
    weights, bonds = np.zeros((2, n, n), np.int64)
    for matrix in (weights, bonds):
        matrix[:validators, validators:] = random_u16(rng, validators, miners)
    given = {"last_update": last_update, "bonds": SparseRows.from_dense(bonds), **overrides}
    return _input(stake, seats, weights, **given)


def random_u16(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Weights or bonds (rows, columns) from 0 to 65,535; about a third are zero."""
    return rng.integers(1, U16_MAX + 1, (rows, columns)) * (rng.random((rows, columns)) > 1 / 3)


def _input(stake: Array, permits: Array, weights: Array, **overrides: Any) -> EpochInput:
    n = len(stake)
    fields: dict[str, Any] = {
        **MAINNET,
        "n": n,
        "block": BLOCK,
        "stake": stake,
        "validator_permit": permits,
        "last_update": np.full(n, BLOCK, np.uint64),
        "registered_at": np.zeros(n, np.uint64),
        "weights": SparseRows.from_dense(weights),
        "bonds": SparseRows.from_rows(n, []),
    }
    return EpochInput(**{**fields, **overrides})
