"""A whole validator made of the six parts of lab 05, on a subnet whose miners mend Python functions.

    run = validate(Parts(to_u16=mine), rounds=4)

The tasks, the miners and their answers are the code subnet's own; the chain runs in this process. Each round ends with
an epoch, so the effect of each part on the pay is visible before the next round.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tao_lab.cards import Card, Grid, Text
from tao_lab.chain.errors import ChainError
from tao_lab.course.lab05 import reference
from tao_lab.course.lab05.market import SEED, Market, hotkey, open_market
from tao_lab.course.networks import small_network
from tao_lab.neurons.work import Answer, Forward, Json, Round
from tao_lab.subnets import kind
from tao_lab.subnets.play import ask
from tao_lab.units import RAO_PER_TAO

ALPHA = 0.3
VERSION_KEY = 0
MOST_WAIT = 100  # blocks: a part that asks for more is wrong
FIRST_TASK = 20
SHOWN = 15  # characters of an answer
WHO = {
    "honest": "mends it",
    "librarian": "looks the original up",
    "sleepy": "mends every other time",
    "chatty": "mends it, and talks",
    "unchanged": "sends it back",
    "forger": "prints a success",
}


@dataclass(frozen=True)
class Parts:
    """The parts of a validator; by default each is the library's own."""

    score: Callable[..., Any] = reference.score_answer
    remember: Callable[..., Any] = reference.remember
    to_u16: Callable[..., Any] = reference.to_u16
    refusal: Callable[..., Any] = reference.refusal
    seal: Callable[..., Any] = reference.seal
    to_reveal: Callable[..., Any] = reference.to_reveal


@dataclass(frozen=True)
class Line:
    """One miner in one round.

    Attributes:
        round: from 1.
        miner: name.
        uid: its number on the subnet.
        answer: what it sent.
        score: of this answer.
        average: afterwards.
        sent: u16 that the validator sent or committed; 0 for none.
        stored: u16 that the chain holds at the round's end.
        earned: alpha that the epoch at the round's end gave it, rao.
    """

    round: int
    miner: str
    uid: int
    answer: Answer
    score: float
    average: float
    sent: int
    stored: int
    earned: int


@dataclass
class Run:
    """What a validator did, and the results.

    Attributes:
        lines: each miner in each round.
        log: block and sentence of each event.
        accepted: number of calls that the chain accepted.
        refused: number of calls that it refused.
    """

    lines: list[Line] = field(default_factory=list)
    log: list[tuple[int, str]] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0

    def of(self, miner: str) -> list[Line]:
        """One miner's lines."""
        return [line for line in self.lines if line.miner == miner]

    @property
    def miners(self) -> list[str]:
        """Their names."""
        return list(dict.fromkeys(line.miner for line in self.lines))

    @property
    def earned(self) -> dict[str, float]:
        """Alpha that each miner has earned."""
        return {miner: sum(line.earned for line in self.of(miner)) / RAO_PER_TAO for miner in self.miners}

    def rows(self) -> list[dict[str, Any]]:
        """The lines in the form for the charts of `tao_lab.views`."""
        return [
            {
                "round": line.round,
                "miner": line.miner,
                "score": line.score,
                "average": line.average,
                "earned": line.earned / RAO_PER_TAO,
                "seconds": line.answer.seconds,
            }
            for line in self.lines
        ]

    @property
    def card(self) -> Card:
        """The last round: from each answer to its pay."""
        newest = self.lines[-len(self.miners) :]
        rows = [
            [
                str(line.uid),
                line.miner,
                WHO[line.miner],
                _begin(line.answer.content),
                f"{line.score:.2f}",
                f"{line.average:.3f}",
                str(line.sent),
                str(line.stored),
                f"{line.earned / RAO_PER_TAO:.3f}",
            ]
            for line in newest
        ]
        header = (
            "UID",
            "miner",
            "what it does",
            "its answer",
            "score",
            "average",
            "sent",
            "on chain",
            "earned, α",
        )
        calls = f"The chain took {self.accepted} of {self.accepted + self.refused} calls."
        log = Grid([[f"{block:,}", words] for block, words in self.log[-6:]], ("block", "the validator's log"))
        title = f"round {newest[0].round}: from answers to pay"
        good = self.accepted and not self.refused
        badge = "Accepted by the chain" if good else "Refused by the chain"
        return Card("right" if good else "wrong", badge, title, (Grid(rows, header), Text(calls), log))

    def _repr_html_(self) -> str:
        return self.card._repr_html_()

    def __repr__(self) -> str:
        return repr(self.card)


def _begin(content: Json) -> str:
    """The beginning of an answer, on one line."""
    text = content.get("code", "") if isinstance(content, dict) else str(content)
    text = " ".join(str(text).split()).replace("`", "'")
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


# --- the miners -----------------------------------------------------------------------------------------------------


def miners() -> Mapping[str, Forward]:
    """The miners: two repair the function, one does so every second time, and three do not."""
    known = kind("code").miners()
    return {name: known[name] for name in ("honest", "librarian")} | {
        "sleepy": lambda task: known["honest" if int(task.id[-1], 16) % 2 else "unchanged"](task),
        **{name: known[name] for name in ("chatty", "unchanged", "forger")},
    }


@cache
def answers(number: int) -> tuple[Round, Mapping[str, Answer]]:
    """A task and what the miners answer; the same every time.

    Args:
        number: of the task.
    """
    asked = kind("code").make_round(number)
    return asked, {name: ask(forward, asked.task) for name, forward in miners().items()}


