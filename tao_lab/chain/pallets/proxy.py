"""Proxy: accounts that may act for another account, within the limits of their kind, at once or after an announcement.

Sources: `pallets/proxy/src/lib.rs` (weights with 20 proxies and 75 announcements, as the source counts them);
`impl pallet_proxy::Config` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bittensor_core import ss58_decode, ss58_encode

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import (
    Call,
    Origin,
    Post,
    call,
    ensure_signed,
    inner_weight,
    lookup,
    on_finalize,
    weight,
)
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.pallets import balances
from tao_lab.chain.proxy_types import ANY, FILTERS, is_superset
from tao_lab.chain.runtime import SS58_FORMAT

DEPOSIT_BASE, DEPOSIT_FACTOR, MAX_PROXIES = 60_000_000, 33_000_000, 20
ANNOUNCEMENT_BASE, ANNOUNCEMENT_FACTOR, MAX_PENDING = 36_000_000, 68_000_000, 75

Definition = dict[str, Any]  # delegate, proxy_type, delay


# --- for other pallets -----------------------------------------------------------------------------------------


def add_proxy_delegate(ctx: Context, real: str, delegate: str, proxy_type: str, delay: int) -> None:
    """Let `delegate` act for `real`, which pays the deposit.

    Raises:
        DispatchError: `Proxy.NoSelfProxy`, `.Duplicate`, `.TooMany`, `Balances.InsufficientBalance`.
    """
    if real == delegate:
        raise DispatchError("Proxy", "NoSelfProxy", f"{real} needs no permission to act for itself")
    definitions, deposit = ctx.state.get("Proxy", "Proxies", real)
    added = {"delegate": delegate, "proxy_type": proxy_type, "delay": delay}
    if added in definitions:
        raise DispatchError(
            "Proxy", "Duplicate", f"{delegate} may do this for {real} already ({proxy_type}, delay {delay})"
        )
    if len(definitions) >= MAX_PROXIES:
        raise DispatchError("Proxy", "TooMany", f"{real} has {len(definitions)} proxies, the most there may be")
    definitions = sorted([*definitions, added], key=lambda one: _order(ctx, one))
    deposit = _rejig(ctx, real, deposit, DEPOSIT_BASE, DEPOSIT_FACTOR, len(definitions))
    ctx.state.put("Proxy", "Proxies", real, (definitions, deposit))
    fields = {"delegator": real, "delegatee": delegate, "proxy_type": proxy_type, "delay": delay}
    ctx.deposit_event("Proxy", "ProxyAdded", **fields)


def remove_proxy_delegate(ctx: Context, real: str, delegate: str, proxy_type: str, delay: int) -> None:
    """Undo `add_proxy_delegate`.

    Raises:
        DispatchError: `Proxy.NotFound`.
    """
    definitions, deposit = ctx.state.get("Proxy", "Proxies", real)
    removed = {"delegate": delegate, "proxy_type": proxy_type, "delay": delay}
    if removed not in definitions:
        raise DispatchError(
            "Proxy",
            "NotFound",
            f"{real} has no proxy {delegate} with the type {proxy_type} and a delay of {delay} blocks",
        )
    definitions.remove(removed)
    deposit = _rejig(ctx, real, deposit, DEPOSIT_BASE, DEPOSIT_FACTOR, len(definitions))
    _put_or_remove(ctx, "Proxies", real, definitions, deposit)
    ctx.state.remove("Proxy", "RealPaysFeeConsentV1", real, delegate)
    fields = {"delegator": real, "delegatee": delegate, "proxy_type": proxy_type, "delay": delay}
    ctx.deposit_event("Proxy", "ProxyRemoved", **fields)


def fee_payer(ctx: Context, signer: str, made: Call) -> str:
    """The account that pays for an extrinsic: the account that its signer acts for, if that account agreed to pay.

    For a proxy call inside a proxy call, or inside a batch of proxy calls for one account, it goes one step further.
    Source: `runtime/src/transaction_payment_wrapper.rs`.
    """
    outer = _agreed_payer(ctx, signer, made)
    if outer is None:
        return signer
    inner: Call = made.args["call"]
    nested = inner.args["calls"] if inner.pallet == "Utility" and "calls" in inner.args else [inner]
    payers = {_agreed_payer(ctx, outer, one) for one in nested}
    deeper = payers.pop() if len(payers) == 1 else None
    return outer if deeper is None else deeper


def _agreed_payer(ctx: Context, delegate: str, made: Call) -> str | None:
    if (made.pallet, made.name) != ("Proxy", "proxy") or not isinstance(made.args["real"], str):
        return None
    real: str = made.args["real"]
    return real if ctx.state.exists("Proxy", "RealPaysFeeConsentV1", real, delegate) else None


# --- helpers ---------------------------------------------------------------------------------------------------


def _order(ctx: Context, definition: Definition) -> tuple[bytes, int, int]:
    """The order in which the chain stores definitions."""
    types = ctx.runtime.variants("subtensor_runtime_common", "proxy", "ProxyType")
    return bytes(ss58_decode(definition["delegate"])), types[definition["proxy_type"]], definition["delay"]


def _rejig(ctx: Context, who: str, old: int, base: int, factor: int, entries: int) -> int:
    """Adjust a deposit to the price of `entries` entries."""
    new = base + factor * entries if entries else 0
    if new > old:
        balances.reserve(ctx, who, new - old)
    else:
        balances.unreserve(ctx, who, old - new)
    return new


def _put_or_remove(ctx: Context, item: str, who: str, entries: list[Any], deposit: int) -> None:
    if entries:
        ctx.state.put("Proxy", item, who, (entries, deposit))
    else:
        ctx.state.remove("Proxy", item, who)


def _find(ctx: Context, real: str, delegate: str, proxy_type: str | None) -> Definition:
    definitions: list[Definition] = ctx.state.get("Proxy", "Proxies", real)[0]
    for definition in definitions:
        if definition["delegate"] == delegate and proxy_type in (None, definition["proxy_type"]):
            return definition
    raise DispatchError("Proxy", "NotProxy", f"{delegate} may not act for {real}")


def _allows(definition: Definition, made: Call) -> bool:
    """Whether a proxy may make a call: its kind must allow it, and it may not add proxies with more rights."""
    kind = definition["proxy_type"]
    if made.pallet == "Proxy":
        if made.name in ("add_proxy", "remove_proxy") and not is_superset(kind, made.args["proxy_type"]):
            return False
        if made.name in ("remove_proxies", "kill_pure") and kind != ANY:
            return False
    return FILTERS[kind].allows(made)


def _do_proxy(ctx: Context, origin: Origin, definition: Definition, real: str, inner: Call) -> None:
    """Make a call as `real`. What the caller's own origin does not allow stays forbidden (since spec 453)."""
    acting = replace(origin, account=real).allowing(lambda made: _allows(definition, made))
    result = ctx.dispatch_result(ctx.try_dispatch(acting, inner).error)
    ctx.state.put("Proxy", "LastCallResult", real, result)
    ctx.deposit_event("Proxy", "ProxyExecuted", result=result)


