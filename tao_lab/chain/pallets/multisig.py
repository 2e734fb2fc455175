"""Multisig: an account of several people, of whom a number must agree to each call.

The first to agree sets a deposit aside; the call is carried out with the last agreement. Source:
`frame/multisig/src/lib.rs` of the Polkadot SDK; `impl pallet_multisig::Config` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from bittensor_core import multisig_account_id, ss58_decode, ss58_encode

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Origin, Post, call, ensure_signed, inner_weight, signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import balances
from tao_lab.chain.runtime import SS58_FORMAT

DEPOSIT_BASE, DEPOSIT_FACTOR, MAX_SIGNATORIES = 132_000_000, 32_000_000, 100

Timepoint = dict[str, int]


def _too_low(threshold: int) -> str:
    return f"the threshold is {threshold}; it must be at least 2 (where one is enough: as_multi_threshold_1)"


def _place(matter: dict[str, Any]) -> str:
    return f"block {matter['when']['height']}, extrinsic {matter['when']['index']}"


def _signatories(who: str, others: list[str], threshold: int) -> str:
    """Check the list of the others and give the account of the group.

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
) -> None:
    """One person's agreement: it opens the matter, adds to it, or carries the call out."""
    if threshold < 2:
        raise DispatchError("Multisig", "MinimumThreshold", _too_low(threshold))
    group = _signatories(who, others, threshold)
    open_matter = ctx.state.get("Multisig", "Multisigs", group, call_hash)
    if open_matter is None:
        if timepoint is not None:
            raise DispatchError(
                "Multisig",
                "UnexpectedTimepoint",
                "nobody has agreed to this call yet, so the first agreement names no timepoint",
            )
        _open(ctx, who, threshold, group, call_hash)
        return
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
        _execute(ctx, who, group, call_hash, open_matter, inner, max_weight)
        return
    if not agrees:
        raise DispatchError(
            "Multisig", "AlreadyApproved", f"{who} has agreed already, or all {threshold} agreements are there"
        )
    open_matter["approvals"] = sorted([*approvals, who], key=lambda one: bytes(ss58_decode(one)))
    ctx.state.put("Multisig", "Multisigs", group, call_hash, open_matter)
    fields = {"approving": who, "timepoint": timepoint, "multisig": group, "call_hash": call_hash}
    ctx.deposit_event("Multisig", "MultisigApproval", **fields)


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
) -> None:
    needed = inner.registered.weight_of(inner.args)
    if needed.ref_time > max_weight["ref_time"] or needed.proof_size > max_weight["proof_size"]:
        most = f"max_weight allows {max_weight['ref_time']:,} ps and {max_weight['proof_size']:,} bytes"
        told = f"the call takes {needed.ref_time:,} ps and {needed.proof_size:,} bytes of proof; {most}"
        raise DispatchError("Multisig", "MaxWeightTooLow", told)
    ctx.state.remove("Multisig", "Multisigs", group, call_hash)
    balances.unreserve(ctx, matter["depositor"], matter["deposit"])
    result = ctx.dispatch_result(ctx.try_dispatch(signed(group), inner))
    fields = {"approving": who, "timepoint": matter["when"], "multisig": group, "call_hash": call_hash}
    ctx.deposit_event("Multisig", "MultisigExecuted", **fields, result=result)


@call("Multisig", weight=inner_weight(weight(16_000_000)))
def as_multi_threshold_1(ctx: Context, origin: Origin, other_signatories: list[str], call: Call) -> Post:
    """Act for a group in which any one may decide."""
    who = ensure_signed(origin)
    return ctx.dispatch(signed(_signatories(who, other_signatories, 1)), call)


@call("Multisig", weight=inner_weight(weight(60_000_000, reads=2, writes=2)))
def as_multi(
    ctx: Context,
    origin: Origin,
    threshold: int,
    other_signatories: list[str],
    maybe_timepoint: Timepoint | None,
    call: Call,
    max_weight: dict[str, int],
) -> None:
    """Agree to a call; the last agreement carries it out."""
    who = ensure_signed(origin)
    _operate(ctx, who, threshold, other_signatories, maybe_timepoint, call.hash, call, max_weight)


@call("Multisig", weight=weight(40_000_000, reads=1, writes=1))
def approve_as_multi(
    ctx: Context,
    origin: Origin,
    threshold: int,
    other_signatories: list[str],
    maybe_timepoint: Timepoint | None,
    call_hash: str,
    max_weight: dict[str, int],
) -> None:
    """Agree to a call by its hash; somebody else carries it out."""
    who = ensure_signed(origin)
    _operate(ctx, who, threshold, other_signatories, maybe_timepoint, call_hash, None, max_weight)


@call("Multisig", weight=weight(40_000_000, reads=1, writes=1))
def cancel_as_multi(
    ctx: Context, origin: Origin, threshold: int, other_signatories: list[str], timepoint: Timepoint, call_hash: str
) -> None:
    """Whoever opened a matter closes it, and has the deposit back."""
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


@call("Multisig", weight=weight(40_000_000, reads=2, writes=2))
def poke_deposit(ctx: Context, origin: Origin, threshold: int, other_signatories: list[str], call_hash: str) -> None:
    """Bring the deposit of an open matter to what it costs now, which is what it cost: nothing changes."""
    who = ensure_signed(origin)
    if threshold < 2:
        raise DispatchError("Multisig", "MinimumThreshold", _too_low(threshold))
    group = _signatories(who, other_signatories, threshold)
    matter = ctx.state.get("Multisig", "Multisigs", group, call_hash)
    if matter is None:
        raise DispatchError("Multisig", "NotFound", f"the group {group} has no open matter of this call")
    if matter["depositor"] != who:
        raise DispatchError("Multisig", "NotOwner", f"{matter['depositor']} opened the matter, not {who}")
