"""Real data for the labs: a metagraph of a running subnet.

The files and their provenance are in `datasets/README.md`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab.consensus.types import EpochInput, SparseRows, UIntArray
from tao_lab.errors import LabError
from tao_lab.paths import DATASETS
from tao_lab.units import RAO_PER_TAO

MOST = {"n": 65_535, "netuid": 65_535, "block": 2**32 - 1}  # as the chain stores them: u16, u16, u32
SN15 = DATASETS / "metagraphs" / "metagraph-sn15-4769998.json.gz"

# Mainnet's hyperparameters (`Initial...` in runtime/src/lib.rs); one alpha a block, less the owner's 18 %.
SUPPLY_TAO = 21_000_000
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


class MetagraphFileError(LabError):
    """A file that is no metagraph, or one with numbers that no chain has."""


def load_metagraph(path: Path = SN15) -> Metagraph:
    """Read a metagraph file; without a path, subnet 15 at block 4,769,998.

    Raises:
        MetagraphFileError: the file cannot be read, is damaged, or holds what no chain has.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return _metagraph(json.load(file))
    except gzip.BadGzipFile:
        raise MetagraphFileError(f"{path}: not a gzip file; allowed: a metagraph as JSON, packed with gzip") from None
    except (EOFError, zlib.error):
        raise MetagraphFileError(f"{path}: the file ends too early, or is damaged; copy it once more") from None
    except OSError as error:
        raise MetagraphFileError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise MetagraphFileError(f"{path}: not a metagraph: {error}") from None


def _metagraph(data: Any) -> Metagraph:
    """From the content of a file.

    Raises:
        ValueError, TypeError: it is none; says what is wrong.
    """
    names = ("n", "netuid", "block", "hotkeys", "stake_tao", "weights_u16")
    if not isinstance(data, dict):
        raise TypeError(f"it should be an object with {', '.join(names)}")
    if missing := [name for name in names if name not in data]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    for name, most in MOST.items():
        if not isinstance(data[name], int) or isinstance(data[name], bool) or not 0 <= data[name] <= most:
            raise ValueError(f"{name} is {data[name]!r:.50}; allowed: a whole number from 0 to {most:,}")
    for name in ("hotkeys", "stake_tao"):
        if not isinstance(data[name], list) or len(data[name]) != data["n"]:
            raise ValueError(f"{name} should be a list with an entry for each of the {data['n']} neurons")
    for uid, hotkey in enumerate(data["hotkeys"]):
        if not isinstance(hotkey, str) or not hotkey:
            raise ValueError(f"hotkeys of UID {uid} is {hotkey!r:.50}; allowed: an address")
    stake = np.array(data["stake_tao"], np.float64)
    for uid, tao in enumerate(stake):
        if not 0 <= tao <= SUPPLY_TAO:  # neither is NaN
            raise ValueError(f"stake_tao of UID {uid} is {tao}; allowed: 0 to {SUPPLY_TAO:,} τ")
    weights = SparseRows.from_rows(data["n"], data["weights_u16"], "weights_u16")
    rao = np.rint(stake * RAO_PER_TAO).astype(np.uint64)
    return Metagraph(data["netuid"], data["block"], tuple(data["hotkeys"]), rao, weights)
