"""Run a block: its beginning and end, the hooks, and each extrinsic with nonce, fee, call and events.

Sources: `frame/executive/src/lib.rs` and `frame/system/src/lib.rs` of the Polkadot SDK; the order of the hooks is that
of `construct_runtime!` in `runtime/src/lib.rs`; the nonce of an account without TAO follows spec 462
(`runtime/src/check_nonce.rs`, pull request 3169 of RaoFoundation/subtensor).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from bittensor_core import ss58_encode

from tao_lab.chain.block import encoded_digest
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import NONE, TRANSACTION_CHECKS, Call, Post, Weight, signed
from tao_lab.chain.errors import BlockFailed, DispatchError, InvalidTransaction, RuleBroken
from tao_lab.chain.events import encoded_event, encoded_phase
from tao_lab.chain.extrinsic import Extrinsic, compact, inherent
from tao_lab.chain.fee_weights import billed_weight
from tao_lab.chain.pallets import proxy, system, transaction_payment
from tao_lab.chain.runtime import SS58_FORMAT, Runtime
from tao_lab.chain.state import Storage

CLOCK = ("Timestamp", "set")


def author(state: Storage) -> str:
    """The account that makes blocks: the only authority."""
    return _first_authority(state.runtime, state.raw_get(state.key("Aura", "Authorities")) or b"")


@lru_cache(maxsize=8)
def _first_authority(runtime: Runtime, authorities: bytes) -> str:
    decoded = runtime.core.decode(runtime.item("Aura", "Authorities").value_type, authorities, True)
    return str(ss58_encode(bytes.fromhex(decoded[0][2:]), SS58_FORMAT))


def in_order(runtime: Runtime, hooks: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Hooks in the order of their pallets in the runtime."""
    return _in_order(runtime, tuple(hooks))


@lru_cache(maxsize=64)
def _in_order(runtime: Runtime, hooks: tuple[tuple[str, Any], ...]) -> list[tuple[str, Any]]:
    return sorted(hooks, key=lambda entry: int(runtime.pallets[entry[0]]["index"]))


def initialize(ctx: Context, parent_hash: bytes, slot: int) -> None:
    """Write the values of `System` before the first hook."""
    state, kept = ctx.state, ctx.runtime.block_hashes_kept
    state.put("System", "Number", ctx.block)
    state.raw.put(state.key("System", "ParentHash"), parent_hash)  # SCALE does not change the bytes of a hash
    state.raw.put(state.passing_key("System", "BlockHash", ctx.block - 1), parent_hash)
    if ctx.block > kept:
        state.raw.remove(state.passing_key("System", "BlockHash", ctx.block - kept - 1))
    state.raw.put(state.key("System", "Digest"), encoded_digest(ctx.runtime, slot))


def run_hooks(ctx: Context, hooks: Iterable[tuple[str, Any]]) -> None:
    """Run the hooks of all pallets.

    Raises:
        BlockFailed: A hook raised an error; the message names it. `RuleBroken` if it was a student's rule.
    """
    for pallet, hook in in_order(ctx.runtime, hooks):
        try:
            hook(ctx)
        except RuleBroken:
            raise
        except Exception as error:
            raise BlockFailed(f"block {ctx.block}: {pallet}.{hook.__name__} raised {error!r}") from error


def apply_clock(ctx: Context, time_ms: int) -> bytes:
    """The author's own extrinsic, which sets the time; returns its bytes."""
    ctx.phase = {"ApplyExtrinsic": 0}
    ctx.dispatch(NONE, Call(*CLOCK, {"now": time_ms}))
    ctx.events.append(clock_event(ctx.runtime))
    return clock_extrinsic(ctx.runtime, time_ms)


def clock_extrinsic(runtime: Runtime, time_ms: int) -> bytes:
    """The bytes of the extrinsic that sets the time."""
    body = _clock_start(runtime) + compact(time_ms)
    return compact(len(body)) + body


@cache
def _clock_start(runtime: Runtime) -> bytes:
    """The bytes of the clock's extrinsic before the time, which is at its end."""
    return inherent(runtime, *CLOCK, {"now": 0}).data[1:-1]


@cache
def clock_event(runtime: Runtime) -> bytes:
    """The event of the clock's extrinsic, the same in each block."""
    clock = inherent(runtime, *CLOCK, {"now": 0})
    weight, registered = extrinsic_weight(runtime, clock), clock.call.registered
    return encoded_phase({"ApplyExtrinsic": 0}) + _success(runtime, weight, registered.dispatch_class, pays_fee=False)


def apply_inherent(ctx: Context, extrinsic: Extrinsic) -> None:
    """Carry out another inherent; if it fails, it is in the block with its error."""
    failure = ctx.try_dispatch(NONE, extrinsic.call).error
    _deposit_result(ctx, extrinsic.call, extrinsic_weight(ctx.runtime, extrinsic), Post(), failure)


def finalize(ctx: Context) -> None:
    """Write the block's events."""
    events = compact(len(ctx.events)) + b"".join(ctx.events)
    ctx.state.raw.put(ctx.runtime.item("System", "Events").prefix, events)
    ctx.state.put("System", "EventCount", len(ctx.events))


