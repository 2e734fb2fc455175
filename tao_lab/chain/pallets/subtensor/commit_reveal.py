"""Commit-reveal: other validators cannot copy weights in time, because they see them an epoch or more later.

There are two ways, and both end in `weights.store_weights`. A validator commits a hash of its weights and reveals the
weights exactly `RevealPeriodEpochs` epochs later. Or it commits weights that are encrypted for a round of the drand
beacon; as soon as the chain has the signature of that round, it decrypts and sets them in the next block.

Sources: `pallets/subtensor/src/subnets/weights.rs` (`internal_commit_weights`, `internal_reveal_weights`,
`do_batch_reveal_weights`, `internal_commit_timelocked_weights`), `coinbase/reveal_commits.rs`.
"""

from __future__ import annotations

from typing import Any

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.pallets import drand
from tao_lab.chain.pallets.subtensor.epochs import oldest_open_epoch
from tao_lab.chain.pallets.subtensor.lookups import (
    MAIN_MECHANISM,
    MODULE,
    ensure_mechanism_exists,
    failed,
    mechanism_index,
    uid_of,
)
from tao_lab.chain.pallets.subtensor.null_consensus import enqueue_timelocked, ensure_elected, is_null
from tao_lab.chain.pallets.subtensor.tempo import epoch_with_lookahead
from tao_lab.chain.pallets.subtensor.weights import passes_rate_limit, run_batch, set_last_update, store_weights
from tao_lab.chain.runtime import octets

MOST_OPEN_COMMITS = 10
YUMA_COMMIT_BYTES = 5_000  # of a timelocked commit (`YUMA_COMMIT_SIZE_BYTES`)
CRV3_VERSION = 4
ACCOUNT_BYTES = 32

Commit = tuple[str, int, int, int]  # hash, epoch, block, unused


def commit_hash(hotkey: str, index: int, uids: list[int], values: list[int], salt: list[int], version_key: int) -> str:
    """The hash that a validator commits to, `0x…`: BLAKE2b-256 of the SCALE bytes of all arguments.

    Args:
        hotkey: The validator.
        index: `mechanism_index` of subnet and mechanism.
        uids: Miners.
        values: u16 weights.
        salt: u16 random numbers; without them, others could guess the weights and compare the hash.
        version_key: The same as in the later reveal.
    """
    data = bytes(bittensor_core.ss58_decode(hotkey)) + index.to_bytes(2, "little")
    for numbers in (uids, values, salt):
        data += compact(len(numbers)) + b"".join(number.to_bytes(2, "little") for number in numbers)
    return "0x" + blake2_256(data + version_key.to_bytes(8, "little")).hex()


def _ensure_may_commit(ctx: Context, who: str, netuid: int, mecid: int) -> int:
    """The checks that all commits share, after `_ensure_enabled`; returns the UID."""
    uid = uid_of(ctx.state, netuid, who)
    if uid is None:
        raise failed("HotKeyNotRegisteredInSubNet", f"{who} has no UID on subnet {netuid}")
    if not passes_rate_limit(ctx, netuid, mecid, uid):
        blocks = ctx.state.get(MODULE, "WeightsSetRateLimit", netuid)
        raise failed("CommittingWeightsTooFast", f"weights may be committed once in {blocks} blocks")
    return uid


def _ensure_enabled(ctx: Context, netuid: int) -> None:
    if not ctx.state.get(MODULE, "CommitRevealWeightsEnabled", netuid):
        raise failed("CommitRevealDisabled", f"weights of subnet {netuid} are set directly")


def _open_commits(ctx: Context, netuid: int, commits: list[Commit]) -> list[Commit]:
    """The commits that have not expired; expired ones stand at the front of the list."""
    oldest = oldest_open_epoch(ctx.state, netuid, ctx.block)
    expired = next((place for place, entry in enumerate(commits) if entry[1] >= oldest), len(commits))
    return commits[expired:]


# --- hashed commits ---------------------------------------------------------------------------------------------


def _commit(ctx: Context, origin: Origin, netuid: int, mecid: int, committed: str) -> None:
    ensure_mechanism_exists(ctx.state, netuid, mecid)
    who, index = ensure_signed(origin), mechanism_index(netuid, mecid)
    ensure_elected(ctx.state, netuid, who)
    _ensure_enabled(ctx, netuid)
    uid = _ensure_may_commit(ctx, who, netuid, mecid)
    commits = _open_commits(ctx, netuid, ctx.state.get(MODULE, "WeightCommits", index, who) or [])
    if len(commits) >= MOST_OPEN_COMMITS:
        raise failed("TooManyUnrevealedCommits", f"{len(commits)} commits wait to be revealed")
    commits.append((committed, epoch_with_lookahead(ctx.state, netuid, ctx.block), ctx.block, 0))
    ctx.state.put(MODULE, "WeightCommits", index, who, commits)
    ctx.deposit_event(MODULE, "WeightsCommitted", who, index, committed)
    set_last_update(ctx, netuid, mecid, uid)


