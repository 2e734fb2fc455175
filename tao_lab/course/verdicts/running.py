"""Measurements for the two comparisons: a small running network, and strangers who try to join it.

The network is lab 07's economy: two subnets with owners, validators and miners, stakers on root, and a nominator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from tao_lab.chain.errors import ChainError
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.runtime import load_runtime
from tao_lab.course.lab02.claims import words_of
from tao_lab.course.lab07.economy import TEMPO, Economy, read, small_economy
from tao_lab.network import Metagraph, Network
from tao_lab.network.flow import AlphaFlow, TaoFlow, follow_alpha, follow_tao
from tao_lab.units import RAO_PER_TAO, U16_MAX

DATA_WORDS = {"data", "dataset", "datasets", "training", "task", "tasks"}
MODEL_WORDS = {"model", "models", "llm", "prompt", "prompts", "answer", "answers", "inference"}


@dataclass(frozen=True)
class Places:
    """What the real runtime can store.

    Attributes:
        pallets: names of all pallets.
        counted: number of storage items of Bittensor's own pallet, and of arguments of its calls.
        data: those with a name about data or tasks.
        models: those with a name about models or answers.
    """

    pallets: tuple[str, ...]
    counted: int
    data: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True)
class Strangers:
    """What happened to people from outside.

    Attributes:
        penniless: the chain's answer to somebody without TAO who wanted a seat; empty if the seat was given.
        seat_price: rao of a seat.
        seated: whether somebody with enough TAO got a seat.
        permitted: whether somebody without stake may set weights that count.
        idle_pay: rao of alpha in an epoch for somebody who did no work.
        lock_cost: rao that a new subnet costs.
        created: whether somebody with this amount of TAO got a subnet.
    """

    penniless: str
    seat_price: int
    seated: bool
    permitted: bool
    idle_pay: int
    lock_cost: int
    created: bool


@dataclass(frozen=True)
class Running:
    """The measured values. Values of one subnet are those of the older subnet.

    Attributes:
        blocks: number of blocks that were made.
        untampered: whether every block still fits its header.
        seats: number of UIDs.
        owners: number of coldkeys that own them.
        rows: number of validators whose weights can be read.
        epoch: alpha of one epoch.
        block: TAO of one block.
        by_price: each subnet's part by moving price, 0 to 1.
        by_stake: each subnet's part by the alpha that people hold there.
        paid: each subnet's part of the block's TAO.
        moved: part of the miners' pay that did not follow stake × weight.
        prices: TAO for one alpha of each subnet.
        held: rao of alpha of each coldkey, most first.
        identity: the chain's text about the subnet's purpose.
        strangers: what happened to them.
    """

    blocks: int
    untampered: bool
    seats: int
    owners: int
    rows: int
    epoch: AlphaFlow
    block: TaoFlow
    by_price: Mapping[int, float]
    by_stake: Mapping[int, float]
    paid: Mapping[int, float]
    moved: float
    prices: Mapping[int, float]
    held: tuple[int, ...]
    identity: str
    strangers: Strangers


@cache
def places() -> Places:
    """Search the runtime's metadata."""
    pallets = load_runtime().pallets
    names = [item["name"] for item in pallets[MODULE]["storage"]]
    names += [f"{call['name']}.{argument['name']}" for call in pallets[MODULE]["calls"] for argument in call["args"]]
    data, models = (tuple(name for name in names if words_of(name) & words) for words in (DATA_WORDS, MODEL_WORDS))
    return Places(tuple(pallets), len(names), data, models)


@cache
def running() -> Running:
    """Run the network, once in a notebook, and measure it."""
    with small_economy() as economy:
        net, first = economy.net, economy.first
        now, graph = net.block_number, net.metagraph(first)
        block = follow_tao(net.at(now - 1), net.at(now))
        return Running(
            blocks=now,
            untampered=net.verify() is None,
            seats=len(graph),
            owners=len({neuron.coldkey for neuron in graph}),
            rows=len(graph.weights),
            epoch=follow_alpha(net, first, now - TEMPO + 1, now),
            block=block,
            by_price=_parts({n: net.at(now - 1).get(MODULE, "SubnetMovingPrice", n)["bits"] for n in net.subnets()}),
            by_stake=_parts({n: read(net, "SubnetAlphaOut", n) for n in net.subnets()}),
            paid=_parts({n: block.liquidity[n] + block.buys[n] for n in net.subnets()}),
            moved=_moved(graph),
            prices={n: net.alpha_price(n).tao for n in net.subnets()},
            held=_held(net, first),
            identity=read(net, "SubnetIdentitiesV3", first)["subnet_name"],
            strangers=_strangers(economy),
        )


def _parts(amounts: Mapping[int, int]) -> dict[int, float]:
    return {netuid: amount / sum(amounts.values()) for netuid, amount in amounts.items()}


def _moved(graph: Metagraph) -> float:
    """The part of the miners' pay that does not follow stake × weight."""
    asked, paid = np.zeros(len(graph)), np.array([neuron.incentive for neuron in graph]) / U16_MAX
    for uid, row in graph.weights.items():
        for target, weight in row.items():
            asked[target] += graph[uid].stake * weight / sum(row.values())
    return float(np.abs(asked / asked.sum() - paid / paid.sum()).sum() / 2)


def _held(net: Network, netuid: int) -> tuple[int, ...]:
    """Alpha of each coldkey on a subnet."""
    held: dict[str, int] = {}
    for neuron in net.metagraph(netuid):
        for (coldkey, staked_on), _ in net.chain.state.entries(MODULE, "AlphaV2", neuron.hotkey):
            if staked_on == netuid:
                held[coldkey] = held.get(coldkey, 0) + stake_of_coldkey(net.chain.state, neuron.hotkey, coldkey, netuid)
    return tuple(sorted(held.values(), reverse=True))


def _strangers(economy: Economy) -> Strangers:
    """One without TAO, one with the price of a seat, and one with the price of a subnet."""
    net, netuid, before = economy.net, economy.first, economy.net.subnets()
    stranger, founder = net.wallet("stranger"), net.wallet("founder")
    hotkey = stranger.hotkey.ss58_address
    penniless = _refusal(lambda: net.call(stranger, MODULE, "burned_register", netuid=netuid, hotkey=hotkey))
    price, lock = read(net, "Burn", netuid), net.lock_cost().rao
    net.fund(stranger, price + RAO_PER_TAO)
    net.call(stranger, MODULE, "burned_register", netuid=netuid, hotkey=hotkey)
    net.run(epochs=1, subnet=netuid)
    seated = [neuron for neuron in net.metagraph(netuid) if neuron.hotkey == hotkey]
    net.fund(founder, lock + RAO_PER_TAO)
    _refusal(lambda: net.call(founder, MODULE, "register_network", hotkey=founder.hotkey.ss58_address))
    return Strangers(
        penniless=penniless,
        seat_price=price,
        seated=bool(seated),
        permitted=any(neuron.permit for neuron in seated),
        idle_pay=read(net, "TotalHotkeyAlpha", hotkey, netuid),
        lock_cost=lock,
        created=len(net.subnets()) > len(before),
    )


def _refusal(call: Callable[[], object]) -> str:
    """What the chain says to a call; empty if it carries it out."""
    try:
        call()
    except ChainError as refused:
        return str(refused)
    return ""


def largest(parts: Sequence[int], share: float = 0.5) -> int:
    """How many of the largest parts together are more than a share of all."""
    total = sum(parts)
    gathered = np.cumsum(sorted(parts, reverse=True))
    return int(np.searchsorted(gathered, share * total, side="right")) + 1
