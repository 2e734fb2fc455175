"""The hash puzzle of a proof-of-work registration: how fast this machine solves it, and what that costs.

The puzzle is that of the SDK 11.3 (`bittensor.pow_registration`) for the runtime of spec 475: a nonce is right if the
seal, keccak-256 of SHA-256 of prefix and nonce, read as a little-endian number, times the difficulty stays below 2^256.
"""

from __future__ import annotations

import math
import time
from functools import cache

import bittensor as bt
import bittensor_core
from bittensor.pow_registration import registration_prefix
from bittensor_core import Keypair

from tao_lab.cards import Card, Grid, Text
from tao_lab.units import RAO_PER_TAO

WATTS = 65  # of a laptop or a small desktop that works hard
ANSWER_TOKENS, TOKENS_PER_SECOND = 128, 20  # a model's answer, and a small model on a laptop; lab 04 measures yours
LEAST, MOST = 10_000_000, 2**62 - 1  # `InitialMinDifficulty` and `InitialMaxDifficulty` of mainnet's runtime
TRIES = 400_000  # hashes for a measurement
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NEVER = 2**63  # a difficulty that nobody meets in a few tries


def prefix_of(netuid: int, block_hash: bytes, hotkey: str, coldkey: str) -> bytes:
    """The bytes before the nonce: 123 bytes that name subnet, block, hotkey and coldkey."""
    return bytes(registration_prefix(netuid, block_hash.hex(), hotkey, coldkey))


def first_nonce(prefix: bytes, difficulty: int, start: int, tries: int) -> int | None:
    """First nonce from `start` on that solves the puzzle, by the SDK's own miner; None if `tries` are not enough."""
    found = bittensor_core.pow_mine_cpu(prefix, difficulty, start, tries)
    return None if found is None else int(found[0])


@cache
def hashes_per_second() -> float:
    """Nonces a second that the SDK's miner tries on one core of this machine, measured now."""
    prefix = prefix_of(1, bytes(32), *(Keypair.create_from_uri(uri).ss58_address for uri in ("//Alice", "//Bob")))
    begin = time.perf_counter()
    first_nonce(prefix, NEVER, 0, TRIES)
    return TRIES / (time.perf_counter() - begin)


def comparison(price: bt.Balance, watts: float = WATTS) -> Card:
    """A seat by work and a seat by price, side by side.

    Args:
        price: of a seat at the moment.
        watts: power of the computer while it works.
    """
    speed = hashes_per_second()
    rows = []
    for name, difficulty in (("mainnet's least", LEAST), ("a million times that", LEAST * 10**6), ("its most", MOST)):
        seconds = difficulty / speed
        answers = seconds * TOKENS_PER_SECOND / ANSWER_TOKENS
        kwh = seconds * watts / 3.6e6
        rows.append([name, count(difficulty), duration(seconds), count(kwh), count(answers)])
    header = ("difficulty", "tries on average", "time", "kWh", f"answers of {ANSWER_TOKENS} tokens in that time")
    said = Text(
        f"One core of this machine tries {speed / 1e6:,.2f} million nonces a second; {watts:g} W and "
        f"{TOKENS_PER_SECOND} tokens a second are assumed. The other way, paying the price: "
        f"{price.rao / RAO_PER_TAO:,.4f} τ, no time at all."
    )
    title = "what a seat costs in work: heat, and nothing that anybody can use"
    return Card("info", "Work against price", title, (Grid(rows, header), said))


def count(amount: float) -> str:
    """A number with at most three significant digits; very large ones as a power of ten."""
    if amount >= 1e9:
        mantissa, power = f"{amount:.1e}".split("e+")
        return f"{mantissa} · 10{power.lstrip('0').translate(SUPERSCRIPTS)}"
    digits = 0 if amount < 1e-12 else max(2 - math.floor(math.log10(amount)), 0)
    return f"{amount:,.{digits}f}"


def duration(seconds: float) -> str:
    """A number of seconds in the unit that fits."""
    for unit, size in (("years", 365.25 * 86_400), ("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if seconds >= size:
            return f"{count(seconds / size)} {unit}"
    return f"{count(seconds)} seconds"
