"""Commitments: a few hundred bytes that a hotkey publishes on its subnet, readable, hashed, or sealed for a round.

For example, a miner publishes which model it serves. Data that are sealed for a round of the drand beacon are opened at
the start of the first block that knows the round. Data that can never be opened become a field `TimelockRevealFailed`,
which everybody can see; only the chain writes such fields.

Sources: `pallets/commitments/src/{lib,types}.rs`, `runtime/src/lib.rs` (`AllowCommitments`, `ResetBondsOnCommit`),
`pallets/subtensor/src/epoch/run_epoch.rs` (`do_reset_bonds`). `RoundMismatch` is in the metadata; that it means
the round inside an envelope is our reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_root, ensure_signed, on_initialize, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets import balances, drand
from tao_lab.chain.pallets.subtensor.dissolve import on_dissolve
from tao_lab.chain.pallets.subtensor.lookups import MODULE, mechanism_index, uid_of
from tao_lab.chain.pallets.subtensor.uids import on_neuron_removed
from tao_lab.chain.runtime import octets
from tao_lab.chain.state import StorageReader

PALLET = "Commitments"
LEAST_SPACE = 100  # bytes that every commitment counts for at least
MOST_REVEALS = 10
ITEMS = ("CommitmentOf", "LastCommitment", "LastBondsReset", "RevealedCommitments", "UsedSpaceOf")  # (netuid, hotkey)
HASH_BYTES = 32
SEALED, RESET_BONDS, REVEAL_FAILED = "TimelockEncrypted", "ResetBondsFlag", "TimelockRevealFailed"

Field = str | dict[str, Any]  # a variant of `Data`


def _failed(name: str, sentence: str = "") -> DispatchError:
    return DispatchError(PALLET, name, sentence)


def _kind(entry: Field) -> str:
    return entry if isinstance(entry, str) else next(iter(entry))


def _space(entry: Field) -> int:
    """Bytes that a field counts for."""
    if isinstance(entry, str):
        return 0
    ((kind, content),) = entry.items()
    if kind in (SEALED, REVEAL_FAILED):
        return len(octets(content["encrypted"]))
    if kind == "BigRaw":
        return len(octets(content))
    return int(kind.removeprefix("Raw")) if kind.startswith("Raw") else HASH_BYTES


def _use_space(ctx: Context, netuid: int, who: str, fields: list[Field]) -> None:
    """Count the bytes of a commitment; `MaxSpace` of them are free in each epoch of the subnet."""
    epoch = ctx.state.get(MODULE, "SubnetEpochIndex", netuid)
    usage = ctx.state.get(PALLET, "UsedSpaceOf", netuid, who)
    used = usage["used_space"] if usage and usage["last_epoch"] == epoch else 0
    needed = max(sum(_space(entry) for entry in fields), LEAST_SPACE)
    highest = ctx.state.get(PALLET, "MaxSpace")
    if used + needed > highest:
        raise _failed(
            "SpaceLimitExceeded", f"{used} bytes are used in this epoch, {needed} more needed, allowed: {highest}"
        )
    ctx.state.put(PALLET, "UsedSpaceOf", netuid, who, {"last_epoch": epoch, "used_space": used + needed})


def _hold_deposit(ctx: Context, who: str, old: int, fields: int) -> int:
    """Reserve the deposit for a commitment of `fields` fields (zero with today's constants); returns the deposit."""
    runtime = ctx.runtime
    new = int(runtime.constant(PALLET, "InitialDeposit")) + fields * int(runtime.constant(PALLET, "FieldDeposit"))
    balances.reserve(ctx, who, max(new - old, 0))
    if balances.unreserve(ctx, who, max(old - new, 0)):
        raise _failed("UnexpectedUnreserveLeftover")
    return new


@call(PALLET, weight=weight(33_480_000, reads=5, writes=4), pays_fee=False)
def set_commitment(ctx: Context, origin: Origin, netuid: int, info: dict[str, Any]) -> None:
    """A hotkey of the subnet publishes up to three fields, which replace its earlier ones."""
    who, state, fields = ensure_signed(origin), ctx.state, info["fields"]
    if not state.get(MODULE, "IsNetworkMember", who, netuid):
        raise _failed("AccountNotAllowedCommit", f"{who} has no UID on subnet {netuid}")
    most = ctx.runtime.constant(PALLET, "MaxFields")
    if len(fields) > most:
        raise _failed("TooManyFieldsInCommitmentInfo", f"{len(fields)} fields, at most {most}")
    kinds = [_kind(entry) for entry in fields]
    if REVEAL_FAILED in kinds:
        raise _failed("TimelockRevealFailedNotAllowed", "only the chain may report that a field did not open")
    _use_space(ctx, netuid, who, fields)
    if RESET_BONDS in kinds:
        state.put(PALLET, "LastBondsReset", netuid, who, ctx.block)
        _reset_bonds(ctx, netuid, who)
    before = state.get(PALLET, "CommitmentOf", netuid, who)
    deposit = _hold_deposit(ctx, who, before["deposit"] if before else 0, len(fields))
    state.put(PALLET, "CommitmentOf", netuid, who, {"deposit": deposit, "block": ctx.block, "info": info})
    state.put(PALLET, "LastCommitment", netuid, who, ctx.block)
    if SEALED in kinds:
        reveal_round = fields[kinds.index(SEALED)][SEALED]["reveal_round"]
        ctx.deposit_event(PALLET, "TimelockCommitment", netuid=netuid, who=who, reveal_round=reveal_round)
    else:
        ctx.deposit_event(PALLET, "Commitment", netuid=netuid, who=who)
    _put_index(ctx, ({(netuid, who)} if SEALED in kinds else set()) | (_index(state) - {(netuid, who)}))


@call(PALLET, weight=weight(2_856_000, writes=1))
def set_max_space(ctx: Context, origin: Origin, new_limit: int) -> None:
    """Root sets how many bytes a hotkey may publish in an epoch."""
    ensure_root(origin)
    ctx.state.put(PALLET, "MaxSpace", new_limit)


def _reset_bonds(ctx: Context, netuid: int, hotkey: str) -> None:
    """Delete all bonds in a hotkey, if the subnet allows it (`BondsResetOn`)."""
    uid = uid_of(ctx.state, netuid, hotkey)
    if uid is None or not ctx.state.get(MODULE, "BondsResetOn", netuid):
        return
    for mecid in range(ctx.state.get(MODULE, "MechanismCountCurrent", netuid)):
        index = mechanism_index(netuid, mecid)
        for validator, row in ctx.state.entries(MODULE, "Bonds", index):
            ctx.state.put(MODULE, "Bonds", index, validator, [entry for entry in row if entry[0] != uid])


def _index(state: StorageReader) -> set[tuple[int, str]]:
    """(netuid, hotkey) of the commitments with sealed fields."""
    return {(netuid, who) for netuid, who in state.get(PALLET, "TimelockedIndex")}


def _put_index(ctx: Context, index: Iterable[tuple[int, str]]) -> None:
    ctx.state.put(PALLET, "TimelockedIndex", sorted(index))  # addresses have the same order as their keys


# --- reveals ----------------------------------------------------------------------------------------------------


@dataclass
class _Opening:
    """The result of opening the fields of one commitment.

    Attributes:
        fields: Remaining fields: not sealed, still waiting, or failed.
        revealed: Contents of the opened fields.
        failures: Round and reason of fields that can never be opened.
        waits: Whether a field still waits for its round.
    """

    fields: list[Field] = field(default_factory=list)
    revealed: list[bytes] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    waits: bool = False


@on_initialize(PALLET)
def reveal_timelocked_commitments(ctx: Context) -> None:
    """Open data sealed for rounds that the chain now knows; data that can never be opened become failed (spec 446)."""
    for netuid, who in sorted(_index(ctx.state)):
        registration = ctx.state.get(PALLET, "CommitmentOf", netuid, who)
        opening = _open(ctx, registration["info"]["fields"] if registration else [])
        if opening.revealed or opening.failures:
            _store_opened(ctx, netuid, who, registration, opening)
        if not opening.waits:
            _put_index(ctx, _index(ctx.state) - {(netuid, who)})


def _open(ctx: Context, fields: list[Field]) -> _Opening:
    """Try to open every field; fields that are not sealed, or whose round has not come, don't change."""
    opening = _Opening()
    oldest_kept = ctx.state.get("Drand", "OldestStoredRound")
    for entry in fields:
        sealed = entry.get(SEALED) if isinstance(entry, dict) else None
        pulse = ctx.state.get("Drand", "Pulses", sealed["reveal_round"]) if sealed else None
        if sealed is None or (pulse is None and not sealed["reveal_round"] < oldest_kept):
            opening.fields.append(entry)
            opening.waits |= sealed is not None
            continue
        plain, failure = (b"", "PulseExpired") if pulse is None else _decrypted(sealed, octets(pulse["signature"]))
        if failure:
            opening.failures.append((sealed["reveal_round"], failure))
            opening.fields.append({REVEAL_FAILED: sealed})
        else:
            opening.revealed.append(plain)
    return opening


def _decrypted(sealed: dict[str, Any], signature: bytes) -> tuple[bytes, str]:
    """The sealed data and an empty text; or no data and the reason why they cannot be opened."""
    encrypted, reveal_round = octets(sealed["encrypted"]), sealed["reveal_round"]
    failure = drand.why_closed(encrypted, reveal_round, signature)
    inner = _inside_envelope(encrypted) if failure == "CiphertextDeserialize" else None
    if inner is not None:
        encrypted, named = inner
        failure = "RoundMismatch" if named != reveal_round else drand.why_closed(encrypted, reveal_round, signature)
    return (b"", failure) if failure else (drand.opened(encrypted, reveal_round, signature) or b"", "")


def _inside_envelope(data: bytes) -> tuple[bytes, int] | None:
    """Sealed bytes and round of what `bt.timelock.encrypt` makes: the bytes with their number, and a u64 behind."""
    body = data[: -drand.ROUND_BYTES]
    start = (1, 2, 4)[body[0] & 3] if body and body[0] & 3 < 3 else 0
    if not start or compact(len(body) - start) != body[:start]:
        return None
    return body[start:], int.from_bytes(data[-drand.ROUND_BYTES :], "little")


def _store_opened(ctx: Context, netuid: int, who: str, registration: dict[str, Any], opening: _Opening) -> None:
    for reveal_round, error in opening.failures:
        failed = {"netuid": netuid, "who": who, "reveal_round": reveal_round, "error": error}
        ctx.deposit_event(PALLET, "CommitmentRevealFailed", **failed)
    if opening.revealed:
        known = list(ctx.state.get(PALLET, "RevealedCommitments", netuid, who) or [])
        known += [(plain, ctx.block) for plain in opening.revealed]
        ctx.state.put(PALLET, "RevealedCommitments", netuid, who, known[-MOST_REVEALS:])
        for _ in opening.revealed:
            ctx.deposit_event(PALLET, "CommitmentRevealed", netuid=netuid, who=who)
    if opening.fields:
        registration["info"]["fields"] = opening.fields
        ctx.state.put(PALLET, "CommitmentOf", netuid, who, registration)
    else:
        ctx.state.remove(PALLET, "CommitmentOf", netuid, who)


# --- others -----------------------------------------------------------------------------------------------------


def all_encoded(state: StorageReader, netuid: int) -> list[tuple[str, list[int]]]:
    """(hotkey, SCALE bytes) of every commitment on a subnet (`get_commitments`)."""
    runtime = state.runtime
    scale_type = runtime.item(PALLET, "CommitmentOf").value_type
    return [
        (who, list(runtime.encode(scale_type, registration, "commitment")))
        for who, registration in state.entries(PALLET, "CommitmentOf", netuid)
    ]


@on_dissolve
def purge_netuid(ctx: Context, netuid: int) -> None:
    """Delete all commitments on a subnet that is dissolved."""
    for item in ITEMS:
        ctx.state.remove_prefix(PALLET, item, netuid)
    _put_index(ctx, {entry for entry in _index(ctx.state) if entry[0] != netuid})


@on_neuron_removed
def purge_neuron(ctx: Context, netuid: int, hotkey: str) -> None:
    """Delete the commitments of a hotkey that loses its place, and release its deposit."""
    registration = ctx.state.get(PALLET, "CommitmentOf", netuid, hotkey)
    if registration:
        balances.unreserve(ctx, hotkey, registration["deposit"])
    for item in ITEMS:
        ctx.state.remove(PALLET, item, netuid, hotkey)
    index = _index(ctx.state)
    if (netuid, hotkey) in index:
        _put_index(ctx, index - {(netuid, hotkey)})
