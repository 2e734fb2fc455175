"""What goes into an epoch and what comes out of it.

`EpochInput` has, for each UID, the state of a subnet at the end of its tempo; `EpochTerms` has what the chain stores
after the epoch. The chain stores a matrix as sparse rows, in the order in which a validator submitted the entries.
`SparseRows` keeps that order, because one rule of the chain depends on it (see `bonds.liquid_alpha`).

Source: `pallets/subtensor/src/epoch/run_epoch.rs` (`EpochTerms`, `get_weights_sparse`, `get_bonds_sparse`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tao_lab.compiled import njit
from tao_lab.units import U16_MAX, U64_MAX

UIntArray = npt.NDArray[np.uint64]
BoolArray = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

I16_MIN, I16_MAX = -(1 << 15), (1 << 15) - 1
OPTIONAL_COLUMNS = ("commit_block", "stake_fraction", "previous_consensus")
CONSENSUS_MODES = ("Current", "Previous", "Auto")


class EpochInputError(ValueError):
    """A field of an epoch's input is missing, of the wrong length or out of range."""


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A matrix of `n` rows as the chain stores it: each row a list of (uid, u16).

    Attributes:
        starts: int64 (n + 1,); row i holds the entries `starts[i]` to `starts[i + 1]`.
        uids: int64 (m,), column of each entry, in the stored order of its row.
        values: int64 (m,), u16 value of each entry; a stored zero is an entry.
    """

    starts: npt.NDArray[np.int64]
    uids: npt.NDArray[np.int64]
    values: npt.NDArray[np.int64]

    @classmethod
    def from_rows(cls, n: int, rows: Sequence[Sequence[Any]], name: str = "rows") -> Self:
        """Read `[[uid, [[uid, u16], ...]], ...]`; rows that are not listed are empty.

        Raises:
            EpochInputError: a UID outside 0..n-1, a value outside u16, or the same row or column twice.
        """
        by_uid: dict[int, Sequence[Sequence[int]]] = {}
        for uid, entries in rows:
            _check_range(f"{name}: uid", uid, 0, n - 1)
            if uid in by_uid:
                raise EpochInputError(f"{name}: row of uid {uid} is there twice; give each row once")
            columns = [column for column, _ in entries]
            if len(set(columns)) != len(columns):
                raise EpochInputError(f"{name}: row of uid {uid} names a column twice; the chain refuses that")
            for column, value in entries:
                _check_range(f"{name}[{uid}]: uid", column, 0, n - 1)
                _check_range(f"{name}[{uid}][{column}]", value, 0, U16_MAX)
            by_uid[uid] = entries
        lengths = [len(by_uid.get(uid, ())) for uid in range(n)]
        pairs = [pair for uid in range(n) for pair in by_uid.get(uid, ())]
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return cls(np.concatenate(([0], np.cumsum(lengths))).astype(np.int64), table[:, 0], table[:, 1])

    @classmethod
    def from_dense(cls, matrix: npt.ArrayLike) -> Self:
        """Rows of the entries above zero of an integer matrix (n, n), in ascending order of UID."""
        dense = np.asarray(matrix, dtype=np.int64)
        rows, columns = np.nonzero(dense)
        starts = np.searchsorted(rows, np.arange(len(dense) + 1))
        return cls(starts.astype(np.int64), columns.astype(np.int64), dense[rows, columns])

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.starts) - 1

    def dense(self, uids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The rows of `uids` (v,) as an int64 matrix (v, n); an absent entry is 0."""
        return self._dense(self.values, uids)

    def places(self, uids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Place of each entry in its stored row, from 1, as (v, n); 0 where there is no entry."""
        lengths = np.diff(self.starts)
        place = np.arange(1, len(self.uids) + 1) - np.repeat(self.starts[:-1], lengths)
        return self._dense(place, uids)

    def _dense(self, values: npt.NDArray[np.int64], uids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        matrix = np.zeros((len(uids), self.n), np.int64)
        _scatter(*map(np.ascontiguousarray, (self.starts, self.uids, values, uids)), matrix)
        return matrix

    def row(self, uid: int) -> list[list[int]]:
        """Row of `uid` as `[[uid, u16], ...]`."""
        part = slice(self.starts[uid], self.starts[uid + 1])
        return np.column_stack((self.uids[part], self.values[part])).tolist()


@dataclass(frozen=True)
class LiquidAlpha:
    """Hyperparameters of liquid alpha.

    Attributes:
        low, high: `AlphaValues`, u16.
        steepness: `AlphaSigmoidSteepness`, i16, hundredths.
        mode: `LiquidAlphaConsensusMode`, from which consensus a validator's distance is measured: the epoch's own
            (`Current`), that of the epoch before (`Previous`), or the previous one where the bonds penalty is at its
            maximum and the current one elsewhere (`Auto`).
    """

    low: int
    high: int
    steepness: int
    mode: str = "Auto"

    def __post_init__(self) -> None:
        if self.mode not in CONSENSUS_MODES:
            raise EpochInputError(f"liquid_alpha.mode is {self.mode!r:.100}; allowed: {', '.join(CONSENSUS_MODES)}")
        _check_range("liquid_alpha.low", self.low, 0, U16_MAX)
        _check_range("liquid_alpha.high", self.high, 0, U16_MAX)
        _check_range("liquid_alpha.steepness", self.steepness, I16_MIN, I16_MAX)


@dataclass(frozen=True, eq=False, kw_only=True)
class EpochInput:
    """State of one subnet at its epoch.

    Attributes:
        n: number of neurons (`SubnetworkN`).
        block: current block.
        tempo: blocks between epochs.
        last_step_block: block of the previous epoch (`LastMechansimStepBlock`); 0: there was none.
        activity_cutoff: blocks without new weights after which a validator is inactive.
        kappa: majority share, u16 (`Kappa`).
        bonds_penalty: share of clipping that also counts for bonds, u16 (`BondsPenalty`).
        bonds_moving_average: weight of old bonds, in millionths (`BondsMovingAverage`).
        yuma3: `Yuma3On`.
        liquid_alpha: None while `LiquidAlphaOn` is false; used with Yuma 3 only.
        max_validators: seats for validators (`MaxAllowedValidators`).
        min_stake: stake below which a validator counts nothing, rao (`StakeThreshold`).
        owner_uid: UID of the subnet owner's hotkey, or None.
        emission: alpha to distribute, rao.
        stake: uint64 (n,), rao, root part already added.
        validator_permit: bool (n,), permits of the previous epoch.
        last_update: uint64 (n,), block of the last weights.
        registered_at: uint64 (n,), block of registration.
        weights: rows of weights, u16.
        bonds: rows of bonds after the previous epoch, u16.
        commit_block: uint64 (n,), block of the earliest open weight commit (2^64 - 1: none); None while
            commit-reveal is off.
        stake_fraction: uint64 (n,), what each stake has above whole rao, in parts of 2^64: root stake times its weight
            is seldom whole. None: nothing.
        previous_consensus: uint64 (n,), u16 values that the previous epoch stored (`ConsensusByMechanism`); used with
            liquid alpha only. None: there was none, and the current consensus counts instead.
    """

    n: int
    block: int
    tempo: int
    last_step_block: int
    activity_cutoff: int
    kappa: int
    bonds_penalty: int
    bonds_moving_average: int
    yuma3: bool
    liquid_alpha: LiquidAlpha | None
    max_validators: int
    min_stake: int
    owner_uid: int | None
    emission: int
    stake: UIntArray
    validator_permit: BoolArray
    last_update: UIntArray
    registered_at: UIntArray
    weights: SparseRows
    bonds: SparseRows
    commit_block: UIntArray | None = None
    stake_fraction: UIntArray | None = None
    previous_consensus: UIntArray | None = None

    def __post_init__(self) -> None:
        for name in ("block", "tempo", "last_step_block", "activity_cutoff", "min_stake", "emission"):
            _check_range(name, getattr(self, name), 0, U64_MAX)
        _check_range("n", self.n, 0, U16_MAX + 1)
        for name in ("kappa", "bonds_penalty", "max_validators"):
            _check_range(name, getattr(self, name), 0, U16_MAX)
        _check_range("bonds_moving_average", self.bonds_moving_average, 0, 1_000_000)
        if self.owner_uid is not None:
            _check_range("owner_uid", self.owner_uid, 0, U16_MAX)
        for name in ("stake", "validator_permit", "last_update", "registered_at", *OPTIONAL_COLUMNS):
            column = getattr(self, name)
            if column is not None and column.shape != (self.n,):
                raise EpochInputError(f"{name}: {column.size} entries; allowed: n = {self.n}, one for each UID")
        for name in ("weights", "bonds"):
            if getattr(self, name).n != self.n:
                raise EpochInputError(f"{name}: {getattr(self, name).n} rows; allowed: n = {self.n}")
        total = sum(self.stake.tolist())
        if total >= 1 << 63:
            raise EpochInputError(f"stake: sum is {total} rao; allowed: below 2^63, as in the chain's I64F64")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read the `input` of an epoch vector (format in `tao_lab/vectors/epoch.schema.json`).

        Raises:
            EpochInputError: a field is missing, unknown, of the wrong length or out of range.
        """
        known = {field.name for field in fields(cls)}
        if missing := sorted(known - set(OPTIONAL_COLUMNS) - set(data)):
            raise EpochInputError(f"missing field {missing[0]!r}")
        if unknown := sorted(set(data) - known):
            raise EpochInputError(f"unknown field {unknown[0]!r}; allowed: {', '.join(sorted(known))}")
        n = data["n"]
        _check_range("n", n, 0, U16_MAX + 1)
        values = dict(data)
        for name in ("stake", "last_update", "registered_at"):
            values[name] = _uint_column(name, data[name])
        commits = data.get("commit_block")
        if commits is not None:
            commits = _uint_column("commit_block", [U64_MAX if c is None else c for c in commits])
        values["commit_block"] = commits
        for name in ("stake_fraction", "previous_consensus"):
            if data.get(name) is not None:
                values[name] = _uint_column(name, data[name])
        values["validator_permit"] = np.array(data["validator_permit"], dtype=np.bool_)
        for name in ("weights", "bonds"):
            values[name] = SparseRows.from_rows(n, data[name], name)
        if data["liquid_alpha"] is not None:
            values["liquid_alpha"] = LiquidAlpha(**data["liquid_alpha"])
        return cls(**values)


@dataclass(frozen=True, eq=False, kw_only=True)
class EpochTerms:
    """What the chain stores after an epoch; every vector has one entry for each UID.

    Attributes:
        active: bool, has set weights within the activity cutoff.
        validator_permit: bool, permits for the next epoch.
        stake_weight: u16, share of stake.
        consensus: u16, stake-weighted median of weights.
        validator_trust: u16, share of a validator's weights that survived clipping.
        incentive: u16, share of miners' pay.
        dividends: u16, share of validators' pay.
        server_emission: rao to miners.
        validator_emission: rao to validators.
        emission: rao, both together as the chain shows it.
        bonds: rows of bonds, u16.
        bonds_written: bool, rows that this epoch writes: UIDs with a permit now or in the epoch before.
    """

    active: BoolArray
    validator_permit: BoolArray
    stake_weight: npt.NDArray[np.uint16]
    consensus: npt.NDArray[np.uint16]
    validator_trust: npt.NDArray[np.uint16]
    incentive: npt.NDArray[np.uint16]
    dividends: npt.NDArray[np.uint16]
    server_emission: UIntArray
    validator_emission: UIntArray
    emission: UIntArray
    bonds: SparseRows
    bonds_written: BoolArray

    @classmethod
    def from_json(cls, n: int, data: Mapping[str, Any]) -> Self:
        """Read the `expected` part of an epoch vector, all of its fields.

        Raises:
            EpochInputError: a field is missing, or holds something else than its numbers.
        """
        bonds = SparseRows.from_rows(n, _field(data, "bonds"), "bonds")
        written = np.zeros(n, dtype=np.bool_)
        written[[uid for uid, _ in data["bonds"]]] = True
        values: dict[str, Any] = {"bonds": bonds, "bonds_written": written}
        for field in fields(cls):
            if field.name not in values:
                values[field.name] = np.array(_field(data, field.name))
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """As the `expected` part of an epoch vector."""
        rows = [[uid, self.bonds.row(uid)] for uid in np.flatnonzero(self.bonds_written).tolist()]
        columns = {f.name: getattr(self, f.name) for f in fields(self) if not f.name.startswith("bonds")}
        data: dict[str, Any] = {name: column.tolist() for name, column in columns.items()}
        data["bonds"] = rows
        return data


@njit(cache=True)
def _scatter(starts: Array, columns: Array, values: Array, rows: Array, matrix: Array) -> None:
    for i in range(len(rows)):
        for k in range(starts[rows[i]], starts[rows[i] + 1]):
            matrix[i, columns[k]] = values[k]


def _field(data: Mapping[str, Any], name: str) -> Any:
    if name not in data:
        raise EpochInputError(f"missing field {name!r}")
    return data[name]


def _check_range(name: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not low <= value <= high:
        raise EpochInputError(f"{name} is {value!r}; allowed: a whole number from {low} to {high}")


def _uint_column(name: str, values: Sequence[int]) -> UIntArray:
    for uid, value in enumerate(values):
        _check_range(f"{name}[{uid}]", value, 0, U64_MAX)
    return np.array(values, dtype=np.uint64)
