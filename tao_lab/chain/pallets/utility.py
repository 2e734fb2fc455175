"""Utility: several calls in one extrinsic.

`batch` stops at the first failure and keeps the results of the calls before it. `batch_all` carries out all calls or
none. `force_batch` continues after a failure. None of the three may contain another of them. The other calls of this
pallet carry out a call as another account, or one call if another fails.
Sources: `pallets/utility/src/lib.rs`; `NoNestingCallFilter` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
    """Whether a call is not a batch with another batch inside."""
    if made.pallet != "Utility" or made.name not in BATCHES:
        return True
    return not any(inner.pallet == "Utility" and inner.name in BATCHES for inner in made.inner())


def _pays(args: dict[str, Any]) -> bool:
    """A batch is free when all its calls are."""
    return any(inner.registered.pays(inner.args) for inner in args["calls"])


def _batch_base(base: int, each: int, calls: int) -> Weight:
    return Weight(base + each * calls + 2 * DB_READ)


BATCH, BATCH_ALL, FORCE_BATCH = (
    partial(_batch_base, base, each)
    for base, each in ((19_446_696, 5_450_264), (13_428_230, 5_663_250), (12_134_867, 5_477_293))
)


def _with_calls(base: Callable[[int], Weight]) -> Callable[[dict[str, Any]], Weight]:
    """Declared weight of a batch: its own weight plus the declared weights of its calls."""

    def weight_of(args: dict[str, Any]) -> Weight:
        weights = (inner.registered.weight_of(inner.args) for inner in args["calls"])
        return sum(weights, base(len(args["calls"])))

    return weight_of


def _check_batch(ctx: Context, origin: Origin, calls: list[Call]) -> None:
    if origin.kind == "None":
        raise DispatchError("BadOrigin", "", "a batch must be signed by an account or come from the chain's root")
    most = ctx.runtime.constant("Utility", "batched_calls_limit")
    if len(calls) > most:
        raise DispatchError("Utility", "TooManyCalls", f"{len(calls)} calls; a batch has at most {most}")


@call("Utility", weight=_with_calls(BATCH), pays_fee=_pays)
def batch(ctx: Context, origin: Origin, calls: list[Call]) -> Post:
    """Carry out calls in order until one fails; the rest costs nothing."""
    _check_batch(ctx, origin, calls)
    spent = Weight()
    for index, inner in enumerate(calls):
        outcome = ctx.try_dispatch(origin, inner)
        spent += outcome.weight_of(inner)
        if outcome.error is not None:
            value = ctx.told_error(outcome.error)
            ctx.deposit_event("Utility", "BatchInterrupted", index=index, error=value)
            return Post(weight=BATCH(index + 1) + spent)
        ctx.deposit_event("Utility", "ItemCompleted")
    ctx.deposit_event("Utility", "BatchCompleted")
    return Post(weight=BATCH(len(calls)) + spent)


@call("Utility", weight=_with_calls(BATCH_ALL), pays_fee=_pays)
def batch_all(ctx: Context, origin: Origin, calls: list[Call]) -> Post:
    """Carry out all calls, or none; they may not contain another `batch_all`."""
    _check_batch(ctx, origin, calls)
    origin, spent = origin.allowing(lambda made: (made.pallet, made.name) != ("Utility", "batch_all")), Weight()
    for index, inner in enumerate(calls):
        outcome = ctx.try_dispatch(origin, inner)
        spent += outcome.weight_of(inner)
        if outcome.error is not None:
            outcome.error.weight = BATCH_ALL(index + 1) + spent
            raise outcome.error
        ctx.deposit_event("Utility", "ItemCompleted")
    ctx.deposit_event("Utility", "BatchCompleted")
    return Post(weight=BATCH_ALL(len(calls)) + spent)


@call("Utility", weight=_with_calls(FORCE_BATCH), pays_fee=_pays)
def force_batch(ctx: Context, origin: Origin, calls: list[Call]) -> Post:
    """Carry out all calls in order, also after a failure."""
    _check_batch(ctx, origin, calls)
    spent, failed = Weight(), False
    for inner in calls:
        outcome = ctx.try_dispatch(origin, inner)
        spent += outcome.weight_of(inner)
        if outcome.error is None:
            ctx.deposit_event("Utility", "ItemCompleted")
        else:
            failed = True
            ctx.deposit_event("Utility", "ItemFailed", error=ctx.told_error(outcome.error))
    ctx.deposit_event("Utility", "BatchCompletedWithErrors" if failed else "BatchCompleted")
    return Post(weight=FORCE_BATCH(len(calls)) + spent)


def _stated_weight(args: dict[str, Any]) -> Weight:
    return Weight(args["weight"]["ref_time"], args["weight"]["proof_size"])


@call("Utility", weight=_stated_weight)
def with_weight(ctx: Context, origin: Origin, call: Call, weight: dict[str, int]) -> None:
    """Root carries out a call with a weight of its choice."""
    ensure_root(origin)
    _carry_out(ctx, origin, call)


def _carry_out(ctx: Context, origin: Origin, inner: Call) -> None:
    """Carry out a call of root without reporting its weight."""
    error = ctx.try_dispatch(origin, inner, bypassing_filters=True).error
    if error is not None:
        error.weight = None
        raise error


# --- as another account, or a fallback ------------------------------------------------------------------------


def derivative_account(who: str, index: int) -> str:
    """The account with number `index` that is derived from an account and has no key of its own."""
    entropy = DERIVATIVE + bytes(ss58_decode(who)) + index.to_bytes(2, "little")
    return str(ss58_encode(blake2_256(entropy), SS58_FORMAT))


AS_DERIVATIVE = weight(15_378_000, reads=2) + weight(0, reads=1, writes=1)


@call("Utility", weight=inner_weight(AS_DERIVATIVE))
def as_derivative(ctx: Context, origin: Origin, index: int, call: Call) -> Post:
    """Carry out a call as an account derived from the caller's."""
    account = derivative_account(ensure_signed(origin), index)
    outcome = ctx.try_dispatch(Origin("Signed", account, origin.filters), call)
    spent = AS_DERIVATIVE + outcome.weight_of(call)
    if outcome.error is not None:
        outcome.error.weight = spent
        raise outcome.error
    return Post(weight=spent)


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
    """Root carries out a call as any account; the result is in the event."""
    ensure_root(origin)
    error = ctx.try_dispatch(_origin(as_origin), call, bypassing_filters=True).error
    ctx.deposit_event("Utility", "DispatchedAs", result=ctx.dispatch_result(error))


