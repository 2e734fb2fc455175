"""Real data for the labs: a metagraph of a running subnet, and the pools and pay of all subnets at one block.

The files and their provenance are in `datasets/README.md`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab.consensus.types import EpochInput, SparseRows, UIntArray
from tao_lab.economy.swap import Pool, price
from tao_lab.errors import LabError
from tao_lab.paths import DATASETS
from tao_lab.units import RAO_PER_TAO

MOST = {"n": 65_535, "netuid": 65_535, "block": 2**32 - 1}  # as the chain stores them: u16, u16, u32
SN15 = DATASETS / "metagraphs" / "metagraph-sn15-4769998.json.gz"
MAINNET_9240381 = DATASETS / "mainnet" / "mainnet-9240381.json"

# Mainnet's hyperparameters (`Initial...` in runtime/src/lib.rs); one alpha a block, minus the owner's 18 %.
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
    """The neurons of a subnet and the validators' weights, at one block.

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

        The file lacks some values. They are assumed: a permit for each row with weights, weights set in this block,
        registrations long ago, no bonds.

        Args:
            overrides: fields of `EpochInput` with another value, for example `yuma3=True`.
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
    """The file is not a metagraph, or has numbers that no chain can have."""


def load_metagraph(path: Path = SN15) -> Metagraph:
    """Read a metagraph file; without a path, subnet 15 at block 4,769,998.

    Raises:
        MetagraphFileError: the file cannot be read, is damaged, or has numbers that no chain can have.
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
        ValueError, TypeError: it is invalid; says what is wrong.
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


@dataclass(frozen=True)
class MainnetSubnet:
    """A subnet before the block, what the block paid into its pool, and the subnet after it (`..._next`).

    Attributes:
        netuid: its number.
        started: whether emission goes to it (`FirstEmissionBlockNumber` is set).
        emission_enabled: whether governance allows it to get TAO (`SubnetEmissionEnabled`).
        registered_at: block (`NetworkRegisteredAt`).
        first_emission_block: block; None before its start.
        moving_price: 2^32 is 1 τ for an alpha (`SubnetMovingPrice`).
        miner_burned: part of the miners' pay that went to the owner's own miners, 2^32 is one (`MinerBurned`).
        root_prop: root's part in the subnet, 2^32 is one (`RootProp`); out of date if the subnet has not started.
        tao: rao in the pool (`SubnetTAO`).
        alpha_in: 10^-9 alpha in the pool (`SubnetAlphaIn`).
        alpha_out: 10^-9 alpha outside the pool (`SubnetAlphaOut`).
        protocol_alpha: the part of `alpha_out` that the chain itself bought, 10^-9 alpha (`SubnetProtocolAlpha`).
        alpha_out_emission: 10^-9 alpha issued outside the pool in a block (`SubnetAlphaOutEmission`).
        quote_weight: weight of TAO in the pool, parts of 10^18 (`SwapBalancer`).
        tao_in: rao that the block put into the pool (`SubnetTaoInEmission`).
        excess_tao: rao with which the block bought alpha from the pool (`SubnetExcessTao`).
        alpha_in_emission: 10^-9 alpha that the block put into the pool (`SubnetAlphaInEmission`).
    """

    netuid: int
    started: bool
    emission_enabled: bool
    registered_at: int
    first_emission_block: int | None
    moving_price: int
    miner_burned: int
    root_prop: int
    tao: int
    alpha_in: int
    alpha_out: int
    protocol_alpha: int
    alpha_out_emission: int
    quote_weight: int
    tao_in: int
    excess_tao: int
    alpha_in_emission: int
    tao_next: int
    alpha_in_next: int
    alpha_out_next: int
    protocol_alpha_next: int
    moving_price_next: int
    root_prop_next: int
    quote_weight_next: int

    @property
    def pool(self) -> Pool:
        """The pool before the block; its fee is mainnet's 33 / 65,535."""
        return Pool(self.tao, self.alpha_in, self.quote_weight)

    @property
    def pool_next(self) -> Pool:
        """The pool after the block."""
        return Pool(self.tao_next, self.alpha_in_next, self.quote_weight_next)

    @property
    def price(self) -> int:
        """Price of an alpha in TAO before the block, U64F64 bits: 2^64 is 1 τ."""
        return price(self.pool)