def extrinsic_weight(runtime: Runtime, extrinsic: Extrinsic) -> Weight:
    """Weight of an extrinsic before it runs, including the fixed weight of every extrinsic."""
    return _spent_weight(runtime, extrinsic, Post())


def _spent_weight(runtime: Runtime, extrinsic: Extrinsic, post: Post) -> Weight:
    call, registered = extrinsic.call, extrinsic.call.registered
    frame = transaction_payment.base_weight(runtime, registered.dispatch_class)
    return frame + registered.spent(call.args, post.weight)


def highest_fee(runtime: Runtime, extrinsic: Extrinsic) -> int:
    """Rao that are taken before the call runs, including the tip; a part may be refunded."""
    return _fee(runtime, extrinsic, Post())


def _fee(runtime: Runtime, extrinsic: Extrinsic, post: Post) -> int:
    """Rao for the base fee, the length and the billed weight; only the tip if the call is free."""
    call, registered = extrinsic.call, extrinsic.call.registered
    if not (post.pays_fee and registered.pays(call.args)):
        return extrinsic.tip
    weight = billed_weight(call, post.weight)
    parts = transaction_payment.fee_parts(runtime, registered.dispatch_class, weight, len(extrinsic.data))
    return sum(parts) + extrinsic.tip


def tip_left_out(extrinsic: Extrinsic, payer: str) -> int:
    """Rao of tip that nobody pays: whoever pays for another's extrinsic pays no tip (since spec 463)."""
    return 0 if payer == extrinsic.signer else extrinsic.tip


def apply_extrinsic(ctx: Context, extrinsic: Extrinsic) -> Weight:
    """Carry out a signed extrinsic: nonce, fee, call, settlement, events.

    Returns:
        Its actual weight, including the fixed weight of every extrinsic.

    Raises:
        InvalidTransaction: No block may contain it; nothing was changed. A call that fails does not raise this: it is
            in the block with its error.
        NotInLab: As above.
    """
    mark = ctx.mark()
    try:
        return _apply(ctx, extrinsic)
    except BaseException:
        ctx.rollback(mark)
        raise


def _apply(ctx: Context, extrinsic: Extrinsic) -> Weight:
    who, call = str(extrinsic.signer), extrinsic.call
    info = system.account(ctx, who)
    if extrinsic.nonce != info["nonce"]:
        raise InvalidTransaction("Stale", f"nonce {extrinsic.nonce} is used; the next is {info['nonce']}")
    for check in TRANSACTION_CHECKS:
        check(ctx, who, call)
    info["nonce"] += 1
    if not (info["providers"] or info["sufficients"]):
        info["sufficients"] = 1  # so that the nonce outlives every balance, and nothing can be sent twice
    system.put_account(ctx, who, info)
    payer = proxy.fee_payer(ctx, who, call)
    left_out = tip_left_out(extrinsic, payer)
    highest = highest_fee(ctx.runtime, extrinsic) - left_out
    in_alpha = transaction_payment.withdraw_fee(ctx, payer, call, highest)
    post, failure = Post(), None
    try:
        post = ctx.dispatch(signed(who), call)
    except DispatchError as error:
        post, failure = Post(weight=error.weight), error
    if highest:
        fee = highest if post == Post() else min(_fee(ctx.runtime, extrinsic, post) - left_out, highest)
        transaction_payment.settle_fee(ctx, payer, highest, fee, extrinsic.tip - left_out, in_alpha)
    spent = _spent_weight(ctx.runtime, extrinsic, post)
    _deposit_result(ctx, call, spent, post, failure)
    return spent


def outcome(ctx: Context) -> Any:
    """The result of the extrinsic that just ran: a `Result` with the error of its last event."""
    event = ctx.runtime.core.decode(ctx.runtime.event_record_type, ctx.events[-1], True)
    return {"Err": event["attributes"]["dispatch_error"]} if event["event_id"] == "ExtrinsicFailed" else {"Ok": None}


def _deposit_result(ctx: Context, call: Call, spent: Weight, post: Post, failure: DispatchError | None) -> None:
    """The last event of an extrinsic: success or the error, with its weight and whether it paid."""
    registered = call.registered
    terms = spent, registered.dispatch_class, post.pays_fee and registered.pays(call.args)
    if failure is None:
        ctx.events.append(encoded_phase(ctx.phase) + _success(ctx.runtime, *terms))
    else:
        error = ctx.told_error(failure)
        ctx.deposit_event("System", "ExtrinsicFailed", dispatch_error=error, dispatch_info=_dispatch_info(*terms))


@lru_cache(maxsize=1_024)
def _success(runtime: Runtime, spent: Weight, dispatch_class: str, pays_fee: bool) -> bytes:
    """The bytes of the event of a successful extrinsic, without the phase before them."""
    content = {"dispatch_info": _dispatch_info(spent, dispatch_class, pays_fee)}
    phase = "Finalization"
    return encoded_event(runtime, phase, "System", "ExtrinsicSuccess", content)[len(encoded_phase(phase)) :]


def _dispatch_info(spent: Weight, dispatch_class: str, pays_fee: bool) -> dict[str, Any]:
    return {"weight": spent.encodable(), "class": dispatch_class, "pays_fee": "Yes" if pays_fee else "No"}
