"""Which consensus a subnet's epochs follow, and what Null consensus changes on the chain.

Under Null consensus one UID holds the permit: the one with the most stake, or UID 0 if no hotkey has stake. Only this
UID may set, commit and reveal weights; the exceptions for the owner and for a weight on oneself do not apply. A subnet
may have 2,500 UIDs instead of 256, divided among its mechanisms. Timelocked commits of all mechanisms wait in one queue
of limited size.

Sources at spec 475: `pallets/subtensor/src/subnets/mechanism.rs` (`do_set_epoch_consensus`, `epoch_uid_budget`),
`subnets/weights.rs` (`enqueue_null_timelock`, `null_commit_priority`), `tests/null_consensus.rs`.
"""

from __future__ import annotations

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import (
    MAX_MECHANISMS,
    MODULE,
    ROOT_NETUID,
    failed,
    hotkeys_by_uid,
    mechanism_index,
    subnet_exists,
    uid_of,
)
from tao_lab.chain.pallets.subtensor.stake_weights import stake_parts
from tao_lab.chain.runtime import octets
from tao_lab.chain.state import Storage, StorageReader
from tao_lab.consensus.null import NULL_UIDS, elected_validator, only, stake_words

YUMA, NULL = "Yuma", "Null"
YUMA_UIDS = 256  # `DefaultMaxAllowedUids`
DEFAULT_VALIDATORS = 128  # `DefaultMaxAllowedValidators`
COMMIT_BYTES = 32 * 1024  # `MAX_CRV3_COMMIT_SIZE_BYTES`, for all mechanisms together
QUEUE_BYTES = 64 * 1024  # `NULL_COMMIT_QUEUE_BYTES`
QUEUE_COUNT = 64  # `NULL_COMMIT_QUEUE_COUNT`

TimelockedCommit = tuple[str, int, str, int]  # hotkey, block, ciphertext, round of the beacon
Priority = tuple[bool, int, int]  # eligible, stake in 2^-64 rao, and a number that is larger for a lower UID


def is_null(state: StorageReader, netuid: int) -> bool:
    """Whether a subnet's epochs follow Null consensus."""
    return bool(state.get(MODULE, "SubnetEpochConsensus", netuid) == NULL)


def uid_budget(state: StorageReader, netuid: int) -> int:
    """Maximum number of UIDs of a subnet, where a UID counts once for each mechanism."""
    return NULL_UIDS if is_null(state, netuid) else YUMA_UIDS


def elect(state: Storage, netuid: int) -> list[bool]:
    """Permits by UID: one, for the largest stake, or for UID 0 if no hotkey has stake."""
    n, hotkeys = int(state.get(MODULE, "SubnetworkN", netuid)), hotkeys_by_uid(state, netuid)
    stakes = [0] * n
    placed = [uid for uid in range(n) if uid in hotkeys]
    for uid, parts in zip(placed, stake_parts(state, netuid, [hotkeys[uid] for uid in placed]), strict=True):
        rao, fraction = parts.total
        (stakes[uid],) = stake_words(np.array([rao], np.uint64), np.array([fraction], np.uint64))
    return [bool(permit) for permit in only(elected_validator(stakes), n)]


