"""The six exercises of lab 05: from an answer to a revealed row of weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from bittensor_core import Keypair

from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.consensus import max_upscale_to_u16
from tao_lab.course.exercise import Case, Exercise, Values, read_values
from tao_lab.course.lab05 import answers, cases, mistakes, ours
from tao_lab.units import U16_MAX
from tao_lab.vectors import AnswerError

Rng = np.random.Generator
DIGITS = 9  # after the point; floats in another order of steps differ behind them


def _number(name: str, value: Any) -> float:
    if value is None:
        raise AnswerError(f"`{name}` is None: is a `return` missing, or a result that is never set?")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)):
        raise AnswerError(f"`{name}` is a {type(value).__name__}; it should be a number.")
    if not np.isfinite(float(value)):
        raise AnswerError(f"`{name}` is {float(value)}: somewhere something is divided by 0.")
    return round(float(value), DIGITS)


# --- 05.1 ---


def answer_cases(rng: Rng) -> Iterator[Case]:
    """One task, and everything that miners send for it."""
    calls = answers.hidden_calls(rng)
    expected = [answers.is_leap(year) for (year,) in calls]
    before = sum((year % 4 == 0) == right for (year,), right in zip(calls, expected, strict=True))
    for reply in answers.REPLIES:
        given = {"content": reply.content, "calls": calls, "expected": expected, "before": before}
        yield Case(given, reply.about)


def read_score(result: Any, case: Case) -> Values:
    """One number."""
    return {"score": _number("score", result)}


# --- 05.2 ---


def memory_cases(rng: Rng) -> Iterator[Case]:
    """A history of three miners and those who come after them, at two speeds."""
    for alpha in (0.2, 0.7):
        for one in cases.memory_rounds(rng, alpha):
            given = {"memory": one.memory, "scores": one.scores, "seats": one.seats, "alpha": alpha}
            yield Case(given, f"{one.about}; alpha is {alpha}", expected=_memory(one.after))


def read_memory(result: Any, case: Case) -> Values:
    """Seat and average by hotkey."""
    if not isinstance(result, Mapping):
        raise AnswerError(f"`memory` is a {type(result).__name__}; it should be a dict, hotkey to a list of three.")
    for hotkey, entry in result.items():
        if not isinstance(entry, (list, tuple)) or len(entry) != 3:
            raise AnswerError(f"`memory[{hotkey!r}]` is {entry!r}; it should be [uid, registered_at, average].")
    return _memory(result)


def _memory(memory: Mapping[str, Sequence[Any]]) -> Values:
    """The values to compare: who is remembered first, since a wrong list explains wrong averages."""
    names = sorted(memory)
    return {
        "hotkeys": " ".join(names),
        "seats": [[int(memory[name][0]), int(memory[name][1])] for name in names],
        "averages": {name: _number(f"memory[{name!r}][2]", memory[name][2]) for name in names},
    }


# --- 05.3 ---


def u16_cases(rng: Rng) -> Iterator[Case]:
    """Simple proportions, nothing at all, very small and very large weights, many miners."""
    yield Case({"weights": {1: 1.0, 2: 2.0, 3: 1.0}}, "three miners: 1, 2, 1")
    yield Case({"weights": {4: 0.9, 5: 0.45, 6: 0.0}}, "one miner has earned nothing")
    yield Case({"weights": {1: 0.0, 2: 0.0}}, "nobody has earned anything")
    yield Case({"weights": {}}, "there is nobody")
    yield Case({"weights": {7: 1e-3}}, "one miner alone, with a small weight")
    yield Case({"weights": {1: 1.0, 2: 0.4 / U16_MAX, 3: 0.6 / U16_MAX}}, "two weights below one step of a u16")
    yield Case({"weights": {1: 250.0, 2: 1_000.0, 3: 333.0}}, "weights above 1")
    for count in (5, 64):
        weights = {uid: float(rng.uniform(0.01, 1)) for uid in range(count)}
        yield Case({"weights": weights}, f"{count} miners with scores of chance")


def read_u16(result: Any, case: Case) -> Values:
    """UIDs and values in the order of the UIDs, and what the chain makes of them."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise AnswerError("Your function should return 2 lists, as in `return uids, values`.")
    uids, values = ([*part] if isinstance(part, (list, tuple, np.ndarray)) else part for part in result)
    for name, numbers in (("uids", uids), ("values", values)):
        if not isinstance(numbers, list) or not all(isinstance(n, (int, np.integer)) for n in numbers):
            raise AnswerError(f"`{name}` should be a list of whole numbers (int): the chain knows no others.")
        if any(not 0 <= n <= U16_MAX for n in numbers):
            raise AnswerError(f"`{name}` holds {max(numbers):,}, and a u16 ends at 65,535: no such call can be made.")
    if len(uids) != len(values):
        raise AnswerError(f"{len(uids)} `uids` and {len(values)} `values`: `WeightVecNotEqualSize` to the chain.")
    pairs = sorted(zip(map(int, uids), map(int, values), strict=True))
    row = np.array([value for _, value in pairs], dtype=np.uint16)
    return {
        "uids": [uid for uid, _ in pairs],
        "values": row.tolist(),
        "stored": max_upscale_to_u16(row).tolist(),
    }


# --- 05.4 ---


