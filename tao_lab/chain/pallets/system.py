"""System: accounts and their references, nonces, remarks, and the general data of a block.

An account exists while at least one pallet provides it (`providers`); it can't be removed while a pallet uses it
(`consumers`).
Source: `frame/system/src/lib.rs` of the Polkadot SDK; `impl frame_system::Config` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import CallArgs, Origin, Weight, WeightFunction, call, ensure_root, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.runtime import octets

MAX_CONSUMERS = 16

AccountInfo = dict[str, Any]


def account(ctx: Context, who: str) -> AccountInfo:
    """`System.Account` of `who`: nonce, consumers, providers, sufficients, and `data` with the balances."""
    info: AccountInfo = ctx.state.get("System", "Account", who)
    return info


def put_account(ctx: Context, who: str, info: AccountInfo) -> None:
    """Write `System.Account` of `who`."""
    ctx.state.put("System", "Account", who, info)


def inc_providers(ctx: Context, who: str, info: AccountInfo) -> None:
    """Add a provider; the first one creates the account."""
    if info["providers"] == 0 and info["sufficients"] == 0:
        ctx.deposit_event("System", "NewAccount", account=who)
    info["providers"] += 1


def dec_providers(ctx: Context, who: str, info: AccountInfo) -> bool:
    """Remove a provider; returns whether the account was removed from the state.

    Raises:
        DispatchError: `ConsumerRemaining`: a pallet still uses the account.
    """
    if info["providers"] > 1 or info["sufficients"] > 0:
        info["providers"] -= 1
        return False
    if info["consumers"] > 0:
        raise DispatchError("ConsumerRemaining", "", f"{info['consumers']} other entries still need the account")
    ctx.state.remove("System", "Account", who)
    ctx.deposit_event("System", "KilledAccount", account=who)
    return True


def can_dec_provider(info: AccountInfo) -> bool:
    """Whether a provider may be removed."""
    return bool(info["consumers"] == 0 or info["providers"] > 1)


def dec_consumers(info: AccountInfo) -> None:
    """Remove a consumer."""
    info["consumers"] -= 1


def inc_consumers(info: AccountInfo) -> None:
    """Add a consumer.

    Raises:
        DispatchError: `NoProviders` or `TooManyConsumers`.
    """
    if info["providers"] == 0:
        raise DispatchError("NoProviders", "", "the account does not exist yet: it needs a balance first")
    if info["consumers"] >= MAX_CONSUMERS:
        raise DispatchError(
            "TooManyConsumers", "", f"{MAX_CONSUMERS} entries need the account already, the most there may be"
        )
    info["consumers"] += 1


def _remark_weight(base: int, each: int) -> WeightFunction:
    return lambda args: Weight(base + each * len(octets(args["remark"])))


@call("System", weight=_remark_weight(1_586_000, 10_920))
def remark(ctx: Context, origin: Origin, remark: str) -> None:
    """Leave a text in the block; it changes nothing."""


@call("System", weight=_remark_weight(4_725_000, 12_386))
def remark_with_event(ctx: Context, origin: Origin, remark: str) -> None:
    """Leave a text in the block and an event with its hash."""
    who = ensure_signed(origin)
    ctx.deposit_event("System", "Remarked", sender=who, hash="0x" + blake2_256(octets(remark)).hex())


def _per_key(argument: str, base: int, each: int) -> WeightFunction:
    return lambda args: weight(base + each * len(args[argument]), writes=len(args[argument]))


@call("System", weight=_per_key("items", 1_565_000, 733_648), dispatch_class="Operational")
def set_storage(ctx: Context, origin: Origin, items: list[tuple[str, str]]) -> None:
    """Root writes raw storage."""
    ensure_root(origin)
    for key, value in items:
        ctx.state.raw.put(octets(key), octets(value))


@call("System", weight=_per_key("keys", 1_624_000, 566_903), dispatch_class="Operational")
def kill_storage(ctx: Context, origin: Origin, keys: list[str]) -> None:
    """Root removes raw storage."""
    ensure_root(origin)
    for key in keys:
        ctx.state.raw.remove(octets(key))


def _prefix_weight(args: CallArgs) -> Weight:
    keys = args["subkeys"] + 1
    return weight(2_964_000 + 1_340_742 * keys, reads=keys, writes=keys)


@call("System", weight=_prefix_weight, dispatch_class="Operational")
def kill_prefix(ctx: Context, origin: Origin, prefix: str, subkeys: int) -> None:
    """Root removes raw storage below a prefix, at most `limit` keys."""
    ensure_root(origin)
    for key in list(ctx.state.raw.keys(octets(prefix), None, subkeys)):
        ctx.state.raw.remove(key)
