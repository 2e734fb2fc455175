"""*Predict first* questions of lab 00: where the result surprises people."""

from __future__ import annotations

from tao_lab.cards import Grid, percent
from tao_lab.course.lab00.payouts import Past, paid
from tao_lab.course.questions import Finding, Question
from tao_lab.units import RAO_PER_TAO

MODULE = "SubtensorModule"


def shares() -> dict[str, float]:
    """How one epoch's alpha was divided among miners, validators with their stakers, and the creator."""
    market = paid()
    first, last = (Past(market.net, height) for height in market.heights[-2:])
    graph = market.net.metagraph(market.netuid)
    gained = {
        neuron.hotkey: last.get(MODULE, "TotalHotkeyAlpha", neuron.hotkey, market.netuid)
        - first.get(MODULE, "TotalHotkeyAlpha", neuron.hotkey, market.netuid)
        for neuron in graph
    }
    total = sum(gained.values())
    miners = sum(gained[hotkey] for hotkey in market.miners)
    creator = gained[market.creator]
    parts = {"miners": miners, "validators and stakers": total - miners - creator, "creator": creator}
    return {name: rao / total for name, rao in parts.items()}


def _shares() -> Finding:
    parts = shares()
    option = 0 if parts["miners"] > 0.9 else 1 if parts["miners"] > 0.6 else 2
    rows = [[name, percent(share, 1)] for name, share in parts.items()]
    because = (
        "18 % go to the creator of the subnet; the rest is halved. Those who judge and those who stand behind them are "
        "paid as much as those who work."
    )
    return Finding(option, because, (Grid(rows, ("who", "share of one epoch")),))


def _who_pays() -> Finding:
    market = paid()
    first, last = (Past(market.net, height) for height in market.heights[-2:])
    issued = last.get(MODULE, "SubnetAlphaOut", market.netuid) - first.get(MODULE, "SubnetAlphaOut", market.netuid)
    graph = market.net.metagraph(market.netuid)
    coldkeys = {neuron.coldkey for neuron in graph}
    spent = sum(
        first.get("System", "Account", who)["data"]["free"] - last.get("System", "Account", who)["data"]["free"]
        for who in coldkeys
    )
    rows = [
        ["alpha that is new", f"{issued / RAO_PER_TAO:,.3f}"],
        ["TAO that all coldkeys of the subnet paid", f"{spent / RAO_PER_TAO:,.3f}"],
        ["blocks", str(last.block - first.block)],
    ]
    because = (
        "With each block the chain makes new tokens, and an epoch deals them out. Nobody's account gets smaller; who "
        "holds tokens already holds a smaller part of all. Whether users pay a validator is their own affair."
    )
    return Finding(2 if issued > 0 and spent == 0 else 1, because, (Grid(rows, ("between two epochs", "")),))


QUESTIONS = (
    Question(
        "00.A",
        "Four kinds of people get something when a subnet pays. How much of it goes to the miners, who did the work?",
        ("nearly all", "most: about four fifths", "less than half"),
        _shares,
    ),
    Question(
        "00.B",
        "Somebody must pay the miners. Whose tokens are they?",
        ("the user's, who asked", "the validators', who want good answers", "nobody's: the tokens are new"),
        _who_pays,
    ),
)
