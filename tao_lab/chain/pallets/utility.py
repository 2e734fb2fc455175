"""Utility: several calls in one extrinsic.

`batch` stops at the first failure and keeps what went before; `batch_all` is all or nothing; `force_batch` goes on.
None of the three may contain another of them. The other calls make one as somebody else, or one in place of another.
Sources: `pallets/utility/src/lib.rs`; `NoNestingCallFilter` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from bittensor_core import ss58_decode, ss58_encode

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import (
    DB_READ,
    Call,
    Origin,
    Post,
    Weight,
    call,
    call_filter,
    ensure_root,
    ensure_signed,
    inner_weight,
    signed,
    weight,
)
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.runtime import SS58_FORMAT

DERIVATIVE = b"modlpy/utilisuba"

BATCHES = ("batch", "batch_all", "force_batch")


@call_filter
def no_nested_batches(made: Call) -> bool:
    """A batch holds no batch."""
    if made.pallet != "Utility" or made.name not in BATCHES:
        return True
    return not any(inner.pallet == "Utility" and inner.name in BATCHES for inner in made.inner())


def _pays(args: dict[str, Any]) -> bool:
    """A batch is free when all its calls are."""
    return any(inner.registered.pays(inner.args) for inner in args["calls"])


def _batch_weight(base: int, each: int) -> Any:
    def weight_of(args: dict[str, Any]) -> Weight:
        total = Weight(base + each * len(args["calls"]) + 2 * DB_READ)
        for inner in args["calls"]:
            total = total + inner.registered.weight_of(inner.args)
        return total

    return weight_of


def _check_batch(ctx: Context, origin: Origin, calls: list[Call]) -> None:
    if origin.kind == "None":
        raise DispatchError("BadOrigin", "", "a batch must be signed by an account or come from the chain's root")
    most = ctx.runtime.constant("Utility", "batched_calls_limit")
    if len(calls) > most:
        raise DispatchError("Utility", "TooManyCalls", f"{len(calls)} calls; a batch has at most {most}")


@call("Utility", weight=_batch_weight(19_446_696, 5_450_264), pays_fee=_pays)
def batch(ctx: Context, origin: Origin, calls: list[Call]) -> None:
    """Carry out calls in order until one fails."""
    _check_batch(ctx, origin, calls)
    for index, inner in enumerate(calls):
        error = ctx.try_dispatch(origin, inner)
        if error is not None:
            value = ctx.told_error(error)
            ctx.deposit_event("Utility", "BatchInterrupted", index=index, error=value)
            return
        ctx.deposit_event("Utility", "ItemCompleted")
    ctx.deposit_event("Utility", "BatchCompleted")


@call("Utility", weight=_batch_weight(13_428_230, 5_663_250), pays_fee=_pays)
def batch_all(ctx: Context, origin: Origin, calls: list[Call]) -> None:
    """Carry out all calls, or none."""
    _check_batch(ctx, origin, calls)
    for inner in calls:
        ctx.dispatch(origin, inner)
        ctx.deposit_event("Utility", "ItemCompleted")
    ctx.deposit_event("Utility", "BatchCompleted")


@call("Utility", weight=_batch_weight(12_134_867, 5_477_293), pays_fee=_pays)
def force_batch(ctx: Context, origin: Origin, calls: list[Call]) -> None:
    """Carry out calls in order, past those that fail."""
    _check_batch(ctx, origin, calls)
    errors = 0
    for inner in calls:
        error = ctx.try_dispatch(origin, inner)
        if error is None:
            ctx.deposit_event("Utility", "ItemCompleted")
        else:
            errors += 1
            ctx.deposit_event("Utility", "ItemFailed", error=ctx.told_error(error))
    ctx.deposit_event("Utility", "BatchCompletedWithErrors" if errors else "BatchCompleted")


@call("Utility", weight=inner_weight(Weight()))
def with_weight(ctx: Context, origin: Origin, call: Call, weight: dict[str, int]) -> Post:
    """Root carries out a call with a weight of its choice."""
    ensure_root(origin)
    return ctx.dispatch(origin, call)


# --- as somebody else, or one for another ------------------------------------------------------------------------


def derivative_account(who: str, index: int) -> str:
    """The account number `index` that hangs on an account and has no key of its own."""
    entropy = DERIVATIVE + bytes(ss58_decode(who)) + index.to_bytes(2, "little")
    return str(ss58_encode(blake2_256(entropy), SS58_FORMAT))


@call("Utility", weight=inner_weight(weight(15_378_000, reads=3, writes=1)))
def as_derivative(ctx: Context, origin: Origin, index: int, call: Call) -> None:
    """Carry out a call as an account that hangs on one's own."""
    account = derivative_account(ensure_signed(origin), index)
    ctx.dispatch(Origin("Signed", account, origin.filters), call)


def _origin(as_origin: Any) -> Origin:
    """The origin that root names: `{"system": {"Signed": account}}` and the like."""
    kind = as_origin.get("system") if isinstance(as_origin, dict) else None
    if isinstance(kind, dict) and "Signed" in kind:
        return signed(kind["Signed"])
    if kind not in ("Root", "None"):
        raise DispatchError("BadOrigin", "", f"{as_origin} is not an origin of the lab's chain")
    return Origin(kind)


@call("Utility", weight=inner_weight(weight(6_893_000)))
def dispatch_as(ctx: Context, origin: Origin, as_origin: Any, call: Call) -> None:
    """Root carries out a call as anybody; what becomes of it is in the event."""
    ensure_root(origin)
    error = ctx.try_dispatch(_origin(as_origin), call)
    ctx.deposit_event("Utility", "DispatchedAs", result=ctx.dispatch_result(error))


@call("Utility", weight=inner_weight(weight(7_113_000)))
def dispatch_as_fallible(ctx: Context, origin: Origin, as_origin: Any, call: Call) -> None:
    """The same, failing where the call fails."""
    ensure_root(origin)
    ctx.dispatch(_origin(as_origin), call)
    ctx.deposit_event("Utility", "DispatchedAs", result=ctx.dispatch_result(None))


def _weight_of_both(args: dict[str, Any]) -> Weight:
    main, fallback = (args[name].registered.weight_of(args[name].args) for name in ("main", "fallback"))
    return weight(21_831_000, reads=2) + main + fallback


@call("Utility", weight=_weight_of_both)
def if_else(ctx: Context, origin: Origin, main: Call, fallback: Call) -> None:
    """Carry out a call, and if it fails another instead."""
    if origin.kind == "None":
        raise DispatchError("BadOrigin", "", "this call must be signed by an account or come from the chain's root")
    error = ctx.try_dispatch(origin, main)
    if error is None:
        ctx.deposit_event("Utility", "IfElseMainSuccess")
        return
    ctx.dispatch(origin, fallback)
    ctx.deposit_event("Utility", "IfElseFallbackCalled", main_error=ctx.told_error(error))
