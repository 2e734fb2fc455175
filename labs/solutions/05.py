"""Solutions of lab 05: one function an exercise. Imports stand at the top of the notebook."""

from hashlib import blake2b

from tao_lab.chain.extrinsic import compact
from tao_lab.course.lab05.ours import SCHEMA, run_in_sandbox
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


def to_u16(weights):
    """Weights as the chain wants them.

    weights  dict  uid: weight, a float from 0 on, of any size

    Returns uids (list of int), values (list of int, the largest is 65,535); nobody with a value of 0.
    """
    top = max(weights.values(), default=0)
    uids, values = [], []
    if top == 0:
        return uids, values
    for uid, weight in weights.items():
        value = round(weight / top * 65_535)
        if value > 0:
            uids.append(uid)
            values.append(value)
    return uids, values


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
    if not me.permit:
        return "NeuronNoValidatorPermit", 0
    if len(uids) < limits.fewest:
        return "WeightVecLengthIsLow", 0
    if max(values) * 65_535 > limits.highest * sum(values):
        return "MaxWeightExceeded", 0
    return "", 0


def seal(public_key, netuid, uids, values, salt, version_key):
    """The hash that you commit to.

    public_key   bytes, 32: of your hotkey
    netuid       int, u16
    uids         list of int, u16
    values       list of int, u16
    salt         list of int, u16
    version_key  int, u64

    Returns bytes, 32.
    """
    data = public_key + netuid.to_bytes(2, "little")
    for numbers in (uids, values, salt):
        data += compact(len(numbers))
        for number in numbers:
            data += number.to_bytes(2, "little")
    data += version_key.to_bytes(8, "little")
    return blake2b(data, digest_size=32).digest()


def to_reveal(commits, epoch, period):
    """Which envelopes to open now.

    commits  list of (hash, epoch in which it was committed)
    epoch    int, now
    period   int, RevealPeriodEpochs of the subnet

    Returns now (list of hashes), lost (list of hashes that can never be revealed any more).
    """
    now, lost = [], []
    for commit, made in commits:
        if epoch == made + period:
            now.append(commit)
        elif epoch > made + period:
            lost.append(commit)
    return now, lost