def _retain_announcements(ctx: Context, delegate: str, keeps: Callable[[dict[str, Any]], bool]) -> bool:
    """Drop the announcements that `keeps` does not keep; returns whether there were any."""
    pending, deposit = ctx.state.get("Proxy", "Announcements", delegate)
    kept = [announcement for announcement in pending if keeps(announcement)]
    if len(kept) == len(pending):
        return False
    deposit = _rejig(ctx, delegate, deposit, ANNOUNCEMENT_BASE, ANNOUNCEMENT_FACTOR, len(kept))
    _put_or_remove(ctx, "Announcements", delegate, kept, deposit)
    return True


@on_finalize("Proxy")
def forget_results(ctx: Context) -> None:
    """Delete results, which are kept only until the end of the block."""
    ctx.state.remove_prefix("Proxy", "LastCallResult")


# --- calls -----------------------------------------------------------------------------------------------------


def _inner_pays(args: dict[str, Any]) -> bool:
    inner: Call = args["call"]
    return inner.registered.pays(inner.args)


@call("Proxy", weight=inner_weight(weight(29_090_365, reads=4, writes=2)), pays_fee=_inner_pays)
def proxy(ctx: Context, origin: Origin, real: Any, force_proxy_type: str | None, call: Call) -> None:
    """Act for `real`; a failure of the inner call is in the event."""
    who, account = ensure_signed(origin), lookup(real)
    definition = _find(ctx, account, who, force_proxy_type)
    if definition["delay"]:
        raise DispatchError("Proxy", "Unannounced", f"wait {definition['delay']} blocks after announcing")
    _do_proxy(ctx, origin, definition, account, call)


