"""*Predict first* questions of lab 05: where the result surprises people."""

from __future__ import annotations

import itertools

from tao_lab.cards import Grid
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.course.lab05 import cases, reference
from tao_lab.course.lab05.market import hotkey, open_market
from tao_lab.course.networks import small_network
from tao_lab.course.questions import Finding, Question
from tao_lab.units import U16_MAX

PERCENTS = 101  # a lazy validator gives whole per cents, 0 to 100


def _better() -> Finding:
    calls, before, broken_from = 10, 6, 8
    code = f"def solve(n):\n    return 2 * n if n < {broken_from} else 0\n"
    score = reference.score_answer({"code": code}, [[n] for n in range(calls)], [2 * n for n in range(calls)], before)
    option = 0 if score == broken_from / calls else 1 if 0 < score < 1 else 2
    rows = [
        ["hidden tests", f"{calls}"],
        ["the broken function passes", f"{before}"],
        ["the miner's passes", f"{broken_from}"],
        ["score", f"{score:g}"],
    ]
    because = (
        "Six of the tests were passed before anybody worked, so they are worth nothing. Four were there to be won, and "
        "the miner won two of them. Sending the broken function back wins none."
    )
    return Finding(option, because, (Grid(rows),))


def _scale() -> Finding:
    with small_network() as net:
        market = open_market(net, ["a", "b", "c"])
        net.run(blocks=market.limits(market.validators[0]).blocks_to_wait)
        uids = [market.uid(wallet) for wallet in market.miners.values()]
        market.send(market.validators[0], uids, [1, 2, 1])
        stored = list(market.stored(market.validators[0]).values())
    option = 0 if stored == [1, 2, 1] else 1 if sum(stored) in range(U16_MAX - 1, U16_MAX + 2) else 2
    rows = [["sent", "1", "2", "1"], ["stored", *map(str, stored)]]
    because = (
        "Only proportions count. The chain scales every row up until its largest weight is 65,535, the largest u16, so "
        "that no digit is wasted. Half of 65,535 is rounded."
    )
    return Finding(option, because, (Grid(rows, ("", "miner a", "miner b", "miner c")),))


def _first_weights() -> Finding:
    attempts = {one.about: one for one in cases.attempts()}
    first = attempts["a validator that has just registered and never set weights"]
    option = 0 if not first.name else 1 if first.name == cases.TOO_FAST else 2
    me = first.limits.me
    assert me is not None
    rows = [
        ["registered at block", str(me.registered_at)],
        ["`LastUpdate`, as if it had set weights", str(me.last_update)],
        ["block of the call", str(first.limits.block)],
        ["rate limit, blocks", str(first.limits.rate)],
        ["the chain says", first.name or "nothing: it takes them"],
        ["blocks until it does not say so any more", str(first.wait)],
    ]
    because = (
        "Registering writes the block into `LastUpdate`, so the rate limit runs from then on. And when that is over, "
        "it still needs a permit, which only an epoch gives."
    )
    return Finding(option, because, (Grid(rows),))


def guesses_until_found(salt: list[int]) -> int | None:
    """Number of hashes until somebody without the salt finds three weights in whole per cents; None if not found.

    Args:
        salt: the salt in the validator's hash.
    """
    with small_network() as net:
        address = hotkey(net.wallet("validator"))
    uids, secret = [3, 4, 5], [100, 85, 20]
    target = commit_hash(address, 1, uids, secret, salt, 0)
    for tried, guess in enumerate(itertools.product(range(PERCENTS - 1, -1, -1), repeat=2), 1):
        if commit_hash(address, 1, uids, [100, *guess], [], 0) == target:
            return tried
    return None


