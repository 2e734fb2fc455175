"""Experiments of lab 09: attackers among honest participants on a running chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bittensor_core
import numpy as np

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.consensus import epoch
from tao_lab.course.lab06.subnets import small_subnet
from tao_lab.course.lab07.economy import OWNER_UID, TEMPO, Economy, read, small_economy
from tao_lab.course.lab09 import reference
from tao_lab.course.lab09.arena import Defence, copying
from tao_lab.course.lab09.cases import MAINNET_TERMS
from tao_lab.course.networks import small_network
from tao_lab.datasets import MainnetSubnet, load_mainnet
from tao_lab.economy import Pool, registration_price, swap
from tao_lab.fixed import EXACT
from tao_lab.network import Network
from tao_lab.simulate import Group, Run, Scenario, run
from tao_lab.units import RAO_PER_TAO, U16_MAX

ADMIN = "AdminUtils"
HONEST = Group("honest", "validator", count=3, stake=1_000 * RAO_PER_TAO)
MINERS = Group("honest", "miner", count=6)
RESTLESS = Group("honest", "miner", count=6, options={"drift": 0.2})
SEALED: dict[str, Any] = {"commit_reveal_weights_enabled": True}
STAKE = HONEST.count * (HONEST.stake or 0)


def part_of(ran: Run, name: str) -> float:
    """A group's share of what all miners (or all validators) earned together."""
    totals = ran.totals.set_index("group")
    together = int(totals.earned[totals.kind == totals.kind[name]].sum())
    return int(totals.earned[name]) / together if together else 0.0


