"""Root, subnet 0, exists from the first block. A hotkey's owner buys a seat on it, as a place on any other subnet.

The price moves as other registration prices do, from 1 TAO upwards, and is recycled. On a full root the newcomer gets
the seat of the hotkey with the least stake; a new seat is immune for a day. Its hotkey lends its stake to the owners of
all subnets (`auto_parent.py`).

Sources: `pallets/subtensor/src/macros/genesis.rs`, `coinbase/root.rs` (`do_root_register`), `subnets/registration.rs`
(`get_root_neuron_to_prune`), `migrations/migrate_tune_root_registration.rs` for root's own numbers.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, on_genesis, weight
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets.subtensor.accounts import create_account
from tao_lab.chain.pallets.subtensor.auto_parent import lend_to_all_owners
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, failed, subnet_exists, uid_of
from tao_lab.chain.pallets.subtensor.registration import move_price, take_place
from tao_lab.chain.pallets.subtensor.stake import stake_of
from tao_lab.chain.pallets.subtensor.symbols import symbol_for
from tao_lab.chain.pallets.subtensor.tao import add_to, recycle_tao
from tao_lab.chain.pallets.subtensor.uids import is_immune
from tao_lab.units import RAO_PER_TAO

DEFAULT_TAKE = 11_796  # u16, 18 %
LEAST_PRICE = RAO_PER_TAO
# Below these a claim leaves small holdings to the others, by a price that the lab does not keep. Zero turns that off.
CLAIM_DUST = (
    "BasketClaimRowDustCapTao",
    "BasketClaimRowDustBps",
    "BasketClaimSliceDustTao",
    "BasketClaimForfeitCapTao",
)


@on_genesis(MODULE)
def add_root(ctx: Context, genesis: Genesis) -> None:
    """Make subnet 0; it belongs to an account without a key. The real chain's first subnet 1 is left out."""
    state = ctx.state
    nobody = state.get(MODULE, "SubnetOwner", ROOT_NETUID)
    state.put(MODULE, "TotalNetworks", state.get(MODULE, "TotalNetworks") + 1)
    for item, value in {
        "NetworksAdded": True,
        "SubnetOwner": nobody,
        "SubnetOwnerHotkey": nobody,
        "SubnetworkN": 0,
        "MaxAllowedUids": 64,
        "MaxAllowedValidators": 64,
        "MinAllowedWeights": 0,
        "Tempo": 100,
        "NetworkRegistrationAllowed": True,
        "TargetRegistrationsPerInterval": 2,
        "MaxRegistrationsPerBlock": 1,
        "ImmunityPeriod": 7_200,
        "MinBurn": LEAST_PRICE,
        "Burn": LEAST_PRICE,
        "SubtokenEnabled": True,  # as on mainnet since dynamic TAO: root takes stake from the first block
        "TokenSymbol": symbol_for(ROOT_NETUID),
    }.items():
        state.put(MODULE, item, ROOT_NETUID, value)
    for item in CLAIM_DUST:
        state.put(MODULE, item, 0)


@call(MODULE, weight=weight(103_934_000, reads=19, writes=16))
def root_register(ctx: Context, origin: Origin, hotkey: str) -> None:
    """Buy a seat on root; if all are taken, the seat of the hotkey with the least stake."""
    state = ctx.state
    if not subnet_exists(state, ROOT_NETUID):
        raise failed("RootNetworkDoesNotExist")
    coldkey = ensure_signed(origin)
    counters = ("RegistrationsThisBlock", "RegistrationsThisInterval")
    this_block, this_interval = (state.get(MODULE, item, ROOT_NETUID) for item in counters)
    most = state.get(MODULE, "MaxRegistrationsPerBlock", ROOT_NETUID)
    if this_block >= most:
        raise failed("TooManyRegistrationsThisBlock", f"{this_block} in this block, allowed: {most}")
    most = 3 * state.get(MODULE, "TargetRegistrationsPerInterval", ROOT_NETUID)
    if this_interval >= most:
        raise failed("TooManyRegistrationsThisInterval", f"{this_interval} in this interval, allowed: {most}")
    if uid_of(state, ROOT_NETUID, hotkey) is not None:
        raise failed("HotKeyAlreadyRegisteredInSubNet", f"{hotkey} is on root already")
    create_account(ctx, coldkey, hotkey)
    replaced = _uid_to_replace(ctx)
    price = int(state.get(MODULE, "Burn", ROOT_NETUID))
    recycle_tao(ctx, coldkey, price)
    add_to(ctx, MODULE, "RAORecycledForRegistration", ROOT_NETUID, price)
    move_price(ctx, ROOT_NETUID, "registration")
    uid = take_place(ctx, ROOT_NETUID, hotkey, replaced)
    if not state.exists(MODULE, "Delegates", hotkey):
        state.put(MODULE, "Delegates", hotkey, DEFAULT_TAKE)
    for item, count in zip(counters, (this_block, this_interval), strict=True):
        state.put(MODULE, item, ROOT_NETUID, count + 1)
    ctx.deposit_event(MODULE, "NeuronRegistered", ROOT_NETUID, uid, hotkey)
    lend_to_all_owners(ctx, hotkey)


def _uid_to_replace(ctx: Context) -> int | None:
    """UID of the hotkey with the least stake on a full root, the oldest of equals; None if a seat is free."""
    state = ctx.state
    if state.get(MODULE, "SubnetworkN", ROOT_NETUID) < state.get(MODULE, "MaxAllowedUids", ROOT_NETUID):
        return None
    seats = [
        (stake_of(state, hotkey, ROOT_NETUID), state.get(MODULE, "BlockAtRegistration", ROOT_NETUID, uid), uid)
        for uid, hotkey in state.entries(MODULE, "Keys", ROOT_NETUID)
        if not is_immune(ctx, ROOT_NETUID, uid)
    ]
    if not seats:
        raise failed("NoNeuronIdAvailable", "all places on root are taken, and all are immune")
    return int(min(seats)[2])
