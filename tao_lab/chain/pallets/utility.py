"""Utility: several calls in one extrinsic.

`batch` stops at the first failure and keeps what went before; `batch_all` is all or nothing; `force_batch` goes on.
None of the three may contain another of them. Sources: `pallets/utility/src/lib.rs`; `NoNestingCallFilter` in
`runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

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
    inner_weight,
)
from tao_lab.chain.errors import DispatchError

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
        raise DispatchError("BadOrigin")
    if len(calls) > ctx.runtime.constant("Utility", "batched_calls_limit"):
        raise DispatchError("Utility", "TooManyCalls")


@call("Utility", weight=_batch_weight(19_446_696, 5_450_264), pays_fee=_pays)
def batch(ctx: Context, origin: Origin, calls: list[Call]) -> None:
    """Carry out calls in order until one fails."""
    _check_batch(ctx, origin, calls)
    for index, inner in enumerate(calls):
        error = ctx.try_dispatch(origin, inner)
        if error is not None:
            value = ctx.runtime.dispatch_error(error)
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
            ctx.deposit_event("Utility", "ItemFailed", error=ctx.runtime.dispatch_error(error))
    ctx.deposit_event("Utility", "BatchCompletedWithErrors" if errors else "BatchCompleted")


@call("Utility", weight=inner_weight(Weight()))
def with_weight(ctx: Context, origin: Origin, call: Call, weight: dict[str, int]) -> Post:
    """Root carries out a call with a weight of its choice."""
    ensure_root(origin)
    return ctx.dispatch(origin, call)
