"""A subnet at work in this process: miners serve over signed HTTP, validators ask and score, the chain pays.

    with Market("text", {"smollm2": forward, "guesser": guess}) as market:
        market.step()            # each validator asks one task; some blocks pass; weights go on the chain
        market.pay()             # to the end of the epoch
        market.standings()       # who has which score, and who was paid what

Everything is real (`Miner`, `Validator`, `Network`), with one exception: tasks come in a fixed order, so that a lesson
gives the same result each time. A validator that earns money must never do that.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import bittensor as bt

from tao_lab.errors import LabError
from tao_lab.network import Network
from tao_lab.neurons.miner import Miner
from tao_lab.neurons.peers import Endpoint
from tao_lab.neurons.validator import Validator
from tao_lab.neurons.validator.asking import Target, ask_all, http_client
from tao_lab.neurons.validator.program import RATE, Step, in_own_loop
from tao_lab.neurons.work import Answer, Forward, Round, Subnet, Task
from tao_lab.subnets import kind
from tao_lab.units import U16_MAX

TEMPO = 30  # blocks: a lesson has no time for 360
WEIGHTS_RATE = 5  # blocks between two rows of weights
STAKE_TAO = 100  # of the first validator; each further one has half of the one before
BACKING_TAO = 50  # that the staker stakes on the first validator
SPENDING_TAO = 100  # for each neuron: a registration doubles the price of the next one
REFRESH_SECONDS = 1.0


class InOrder:
    """A kind of work whose tasks come in a fixed order; it ignores the seeds that a validator draws."""

    def __init__(self, work: Subnet, seed: int) -> None:
        self._work, self._seeds = work, itertools.count(seed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def make_round(self, seed: int) -> Round:
        """The next task."""
        return self._work.make_round(next(self._seeds))


@dataclass(frozen=True)
class Standing:
    """The score and pay of a miner.

    Attributes:
        name: of the miner.
        uid: its UID on the subnet.
        score: moving average of the first validator, 0 to 1.
        incentive: its share of the miners' pay in the last epoch.
        paid: rao of alpha since the market opened.
    """

    name: str
    uid: int
    score: float
    incentive: float
    paid: int


class Market:
    """A subnet with a creator, validators, a staker and miners, open while the `with` block runs.

    Attributes:
        net: the chain.
        netuid: the subnet.
        work: its kind of work.
        creator: wallet of the subnet's owner.
        validators: their wallets, most stake first.
        staker: wallet that stakes on the first validator.
        miners: wallets by name.
    """

    def __init__(
        self,
        work: Subnet | str,
        miners: Mapping[str, Forward | None],
        *,
        validators: int = 2,
        net: Network | None = None,
        seed: int = 0,
        tempo: int = TEMPO,
    ) -> None:
        """Make the subnet and its people on the chain; nobody serves yet.

        Args:
            work: The kind of work, or its name, as `tao_lab.subnets.kind` takes it.
            miners: Their functions by name; with None a miner is registered now and begins to serve later.
            validators: How many.
            net: The network; by default a new one.
            seed: Of the first task.
            tempo: Blocks between epochs.

        Raises:
            LabError: There are no miners or no validators, or there is no such kind.
        """
        if not miners or validators < 1:
            raise LabError(f"miners: {len(miners)}, validators: {validators}; allowed: at least one of each")
        work = kind(work) if isinstance(work, str) else work
        self.net = Network() if net is None else net
        self.work = InOrder(work, seed)
        self._forwards = dict(miners)
        names = [f"validator {number + 1}" for number in range(validators)]
        with self.net.progress(3 + validators + len(miners), "a subnet and its people", least=1) as step:
            self.creator = self.net.wallet("creator")
            self.netuid = self.net.create_subnet(self.creator, kind=work.kind, tempo=tempo)
            self.net.sudo(
                "AdminUtils",
                "sudo_set_weights_set_rate_limit",
                netuid=self.netuid,
                weights_set_rate_limit=WEIGHTS_RATE,
            )
            step(1)
            self.validators = [self._validator(name, number, step) for number, name in enumerate(names)]
            self.staker = self.net.wallet("staker", tao=BACKING_TAO + 1)
            self.net.stake(self.staker, self.netuid, self.net.tao(BACKING_TAO), hotkey=self.validators[0])
            step(1)
            self.miners = {name: self._registered(name, step) for name in miners}
            self.net.run(epochs=1, subnet=self.netuid)  # gives the validators their permits
            step(1)
        self._before = self._money()
        self._open: list[Validator] = []
        self.servers: dict[str, Miner] = {}
        self._stack = ExitStack()

    def _validator(self, name: str, number: int, step: Any) -> bt.Wallet:
        wallet = self._registered(name, step)
        amount = self.net.tao(STAKE_TAO / 2**number)
        self.net.fund(wallet, amount.rao + self.net.tao(1).rao)
        self.net.stake(wallet, self.netuid, amount)
        return wallet

    def _registered(self, name: str, step: Any) -> bt.Wallet:
        wallet = self.net.wallet(name, tao=SPENDING_TAO)
        self.net.call(
            wallet, "SubtensorModule", "burned_register", netuid=self.netuid, hotkey=wallet.hotkey.ss58_address
        )
        step(1)
        return wallet

    # --- open and close -----------------------------------------------------------------------------------------

    def __enter__(self) -> Market:
        for name, forward in self._forwards.items():
            if forward is not None:
                self.serve(name, forward)
        for wallet in self.validators:
            validator = Validator(self.work, wallet=wallet, network=self.net, netuid=self.netuid)
            self._open.append(self._stack.enter_context(validator))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()
        self._open.clear()

    def serve(self, name: str, forward: Forward) -> Miner:
        """Start a registered miner's server."""
        miner = Miner(forward, wallet=self.miners[name], network=self.net, netuid=self.netuid, refresh=REFRESH_SECONDS)
        self.servers[name] = self._stack.enter_context(miner)
        return miner

    # --- work and pay -------------------------------------------------------------------------------------------

    def step(self) -> list[Step]:
        """Each validator asks all miners one task and sets weights if they are due; then some blocks pass."""
        steps = [validator.step() for validator in self._open]
        self.net.run(blocks=WEIGHTS_RATE)
        return steps

    def pay(self) -> int:
        """Make blocks to the end of the epoch, when the chain pays; returns the height."""
        return self.net.run(epochs=1, subnet=self.netuid)

    def ask(self, task: Task) -> dict[str, Answer]:
        """Send a user's task to all miners, signed by the first validator; the answers get no scores."""
        targets = [Target(str(self._hotkey(name)), self._axon(name)) for name in self.miners]

        async def work() -> list[Answer]:
            async with http_client() as http:
                return await ask_all(http, self.validators[0], task, targets, local=True)

        return dict(zip(self.miners, in_own_loop(work), strict=True))

    def _axon(self, name: str) -> Endpoint:
        host, _, port = self.servers[name].url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def _hotkey(self, name: str) -> str:
        return str(self.miners[name].hotkey.ss58_address)

    # --- reading ------------------------------------------------------------------------------------------------

    def standings(self) -> list[Standing]:
        """Every miner's score and pay, best paid first."""
        graph = self.net.metagraph(self.netuid)
        paid = self.earned()
        rows = []
        for name in self.miners:
            neuron, score = graph[self._hotkey(name)], (*self.scores(name), 0.0)[0]
            rows.append(Standing(name, neuron.uid, score, neuron.incentive / U16_MAX, paid[name]))
        return sorted(rows, key=lambda row: (-row.paid, -row.score))

    def scores(self, name: str) -> tuple[float, ...]:
        """Each validator's score for a miner, a moving average from 0 to 1; empty before the first step."""
        records = [validator.scores.all().get(self._hotkey(name)) for validator in self._open]
        return tuple(record.score if record else 0.0 for record in records)

    def earned(self) -> dict[str, int]:
        """Rao of alpha that each person got since the market opened, by name."""
        now = self._money()
        return {name: now[name] - self._before[name] for name in now}

    def _money(self) -> dict[str, int]:
        people = {"creator": self.creator, **self.miners}
        people.update({wallet.name: wallet for wallet in self.validators})
        money = {name: self.net.staked(wallet, self.netuid).rao for name, wallet in people.items()}
        money["staker"] = self.net.staked(self.staker, self.netuid, hotkey=self.validators[0]).rao
        return money


