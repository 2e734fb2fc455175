"""Multisig: an account of several people; a minimum number of them must agree to each call.

The first person who agrees reserves a deposit; the last agreement carries out the call. Sources:
`frame/multisig/src/{lib,weights}.rs` of the Polkadot SDK; `impl pallet_multisig::Config` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from bittensor_core import multisig_account_id, ss58_decode, ss58_encode

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import (
    Call,
    CallArgs,
    Origin,
    Post,
    Weight,
    WeightFunction,
    call,
    ensure_signed,
    signed,
    weight,
)
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import call_bytes
from tao_lab.chain.pallets import balances
from tao_lab.chain.runtime import SS58_FORMAT, load_runtime

DEPOSIT_BASE, DEPOSIT_FACTOR, MAX_SIGNATORIES = 132_000_000, 32_000_000, 100

Timepoint = dict[str, int]


# --- weights: by the number of other signatories, and by the bytes of the call (0 if only its hash is known) ---


def _size(inner: Call) -> int:
    return len(call_bytes(load_runtime(), inner))


def _alone(size: int) -> Weight:
    return weight(20_470_382 + 397 * size, reads=2)


def _create(others: int, size: int) -> Weight:
    return weight(29_976_762 + 144_320 * others + 1_819 * size, reads=1, writes=1)


def _approve(others: int, size: int) -> Weight:
    return weight(14_821_348 + 127_874 * others + 1_968 * size, reads=1, writes=1)


def _complete(others: int, size: int) -> Weight:
    return weight(34_745_418 + 193_313 * others + 2_057 * size, reads=4, writes=2)


def _alone_weight(args: CallArgs) -> Weight:
    inner: Call = args["call"]
    account = weight(0, reads=1, writes=1)  # of the group, which pays
    return _alone(_size(inner)) + account + inner.registered.weight_of(inner.args)


def _most_weight(args: CallArgs) -> Weight:
    """Weight of `as_multi`: the last agreement is the heaviest; the call's own maximum weight is an argument."""
    return _complete(len(args["other_signatories"]), _size(args["call"])) + _max_weight(args)


def _hash_weight(args: CallArgs) -> Weight:
    others = len(args["other_signatories"])
    return weight(27_463_275 + 139_226 * others, reads=1, writes=1) + _max_weight(args)


def _max_weight(args: CallArgs) -> Weight:
    return Weight(args["max_weight"]["ref_time"], args["max_weight"]["proof_size"])


def _per_signatory(base: int, each: int) -> WeightFunction:
    return lambda args: weight(base + each * len(args["other_signatories"]), reads=1, writes=1)


# --- agreeing -----------------------------------------------------------------------------------------------------


def _too_low(threshold: int) -> str:
    return f"the threshold is {threshold}; it must be at least 2 (where one is enough: as_multi_threshold_1)"


def _place(matter: dict[str, Any]) -> str:
    return f"block {matter['when']['height']}, extrinsic {matter['when']['index']}"


def _signatories(who: str, others: list[str], threshold: int) -> str:
    """Check the list of the others and return the account of the group.

    Raises:
        DispatchError: `Multisig.MinimumThreshold`, `.TooFewSignatories`, `.TooManySignatories`,
            `.SenderInSignatories`, `.SignatoriesOutOfOrder`.
    """
    if not others:
        raise DispatchError(
            "Multisig", "TooFewSignatories", f"nobody else is named beside {who}; a group has at least 2 people"
        )
    if len(others) >= MAX_SIGNATORIES:
        raise DispatchError(
            "Multisig", "TooManySignatories", f"{len(others) + 1} people; a group has at most {MAX_SIGNATORIES}"
        )
    keys = [bytes(ss58_decode(other)) for other in others]
    if keys != sorted(set(keys)):
        raise DispatchError("Multisig", "SignatoriesOutOfOrder", "the others must be sorted by public key, each once")
    own = bytes(ss58_decode(who))
    if own in keys:
        raise DispatchError("Multisig", "SenderInSignatories", f"{who} signs, so the list names the others only")
    group, _ = multisig_account_id([*keys, own], threshold)
    return str(ss58_encode(bytes(group), SS58_FORMAT))