@call("Proxy", weight=weight(27_388_644, reads=1, writes=1))
def add_proxy(ctx: Context, origin: Origin, delegate: Any, proxy_type: str, delay: int) -> None:
    """Let another account act for the caller."""
    add_proxy_delegate(ctx, ensure_signed(origin), lookup(delegate), proxy_type, delay)


@call("Proxy", weight=weight(29_108_129, reads=1, writes=2))
def remove_proxy(ctx: Context, origin: Origin, delegate: Any, proxy_type: str, delay: int) -> None:
    """Remove one proxy."""
    remove_proxy_delegate(ctx, ensure_signed(origin), lookup(delegate), proxy_type, delay)


@call("Proxy", weight=weight(28_523_188, reads=1, writes=1))
def remove_proxies(ctx: Context, origin: Origin) -> None:
    """Remove all proxies."""
    who = ensure_signed(origin)
    _, deposit = ctx.state.get("Proxy", "Proxies", who)
    ctx.state.remove("Proxy", "Proxies", who)
    balances.unreserve(ctx, who, deposit)
    ctx.state.remove_prefix("Proxy", "RealPaysFeeConsentV1", who)


def pure_account(ctx: Context, who: str, proxy_type: str, index: int, height: int, extrinsic: int) -> str:
    """Address of the keyless account that `create_pure` makes at a height and extrinsic index."""
    kind = ctx.runtime.variants("subtensor_runtime_common", "proxy", "ProxyType")[proxy_type]
    numbers = height.to_bytes(4, "little") + extrinsic.to_bytes(4, "little")
    entropy = b"modlpy/proxy____" + bytes(ss58_decode(who)) + numbers + bytes([kind]) + index.to_bytes(2, "little")
    return str(ss58_encode(blake2_256(entropy), SS58_FORMAT))


@call("Proxy", weight=weight(28_256_636, reads=1, writes=1))
def create_pure(ctx: Context, origin: Origin, proxy_type: str, delay: int, index: int) -> None:
    """Make an account without a key; only the caller can act for it."""
    who = ensure_signed(origin)
    pure = pure_account(ctx, who, proxy_type, index, ctx.block, ctx.extrinsic_index)
    if ctx.state.exists("Proxy", "Proxies", pure):
        raise DispatchError(
            "Proxy", "Duplicate", f"{who} has made this account already; another index makes another one"
        )
    deposit = DEPOSIT_BASE + DEPOSIT_FACTOR
    balances.reserve(ctx, who, deposit)
    definition = {"delegate": who, "proxy_type": proxy_type, "delay": delay}
    ctx.state.put("Proxy", "Proxies", pure, ([definition], deposit))
    fields = {"pure": pure, "who": who, "proxy_type": proxy_type, "disambiguation_index": index}
    ctx.deposit_event("Proxy", "PureCreated", **fields)


@call("Proxy", weight=weight(27_489_367, reads=1, writes=1))
def kill_pure(
    ctx: Context, origin: Origin, spawner: Any, proxy_type: str, index: int, height: int, ext_index: int
) -> None:
    """A keyless account (through its proxy) removes itself; what it owns is lost."""
    who, maker = ensure_signed(origin), lookup(spawner)
    if pure_account(ctx, maker, proxy_type, index, height, ext_index) != who:
        raise DispatchError("Proxy", "NoPermission", f"{who} is not the account that {maker} made at that place")
    _, deposit = ctx.state.get("Proxy", "Proxies", who)
    ctx.state.remove("Proxy", "Proxies", who)
    balances.unreserve(ctx, maker, deposit)
    fields = {"pure": who, "spawner": maker, "proxy_type": proxy_type, "disambiguation_index": index}
    ctx.deposit_event("Proxy", "PureKilled", **fields)


