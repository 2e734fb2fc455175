"""Setting weights: check a validator's weights for miners by all rules of the chain, and store them.

Source: `pallets/subtensor/src/subnets/weights.rs` (`internal_set_weights`, `do_batch_set_weights`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import (
    MAIN_MECHANISM,
    MODULE,
    ROOT_NETUID,
    ensure_mechanism_exists,
    failed,
    last_updates,
    mechanism_index,
    owner_uid,
    uid_of,
)
from tao_lab.chain.pallets.subtensor.null_consensus import ensure_elected, holds_permit, is_null
from tao_lab.chain.pallets.subtensor.stake_weights import has_stake_for_weights
from tao_lab.chain.state import StorageReader
from tao_lab.consensus import max_limited, max_upscale_to_u16
from tao_lab.units import U16_MAX


def store_weights(
    ctx: Context, hotkey: str, netuid: int, mecid: int, uids: Sequence[int], values: Sequence[int], version_key: int
) -> None:
    """Check a row of weights and store it, for all three ways: set, revealed, or timelocked.

    Args:
        ctx: Block under construction.
        hotkey: The validator.
        netuid: The subnet.
        mecid: The mechanism.
        uids: Miners.
        values: u16 weight of each; the sum may be any number.
        version_key: Version of the validator's program; must be at least the subnet's `WeightsVersionKey`.

    Raises:
        DispatchError: The first check that fails, in the order of the chain.
    """
    state, index = ctx.state, mechanism_index(netuid, mecid)
    uid = _ensure_may_set(state, hotkey, netuid, mecid, uids, values, version_key)
    commit_reveal = state.get(MODULE, "CommitRevealWeightsEnabled", netuid)
    if not commit_reveal and not passes_rate_limit(ctx, netuid, mecid, uid):
        raise failed("SettingWeightsTooFast", _too_fast(state, netuid))
    itself = len(values) == 1 and uids[0] == uid
    n = state.get(MODULE, "SubnetworkN", netuid)
    ensure_elected(state, netuid, hotkey)
    if not (itself or owner_uid(state, netuid) == uid or holds_permit(state, netuid, uid)):
        raise failed("NeuronNoValidatorPermit", f"uid {uid} may only set a weight on itself")
    if len(set(uids)) != len(uids):
        raise failed("DuplicateUids")
    if any(other >= n for other in uids):
        raise failed("UidVecContainInvalidOne", f"uid {max(uids)} is not below {n}")
    fewest = min(n, state.get(MODULE, "MinAllowedWeights", netuid))
    if not itself and len(values) < fewest:
        raise failed("WeightVecLengthIsLow", f"{len(values)} weights, at least {fewest} needed")
    given = np.array(values, dtype=np.uint16)
    upscaled = given if is_null(state, netuid) else max_upscale_to_u16(given)
    limit = state.get(MODULE, "MaxWeightsLimit", netuid)
    if not itself and limit != U16_MAX and not max_limited(upscaled, limit):
        raise failed("MaxWeightExceeded", f"one weight is more than {limit}/{U16_MAX} of their sum")
    state.put(MODULE, "Weights", index, uid, list(zip(uids, upscaled.tolist(), strict=True)))
    if not commit_reveal:
        set_last_update(ctx, netuid, mecid, uid)
    ctx.deposit_event(MODULE, "WeightsSet", index, uid)


def _ensure_may_set(
    state: StorageReader,
    hotkey: str,
    netuid: int,
    mecid: int,
    uids: Sequence[int],
    values: Sequence[int],
    version_key: int,
) -> int:
    """Check that this hotkey may set weights on this subnet; returns the UID."""
    if netuid == ROOT_NETUID:
        raise failed("CanNotSetRootNetworkWeights")
    if len(uids) != len(values):
        raise failed("WeightVecNotEqualSize", f"{len(uids)} uids, {len(values)} weights")
    ensure_mechanism_exists(state, netuid, mecid)
    n = state.get(MODULE, "SubnetworkN", netuid)
    if len(uids) > n:
        raise failed("UidsLengthExceedUidsInSubNet", f"{len(uids)} weights for {n} neurons")
    uid = uid_of(state, netuid, hotkey)
    if uid is None:
        raise failed("HotKeyNotRegisteredInSubNet", f"{hotkey} has no UID on subnet {netuid}")
    if not has_stake_for_weights(state, hotkey, netuid):
        raise failed(
            "NotEnoughStakeToSetWeights",
            f"the hotkey needs a stake of at least {state.get(MODULE, 'StakeThreshold')} rao",
        )
    wanted = state.get(MODULE, "WeightsVersionKey", netuid)
    if wanted and version_key < wanted:
        raise failed("IncorrectWeightVersionKey", f"version_key is {version_key}, at least {wanted} needed")
    return uid


def passes_rate_limit(ctx: Context, netuid: int, mecid: int, uid: int) -> bool:
    """Whether `WeightsSetRateLimit` blocks have passed since the UID's last weights or commit."""
    last = last_updates(ctx.state, netuid, mecid)[uid]
    return bool(last == 0 or ctx.block - last >= ctx.state.get(MODULE, "WeightsSetRateLimit", netuid))


