"""05.4: what the chain will say to a row of weights, and how long to wait."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab05 import reference as ours
from tao_lab.course.lab05.cases import attempts


def refusal(uids, values, version_key, limits):
    """The chain's error for these weights, and how long to wait.

    uids         list of int
    values       list of int, u16
    version_key  int, of your program
    limits       what the chain allows you in the block of your call

    Returns name (str, empty if the chain takes them), blocks (int, left to wait; 0 unless it is too fast).
    """
    me = limits.me
    if me is None:
        return "HotKeyNotRegisteredInSubNet", 0
    if me.stake < limits.stake_threshold:
        return "NotEnoughStakeToSetWeights", 0
    wait = me.last_update + limits.rate - limits.block
    if wait > 0:
        return "SettingWeightsTooFast", wait
    if version_key < limits.version_key:
        return "IncorrectWeightVersionKey", 0
    if not me.permit and not limits.owner:
        return "NeuronNoValidatorPermit", 0
    if len(uids) < limits.fewest:
        return "WeightVecLengthIsLow", 0
    if max(values) * 65_535 > limits.highest * sum(values):
        return "MaxWeightExceeded", 0
    return "", 0


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """What a running chain said."""
    for one in attempts():
        given = {"uids": one.uids, "values": one.values, "version_key": one.version_key, "limits": one.limits}
        me, block = one.limits.me, one.limits.block
        times = "" if me is None else f" (block {block}, last weights in {me.last_update}, rate {one.limits.rate})"
        yield Case(given, one.about + times, expected={"name": one.name, "blocks": one.wait})


RATE = "    wait = me.last_update + limits.rate - limits.block\n"
PERMIT = '    if not me.permit and not limits.owner:\n        return "NeuronNoValidatorPermit", 0\n'
VERSION = '    if version_key < limits.version_key:\n        return "IncorrectWeightVersionKey", 0\n'
TOO_MUCH = "max(values) * 65_535 > limits.highest * sum(values)"

EXERCISE = Exercise(
    id="05.4",
    title="What will the chain say?",
    solution=refusal,
    reference=ours.refusal,
    cases=cases,
    read=read_values(name=str, blocks=int),
    look="Go down the list with the case below: which is the first limit that does not hold?",
    unlocks="You know the chain's answer before you ask. Next: say something that nobody can copy.",
    wrong_answers=(
        Edit(
            "a tie is too fast",
            {"if wait > 0": "if wait >= 0"},
            "You refuse weights when exactly `rate` blocks have passed. Too fast is only what comes after fewer: "
            "weights of block 30 with a rate of 4 may be renewed in block 34.",
        ),
        Edit(
            "one block too many",
            {"limits.rate - limits.block": "limits.rate - limits.block + 1"},
            "You wait one block more than the chain wants. Weights of block 30 with a rate of 4 may be renewed in "
            "block 34, and `limits.block` is already the block that your call would be in.",
        ),
        Edit(
            "one block too few",
            {"limits.rate - limits.block": "limits.rate - limits.block - 1"},
            "You wait one block less than the chain wants: `limits.block` is already the block that your call would "
            "be in, not the one before it.",
        ),
        Edit(
            "blocks since",
            {'"SettingWeightsTooFast", wait': '"SettingWeightsTooFast", limits.block - me.last_update'},
            "You return how many blocks have passed since the last weights. Asked for is how many are left to wait.",
        ),
        Edit(
            "the block itself",
            {'"SettingWeightsTooFast", wait': '"SettingWeightsTooFast", me.last_update + limits.rate'},
            "You return the number of the block in which weights pass again. Asked for is how many blocks there are "
            "until then.",
        ),
        Edit(
            "the whole rate",
            {'"SettingWeightsTooFast", wait': '"SettingWeightsTooFast", limits.rate'},
            "You always wait the whole rate. Some of these blocks have already passed since the last weights.",
        ),
        Edit(
            "waits for the epoch",
            {'"SettingWeightsTooFast", wait': '"SettingWeightsTooFast", limits.next_epoch - limits.block'},
            "You wait for the next epoch. The rate limit counts blocks from your last weights and knows nothing of "
            "epochs.",
        ),
        Edit(
            "never set, never limited",
            {"if wait > 0": "if me.last_update != me.registered_at and wait > 0"},
            "You let a validator through that has never set weights. The chain writes the block of registration into "
            "`last_update`, so the first weights wait as well.",
        ),
        Edit(
            "the same version only",
            {"version_key < limits": "version_key != limits"},
            "You refuse a program that is newer than the subnet asks. `WeightsVersionKey` is a minimum.",
        ),
        Edit(
            "version before rate",
            {RATE: VERSION + RATE},
            "You look at the version before the rate. Where two limits are broken, the chain names the one that comes "
            "first in its own order.",
        ),
        Edit(
            "permit before rate",
            {RATE: PERMIT + RATE},
            "You look at the permit before the rate and the version. Where two limits are broken, the chain names the "
            "one that comes first in its own order.",
        ),
        Edit(
            "permit before version",
            {VERSION: PERMIT + VERSION},
            "You look at the permit before the version. A validator with an old program and without a permit hears of "
            "the other thing first.",
        ),
        Edit(
            "limit on values",
            {TOO_MUCH: "max(values) > limits.highest"},
            "You compare the u16 value itself with `limits.highest`. The largest value is always 65,535 after the "
            "chain's scaling; the limit is on a miner's part of the row's sum.",
        ),
        Edit(
            "the limit itself refused",
            {TOO_MUCH: "max(values) * 65_535 >= limits.highest * sum(values)"},
            "You refuse a row whose largest part is exactly the limit. Exceeded means more than that.",
        ),
        Edit(
            "permit forgotten",
            {PERMIT: ""},
            "You let a validator without a permit through. Each epoch gives permits to those with most stake; who has "
            "none may not set weights.",
        ),
        Edit(
            "the owner needs a permit",
            {" and not limits.owner": ""},
            "You ask the subnet's owner for a permit. The chain lets it set weights without one: `limits.owner` says "
            "who it is.",
        ),
        Edit(
            "the fewest are too few",
            {"len(uids) < limits.fewest": "len(uids) <= limits.fewest"},
            "You refuse a row of exactly as many weights as are wanted. A minimum itself is enough.",
        ),
    ),
)