def _reveal_place(ctx: Context, netuid: int, commits: list[Commit], committed: str) -> int:
    """Index of the commit to reveal, in the queue with the expired ones."""
    still_open = _open_commits(ctx, netuid, commits)
    expired = [entry[0] for entry in commits[: len(commits) - len(still_open)]]
    place = next((place for place, entry in enumerate(still_open) if entry[0] == committed), None)
    if place is None:
        if committed in expired:
            raise failed("ExpiredWeightCommit")
        raise failed("InvalidRevealCommitHashNotMatch" if still_open else "NoWeightsCommitFound")
    return len(expired) + place


def ensure_in_reveal_epoch(ctx: Context, netuid: int, epoch: int) -> None:
    """Refuse a reveal in any epoch except the one that belongs to the commit's epoch.

    Raises:
        DispatchError: `RevealTooEarly`.
    """
    if epoch != oldest_open_epoch(ctx.state, netuid, ctx.block):
        periods = ctx.state.get(MODULE, "RevealPeriodEpochs", netuid)
        raise failed("RevealTooEarly", f"a commit of epoch {epoch} is revealed in epoch {epoch + periods}")


def _put_commits(ctx: Context, index: int, who: str, commits: list[Commit]) -> None:
    if commits:
        ctx.state.put(MODULE, "WeightCommits", index, who, commits)
    else:
        ctx.state.remove(MODULE, "WeightCommits", index, who)


def _reveal(
    ctx: Context,
    origin: Origin,
    netuid: int,
    mecid: int,
    uids: list[int],
    values: list[int],
    salt: list[int],
    version_key: int,
) -> None:
    who, index = ensure_signed(origin), mechanism_index(netuid, mecid)
    ensure_elected(ctx.state, netuid, who)
    _ensure_enabled(ctx, netuid)
    commits = ctx.state.get(MODULE, "WeightCommits", index, who)
    if commits is None:
        raise failed("NoWeightsCommitFound")
    committed = commit_hash(who, index, uids, values, salt, version_key)
    place = _reveal_place(ctx, netuid, commits, committed)
    ensure_in_reveal_epoch(ctx, netuid, commits[place][1])
    _put_commits(ctx, index, who, commits[place + 1 :])
    store_weights(ctx, who, netuid, mecid, uids, values, version_key)
    ctx.deposit_event(MODULE, "WeightsRevealed", who, index, committed)


@call(MODULE, weight=weight(69_049_000, reads=13, writes=2), pays_fee=False)
def commit_weights(ctx: Context, origin: Origin, netuid: int, commit_hash: str) -> None:
    """Commit to weights by their hash."""
    _commit(ctx, origin, netuid, MAIN_MECHANISM, commit_hash)


@call(MODULE, weight=weight(55_130_000, reads=7, writes=2), pays_fee=False)
def commit_mechanism_weights(ctx: Context, origin: Origin, netuid: int, mecid: int, commit_hash: str) -> None:
    """Commit to weights of one mechanism by their hash."""
    _commit(ctx, origin, netuid, mecid, commit_hash)


@call(MODULE, weight=weight(147_224_000, reads=15, writes=2), pays_fee=False)
def batch_commit_weights(ctx: Context, origin: Origin, netuids: list[int], commit_hashes: list[str]) -> None:
    """Commit to weights on several subnets."""
    ensure_signed(origin)
    if len(netuids) != len(commit_hashes):
        raise failed("InputLengthsUnequal")
    run_batch(
        ctx,
        origin,
        netuids,
        lambda ctx, index: _commit(ctx, origin, netuids[index], MAIN_MECHANISM, commit_hashes[index]),
    )


@call(MODULE, weight=weight(111_227_000, reads=19, writes=2), pays_fee=False)
def reveal_weights(
    ctx: Context,
    origin: Origin,
    netuid: int,
    uids: list[int],
    values: list[int],
    salt: list[int],
    version_key: int,
) -> None:
    """Reveal the weights of a commit, and set them."""
    _reveal(ctx, origin, netuid, MAIN_MECHANISM, uids, values, salt, version_key)


