"""Root, subnet 0: there from the first block, and joined by stake instead of by payment.

Sources: `pallets/subtensor/src/macros/genesis.rs`, `coinbase/root.rs` (`do_root_register`).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, on_genesis, weight
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets.subtensor.accounts import create_account
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, failed, subnet_exists, uid_of
from tao_lab.chain.pallets.subtensor.stake import stake_of
from tao_lab.chain.pallets.subtensor.symbols import symbol_for
from tao_lab.chain.pallets.subtensor.uids import append_neuron, replace_neuron

DEFAULT_TAKE = 11_796  # u16, 18 %


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
        "TargetRegistrationsPerInterval": 1,
        "SubtokenEnabled": True,  # as on mainnet since dynamic TAO: root takes stake from the first block
        "TokenSymbol": symbol_for(ROOT_NETUID),
    }.items():
        state.put(MODULE, item, ROOT_NETUID, value)


@call(MODULE, weight=weight(103_934_000, reads=19, writes=16))
def root_register(ctx: Context, origin: Origin, hotkey: str) -> None:
    """Take a place on root; where all are taken, that of the hotkey with the least stake, if one has more."""
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
    uid = _take_place(ctx, hotkey)
    if not state.exists(MODULE, "Delegates", hotkey):
        state.put(MODULE, "Delegates", hotkey, DEFAULT_TAKE)
    for item, count in zip(counters, (this_block, this_interval), strict=True):
        state.put(MODULE, item, ROOT_NETUID, count + 1)
    ctx.deposit_event(MODULE, "NeuronRegistered", ROOT_NETUID, uid, hotkey)


def _take_place(ctx: Context, hotkey: str) -> int:
    state = ctx.state
    if state.get(MODULE, "SubnetworkN", ROOT_NETUID) < state.get(MODULE, "MaxAllowedUids", ROOT_NETUID):
        return append_neuron(ctx, ROOT_NETUID, hotkey)
    stakes = [(stake_of(state, key, ROOT_NETUID), uid) for uid, key in state.entries(MODULE, "Keys", ROOT_NETUID)]
    lowest, uid = min(stakes, key=lambda entry: entry[0])  # the first of equals, in the order of the storage keys
    stake = stake_of(state, hotkey, ROOT_NETUID)
    if stake <= lowest:
        raise failed("StakeTooLowForRoot", f"{hotkey} has {stake} rao on root, the lowest there has {lowest}")
    replace_neuron(ctx, ROOT_NETUID, uid, hotkey)
    return int(uid)
