"""The author's work for the drand beacon: fetch the signatures that commits wait for, and add them to the next block.

The SDK seals weights for a round of the real beacon (`quicknet`), whose public key is built into it. So only the real
beacon can open them, and only at the right time. This is the only part of the lab that needs the internet.

Source: `pallets/drand/src/lib.rs` (`fetch_drand_pulse_and_send_unsigned`, the off-chain worker).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import bittensor_core

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import ChainError
from tao_lab.chain.pallets.drand import DRAND, opens
from tao_lab.chain.state import StorageReader

MODULE = "SubtensorModule"
MOST_PULSES = 50  # in one block, as the real worker adds (`MAX_PULSES_TO_FETCH`)
NO_KEY = {"Sr25519": "0x" + "00" * 32}  # key of the worker that fetched; not used here


class BeaconError(ChainError):
    """The beacon did not give the signature of a round that is already published."""


def wanted_rounds(state: StorageReader) -> list[int]:
    """Rounds for which sealed weights wait and whose signature the chain does not have, in order."""
    last = state.get(DRAND, "LastStoredRound")
    queues = [queue for _, queue in state.entries(MODULE, "TimelockedWeightCommits")]
    return sorted({entry[3] for queue in queues for entry in queue if entry[3] > last})


def add_pulses(
    chain: Chain,
    fetch: Callable[[int], str] = bittensor_core.get_signature_for_round,
    now: float | None = None,
) -> list[int]:
    """Fetch the needed signatures that are already published, check them, and let the next block store them.

    Args:
        chain: The chain with the commits.
        fetch: Returns the signature of a round as hex; the default asks the beacon's public API.
        now: Unix time; None: the computer's clock.

    Returns:
        The rounds that the next block stores, at most 50.

    Raises:
        BeaconError: No answer, or an answer that is not a signature of the round; nothing is added.
    """
    config = chain.state.get(DRAND, "BeaconConfig")
    newest = int((time.time() if now is None else now) - config["genesis_time"]) // config["period"] + 1
    rounds = [number for number in wanted_rounds(chain.state) if number <= newest][:MOST_PULSES]
    pulses = [_pulse(number, fetch) for number in rounds]
    if pulses:
        payload = {"block_number": chain.head.number + 1, "pulses": pulses, "public": NO_KEY}
        chain.add_inherent(DRAND, "write_pulse", {"pulses_payload": payload, "signature": None})
    return rounds


def _pulse(number: int, fetch: Callable[[int], str]) -> dict[str, Any]:
    try:
        signature = bytes.fromhex(fetch(number).removeprefix("0x"))
    except ValueError as error:
        raise BeaconError(f"no signature of round {number}: {error}") from error
    if not opens(number, signature):
        raise BeaconError(f"{signature.hex()} is not the beacon's signature of round {number}")
    randomness = hashlib.sha256(signature).hexdigest()
    return {"round": number, "randomness": "0x" + randomness, "signature": "0x" + signature.hex()}
