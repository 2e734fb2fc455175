"""Bittensor's mainnet as a starting point: a chain that continues from one of its blocks.

These values are mainnet's: for each subnet the pool with its weights, the alpha outside the pool, moving price, burned
share, emission switch and dates; for the network the bar of the emission gate, TAO on root, TAO's weight, issuance,
limits and costs of subnets, height and time. So the next block pays exactly what mainnet's next block paid, to the rao
(`tests/test_network_mainnet.py`).

All people are the lab's own. On each subnet an owner validates and one miner works. Together they have all alpha that
does not belong to the protocol. The owner's weights burn the same share as on mainnet. One validator has all of root,
and one account has all TAO that is in no pool. Nobody has their keys. Epochs, weights, stakes and their pay are not
mainnet's.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor import rate_limits
from tao_lab.chain.pallets.subtensor.accounts import create_account
from tao_lab.chain.pallets.subtensor.identity import put_subnet_identity
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import DYNAMIC, SWAP, change_total_stake
from tao_lab.chain.pallets.subtensor.stake import increase_stake
from tao_lab.chain.pallets.subtensor.subnets import LAST_REGISTERED, init_new_network, set_owner_hotkey
from tao_lab.chain.pallets.subtensor.symbols import next_available_symbol
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, mint_alpha_in, mint_alpha_out, mint_tao
from tao_lab.chain.pallets.subtensor.uids import append_neuron
from tao_lab.chain.runtime import SS58_FORMAT
from tao_lab.datasets import MAINNET_9240381, MainnetBlock, MainnetSubnet, load_mainnet
from tao_lab.units import U16_MAX

ONE32 = 1 << 32
OURS = (
    "Pool, price and burned share are those of mainnet's subnet {netuid} at block {block:,}; owner, hotkeys and "
    "neurons are the lab's own."
)


def mainnet_genesis(path: Path = MAINNET_9240381) -> Genesis:
    """The genesis of a chain that continues from mainnet.

    Args:
        path: a file of `datasets/mainnet`.

    Raises:
        MainnetFileError: the file is invalid.
    """
    mainnet = load_mainnet(path)
    return Genesis(time_ms=mainnet.timestamp_ms, number=mainnet.block, fill=partial(_fill, mainnet=mainnet))


def owner_hotkey(netuid: int) -> str:
    """Address of the hotkey that owns a subnet, validates there, and takes stake."""
    return _account(netuid, 0)


def _account(*names: int) -> str:
    """An address made from numbers; nobody has a key for it."""
    data = b"mainnet/" + b"".join(name.to_bytes(2, "little") for name in names)
    return str(bittensor_core.ss58_encode(data.ljust(32, b"\x2e"), SS58_FORMAT))


def _fill(ctx: Context, mainnet: MainnetBlock) -> None:
    _write_terms(ctx, mainnet)
    for subnet in mainnet.subnets:
        _add_subnet(ctx, subnet, mainnet.block)
    _fill_root(ctx, mainnet)
    rest = mainnet.total_issuance - int(ctx.state.get(MODULE, "TotalIssuance"))
    balances.deposit(ctx, _account(0, 2), mint_tao(ctx, rest))  # all TAO that is in no pool


def _write_terms(ctx: Context, mainnet: MainnetBlock) -> None:
    for item, value in {
        "EmissionGateBar": {"bits": mainnet.emission_gate_bar},
        "EmissionBarQuantile": {"bits": mainnet.emission_bar_quantile},
        "SubnetMovingAlpha": {"bits": mainnet.subnet_moving_alpha},
        "TaoWeight": mainnet.tao_weight,
        "NetworkLastLockCost": mainnet.network_last_lock_cost,
        "NetworkMinLockCost": mainnet.network_min_lock_cost,
        "NetworkLockReductionInterval": mainnet.network_lock_reduction_interval,
        "NetworkRateLimit": mainnet.network_rate_limit,
        "SubnetLimit": mainnet.subnet_limit,
        "NetworkImmunityPeriod": mainnet.network_immunity_period,
    }.items():
        ctx.state.put(MODULE, item, value)
    rate_limits.set_last_block(ctx, mainnet.network_last_registered, LAST_REGISTERED)


def _add_subnet(ctx: Context, subnet: MainnetSubnet, block: int) -> None:
    netuid, state = subnet.netuid, ctx.state
    init_new_network(ctx, netuid)
    for item, value in {
        "SubnetMechanism": DYNAMIC,
        "NetworkRegisteredAt": subnet.registered_at,
        "RegisteredSubnetCounter": 1,
        "TokenSymbol": next_available_symbol(state, netuid),
        "SubnetOwner": _account(netuid, 1),
        "SubtokenEnabled": subnet.started,
        "SubnetEmissionEnabled": subnet.emission_enabled,
        "SubnetMovingPrice": {"bits": subnet.moving_price},
        "MinerBurned": {"bits": subnet.miner_burned},
        "RootProp": {"bits": subnet.root_prop},
        "CommitRevealWeightsEnabled": False,
        "SubnetProtocolAlpha": subnet.protocol_alpha,
    }.items():
        state.put(MODULE, item, netuid, value)
    if subnet.first_emission_block is not None:
        state.put(MODULE, "FirstEmissionBlockNumber", netuid, subnet.first_emission_block)
    state.put(SWAP, "SwapBalancer", netuid, {"quote": subnet.quote_weight})
    state.put(SWAP, "PalSwapInitialized", netuid, True)
    _put_tao(ctx, netuid, subnet.tao)
    mint_alpha_in(ctx, netuid, subnet.alpha_in)
    mint_alpha_out(ctx, netuid, subnet.alpha_out)
    _add_people(ctx, subnet)
    identity = dict.fromkeys(("github_repo", "subnet_contact", "subnet_url", "discord", "logo_url"), "")
    said = {"subnet_name": f"mainnet {netuid}", "description": OURS.format(netuid=netuid, block=block)}
    put_subnet_identity(ctx, netuid, {**identity, **said, "additional": "kind=text"})


def _add_people(ctx: Context, subnet: MainnetSubnet) -> None:
    """An owner that validates, with all alpha that is not the protocol's, and a miner."""
    netuid, state = subnet.netuid, ctx.state
    owner, miner, coldkey = owner_hotkey(netuid), _account(netuid, 2), _account(netuid, 1)
    create_account(ctx, coldkey, owner)
    create_account(ctx, _account(netuid, 3), miner)
    append_neuron(ctx, netuid, owner)
    append_neuron(ctx, netuid, miner)
    set_owner_hotkey(ctx, netuid, owner)
    increase_stake(ctx, owner, coldkey, netuid, max(subnet.alpha_out - subnet.protocol_alpha, 0))
    for uid in (0, 1):  # registered long ago: otherwise the owner's weights would be older than the miner
        state.put(MODULE, "BlockAtRegistration", netuid, uid, subnet.registered_at)
    state.put(MODULE, "ValidatorPermit", netuid, [True, False])
    burned = min(subnet.miner_burned, ONE32) * U16_MAX // ONE32
    weights = [(uid, weight) for uid, weight in ((0, burned), (1, U16_MAX - burned)) if weight]
    state.put(MODULE, "Weights", netuid, 0, weights)


def _put_tao(ctx: Context, netuid: int, tao: int) -> None:
    balances.deposit(ctx, account_of_netuid(netuid), mint_tao(ctx, tao))
    ctx.state.put(MODULE, "SubnetTAO", netuid, tao)
    change_total_stake(ctx, tao)


def _fill_root(ctx: Context, mainnet: MainnetBlock) -> None:
    hotkey, coldkey = owner_hotkey(ROOT_NETUID), _account(ROOT_NETUID, 1)
    create_account(ctx, coldkey, hotkey)
    append_neuron(ctx, ROOT_NETUID, hotkey)
    _put_tao(ctx, ROOT_NETUID, mainnet.root_tao)
    ctx.state.put(MODULE, "SubnetAlphaIn", ROOT_NETUID, mainnet.root_alpha_in)
    ctx.state.put(MODULE, "SubnetAlphaOut", ROOT_NETUID, mainnet.root_alpha_out)
    increase_stake(ctx, hotkey, coldkey, ROOT_NETUID, mainnet.root_alpha_out)
