"""The epoch on the chain: read its input from the state, call `net.rules.epoch`, and write its terms back.

A subnet has one to sixteen mechanisms, each with weights, bonds and incentives of its own and a part of the emission;
consensus, dividends, permits and the like are stored once for the subnet, as their weighted sum.

Sources: `pallets/subtensor/src/epoch/run_epoch.rs` (`epoch_mechanism`, `persist_mechanism_epoch_terms`,
`persist_netuid_epoch_terms`), `subnets/mechanism.rs` (`split_emissions`, `epoch_with_mechanisms`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    hotkeys_by_uid,
    mechanism_index,
    owner_uid,
)
from tao_lab.chain.pallets.subtensor.null_consensus import is_null
from tao_lab.chain.pallets.subtensor.stake_weights import stake_parts
from tao_lab.chain.pallets.subtensor.tempo import activity_cutoff_blocks, epoch_with_lookahead
from tao_lab.chain.pallets.subtensor.voting_power import Voter, update_voting_power
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.consensus import EpochInput, EpochTerms, LiquidAlpha, SparseRows
from tao_lab.consensus.null import Budgets, null_epoch
from tao_lab.economy import HotkeyEmission, Pending
from tao_lab.units import U16_MAX, U64_MAX

Words = np.ndarray[Any, np.dtype[np.uint64]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]

NO_COMMIT = (1 << 64) - 1
NO_BLOCK = bytes(8)
SHARE_BITS = 64  # U64F64
ENTRY_BYTES = 4  # of a row: uid, value
NO_ENTRIES = compact(0)
LENGTH_BYTES = (1, 2, 4)  # of a compact number, by its two lowest bits
# of stored lists; all others hold u16
ELEMENTS = {"Active": "?", "ValidatorPermit": "?", "Emission": "<u8", "LastUpdate": "<u8"}


@has_twin
def run_epochs(ctx: Context, netuid: int, emission: int, pots: Pending | None = None) -> Sequence[HotkeyEmission]:
    """Run the epoch of every mechanism of a subnet and store the terms.

    Args:
        ctx: Block under construction.
        netuid: The subnet.
        emission: Rao of alpha for all mechanisms together.
        pots: The same rao, by pot; Null consensus pays each pot exactly. None: half for validators.

    Returns:
        For each hotkey, in the order of the public keys, its rao as a miner and as a validator.

    Raises:
        RuleBroken: A replaced rule failed.
    """
    null = is_null(ctx.state, netuid)
    if null:
        budgets = split_pots(ctx.state, netuid, pots or _halves(emission))
        split = [budget.miners + budget.local + budget.root for budget in budgets]
    else:
        split = split_emission(ctx.state, netuid, emission)
    hotkeys = seats(ctx.state, netuid)
    parts: list[tuple[EpochTerms, int]] = []
    stakes: list[Any] = []
    for mecid, part in enumerate(split):
        inputs = epoch_input(ctx.state, netuid, ctx.block, part, mecid)
        stakes.append(inputs.stake)
        terms = null_epoch(inputs, budgets[mecid]) if null else epoch_terms(ctx, inputs)
        _store_mechanism(ctx, mechanism_index(netuid, mecid), terms, bonds=not null)
        parts.append((terms, _mechanism_weight(part, emission, mecid)))
    _store_subnet(ctx, netuid, parts, whole=null)
    _update_voting_power(ctx, netuid, hotkeys, stakes)
    server, validator = (
        _sum_of([getattr(terms, name) for terms, _ in parts]) for name in ("server_emission", "validator_emission")
    )
    return by_hotkey(hotkeys, server, validator)


@has_twin
def epoch_terms(ctx: Context, inputs: EpochInput) -> EpochTerms:
    """What the chain stores after an epoch of one mechanism, by the rule in force."""
    return ctx.rules.run_epoch(inputs)


@has_twin
def by_hotkey(hotkeys: dict[int, str], server: Words, validator: Words) -> Sequence[HotkeyEmission]:
    """The emission of each hotkey, in the order of the public keys, from that of each UID (n,)."""
    by_key = sorted(zip(hotkeys.values(), hotkeys, strict=True))  # addresses sort as their keys do
    return [HotkeyEmission(hotkey, int(server[uid]), int(validator[uid])) for hotkey, uid in by_key]


def _sum_of(columns: list[Words]) -> Words:
    return columns[0] if len(columns) == 1 else np.sum(columns, axis=0, dtype=np.uint64)


def split_emission(state: StorageReader, netuid: int, emission: int) -> list[int]:
    """Rao for each mechanism: even, or by `MechanismEmissionSplit`; the rest after rounding goes to the first."""
    count = int(state.get(MODULE, "MechanismCountCurrent", netuid))
    split = state.get(MODULE, "MechanismEmissionSplit", netuid)
    parts = [emission // count] * count if split is None else [emission * share // U16_MAX for share in split]
    parts = parts[:count] + [0] * (count - len(parts))
    parts[0] += max(emission - sum(parts), 0)
    return parts


def _halves(emission: int) -> Pending:
    """Half for validators; miners get the odd rao (`epoch_with_mechanisms`)."""
    return Pending(server=emission - emission // 2, validator=emission // 2, root=0)


def split_pots(state: StorageReader, netuid: int, pots: Pending) -> list[Budgets]:
    """The pots of each mechanism, each pot divided as `split_emission` divides (`epoch_with_mechanism_budgets`)."""
    miners, local, root = (split_emission(state, netuid, pot) for pot in (pots.server, pots.validator, pots.root))
    return [Budgets(*parts) for parts in zip(miners, local, root, strict=True)]


def _mechanism_weight(part: int, emission: int, mecid: int) -> int:
    """A mechanism's part of the emission as a raw U64F64 value; without emission the first counts alone."""
    if emission == 0:
        return (1 << SHARE_BITS) if mecid == 0 else 0
    return (part << SHARE_BITS) // emission


