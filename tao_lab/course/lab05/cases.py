"""The cases of lab 05 that come from running chains and from the library's own programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any

import numpy as np

from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.course.lab05.market import ADMIN, MODULE, SEED, Market, hotkey, open_market
from tao_lab.course.networks import small_network
from tao_lab.errors import a_kind
from tao_lab.network.population import seeded_wallet
from tao_lab.neurons.peers import Peer
from tao_lab.neurons.validator.limits import Limits
from tao_lab.neurons.validator.scores import Scores
from tao_lab.units import U16_MAX
from tao_lab.vectors import AnswerError

HUGE_STAKE = 10**15  # rao
PERIODS = (1, 2)
TOO_FAST = "SettingWeightsTooFast"
DIGITS = 9  # after the point; another order of the same steps changes only later digits


def number(name: str, value: Any) -> float:
    """A number of an answer, rounded; of Python or of numpy.

    Args:
        name: for messages.
        value: what a student's function returned.

    Raises:
        AnswerError: it is not a finite number.
    """
    if value is None:
        raise AnswerError(f"`{name}` is None: is a `return` missing, or a result that is never set?")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)):
        raise AnswerError(f"`{name}` is {a_kind(value)}; it should be a number.")
    if not np.isfinite(float(value)):
        raise AnswerError(f"`{name}` is {float(value)}: somewhere something is divided by 0.")
    return round(float(value), DIGITS)


# --- memory (05.2) --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Round:
    """One round of the library's validator memory: input, output and description."""

    about: str
    memory: dict[str, list[Any]]
    scores: dict[str, float]
    seats: dict[str, tuple[int, int]]
    alpha: float
    after: dict[str, list[Any]]


# description, miners on the subnet (hotkey: UID, block of registration), miners that were asked: with a random score,
# or with the one after "="
HISTORY: tuple[tuple[str, dict[str, tuple[int, int]], str], ...] = (
    ("everybody is new, and asked", {"Ann": (1, 5), "Bob": (2, 6), "Cid": (3, 7)}, "Ann Bob Cid"),
    ("only Ann is asked", {"Ann": (1, 5), "Bob": (2, 6), "Cid": (3, 7)}, "Ann"),
    ("nobody is asked", {"Ann": (1, 5), "Bob": (2, 6), "Cid": (3, 7)}, ""),
    ("Dan has taken Bob's UID, and is asked", {"Ann": (1, 5), "Dan": (2, 90), "Cid": (3, 7)}, "Ann Dan Cid"),
    ("Cid was deregistered and is back, not asked yet", {"Ann": (1, 5), "Dan": (2, 90), "Cid": (4, 120)}, "Ann"),
    ("Cid is asked again", {"Ann": (1, 5), "Dan": (2, 90), "Cid": (4, 120)}, "Ann Cid"),
    ("the owner made the subnet smaller: UIDs have moved", {"Ann": (0, 5), "Cid": (1, 120)}, "Ann"),
    ("Eve has taken Ann's UID, and is not asked yet", {"Eve": (0, 200), "Cid": (1, 120)}, "Cid"),
    ("the chain was started over: its blocks are low again", {"Eve": (0, 3), "Cid": (1, 4)}, "Eve"),
    ("Eve's answer is worth 0", {"Eve": (0, 3), "Cid": (1, 4)}, "Eve=0"),
)


def memory_rounds(rng: np.random.Generator, alpha: float) -> Iterator[Round]:
    """The history, as the library's validator remembers it."""
    scores = Scores(":memory:", alpha)
    memory: dict[str, list[Any]] = {}
    for about, seats, asked in HISTORY:
        scores.keep([_peer(name, *seat) for name, seat in seats.items()])
        given = {}
        for one in asked.split():
            name, _, score = one.partition("=")
            given[name] = float(score) if score else round(float(rng.uniform(0.3, 1)), 3)
        scores.record(given, given)
        records = scores.all()
        after = {name: [*seat, records[name].score] for name, seat in seats.items()}
        yield Round(about, memory, given, seats, alpha, after)
        memory = after
    scores.close()


def _peer(name: str, uid: int, registered_at: int) -> Peer:
    return Peer(uid, name, "", 0, False, True, registered_at, 0, None)


# --- limits (05.4) --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """Weights that were sent to a running chain, the chain's limits at that block, and its answer."""

    about: str
    uids: list[int]
    values: list[int]
    version_key: int
    limits: Limits
    name: str
    wait: int


GOOD = ([2, 3, 4], [65_535, 40_000, 30_000])
FEW = ([2, 3], [65_535, 65_535])
STEEP = ([2, 3, 4], [65_535, 20_000, 10_000])
LEVEL = ([2, 3, 4], [65_535, 65_535, 65_535])
NOBODY: tuple[list[int], list[int]] = ([], [])


@cache
def attempts() -> tuple[Attempt, ...]:
    """A validator that tries to set weights again and again, while root changes the subnet's limits."""
    with small_network() as net:
        market = open_market(net, ["a", "b", "c"])
        market.set("weights_set_rate_limit", weights_set_rate_limit=4)
        return tuple(_attempts(market))