def per_stake(ran: Run, name: str, other: str) -> float:
    """Dividends of a group relative to its stake in the second half of a run, as a multiple of another group's.

    The first half does not count: it depends on who came first, not on who judges better.
    """
    settled = ran.epochs[ran.epochs.epoch > ran.scenario.epochs // 2]
    sums = settled[settled.kind == "validator"].groupby("group")[["dividends", "stake"]].sum()
    return float(sums.dividends[name] / sums.stake[name] / (sums.dividends[other] / sums.stake[other]))


# --- the finished thing ---------------------------------------------------------------------------------------------


def attacks() -> tuple[list[tuple[str, float]], str]:
    """Five attacks on a new subnet, each on a new chain: the gain as a multiple of an honest participant's."""
    gains = []
    for share in (0.4, 0.55):
        ran = run(cartel(share, epochs=3))
        times = part_of(ran, "colluder miner") * (MINERS.count + 1)
        gains.append((f"cartel, {percent(share)} of stake", times))
    ran = run(copier(epochs=16), hyperparameters=SEALED)
    gains.append(("copier", per_stake(ran, "copier validator", "honest validator")))
    ran = run(Scenario("false seats", (HONEST, MINERS, Group("sybil", "miner", count=5)), epochs=3))
    gains.append(("five seats, one answer", part_of(ran, "sybil miner") * (MINERS.count + 1)))
    selfish = Group("self-weighter", "validator", stake=STAKE // 3)
    ran = run(Scenario("self-weighter", (HONEST, selfish, MINERS), epochs=3))
    gains.append(("pays its own miner", per_stake(ran, "self-weighter validator", "honest validator")))
    pays = sum(times > 1 for _, times in gains)
    return gains, f"{pays} of {len(gains)} attacks on a new subnet bring more than honest work"


# --- cartels --------------------------------------------------------------------------------------------------------


def cartel(share: float, kappa: int = 32_767, epochs: int = 3) -> Scenario:
    """Three honest validators against one that gives all its weight to a miner that does nothing.

    Args:
        share: the cartel's part of all stake.
        kappa: u16.
        epochs: number of epochs.
    """
    stake = round(STAKE * share / (1 - share))
    owner = Group("idle", "owner")
    groups = (owner, HONEST, Group("cartel", "validator", stake=stake), MINERS, Group("colluder", "miner"))
    return Scenario("a cartel", groups, epochs=epochs, hyperparameters={"kappa": kappa})


def cartels(kappas: Sequence[float] = (0.5, 0.6), shares: Sequence[float] = (0.4, 0.51, 0.61)) -> tuple[Any, Any, str]:
    """A false miner's pay: computed for every stake, and measured on a chain for some; two tables and a title."""
    lines: dict[str, list[Any]] = {"share": [], "pay": [], "kappa": []}
    points: dict[str, list[Any]] = {"share": [], "pay": [], "kappa": []}
    words = {kappa: f"kappa {percent(kappa)}" for kappa in kappas}
    starves: dict[float, int] = {}
    for kappa in kappas:
        word = int(kappa * U16_MAX)
        for stake in range(30, 71):
            subnet = small_subnet([100 - stake, stake], [[1.0, 0.0], [0.0, 1.0]], kappa=word)
            good, fake = EXACT.to_float(epoch(subnet).incentive[-2:])
            _note(lines, stake, 100 * float(fake), words[kappa])
            if good == 0:
                starves.setdefault(kappa, stake)
        for share in shares:
            _note(points, 100 * share, 100 * part_of(run(cartel(share, word)), "colluder miner"), words[kappa])
    decides = {
        kappa: min(s for s, pay, k in zip(*lines.values(), strict=True) if pay > 0 and k == words[kappa])
        for kappa in kappas
    }
    pays = ", ".join(f"{decides[kappa]} % at {words[kappa]}" for kappa in kappas)
    kappa = max(kappas)
    starving = f"at {words[kappa]}, {starves[kappa]} % is enough to leave honest miners without pay"
    return lines, points, f"Stake that gets a cartel's miner paid: {pays}; {starving}"


def _note(table: dict[str, list[Any]], share: float, pay: float, kappa: str) -> None:
    for column, value in zip(("share", "pay", "kappa"), (share, pay, kappa), strict=True):
        table[column].append(value)


# --- copiers --------------------------------------------------------------------------------------------------------


def copier(epochs: int = 24) -> Scenario:
    """Three honest validators and a copier with as much stake as one of them, among miners that change."""
    one = Group("copier", "validator", stake=STAKE // 3, options={"late": True})
    return Scenario("a copier", (HONEST, one, RESTLESS), epochs=epochs)


CHANGES = 6  # epochs after which the miners' order changes
COPIER_SETTINGS: dict[str, dict[str, Any]] = {
    "open, it waits for them": {"reveal_period": 0, "waits": True},
    "open, it does not wait": {"reveal_period": 0},
    "sealed for 1": {"reveal_period": 1},
    "sealed for 1, Yuma 2": {"reveal_period": 1, "yuma3": False},
    "sealed for 1, liquid alpha": {"reveal_period": 1, "liquid": True},
    "sealed for 2": {"reveal_period": 2},
}


def copiers(changes: int = CHANGES) -> tuple[list[tuple[str, float]], str]:
    """A copier's pay relative to honest validators with the same stake, by the subnet's settings; and a title."""
    found = [(name, copying(changes, **{"yuma3": True, **chosen})[0]) for name, chosen in COPIER_SETTINGS.items()]
    best, worst = percent(found[0][1]), percent(found[-1][1])
    return (
        found,
        f"Of an honest one's pay, a copier earns {best} where rows are open, {worst} where sealed for 2 epochs",
    )


def seal_table(changes: Sequence[int] = (4, 8, 12), periods: Sequence[int] = (0, 1, 2, 3, 4)) -> Grid:
    """A copier's pay, and the pay for the wrong miners, by the time for which rows are sealed."""
    rows = []
    for every in changes:
        cells = [copying(every, period, True) for period in periods]
        rows.append([f"every {every} epochs", *(f"{percent(earned)} / {percent(late)}" for earned, late in cells)])
    header = ("the order changes", *("open" if not period else f"sealed for {period}" for period in periods))
    return Grid(rows, header)


def seal_card() -> Card:
    """The table of seals, with what it is about."""
    said = Text(
        "First what a copier earns of an honest one's pay, then the part of the pay that goes to the wrong miners."
    )
    return Card("info", "Measured", "how long to seal: copiers lose, and so do miners", (said, seal_table()))


# --- false seats ----------------------------------------------------------------------------------------------------


SEATS, REAL_TEMPO, IMMUNE_EPOCHS = 6, 360, 13  # mainnet: immunity is 5,000 blocks on a new subnet


def false_seats(epochs: int = 8) -> Card:
    """One person with one answer and six seats: their cost and their pay on a running chain."""
    looking = replace(HONEST, options={"one_for_all": True})
    rows = []
    for words, validators, burn in (
        ("seats from 0.01 τ", HONEST, RAO_PER_TAO // 100),
        ("seats from 1 τ", HONEST, RAO_PER_TAO - 1),
        ("from 1 τ, and validators compare answers", looking, RAO_PER_TAO - 1),
    ):
        buyer = Group("sybil", "miner", count=SEATS, joins=1, tao=100 * RAO_PER_TAO)
        scenario = Scenario("false seats", (validators, MINERS, buyer), epochs=epochs)
        ran = run(scenario, hyperparameters={"min_burn": burn, "burn_half_life": 1})  # down to the lowest price at once
        totals = ran.totals.set_index("group")
        paid = -int(totals.tao["sybil miner"])
        worth = int(totals.profit["sybil miner"] + totals.cost["sybil miner"]) + paid
        earned = worth * REAL_TEMPO / (epochs * scenario.tempo)
        back = f"{paid / earned:.1f}"
        rows.append([words, percent(part_of(ran, "sybil miner")), f"{paid / RAO_PER_TAO:.2f}", back])
    header = ("", "part of the miners' pay", "τ for six seats", "epochs until they are paid back")
    said = Text(
        f"Six seats with one answer beside {MINERS.count} honest miners, one α at 0.1 τ, {REAL_TEMPO} blocks an epoch. "
        f"Immunity lasts about {IMMUNE_EPOCHS} epochs."
    )
    return Card("info", "Counted", "false seats on a running chain", (said, Grid(rows, header)))


def seat_prices(burn: int, seats: int) -> list[int]:
    """The price of each seat in rao, if several are bought one directly after the other."""
    prices, terms = [burn], replace(MAINNET_TERMS, min_burn=burn)
    while len(prices) < seats:
        prices.append(registration_price(prices[-1], terms, "registration"))
    return prices


# --- owners and root ------------------------------------------------------------------------------------------------


def owner_and_root() -> Card:
    """A subnet's part of a block's TAO: normally, switched off by root, and if its owner takes the miners' pay."""
    rows = []
    with small_economy() as economy:
        net, netuid = economy.net, economy.second
        net.run(blocks=2 * TEMPO)
        rows.append(["miners are paid", *_paid(net, netuid)])
        for words, enabled in (("two blocks after root switched it off", False), ("and on again", True)):
            net.sudo(ADMIN, "sudo_set_subnet_emission_enabled", netuid=netuid, enabled=enabled)
            net.run(blocks=2)
            rows.append([words, *_paid(net, netuid)])
        for words, part in (("half of the weight on the owner's miner", 0.5), ("all of it", 1.0)):
            _to_owner(economy, part)
            rows.append([words, *_paid(net, netuid)])
    header = ("one of two subnets", "of the miners' pay burned", "its part of the block's TAO")
    title = f"an owner that keeps the miners' pay takes its subnet from {rows[2][2]} of the TAO to {rows[-1][2]}"
    return Card("info", "Counted", title, (Grid(rows, header),))


def _to_owner(economy: Economy, part: float) -> None:
    """The younger subnet's validators give a part of their weight to its owner's own hotkey, and two epochs pass."""
    net, people = economy.net, economy.neighbours
    net.run(blocks=TEMPO)
    miners = sorted(people.quality)
    rest = round((1 - part) * U16_MAX / len(miners))
    for validator in people.validators:
        weights = [round(part * U16_MAX), *([rest] * len(miners))]
        args = {"netuid": economy.second, "dests": [OWNER_UID, *miners], "weights": weights, "version_key": 0}
        net.call(validator.hotkey, MODULE, "set_weights", **args)
    net.run(blocks=2 * TEMPO)


def _paid(net: Network, netuid: int) -> tuple[str, str]:
    """Part of the miners' pay that was burned, and the subnet's part of the last block's TAO."""
    given = {
        each: read(net, "SubnetTaoInEmission", each) + read(net, "SubnetExcessTao", each) for each in net.subnets()
    }
    burned = read(net, "MinerBurned", netuid)["bits"] / 2**32
    return percent(burned), percent(given[netuid] / max(sum(given.values()), 1))


# --- sandwiches -----------------------------------------------------------------------------------------------------


def real_pools() -> list[MainnetSubnet]:
    """The pools of mainnet's subnets at block 9,240,381, the smallest first."""
    return sorted((each for each in load_mainnet().subnets if each.started), key=lambda each: each.tao)


def best_sandwich(
    pool: Pool, order: int, limit_price: int | None = None, sandwich: Any = reference.sandwich
) -> tuple[int, int]:
    """The largest profit around an order, rao, and the front for it; fronts are at most ten times the order."""
    fronts = [order * part // 20 for part in (1, 2, 4, 8, 16, 30, 60, 100, 200)]
    profits = [sandwich(pool, order, front, limit_price)[0] for front in fronts]
    best = int(np.argmax([float(profit) for profit in profits]))
    return profits[best], fronts[best]


def sandwiches(order_tao: int, sandwich: Any = reference.sandwich) -> tuple[Any, str]:
    """The best sandwich around one order in each of mainnet's pools: a table, and a title.

    Args:
        order_tao: τ that the victim pays.
        sandwich: as `reference.sandwich`.
    """
    table: dict[str, list[Any]] = {"tao": [], "profit": [], "netuid": [], "worth": []}
    for subnet in real_pools():
        profit, _ = best_sandwich(subnet.pool, order_tao * RAO_PER_TAO, sandwich=sandwich)
        table["tao"].append(subnet.tao / RAO_PER_TAO)
        table["profit"].append(profit / RAO_PER_TAO)
        table["netuid"].append(subnet.netuid)
        table["worth"].append("a sandwich pays" if profit > 0 else "the fee eats it")
    pays = sum(profit > 0 for profit in table["profit"])
    most = max(table["profit"])
    return (
        table,
        f"An order of {order_tao:,} τ: a sandwich pays in {pays} of {len(table['tao'])} pools, at best {most:.2f} τ",
    )


@dataclass(frozen=True)
class Trade:
    """The result of a victim's order on a running chain.

    Attributes:
        seen: what others can read of the order before its block.
        profit: the attacker's gain, rao of τ; 0 if there was nothing to attack.
        received: rao of alpha that the victim got.
        said: the chain's answer to the order.
    """

    seen: str
    profit: int
    received: int
    said: str


ORDER, FRONT = 100 * RAO_PER_TAO, 200 * RAO_PER_TAO


def trade(limit_price: int | None = None, shielded: bool = False, attacked: bool = True) -> Trade:
    """One order in one block, with an attacker that reads waiting calls and chooses the order of the block.

    Args:
        limit_price: of the order, rao of τ for one alpha; the order happens whole or not at all.
        shielded: whether the order is sent encrypted.
        attacked: whether somebody attacks.
    """
    with small_network() as net:
        owner, thief, victim = (net.wallet(name, tao=1_000) for name in ("owner", "thief", "victim"))
        netuid = net.create_subnet(owner)
        hotkey, chain = str(owner.hotkey.ss58_address), net.chain
        call = {"hotkey": hotkey, "netuid": netuid, "amount_staked": ORDER}
        name = "add_stake"
        if limit_price is not None:
            name, call = "add_stake_limit", {**call, "limit_price": limit_price, "allow_partial": False}
        order = chain.sign(victim.coldkey, MODULE, name, call, nonce=1 if shielded else 0)
        if shielded:
            key = bytes.fromhex(chain.state.get("MevShield", "NextKey")[2:])
            sealed = bytes(bittensor_core.encrypt_mlkem768(key, order, include_key_hash=True))
            order = chain.sign(
                victim.coldkey, "MevShield", "submit_encrypted", {"ciphertext": "0x" + sealed.hex()}, nonce=0, period=8
            )
        shown = chain.decode(order).call
        seen = "`" + shown.name + "`" + (f", {shown.args['amount_staked'] / RAO_PER_TAO:g} τ" if not shielded else "")
        before = net.balance(thief).rao
        waiting = [order]
        if attacked and "amount_staked" in shown.args:  # an attacker needs to know the purchase
            held = swap(net.pool(netuid), "buy", FRONT).received
            buys = {"hotkey": hotkey, "netuid": netuid, "amount_staked": FRONT}
            sells = {"hotkey": hotkey, "netuid": netuid, "amount_unstaked": held}
            waiting.insert(0, chain.sign(thief.coldkey, MODULE, "add_stake", buys, nonce=0))
            waiting.append(chain.sign(thief.coldkey, MODULE, "remove_stake", sells, nonce=1))
        hashes = [chain.submit(each) for each in waiting]
        block = chain.produce_block()
        place = len(hashes) // 2 + 1 + shielded  # the timestamp comes first, and a shielded order after its carrier
        told, events = chain.refusals(block.number), enumerate(chain.events(block.number))
        failed = [told[i].name for i, event in events if i in told and event["extrinsic_idx"] == place]
        said = failed[0] if failed else "done"
        received = net.staked(victim, netuid, hotkey=hotkey).rao
        return Trade(seen, net.balance(thief).rao - before, received, said)


def shields() -> Card:
    """One order four times: alone, in the open, with a limit, and shielded."""
    price = RAO_PER_TAO  # a new pool's: one α for one τ
    tries = {
        "nobody attacks": trade(attacked=False),
        "in the open": trade(),
        "with a limit 25 % above the price": trade(limit_price=price * 125 // 100),
        "shielded": trade(shielded=True),
    }
    rows = [
        [words, one.seen, f"{one.profit / RAO_PER_TAO:+.2f}", f"{one.received / RAO_PER_TAO:.2f}", one.said]
        for words, one in tries.items()
    ]
    header = ("the order", "what others can read", "thief's profit, τ", "victim's α", "the chain says")
    stolen = tries["nobody attacks"].received - tries["in the open"].received
    said = f"In the open the victim gets {stolen / RAO_PER_TAO:.2f} α less for the same {ORDER / RAO_PER_TAO:g} τ."
    return Card("info", "Counted", "one order, four ways to send it", (Text(said), Grid(rows, header)))


# --- the defence on a chain -----------------------------------------------------------------------------------------


def on_chain(defences: Mapping[str, Defence], bloc: float, honest: float) -> Card:
    """Pay of a cartel and a copier on a running chain with some settings.

    Args:
        defences: by name.
        bloc: the cartel's part of all stake.
        honest: the honest validators' part; the rest votes for a miner of its own.
    """
    rows = []
    for name, defence in defences.items():
        copy = run(copier(), hyperparameters=hyperparameters(defence))
        copies = per_stake(copy, "copier validator", "honest validator")
        rows.append([name, *map(percent, cartel_with(defence, bloc, honest)), percent(copies)])
    header = ("defence", "cartel's miner gets", "honest miners get", "copier gets, of an honest one's")
    return Card("info", "Counted", "the same settings on a running chain", (Grid(rows, header),))


def cartel_with(defence: Defence, bloc: float, honest: float) -> tuple[float, float]:
    """Shares of the miners' pay for a cartel's miner and for the honest ones, on a running chain.

    Args:
        defence: the settings.
        bloc: the cartel's part of all stake.
        honest: the honest validators' part; the rest votes for a miner of its own.
    """
    total = STAKE / honest
    groups = [HONEST, Group("cartel", "validator", stake=int(total * bloc)), MINERS, Group("colluder", "miner")]
    if (rest := int(total * (1 - bloc - honest))) > 0:
        groups.append(Group("self-weighter", "validator", stake=rest))
    scenario = Scenario("a cartel", tuple(groups), epochs=3 + 2 * defence.reveal_period)
    ran = run(scenario, hyperparameters=hyperparameters(defence))
    return part_of(ran, "colluder miner"), part_of(ran, "honest miner")


def hyperparameters(defence: Defence) -> dict[str, Any]:
    """A defence by the chain's own names."""
    settings = {"kappa": defence.kappa_u16, "yuma3_enabled": defence.yuma3}
    settings["min_burn"] = max(defence.min_burn, MAINNET_TERMS.min_burn)
    sealed = {**SEALED, "commit_reveal_weights_interval": defence.reveal_period}
    return settings | (sealed if defence.reveal_period else {})
