"""Experiments of lab 08 on a running chain: who moves a price, and what a stake earns on root and on a subnet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import bittensor as bt

from tao_lab.cards import Card, Grid, Text
from tao_lab.chain.errors import ChainError
from tao_lab.chain.pallets.subtensor.baskets import payout_of, spot_payout_of
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.rules import SwapRule
from tao_lab.course.networks import small_network
from tao_lab.course.running import is_the_labs
from tao_lab.economy.swap import FRACTION_BITS, price, swap
from tao_lab.network import Network
from tao_lab.units import RAO_PER_TAO

ROOT = 0
VISIBLE = 0.001
SEAT_TAO = 2  # a seat on root costs 1 TAO
ROOT_STAKE = 200_000  # TAO; with it root's part in a young subnet is large
STRETCH = 25  # blocks between two events


@dataclass(frozen=True)
class PriceStory:
    """A subnet's price, block after block, and what happened.

    Attributes:
        prices: (block, TAO for one alpha).
        marks: (block, event that began there).
        rows: for each stretch, what happened, TAO added, TAO that bought, and the price before and after.
    """

    prices: list[tuple[int, float]]
    marks: list[tuple[int, str]]
    rows: list[list[str]]

    @property
    def title(self) -> str:
        """What happened, with the numbers."""
        by_block = dict(self.prices)
        start, bought, sold = (by_block[block] for block, _ in self.marks)
        fell = by_block[self.marks[2][0] + 1]
        held = f"{bought:.2f} τ" if abs(bought / start - 1) < VISIBLE else f"{start:.2f} to {bought:.2f} τ"
        return f"Price: {held} while TAO is injected, {sold:.2f} after chain buys, {fell:.2f} after a large unstake"

    @property
    def card(self) -> Card:
        """The three stretches as a table."""
        header = ("", "τ added", "τ that bought", "price before, τ", "price after, τ")
        return Card("info", "Counted", "from the state after each block", (Grid(self.rows, header),))


def half_of(amount: bt.Balance) -> bt.Balance:
    """Half of an amount, in whole rao."""
    return bt.Balance.from_rao(amount.rao // 2, amount.netuid)


def two_subnets(net: Network) -> tuple[bt.Wallet, int]:
    """Make two subnets; returns the owner of the first one, which earns emission, and its number."""
    owner = net.wallet("owner", tao=10)
    subnet = net.create_subnet(owner, name="ours")
    net.create_subnet(net.wallet("other", tao=10), name="another")
    return owner, subnet


def let_prices_catch_up(net: Network) -> None:
    """Let moving prices reach the prices within a few blocks, as those of old subnets have done long ago.

    While all moving prices together are below 1 τ, root's part is recycled instead of paid.
    """
    net.sudo("AdminUtils", "sudo_set_subnet_moving_alpha", alpha={"bits": 1 << 31})
    for subnet in net.subnets():
        net.sudo("AdminUtils", "sudo_set_ema_price_halving_period", netuid=subnet, ema_halving=1)


def price_story() -> PriceStory:
    """A subnet in three stretches: injection, the chain's purchases, a large sale."""
    with small_network() as net:
        owner, subnet = two_subnets(net)
        root, holder = net.wallet("root", tao=ROOT_STAKE + 10), net.wallet("holder", tao=510)
        net.stake(holder, subnet, net.tao(500), hotkey=owner)
        net.stake(root, ROOT, net.tao(ROOT_STAKE), hotkey=owner)
        half = half_of(net.staked(holder, subnet, hotkey=owner))
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
    """The result of a stake.

    Attributes:
        where: root, or a subnet.
        staked: rao of TAO at the beginning.
        on_screen: its value at the present price, rao of TAO.
        sold: rao of TAO for selling all of it.
    """

    where: str
    staked: int
    on_screen: int
    sold: int


TEMPO = 20
EPOCHS = 12
STAKE = 10  # TAO


