"""Balances: who owns how much TAO, in rao.

An account with less than the existential deposit (500 rao) and nothing reserved is removed, and its rest is burned.
Source: `frame/balances/src/` of the Polkadot SDK (`lib.rs`, `impl_fungible.rs`); `impl pallet_balances::Config` in
`runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import (
    CallArgs,
    Origin,
    Weight,
    call,
    ensure_root,
    ensure_signed,
    lookup,
    on_genesis,
    weight,
)
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets import system
from tao_lab.units import U64_MAX, in_tao

EXISTENTIAL_DEPOSIT = 500  # rao


# --- for other pallets -----------------------------------------------------------------------------------------


def free_balance(ctx: Context, who: str) -> int:
    """Free rao of an account, including rao on hold."""
    return int(system.account(ctx, who)["data"]["free"])


def reducible(info: system.AccountInfo, keep_alive: bool) -> int:
    """How much may leave an account: not the frozen part, and not the existential deposit if it must be kept."""
    data = info["data"]
    untouchable = max(data["frozen"] - data["reserved"], 0)
    if keep_alive or (data["free"] > 0 and not system.can_dec_provider(info)):
        untouchable = max(untouchable, EXISTENTIAL_DEPOSIT)
    return int(max(data["free"] - untouchable, 0))


def transfer(ctx: Context, source: str, dest: str, value: int, keep_alive: bool) -> None:
    """Move rao between accounts; without `keep_alive` the source account may be removed.

    Raises:
        DispatchError: `Token.FundsUnavailable`, `.Frozen`, `.NotExpendable`, `.BelowMinimum`, `Arithmetic.Overflow`.
    """
    giver = system.account(ctx, source)
    _check_withdrawal(source, giver, value, keep_alive)
    taker = system.account(ctx, dest)
    _check_deposit(taker, value)
    if source != dest and value > 0:
        set_free(ctx, source, giver, giver["data"]["free"] - value)
        set_free(ctx, dest, taker, taker["data"]["free"] + value)
    if source != dest:
        ctx.deposit_event("Balances", "Transfer", **{"from": source, "to": dest, "amount": value})


def withdraw(ctx: Context, who: str, value: int, keep_alive: bool = True) -> None:
    """Take rao out of an account; the caller puts them elsewhere or burns them (`decrease_issuance`).

    Raises:
        DispatchError: As for `transfer`.
    """
    info = system.account(ctx, who)
    _check_withdrawal(who, info, value, keep_alive)
    set_free(ctx, who, info, info["data"]["free"] - value)
    ctx.deposit_event("Balances", "Withdraw", who=who, amount=value)


def deposit(ctx: Context, who: str, value: int) -> None:
    """Put rao that were withdrawn, or issued by `increase_issuance`, into an account.

    Raises:
        DispatchError: `Token.BelowMinimum`, `Arithmetic.Overflow`.
    """
    if value == 0:
        return
    info = system.account(ctx, who)
    _check_deposit(info, value)
    set_free(ctx, who, info, info["data"]["free"] + value)
    ctx.deposit_event("Balances", "Deposit", who=who, amount=value)


def increase_issuance(ctx: Context, value: int) -> None:
    """Issue rao; the caller deposits them.

    Raises:
        DispatchError: `Arithmetic.Overflow`.
    """
    total = ctx.state.get("Balances", "TotalIssuance") + value
    if total > U64_MAX:
        raise DispatchError("Arithmetic", "Overflow", "all TAO together would no longer fit into 64 bits")
    ctx.state.put("Balances", "TotalIssuance", total)


def decrease_issuance(ctx: Context, value: int) -> None:
    """Burn rao that the caller has withdrawn."""
    ctx.state.put("Balances", "TotalIssuance", max(ctx.state.get("Balances", "TotalIssuance") - value, 0))


def reserve(ctx: Context, who: str, value: int) -> None:
    """Reserve rao of an account; they still belong to it.

    Raises:
        DispatchError: `Balances.InsufficientBalance`, or `ConsumerRemaining` if too little would be left.
    """
    if value == 0:
        return
    info = system.account(ctx, who)
    data = info["data"]
    if value > data["free"]:
        raise DispatchError(
            "Balances", "InsufficientBalance", f"{who} has {in_tao(data['free'])} free, {in_tao(value)} to reserve"
        )
    if data["free"] - value < max(data["frozen"] - data["reserved"], 0):
        raise DispatchError(
            "Balances", "LiquidityRestrictions", f"{who} has {in_tao(data['frozen'])} frozen, which must stay"
        )
    set_free(ctx, who, info, data["free"] - value, data["reserved"] + value)
    ctx.deposit_event("Balances", "Reserved", who=who, amount=value)


def unreserve(ctx: Context, who: str, value: int) -> int:
    """Free reserved rao, at most all of them; returns how many were missing."""
    info = system.account(ctx, who)
    data = info["data"]
    freed = int(min(value, data["reserved"]))
    if freed:
        set_free(ctx, who, info, data["free"] + freed, data["reserved"] - freed)
        ctx.deposit_event("Balances", "Unreserved", who=who, amount=freed)
    return value - freed


def set_free(ctx: Context, who: str, info: system.AccountInfo, free: int, reserved: int | None = None) -> None:
    """Write a new free (and reserved) balance: the account is created, kept, or removed and its rest burned.

    Raises:
        DispatchError: `ConsumerRemaining`, `NoProviders`, `TooManyConsumers`.
    """
    data = info["data"]
    did_provide, did_consume = data["free"] >= EXISTENTIAL_DEPOSIT, data["reserved"] > 0 or data["frozen"] > 0
    data["free"] = free
    data["reserved"] = data["reserved"] if reserved is None else reserved
    provides, consumes = free >= EXISTENTIAL_DEPOSIT, data["reserved"] > 0 or data["frozen"] > 0
    dust = 0
    if not provides and data["reserved"] == 0:
        dust, data["free"] = free, 0
    gone = False
    if provides and not did_provide:
        system.inc_providers(ctx, who, info)
        ctx.deposit_event("Balances", "Endowed", account=who, free_balance=free)
    if did_consume and not consumes:
        system.dec_consumers(info)
    elif consumes and not did_consume:
        system.inc_consumers(info)
    if did_provide and not provides:
        gone = system.dec_providers(ctx, who, info)
    if not gone:
        system.put_account(ctx, who, info)
    if dust:
        decrease_issuance(ctx, dust)
        ctx.deposit_event("Balances", "DustLost", account=who, amount=dust)


def _check_withdrawal(who: str, info: system.AccountInfo, value: int, keep_alive: bool) -> None:
    data = info["data"]
    if value > data["free"]:
        raise DispatchError(
            "Token", "FundsUnavailable", f"{who} has {in_tao(data['free'])} free, {in_tao(value)} needed"
        )
    if value > reducible(info, keep_alive=False):
        name = "Frozen" if data["frozen"] else "FundsUnavailable"
        most = in_tao(reducible(info, keep_alive=False))
        raise DispatchError("Token", name, f"{most} may leave {who}, {in_tao(value)} needed")
    if keep_alive and value > 0 and data["free"] - value < EXISTENTIAL_DEPOSIT:
        raise DispatchError("Token", "NotExpendable", f"{in_tao(EXISTENTIAL_DEPOSIT)} must stay with {who}")


def _check_deposit(info: system.AccountInfo, value: int) -> None:
    free = info["data"]["free"] + value
    if free + info["data"]["reserved"] > U64_MAX:
        raise DispatchError(
            "Arithmetic", "Overflow", f"{in_tao(value)} more would no longer fit into the balance of 64 bits"
        )
    if value > 0 and free < EXISTENTIAL_DEPOSIT:
        raise DispatchError("Token", "BelowMinimum", f"an account needs {EXISTENTIAL_DEPOSIT} rao")


# --- calls and genesis -----------------------------------------------------------------------------------------


@on_genesis("Balances")
def endow(ctx: Context, genesis: Genesis) -> None:
    """Issue the first balances."""
    for who, value in sorted(genesis.balances.items()):
        increase_issuance(ctx, value)
        set_free(ctx, who, system.account(ctx, who), value)


@call("Balances", weight=weight(48_834_000, reads=1, writes=1))
def transfer_allow_death(ctx: Context, origin: Origin, dest: Any, value: int) -> None:
    """Transfer; the sender's account may be removed."""
    transfer(ctx, ensure_signed(origin), lookup(dest), value, keep_alive=False)


