"""The rows behind the charts: columns of plain numbers, ready for Vega."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tao_lab.consensus import Epoch
from tao_lab.consensus.types import Array
from tao_lab.views.scenario import Cast

Table = dict[str, list[Any]]
DIGITS = 6  # of a share; a chart shows three


def weights_table(result: Epoch, cast: Cast) -> Table:
    """One row for each validator and miner: weight, consensus, and whether clipping cut the weight.

    Shares are of 1; `stake` is the validator's share of active stake.
    """
    rows = _rows(result, cast)
    columns = list(cast.miners)
    weight = result.numbers.to_float(result.weights[rows][:, columns])
    clipped = result.numbers.to_float(result.clipped_weights[rows][:, columns])
    consensus = _shares(result, result.consensus, cast.miners)
    shape = weight.shape
    voice = _shares(result, result.active_stake, cast.validators)
    return {
        "validator": np.repeat([str(uid) for uid in cast.validators], shape[1]).tolist(),
        "miner": [str(uid) for uid in cast.miners] * shape[0],
        "who": np.repeat(_who(cast), shape[1]).tolist(),
        "stake": np.repeat(voice, shape[1]).tolist(),
        "weight": weight.round(DIGITS).ravel().tolist(),
        "consensus": np.tile(consensus, shape[0]).tolist(),
        "cut": (clipped < weight).ravel().tolist(),
    }


def incentive_table(result: Epoch, cast: Cast, before: Epoch | None = None) -> Table:
    """One row for each miner: consensus, incentive now, and incentive before (or again now without a before)."""
    return {
        "miner": [str(uid) for uid in cast.miners],
        "consensus": _shares(result, result.consensus, cast.miners).tolist(),
        "incentive": _shares(result, result.incentive, cast.miners).tolist(),
        "before": _shares(before or result, (before or result).incentive, cast.miners).tolist(),
    }


def dividends_table(result: Epoch, cast: Cast) -> Table:
    """One row for each validator: share of active stake and dividends."""
    return {
        "validator": [str(uid) for uid in cast.validators],
        "who": _who(cast),
        "stake": _shares(result, result.active_stake, cast.validators).tolist(),
        "dividends": _shares(result, result.dividends, cast.validators).tolist(),
    }


def bonds_table(history: Array, cast: Cast, miner: int) -> Table:
    """One row for each validator and epoch: the stored bond on one miner.

    Args:
        history: bonds (epochs, validators of the cast, miners of the cast); the first is epoch 0.
        cast: the validators and miners.
        miner: UID of a miner of the cast.
    """
    bonds = history[:, :, cast.miners.index(miner)]
    epochs, validators = bonds.shape
    return {
        "epoch": np.repeat(np.arange(epochs), validators).tolist(),
        "validator": [str(uid) for uid in cast.validators] * epochs,
        "who": _who(cast) * epochs,
        "bond": bonds.round(DIGITS).ravel().tolist(),
    }


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Columns as a list of rows."""
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def _who(cast: Cast) -> list[str]:
    return ["honest"] * len(cast.honest) + ["liar"] * len(cast.liars)


def _rows(result: Epoch, cast: Cast) -> Array:
    """Row of each validator of the cast in the matrices of the epoch."""
    place = {uid: row for row, uid in enumerate(result.validators.tolist())}
    return np.array([place[uid] for uid in cast.validators])


def _shares(result: Epoch, words: Array, uids: Sequence[int]) -> Array:
    return result.numbers.to_float(words[list(uids)]).round(DIGITS)
