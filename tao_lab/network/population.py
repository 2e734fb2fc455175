"""People for a subnet: validators with stake and miners with a quality, each with its own wallet.

Everything here is done with real calls, signed by the neurons' own keys: the faucet pays, coldkeys register and stake,
hotkeys set weights. The keys come from a seed, so a lesson gives exactly the same result each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from tao_lab.chain.errors import BadValue
from tao_lab.chain.pallets.subtensor.lookups import MODULE, last_updates, subnet_exists, uid_of
from tao_lab.network.needs import Calls
from tao_lab.units import RAO_PER_TAO, U16_MAX

if TYPE_CHECKING:
    import bittensor as bt
else:
    from tao_lab.network import sdk as bt

SPARE_RAO = RAO_PER_TAO // 10  # for fees, and for the existential deposit that keeps the account
STAKE_RAO = 100 * RAO_PER_TAO  # of a validator, on average
SKEW = 0.8  # the k-th validator has about k ** -SKEW of the first one's stake, so a few have most, as in reality


@dataclass(frozen=True)
class Population:
    """The people that `populate` brought to a subnet.

    Attributes:
        netuid: number of the subnet.
        validators: their wallets, most stake first.
        miners: their wallets.
        quality: how good each miner's work is, 0 to 1, by UID; only the lab knows it, not the chain.
    """

    netuid: int
    validators: tuple[bt.Wallet, ...]
    miners: tuple[bt.Wallet, ...]
    quality: dict[int, float]

    def __repr__(self) -> str:
        return f"{len(self.validators)} validators and {len(self.miners)} miners on subnet {self.netuid}"


def seeded_wallet(net: Calls, name: str, seed: int) -> bt.Wallet:
    """A wallet whose keys are computed from name and seed; for play only, because anybody can compute them too."""
    wallet = bt.Wallet(name, "default", str(net.wallets))
    if not wallet.coldkeypub_file.exists_on_device():
        cold, hot = ("0x" + _key_seed(name, kind, seed) for kind in ("coldkey", "hotkey"))
        wallet.regenerate_coldkey(seed=cold, use_password=False, suppress=True)
        wallet.regenerate_hotkey(seed=hot, use_password=False, suppress=True)
    net.remember(wallet)
    return wallet


def _key_seed(name: str, kind: str, seed: int) -> str:
    return blake2b(f"tao-lab/{seed}/{name}/{kind}".encode(), digest_size=32).hexdigest()


def populate(
    net: Calls, netuid: int, validators: int, miners: int, stake: int | None, noise: float, seed: int
) -> Population:
    """Register neurons on a subnet, stake for the validators, and let them set weights; see `Network.populate`."""
    state = net.chain.state
    if not subnet_exists(state, netuid) or netuid == 0:
        raise BadValue("subnet", netuid, "one that exists: net.subnets()")
    free = state.get(MODULE, "MaxAllowedUids", netuid) - state.get(MODULE, "SubnetworkN", netuid)
    for field, count in (("validators", validators), ("miners", miners), ("seed", seed)):
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise BadValue(field, count, "a whole number from 0 on")
    if validators + miners > free:
        raise BadValue("validators + miners", validators + miners, f"at most the {free} free UIDs of subnet {netuid}")
    if not 0 <= noise < 1:
        raise BadValue("noise", noise, "a number from 0 to less than 1")
    random = np.random.default_rng(seed)
    first = _first_free_number(net, netuid)
    people = Population(
        netuid,
        tuple(seeded_wallet(net, f"sn{netuid}-validator-{first + i}", seed) for i in range(validators)),
        tuple(seeded_wallet(net, f"sn{netuid}-miner-{first + i}", seed) for i in range(miners)),
        {},
    )
    stakes = _stakes(validators, STAKE_RAO * validators if stake is None else stake)
    steps = (validators + miners) * 2 + validators + 1
    with net.progress(steps, f"populating subnet {netuid}") as step:
        for wallet, rao in zip(people.validators, stakes, strict=True):
            _register(net, netuid, wallet, rao)
            step(2)
            net.call(wallet, MODULE, "add_stake", hotkey=wallet.hotkey.ss58_address, netuid=netuid, amount_staked=rao)
            step(1)
        for wallet, quality in zip(people.miners, _qualities(miners, random), strict=True):
            uid = _register(net, netuid, wallet, 0)
            people.quality[uid] = quality
            step(2)
        if validators and miners:
            net.run(epochs=1, subnet=netuid)  # the first epoch gives the validators their permits
            grade(net, people, noise=noise, seed=seed)
        step(1)
    return people


def _first_free_number(net: Calls, netuid: int) -> int:
    """The first unused number: populating twice makes new people, not the same ones again."""
    number = 0
    while (net.wallets / f"sn{netuid}-validator-{number}").exists() or (
        net.wallets / f"sn{netuid}-miner-{number}"
    ).exists():
        number += 1
    return number


def _register(net: Calls, netuid: int, wallet: bt.Wallet, rao: int) -> int:
    """Register at the present price; returns the UID."""
    price = net.chain.state.get(MODULE, "Burn", netuid)
    net.fund(wallet, price + rao + SPARE_RAO)
    net.call(wallet, MODULE, "burned_register", netuid=netuid, hotkey=wallet.hotkey.ss58_address)
    uid = uid_of(net.chain.state, netuid, wallet.hotkey.ss58_address)
    if uid is None:
        raise BadValue("hotkey", wallet.hotkey.ss58_address, f"registered on subnet {netuid}")
    return uid


def _stakes(count: int, total: int) -> list[int]:
    """Rao of each validator: they fall as a power of the rank, and their sum is the total up to rounding."""
    ranks = np.arange(1, count + 1, dtype=float) ** -SKEW
    return [int(total * share) for share in ranks / ranks.sum()] if count else []


def _qualities(count: int, random: np.random.Generator) -> list[float]:
    """Qualities from poor to excellent, in random order."""
    return [float(q) for q in random.permutation(np.linspace(0.2, 1.0, count))] if count else []


def grade(net: Calls, people: Population, noise: float = 0.05, seed: int = 0) -> None:
    """Let every validator set weights: the quality of each miner's work, with some random error.

    Args:
        net: the network.
        people: the validators and miners.
        noise: standard deviation of a validator's error, as a part of the quality.
        seed: of the noise.
    """
    random = np.random.default_rng(seed + 1)
    uids = sorted(people.quality)
    quality = np.array([people.quality[uid] for uid in uids])
    net.run(blocks=_blocks_to_wait(net, people))
    for wallet in people.validators:
        seen = np.clip(quality * (1 + noise * random.standard_normal(len(uids))), 0.001, None)
        weights = np.round(seen / seen.max() * U16_MAX).astype(int).tolist()
        net.call(wallet.hotkey, MODULE, "set_weights", netuid=people.netuid, dests=uids, weights=weights, version_key=0)


def _blocks_to_wait(net: Calls, people: Population) -> int:
    """Blocks until the rate limit allows all of them to set weights; a registration counts as setting them."""
    state, netuid = net.chain.state, people.netuid
    limit, updates = state.get(MODULE, "WeightsSetRateLimit", netuid), last_updates(state, netuid)
    uids = [uid_of(state, netuid, wallet.hotkey.ss58_address) for wallet in people.validators]
    waits = [updates[uid] + limit - net.block_number for uid in uids if uid is not None]
    return max(0, *waits) if waits else 0
