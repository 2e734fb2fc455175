"""Registration: a coldkey buys a place on a subnet for a hotkey.

The price buys alpha from the subnet's pool, and this alpha is burned. If the subnet's owner requires collateral, a part
of the alpha still belongs to the miner, but is locked (`collateral_calls`). The price goes up with each registration
and down with each block. On a full subnet the weakest neuron is replaced. `register` still has the arguments of the old
proof of work, but does the same as `burned_register`; the new proof of work is in `pow_registration`.

Source: `pallets/subtensor/src/subnets/registration.rs` (`do_register_with_post_info` since spec 469).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.accounts import create_account
from tao_lab.chain.pallets.subtensor.collateral_calls import Charge, charge, pay_registration
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    all_netuids,
    coldkey_owns_hotkey,
    failed,
    subnet_exists,
    uid_of,
)
from tao_lab.chain.pallets.subtensor.stake_checks import MAX_STAKING_HOTKEYS, ensure_staking_hotkeys_can_grow
from tao_lab.chain.pallets.subtensor.tao import add_to, keep_alive_balance
from tao_lab.chain.pallets.subtensor.uids import append_neuron, replace_neuron, uid_to_prune
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.economy import PriceTerms, registration_price
from tao_lab.economy.registration_price import PriceEvent
from tao_lab.economy.work import difficulty_bounds
from tao_lab.units import U16_MAX, in_tao

PRECHECK = weight(0, reads=20, writes=4)  # `registration_precheck_weight`


@call(MODULE, weight=weight(336_815_000, reads=34, writes=29))
def burned_register(ctx: Context, origin: Origin, netuid: int, hotkey: str) -> None:
    """Buy a place at the current price."""
    _register(ctx, ensure_signed(origin), netuid, hotkey)


@call(MODULE, weight=weight(349_872_000, reads=34, writes=29))
def register(
    ctx: Context, origin: Origin, netuid: int, block_number: int, nonce: int, work: str, hotkey: str, coldkey: str
) -> None:
    """As `burned_register`; the work is ignored, and the coldkey is the one that signed."""
    _register(ctx, ensure_signed(origin), netuid, hotkey)


@call(MODULE, weight=weight(354_200_000, reads=47, writes=40))
def register_limit(ctx: Context, origin: Origin, netuid: int, hotkey: str, limit_price: int) -> None:
    """Buy a place if it costs at most `limit_price` rao."""
    coldkey = ensure_signed(origin)
    with _refused_before_payment():
        ensure_subnet(ctx, netuid)
        burn = ctx.state.get(MODULE, "Burn", netuid)
        if burn > limit_price:
            raise failed("RegistrationPriceLimitExceeded", f"a seat costs {burn} rao, limit_price is {limit_price}")
    _register(ctx, coldkey, netuid, hotkey)


@contextmanager
def _refused_before_payment() -> Iterator[None]:
    """A registration that fails inside this `with` has only read the state, and pays a smaller fee (spec 469)."""
    try:
        yield
    except DispatchError as error:
        error.weight = PRECHECK
        raise


def ensure_subnet(ctx: Context, netuid: int) -> None:
    """Refuse root, which has its own call, and a subnet that does not exist.

    Raises:
        DispatchError: `RegistrationNotPermittedOnRootSubnet`, `SubnetNotExists`.
    """
    if netuid == ROOT_NETUID:
        raise failed("RegistrationNotPermittedOnRootSubnet", "root is joined with root_register")
    if not subnet_exists(ctx.state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")


def _register(ctx: Context, coldkey: str, netuid: int, hotkey: str) -> None:
    """`do_register`."""
    state = ctx.state
    with _refused_before_payment():
        due = _ensure_may_register(ctx, coldkey, netuid, hotkey)
        create_account(ctx, coldkey, hotkey)
        if not coldkey_owns_hotkey(state, coldkey, hotkey):
            raise failed("NonAssociatedColdKey", f"{hotkey} belongs to {state.get(MODULE, 'Owner', hotkey)}")
        if due.collateral:
            ensure_staking_hotkeys_can_grow(state, coldkey, hotkey, MAX_STAKING_HOTKEYS)
        if not state.get(MODULE, "MaxAllowedUids", netuid):
            raise failed("NoNeuronIdAvailable", f"subnet {netuid} has no seats")
    replaced = _uid_to_replace(ctx, netuid)
    pay_registration(ctx, netuid, hotkey, coldkey, due)
    uid = take_place(ctx, netuid, hotkey, replaced)
    move_price(ctx, netuid, "registration")
    registered = state.get(MODULE, "RegistrationsThisBlock", netuid)
    state.put(MODULE, "RegistrationsThisBlock", netuid, min(registered + 1, U16_MAX))
    add_to(ctx, MODULE, "RAORecycledForRegistration", netuid, due.burned)
    ctx.deposit_event(MODULE, "NeuronRegistered", netuid, uid, hotkey)


def _ensure_may_register(ctx: Context, coldkey: str, netuid: int, hotkey: str) -> Charge:
    """Returns what the coldkey has to pay."""
    ensure_subnet(ctx, netuid)
    if not ctx.state.get(MODULE, "NetworkRegistrationAllowed", netuid):
        raise failed("SubNetRegistrationDisabled", f"the owner of subnet {netuid} has closed it")
    uid = uid_of(ctx.state, netuid, hotkey)
    if uid is not None:
        raise failed("HotKeyAlreadyRegisteredInSubNet", f"{hotkey} has UID {uid} on subnet {netuid}")
    due, free = charge(ctx.state, netuid, hotkey, coldkey), keep_alive_balance(ctx, coldkey)
    if due.total > free:
        raise failed("NotEnoughBalanceToStake", f"{coldkey} has {in_tao(free)} free, a seat costs {in_tao(due.total)}")
    return due


def _uid_to_replace(ctx: Context, netuid: int) -> int | None:
    """UID of the neuron to replace, or None if a place is free."""
    places, taken = (ctx.state.get(MODULE, item, netuid) for item in ("MaxAllowedUids", "SubnetworkN"))
    if taken < places:
        return None
    uid = uid_to_prune(ctx, netuid)
    if uid is None:
        raise failed("NoNeuronIdAvailable", f"all {places} seats are taken, and nobody may be replaced")
    return uid


def register_neuron(ctx: Context, netuid: int, hotkey: str) -> int:
    """Give a hotkey a place, on a full subnet that of another hotkey; returns the UID.

    Raises:
        DispatchError: `NoNeuronIdAvailable`.
    """
    return take_place(ctx, netuid, hotkey, _uid_to_replace(ctx, netuid))


def take_place(ctx: Context, netuid: int, hotkey: str, replaced: int | None) -> int:
    """Put a hotkey into a free place, or into that of the replaced UID; returns its UID."""
    if replaced is None:
        return append_neuron(ctx, netuid, hotkey)
    replace_neuron(ctx, netuid, replaced, hotkey)
    return replaced


# --- the price --------------------------------------------------------------------------------------------------


def price_terms(state: StorageReader, netuid: int) -> PriceTerms:
    """How the price of a place moves on a subnet."""
    return PriceTerms(
        half_life=state.get(MODULE, "BurnHalfLife", netuid),
        increase_mult=state.get(MODULE, "BurnIncreaseMult", netuid)["bits"],
        min_burn=state.get(MODULE, "MinBurn", netuid),
        max_burn=state.get(MODULE, "MaxBurn", netuid),
    )


def move_price(ctx: Context, netuid: int, event: PriceEvent) -> None:
    """Change the price of a place after a registration, or in a new block."""
    before = ctx.state.get(MODULE, "Burn", netuid)
    after = ctx.rules.run_registration_price(before, price_terms(ctx.state, netuid), event)
    if after != before:
        ctx.state.put(MODULE, "Burn", netuid, after)


@has_twin
def lower_prices(ctx: Context, netuids: list[int]) -> None:
    """Lower the price of a place on every subnet, once in each block."""
    for netuid in netuids:
        move_price(ctx, netuid, "block")


@has_twin
def lower_difficulties(ctx: Context, netuids: list[int]) -> None:
    """Lower the difficulty on every subnet as it lowers the price, also if the owner allows no work (spec 475)."""
    for netuid in netuids:
        if netuid == ROOT_NETUID:
            continue
        before, lowest, highest = (
            ctx.state.get(MODULE, item, netuid) for item in ("Difficulty", "MinDifficulty", "MaxDifficulty")
        )
        low, high = difficulty_bounds(lowest, highest)
        terms = replace(price_terms(ctx.state, netuid), min_burn=low, max_burn=high)
        after = registration_price(before, terms, "block") if ctx.block > 1 else min(max(before, low), high)
        set_difficulty(ctx, netuid, after)


def set_difficulty(ctx: Context, netuid: int, difficulty: int) -> None:
    """Store a new difficulty, with an event."""
    if difficulty != ctx.state.get(MODULE, "Difficulty", netuid):
        ctx.state.put(MODULE, "Difficulty", netuid, difficulty)
        ctx.deposit_event(MODULE, "DifficultySet", netuid, difficulty)


@has_twin
def count_anew(ctx: Context, netuids: list[int]) -> None:
    """Set the number of registrations in this block to 0."""
    for netuid in netuids:
        if ctx.state.get(MODULE, "RegistrationsThisBlock", netuid):
            ctx.state.put(MODULE, "RegistrationsThisBlock", netuid, 0)


def update_registration_prices(ctx: Context, netuids: list[int] | None = None) -> None:
    """At the start of a block: lower prices and count registrations from 0, on all subnets, root included.

    Root's interval ends where its tempo divides the block's number: root has no epochs that could end it (spec 475).
    """
    netuids = all_netuids(ctx.state) if netuids is None else netuids
    state = ctx.state
    if ctx.block > 1:
        lower_prices(ctx, netuids)
    lower_difficulties(ctx, netuids)
    count_anew(ctx, netuids)
    tempo = state.get(MODULE, "Tempo", ROOT_NETUID)
    ends = tempo == 0 or ctx.block % tempo == 0
    if ends and state.get(MODULE, "RegistrationsThisInterval", ROOT_NETUID):
        state.put(MODULE, "RegistrationsThisInterval", ROOT_NETUID, 0)