def root_or_alpha(others_on_root: int, epochs: int = EPOCHS, stake: int = STAKE) -> list[Staker]:
    """Two people stake the same amount on the same validator: one on root, one on its subnet. Then time passes.

    Args:
        others_on_root: TAO that others have on root; the more it is, the more of the subnet's alpha goes to root and is
            sold.
        epochs: number of epochs.
        stake: of each, TAO.
    """
    with small_network() as net:
        owner = net.wallet("owner", tao=10)
        subnet = net.create_subnet(owner, name="ours", tempo=TEMPO)
        net.create_subnet(net.wallet("other", tao=10), name="another", tempo=TEMPO)
        let_prices_catch_up(net)
        people = net.populate(subnet, validators=1, miners=2)
        validator = people.validators[0]
        net.fund(validator, net.tao(SEAT_TAO).rao)
        net.take_root_seat(validator)
        net.stake(net.wallet("others", tao=others_on_root + 10), ROOT, net.tao(others_on_root), hotkey=validator)
        ron, ann = (net.wallet(name, tao=stake + 1) for name in ("ron", "ann"))
        net.stake(ron, ROOT, net.tao(stake), hotkey=validator)
        net.stake(ann, subnet, net.tao(stake), hotkey=validator)
        net.run(epochs=epochs, subnet=subnet)
        pool = net.pool(subnet)
        of_basket = (net.chain.state, validator.hotkey.ss58_address, ron.coldkeypub.ss58_address)
        on_root = net.staked(ron, ROOT, hotkey=validator).rao
        alpha = net.staked(ann, subnet, hotkey=validator).rao
        rao = stake * RAO_PER_TAO
        return [
            Staker("root", rao, on_root + spot_payout_of(*of_basket), on_root + payout_of(*of_basket)),
            Staker("the subnet", rao, alpha * price(pool) >> FRACTION_BITS, swap(pool, "sell", alpha).received),
        ]


def root_or_alpha_card(others_on_root: tuple[int, ...] = (1_000, ROOT_STAKE)) -> Card:
    """The same two stakes with little and with much other stake on root."""
    rows = []
    for others in others_on_root:
        root, subnet = root_or_alpha(others)
        rows.append([f"{others:,} τ", *(_tao(rao) for rao in (root.sold, subnet.on_screen, subnet.sold))])
    header = ("others have on root", f"{STAKE} τ on root became", "on the subnet, at the price", "if sold now")
    said = Text(f"Two people stake {STAKE} τ on the same validator; {EPOCHS} epochs of {TEMPO} blocks later:")
    return Card("info", "Counted", "root or alpha?", (said, Grid(rows, header)))


def _tao(rao: int) -> str:
    return f"{rao / RAO_PER_TAO:.3f} τ"


# --- a student's swap on the chain ------------------------------------------------------------------------------


def trades(rule: SwapRule) -> dict[str, int]:
    """The results for a trader and the pool on a chain with the swap `rule`: amounts of rao by their names."""
    with small_network() as net, net.rules.using(swap=rule):
        owner, trader = net.wallet("owner", tao=10), net.wallet("trader", tao=1_000)
        subnet = net.create_subnet(owner)
        seen = {}
        net.stake(trader, subnet, net.tao(100), hotkey=owner)
        seen["stake 100 τ: α received"] = net.staked(trader, subnet, hotkey=owner).rao
        limit = bt.Balance.from_rao(net.alpha_price(subnet).rao * 105 // 100)
        before = net.balance(trader).rao
        net.stake(trader, subnet, net.tao(500), hotkey=owner, limit=limit)
        seen["stake 500 τ, limit 5 % up: τ that went"] = before - net.balance(trader).rao
        net.run(blocks=20)
        seen["20 blocks later: τ for one α"] = net.alpha_price(subnet).rao
        before = net.balance(trader).rao
        net.unstake(trader, subnet, half_of(net.staked(trader, subnet, hotkey=owner)), hotkey=owner)
        seen["unstake half: τ received"] = net.balance(trader).rao - before
        pool = net.pool(subnet)
        return {**seen, "τ in the pool": pool.tao, "α in the pool": pool.alpha}


def two_chains(rule: SwapRule) -> Card:
    """The same trades on two chains: one with the library's swap, one with `rule`."""
    ours = trades(swap)
    try:
        yours = trades(rule)
    except ChainError as error:
        return Card("raised", "Stopped", "The chain does not go on with your swap", (Text(str(error)),))
    rows = [[what, f"{ours[what]:,}", f"{yours[what]:,}"] for what in ours]
    whose = "the lab's own swap again, since yours is blank" if is_the_labs(rule) else "your swap"
    differ = [number for number, what in enumerate(ours) if ours[what] != yours[what]]
    marked = frozenset((number, 2) for number in differ)
    said = "To the rao." if not differ else f"{len(differ)} of {len(rows)} amounts differ: whose money is it?"
    grid = Grid(rows, ("in rao", "the chain's swap", whose), "", marked)
    if is_the_labs(rule):
        return Card("waiting", "Not your swap yet", "the lab's own runs on both chains", (grid,))
    return Card("wrong" if differ else "right", "Different" if differ else "The same", said, (grid,))
