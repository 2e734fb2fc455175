"""Wrong answers that people give in lab 05, each with the hint that helps.

Every function is what somebody writes who has one thing wrong and all else right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from tao_lab.chain.extrinsic import compact
from tao_lab.course.exercise import WrongAnswer
from tao_lab.course.lab05 import ours
from tao_lab.course.lab05.ours import Commits, Memory, Seats, run_in_sandbox
from tao_lab.neurons.validator.limits import Limits
from tao_lab.neurons.work import Json, form_problem
from tao_lab.subnets.code import Code, form_of_code, passed, same
from tao_lab.units import U16_MAX

# --- 05.1 scoring ---


def _good_form(content: Json) -> bool:
    return not form_problem(Code.answer_schema, content) and not form_of_code(content["code"])


def _won(right: int, expected: Sequence[Json], before: int) -> float:
    return max(0.0, (right - before) / (len(expected) - before))


def _in_own_process(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    if not _good_form(content):
        return 0.0
    space: dict[str, Any] = {}
    exec(content["code"], space)
    right = 0
    for call, wanted in zip(calls, expected, strict=True):
        try:
            right += same(space["solve"](*call), wanted)
        except Exception:  # noqa: BLE001 - what a student would write
            continue
    return _won(right, expected, before)


def _strips_fences(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    if not form_problem(Code.answer_schema, content):
        code = content["code"].replace("```python\n", "").replace("\n```", "")
        return ours.score_answer({"code": code}, calls, expected, before)
    return 0.0


def _reads_code_only(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    if not isinstance(content, dict) or "code" not in content:
        return 0.0
    return ours.score_answer({"code": content["code"]}, calls, expected, before)


def _equal_enough(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    if not _good_form(content):
        return 0.0
    results = run_in_sandbox(content["code"], calls)
    right = sum(got.get("value") == wanted for got, wanted in zip(results, expected, strict=False))
    return _won(right, expected, before)


def _share_of_those_that_ran(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    if not _good_form(content):
        return 0.0
    results = run_in_sandbox(content["code"], calls)
    ran = [(got, wanted) for got, wanted in zip(results, expected, strict=False) if "value" in got]
    right = sum(same(got["value"], wanted) for got, wanted in ran)
    return max(0.0, (right - before) / (len(ran) - before)) if len(ran) > before else 0.0


def _forgets_before(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    return ours.score_answer(content, calls, expected, 0)


def _below_zero(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    if not _good_form(content):
        return 0.0
    right = sum(passed(run_in_sandbox(content["code"], calls), expected))
    return (right - before) / (len(expected) - before)


def _all_or_nothing(content: Json, calls: Sequence[Json], expected: Sequence[Json], before: int) -> float:
    return float(ours.score_answer(content, calls, expected, before) == 1)


SCORE = (
    WrongAnswer(
        "run in one's own process",
        "You ran a stranger's code in your own process, and it did what it liked: one answer walked up the call stack "
        "and took the right results out of your variable `expected`, another ended the program. Use `run_in_sandbox`; "
        "the right results never go in there.",
        _in_own_process,
    ),
    WrongAnswer(
        "fences taken off",
        "You take the Markdown fence off and score what is in it. That is kind, and other validators will not do it: "
        "where you give 1 and they give 0, consensus cuts you. The form was asked for; whoever misses it gets 0.",
        _strips_fences,
    ),
    WrongAnswer(
        "further fields allowed",
        "You look only at `code` and let further fields pass. The answer format says one field and no more; "
        "`form_problem(SCHEMA, content)` says what does not fit, and is empty where all does.",
        _reads_code_only,
    ),
    WrongAnswer(
        "1 equals True",
        "In Python `1 == True` and `0 == False`, so a function of the wrong type passes your tests. Use `same(a, b)`, "
        "which wants the same type too.",
        _equal_enough,
    ),
    WrongAnswer(
        "calls without a result left out",
        "You divide by the calls that gave a value. Then a miner wins by raising an error wherever it is not sure. A "
        "call without a value is a failed test: divide by all of `expected`, less `before`.",
        _share_of_those_that_ran,
    ),
    WrongAnswer(
        "before forgotten",
        "You pay for tests that the broken function passed already: a miner who sends it back unchanged earns. Count "
        "what was won: right less `before`, of all less `before`.",
        _forgets_before,
    ),
    WrongAnswer(
        "below zero",
        "An answer that is worse than the broken function gets less than 0 from you. A score goes from 0 to 1: "
        "the chain knows no negative weights.",
        _below_zero,
    ),
    WrongAnswer(
        "all or nothing",
        "You give 1 or 0. Then a miner who mends half earns as little as one who sends nothing, and you cannot tell "
        "them apart. The score is the share that was won.",
        _all_or_nothing,
    ),
)

# --- 05.2 memory ---


def _moved(old: float, score: float | None, alpha: float) -> float:
    return old if score is None else alpha * score + (1 - alpha) * old


def _memory_with(average: Callable[[str, Memory, Mapping[str, float], Seats, float], float]) -> Callable[..., Any]:
    """A `remember` that keeps the right miners and averages as it is told."""

    def remember(memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> dict[str, list[Any]]:
        return {hotkey: [*seat, average(hotkey, memory, scores, seats, alpha)] for hotkey, seat in seats.items()}

    return remember


def _known(hotkey: str, memory: Memory, seats: Seats) -> float:
    return memory[hotkey][2] if hotkey in memory and memory[hotkey][1] == seats[hotkey][1] else 0.0


def _by_uid(hotkey: str, memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> float:
    by_uid = {uid: average for uid, _, average in memory.values()}
    return _moved(by_uid.get(seats[hotkey][0], 0.0), scores.get(hotkey), alpha)


def _by_hotkey_alone(hotkey: str, memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> float:
    return _moved(memory[hotkey][2] if hotkey in memory else 0.0, scores.get(hotkey), alpha)


def _first_score(hotkey: str, memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> float:
    old = _known(hotkey, memory, seats)
    return scores.get(hotkey, 0.0) if old == 0 else _moved(old, scores.get(hotkey), alpha)


def _not_asked_is_zero(hotkey: str, memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> float:
    return _moved(_known(hotkey, memory, seats), scores.get(hotkey, 0.0), alpha)


def _alpha_swapped(hotkey: str, memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> float:
    return _moved(_known(hotkey, memory, seats), scores.get(hotkey), 1 - alpha)


def _only_last(hotkey: str, memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> float:
    return scores.get(hotkey, _known(hotkey, memory, seats))


def _keeps_the_gone(memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> dict[str, list[Any]]:
    return {hotkey: [*entry] for hotkey, entry in memory.items()} | ours.remember(memory, scores, seats, alpha)


def _only_the_asked(memory: Memory, scores: Mapping[str, float], seats: Seats, alpha: float) -> dict[str, list[Any]]:
    return {hotkey: entry for hotkey, entry in ours.remember(memory, scores, seats, alpha).items() if hotkey in scores}


MEMORY = (
    WrongAnswer(
        "averages of UIDs",
        "You remember by UID. A UID is a seat: when Bob was deregistered, Dan sat down on it and got Bob's average as "
        "a present. Remember by hotkey; the UID says only where the weight goes today.",
        _memory_with(_by_uid),
    ),
    WrongAnswer(
        "registration not compared",
        "Cid was deregistered and came back, and still has the old average. Whoever registers anew begins anew: use "
        "what is remembered only if the block of registration is the same.",
        _memory_with(_by_hotkey_alone),
    ),
    WrongAnswer(
        "average that starts with the first score",
        "You take a newcomer's first score as its average. Then one lucky answer is worth as much as a month of good "
        "ones, and whoever falls registers again. A newcomer starts at 0 and climbs by `alpha`.",
        _memory_with(_first_score),
    ),
    WrongAnswer(
        "not asked counts as zero",
        "The average of a miner falls in rounds in which you did not ask it. It did nothing wrong: an average moves "
        "only by a score, and who is not in `scores` keeps what it has.",
        _memory_with(_not_asked_is_zero),
    ),
    WrongAnswer(
        "alpha on the old",
        "You weigh the old average with `alpha` and the newest score with 1 − alpha. `alpha` is the part of the *new* "
        "score. At one half you would not see the difference.",
        _memory_with(_alpha_swapped),
    ),
    WrongAnswer(
        "the last score alone",
        "You remember only the last score. Then pay jumps with every task. Move the average by a part of the way: from "
        "the old value towards the score, by `alpha`.",
        _memory_with(_only_last),
    ),
    WrongAnswer(
        "the gone are kept",
        "Your memory keeps hotkeys that are no longer on the subnet. They have no UID that a weight could go to. Keep "
        "those in `seats`, and no others.",
        _keeps_the_gone,
    ),
    WrongAnswer(
        "only those who were asked",
        "Whoever was not asked in this round is gone from your memory. Everybody in `seats` has a place in it, "
        "newcomers with an average of 0.",
        _only_the_asked,
    ),
)

# --- 05.3 u16 ---


def _quantized(
    weights: Mapping[int, float], scale: Callable[[float, list[float]], float]
) -> tuple[list[int], list[int]]:
    numbers = [weight for weight in weights.values() if weight > 0]
    if not numbers:
        return [], []
    pairs = [(uid, round(scale(weight, numbers))) for uid, weight in weights.items()]
    kept = [(uid, value) for uid, value in pairs if value > 0]
    return [uid for uid, _ in kept], [value for _, value in kept]


def _truncated(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    return _quantized(weights, lambda weight, all_: math.floor(weight / max(all_) * U16_MAX))


def _as_shares(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    return _quantized(weights, lambda weight, all_: weight / sum(all_) * U16_MAX)


def _times_two_to_the_sixteen(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    return _quantized(weights, lambda weight, all_: weight / max(all_) * (U16_MAX + 1))


def _not_scaled(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    return _quantized(weights, lambda weight, all_: min(weight, 1) * U16_MAX)


def _least_is_zero(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    least = min(weights.values(), default=0.0)
    spread = max(weights.values(), default=0.0) - least
    if spread == 0:
        return ours.to_u16(weights)
    return _quantized(weights, lambda weight, _: (weight - least) / spread * U16_MAX)


def _zeros_kept(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    top = max(weights.values(), default=0.0)
    return list(weights), [round(weight / top * U16_MAX) if top else 0 for weight in weights.values()]


def _zeros_left_out_of_values(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    return list(weights), ours.to_u16(weights)[1]


def _divides_by_nothing(weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
    top = max(weights.values(), default=1.0)
    pairs = [(uid, round(weight / top * U16_MAX)) for uid, weight in weights.items()]
    kept = [(uid, value) for uid, value in pairs if value]
    return [uid for uid, _ in kept], [value for _, value in kept]


U16 = (
    WrongAnswer(
        "truncated",
        "You cut off what is behind the point, as `int()` does, so every weight comes out a little too small. "
        "The SDK rounds to the nearest: `round()`.",
        _truncated,
    ),
    WrongAnswer(
        "shares of 65,535",
        "You divide by the sum, so that all weights together are 65,535. The chain scales every row up until its "
        "largest is 65,535, and your rounded shares come out of that with errors: divide by the largest.",
        _as_shares,
    ),
    WrongAnswer(
        "times 65,536",
        "You multiply by 65,536 = 2¹⁶. The largest u16 is one less; your best weight does not fit into it.",
        _times_two_to_the_sixteen,
    ),
    WrongAnswer(
        "not scaled to the largest",
        "You multiply the weights by 65,535 as they are. They are of any size: only proportions count. Divide by the "
        "largest first.",
        _not_scaled,
    ),
    WrongAnswer(
        "the least is zero",
        "You stretch the weights from the smallest to the largest. Proportions are lost: a miner with 0.45 beside one "
        "with 0.9 is worth half, not nothing. Divide by the largest, subtract nothing.",
        _least_is_zero,
    ),
    WrongAnswer(
        "zeros kept",
        "You send weights of 0. They say nothing, and each takes a place in the row: leave out what is 0, also what "
        "became 0 by rounding.",
        _zeros_kept,
    ),
    WrongAnswer(
        "zeros left out of the values only",
        "You leave zeros out of `values`, but not out of `uids`, so the two lists no longer belong together. Leave "
        "out pairs.",
        _zeros_left_out_of_values,
    ),
    WrongAnswer(
        "divided by a largest of zero",
        "When nobody has earned anything, the largest weight is 0, and you divide by it. Return two empty lists then: "
        "there is nothing to say.",
        _divides_by_nothing,
    ),
)

# --- 05.4 limits ---


def _waited_one_block_less(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    return ours.refusal(uids, values, version_key, replace(limits, block=limits.block - 1))


def _waits_for_the_epoch(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    name, blocks = ours.refusal(uids, values, version_key, limits)
    return name, limits.next_epoch - limits.block if blocks else 0


def _never_set(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    me = limits.me
    if me is not None and me.last_update == me.registered_at:
        limits = replace(limits, me=replace(me, last_update=0))
    return ours.refusal(uids, values, version_key, limits)


def _same_version_only(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    name, blocks = ours.refusal(uids, values, version_key, limits)
    return ("IncorrectWeightVersionKey", 0) if name == "" and version_key != limits.version_key else (name, blocks)


def _version_first(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    if limits.me is not None and limits.me.stake >= limits.stake_threshold and version_key < limits.version_key:
        return "IncorrectWeightVersionKey", 0
    return ours.refusal(uids, values, version_key, limits)


def _limit_on_values(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    name, blocks = ours.refusal(uids, values, version_key, replace(limits, highest=U16_MAX))
    return ("MaxWeightExceeded", 0) if name == "" and max(values) > limits.highest else (name, blocks)


def _permit_forgotten(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    me = None if limits.me is None else replace(limits.me, permit=True)
    return ours.refusal(uids, values, version_key, replace(limits, me=me))


def _elapsed(uids: Sequence[int], values: Sequence[int], version_key: int, limits: Limits) -> Any:
    name, blocks = ours.refusal(uids, values, version_key, limits)
    return name, limits.rate - blocks if blocks else 0


LIMITS = (
    WrongAnswer(
        "one block too many",
        "You wait one block more than the chain wants. Weights of block 30 with a rate limit of 4 may be renewed in "
        "block 34: 34 − 30 is not below 4. And `limits.block` is already the block that your call would be in.",
        _waited_one_block_less,
    ),
    WrongAnswer(
        "blocks since",
        "You return how many blocks have passed since the last weights. Asked for is how many are left to wait.",
        _elapsed,
    ),
    WrongAnswer(
        "waits for the epoch",
        "You wait for the next epoch. The rate limit counts blocks from your last weights and knows nothing of epochs.",
        _waits_for_the_epoch,
    ),
    WrongAnswer(
        "never set, never limited",
        "You let a validator through that has never set weights. The chain writes the block of registration into "
        "`last_update`, so the first weights wait as well.",
        _never_set,
    ),
    WrongAnswer(
        "the same version only",
        "You refuse a program that is newer than the subnet asks. `WeightsVersionKey` is a minimum: only what is below "
        "it is refused.",
        _same_version_only,
    ),
    WrongAnswer(
        "version before rate",
        "Where two limits are broken, the chain names the first that it looks at. Stake and rate limit are looked at "
        "before a call gets into a block at all; the version key only inside of it.",
        _version_first,
    ),
    WrongAnswer(
        "limit on values",
        "You compare the u16 value itself with `limits.highest`. The largest value is always 65,535 after the chain's "
        "scaling; the limit is on a miner's part of the row's sum.",
        _limit_on_values,
    ),
    WrongAnswer(
        "permit forgotten",
        "You let a validator without a permit through. A permit is given by each epoch to those with most stake: "
        "`limits.me.permit`.",
        _permit_forgotten,
    ),
)

# --- 05.5 commit ---


def _numbers(numbers: Sequence[int], order: Any = "little", length: bool = True) -> bytes:
    return (compact(len(numbers)) if length else b"") + b"".join(number.to_bytes(2, order) for number in numbers)


def _hash(*parts: bytes) -> bytes:
    return blake2b(b"".join(parts), digest_size=32).digest()


Numbers = Sequence[int]


def _without_salt(
    public_key: bytes, netuid: int, uids: Numbers, values: Numbers, salt: Numbers, version_key: int
) -> bytes:
    lists = _numbers(uids), _numbers(values)
    return _hash(public_key, netuid.to_bytes(2, "little"), *lists, version_key.to_bytes(8, "little"))


def _big_endian(
    public_key: bytes, netuid: int, uids: Numbers, values: Numbers, salt: Numbers, version_key: int
) -> bytes:
    lists = (_numbers(numbers, "big") for numbers in (uids, values, salt))
    return _hash(public_key, netuid.to_bytes(2, "big"), *lists, version_key.to_bytes(8, "big"))


def _without_lengths(
    public_key: bytes, netuid: int, uids: Numbers, values: Numbers, salt: Numbers, version_key: int
) -> bytes:
    lists = (_numbers(numbers, length=False) for numbers in (uids, values, salt))
    return _hash(public_key, netuid.to_bytes(2, "little"), *lists, version_key.to_bytes(8, "little"))


def _values_first(
    public_key: bytes, netuid: int, uids: Numbers, values: Numbers, salt: Numbers, version_key: int
) -> bytes:
    return ours.seal(public_key, netuid, values, uids, salt, version_key)


def _short_version(
    public_key: bytes, netuid: int, uids: Numbers, values: Numbers, salt: Numbers, version_key: int
) -> bytes:
    lists = (_numbers(numbers) for numbers in (uids, values, salt))
    return _hash(public_key, netuid.to_bytes(2, "little"), *lists, (version_key % 2**16).to_bytes(2, "little"))


def _cut_to_32(
    public_key: bytes, netuid: int, uids: Numbers, values: Numbers, salt: Numbers, version_key: int
) -> bytes:
    lists = (_numbers(numbers) for numbers in (uids, values, salt))
    data = b"".join((public_key, netuid.to_bytes(2, "little"), *lists, version_key.to_bytes(8, "little")))
    return blake2b(data).digest()[:32]


def _without_key(
    public_key: bytes, netuid: int, uids: Numbers, values: Numbers, salt: Numbers, version_key: int
) -> bytes:
    return ours.seal(b"", netuid, uids, values, salt, version_key)


SEAL = (
    WrongAnswer(
        "without the salt",
        "Your hash has no salt in it. Weights are few small numbers: whoever tries all of them finds yours. The "
        "salt is the part that cannot be guessed.",
        _without_salt,
    ),
    WrongAnswer(
        "big endian",
        "You write the highest byte first. SCALE, the chain's format, writes the lowest first: `to_bytes(2, "
        "'little')`.",
        _big_endian,
    ),
    WrongAnswer(
        "without the lengths",
        "Your lists lack their lengths. Without them [1], [2, 3] and [1, 2], [3] would be the same bytes: put "
        "`compact(len(numbers))` before each list.",
        _without_lengths,
    ),
    WrongAnswer(
        "values before UIDs",
        "You have UIDs and values in the other order. The order is: key, subnet, UIDs, values, salt, version key.",
        _values_first,
    ),
    WrongAnswer(
        "a version key of two bytes",
        "Your version key has two bytes. It is the one number here that is a u64: eight bytes.",
        _short_version,
    ),
    WrongAnswer(
        "a longer hash, cut off",
        "You cut a hash of 64 bytes down to 32. BLAKE2b mixes the length of its result in, so that the first half of "
        "the long one is not the short one: `blake2b(data, digest_size=32)`.",
        _cut_to_32,
    ),
    WrongAnswer(
        "without the key",
        "Your hash does not say whose weights these are. Without the public key in it anybody could commit to your "
        "hash and reveal what you reveal.",
        _without_key,
    ),
)

# --- 05.6 reveal ---


def _at_once(commits: Commits, epoch: int, period: int) -> Any:
    now = [commit for commit, made in commits if epoch == made]
    return now, [commit for commit, made in commits if epoch > made]


def _one_epoch_early(commits: Commits, epoch: int, period: int) -> Any:
    return ours.to_reveal(commits, epoch + 1, period)


def _one_epoch_late(commits: Commits, epoch: int, period: int) -> Any:
    return ours.to_reveal(commits, epoch - 1, period)


def _always_the_next(commits: Commits, epoch: int, period: int) -> Any:
    return ours.to_reveal(commits, epoch, 1)


def _from_then_on(commits: Commits, epoch: int, period: int) -> Any:
    return [commit for commit, made in commits if epoch >= made + period], []


def _never_lost(commits: Commits, epoch: int, period: int) -> Any:
    return ours.to_reveal(commits, epoch, period)[0], []


def _not_yet_is_lost(commits: Commits, epoch: int, period: int) -> Any:
    now = ours.to_reveal(commits, epoch, period)[0]
    return now, [commit for commit, _ in commits if commit not in now]


REVEAL = (
    WrongAnswer(
        "revealed at once",
        "You reveal in the epoch of the commit. Then everybody could have waited for your weights, and copied them: "
        "the chain says `RevealTooEarly`. Wait `period` epochs.",
        _at_once,
    ),
    WrongAnswer(
        "one epoch too early",
        "You reveal one epoch too early: the chain says `RevealTooEarly`. A commit of epoch 30 with a period of 1 is "
        "revealed in epoch 31.",
        _one_epoch_early,
    ),
    WrongAnswer(
        "one epoch too late",
        "You reveal one epoch too late: the commit has expired by then, and all its weights are lost.",
        _one_epoch_late,
    ),
    WrongAnswer(
        "always in the next epoch",
        "You always reveal one epoch later. The subnet decides how many: `RevealPeriodEpochs` is `period`.",
        _always_the_next,
    ),
    WrongAnswer(
        "from then on",
        "You go on revealing after the epoch is over. A commit is open for one epoch only; later the chain "
        "refuses, and it belongs into `lost`.",
        _from_then_on,
    ),
    WrongAnswer(
        "nothing is ever lost",
        "You never give up a commit. Those whose epoch is over stay in your memory for ever, and can never be "
        "revealed: return them as `lost`.",
        _never_lost,
    ),
    WrongAnswer(
        "not yet is lost",
        "You give up commits whose epoch is still to come. Lost is only what is older than `period` epochs.",
        _not_yet_is_lost,
    ),
)
