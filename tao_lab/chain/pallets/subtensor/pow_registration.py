"""Registration by proof of work: a coldkey shows a hash that was hard to find, and its hotkey gets a place, no fee.

The subnet's owner must allow it. It counts as one of the registrations of its block, and on a full subnet it replaces
the weakest neuron. It raises the difficulty, not the price.

Source at spec 475: `pallets/subtensor/src/subnets/registration.rs` (`check_pow_registration`, `do_pow_register`).
"""

from __future__ import annotations

from dataclasses import replace

from bittensor_core import ss58_decode

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Origin, call, ensure_signed, transaction_check, weight
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets.subtensor.accounts import create_account
from tao_lab.chain.pallets.subtensor.guards import BAD_REQUEST, CUSTOM_ERRORS
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    coldkey_owns_hotkey,
    failed,
    hotkey_exists,
    is_subnet_account,
    uid_of,
)
from tao_lab.chain.pallets.subtensor.registration import ensure_subnet, price_terms, register_neuron, set_difficulty
from tao_lab.chain.runtime import octets
from tao_lab.chain.state import StorageReader
from tao_lab.economy import registration_price
from tao_lab.economy.work import difficulty_bounds, effective_difficulty, meets_difficulty, registration_seal

MAX_WORK_AGE = 5  # blocks; `POW_MAX_WORK_AGE_BLOCKS`
MAX_STAKING_HOTKEYS = 256


@call(MODULE, weight=weight(349_872_000, reads=36, writes=31), pays_fee=False)
def pow_register(
    ctx: Context, origin: Origin, netuid: int, work_block: int, nonce: int, work: str, hotkey: str
) -> None:
    """Get a place for proof of work, without a fee."""
    coldkey = ensure_signed(origin)
    _check(ctx, coldkey, netuid, work_block, nonce, work, hotkey)
    create_account(ctx, coldkey, hotkey)
    uid = register_neuron(ctx, netuid, hotkey)
    if uid_of(ctx.state, netuid, hotkey) != uid:  # the owner's hotkey kept its place
        raise failed("NoNeuronIdAvailable", f"uid {uid} of subnet {netuid} may not be replaced")
    _raise_difficulty(ctx, netuid)
    ctx.state.put(MODULE, "LastPowRegistrationBlock", hotkey, work_block)
    registered = ctx.state.get(MODULE, "RegistrationsThisBlock", netuid)
    ctx.state.put(MODULE, "RegistrationsThisBlock", netuid, registered + 1)
    ctx.deposit_event(MODULE, "NeuronRegistered", netuid, uid, hotkey)


@transaction_check
def keep_out_without_work(ctx: Context, who: str, made: Call) -> None:
    """Refuse the call before it enters a block, unless its work is valid: it pays no fee."""
    if (made.pallet, made.name) != (MODULE, "pow_register"):
        return
    try:
        _check(ctx, who, **made.args)
    except DispatchError as error:
        raise InvalidTransaction("Custom", str(error), CUSTOM_ERRORS.get(error.name, BAD_REQUEST)) from error


def _check(ctx: Context, coldkey: str, netuid: int, work_block: int, nonce: int, work: str, hotkey: str) -> None:
    """`check_pow_registration`: the checks in the pool, which the call repeats."""
    state = ctx.state
    ensure_subnet(ctx, netuid)
    if not state.get(MODULE, "NetworkPowRegistrationAllowed", netuid):
        raise failed("SubNetRegistrationDisabled", f"the owner of subnet {netuid} does not take work")
    uid = uid_of(state, netuid, hotkey)
    if uid is not None:
        raise failed("HotKeyAlreadyRegisteredInSubNet", f"{hotkey} has UID {uid} on subnet {netuid}")
    if not state.get(MODULE, "MaxAllowedUids", netuid):
        raise failed("NoNeuronIdAvailable", f"subnet {netuid} has no seats")
    most = state.get(MODULE, "MaxRegistrationsPerBlock", netuid)
    if state.get(MODULE, "RegistrationsThisBlock", netuid) >= most:
        raise failed("TooManyRegistrationsThisBlock", f"subnet {netuid} takes {most} in a block")
    _check_work(ctx, coldkey, netuid, work_block, nonce, octets(work), hotkey)
    if is_subnet_account(hotkey):
        raise failed("CannotUseSystemAccount", f"{hotkey} is the account of a subnet")
    if hotkey_exists(state, hotkey):
        if not coldkey_owns_hotkey(state, coldkey, hotkey):
            raise failed("NonAssociatedColdKey", f"{hotkey} belongs to {state.get(MODULE, 'Owner', hotkey)}")
        return
    for item in ("OwnedHotkeys", "StakingHotkeys"):
        if len(state.get(MODULE, item, coldkey)) >= MAX_STAKING_HOTKEYS:
            raise failed("TooManyStakingHotkeys", f"{coldkey} has {MAX_STAKING_HOTKEYS} hotkeys already")


def _check_work(ctx: Context, coldkey: str, netuid: int, work_block: int, nonce: int, work: bytes, hotkey: str) -> None:
    state = ctx.state
    if not work_block < ctx.block <= work_block + MAX_WORK_AGE:
        raise failed("InvalidWorkBlock", f"the work is for block {work_block}, this one is {ctx.block}")
    last = state.get(MODULE, "LastPowRegistrationBlock", hotkey)
    if last is not None and work_block <= last:
        raise failed("InvalidWorkBlock", f"{hotkey} has a place for work for block {last} already")
    block_hash = _block_hash(ctx, work_block)
    if not any(block_hash):
        raise failed("InvalidWorkBlock", f"the hash of block {work_block} is not known")
    hot, cold = bytes(ss58_decode(hotkey)), bytes(ss58_decode(coldkey))
    if work != registration_seal(netuid, block_hash, hot, cold, nonce):
        raise failed("InvalidSeal", "the hash is not that of subnet, block, hotkey, coldkey and nonce")
    difficulty = pow_difficulty(state, netuid)
    if not meets_difficulty(work, difficulty):
        raise failed("InvalidDifficulty", f"the hash is too large for a difficulty of {difficulty}")


def _block_hash(ctx: Context, number: int) -> bytes:
    """Hash of an earlier block, or zeros; the pool's state does not have its parent's yet."""
    if number == ctx.block - 1 and ctx.parent_hash:
        return ctx.parent_hash
    return octets(ctx.state.get("System", "BlockHash", number))


def pow_difficulty(state: StorageReader, netuid: int) -> int:
    """How much work a place on a subnet takes: the number of hashes, on average."""
    items = ("Difficulty", "MinDifficulty", "MaxDifficulty")
    return effective_difficulty(*(state.get(MODULE, item, netuid) for item in items))


def _raise_difficulty(ctx: Context, netuid: int) -> None:
    """As the price after a registration (`bump_pow_difficulty_after_registration`)."""
    state = ctx.state
    low, high = difficulty_bounds(*(state.get(MODULE, item, netuid) for item in ("MinDifficulty", "MaxDifficulty")))
    terms = replace(price_terms(state, netuid), min_burn=low, max_burn=high)
    set_difficulty(ctx, netuid, registration_price(pow_difficulty(state, netuid), terms, "registration"))
