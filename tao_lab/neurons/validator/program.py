"""`Validator`: asks miners, scores their answers, remembers the scores, and sets weights on the chain.

    validator = Validator(kind("text"), wallet=wallet, network=net, netuid=1)
    validator.step()                  # one task for some miners; weights, where they are due
    validator.run(epochs=3)

A step never raises an error because of a miner. If the chain refuses a call, the step writes a line into the journal.
If the subnet's own rule is wrong, the validator ends with `BadRule`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import bittensor as bt
from bittensor.signing import WalletLike, resolve_signer

from tao_lab.errors import LabError
from tao_lab.foreign import escaped
from tao_lab.neurons import rules
from tao_lab.neurons.peers import Chain, Peers, client, is_local, read_peers
from tao_lab.neurons.validator.asking import Target, ask_all, http_client
from tao_lab.neurons.validator.journal import SUFFIX, Journal
from tao_lab.neurons.validator.limits import TOO_FAST, Limits, explain, foreseen, read_limits
from tao_lab.neurons.validator.scores import Scores
from tao_lab.neurons.validator.weights import Setter, weights_of
from tao_lab.neurons.work import Answer, Round, Score, Subnet

T = TypeVar("T")
SAMPLE = 16  # miners in a step
RATE = 0.2  # weight of the newest score in the average
PARTS_OF_TEMPO = 4  # how often weights are renewed in an epoch, if the rate limit allows it
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """One miner's part of a step.

    Attributes:
        hotkey: of the miner.
        answer: its answer.
        score: of this answer.
        average: its moving average afterwards.
    """

    hotkey: str
    answer: Answer
    score: Score
    average: float


@dataclass(frozen=True)
class Step:
    """What a validator did in one step.

    Attributes:
        block: height at which it began.
        asked: the round; None if there was nobody to ask.
        miners: those who were asked.
        weights: weights that the chain accepted, by UID; empty if none were sent, or the chain refused.
        obstacle: why the chain would refuse weights, if waiting for the rate limit does not help; otherwise empty.
    """

    block: int
    asked: Round | None
    miners: tuple[Asked, ...]
    weights: dict[int, float]
    obstacle: str = ""


class Validator:
    """A validator of one subnet.

    Attributes:
        hotkey: its address.
        scores: its memory.
        journal: its log.
    """

    def __init__(
        self,
        subnet: Subnet,
        *,
        wallet: WalletLike,
        network: Chain,
        netuid: int,
        data: Path | None = None,
        sample: int = SAMPLE,
        rate: float = RATE,
        version_key: int = 0,
    ) -> None:
        """Open the memory; no miner is asked yet.

        Args:
            subnet: The kind of work.
            wallet: Wallet or key whose hotkey the validator is.
            network: A `Network`, or the name or URL of one.
            netuid: The subnet.
            data: Folder for memory and journal; None keeps both only in this process.
            sample: Miners asked in a step.
            rate: Weight of the newest score in the average.
            version_key: Version of this program; a subnet may demand a minimum.
        """
        self._subnet, self._wallet, self._chain, self._netuid = subnet, wallet, network, netuid
        self._sample, self._version_key = sample, version_key
        self._unregistered = False  # whether the log already says that it is not registered
        self._proven = False  # whether the subnet's rule has scored an answer in this run
        self.hotkey = str(resolve_signer(wallet, role="hotkey").ss58_address)
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        name = f"validator-{netuid}-{self.hotkey[:12]}"
        self.scores = Scores(":memory:" if data is None else data / f"{name}.db", rate)
        self.journal = Journal(None if data is None else data / f"{name}{SUFFIX}", netuid, self.hotkey)

    def close(self) -> None:
        """Close memory and journal."""
        self.scores.close()
        self.journal.close()

    def __enter__(self) -> Validator:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # --- steps --------------------------------------------------------------------------------------------------

    def step(self) -> Step:
        """Ask once, score, and set weights if they are due.

        Raises:
            LabError: The chain cannot be reached, or there is no such subnet.
            BadRule: The subnet's own rule is wrong.
        """
        try:
            return in_own_loop(self._one_step)
        except (bt.BittensorError, OSError) as error:
            raise LabError(f"the chain cannot be reached ({type(error).__name__}: {error})") from error

    def run(
        self,
        *,
        epochs: int | None = None,
        every: float = 12.0,
        stop: threading.Event | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        """Make steps; if the chain does not answer, wait for it.

        Args:
            epochs: Ends after this number of epochs; None never ends.
            every: Seconds between steps.
            stop: Ends it when set.
            on_step: Called after each step, in the validator's thread.

        Raises:
            LabError: There is no such subnet.
            BadRule: The subnet's own rule is wrong.
        """
        in_own_loop(lambda: self._many_steps(epochs, every, stop or threading.Event(), on_step or (lambda _: None)))

    async def _one_step(self) -> Step:
        async with client(self._chain) as connection, http_client() as http:
            return (await self._step(connection, http))[0]

    async def _many_steps(
        self, epochs: int | None, every: float, stop: threading.Event, on_step: Callable[[Step], None]
    ) -> None:
        first: int | None = None
        async with http_client() as http:
            while not stop.is_set():
                try:
                    async with client(self._chain) as connection:
                        while not stop.is_set():
                            step, limits = await self._step(connection, http)
                            on_step(step)
                            first = limits.epoch if first is None else first
                            if epochs is not None and limits.epoch - first >= epochs:
                                return
                            await _wait(stop, every)
                except (bt.BittensorError, OSError) as error:
                    log.warning("the chain is away (%s: %s); trying again", type(error).__name__, escaped(error))
                    await _wait(stop, every)

    async def _step(self, connection: bt.Client, http: Any) -> tuple[Step, Limits]:
        peers = await read_peers(connection, self._netuid)
        limits = await read_limits(connection, self._netuid, peers, self.hotkey)
        obstacle = self._obstacle(limits)
        gone, new = self.scores.keep(peer for peer in peers.by_hotkey.values() if self._is_miner(peers, peer.hotkey))
        for event, hotkeys in (("left", gone), ("joined", new)):
            for hotkey in hotkeys:
                self.journal.write(event, limits.block, hotkey=hotkey)
        asked, miners = await self._ask(http, peers)
        weights = await self._tell(connection, peers)
        return Step(limits.block, asked, miners, weights, obstacle), limits

    def _obstacle(self, limits: Limits) -> str:
        """Why the chain would refuse weights; a validator that isn't registered learns it before it asks anybody."""
        if limits.me is None and not self._unregistered:
            log.warning("%s is not registered on subnet %d: nobody will count its weights", self.hotkey, self._netuid)
        self._unregistered = limits.me is None
        name = foreseen(limits, self._version_key)
        known = None if name is None or name in TOO_FAST else explain(name, limits, self._version_key)
        return known[0] if known else ""

    def _is_miner(self, peers: Peers, hotkey: str) -> bool:
        """Whether a neuron is a miner: not this validator itself, and not one that only validates."""
        peer = peers.by_hotkey[hotkey]
        return hotkey != self.hotkey and not (peer.permit and peer.axon is None)

    async def _ask(self, http: Any, peers: Peers) -> tuple[Round | None, tuple[Asked, ...]]:
        hotkeys = self.scores.next_to_ask(self._sample)
        if not hotkeys:
            return None, ()
        asked = await asyncio.to_thread(rules.make_round, self._subnet, self.scores.seed)
        targets = [Target(hotkey, peers.by_hotkey[hotkey].axon) for hotkey in hotkeys]
        answers = await ask_all(http, self._wallet, asked.task, targets, local=is_local(self._chain))
        values = await self._score(peers, asked, hotkeys, answers)
        came = [hotkey for hotkey, answer in zip(hotkeys, answers, strict=True) if not answer.problem]
        step = self.scores.step
        self.scores.record(dict(zip(hotkeys, (score.value for score in values), strict=True)), came)
        records = self.scores.all()
        miners = tuple(
            Asked(hotkey, answer, score, records[hotkey].score)
            for hotkey, answer, score in zip(hotkeys, answers, values, strict=True)
        )
        for miner in miners:
            self._write_down(step, peers, asked, miner)
        return asked, miners

    async def _score(
        self, peers: Peers, asked: Round, hotkeys: Sequence[str], answers: Sequence[Answer]
    ) -> list[Score]:
        """Scores by the subnet's rule; if it fails on a miner's answer, the journal and the log say so."""
        same = {"step": self.scores.step, "task": asked.task.id}
        try:
            values, failures = await asyncio.to_thread(
                rules.score_without_failures, self._subnet, asked, answers, proven=self._proven
            )
        except rules.BadRule as error:
            self.journal.write("failed", peers.block, **same, sentence=str(error))
            raise
        for index, failure in failures.items():
            uid = peers.by_hotkey[hotkeys[index]].uid
            log.error("uid %d scores 0: %s", uid, failure)
            self.journal.write("failed", peers.block, **same, hotkey=hotkeys[index], uid=uid, sentence=str(failure))
        self._proven |= any(not answer.problem and n not in failures for n, answer in enumerate(answers))
        return values

    def _write_down(self, step: int, peers: Peers, asked: Round, miner: Asked) -> None:
        same = {"step": step, "task": asked.task.id, "hotkey": miner.hotkey}
        same["uid"] = peers.by_hotkey[miner.hotkey].uid
        answer, score = miner.answer, miner.score
        took = round(answer.seconds, 4)
        self.journal.write("asked", peers.block, **same, kind=asked.task.kind, seconds=took, problem=answer.problem)
        average = round(miner.average, 6)
        self.journal.write("scored", peers.block, **same, score=score.value, reason=score.reason, average=average)

    # --- weights ------------------------------------------------------------------------------------------------

    async def _tell(self, connection: bt.Client, before: Peers) -> dict[int, float]:
        """Reveal and set weights that are due now; returns the weights that the chain accepted."""
        peers = await read_peers(connection, self._netuid)  # answers take seconds, and meanwhile new blocks come
        limits = await read_limits(connection, self._netuid, peers, self.hotkey)
        setter = Setter(
            connection, self._wallet, self.hotkey, self._netuid, self._version_key, self.scores, self.journal
        )
        await setter.reveal(limits)
        weights = weights_of(self.scores.all(), peers, self.hotkey, limits.fewest)
        if not _due(limits) or not self._may_set(limits, weights):
            return {}
        return weights if await setter.set(weights, limits) else {}

    def _may_set(self, limits: Limits, weights: dict[int, float]) -> bool:
        """Whether there are weights and the chain would accept them; if not, the reason is written into the journal."""
        name = foreseen(limits, self._version_key)
        known = None if name is None else explain(name, limits, self._version_key)
        if known is None and not weights:
            known = ("no miner has a score yet", 0)
        if known is None:
            return True
        self.journal.write("waits", limits.block, what="weights", name=name, sentence=known[0], blocks=known[1])
        return False


def _due(limits: Limits) -> bool:
    """Whether to renew the weights on the chain: there are none yet, or they are older than a part of an epoch."""
    if limits.me is None or limits.me.last_update <= limits.me.registered_at:
        return True
    return limits.block - limits.me.last_update >= max(limits.rate, limits.tempo // PARTS_OF_TEMPO, 1)


async def _wait(stop: threading.Event, seconds: float) -> None:
    """Wait, but not longer than until `stop` is set."""
    await asyncio.to_thread(stop.wait, seconds)


def in_own_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end in a new event loop; a notebook's cell already runs in a loop."""
    with ThreadPoolExecutor(1, thread_name_prefix="tao-lab-validator") as thread:
        return thread.submit(lambda: asyncio.run(work())).result()