@call(MODULE, weight=weight(122_000_000, reads=16, writes=2), pays_fee=False)
def reveal_mechanism_weights(
    ctx: Context,
    origin: Origin,
    netuid: int,
    mecid: int,
    uids: list[int],
    values: list[int],
    salt: list[int],
    version_key: int,
) -> None:
    """Reveal the weights of a commit for one mechanism, and set them."""
    _reveal(ctx, origin, netuid, mecid, uids, values, salt, version_key)


@call(MODULE, weight=weight(421_363_000, reads=19, writes=2), pays_fee=False)
def batch_reveal_weights(
    ctx: Context,
    origin: Origin,
    netuid: int,
    uids_list: list[list[int]],
    values_list: list[list[int]],
    salts_list: list[list[int]],
    version_keys: list[int],
) -> None:
    """Reveal the weights of several commits on one subnet, all or none; the last weights remain set."""
    if not len(uids_list) == len(values_list) == len(salts_list) == len(version_keys):
        raise failed("InputLengthsUnequal")
    who, index = ensure_signed(origin), mechanism_index(netuid, MAIN_MECHANISM)
    ensure_elected(ctx.state, netuid, who)
    _ensure_enabled(ctx, netuid)
    commits = ctx.state.get(MODULE, "WeightCommits", index, who)
    if commits is None:
        raise failed("NoWeightsCommitFound")
    reveals = list(zip(uids_list, values_list, salts_list, version_keys, strict=True))
    hashes = [commit_hash(who, index, *reveal) for reveal in reveals]
    left = _open_commits(ctx, netuid, commits)
    expired = {entry[0] for entry in commits[: len(commits) - len(left)]}
    for committed in hashes:
        ensure_in_reveal_epoch(ctx, netuid, left[_place(left, committed, expired)][1])
    for committed, (uids, values, _, version_key) in zip(hashes, reveals, strict=True):
        del left[_place(left, committed, expired)]
        store_weights(ctx, who, netuid, MAIN_MECHANISM, uids, values, version_key)
    _put_commits(ctx, index, who, left)
    ctx.deposit_event(MODULE, "WeightsBatchRevealed", who, netuid, hashes)


def _place(commits: list[Commit], committed: str, expired: set[str]) -> int:
    """Index of the first open commit with this hash."""
    for place, entry in enumerate(commits):
        if entry[0] == committed:
            return place
    raise failed("ExpiredWeightCommit" if committed in expired else "InvalidRevealCommitHashNotMatch")


# --- timelocked commits -----------------------------------------------------------------------------------------


def _commit_timelocked(
    ctx: Context, origin: Origin, netuid: int, mecid: int, commit: str, reveal_round: int, version: int
) -> None:
    ensure_mechanism_exists(ctx.state, netuid, mecid)
    who, index = ensure_signed(origin), mechanism_index(netuid, mecid)
    ensure_elected(ctx.state, netuid, who)
    _ensure_enabled(ctx, netuid)
    wanted = ctx.state.get(MODULE, "CommitRevealWeightsVersion")
    if version != wanted:
        raise failed("IncorrectCommitRevealVersion", f"commit_reveal_version is {version}, the chain has {wanted}")
    uid = _ensure_may_commit(ctx, who, netuid, mecid)
    epoch = epoch_with_lookahead(ctx.state, netuid, ctx.block)
    entry = (who, ctx.block, commit, reveal_round)
    if is_null(ctx.state, netuid):
        enqueue_timelocked(ctx, netuid, mecid, epoch, entry)
    else:
        size = len(octets(commit))
        if size > YUMA_COMMIT_BYTES:
            raise failed("CommitPayloadTooLarge", f"the commit has {size} bytes, at most {YUMA_COMMIT_BYTES}")
        _append_timelocked(ctx, index, epoch, entry)
    committed = "0x" + blake2_256(octets(commit)).hex()
    ctx.deposit_event(MODULE, "TimelockedWeightsCommitted", who, index, committed, reveal_round)
    set_last_update(ctx, netuid, mecid, uid)


def _append_timelocked(ctx: Context, index: int, epoch: int, entry: tuple[str, int, str, int]) -> None:
    commits = ctx.state.get(MODULE, "TimelockedWeightCommits", index, epoch)
    if sum(other[0] == entry[0] for other in commits) >= MOST_OPEN_COMMITS:
        raise failed("TooManyUnrevealedCommits", f"{MOST_OPEN_COMMITS} commits in one epoch")
    ctx.state.put(MODULE, "TimelockedWeightCommits", index, epoch, [*commits, entry])