def set_epoch_consensus(ctx: Context, netuid: int, mode: str) -> None:
    """Choose the consensus of a subnet (`do_set_epoch_consensus`).

    No neuron is removed: a subnet with more neurons than the other consensus allows must be trimmed first.

    Args:
        ctx: Block under construction.
        netuid: The subnet.
        mode: `Yuma` or `Null`.

    Raises:
        DispatchError: `SubnetNotExists`; `InvalidValue` on root, or while timelocked commits wait;
            `TooManyUIDsPerMechanism`.
    """
    state = ctx.state
    if not subnet_exists(state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    if netuid == ROOT_NETUID:
        raise failed("InvalidValue", "root has no epochs")
    before = state.get(MODULE, "SubnetEpochConsensus", netuid)
    if mode != before:
        ensure_no_commits(state, netuid, "TimelockedWeightCommits")
    _fit_seats(ctx, netuid, NULL_UIDS if mode == NULL else YUMA_UIDS)
    if mode != before:
        _enter_null(ctx, netuid) if mode == NULL else _leave_null(ctx, netuid)
    state.put(MODULE, "SubnetEpochConsensus", netuid, mode)
    ctx.deposit_event(MODULE, "EpochConsensusSet", netuid, mode)


def ensure_no_commits(state: StorageReader, netuid: int, item: str) -> None:
    """Refuse a change while commits wait to be revealed, in any mechanism of the subnet.

    Raises:
        DispatchError: `InvalidValue`.
    """
    for mecid in range(MAX_MECHANISMS):
        if state.raw_keys(state.key(MODULE, item, mechanism_index(netuid, mecid))):
            raise failed("InvalidValue", f"commits of mechanism {mecid} wait to be revealed")


def _fit_seats(ctx: Context, netuid: int, budget: int) -> None:
    """Lower `MaxAllowedUids` to what the consensus allows; refuse if the subnet has more neurons than that."""
    state = ctx.state
    ceiling = budget // int(state.get(MODULE, "MechanismCountCurrent", netuid))
    for item in ("SubnetworkN", "MinAllowedUids"):
        if state.get(MODULE, item, netuid) > ceiling:
            raise failed("TooManyUIDsPerMechanism", f"{item} is {state.get(MODULE, item, netuid)}, at most {ceiling}")
    if state.get(MODULE, "MaxAllowedUids", netuid) > ceiling:
        state.put(MODULE, "MaxAllowedUids", netuid, ceiling)
        ctx.deposit_event(MODULE, "MaxAllowedUidsSet", netuid, ceiling)


def _enter_null(ctx: Context, netuid: int) -> None:
    """Store the values that Yuma needs when it comes back, and elect the first validator."""
    state = ctx.state
    if not state.exists(MODULE, "LastYumaStepBlock", netuid):
        state.put(MODULE, "LastYumaStepBlock", netuid, state.get(MODULE, "LastMechansimStepBlock", netuid))
    state.put(MODULE, "SavedYumaMaxAllowedValidators", netuid, state.get(MODULE, "MaxAllowedValidators", netuid))
    _set_validators(ctx, netuid, 1)
    state.put(MODULE, "ValidatorPermit", netuid, elect(state, netuid))
    state.remove(MODULE, "NullPruningTarget", netuid)


def _leave_null(ctx: Context, netuid: int) -> None:
    """Set Yuma's number of validators again; the next epoch gives new permits."""
    state = ctx.state
    state.remove(MODULE, "NullPruningTarget", netuid)
    saved = state.get(MODULE, "SavedYumaMaxAllowedValidators", netuid)
    state.remove(MODULE, "SavedYumaMaxAllowedValidators", netuid)
    seats = int(state.get(MODULE, "MaxAllowedUids", netuid))
    _set_validators(ctx, netuid, min(DEFAULT_VALIDATORS if saved is None else int(saved), seats))


def _set_validators(ctx: Context, netuid: int, number: int) -> None:
    ctx.state.put(MODULE, "MaxAllowedValidators", netuid, number)
    ctx.deposit_event(MODULE, "MaxAllowedValidatorsSet", netuid, number)


# --- weights ----------------------------------------------------------------------------------------------------


def holds_permit(state: StorageReader, netuid: int, uid: int) -> bool:
    """Whether a UID holds a validator permit."""
    permits = state.get(MODULE, "ValidatorPermit", netuid)
    return uid < len(permits) and bool(permits[uid])


def ensure_elected(state: StorageReader, netuid: int, hotkey: str) -> None:
    """On a subnet with Null consensus, refuse everyone except the elected validator; on others do nothing.

    Raises:
        DispatchError: `HotKeyNotRegisteredInSubNet`, `NeuronNoValidatorPermit`.
    """
    if not is_null(state, netuid):
        return
    uid = uid_of(state, netuid, hotkey)
    if uid is None:
        raise failed("HotKeyNotRegisteredInSubNet", f"{hotkey} has no UID on subnet {netuid}")
    if not holds_permit(state, netuid, uid):
        raise failed("NeuronNoValidatorPermit", f"subnet {netuid} has one validator, and it is not uid {uid}")


def enqueue_timelocked(ctx: Context, netuid: int, mecid: int, epoch: int, commit: TimelockedCommit) -> None:
    """Put a timelocked commit into the queue of a subnet with Null consensus (`enqueue_null_timelock`).

    A hotkey has one row for each mechanism: a new one replaces it. If the queue is full, entries of lower priority are
    removed, the lowest first.

    Raises:
        DispatchError: `CommitPayloadTooLarge`, `CommitQueueFull`; the queue does not change then.
    """
    state, who, size = ctx.state, commit[0], len(octets(commit[2]))
    most = COMMIT_BYTES // int(state.get(MODULE, "MechanismCountCurrent", netuid))
    if size > most:
        raise failed("CommitPayloadTooLarge", f"the commit has {size} bytes, at most {most}")
    indices = [mechanism_index(netuid, mechanism) for mechanism in range(MAX_MECHANISMS)]
    queues: list[list[TimelockedCommit]] = [
        list(state.get(MODULE, "TimelockedWeightCommits", index, epoch)) for index in indices
    ]
    before = [list(queue) for queue in queues]
    queues[mecid] = [*(entry for entry in queues[mecid] if entry[0] != who), commit]
    lower = _lower_rows(state, netuid, who, queues)
    while _too_full(queues):
        if not lower:
            raise failed("CommitQueueFull", f"{QUEUE_COUNT} rows or {QUEUE_BYTES} bytes wait for this epoch")
        mechanism, entry = lower.pop(0)
        queues[mechanism].remove(entry)
    for index, old, new in zip(indices, before, queues, strict=True):
        if new and new != old:
            state.put(MODULE, "TimelockedWeightCommits", index, epoch, new)
        elif old and not new:
            state.remove(MODULE, "TimelockedWeightCommits", index, epoch)


def _too_full(queues: list[list[TimelockedCommit]]) -> bool:
    rows = [entry for queue in queues for entry in queue]
    return len(rows) > QUEUE_COUNT or sum(len(octets(entry[2])) for entry in rows) > QUEUE_BYTES


def _lower_rows(
    state: Storage, netuid: int, who: str, queues: list[list[TimelockedCommit]]
) -> list[tuple[int, TimelockedCommit]]:
    """Entries of other hotkeys with a lower priority, the lowest first, with their mechanisms."""
    if not _too_full(queues):
        return []
    mine = _priority(state, netuid, who)
    found = []
    for mechanism, queue in enumerate(queues):
        for entry in queue:
            priority = _priority(state, netuid, entry[0])
            if entry[0] != who and priority < mine:
                found.append((priority, mechanism, entry))
    return [(mechanism, entry) for _, mechanism, entry in sorted(found, key=lambda row: row[0])]


def _priority(state: Storage, netuid: int, hotkey: str) -> Priority:
    """Priority of a hotkey: by permit, then by stake, then by the lowest UID (`null_commit_priority`)."""
    uid = uid_of(state, netuid, hotkey)
    if uid is None:
        return False, 0, -(1 << 16)
    if not holds_permit(state, netuid, uid):
        return False, 0, -uid
    rao, fraction = stake_parts(state, netuid, [hotkey])[0].total
    (stake,) = stake_words(np.array([rao], np.uint64), np.array([fraction], np.uint64))
    return stake > 0, stake, -uid