@call("Utility", weight=inner_weight(weight(7_113_000)))
def dispatch_as_fallible(ctx: Context, origin: Origin, as_origin: Any, call: Call) -> None:
    """The same, but it fails if the call fails."""
    ensure_root(origin)
    _carry_out(ctx, _origin(as_origin), call)
    ctx.deposit_event("Utility", "DispatchedAs", result=ctx.dispatch_result(None))


IF_ELSE = weight(21_831_000, reads=2)


def _weight_of_both(args: dict[str, Any]) -> Weight:
    main, fallback = (args[name].registered.weight_of(args[name].args) for name in ("main", "fallback"))
    return IF_ELSE + main + fallback


@call("Utility", weight=_weight_of_both)
def if_else(ctx: Context, origin: Origin, main: Call, fallback: Call) -> Post:
    """Carry out a call; if it fails, carry out another one instead. A fallback that is not needed costs nothing."""
    if origin.kind == "None":
        raise DispatchError("BadOrigin", "", "this call must be signed by an account or come from the chain's root")
    first = ctx.try_dispatch(origin, main)
    spent = IF_ELSE + first.weight_of(main)
    if first.error is None:
        ctx.deposit_event("Utility", "IfElseMainSuccess")
        return Post(weight=spent)
    second = ctx.try_dispatch(origin, fallback)
    spent += second.weight_of(fallback)
    if second.error is not None:
        second.error.weight = spent
        raise second.error
    ctx.deposit_event("Utility", "IfElseFallbackCalled", main_error=ctx.told_error(first.error))
    return Post(weight=spent)
