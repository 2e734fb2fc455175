"""Solutions of lab 05: one function an exercise. Made by `make labs`."""

from hashlib import blake2b

from tao_lab.chain.extrinsic import compact
from tao_lab.course.lab05.reference import SCHEMA, run_in_sandbox
from tao_lab.neurons.work import form_problem
from tao_lab.subnets.code import form_of_code, same


def score_answer(content, calls, expected, before):
    """What an answer is worth: the part that it won of the hidden tests that the broken function failed.

    content   what the miner sent: any JSON; right is {"code": "the text of one function named solve"}
    calls     list of lists of arguments
    expected  list of right results
    before    int, how many of them the broken function got right, fewer than all

    Returns a float from 0 to 1; 0 for a wrong form.
    """
    if form_problem(SCHEMA, content) or form_of_code(content["code"]):
        return 0.0
    results = run_in_sandbox(content["code"], calls)
    right = 0
    for got, wanted in zip(results, expected, strict=False):
        if "value" in got and same(got["value"], wanted):
            right += 1
    return max(0.0, (right - before) / (len(expected) - before))


def remember(memory, scores, seats, alpha):
    """Every miner's average after a round.

    memory  dict   hotkey: [uid, registered_at, average], as you returned it last time
    scores  dict   hotkey: score of this round, 0 to 1; only of those who were asked
    seats   dict   hotkey: (uid, registered_at) of every miner on the subnet now
    alpha   float  part of the newest score in the average

    Returns a new dict like `memory`, with everybody in `seats` and nobody else.

    >>> remember({"Ann": [1, 5, 0.5]}, {"Ann": 1.0}, {"Ann": (1, 5), "Bob": (2, 6)}, 0.5)
    {'Ann': [1, 5, 0.75], 'Bob': [2, 6, 0.0]}
    """
    after = {}
    for hotkey, (uid, registered_at) in seats.items():
        average = 0.0
        if hotkey in memory and memory[hotkey][1] == registered_at:
            average = memory[hotkey][2]
        if hotkey in scores:
            average = alpha * scores[hotkey] + (1 - alpha) * average
        after[hotkey] = [uid, registered_at, average]
    return after


def to_u16(weights, fewest):
    """Weights as the chain takes them.

    weights  dict  uid: weight, a float from 0 on, of any size
    fewest   int   how many weights a row has at least

    Returns uids (list of int), values (list of int, 1 to 65,535, the largest is 65,535).
    Where too few weights are above 0, further UIDs of `weights`, the first ones first, get 1, the smallest value.

    >>> to_u16({1: 0.5, 2: 0.0, 3: 1.0, 4: 0.0}, 3)
    ([1, 3, 2], [32768, 65535, 1])
    """
    if not any(weights.values()):
        return [], []
    top = max(weights.values())
    row = {}
    for uid, weight in weights.items():
        value = round(weight / top * 65_535)
        if value > 0:
            row[uid] = value
    for uid in weights:
        if len(row) < fewest and uid not in row:
            row[uid] = 1
    return list(row), [row[uid] for uid in row]


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


def seal(public_key, netuid, uids, values, version_key, draw):
    """A commit to weights: the hash for the chain, and the salt that you need to reveal it.

    public_key   bytes, 32: of your hotkey
    netuid       int, u16
    uids         list of int, u16
    values       list of int, u16
    version_key  int, u64
    draw         function: draw(n) is a list of the next n random u16 numbers, which nobody else knows

    Returns salt (list of int, 128 random bits), message (bytes, what is hashed), hash (bytes, 32).
    """
    salt = draw(8)
    message = public_key + netuid.to_bytes(2, "little")
    for numbers in (uids, values, salt):
        message += compact(len(numbers))
        for number in numbers:
            message += number.to_bytes(2, "little")
    message += version_key.to_bytes(8, "little")
    return salt, message, blake2b(message, digest_size=32).digest()


def to_reveal(commits, epoch, period):
    """Which envelopes to open now.

    commits  list of (hash, epoch in which it was committed)
    epoch    int, now
    period   int, RevealPeriodEpochs of the subnet

    Returns now (list of hashes), lost (list of hashes that can never be revealed any more). `now` is in the order of
    `commits`: with the one that it opens, the chain drops all that were made before.

    >>> to_reveal([("0xa", 30), ("0xb", 31), ("0xc", 32)], 32, 1)
    (['0xb'], ['0xa'])
    """
    now = [commit for commit, made in commits if epoch - made == period]
    lost = [commit for commit, made in commits if epoch - made > period]
    return now, lost
