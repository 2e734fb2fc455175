"""The six parts of a validator that lab 05 builds, as the library has them, and the tools that students get.

The parts use the library's own functions: the code subnet's format and tests, the SDK's quantization, the chain's
checks and its hash of a commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from hashlib import blake2b
from struct import pack
from typing import Any

import numpy as np
from bittensor.intents.weights import normalize

from tao_lab.chain.extrinsic import compact
from tao_lab.consensus import max_limited, max_upscale_to_u16
from tao_lab.neurons.validator.limits import NO_PERMIT, NOT_THERE, OLD_VERSION, TOO_FAST, TOO_LITTLE_STAKE, Limits
from tao_lab.neurons.validator.weights import SALT_WORDS
from tao_lab.neurons.work import Json, form_problem
from tao_lab.subnets.code import Code, form_of_code, passed, run_calls
from tao_lab.units import U16_MAX

Memory = Mapping[str, Sequence[Any]]  # hotkey: [uid, registered_at, average]
Seats = Mapping[str, tuple[int, int]]  # hotkey: (uid, block of its registration)
Commits = Sequence[tuple[str, int]]  # hash, epoch in which it was committed


# --- tools that students get ----------------------------------------------------------------------------------------

SCHEMA = Code.answer_schema  # of an answer of the code subnet


@lru_cache(maxsize=1024)
def _run(code: str, calls: str) -> list[dict[str, Json]]:
    rows, problem = run_calls([code], json.loads(calls))
    return [] if problem or not rows else rows[0]


def run_in_sandbox(code: str, calls: Sequence[Json]) -> list[dict[str, Json]]:
    """Run the function `solve` of a text in the sandbox, and return its result for each call.

    Args:
        code: Python text.
        calls: lists of arguments.

    Returns:
        For each call {"value": …} or {"error": …}; fewer if a call took too long or the code ended its process.
    """
    return deepcopy(_run(code, json.dumps(list(calls))))


# --- the parts ------------------------------------------------------------------------------------------------------


def score_answer(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    """05.1: of the hidden calls that the broken function failed, the share that is now right."""
    if form_problem(SCHEMA, content) or form_of_code(content["code"]):
        return 0.0
    right = sum(passed(run_in_sandbox(content["code"], calls), expected))
    return max(0.0, (right - before) / (len(expected) - before))


def remember(memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> dict[str, list[Any]]:
    """05.2: every miner's average after a round, without miners that have left."""
    after = {}
    for hotkey, (uid, registered_at) in seats.items():
        _, known, average = memory.get(hotkey, (uid, registered_at, 0.0))
        average = average if known == registered_at else 0.0
        if hotkey in scores:
            average += alpha * (scores[hotkey] - average)
        after[hotkey] = [uid, registered_at, average]
    return after


def to_u16(weights: Mapping[int, float], fewest: int = 1) -> tuple[list[int], list[int]]:
    """05.3: UIDs and u16 values as the SDK sends them, filled up with the smallest value that the chain stores."""
    uids, values = normalize(list(weights), list(weights.values()))
    if uids:
        more = [uid for uid in weights if uid not in set(uids)][: max(0, fewest - len(uids))]
        least = max(weights.values()) / U16_MAX
        row = {uid: weights[uid] for uid in uids} | dict.fromkeys(more, least)
        uids, values = normalize(list(row), list(row.values()))
    return list(uids), list(values)


def refusal(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> tuple[str, int]:
    """05.4: the chain's error, and how many blocks to wait; an empty name if the chain would accept the weights."""
    if limits.me is None:
        return NOT_THERE[0], 0
    if limits.me.stake < limits.stake_threshold:
        return TOO_LITTLE_STAKE[0], 0
    if limits.blocks_to_wait:
        return TOO_FAST[0], limits.blocks_to_wait
    if version_key < limits.version_key:
        return OLD_VERSION, 0
    if not (limits.me.permit or limits.owner):
        return NO_PERMIT, 0
    if len(uids) < limits.fewest:
        return "WeightVecLengthIsLow", 0
    row = max_upscale_to_u16(np.array(values, dtype=np.uint16))
    return ("", 0) if max_limited(row, limits.highest) else ("MaxWeightExceeded", 0)


class Dice:
    """Random numbers that repeat exactly, for an experiment; a real validator takes them from `secrets`."""

    def __init__(self, *seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def __call__(self, count: int) -> list[int]:
        """The next `count` numbers, u16."""
        return [int(self._rng.integers(0, U16_MAX + 1)) for _ in range(count)]


def seal(
    public_key: bytes,
    netuid: int,
    uids: Sequence[int],
    values: Sequence[int],
    version_key: int,
    draw: Callable[[int], list[int]],
) -> tuple[list[int], bytes, bytes]:
    """05.5: salt, the bytes that are hashed, and the hash that a validator commits to, as the chain makes it."""
    salt = draw(SALT_WORDS)
    lists = b"".join(compact(len(row)) + pack(f"<{len(row)}H", *row) for row in (uids, values, salt))
    message = public_key + pack("<H", netuid) + lists + pack("<Q", version_key)
    return salt, message, blake2b(message, digest_size=32).digest()


def to_reveal(commits: Commits, epoch: int, period: int) -> tuple[list[str], list[str]]:
    """05.6: which commits to reveal now, and which can never be revealed any more."""
    now = [commit for commit, made in commits if epoch == made + period]
    lost = [commit for commit, made in commits if epoch > made + period]
    return now, lost