# --- from the state ---------------------------------------------------------------------------------------------


def epoch_input(state: StorageReader, netuid: int, block: int, emission: int, mecid: int = 0) -> EpochInput:
    """The input of an epoch of one mechanism of a subnet.

    Args:
        state: State at the block, or of a past one.
        netuid: The subnet.
        block: Height that the epoch uses as the current one.
        emission: Rao of alpha to distribute.
        mecid: The mechanism.
    """

    def hyper(name: str) -> Any:
        return state.get(MODULE, name, netuid)

    n, hotkeys = int(hyper("SubnetworkN")), seats(state, netuid)
    placed = np.array([uid for uid in hotkeys if uid < n], np.intp)
    stake, fraction = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    stake[placed], fraction[placed] = stake_columns(state, netuid, [hotkeys[uid] for uid in placed.tolist()])
    index = mechanism_index(netuid, mecid)
    return EpochInput(
        n=n,
        block=block,
        tempo=hyper("Tempo"),
        last_step_block=hyper("LastYumaStepBlock") or hyper("LastMechansimStepBlock"),
        activity_cutoff=activity_cutoff_blocks(state, netuid),
        kappa=hyper("Kappa"),
        bonds_penalty=hyper("BondsPenalty"),
        bonds_moving_average=hyper("BondsMovingAverage"),
        yuma3=hyper("Yuma3On"),
        liquid_alpha=_liquid_alpha(state, netuid) if hyper("LiquidAlphaOn") else None,
        max_validators=hyper("MaxAllowedValidators"),
        min_stake=state.get(MODULE, "StakeThreshold"),
        owner_uid=owner_uid(state, netuid),
        emission=emission,
        stake=stake,
        stake_fraction=fraction,
        validator_permit=_numbers(state, "ValidatorPermit", netuid, n),
        last_update=_numbers(state, "LastUpdate", index, n),
        registered_at=registered_at(state, netuid, n),
        weights=_rows(state, "Weights", index, n),
        bonds=_rows(state, "Bonds", index, n),
        commit_block=commit_blocks(state, netuid, mecid, block) if hyper("CommitRevealWeightsEnabled") else None,
        previous_consensus=_previous_consensus(state, index, n),
    )


def _liquid_alpha(state: StorageReader, netuid: int) -> LiquidAlpha:
    low, high = state.get(MODULE, "AlphaValues", netuid)
    steepness, mode = (
        state.get(MODULE, name, netuid) for name in ("AlphaSigmoidSteepness", "LiquidAlphaConsensusMode")
    )
    return LiquidAlpha(low, high, steepness, mode)