# --- the validator --------------------------------------------------------------------------------------------------


def validate(parts: Parts | None = None, rounds: int = 4, commit_reveal: bool = False) -> Run:
    """Let a validator made of `parts` work for some rounds, each with an epoch at its end.

    Args:
        parts: its functions; their errors are not caught.
        rounds: number of rounds.
        commit_reveal: whether the subnet wants commits.
    """
    with small_network() as net:
        market = open_market(net, list(miners()), commit_reveal=commit_reveal)
        validator = _Validator(parts or Parts(), market)
        for number in range(1, rounds + 1):
            validator.round(number)
        return validator.run


@dataclass
class _Validator:
    """Runs the parts; the memory is converted to JSON and back, as if it were stored in a file."""

    parts: Parts
    market: Market
    run: Run = field(default_factory=Run)
    memory: str = "{}"
    sealed: dict[str, tuple[list[int], list[int], list[int]]] = field(default_factory=dict)

    @property
    def wallet(self) -> Any:
        """The validator's wallet."""
        return self.market.validators[0]

    def round(self, number: int) -> None:
        """Ask, score, remember, set weights, and wait for the epoch."""
        asked, came = answers(FIRST_TASK + number)
        secret = asked.secret
        before = sum(secret["passed"])
        scores = {
            name: float(self.parts.score(answer.content, secret["calls"], secret["expected"], before))
            for name, answer in came.items()
            if not answer.problem
        }
        memory = self._remember(scores)
        people = self.market.miners
        uid = {name: memory[hotkey(wallet)][0] for name, wallet in people.items()}
        weights = {uid[name]: memory[hotkey(wallet)][2] for name, wallet in people.items()}
        uids, values = self.parts.to_u16(weights, self.market.limits(self.wallet).fewest)
        self._tell([int(u) for u in uids], [int(v) for v in values])
        self.market.to_epoch()
        sent, stored = dict(zip(uids, values, strict=False)), self.market.stored(self.wallet)
        for name, wallet in people.items():
            average, place = weights[uid[name]], uid[name]
            line = Line(
                number,
                name,
                place,
                came[name],
                scores.get(name, 0.0),
                average,
                int(sent.get(place, 0)),
                stored.get(place, 0),
                self.market.earned(wallet),
            )
            self.run.lines.append(line)

    def _remember(self, scores: Mapping[str, float]) -> Any:
        people = self.market.miners
        graph = self.market.net.metagraph(self.market.netuid)
        seats = {n.hotkey: (n.uid, n.registered_at) for n in graph if n.name in _names(people)}
        given = {hotkey(people[name]): score for name, score in scores.items()}
        memory = self.parts.remember(json.loads(self.memory), given, seats, ALPHA)
        self.memory = json.dumps(memory)
        return memory

    def _tell(self, uids: list[int], values: list[int]) -> None:
        """Wait as long as the part says, then set or commit weights; reveal commits that are due."""
        self._reveal()
        market, limits = self.market, self.market.limits(self.wallet)
        name, blocks = self.parts.refusal(uids, values, VERSION_KEY, limits)
        if blocks > 0:
            self._note(f"waits {blocks} blocks: {name}")
            market.net.run(blocks=min(int(blocks), MOST_WAIT))
        elif name:
            self._note(f"sends nothing: the chain would say {name}")
            return
        if limits.commit_reveal:
            self._commit(uids, values)
            self._reveal()  # asks the part again: with a commit that is not yet due
        else:
            row = ", ".join(f"{uid}: {value}" for uid, value in zip(uids, values, strict=False))
            args = {"dests": uids, "weights": values, "version_key": VERSION_KEY}
            self._call("set_weights", f"sets weights {{{row}}}", **args)

    def _commit(self, uids: list[int], values: list[int]) -> None:
        draw = reference.Dice(SEED, self.market.net.block_number)
        key = bytes(self.wallet.hotkey.public_key)
        salt, _, sealed = self.parts.seal(key, self.market.netuid, uids, values, VERSION_KEY, draw)
        hashed = "0x" + bytes(sealed).hex()
        if self._call("commit_weights", f"commits to {hashed[:10]}…", commit_hash=hashed):
            self.sealed[hashed] = (uids, values, [int(number) for number in salt])

    def _reveal(self) -> None:
        market = self.market
        known = market.read("WeightCommits", market.netuid, hotkey(self.wallet)) or []
        commits = [(str(entry[0]), int(entry[1])) for entry in known]
        epoch, period = market.read("SubnetEpochIndex", market.netuid), market.read("RevealPeriodEpochs", market.netuid)
        for hashed in self.parts.to_reveal(commits, epoch, period)[0]:
            uids, values, salt = self.sealed[hashed]
            args = {"uids": uids, "values": values, "salt": salt, "version_key": VERSION_KEY}
            self._call("reveal_weights", f"reveals {hashed[:10]}…", **args)

    def _call(self, name: str, words: str, **args: Any) -> bool:
        try:
            said = self.market.say(self.wallet, name, **args)
        except ChainError as error:
            said = str(error)[:80]
        self._note(words if not said else f"{words}; the chain refuses: {said}")
        self.run.accepted += not said
        self.run.refused += bool(said)
        return not said

    def _note(self, words: str) -> None:
        self.run.log.append((self.market.net.block_number, words))


def _names(people: Mapping[str, Any]) -> set[str]:
    return {str(wallet.name) for wallet in people.values()}
