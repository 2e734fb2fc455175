"""A whole network written into the state at once: subnets with pools, neurons, stake and weights.

Registering 32,768 neurons by extrinsics takes minutes. Here the same state is written directly, with consistent sums of
TAO and alpha, so that emission, epochs and audits work as on a chain that is a year old.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bittensor_core
import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import change_total_stake, init_swap
from tao_lab.chain.pallets.subtensor.stake import increase_stake
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, mint_alpha_in, mint_alpha_out, mint_tao
from tao_lab.chain.runtime import SS58_FORMAT
from tao_lab.units import RAO_PER_TAO, U16_MAX

ACCOUNT_BYTES = 32
TAKE = 11_796  # 18 %
ROOT_SEATS = 64
MOST_WEIGHTS = 64  # miners that a validator gives weight to


@dataclass(frozen=True)
class Size:
    """How large a network is.

    Attributes:
        subnets: number of subnets, root not counted.
        neurons: UIDs of each.
        validators: UIDs of each that hold a permit, have stake on the subnet and on root, and have set weights; the
            first one of each of the first 64 subnets has a seat on root.
        tempo: blocks between epochs, which are spread evenly over the subnets.
        nominators: coldkeys that stake on each validator, its owner not counted.
    """

    subnets: int = 128
    neurons: int = 256
    validators: int = 64
    tempo: int = 360
    nominators: int = 1


def populate(ctx: Context, size: Size, seed: int = 7) -> None:
    """Write a network into the state of a block under construction.

    Args:
        ctx: Block under construction of a chain without subnets.
        size: Its size.
        seed: Of amounts and weights; the same seed gives the same state.
    """
    random = np.random.default_rng(seed)
    ctx.state.put(MODULE, "NetworksAdded", ROOT_NETUID, True)
    ctx.state.put(MODULE, "TotalNetworks", size.subnets + 1)
    for netuid in range(1, size.subnets + 1):
        _add_subnet(ctx, netuid, size, random)
        _add_neurons(ctx, netuid, size, random)


def account(*names: int) -> str:
    """Address of an account, derived from numbers."""
    data = b"".join(name.to_bytes(2, "little") for name in (*names, 0xBEEF)).rjust(ACCOUNT_BYTES, b"\x01")
    return str(bittensor_core.ss58_encode(data, SS58_FORMAT))


def _add_subnet(ctx: Context, netuid: int, size: Size, random: np.random.Generator) -> None:
    price = float(random.uniform(0.005, 0.05))
    tao = int(random.integers(5_000, 50_000)) * RAO_PER_TAO
    hyperparameters: dict[str, Any] = {
        "NetworksAdded": True,
        "SubnetMechanism": 1,
        "Tempo": size.tempo,
        "PendingEpochAt": ctx.block + 1 + netuid * size.tempo // size.subnets,
        "FirstEmissionBlockNumber": ctx.block,
        "SubtokenEnabled": True,
        "NetworkRegistrationAllowed": True,
        "SubnetMovingPrice": {"bits": int(price * 2**32)},
        "SubnetOwner": account(netuid, 0, 1),
        "SubnetOwnerHotkey": account(netuid, 0),
        "CommitRevealWeightsEnabled": False,
        "MaxAllowedValidators": size.validators,
        "MaxAllowedUids": size.neurons,
        "ActivityCutoffFactorMilli": 50_000,
    }
    for name, value in hyperparameters.items():
        ctx.state.put(MODULE, name, netuid, value)
    put_tao(ctx, netuid, tao)
    mint_alpha_in(ctx, netuid, int(tao / price))
    init_swap(ctx, netuid)


def put_tao(ctx: Context, netuid: int, tao: int) -> None:
    """Issue TAO into the reserve of a subnet."""
    balances.deposit(ctx, account_of_netuid(netuid), mint_tao(ctx, tao))
    ctx.state.put(MODULE, "SubnetTAO", netuid, ctx.state.get(MODULE, "SubnetTAO", netuid) + tao)
    change_total_stake(ctx, tao)


def _add_neurons(ctx: Context, netuid: int, size: Size, random: np.random.Generator) -> None:
    state, n = ctx.state, size.neurons
    for uid in range(n):
        hotkey, coldkey = account(netuid, uid), account(netuid, uid, 1)
        state.put(MODULE, "Keys", netuid, uid, hotkey)
        state.put(MODULE, "Uids", netuid, hotkey, uid)
        state.put(MODULE, "IsNetworkMember", hotkey, netuid, True)
        state.put(MODULE, "BlockAtRegistration", netuid, uid, 0)
        state.put(MODULE, "Owner", hotkey, coldkey)
        state.put(MODULE, "OwnedHotkeys", coldkey, [hotkey])
        if uid < size.validators:
            if uid == 0:
                _seat_on_root(ctx, hotkey)
            _add_stake(ctx, netuid, hotkey, (uid, 1), size, random)
            state.put(MODULE, "Delegates", hotkey, TAKE)
            state.put(MODULE, "Weights", netuid, uid, _weights(size, random))
    state.put(MODULE, "SubnetworkN", netuid, n)
    state.put(MODULE, "ValidatorPermit", netuid, [uid < size.validators for uid in range(n)])
    state.put(MODULE, "LastUpdate", netuid, [ctx.block] * n)


def _seat_on_root(ctx: Context, hotkey: str) -> None:
    """Give a validator a seat on root if one is free: without a seat, its dividends of root are recycled."""
    uid = ctx.state.get(MODULE, "SubnetworkN", ROOT_NETUID)
    if uid < ROOT_SEATS:
        ctx.state.put(MODULE, "Keys", ROOT_NETUID, uid, hotkey)
        ctx.state.put(MODULE, "Uids", ROOT_NETUID, hotkey, uid)
        ctx.state.put(MODULE, "SubnetworkN", ROOT_NETUID, uid + 1)


def _add_stake(
    ctx: Context, netuid: int, hotkey: str, owner: tuple[int, int], size: Size, random: np.random.Generator
) -> None:
    coldkeys = [account(netuid, *owner), *(account(netuid, owner[0], 2 + i) for i in range(size.nominators))]
    for coldkey in coldkeys:
        alpha = int((random.pareto(1.2) + 1) * 1_000 * RAO_PER_TAO)
        mint_alpha_out(ctx, netuid, alpha)
        increase_stake(ctx, hotkey, coldkey, netuid, alpha)
        tao = int((random.pareto(1.2) + 1) * 20 * RAO_PER_TAO)
        put_tao(ctx, ROOT_NETUID, tao)
        ctx.state.put(MODULE, "SubnetAlphaOut", ROOT_NETUID, ctx.state.get(MODULE, "SubnetAlphaOut", ROOT_NETUID) + tao)
        increase_stake(ctx, hotkey, coldkey, ROOT_NETUID, tao)


def _weights(size: Size, random: np.random.Generator) -> list[tuple[int, int]]:
    miners = np.arange(size.validators, size.neurons)
    chosen = np.sort(random.choice(miners, min(len(miners), MOST_WEIGHTS), replace=False))
    return [
        (int(uid), int(weight)) for uid, weight in zip(chosen, random.integers(1, U16_MAX, len(chosen)), strict=True)
    ]