@call("Proxy", weight=weight(49_915_451, reads=3, writes=2))
def announce(ctx: Context, origin: Origin, real: Any, call_hash: str) -> None:
    """Announce a call for `real` by its hash."""
    who, account = ensure_signed(origin), lookup(real)
    _find(ctx, account, who, None)
    pending, deposit = ctx.state.get("Proxy", "Announcements", who)
    if len(pending) >= MAX_PENDING:
        raise DispatchError("Proxy", "TooMany", f"{who} has {len(pending)} open announcements, the most there may be")
    pending = [*pending, {"real": account, "call_hash": call_hash, "height": ctx.block}]
    deposit = _rejig(ctx, who, deposit, ANNOUNCEMENT_BASE, ANNOUNCEMENT_FACTOR, len(pending))
    ctx.state.put("Proxy", "Announcements", who, (pending, deposit))
    ctx.deposit_event("Proxy", "Announced", real=account, proxy=who, call_hash=call_hash)


def _drop(ctx: Context, delegate: str, real: str, call_hash: str) -> None:
    if not _retain_announcements(ctx, delegate, lambda a: a["real"] != real or a["call_hash"] != call_hash):
        raise DispatchError("Proxy", "NotFound", f"{delegate} has not announced this call for {real}")


@call("Proxy", weight=weight(41_787_991, reads=2, writes=2))
def remove_announcement(ctx: Context, origin: Origin, real: Any, call_hash: str) -> None:
    """Take an announcement back."""
    _drop(ctx, ensure_signed(origin), lookup(real), call_hash)


@call("Proxy", weight=weight(41_722_977, reads=2, writes=2))
def reject_announcement(ctx: Context, origin: Origin, delegate: Any, call_hash: str) -> None:
    """Refuse a proxy's announcement."""
    _drop(ctx, lookup(delegate), ensure_signed(origin), call_hash)


@call("Proxy", weight=inner_weight(weight(71_477_572, reads=6, writes=4)))
def proxy_announced(
    ctx: Context, origin: Origin, delegate: Any, real: Any, force_proxy_type: str | None, call: Call
) -> None:
    """Make a call that was announced at least the proxy's delay ago."""
    ensure_signed(origin)
    proxying, account = lookup(delegate), lookup(real)
    definition = _find(ctx, account, proxying, force_proxy_type)

    def keeps(announcement: dict[str, Any]) -> bool:
        due = ctx.block - announcement["height"] >= definition["delay"]
        return not (announcement["real"] == account and announcement["call_hash"] == call.hash and due)

    if not _retain_announcements(ctx, proxying, keeps):
        raise DispatchError(
            "Proxy",
            "Unannounced",
            f"{proxying} has not announced this call for {account}, or less than {definition['delay']} blocks ago",
        )
    _do_proxy(ctx, origin, definition, account, call)


@call("Proxy", weight=weight(46_757_000, reads=3, writes=3))
def poke_deposit(ctx: Context, origin: Origin) -> Post:
    """Adjust the deposits to the present prices, which never change here; free only if a deposit was wrong."""
    who, changed = ensure_signed(origin), False
    for item, kind, base, factor in (
        ("Proxies", "Proxies", DEPOSIT_BASE, DEPOSIT_FACTOR),
        ("Announcements", "Announcements", ANNOUNCEMENT_BASE, ANNOUNCEMENT_FACTOR),
    ):
        entries, old = ctx.state.get("Proxy", item, who)
        new = _rejig(ctx, who, old, base, factor, len(entries))
        if new != old:
            changed = True
            _put_or_remove(ctx, item, who, entries, new)
            ctx.deposit_event("Proxy", "DepositPoked", who=who, kind=kind, old_deposit=old, new_deposit=new)
    return Post(pays_fee=not changed)


@call("Proxy", weight=weight(15_115_911, reads=1, writes=1))
def set_real_pays_fee(ctx: Context, origin: Origin, delegate: Any, pays_fee: bool) -> None:
    """Agree to pay the fees of a proxy's calls for the caller, or stop that."""
    real, proxying = ensure_signed(origin), lookup(delegate)
    _find(ctx, real, proxying, None)
    if pays_fee:
        ctx.state.put("Proxy", "RealPaysFeeConsentV1", real, proxying, ())
    else:
        ctx.state.remove("Proxy", "RealPaysFeeConsentV1", real, proxying)
    ctx.deposit_event("Proxy", "RealPaysFeeSet", real=real, delegate=proxying, pays_fee=pays_fee)