@has_twin
def seats(state: StorageReader, netuid: int) -> dict[int, str]:
    """Hotkey of each UID."""
    return hotkeys_by_uid(state, netuid)


@has_twin
def stake_columns(state: StorageReader, netuid: int, hotkeys: Sequence[str]) -> tuple[Words, Words]:
    """Stake of hotkeys as consensus counts it: whole rao (n,), and the rest in parts of 2^64 (n,)."""
    parts = stake_parts(state, netuid, hotkeys)
    rao, fraction = ([getattr(each.total, name) for each in parts] for name in ("rao", "fraction"))
    return np.array(rao, np.uint64), np.array(fraction, np.uint64)


def _previous_consensus(state: StorageReader, index: int, n: int) -> np.ndarray[Any, np.dtype[np.uint64]] | None:
    """Consensus that the last epoch of a mechanism stored, 0 for newer UIDs; None before its first epoch."""
    if not state.exists(MODULE, "ConsensusByMechanism", index):
        return None
    return _numbers(state, "ConsensusByMechanism", index, n).astype(np.uint64)


def _numbers(state: StorageReader, item: str, index: int, n: int) -> Any:
    """The first n numbers or flags of a stored list, 0 for UIDs that it does not have."""
    data = state.raw_get(state.key(MODULE, item, index)) or NO_ENTRIES
    stored = np.frombuffer(data, ELEMENTS.get(item, "<u2"), offset=LENGTH_BYTES[data[0] & 3])[:n]
    return np.concatenate((stored, np.zeros(n - len(stored), stored.dtype)))