def _attempts(market: Market) -> Iterator[Attempt]:
    validator, net = market.validators[0], market.net

    def attempt(about: str, row: tuple[list[int], list[int]] = GOOD, key: int = 0, who: Any = validator) -> Attempt:
        limits = market.limits(who)
        name = market.send(who, *row, key)
        wait = _blocks_until_it_passes(market, who) if name == TOO_FAST else 0
        return Attempt(about, *row, key, limits, name, wait)

    yield attempt("all is well")
    yield attempt("the same weights once more, at once")
    yield attempt("and again, when the chain no longer says that it is too fast")
    net.run(blocks=2)
    yield attempt("three blocks after weights were set, where four must pass")
    market.send(validator, *GOOD)
    net.run(blocks=3)
    yield attempt("four blocks after weights were set, where four must pass")
    market.set("weights_version_key", weights_version_key=7)
    yield attempt("weights were set just now, and the subnet wants a newer program than this one", key=6)
    yield attempt("the old program, after waiting", key=6)
    yield attempt("a program that is newer than the subnet asks", key=9)
    net.run(blocks=4)
    yield attempt("the version that the subnet asks", key=7)
    market.set("min_allowed_weights", min_allowed_weights=3)
    net.run(blocks=4)
    yield attempt("two weights where three are the minimum", FEW, 7)
    yield attempt("no weights at all", NOBODY, 7)
    net.chain.state.put(MODULE, "MaxWeightsLimit", market.netuid, U16_MAX // 2)
    yield attempt("two weights, and one miner would get more than it may", FEW, 7)
    yield attempt("one miner would get more than half", STEEP, 7)
    yield attempt("no miner gets more than half, though one value is 65,535", GOOD, 7)
    net.run(blocks=4)
    yield attempt("the same in small numbers, which the chain scales up", ([2, 3, 4], [4, 3, 2]), 7)
    yield attempt("too fast, too few and too old", FEW, 6)
    net.chain.state.put(MODULE, "MaxWeightsLimit", market.netuid, U16_MAX // 3)
    yield attempt("each of three miners gets a third, which is the most that one may get", LEVEL, 7)
    net.chain.state.put(MODULE, "MaxWeightsLimit", market.netuid, U16_MAX // 2)
    net.sudo(ADMIN, "sudo_set_stake_threshold", min_stake=HUGE_STAKE)
    yield attempt("setting weights now needs a fortune, and it is too fast", GOOD, 7)
    net.run(blocks=4)
    yield attempt("setting weights now needs a fortune", GOOD, 7)
    me = market.limits(validator).me
    assert me is not None
    net.sudo(ADMIN, "sudo_set_stake_threshold", min_stake=me.stake)
    yield attempt("setting weights needs exactly as much stake as there is", GOOD, 7)
    net.sudo(ADMIN, "sudo_set_stake_threshold", min_stake=0)
    permits = market.read("ValidatorPermit", market.netuid)
    net.chain.state.put(MODULE, "ValidatorPermit", market.netuid, [False, *permits[1:]])  # as on a crowded subnet
    yield attempt("the owner of the subnet, without a permit", GOOD, 7, seeded_wallet(net, "owner", SEED))
    market.to_epoch()  # the next one, which might give a permit, is far away
    late = market.register("validator-late", 50)
    yield attempt("a validator that has just registered and never set weights", GOOD, 7, late)
    yield attempt("it has waited, and no epoch has given it a permit", GOOD, 7, late)
    yield attempt("without a permit, and with an old program", GOOD, 6, late)
    yield attempt("without a permit, and with two weights where three are the minimum", FEW, 7, late)
    yield attempt("without a permit, and one miner would get more than half", STEEP, 7, late)
    yield attempt("somebody who is not on the subnet", GOOD, 7, net.wallet("stranger"))


def _blocks_until_it_passes(market: Market, who: Any) -> int:
    """The number of blocks in which the chain says that the validator is too fast.

    The test row names one miner twice, so the chain never stores it.
    """
    blocks = 0
    while market.send(who, [2, 2], [1, 1], 9) == TOO_FAST:
        market.net.run(blocks=1)
        blocks += 1
    return blocks


# --- the epoch of a reveal (05.6) -----------------------------------------------------------------------------------


@cache
def reveals(period: int) -> Mapping[int, str]:
    """The chain's answer to a reveal, by epochs since the commit; another validator tries in each epoch.

    Args:
        period: `RevealPeriodEpochs` of the subnet.
    """
    late = range(period + 3)
    with small_network() as net:
        market = open_market(net, ["a", "b"], validators=len(late), commit_reveal=True)
        market.set("commit_reveal_weights_interval", interval=period)
        market.set("weights_set_rate_limit", weights_set_rate_limit=1)
        rows = [market.uid(wallet) for wallet in market.miners.values()]
        args = {"uids": rows, "values": [65_535, 7], "salt": [1, 2, 3], "version_key": 0}
        for wallet in market.validators:
            sealed = commit_hash(hotkey(wallet), market.netuid, *args.values())  # type: ignore[arg-type]
            said = market.say(wallet, "commit_weights", commit_hash=sealed)
            if said:
                raise RuntimeError(f"the commit was refused: {said}")
        found = {}
        for epochs in late:
            found[epochs] = market.say(market.validators[epochs], "reveal_weights", **args)
            market.to_epoch()
    return found


def window(period: int) -> Sequence[int]:
    """The epochs after a commit in which the chain accepts its reveal."""
    return [epochs for epochs, said in reveals(period).items() if not said]