@dataclass(frozen=True)
class MainnetBlock:
    """Mainnet's emission before one block, and what the block paid.

    Attributes:
        source: where the values were read.
        spec: version of the runtime.
        block: number of the block whose state this is; the next one pays.
        block_hash: hash of that block; `block_hash_next` is the hash of the paying one.
        notes: the units of the numbers.
        block_emission: rao that a block issues to all subnets together.
        emission_gate_bar: bar of the emission gate, 2^64 is one (`EmissionGateBar`).
        emission_gate_exponent: exponent of the gate (the runtime's default).
        emission_bar_quantile: the bar's place among the subnets, 2^64 is one.
        subnet_moving_alpha: step of the moving price, 2^32 is one (`SubnetMovingAlpha`).
        tao_weight: weight of TAO on root, 2^64 is one (`TaoWeight`).
        root_tao: rao on root.
        root_alpha_in, root_alpha_out: root's other two reserves, rao.
        total_issuance: rao of TAO that exist (`TotalIssuance`).
        network_last_lock_cost, network_min_lock_cost: rao that the last subnet locked, and the minimum for a new one.
        network_lock_reduction_interval: blocks in which the cost of a subnet falls by the last lock.
        network_last_registered: block of the last registration of a subnet.
        network_rate_limit: blocks between two registrations of subnets.
        subnet_limit: maximum number of subnets.
        network_immunity_period: blocks for which a new subnet cannot be pruned.
        nominator_min_required_stake: rao.
        timestamp_ms: time of the block, milliseconds since 1970 (UTC).
        subnets: all of them, by netuid.
        emission_gate_bar_next: bar in the paying block; None if the file does not have it.
    """

    source: str
    spec: int
    block: int
    block_hash: str
    block_hash_next: str
    notes: str
    block_emission: int
    emission_gate_exponent: int
    emission_gate_bar: int
    emission_bar_quantile: int
    subnet_moving_alpha: int
    tao_weight: int
    root_tao: int
    root_tao_next: int
    root_alpha_in: int
    root_alpha_out: int
    total_issuance: int
    total_issuance_next: int
    network_last_lock_cost: int
    network_min_lock_cost: int
    network_lock_reduction_interval: int
    network_last_registered: int
    network_rate_limit: int
    subnet_limit: int
    network_immunity_period: int
    nominator_min_required_stake: int
    timestamp_ms: int
    subnets: tuple[MainnetSubnet, ...]
    emission_gate_bar_next: int | None = None

    @property
    def started(self) -> tuple[MainnetSubnet, ...]:
        """The subnets that emission goes to, by netuid."""
        return tuple(subnet for subnet in self.subnets if subnet.started)

    def from_smallest(self) -> list[MainnetSubnet]:
        """The started subnets, the one with the least TAO in its pool first."""
        return sorted(self.started, key=lambda subnet: (subnet.tao, subnet.netuid))

    def pools(self) -> dict[int, Pool]:
        """Pools of the started subnets by netuid, from the smallest to the largest reserve of TAO."""
        return {subnet.netuid: subnet.pool for subnet in self.from_smallest()}


class MainnetFileError(LabError):
    """A file that does not hold mainnet's emission at a block."""


def load_mainnet(path: Path = MAINNET_9240381) -> MainnetBlock:
    """Read a file of mainnet's emission; without a path, that of block 9,240,381 (spec 475).

    Raises:
        MainnetFileError: the file cannot be read, a field is missing, unknown or of the wrong kind, a netuid is there
            twice, or a subnet's pool has impossible values.
    """
    try:
        data = json.loads(_text(path))
        rows = data.pop("subnets") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            raise TypeError("it should be an object with a list `subnets`")
        subnets = tuple(MainnetSubnet(**_fields(MainnetSubnet, row)) for row in rows)
        _whole(subnets)
        return MainnetBlock(**_fields(MainnetBlock, {**data, "subnets": subnets}))
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise MainnetFileError(f"{path}: is not packed with gzip, or damaged") from None
    except OSError as error:
        raise MainnetFileError(f"{path}: cannot be read ({error.strerror or error})") from None
    except KeyError as error:
        raise MainnetFileError(f"{path}: not mainnet's emission: it lacks {error.args[0]}") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise MainnetFileError(f"{path}: not mainnet's emission: {error}") from None


def _text(path: Path) -> str:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read()
    return path.read_text("utf-8")


def _whole(subnets: tuple[MainnetSubnet, ...]) -> None:
    """Each netuid is there once, and each started subnet has a pool before and after the block.

    Raises:
        ValueError: there is no subnet, one is there twice, or a pool has impossible values.
    """
    if not subnets:
        raise ValueError("its list `subnets` is empty")
    netuid, times = Counter(subnet.netuid for subnet in subnets).most_common(1)[0]
    if times > 1:
        raise ValueError(f"netuid {netuid} is there {times} times; allowed: once")
    for subnet in subnets:
        if not subnet.started:
            continue
        try:
            subnet.pool, subnet.pool_next  # noqa: B018 - building them checks them
        except ValueError as error:
            raise ValueError(f"netuid {subnet.netuid}: {error}") from None


def _fields(kind: type, row: Any) -> dict[str, Any]:
    """The fields of a dataclass, each of its own type.

    Raises:
        ValueError, TypeError: one is missing, unknown, or of another type.
    """
    if not isinstance(row, dict):
        raise TypeError(f"{row!r:.50} should be an object")
    types = {field.name: str(field.type) for field in fields(kind)}
    optional = {field.name for field in fields(kind) if field.default is not MISSING}
    for name in sorted((types.keys() ^ row.keys()) - optional):
        raise ValueError(f"it lacks {name}" if name in types else f"{name!r:.50} is unknown")
    for name, wanted in types.items():
        if name not in row:
            continue
        found = type(row[name]).__name__.replace("NoneType", "None")
        if found not in wanted.partition("[")[0].split(" | "):
            raise ValueError(f"{name} is {row[name]!r:.50}; allowed: {wanted}")
        if isinstance(row[name], int) and row[name] < 0:
            raise ValueError(f"{name} is {row[name]}; allowed: 0 or more")
    return row
