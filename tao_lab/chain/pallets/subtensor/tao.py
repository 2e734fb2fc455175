"""How the pallet moves TAO and alpha: into and out of the subnets' accounts, minted, recycled and burned.

Every subnet has its own account, without a private key, which holds the TAO of its pool. *Recycled* TAO ceases to
exist: it lowers the issuance, which decides the halvings. *Burned* TAO stays forever on an account without a private
key.

Sources: `pallets/subtensor/src/coinbase/{tao,alpha}.rs`, `subnets/subnet.rs` (`get_subnet_account_id`),
`macros/genesis.rs`, `pallets/alpha-assets/src/lib.rs`.
"""

from __future__ import annotations

from functools import cache

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import on_genesis
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets import balances, system
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    SUBNET_ACCOUNTS,
    cleanup_queue,
    failed,
    subnet_exists,
)
from tao_lab.chain.runtime import SS58_FORMAT
from tao_lab.chain.state import StorageReader
from tao_lab.units import U64_MAX, in_tao

MAX_TAO_ISSUANCE = 21_000_000 * 10**9  # rao
BURN_ACCOUNT = b"modlburntnsr"  # then zeros
ESCROW = b"rges"  # registration escrow
ACCOUNT_BYTES = 32


# --- accounts ---------------------------------------------------------------------------------------------------


@cache
def account_of_netuid(netuid: int) -> str:
    """Address of the account of a subnet, whether there is such a subnet or not."""
    return _address(SUBNET_ACCOUNTS + netuid.to_bytes(2, "little"))


@cache
def special_account(name: bytes) -> str:
    """Address of an account of the pallet's own that has a name instead of a netuid (`into_sub_account_truncating`)."""
    return _address(SUBNET_ACCOUNTS + name)


@cache
def burn_account() -> str:
    """Address of the account with all burned TAO."""
    return _address(BURN_ACCOUNT)


def subnet_account(state: StorageReader, netuid: int) -> str:
    """Address of the account of a subnet, also of one whose cleanup waits (`get_subnet_account_id`).

    Raises:
        DispatchError: `SubnetNotExists`.
    """
    if netuid != ROOT_NETUID and not subnet_exists(state, netuid) and netuid not in cleanup_queue(state):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    return account_of_netuid(netuid)


def coldkey_balance(ctx: Context, coldkey: str) -> int:
    """Rao that may leave an account, the existential deposit included (`get_coldkey_balance`)."""
    return balances.reducible(system.account(ctx, coldkey), keep_alive=False)


def keep_alive_balance(ctx: Context, coldkey: str) -> int:
    """Rao that may leave an account that must keep the existential deposit (`get_keep_alive_balance`)."""
    return balances.reducible(system.account(ctx, coldkey), keep_alive=True)


@cache
def escrow_account(lock_id: int) -> str:
    """Address on which the price of a queued registration waits (`network_registration_escrow_account`)."""
    return _address(SUBNET_ACCOUNTS + ESCROW + lock_id.to_bytes(4, "little"))


def _address(data: bytes) -> str:
    return str(bittensor_core.ss58_encode(data.ljust(ACCOUNT_BYTES, b"\0"), SS58_FORMAT))


# --- TAO --------------------------------------------------------------------------------------------------------


def transfer_tao(ctx: Context, source: str, dest: str, rao: int) -> None:
    """Move rao between accounts; the source account may be removed, and its last rao then leave the issuance.

    Raises:
        DispatchError: `InsufficientTaoBalance`, or what `balances.transfer` raises.
    """
    available = coldkey_balance(ctx, source)
    if rao > available:
        raise failed("InsufficientTaoBalance", f"{in_tao(available)} may leave {source}, {in_tao(rao)} needed")
    _transfer(ctx, source, dest, rao)


def transfer_all_tao_and_kill(ctx: Context, source: str, dest: str) -> None:
    """Move all rao that may leave an account."""
    rao = coldkey_balance(ctx, source)
    if rao:
        _transfer(ctx, source, dest, rao)


def _transfer(ctx: Context, source: str, dest: str, rao: int) -> None:
    before = ctx.state.get("Balances", "TotalIssuance")
    balances.transfer(ctx, source, dest, rao, keep_alive=False)
    dust = before - ctx.state.get("Balances", "TotalIssuance")
    if dust:
        _change_issuance(ctx, -dust)


def transfer_tao_to_subnet(ctx: Context, netuid: int, coldkey: str, rao: int) -> int:
    """Move rao to the account of a subnet, less if the existential deposit requires it; returns how many.

    Raises:
        DispatchError: `SubnetNotExists`, `InsufficientTaoBalance`, or what `balances.transfer` raises.
    """
    if rao == 0:
        return 0
    account = subnet_account(ctx.state, netuid)
    moved = min(rao, keep_alive_balance(ctx, coldkey))
    if moved == 0:
        raise failed(
            "InsufficientTaoBalance", f"nothing may leave {coldkey} but the existential deposit; {in_tao(rao)} needed"
        )
    balances.transfer(ctx, coldkey, account, moved, keep_alive=True)
    return moved