def _operate(
    ctx: Context,
    who: str,
    threshold: int,
    others: list[str],
    timepoint: Timepoint | None,
    call_hash: str,
    inner: Call | None,
    max_weight: dict[str, int],
) -> Post:
    """One person's agreement: the first opens the operation, further ones are added, the last carries the call out.

    Returns:
        Its weight, without the call if it is not carried out.
    """
    if threshold < 2:
        raise DispatchError("Multisig", "MinimumThreshold", _too_low(threshold))
    group, size = _signatories(who, others, threshold), 0 if inner is None else _size(inner)
    open_matter = ctx.state.get("Multisig", "Multisigs", group, call_hash)
    if open_matter is None:
        if timepoint is not None:
            raise DispatchError(
                "Multisig",
                "UnexpectedTimepoint",
                "nobody has agreed to this call yet, so the first agreement names no timepoint",
            )
        _open(ctx, who, threshold, group, call_hash)
        return Post(weight=_create(len(others), size))
    if timepoint is None:
        raise DispatchError(
            "Multisig", "NoTimepoint", f"the matter is open since {_place(open_matter)}; name that timepoint"
        )
    if timepoint != open_matter["when"]:
        raise DispatchError(
            "Multisig", "WrongTimepoint", f"the matter is open since {_place(open_matter)}, another timepoint"
        )
    approvals: list[str] = open_matter["approvals"]
    agrees = who not in approvals and len(approvals) < threshold
    if inner is not None and len(approvals) + agrees >= threshold:
        actual = _execute(ctx, who, group, call_hash, open_matter, inner, max_weight)
        return Post(weight=None if actual is None else _complete(len(others), size) + actual)
    if not agrees:
        raise DispatchError(
            "Multisig", "AlreadyApproved", f"{who} has agreed already, or all {threshold} agreements are there"
        )
    open_matter["approvals"] = sorted([*approvals, who], key=lambda one: bytes(ss58_decode(one)))
    ctx.state.put("Multisig", "Multisigs", group, call_hash, open_matter)
    fields = {"approving": who, "timepoint": timepoint, "multisig": group, "call_hash": call_hash}
    ctx.deposit_event("Multisig", "MultisigApproval", **fields)
    return Post(weight=_approve(len(others), size))


def _deposit(threshold: int) -> int:
    return DEPOSIT_BASE + DEPOSIT_FACTOR * threshold


def _open(ctx: Context, who: str, threshold: int, group: str, call_hash: str) -> None:
    deposit = _deposit(threshold)
    balances.reserve(ctx, who, deposit)
    when = {"height": ctx.block, "index": ctx.extrinsic_index}
    matter = {"when": when, "deposit": deposit, "depositor": who, "approvals": [who]}
    ctx.state.put("Multisig", "Multisigs", group, call_hash, matter)
    ctx.deposit_event("Multisig", "NewMultisig", approving=who, multisig=group, call_hash=call_hash)


def _execute(
    ctx: Context,
    who: str,
    group: str,
    call_hash: str,
    matter: dict[str, Any],
    inner: Call,
    max_weight: dict[str, int],
) -> Weight | None:
    """Carry a call out; returns the weight that it reports."""
    needed = inner.registered.weight_of(inner.args)
    if needed.ref_time > max_weight["ref_time"] or needed.proof_size > max_weight["proof_size"]:
        most = f"max_weight allows {max_weight['ref_time']:,} ps and {max_weight['proof_size']:,} bytes"
        told = f"the call takes {needed.ref_time:,} ps and {needed.proof_size:,} bytes of proof; {most}"
        raise DispatchError("Multisig", "MaxWeightTooLow", told)
    ctx.state.remove("Multisig", "Multisigs", group, call_hash)
    balances.unreserve(ctx, matter["depositor"], matter["deposit"])
    outcome = ctx.try_dispatch(signed(group), inner)
    fields = {"approving": who, "timepoint": matter["when"], "multisig": group, "call_hash": call_hash}
    ctx.deposit_event("Multisig", "MultisigExecuted", **fields, result=ctx.dispatch_result(outcome.error))
    return outcome.actual_weight


