"""The reasons for such a network, in numbers: useful work, not hash puzzles; many miners, not one company."""

from __future__ import annotations

import numpy as np

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.consensus import epoch
from tao_lab.course.claims import SUBNET_15
from tao_lab.course.lab03.puzzle import (
    ANSWER_TOKENS,
    LEAST,
    TOKENS_PER_SECOND,
    WATTS,
    count,
    duration,
    hashes_per_second,
)
from tao_lab.course.verdicts.running import largest
from tao_lab.datasets import load_mainnet, load_metagraph
from tao_lab.errors import LabError

WATT_HOUR = 3_600  # joules
HARDER = 10_000  # times mainnet's lowest difficulty
A_PHONE = 15 * WATT_HOUR  # joules in its battery


class MotiveError(LabError):
    """An assumption that is not a positive number."""


def energy(watts: float = WATTS, tokens_per_second: float = TOKENS_PER_SECOND) -> Card:
    """A registration by proof of work, compared with the answers that the same computer could give in the same time.

    Args:
        watts: power of the computer while it works, in both cases.
        tokens_per_second: speed of its language model.

    Raises:
        MotiveError: an assumption is not above 0.
    """
    for name, value in (("watts", watts), ("tokens_per_second", tokens_per_second)):
        if not value > 0:
            raise MotiveError(f"{name} is {value!r}; allowed: a number above 0")
    speed, per_answer = hashes_per_second(), watts * ANSWER_TOKENS / tokens_per_second
    rows = []
    for name, tries in (("mainnet's least difficulty", LEAST), (f"{HARDER:,} times that", LEAST * HARDER)):
        seconds = tries / speed
        answers = seconds * tokens_per_second / ANSWER_TOKENS
        rows.append([name, count(tries), duration(seconds), count(seconds * watts / WATT_HOUR), count(answers)])
    header = ("a seat by proof of work", "hashes on average", "time", "Wh", "answers in the same time")
    said = (
        f"Measured: {speed / 1e6:,.2f} million hashes a second on one core of this machine, by the SDK's own miner. "
        f"Assumed: {watts:g} W at either work, {tokens_per_second:g} tokens a second, {ANSWER_TOKENS} an answer. "
        f"So an answer costs {per_answer:,.0f} J. A phone's battery, 15 Wh, holds {A_PHONE / per_answer:,.0f} answers "
        f"or {A_PHONE / watts * speed / 1e6:,.0f} million hashes. Proof-of-work registration is off by default; "
        "anyone who pays the price in TAO needs no puzzle."
    )
    title = "the same seconds of the same computer: a puzzle that nobody needs, or answers"
    when = "As of: the SDK 11.3's puzzle and mainnet's `InitialMinDifficulty`; speed measured now."
    return Card("info", "Work that is of use", title, (Grid(rows, header), Text(said), Text(when)))


def spread() -> Card:
    """How many share the pay for the work: on one real subnet, and among all subnets."""
    pay = epoch(load_metagraph().epoch_input()).terms().server_emission
    paid = [int(rao) for rao in pay if rao]
    mainnet = load_mainnet()
    tao = [subnet.tao_in + subnet.excess_tao for subnet in mainnet.subnets if subnet.tao_in + subnet.excess_tao]
    rows = [_row("miners of subnet 15, by an epoch's alpha", paid), _row("subnets of mainnet, by a block's TAO", tao)]
    header = ("", "paid", "the largest has", "this many have half", "the lower half has")
    said = (
        "With one company, one would be paid, and have 100 %. Here many are paid, and a few get most. Whether a crowd "
        "of small miners can train what a server farm trains, no ledger can say."
    )
    when = f"As of: {SUBNET_15}; mainnet at block {mainnet.block:,}, spec {mainnet.spec}."
    title = f"{len(paid)} miners of one subnet and {len(tao)} subnets are paid"
    return Card("info", "One company or many", title, (Grid(rows, header), Text(said), Text(when)))


def _row(name: str, parts: list[int]) -> list[str]:
    ordered = np.sort(parts)
    lower = int(ordered[: len(parts) // 2].sum()) / int(ordered.sum())
    half = f"{largest(parts)}"
    return [name, str(len(parts)), percent(max(parts) / sum(parts), 1), half, percent(lower, 1)]