def _too_fast(state: StorageReader, netuid: int) -> str:
    return f"once in {state.get(MODULE, 'WeightsSetRateLimit', netuid)} blocks"


def set_last_update(ctx: Context, netuid: int, mecid: int, uid: int) -> None:
    """Store that a UID set or committed weights in this block."""
    blocks = last_updates(ctx.state, netuid, mecid)
    blocks[uid] = ctx.block
    ctx.state.put(MODULE, "LastUpdate", mechanism_index(netuid, mecid), blocks)


def run_batch(ctx: Context, origin: Origin, netuids: list[int], item: Callable[[Context, int], None]) -> None:
    """Call a function for each subnet; a failed item becomes an event, and the batch continues.

    Args:
        ctx: Block under construction.
        origin: The signer.
        netuids: Subnets.
        item: Function `(ctx, index)` that does the item with this index.
    """
    errors: list[tuple[int, DispatchError]] = []
    for index, netuid in enumerate(netuids):
        mark = ctx.mark()
        try:
            item(ctx, index)
        except DispatchError as error:
            ctx.rollback(mark)
            errors.append((netuid, error))
    if errors:
        ctx.deposit_event(MODULE, "BatchCompletedWithErrors")
    for netuid, reason in errors:
        ctx.deposit_event(MODULE, "BatchWeightItemFailed", netuid, ctx.told_error(reason))
    ctx.deposit_event(MODULE, "BatchWeightsCompleted", netuids, ensure_signed(origin))


def _refuse_commit_reveal(state: StorageReader, netuid: int) -> None:
    if state.get(MODULE, "CommitRevealWeightsEnabled", netuid):
        raise failed("CommitRevealEnabled", f"weights of subnet {netuid} are committed first, then revealed")


# --- calls ------------------------------------------------------------------------------------------------------


@call(MODULE, weight=weight(15_513_610_000, reads=4_112, writes=2), pays_fee=False)
def set_weights(
    ctx: Context, origin: Origin, netuid: int, dests: list[int], weights: list[int], version_key: int
) -> None:
    """Set weights on a subnet without commit-reveal."""
    set_mechanism_weights(ctx, origin, netuid, MAIN_MECHANISM, dests, weights, version_key)


@call(MODULE, weight=weight(15_540_000_000, reads=4_111, writes=2), pays_fee=False)
def set_mechanism_weights(
    ctx: Context, origin: Origin, netuid: int, mecid: int, dests: list[int], weights: list[int], version_key: int
) -> None:
    """Set weights of one mechanism of a subnet without commit-reveal."""
    _refuse_commit_reveal(ctx.state, netuid)
    store_weights(ctx, ensure_signed(origin), netuid, mecid, dests, weights, version_key)


@call(MODULE, weight=weight(103_092_000, reads=16, writes=2), pays_fee=False)
def batch_set_weights(
    ctx: Context,
    origin: Origin,
    netuids: list[int],
    weights: list[list[tuple[int, int]]],
    version_keys: list[int],
) -> None:
    """Set weights on several subnets."""
    hotkey = ensure_signed(origin)
    if not len(netuids) == len(weights) == len(version_keys):
        raise failed("InputLengthsUnequal")

    def one(ctx: Context, index: int) -> None:
        _refuse_commit_reveal(ctx.state, netuids[index])
        uids, values = [uid for uid, _ in weights[index]], [value for _, value in weights[index]]
        store_weights(ctx, hotkey, netuids[index], MAIN_MECHANISM, uids, values, version_keys[index])

    run_batch(ctx, origin, netuids, one)