@has_twin
def registered_at(state: StorageReader, netuid: int, n: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Block of registration of each UID, 0 if none is stored."""
    keys = state.keys_by_uid(MODULE, "BlockAtRegistration", netuid, n)
    return np.frombuffer(b"".join([block or NO_BLOCK for block in state.raw_get_many(keys)]), "<u8").astype(np.uint64)


def _rows(state: StorageReader, item: str, index: int, n: int) -> SparseRows:
    """Stored rows of (u16, u16), without entries for UIDs that no longer exist."""
    stored = state.raw_get_many(state.keys_by_uid(MODULE, item, index, n))
    return read_rows([row or NO_ENTRIES for row in stored])


@has_twin
def read_rows(rows: list[bytes]) -> SparseRows:
    """The entries of stored rows, one row for each UID, without those for UIDs that don't exist."""
    n, entries = len(rows), [row[LENGTH_BYTES[row[0] & 3] :] for row in rows]
    lengths = np.fromiter(map(len, entries), np.int64, n) // ENTRY_BYTES
    table = np.frombuffer(b"".join(entries), "<u2").reshape(-1, 2).astype(np.int64)
    kept = table[:, 0] < n
    lengths, table = np.bincount(np.repeat(np.arange(n), lengths)[kept], minlength=n), table[kept]
    return SparseRows(np.concatenate(([0], np.cumsum(lengths))).astype(np.int64), table[:, 0], table[:, 1])


def commit_blocks(state: StorageReader, netuid: int, mecid: int, block: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Block of the earliest open commit of each UID, hashed or timelocked; 2^64 - 1 without one."""
    index, oldest = mechanism_index(netuid, mecid), oldest_open_epoch(state, netuid, block)
    uids = {hotkey: uid for uid, hotkey in hotkeys_by_uid(state, netuid).items()}
    n = int(state.get(MODULE, "SubnetworkN", netuid))
    blocks = [NO_COMMIT] * n
    found = [
        (who, committed_at)
        for who, commits in state.entries(MODULE, "WeightCommits", index)
        for _, epoch, committed_at, _ in commits
        if epoch >= oldest
    ]
    found += [
        (who, committed_at)
        for epoch, commits in state.entries(MODULE, "TimelockedWeightCommits", index)
        if epoch >= oldest
        for who, committed_at, _, _ in commits
    ]
    for who, committed_at in found:
        if uids.get(who, n) < n:
            blocks[uids[who]] = min(blocks[uids[who]], committed_at)
    return np.array(blocks, dtype=np.uint64)


def oldest_open_epoch(state: StorageReader, netuid: int, block: int) -> int:
    """The first epoch whose commits have not expired."""
    return epoch_with_lookahead(state, netuid, block) - int(state.get(MODULE, "RevealPeriodEpochs", netuid))


# --- back to the state ------------------------------------------------------------------------------------------


def _store_mechanism(ctx: Context, index: int, terms: EpochTerms, *, bonds: bool = True) -> None:
    _put_numbers(ctx, "Incentive", index, terms.incentive)
    _put_numbers(ctx, "ConsensusByMechanism", index, terms.consensus)
    tell_incentives(ctx, index, terms.server_emission)
    if bonds:
        _store_bonds(ctx, index, terms.bonds)


@has_twin
def tell_incentives(ctx: Context, index: int, emission: Words) -> None:
    """Deposit the event that says what miners get (n,)."""
    ctx.deposit_event(MODULE, "IncentiveAlphaEmittedToMiners", netuid=index, emissions=emission.tolist())


def _store_bonds(ctx: Context, index: int, bonds: SparseRows) -> None:
    entries = np.empty((len(bonds.uids), 2), "<u2")
    entries[:, 0], entries[:, 1] = bonds.uids, bonds.values
    data = entries.tobytes()
    rows = [NO_ENTRIES] * bonds.n
    lengths = np.diff(bonds.starts)
    uids = np.flatnonzero(lengths)
    places = zip(uids.tolist(), lengths[uids].tolist(), bonds.starts[uids].tolist(), strict=True)
    for uid, length, start in places:
        rows[uid] = row_length(length) + data[start * ENTRY_BYTES : (start + length) * ENTRY_BYTES]
    ctx.state.raw.put_many(ctx.state.keys_by_uid(MODULE, "Bonds", index, bonds.n), rows)


row_length = lru_cache(maxsize=U16_MAX)(compact)


def _put_numbers(ctx: Context, item: str, index: int, values: Any) -> None:
    """Store a list of numbers or flags, one for each UID."""
    data = np.asarray(values).astype(ELEMENTS.get(item, "<u2"))
    ctx.state.raw.put(ctx.state.key(MODULE, item, index), compact(len(data)) + data.tobytes())


def _store_subnet(ctx: Context, netuid: int, parts: list[tuple[EpochTerms, int]], *, whole: bool = False) -> None:
    """Store the values of the whole subnet; with `whole`, emission is the exact sum of what the mechanisms paid."""
    for item, name in (("Active", "active"), ("ValidatorPermit", "validator_permit")):
        either = np.logical_or.reduce([getattr(terms, name) for terms, _ in parts])
        _put_numbers(ctx, item, netuid, either)
    for item, name in (
        ("Emission", "emission"),
        ("Consensus", "consensus"),
        ("Dividends", "dividends"),
        ("ValidatorTrust", "validator_trust"),
        ("StakeWeight", "stake_weight"),
    ):
        _put_numbers(ctx, item, netuid, _weighted_sum([(getattr(terms, name), weight) for terms, weight in parts]))
    if whole:
        columns = [terms.emission.tolist() for terms, _ in parts]
        _put_numbers(ctx, "Emission", netuid, np.array([sum(paid) for paid in zip(*columns, strict=True)], np.uint64))


def _update_voting_power(ctx: Context, netuid: int, hotkeys: dict[int, str], stakes: list[Any]) -> None:
    """Move voting power; `stakes` (n,) of all mechanisms are added, without regard to their parts of the emission."""

    def voters() -> dict[str, Voter]:
        permits = ctx.state.get(MODULE, "ValidatorPermit", netuid)
        stake = [min(sum(column), U64_MAX) for column in zip(*(each.tolist() for each in stakes), strict=True)]
        return {hotkey: Voter(permits[uid], stake[uid]) for uid, hotkey in hotkeys.items()}

    update_voting_power(ctx, netuid, voters)


def _weighted_sum(columns: list[tuple[Any, int]]) -> Any:
    """Sum of columns (n,) by U64F64 weights, cut to whole numbers after each (`weighted_acc_u16`)."""
    if len(columns) == 1 and columns[0][1] == 1 << SHARE_BITS:
        return columns[0][0]
    total = [0] * len(columns[0][0])
    for column, weight in columns:
        total = [before + (value * weight >> SHARE_BITS) for before, value in zip(total, column.tolist(), strict=True)]
    return total
