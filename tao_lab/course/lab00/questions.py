"""*Predict first* questions of lab 00: where the result surprises people."""

from __future__ import annotations

import itertools

from tao_lab.cards import Grid
from tao_lab.course.lab00.payouts import Past, paid
from tao_lab.course.questions import Finding, Question
from tao_lab.units import RAO_PER_TAO

MODULE = "SubtensorModule"


def idle_epochs() -> list[tuple[int, int, int]]:
    """Epochs of a subnet whose validators set weights once, before the first of them, and then did nothing.

    Returns:
        For each epoch its block, the block in which a validator last set weights, and the miners' pay in rao of alpha.
    """
    market = paid()
    epochs = []
    for before, after in itertools.pairwise(Past(market.net, height) for height in market.heights):
        pay = [
            after.get(MODULE, "TotalHotkeyAlpha", hotkey, market.netuid)
            - before.get(MODULE, "TotalHotkeyAlpha", hotkey, market.netuid)
            for hotkey in market.miners
        ]
        epochs.append((after.block, max(after.get(MODULE, "LastUpdate", market.netuid)), sum(pay)))
    return epochs


def _nobody_works() -> Finding:
    epochs = idle_epochs()
    first, last = epochs[0][2], epochs[-1][2]
    option = 0 if last < first / 100 else 1 if last < 0.95 * first else 2
    rows = [[str(block), str(weights), f"{rao / RAO_PER_TAO:,.3f}"] for block, weights, rao in epochs]
    cutoff = Past(paid().net, epochs[-1][0]).get(MODULE, "ActivityCutoff", paid().netuid)
    because = (
        "The chain sees no questions and no answers. It sees weights, and each epoch pays by those that it has, until "
        f"the validators set new ones or have set none for {cutoff:,} blocks."
    )
    return Finding(option, because, (Grid(rows, ("epoch at block", "last weights at block", "miners got, alpha")),))


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
        "On another subnet the validators set weights once. Then nobody asks, answers or scores anything for five "
        "epochs. What do the miners get?",
        ("nothing: there is no work to pay", "less with every epoch", "as much as before, in each epoch"),
        _nobody_works,
    ),
    Question(
        "00.B",
        "Somebody must pay the miners. Whose tokens are they?",
        ("the user's, who asked", "the validators', who want good answers", "nobody's: the tokens are new"),
        _who_pays,
    ),
)