@call("Balances", weight=weight(39_051_000, reads=1, writes=1))
def transfer_keep_alive(ctx: Context, origin: Origin, dest: Any, value: int) -> None:
    """Transfer; the sender keeps the existential deposit."""
    transfer(ctx, ensure_signed(origin), lookup(dest), value, keep_alive=True)


@call("Balances", weight=weight(48_209_000, reads=1, writes=1))
def transfer_all(ctx: Context, origin: Origin, dest: Any, keep_alive: bool) -> None:
    """Transfer everything that may leave the account."""
    who = ensure_signed(origin)
    transfer(ctx, who, lookup(dest), reducible(system.account(ctx, who), keep_alive), keep_alive)


@call("Balances", weight=weight(49_519_000, reads=2, writes=2))
def force_transfer(ctx: Context, origin: Origin, source: Any, dest: Any, value: int) -> None:
    """Root transfers between any two accounts."""
    ensure_root(origin)
    transfer(ctx, lookup(source), lookup(dest), value, keep_alive=False)


@call("Balances", weight=weight(19_206_000, reads=1, writes=1))
def force_set_balance(ctx: Context, origin: Origin, who: Any, new_free: int) -> None:
    """Root sets a free balance; the issuance changes with it."""
    ensure_root(origin)
    account = lookup(who)
    info = system.account(ctx, account)
    free = new_free if new_free >= EXISTENTIAL_DEPOSIT or info["data"]["reserved"] else 0
    before = info["data"]["free"]
    set_free(ctx, account, info, free)
    if free > before:
        increase_issuance(ctx, free - before)
    else:
        decrease_issuance(ctx, before - free)
    ctx.deposit_event("Balances", "BalanceSet", who=account, free=free)