# --- one whole round ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tested:
    """A question with a known answer, and one miner's answer to it.

    Attributes:
        question: from a validator.
        reference: the right answer.
        answer: of the miner.
        score: of the answer, 0 to 1.
    """

    question: str
    reference: str
    answer: str
    score: float


@dataclass(frozen=True)
class Work:
    """A miner's part of a round.

    Attributes:
        name: of the miner.
        uid: its place.
        about: what it does, in words.
        answer: to the user's question, which nobody scores.
        tests: questions of all validators, for which it got a score.
        scores: each validator's score for it after the tests, a moving average from 0 to 1.
        incentive: its share of the miners' pay.
        paid: rao of alpha.
    """

    name: str
    uid: int
    about: str
    answer: str
    tests: tuple[Tested, ...]
    scores: tuple[float, ...]
    incentive: float
    paid: int

    @property
    def right(self) -> int:
        """How many tests it answered fully right."""
        return sum(test.score == 1 for test in self.tests)


@dataclass(frozen=True)
class PaidRound:
    """From a question to paid miners.

    Attributes:
        question: of the user.
        answer: that the user reads.
        by: name of the miner who wrote it: the best paid of those who answered.
        workers: the miners, best paid first.
        others: rao of alpha that the creator, the validators and the staker got, by name.
        tests: questions with known answers that the validators asked each miner.
        best_score: moving average of a miner that gets every test of a validator fully right.
        netuid: the subnet.
        opened: block before the first question.
        block: in which the epoch paid.
        net: the chain, to look at.
        notice: what went wrong, in words; empty if nothing did.
    """

    question: str
    answer: str
    by: str
    workers: tuple[Work, ...]
    others: Mapping[str, int]
    tests: int
    best_score: float
    netuid: int
    opened: int
    block: int
    net: Network
    notice: str = ""