def _salt() -> Finding:
    bare, salted = guesses_until_found([]), guesses_until_found([61_234, 999])
    option = 0 if bare is None else 1 if salted is None else 2
    all_of_them = PERCENTS**2
    rows = [
        ["without salt", "yes" if bare else "no", f"{bare or all_of_them:,}"],
        ["with a salt of two numbers", "yes" if salted else "no", f"{salted or all_of_them:,}"],
    ]
    because = (
        "Nobody computes backwards from a hash, but one may try: three miners in per cent, the best at 100, are 10,201 "
        "possibilities. A salt of eight u16 numbers makes it 2¹²⁸ times as many."
    )
    return Finding(option, because, (Grid(rows, ("committed", "found", "hashes tried")),))


def what_a_copier_sees() -> list[tuple[str, dict[int, int], dict[int, int]]]:
    """A subnet with commit-reveal, epoch after epoch: the row that the chain shows, and the validator's newest one.

    Returns:
        For each epoch its name, the weights on chain and the weights that the validator has just committed to.
    """
    with small_network() as net:
        market = open_market(net, ["a", "b"], commit_reveal=True)
        market.set("weights_set_rate_limit", weights_set_rate_limit=1)
        validator = market.validators[0]
        uids = [market.uid(wallet) for wallet in market.miners.values()]
        seen: list[tuple[str, dict[int, int], dict[int, int]]] = []
        sealed: list[list[int]] = []
        for number, values in enumerate(([U16_MAX, 6_554], [U16_MAX, 32_768], [6_554, U16_MAX])):
            for old in sealed[-1:]:
                market.say(validator, "reveal_weights", uids=uids, values=old, salt=[number], version_key=0)
            hashed = commit_hash(hotkey(validator), market.netuid, uids, values, [number + 1], 0)
            market.say(validator, "commit_weights", commit_hash=hashed)
            sealed.append(values)
            seen.append((f"epoch {number + 1}", market.stored(validator), dict(zip(uids, values, strict=True))))
            market.to_epoch()
    return seen


def _copier() -> Finding:
    seen = what_a_copier_sees()
    late = [shown == seen[number - 1][2] for number, (_, shown, _) in enumerate(seen) if number]
    at_once = [shown == real for _, shown, real in seen]
    option = 0 if all(at_once) else 1 if all(late) and not seen[0][1] else 2
    rows = [[name, _row(shown), _row(real)] for name, shown, real in seen]
    because = (
        "The chain shows a hash, and an epoch later the weights. A validator that copies always copies what was true "
        "an epoch ago; if good miners change, the copy is wrong and consensus cuts it."
    )
    return Finding(option, because, (Grid(rows, ("", "on chain, UID: u16", "what it thinks, sealed")),))


def _row(weights: dict[int, int]) -> str:
    return ", ".join(f"{uid}: {value}" for uid, value in weights.items()) or "nothing"


QUESTIONS = (
    Question(
        "05.A",
        "Ten hidden tests. The broken function passes six of them, the one that a miner sends passes eight. Its score?",
        ("0.8: eight of ten", "0.5", "0: it is still broken"),
        _better,
    ),
    Question(
        "05.B",
        "A validator sends the weights 1, 2, 1. What does the chain store?",
        ("1, 2, 1", "a quarter, a half and a quarter of 65,535", "32768, 65535, 32768"),
        _scale,
    ),
    Question(
        "05.C",
        "A validator has just registered, with enough stake, and has never set weights. It sends some at once. What "
        "does the chain say?",
        (
            "it takes them: there are no last weights to wait for",
            "“too fast”, as if it had set some before",
            "“no permit”, which only an epoch gives",
        ),
        _first_weights,
    ),
    Question(
        "05.D",
        "A validator commits to the hash of three weights in whole per cents, without a salt. Can somebody find them "
        "out?",
        ("no: a hash cannot be computed backwards", "yes, in a second, by trying", "yes, and a salt would not help"),
        _salt,
    ),
    Question(
        "05.E",
        "With commit-reveal on, what does a copier read from the chain in an epoch?",
        ("the weights of this epoch", "the weights of the epoch before", "never anything"),
        _copier,
    ),
)
