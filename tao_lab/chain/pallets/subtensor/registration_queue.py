"""Waiting registrations: on a full network a new subnet waits for a free number, and its price is held.

A number is free when an old subnet is cleaned up. Until then the price is on a separate account to which nobody has a
key, so the owner can't spend it. The cost of the subnet and the price of its first alpha are those of the call's block.

Sources of spec 475: `pallets/subtensor/src/subnets/subnet.rs` (`do_register_network`), `coinbase/tao.rs`
(`escrow_network_registration_cost`, `pay_network_registration_cost`, `refund_network_registration_cost`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.accounts import create_account
from tao_lab.chain.pallets.subtensor.lookups import MODULE, cleanup_queue, failed
from tao_lab.chain.pallets.subtensor.pool import DYNAMIC
from tao_lab.chain.pallets.subtensor.tao import escrow_account, subnet_account
from tao_lab.chain.state import StorageReader
from tao_lab.units import in_tao

QUEUE, ESCROW, LOCK_ID = "NetworkRegistrationQueue", "NetworkRegistrationEscrow", "NetworkRegistrationLockId"
LAST_LOCK_ID = (1 << 32) - 1


def registration_queue(state: StorageReader) -> list[dict[str, Any]]:
    """The waiting registrations, the oldest first."""
    return list(state.get(MODULE, QUEUE))


def number_comes_free(state: StorageReader) -> bool:
    """Whether more dissolved subnets wait for their cleanup than registrations wait for a number."""
    return len(cleanup_queue(state)) > len(registration_queue(state))


def enqueue(
    ctx: Context, coldkey: str, hotkey: str, identity: Mapping[str, str] | None, lock_amount: int, price: int
) -> None:
    """Take a registration's price and put the registration at the end of the queue.

    Args:
        ctx: The block.
        coldkey: Who pays, and will own the subnet.
        hotkey: Its UID 0.
        identity: Its name and links.
        lock_amount: What it costs, rao.
        price: Median price of the subnets' alpha, U64F64 bits.

    Raises:
        DispatchError: `LockIdOverFlow`, `CannotUseSystemAccount`, or what `balances.transfer` raises.
    """
    state = ctx.state
    lock_id = state.get(MODULE, LOCK_ID)
    if lock_id == LAST_LOCK_ID:
        raise failed("LockIdOverFlow", f"the queue has numbered {lock_id} registrations, and numbers end there")
    _pay_in(ctx, coldkey, lock_amount, lock_id)
    create_account(ctx, coldkey, hotkey)
    state.put(MODULE, LOCK_ID, lock_id + 1)
    told = {
        "coldkey": coldkey,
        "hotkey": hotkey,
        "mechid": DYNAMIC,
        "identity": None if identity is None else dict(identity),
        "lock_amount": lock_amount,
        "median_subnet_alpha_price": {"bits": price},
        "registration_block": ctx.block,
    }
    state.put(MODULE, QUEUE, [*registration_queue(state), {**told, "lock_id": lock_id}])
    ctx.deposit_event(MODULE, "NetworkRegistrationQueued", **told)


def remove_waiting(ctx: Context, lock_id: int) -> None:
    """Take a registration off the queue."""
    left = [info for info in registration_queue(ctx.state) if info["lock_id"] != lock_id]
    ctx.state.put(MODULE, QUEUE, left)


# --- its money --------------------------------------------------------------------------------------------------


def _pay_in(ctx: Context, coldkey: str, rao: int, lock_id: int) -> None:
    escrow = escrow_account(lock_id)
    if ctx.state.exists(MODULE, ESCROW, lock_id):
        raise failed("BalanceWithdrawalError", f"the account of registration {lock_id} is in use")
    if coldkey == escrow:
        raise failed("CannotUseSystemAccount", f"{coldkey} is the account of a waiting registration")
    balances.transfer(ctx, coldkey, escrow, rao, keep_alive=True)
    ctx.state.put(MODULE, ESCROW, lock_id, (coldkey, rao))


def pay_out(ctx: Context, coldkey: str, netuid: int, rao: int, lock_id: int) -> None:
    """Move the price of a registration to the account of its subnet.

    Raises:
        DispatchError: `BalanceWithdrawalError`, `SubnetNotExists`, or what `balances.transfer` raises.
    """
    if _noted(ctx.state, coldkey, lock_id) != rao:
        raise failed("BalanceWithdrawalError", f"registration {lock_id} has not paid {in_tao(rao)}")
    balances.transfer(ctx, escrow_account(lock_id), subnet_account(ctx.state, netuid), rao, keep_alive=False)
    ctx.state.remove(MODULE, ESCROW, lock_id)


def refund(ctx: Context, coldkey: str, lock_id: int) -> None:
    """Return the price of a registration.

    Raises:
        DispatchError: `BalanceWithdrawalError`, or what `balances.transfer` raises.
    """
    balances.transfer(ctx, escrow_account(lock_id), coldkey, _noted(ctx.state, coldkey, lock_id), keep_alive=False)
    ctx.state.remove(MODULE, ESCROW, lock_id)


def _noted(state: StorageReader, coldkey: str, lock_id: int) -> int:
    """What a coldkey has paid for a registration, rao.

    The chain also knows registrations from before spec 475 that left a lock on the coldkey; here there are none.
    """
    owner, rao = state.get(MODULE, ESCROW, lock_id) or ("", 0)
    if owner != coldkey:
        raise failed("BalanceWithdrawalError", f"{coldkey} has paid nothing for registration {lock_id}")
    return int(rao)