def run_round(
    work: Subnet,
    miners: Mapping[str, tuple[str, Forward]],
    task: Task,
    *,
    rounds: int = 4,
    seed: int = 0,
    notice: str = "",
) -> PaidRound:
    """Ask a question, test the miners, pay them.

    Args:
        work: The kind of work; answers are `{"text": …}`.
        miners: By name: what it does in words, and its function.
        task: The user's question, in the form of the tests.
        rounds: Tests by each validator.
        seed: Of the first test.
        notice: Passed on to the result.
    """
    with Market(work, {name: forward for name, (_, forward) in miners.items()}, seed=seed) as market:
        opened = market.net.block_number
        with market.net.progress(rounds + 2, "questions, answers, scores, weights", least=1) as count:
            answers = market.ask(task)
            count(1)
            steps = []
            for _ in range(rounds):
                steps += market.step()
                count(1)
            block = market.pay()
            count(1)
        rows = market.standings()
        scores = {row.name: market.scores(row.name) for row in rows}
        earned = market.earned()
    tests = {name: _tests(steps, str(wallet.hotkey.ss58_address)) for name, wallet in market.miners.items()}
    workers = tuple(
        Work(
            name=row.name,
            uid=row.uid,
            about=miners[row.name][0],
            answer=_text(answers[row.name]),
            tests=tests[row.name],
            scores=scores[row.name],
            incentive=row.incentive,
            paid=row.paid,
        )
        for row in rows
    )
    others = {name: rao for name, rao in earned.items() if name not in miners}
    best = next((worker for worker in workers if not answers[worker.name].problem), workers[0])
    return PaidRound(
        question=str(task.content["question"]),
        answer=best.answer,
        by=best.name,
        workers=workers,
        others=others,
        tests=rounds * len(market.validators),
        best_score=1 - (1 - RATE) ** rounds,
        netuid=market.netuid,
        opened=opened,
        block=block,
        net=market.net,
        notice=notice,
    )


def _tests(steps: Sequence[Step], hotkey: str) -> tuple[Tested, ...]:
    """The tests for which one miner got a score."""
    return tuple(
        Tested(
            str(step.asked.task.content["question"]),
            str(step.asked.secret["reference"]),
            _text(one.answer),
            one.score.value,
        )
        for step in steps
        if step.asked is not None
        for one in step.miners
        if one.hotkey == hotkey
    )


def _text(answer: Answer) -> str:
    return (
        str(answer.content["text"]) if isinstance(answer.content, dict) and "text" in answer.content else answer.problem
    )


__all__ = ["InOrder", "Market", "PaidRound", "Standing", "Tested", "Work", "run_round"]