@call(MODULE, weight=weight(86_951_000, reads=14, writes=2), pays_fee=False)
def commit_timelocked_weights(
    ctx: Context, origin: Origin, netuid: int, commit: str, reveal_round: int, commit_reveal_version: int
) -> None:
    """Commit weights encrypted for a round of the drand beacon."""
    _commit_timelocked(ctx, origin, netuid, MAIN_MECHANISM, commit, reveal_round, commit_reveal_version)


@call(MODULE, weight=weight(84_020_000, reads=9, writes=2), pays_fee=False)
def commit_timelocked_mechanism_weights(
    ctx: Context, origin: Origin, netuid: int, mecid: int, commit: str, reveal_round: int, commit_reveal_version: int
) -> None:
    """Commit weights of one mechanism encrypted for a round of the drand beacon."""
    _commit_timelocked(ctx, origin, netuid, mecid, commit, reveal_round, commit_reveal_version)


@call(MODULE, weight=weight(77_750_000, reads=7, writes=2), pays_fee=False)
def commit_crv3_mechanism_weights(
    ctx: Context, origin: Origin, netuid: int, mecid: int, commit: str, reveal_round: int
) -> None:
    """The same as `commit_timelocked_mechanism_weights`, under its older name."""
    _commit_timelocked(ctx, origin, netuid, mecid, commit, reveal_round, CRV3_VERSION)


def reveal_timelocked(ctx: Context, netuid: int) -> None:
    """Decrypt the commits whose rounds the chain now knows, at the start of the block.

    A commit is decrypted in the epoch `RevealPeriodEpochs` after its own. If its round is still missing, it waits for
    the next block of that epoch. If it cannot be decrypted or decoded, or a check fails, it is dropped.
    """
    epoch = None
    for mecid in range(ctx.state.get(MODULE, "MechanismCountCurrent", netuid)):
        index = mechanism_index(netuid, mecid)
        queues = ctx.state.entries(MODULE, "TimelockedWeightCommits", index)
        if not queues:
            continue
        if epoch is None:
            epoch = oldest_open_epoch(ctx.state, netuid, ctx.block)
        for committed_in, commits in queues:
            if committed_in <= epoch:
                ctx.state.remove(MODULE, "TimelockedWeightCommits", index, committed_in)
            if committed_in == epoch:
                waiting = [entry for entry in commits if not _open(ctx, netuid, mecid, entry)]
                if waiting:
                    ctx.state.put(MODULE, "TimelockedWeightCommits", index, epoch, waiting)


def _open(ctx: Context, netuid: int, mecid: int, entry: tuple[str, int, str, int]) -> bool:
    """Set the weights of one commit; false if its round is not known yet."""
    who, _, commit, reveal_round = entry
    pulse = ctx.state.get("Drand", "Pulses", reveal_round)
    if pulse is None:
        return False
    payload = _decrypted(ctx, who, octets(commit), reveal_round, octets(pulse["signature"]))
    if payload is None:
        return True
    mark = ctx.mark()
    try:
        store_weights(ctx, who, netuid, mecid, *payload)
    except DispatchError:
        ctx.rollback(mark)  # as the chain does: a row that fails a guard is dropped without an event
        return True
    ctx.deposit_event(MODULE, "TimelockedWeightsRevealed", mechanism_index(netuid, mecid), who)
    return True


def _decrypted(
    ctx: Context, who: str, commit: bytes, reveal_round: int, signature: bytes
) -> tuple[list[int], list[int], int] | None:
    """UIDs, values and version key of a commit; None if it was not made by `who` for this round."""
    plain = drand.opened(commit, reveal_round, signature)
    if plain is None:
        return None
    payload = _decoded(ctx, "(Vec<u8>, Vec<u16>, Vec<u16>, u64)", plain)
    if payload is not None:
        hotkey = octets(payload[0])
        if len(hotkey) >= ACCOUNT_BYTES:
            mine = hotkey[:ACCOUNT_BYTES] == bytes(bittensor_core.ss58_decode(who))
            return (payload[1], payload[2], payload[3]) if mine else None
    legacy: tuple[list[int], list[int], int] | None = _decoded(ctx, "(Vec<u16>, Vec<u16>, u64)", plain)
    return legacy


def _decoded(ctx: Context, scale_type: str, data: bytes) -> Any:
    """Decode a value at the start of `data`; None if that fails."""
    try:
        return ctx.runtime.core.decode(scale_type, data, False)
    except ValueError:
        return None