def transfer_tao_from_subnet(ctx: Context, netuid: int, coldkey: str, rao: int) -> None:
    """Move rao from the account of a subnet.

    Raises:
        DispatchError: `SubnetNotExists`, or as for `transfer_tao`.
    """
    transfer_tao(ctx, subnet_account(ctx.state, netuid), coldkey, rao)


def burn_tao(ctx: Context, coldkey: str, rao: int) -> None:
    """Move rao to the account of burned TAO; the issuance does not change.

    Raises:
        DispatchError: As for `transfer_tao`.
    """
    transfer_tao(ctx, coldkey, burn_account(), rao)


def recycle_tao(ctx: Context, coldkey: str, rao: int) -> None:
    """Recycle rao of an account, which must keep the existential deposit.

    Raises:
        DispatchError: `InsufficientTaoBalance`, `BalanceWithdrawalError`.
    """
    available = keep_alive_balance(ctx, coldkey)
    if rao > available:
        raise failed("InsufficientTaoBalance", f"{in_tao(available)} may leave {coldkey}, {in_tao(rao)} needed")
    _change_issuance(ctx, -rao)
    try:
        balances.withdraw(ctx, coldkey, rao, keep_alive=False)
    except DispatchError as error:
        raise failed("BalanceWithdrawalError", str(error)) from error
    balances.decrease_issuance(ctx, rao)


def mint_tao(ctx: Context, rao: int) -> int:
    """Issue rao, up to 21 million TAO in all; returns the credit, for `spend_tao` and `recycle_credit`."""
    credit = min(rao, max(MAX_TAO_ISSUANCE - int(ctx.state.get("Balances", "TotalIssuance")), 0))
    _change_issuance(ctx, credit)
    balances.increase_issuance(ctx, credit)
    return credit


def spend_tao(ctx: Context, coldkey: str, credit: int, part: int) -> int | None:
    """Put part of a credit into an account.

    Returns:
        The rest of the credit; None if the part is larger than the credit or the account cannot receive it. Then
        nothing was done.
    """
    if credit < part:
        return None
    try:
        balances.deposit(ctx, coldkey, part)
    except DispatchError:
        return None
    return credit - part


def recycle_credit(ctx: Context, credit: int) -> None:
    """Recycle the rest of a credit."""
    if credit:
        _change_issuance(ctx, -credit)
        balances.decrease_issuance(ctx, credit)


def _change_issuance(ctx: Context, rao: int) -> None:
    total = min(max(ctx.state.get(MODULE, "TotalIssuance") + rao, 0), U64_MAX)
    ctx.state.put(MODULE, "TotalIssuance", total)


@on_genesis(MODULE)
def count_first_issuance(ctx: Context, genesis: Genesis) -> None:
    """Start the pallet's own count of the issuance with the balances of block 0."""
    ctx.state.put(MODULE, "TotalIssuance", ctx.state.get("Balances", "TotalIssuance"))


# --- alpha ------------------------------------------------------------------------------------------------------


def clear_alpha_counters(ctx: Context, netuid: int) -> None:
    """Forget how much alpha a number's last subnet had: the next one begins at zero (`clear_alpha_counters`)."""
    for item in ("TotalAlphaIssuance", "AlphaRecycled", "AlphaBurned"):
        ctx.state.remove("AlphaAssets", item, netuid)


def mint_alpha_out(ctx: Context, netuid: int, rao: int) -> None:
    """Issue alpha to holders (`mint_alpha`, `resolve_to_alpha_out`); the caller adds it to stakes."""
    add_to(ctx, "AlphaAssets", "TotalAlphaIssuance", netuid, rao)
    add_to(ctx, MODULE, "SubnetAlphaOut", netuid, rao)


def mint_alpha_in(ctx: Context, netuid: int, rao: int) -> None:
    """Issue alpha into the pool (`mint_alpha`, `resolve_to_alpha_in`)."""
    add_to(ctx, "AlphaAssets", "TotalAlphaIssuance", netuid, rao)
    add_to(ctx, MODULE, "SubnetAlphaIn", netuid, rao)


def recycle_subnet_alpha(ctx: Context, netuid: int, rao: int) -> None:
    """Recycle alpha that the caller has taken from a holder."""
    add_to(ctx, MODULE, "SubnetAlphaOut", netuid, -rao)
    add_to(ctx, "AlphaAssets", "AlphaRecycled", netuid, rao)
    add_to(ctx, "AlphaAssets", "TotalAlphaIssuance", netuid, -rao)


def burn_subnet_alpha(ctx: Context, netuid: int, rao: int) -> None:
    """Burn alpha that the caller has taken from a holder; it still counts as outstanding."""
    add_to(ctx, "AlphaAssets", "AlphaBurned", netuid, rao)


def add_to(ctx: Context, pallet: str, item: str, netuid: int, rao: int) -> None:
    """Raise or lower a u64 that is stored by netuid; it stops at 0 and at 2^64 - 1."""
    if rao:
        total = min(max(ctx.state.get(pallet, item, netuid) + rao, 0), U64_MAX)
        ctx.state.put(pallet, item, netuid, total)
