"""Read what the chain and validators' journals say about a miner; `causes` draws the conclusions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bittensor as bt

from tao_lab.neurons.peers import Peer, Peers, read_peers
from tao_lab.neurons.work import Json

MODULE = "SubtensorModule"
BY_NETUID = (
    "Tempo",
    "LastEpochBlock",
    "ImmunityPeriod",
    "FirstEmissionBlockNumber",
    "SubtokenEnabled",
    "NetworkRegistrationAllowed",
    "SubnetAlphaOutEmission",
    "Kappa",
    "ActivityCutoffFactorMilli",
    "CommitRevealWeightsEnabled",
    "RevealPeriodEpochs",
    "Incentive",
    "SubnetOwner",
    "RecycleOrBurn",
    "MaxAllowedValidators",
)


@dataclass(frozen=True)
class Heard:
    """What validators' journals say about a miner.

    Attributes:
        lines: number of lines about all miners; 0 means that there is no journal.
        asked: tasks sent to this miner.
        last_asked: block of the last one.
        problems: how often each problem prevented an answer, by the problem's first words.
        scored: answers with a score above 0.
        reasons: reasons for answers with a score of 0.
        examples: one complete sentence for each of `problems` and `reasons`.
        waiting: by validator, why it set no weights, from its last line.
    """

    lines: int = 0
    asked: int = 0
    last_asked: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    scored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """The chain's data about a miner, at one block.

    Attributes:
        netuid: the subnet.
        hotkey: the miner.
        peers: the subnet's neurons; None if there is no such subnet.
        hyper: hyperparameters of the subnet, the items of `BY_NETUID`.
        stake_threshold: rao of stake weight that setting weights needs.
        weights: rows by UID of the validator, u16 by UID of the miner.
        sealed: hotkeys with commits that are not revealed yet.
        owner: coldkey of the miner's hotkey.
        heard: from the journals.
    """

    netuid: int
    hotkey: str
    peers: Peers | None
    hyper: Mapping[str, Any] = field(default_factory=dict)
    stake_threshold: int = 0
    weights: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    sealed: frozenset[str] = frozenset()
    owner: str | None = None
    heard: Heard = field(default_factory=Heard)

    @property
    def me(self) -> Peer | None:
        """The miner's neuron on the subnet."""
        return None if self.peers is None else self.peers.by_hotkey.get(self.hotkey)

    @property
    def block(self) -> int:
        """Height."""
        return 0 if self.peers is None else self.peers.block

    @property
    def validators(self) -> list[Peer]:
        """Other neurons whose weights count: they have a permit and enough stake."""
        everyone = () if self.peers is None else self.peers.by_hotkey.values()
        return [
            peer
            for peer in everyone
            if peer.permit and peer.hotkey != self.hotkey and 0 < peer.stake >= self.stake_threshold
        ]

    @property
    def incentive(self) -> int:
        """The miner's incentive, u16."""
        column = self.hyper.get("Incentive") or ()
        return int(column[self.me.uid]) if self.me is not None and self.me.uid < len(column) else 0

    @property
    def next_epoch(self) -> int:
        """Block of the next epoch by tempo."""
        return int(self.hyper["LastEpochBlock"] + self.hyper["Tempo"])

    def row(self, validator: Peer) -> Mapping[int, int]:
        """A validator's weights as they count for this miner; empty if they are older than its registration."""
        return self.weights.get(validator.uid, {})


async def facts(connection: bt.Client, netuid: int, hotkey: str, heard: Heard | None = None) -> Facts:
    """Everything that `causes` needs, read at one block."""
    heard = heard or Heard()
    if not await connection.query((MODULE, "NetworksAdded"), [netuid]):
        return Facts(netuid, hotkey, None, heard=heard)
    peers = await read_peers(connection, netuid)
    view = await connection.at(peers.block)
    values = await asyncio.gather(*(view.query((MODULE, name), [netuid]) for name in BY_NETUID))
    threshold, owner = await asyncio.gather(
        view.query((MODULE, "StakeThreshold")), view.query((MODULE, "Owner"), [hotkey])
    )
    rows, hashed, timelocked = await asyncio.gather(
        view.query_map((MODULE, "Weights"), [netuid]),
        view.query_map((MODULE, "WeightCommits"), [netuid]),
        view.query_map((MODULE, "TimelockedWeightCommits"), [netuid]),
    )
    sealed = {str(who) for who, commits in hashed if commits}
    sealed |= {str(entry[0]) for _, commits in timelocked for entry in commits}
    return Facts(
        netuid=netuid,
        hotkey=hotkey,
        peers=peers,
        hyper=dict(zip(BY_NETUID, values, strict=True)),
        stake_threshold=int(threshold),
        weights={int(uid): {int(miner): int(value) for miner, value in row} for uid, row in rows},
        sealed=frozenset(sealed),
        owner=None if owner is None else str(owner),
        heard=heard,
    )


def listen(lines: Iterable[Mapping[str, Json]], netuid: int, hotkey: str) -> Heard:
    """Read what journals say about a miner of a subnet."""
    count = asked = last_asked = scored = 0
    problems: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    examples: dict[str, str] = {}
    waiting: dict[str, str] = {}
    unanswered: set[tuple[Any, Any]] = set()
    for line in lines:
        if line.get("netuid") != netuid:
            continue
        count += 1
        event, validator = line["event"], str(line.get("validator"))
        if event in ("waits", "refused"):
            waiting[validator] = f"block {line['block']}: {line['sentence']}"
        elif event == "weights":
            waiting.pop(validator, None)
        if line.get("hotkey") != hotkey:
            continue
        if event == "asked":
            asked, last_asked = asked + 1, max(last_asked, int(line["block"]))
            if line["problem"]:
                unanswered.add((validator, line["step"]))
                _count(problems, examples, str(line["problem"]))
        elif event == "scored" and (validator, line["step"]) not in unanswered:
            if line["score"] > 0:
                scored += 1
            else:
                _count(reasons, examples, str(line["reason"]))
    return Heard(count, asked, last_asked, problems, scored, reasons, examples, waiting)


def _count(counter: Counter[str], examples: dict[str, str], sentence: str) -> None:
    name = sentence.partition(":")[0]
    counter[name] += 1
    examples[name] = sentence
