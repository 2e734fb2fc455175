"""Experiments of lab 08 on a running chain: who moves a price, and what staking brings on root and on a subnet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import bittensor as bt

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.root_claims import root_owed
from tao_lab.course.networks import small_network
from tao_lab.economy.swap import FRACTION_BITS, price, swap
from tao_lab.network import Network
from tao_lab.units import RAO_PER_TAO

ROOT = 0
ROOT_STAKE = 200_000  # TAO; with it root's part in a young subnet is large
STRETCH = 25  # blocks between two events


@dataclass(frozen=True)
class PriceStory:
    """A subnet's price, block after block, and what happened.

    Attributes:
        prices: (block, TAO for one alpha).
        marks: (block, what began there).
        rows: for each stretch, what happened, TAO added, TAO that bought, and the price before and after.
    """

    prices: list[tuple[int, float]]
    marks: list[tuple[int, str]]
    rows: list[list[str]]


def two_subnets(net: Network) -> tuple[bt.Wallet, int]:
    """An owner with a subnet that earns, next to another subnet; gives the owner and the first one's number."""
    owner = net.wallet("owner", tao=10)
    subnet = net.create_subnet(owner, name="ours")
    net.create_subnet(net.wallet("other", tao=10), name="another")
    return owner, subnet


def let_prices_catch_up(net: Network) -> None:
    """Let moving prices follow prices within a few blocks, as those of old subnets have done long ago.

    As long as all moving prices together are below 1 τ, root's part is recycled instead of paid.
    """
    net.sudo("AdminUtils", "sudo_set_subnet_moving_alpha", alpha={"bits": 1 << 31})
    for subnet in net.subnets():
        net.sudo("AdminUtils", "sudo_set_ema_price_halving_period", netuid=subnet, ema_halving=1)


def price_story() -> PriceStory:
    """Injection, chain buys, a large unstake: the same subnet, one after the other."""
    with small_network() as net:
        owner, subnet = two_subnets(net)
        root, holder = net.wallet("root", tao=ROOT_STAKE + 10), net.wallet("holder", tao=510)
        net.stake(holder, subnet, net.tao(500), hotkey=owner)
        net.stake(root, ROOT, net.tao(ROOT_STAKE), hotkey=owner)
        half = net.alpha(net.staked(holder, subnet, hotkey=owner).alpha / 2, subnet)
        start = net.block_number
        marks, rows = [], []
        for what, act in (
            ("injection", None),
            ("root leaves: chain buys", partial(net.unstake, root, ROOT, hotkey=owner)),
            ("large unstake", partial(net.unstake, holder, subnet, half, hotkey=owner)),
        ):
            marks.append((net.block_number, what))
            first = net.block_number
            if act is not None:
                act()
            net.run(blocks=STRETCH)
            rows.append([what, *_stretch(net, subnet, first)])
        prices = [(block, net.alpha_price(subnet, block=block).tao) for block in range(start, net.block_number + 1)]
        return PriceStory(prices, marks, rows)


def _stretch(net: Network, subnet: int, first: int) -> list[str]:
    """TAO that entered with alpha, TAO that bought, and the price before and after."""
    blocks = range(first + 1, net.block_number + 1)
    added, bought = (
        sum(net.at(block).get(MODULE, item, subnet) for block in blocks) / RAO_PER_TAO
        for item in ("SubnetTaoInEmission", "SubnetExcessTao")
    )
    ends = [net.alpha_price(subnet, block=block).tao for block in (first, net.block_number)]
    return [f"{added:.2f}", f"{bought:.2f}", *(f"{end:.4f}" for end in ends)]


@dataclass(frozen=True)
class Staker:
    """What became of a stake.

    Attributes:
        where: root, or a subnet.
        staked: rao of TAO at the beginning.
        on_screen: rao of TAO that it is worth at the price of the moment.
        sold: rao of TAO that selling all of it would bring.
    """

    where: str
    staked: int
    on_screen: int
    sold: int


TEMPO = 20
EPOCHS = 12
STAKE = 100  # TAO


def root_or_alpha(epochs: int = EPOCHS, stake: int = STAKE) -> list[Staker]:
    """Two people stake the same amount on the same validator: one on root, one on its subnet. Then time passes."""
    with small_network() as net:
        owner = net.wallet("owner", tao=10)
        subnet = net.create_subnet(owner, name="ours", tempo=TEMPO)
        net.create_subnet(net.wallet("other", tao=10), name="another", tempo=TEMPO)
        let_prices_catch_up(net)
        people = net.populate(subnet, validators=1, miners=2)
        validator = people.validators[0]
        net.stake(net.wallet("others", tao=ROOT_STAKE + 10), ROOT, net.tao(ROOT_STAKE), hotkey=validator)
        ron, ann = (net.wallet(name, tao=stake + 1) for name in ("ron", "ann"))
        net.stake(ron, ROOT, net.tao(stake), hotkey=validator)
        net.stake(ann, subnet, net.tao(stake), hotkey=validator)
        net.run(epochs=epochs, subnet=subnet)
        pool = net.pool(subnet)
        owed = root_owed(net.chain.state, validator.hotkey.ss58_address, ron.coldkeypub.ss58_address, subnet)
        on_root = net.staked(ron, ROOT, hotkey=validator).rao
        alpha = net.staked(ann, subnet, hotkey=validator).rao
        worth = [amount * price(pool) >> FRACTION_BITS for amount in (owed, alpha)]
        sold = [swap(pool, "sell", amount).received if amount else 0 for amount in (owed, alpha)]
        rao = stake * RAO_PER_TAO
        return [
            Staker("root", rao, on_root + worth[0], on_root + sold[0]),
            Staker("the subnet", rao, worth[1], sold[1]),
        ]
