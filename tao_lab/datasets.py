"""Real data for the labs: a metagraph of a running subnet.

The files and their provenance are in `datasets/README.md`.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab.consensus.types import EpochInput, SparseRows, UIntArray
from tao_lab.paths import DATASETS
from tao_lab.units import RAO_PER_TAO

SN15 = DATASETS / "metagraphs" / "metagraph-sn15-4769998.json.gz"

# Mainnet's hyperparameters (`Initial...` in runtime/src/lib.rs); one alpha a block, less the owner's 18 %.
TEMPO = 360
MAINNET = {
    "tempo": TEMPO,
    "last_step_block": 0,
    "activity_cutoff": 5_000,
    "kappa": 32_767,
    "bonds_penalty": 65_535,
    "bonds_moving_average": 900_000,
    "yuma3": False,
    "liquid_alpha": None,
    "max_validators": 64,
    "min_stake": 0,
    "owner_uid": None,
    "emission": TEMPO * RAO_PER_TAO * 82 // 100,
}


@dataclass(frozen=True, eq=False)
class Metagraph:
    """Who is on a subnet and what validators said, at one block.

    Attributes:
        netuid: number of the subnet.
        block: block at which it was read.
        hotkeys: SS58 address of each UID.
        stake: uint64 (n,), rao.
        weights: rows of u16.
    """

    netuid: int
    block: int
    hotkeys: tuple[str, ...]
    stake: UIntArray
    weights: SparseRows

    @property
    def n(self) -> int:
        """Number of neurons."""
        return len(self.hotkeys)

    def epoch_input(self, **overrides: Any) -> EpochInput:
        """The subnet at its epoch, with mainnet's hyperparameters.

        What the file lacks is assumed: a permit for each row with weights, weights of this block, registrations
        long ago, no bonds.

        Args:
            overrides: fields of `EpochInput` to set otherwise, for example `yuma3=True`.
        """
        fields: dict[str, Any] = {
            **MAINNET,
            "n": self.n,
            "block": self.block,
            "stake": self.stake,
            "validator_permit": np.diff(self.weights.starts) > 0,
            "last_update": np.full(self.n, self.block, np.uint64),
            "registered_at": np.zeros(self.n, np.uint64),
            "weights": self.weights,
            "bonds": SparseRows.from_rows(self.n, []),
        }
        return EpochInput(**{**fields, **overrides})


def load_metagraph(path: Path = SN15) -> Metagraph:
    """Read a metagraph file; without a path, subnet 15 at block 4,769,998."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)
    stake = np.rint(np.array(data["stake_tao"]) * RAO_PER_TAO).astype(np.uint64)
    weights = SparseRows.from_rows(data["n"], data["weights_u16"], "weights_u16")
    return Metagraph(data["netuid"], data["block"], tuple(data["hotkeys"]), stake, weights)
