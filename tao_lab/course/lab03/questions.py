"""*Predict first* questions of lab 03: where the result surprises people."""

from __future__ import annotations

import numpy as np

from tao_lab.cards import Grid
from tao_lab.chain.runtime import load_runtime
from tao_lab.course.lab03.puzzle import first_nonce
from tao_lab.course.networks import small_network
from tao_lab.course.questions import Finding, Question
from tao_lab.economy import lock_cost
from tao_lab.economy.pruning import Neuron, neuron_to_prune
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO

DAY = 24 * 3600 // BLOCK_SECONDS  # blocks
MIN_LOCK, INTERVAL = 1_000 * RAO_PER_TAO, 14 * DAY
RUSH = 10
DIFFICULTY, MINERS = 2_000, 600  # of the puzzle that has no memory
SEED = 20_260_630


def costs_every_two_days(count: int) -> list[int]:
    """What each of a number of subnets costs, in rao, if one is made every two days, by mainnet's numbers."""
    last, last_block, paid = MIN_LOCK, 0, []
    for number in range(count):
        block = 1 + number * 2 * DAY
        last = lock_cost(last, MIN_LOCK, last_block, block, INTERVAL)
        last_block = block
        paid.append(last)
    return paid


def _four_subnets() -> Finding:
    paid = [cost / RAO_PER_TAO for cost in costs_every_two_days(6)]
    row = ["costs, τ", *(f"{cost:,.0f}" for cost in paid)]
    option = 0 if paid[3] < 1_100 else 1 if paid[3] < 3_000 else 2
    because = (
        "Each creation doubles the cost, and two days take away only a seventh of the last lock. So subnets in quick "
        "succession cost like a power of two; who waits 14 days pays as much as the one before, 28 days nothing extra."
    )
    return Finding(option, because, (Grid([row], ("subnet", *(str(n) for n in range(1, 7)))),))


def rush_prices() -> list[int]:
    """What each of ten people paid who registered one after another in the same block, in rao, on a running chain."""
    with small_network() as net:
        netuid = net.create_subnet(owner=net.wallet("owner", tao=2_000))
        payer = net.wallet("payer", tao=500)
        calls = []
        for number in range(RUSH):
            hotkey = net.wallet("payer", hotkey=f"hotkey-{number}").hotkey.ss58_address
            calls.append(net.chain.compose("SubtensorModule", "burned_register", {"netuid": netuid, "hotkey": hotkey}))
        receipt = net.call(payer, "Utility", "batch_all", calls=calls)
    paid = [0]
    for event in receipt.events:
        if event["event_id"] == "Transfer":  # to the pool, and its fee to the block's author
            paid[-1] += int(event["attributes"]["amount"])
        elif event["event_id"] == "NeuronRegistered":
            paid.append(0)
    return paid[:RUSH]


def _rush() -> Finding:
    paid = [rao / RAO_PER_TAO for rao in rush_prices()]
    option = 0 if paid[-1] < 1.5 * paid[0] else 1 if paid[-1] < 4 * paid[0] else 2
    row = ["paid, τ", *(f"{price:.2f}" for price in paid)]
    because = (
        f"Each registration multiplies the price at once, within the block: {paid[1] / paid[0]:.2f} times, nine times "
        "over. That is the whole defence against somebody who takes all seats in a moment."
    )
    return Finding(option, because, (Grid([row], ("seat", *(str(n) for n in range(1, RUSH + 1)))),))


def _few_without_immunity() -> Finding:
    item = load_runtime().item("SubtensorModule", "MinNonImmuneUids")
    least = int(load_runtime().core.decode(item.value_type, item.default))
    neurons = [Neuron(0, 0, 1, immune=False, immortal=True)]
    neurons += [Neuron(uid, 10 * uid, uid, immune=uid > 3) for uid in range(1, 16)]
    goes = neuron_to_prune(neurons, least)
    neuron = None if goes is None else neurons[goes]
    option = 0 if neuron is None else 2 if neuron.immune else 1
    rows = [
        ["seats without immunity, but the owner's", str(sum(not n.immune for n in neurons[1:]))],
        ["must stay without immunity (`MinNonImmuneUids`)", str(least)],
        ["goes", "nobody" if neuron is None else f"UID {neuron.uid}, immune: {'yes' if neuron.immune else 'no'}"],
    ]
    because = (
        "A subnet keeps some seats whose immunity is over, so that the tried ones are not swept out by newcomers. "
        "While there are so few of them, the weakest of the immune goes: immunity is not a promise on a young subnet."
    )
    return Finding(option, because, (Grid(rows),))


def further_tries() -> tuple[float, float]:
    """Mean number of tries from the start, and of further tries for miners whose first 2,000 tries failed."""
    rng = np.random.default_rng(SEED)
    tries = []
    for _ in range(MINERS):
        prefix = b"subtensor-pow-register-v1" + rng.bytes(98)
        found = first_nonce(prefix, DIFFICULTY, 0, 100 * DIFFICULTY)
        tries.append(100 * DIFFICULTY if found is None else found + 1)
    unlucky = [count - DIFFICULTY for count in tries if count > DIFFICULTY]
    return float(np.mean(tries)), float(np.mean(unlucky))


def _no_memory() -> Finding:
    mean, further = further_tries()
    option = 0 if further < 0.3 * mean else 1 if further < 0.75 * mean else 2
    rows = [
        ["tries on average, from the start", f"{mean:,.0f}"],
        [f"further tries of those whose first {DIFFICULTY:,} were in vain", f"{further:,.0f}"],
    ]
    because = (
        f"We let {MINERS} miners solve the real puzzle at difficulty {DIFFICULTY:,}. Hashing has no memory: work in "
        "vain brings nobody nearer. So who has twice the machines gets twice the seats, on average."
    )
    return Finding(option, because, (Grid(rows),))


QUESTIONS = (
    Question(
        "03.A",
        "Nobody made a subnet for months; the next costs 1,000 τ. Now somebody makes one every two days. What does the "
        "fourth cost?",
        ("1,000 τ, like the first", "about 2,000 τ", "more than 6,000 τ"),
        _four_subnets,
    ),
    Question(
        "03.B",
        "A seat costs 1 τ. Ten people register in the very same block. What does the tenth pay?",
        ("1 τ, since it is the same block", "about 2 τ", "about 8 τ"),
        _rush,
    ),
    Question(
        "03.C",
        "All 16 seats of a young subnet are taken: the owner's, three whose immunity is over, and twelve that are "
        "still immune. A newcomer pays. Who goes?",
        ("nobody: the newcomer is refused", "the weakest of the three", "one of the twelve that are immune"),
        _few_without_immunity,
    ),
    Question(
        "03.D",
        "A puzzle takes 2,000 tries on average. You have tried 2,000 times, in vain. How many more will it take, on "
        "average?",
        ("hardly any: it must come now", "about 1,000", "2,000, as if you had just begun"),
        _no_memory,
    ),
)