def limit_cases(rng: Rng) -> Iterator[Case]:
    """What a running chain said."""
    for one in cases.attempts():
        given = {"uids": one.uids, "values": one.values, "version_key": one.version_key, "limits": one.limits}
        me, block = one.limits.me, one.limits.block
        times = "" if me is None else f" (block {block}, last weights in {me.last_update}, rate {one.limits.rate})"
        yield Case(given, one.about + times, expected={"name": one.name, "blocks": one.wait})


# --- 05.5 ---


def seal_cases(rng: Rng) -> Iterator[Case]:
    """A few weights, another salt, no weights, many, and the highest numbers."""
    key = Keypair.create_from_seed(rng.bytes(32))
    for about, netuid, uids, values, salt, version_key in (
        ("two weights", 171, [3, 4], [65_535, 300], [7, 8], 0),
        ("the same weights with another salt", 171, [3, 4], [65_535, 300], [7, 9], 0),
        ("the same on another subnet", 1, [3, 4], [65_535, 300], [7, 8], 0),
        ("a version key", 171, [3, 4], [65_535, 300], [7, 8], 1_100),
        ("no weights", 171, [], [], [7, 8], 0),
        ("seventy weights", 171, [*range(70)], [*range(70, 140)], [1] * 8, 0),
        ("the highest numbers", 65_535, [65_535], [65_535], [65_535], 2**64 - 1),
    ):
        given = {
            "public_key": bytes(key.public_key),
            "netuid": netuid,
            "uids": uids,
            "values": values,
            "salt": salt,
            "version_key": version_key,
        }
        chains = commit_hash(key.ss58_address, netuid, uids, values, salt, version_key)
        yield Case(given, about, expected={"hash": bytes.fromhex(chains.removeprefix("0x"))})


# --- 05.6 ---


def reveal_cases(rng: Rng) -> Iterator[Case]:
    """Commits of several epochs; what holds for each was tried on a running chain."""
    for period in cases.PERIODS:
        (opens,) = cases.window(period)
        for since in cases.reveals(period):
            epoch = int(rng.integers(20, 90))
            state = "too early" if since < opens else "now" if since == opens else "lost"
            yield _reveal_case([("0xa1", epoch - since)], epoch, period, opens, f"made {since} epochs ago: {state}")
        epoch = int(rng.integers(20, 90))
        many = [(f"0x{number}", epoch - since) for number, since in enumerate((3, 2, 2, 1, 1, 0))]
        yield _reveal_case(many, epoch, period, opens, "six commits of four epochs")
        yield _reveal_case([], epoch, period, opens, "there are no commits")


def _reveal_case(commits: list[tuple[str, int]], epoch: int, period: int, opens: int, about: str) -> Case:
    now = [commit for commit, made in commits if epoch - made == opens]
    lost = [commit for commit, made in commits if epoch - made > opens]
    given = {"commits": commits, "epoch": epoch, "period": period}
    about = f"RevealPeriodEpochs is {period}; {about}"
    return Case(given, about, expected={"now": now, "lost": lost})


def read_reveals(result: Any, case: Case) -> Values:
    """Two lists of hashes."""
    if (
        not isinstance(result, (tuple, list))
        or len(result) != 2
        or not all(isinstance(r, (list, tuple)) for r in result)
    ):
        raise AnswerError("Your function should return 2 lists of hashes, as in `return now, lost`.")
    now, lost = ([str(commit) for commit in part] for part in result)
    return {"now": now, "lost": lost}


EXERCISES = (
    Exercise(
        id="05.1",
        title="Score code by running it safely",
        name="score_answer",
        reference=ours.score_answer,
        cases=answer_cases,
        read=read_score,
        wrong_answers=mistakes.SCORE,
        unlocks="No miner talks you into a score, and none runs anything on your machine. Next: remember it.",
    ),
    Exercise(
        id="05.2",
        title="A memory that forgets the right things",
        name="remember",
        reference=ours.remember,
        cases=memory_cases,
        read=read_memory,
        wrong_answers=mistakes.MEMORY,
        unlocks="One lucky answer makes nobody rich, and nobody inherits a score. Next: make it fit into 16 bits.",
    ),
    Exercise(
        id="05.3",
        title="Weights in 16 bits",
        name="to_u16",
        reference=ours.to_u16,
        cases=u16_cases,
        read=read_u16,
        wrong_answers=mistakes.U16,
        unlocks="What you send is what the chain stores, to the last bit. Next: may you send it?",
    ),
    Exercise(
        id="05.4",
        title="What will the chain say?",
        name="refusal",
        reference=ours.refusal,
        cases=limit_cases,
        read=read_values(name=str, blocks=int),
        wrong_answers=mistakes.LIMITS,
        unlocks="You know the chain's answer before you ask. Next: say something that nobody can copy.",
    ),
    Exercise(
        id="05.5",
        title="A sealed envelope",
        name="seal",
        reference=ours.seal,
        cases=seal_cases,
        read=read_values(hash=bytes),
        wrong_answers=mistakes.SEAL,
        unlocks="The chain holds your word, and nobody can read it. Next: open it in time.",
    ),
    Exercise(
        id="05.6",
        title="Open it in the right epoch",
        name="to_reveal",
        reference=ours.to_reveal,
        cases=reveal_cases,
        read=read_reveals,
        wrong_answers=mistakes.REVEAL,
        unlocks="All six parts are there. Put them in below: they are a whole validator.",
    ),
)