@call("Balances", weight=weight(15_515_000, reads=1, writes=1))
def force_unreserve(ctx: Context, origin: Origin, who: Any, amount: int) -> None:
    """Root frees reserved rao."""
    ensure_root(origin)
    unreserve(ctx, lookup(who), amount)


@call("Balances", weight=lambda args: Weight(30_219_000 if args["keep_alive"] else 20_720_000))
def burn(ctx: Context, origin: Origin, value: int, keep_alive: bool) -> None:
    """Burn a part of the caller's balance."""
    who = ensure_signed(origin)
    info = system.account(ctx, who)
    _check_withdrawal(who, info, value, keep_alive)
    set_free(ctx, who, info, info["data"]["free"] - value)
    decrease_issuance(ctx, value)
    ctx.deposit_event("Balances", "Burned", who=who, amount=value)


@call("Balances", weight=Weight(5_351_000))
def force_adjust_total_issuance(ctx: Context, origin: Origin, direction: str, delta: int) -> None:
    """Root corrects the total issuance (`Increase` or `Decrease`); no account changes."""
    ensure_root(origin)
    if not delta:
        raise DispatchError("Balances", "DeltaZero", "the difference is 0, so there is nothing to correct")
    old = ctx.state.get("Balances", "TotalIssuance")
    new = min(old + delta, U64_MAX) if direction == "Increase" else max(old - delta, 0)
    if ctx.state.get("Balances", "InactiveIssuance") > new:
        raise DispatchError("Balances", "IssuanceDeactivated", f"{new} rao would be less than what is inactive")
    ctx.state.put("Balances", "TotalIssuance", new)
    ctx.deposit_event("Balances", "TotalIssuanceForced", old=old, new=new)


def _upgrade_weight(args: CallArgs) -> Weight:
    count = len(args["who"])
    return weight(14_674_000 + 14_648_188 * count, reads=count, writes=count)


@call("Balances", weight=_upgrade_weight)
def upgrade_accounts(ctx: Context, origin: Origin, who: list[str]) -> None:
    """Upgrade accounts with an older format; in the lab all accounts have the new format."""
    ensure_signed(origin)
