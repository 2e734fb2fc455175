"""Sudo: one key that may call as the chain's root.

A block contains such an extrinsic only if this key signed it. Sources: `frame/sudo/src/lib.rs` of the Polkadot SDK;
`runtime/src/sudo_wrapper.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import (
    ROOT,
    Call,
    Origin,
    Post,
    Weight,
    call,
    ensure_signed,
    inner_weight,
    lookup,
    on_genesis,
    signed,
    transaction_check,
    weight,
)
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.genesis import Genesis


@on_genesis("Sudo")
def genesis_key(ctx: Context, genesis: Genesis) -> None:
    """The first key."""
    ctx.state.put("Sudo", "Key", genesis.sudo)


@transaction_check
def only_the_key_calls_sudo(ctx: Context, who: str, made: Call) -> None:
    """Keep sudo calls of all other accounts out of the pool.

    Raises:
        InvalidTransaction: `BadSigner`.
    """
    if made.pallet == "Sudo" and ctx.state.get("Sudo", "Key") != who:
        raise InvalidTransaction("BadSigner", f"{who} does not hold the sudo key")


def _ensure_key(ctx: Context, origin: Origin) -> None:
    who = ensure_signed(origin)
    if who != ctx.state.get("Sudo", "Key"):
        raise DispatchError("Sudo", "RequireSudo", f"{who} does not hold the sudo key")


def _call_as_root(ctx: Context, origin: Origin, inner: Call) -> Post:
    _ensure_key(ctx, origin)
    error = ctx.try_dispatch(ROOT, inner).error
    ctx.deposit_event("Sudo", "Sudid", sudo_result=ctx.dispatch_result(error))
    return Post(pays_fee=False)


@call("Sudo", weight=inner_weight(weight(7_939_000, reads=1)))
def sudo(ctx: Context, origin: Origin, call: Call) -> Post:
    """Carry out a call as root; free, and successful even if the call fails (see the event)."""
    return _call_as_root(ctx, origin, call)


@call("Sudo", weight=lambda args: Weight(args["weight"]["ref_time"], args["weight"]["proof_size"]))
def sudo_unchecked_weight(ctx: Context, origin: Origin, call: Call, weight: dict[str, int]) -> Post:
    """Like `sudo`, with a weight that the caller states."""
    return _call_as_root(ctx, origin, call)


@call("Sudo", weight=inner_weight(weight(7_870_000, reads=1)))
def sudo_as(ctx: Context, origin: Origin, who: Any, call: Call) -> Post:
    """Carry out a call as another account."""
    _ensure_key(ctx, origin)
    error = ctx.try_dispatch(signed(lookup(who)), call, bypassing_filters=True).error
    ctx.deposit_event("Sudo", "SudoAsDone", sudo_result=ctx.dispatch_result(error))
    return Post(pays_fee=False)


@call("Sudo", weight=weight(7_237_000, reads=1, writes=1))
def set_key(ctx: Context, origin: Origin, new: Any) -> Post:
    """Hand the key to another account."""
    _ensure_key(ctx, origin)
    old, account = ctx.state.get("Sudo", "Key"), lookup(new)
    ctx.state.put("Sudo", "Key", account)
    ctx.deposit_event("Sudo", "KeyChanged", old=old, new=account)
    return Post(pays_fee=False)


@call("Sudo", weight=weight(6_417_000, reads=1, writes=1))
def remove_key(ctx: Context, origin: Origin) -> Post:
    """Remove the key: from then on nobody can call as root."""
    _ensure_key(ctx, origin)
    ctx.state.remove("Sudo", "Key")
    ctx.deposit_event("Sudo", "KeyRemoved")
    return Post(pays_fee=False)