@call("Multisig", weight=_alone_weight)
def as_multi_threshold_1(ctx: Context, origin: Origin, other_signatories: list[str], call: Call) -> Post:
    """Act for a group in which one person alone may decide."""
    who = ensure_signed(origin)
    outcome = ctx.try_dispatch(signed(_signatories(who, other_signatories, 1)), call)
    spent = None if outcome.actual_weight is None else _alone(_size(call)) + outcome.actual_weight
    if outcome.error is not None:
        outcome.error.weight = spent
        raise outcome.error
    return Post(weight=spent)


@call("Multisig", weight=_most_weight)
def as_multi(
    ctx: Context,
    origin: Origin,
    threshold: int,
    other_signatories: list[str],
    maybe_timepoint: Timepoint | None,
    call: Call,
    max_weight: dict[str, int],
) -> Post:
    """Agree to a call; the last agreement carries it out."""
    who = ensure_signed(origin)
    return _operate(ctx, who, threshold, other_signatories, maybe_timepoint, call.hash, call, max_weight)


@call("Multisig", weight=_hash_weight)
def approve_as_multi(
    ctx: Context,
    origin: Origin,
    threshold: int,
    other_signatories: list[str],
    maybe_timepoint: Timepoint | None,
    call_hash: str,
    max_weight: dict[str, int],
) -> Post:
    """Agree to a call by its hash; somebody else carries it out."""
    who = ensure_signed(origin)
    return _operate(ctx, who, threshold, other_signatories, maybe_timepoint, call_hash, None, max_weight)


@call("Multisig", weight=_per_signatory(28_623_566, 135_351))
def cancel_as_multi(
    ctx: Context, origin: Origin, threshold: int, other_signatories: list[str], timepoint: Timepoint, call_hash: str
) -> None:
    """The person who opened an operation closes it, and gets the deposit back."""
    who = ensure_signed(origin)
    if threshold < 2:
        raise DispatchError("Multisig", "MinimumThreshold", _too_low(threshold))
    group = _signatories(who, other_signatories, threshold)
    matter = ctx.state.get("Multisig", "Multisigs", group, call_hash)
    if matter is None:
        raise DispatchError("Multisig", "NotFound", f"the group {group} has no open matter of this call")
    if matter["when"] != timepoint:
        raise DispatchError(
            "Multisig", "WrongTimepoint", f"the matter is open since {_place(matter)}, another timepoint"
        )
    if matter["depositor"] != who:
        raise DispatchError("Multisig", "NotOwner", f"{matter['depositor']} opened the matter, not {who}")
    balances.unreserve(ctx, who, matter["deposit"])
    ctx.state.remove("Multisig", "Multisigs", group, call_hash)
    fields = {"cancelling": who, "timepoint": timepoint, "multisig": group, "call_hash": call_hash}
    ctx.deposit_event("Multisig", "MultisigCancelled", **fields)


@call("Multisig", weight=_per_signatory(27_349_525, 121_813))
def poke_deposit(ctx: Context, origin: Origin, threshold: int, other_signatories: list[str], call_hash: str) -> None:
    """Adjust the deposit of an open operation to the present price; in the lab the price never changes."""
    who = ensure_signed(origin)
    if threshold < 2:
        raise DispatchError("Multisig", "MinimumThreshold", _too_low(threshold))
    group = _signatories(who, other_signatories, threshold)
    matter = ctx.state.get("Multisig", "Multisigs", group, call_hash)
    if matter is None:
        raise DispatchError("Multisig", "NotFound", f"the group {group} has no open matter of this call")
    if matter["depositor"] != who:
        raise DispatchError("Multisig", "NotOwner", f"{matter['depositor']} opened the matter, not {who}")
