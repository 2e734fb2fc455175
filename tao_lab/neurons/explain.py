"""Why did I earn nothing? Found from the chain, and from validators' journals where there are any.

`facts` reads, `causes` judges without reading, `explain` does both. Each cause is one of the ways in which the loop
from a question to a payment breaks, in the order of that loop, with its evidence and what to do about it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import bittensor as bt

from tao_lab.errors import LabError
from tao_lab.neurons.peers import Chain, Peer, Peers, client, read_peers
from tao_lab.neurons.validator.journal import read_journals
from tao_lab.neurons.validator.program import in_own_loop
from tao_lab.neurons.work import Json
from tao_lab.units import RAO_PER_TAO, U16_MAX

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
WRONG_FORM = "wrong form"  # how `score_each` begins such a reason


@dataclass(frozen=True)
class Cause:
    """One reason for no pay.

    Attributes:
        name: for programs.
        sentence: what is wrong.
        evidence: blocks and counts that show it.
        mend: what to do.
    """

    name: str
    sentence: str
    evidence: str
    mend: str


@dataclass(frozen=True)
class Heard:
    """What validators' journals say about a miner.

    Attributes:
        lines: of any kind, about any miner: 0 means that there was no journal.
        asked: tasks sent to this miner.
        last_asked: block of the last one.
        problems: how often which problem kept an answer away, by its first words.
        scored: answers that came and were worth something.
        reasons: of scores of 0 for answers that came.
        examples: one whole sentence for each of `problems` and `reasons`.
        waiting: by validator, why it set no weights when it wrote last.
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
    """What the chain says, at one block.

    Attributes:
        netuid: the subnet.
        hotkey: the miner.
        peers: the subnet's neurons; None if there is no such subnet.
        hyper: items of `BY_NETUID`.
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
        """The miner on the subnet."""
        return None if self.peers is None else self.peers.by_hotkey.get(self.hotkey)

    @property
    def block(self) -> int:
        """Height."""
        return 0 if self.peers is None else self.peers.block

    @property
    def validators(self) -> list[Peer]:
        """Others who may set weights that count: with a permit and enough stake."""
        everyone = () if self.peers is None else self.peers.by_hotkey.values()
        return [
            peer
            for peer in everyone
            if peer.permit and peer.hotkey != self.hotkey and 0 < peer.stake >= self.stake_threshold
        ]

    @property
    def incentive(self) -> int:
        """The miner's, u16."""
        column = self.hyper.get("Incentive") or ()
        return int(column[self.me.uid]) if self.me is not None and self.me.uid < len(column) else 0

    @property
    def next_epoch(self) -> int:
        """Block of the next epoch by tempo."""
        return int(self.hyper["LastEpochBlock"] + self.hyper["Tempo"])

    def row(self, validator: Peer) -> Mapping[int, int]:
        """What a validator says about miners, in effect: nothing if it was said before this miner came."""
        return self.weights.get(validator.uid, {})


@dataclass(frozen=True)
class Explanation:
    """Why a miner earned nothing, or that it earns.

    Attributes:
        facts: on which it rests.
        causes: the first is where to begin; empty if the miner earns.
    """

    facts: Facts
    causes: tuple[Cause, ...]

    @property
    def earns(self) -> bool:
        """Whether the last epoch gave the miner an incentive that is paid out."""
        return not self.causes

    @property
    def head(self) -> str:
        """The answer in one sentence."""
        found, me = self.facts, self.facts.me
        who = found.hotkey if me is None else f"uid {me.uid} ({found.hotkey})"
        where = f"subnet {found.netuid}, block {found.block:,}: {who}"
        if self.earns:
            return f"{where} earns: incentive {found.incentive}/{U16_MAX} in the last epoch"
        return f"{where} earns nothing"

    def __str__(self) -> str:
        lines = [self.head]
        for number, cause in enumerate(self.causes, 1):
            lines.append(f"{number}. {cause.sentence} [{cause.name}]")
            lines += [f"   seen: {cause.evidence}", f"   do: {cause.mend}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{escape(cause.sentence)}</b><br>Seen: {escape(cause.evidence)}<br>Do: {escape(cause.mend)}</li>"
            for cause in self.causes
        )
        return f"<p>{escape(self.head)}</p>" + (f"<ol>{items}</ol>" if items else "")


def explain(network: Chain, netuid: int, hotkey: str, journals: Path | None = None) -> Explanation:
    """Find why a hotkey earned nothing as a miner.

    Args:
        network: A `Network`, or the name or URL of one.
        netuid: The subnet.
        hotkey: SS58 address of the miner.
        journals: Folder with validators' journals (`--data` of `tao-lab validator run`), or one of them.

    Raises:
        LabError: The chain cannot be reached, or the journals cannot be read.
    """
    heard = Heard() if journals is None else listen(_lines(journals), netuid, hotkey)

    async def read() -> Facts:
        async with client(network) as connection:
            return await facts(connection, netuid, hotkey, heard)

    try:
        found = in_own_loop(read)
    except (bt.BittensorError, OSError) as error:
        raise LabError(f"the chain cannot be reached ({type(error).__name__}: {error})") from error
    return Explanation(found, tuple(causes(found)))


def _lines(journals: Path) -> Iterable[Mapping[str, Json]]:
    try:
        return list(read_journals(journals))
    except OSError as error:
        raise LabError(f"the journals in {journals} cannot be read: {error}") from None


# --- reading --------------------------------------------------------------------------------------------------------


async def facts(connection: bt.Client, netuid: int, hotkey: str, heard: Heard | None = None) -> Facts:
    """Everything that `causes` looks at, read at one block."""
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
    """What journals say about a miner of a subnet."""
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


# --- judging --------------------------------------------------------------------------------------------------------


def causes(found: Facts) -> list[Cause]:
    """Why the miner earns nothing, in the order of the loop; empty if it earns."""
    for question in (_no_subnet, _not_registered):
        if cause := question(found):
            return [cause]
    if found.incentive > 0:
        return [cause for question in NOT_PAID if (cause := question(found))]
    return [cause for question in (*NOT_PAID, *NO_INCENTIVE) if (cause := question(found))] or [_unknown(found)]


def _no_subnet(found: Facts) -> Cause | None:
    if found.peers is not None:
        return None
    return Cause(
        "no subnet",
        f"There is no subnet {found.netuid}.",
        f"NetworksAdded({found.netuid}) is false",
        "look at `btcli subnets list`; a subnet can have been pruned",
    )


def _not_registered(found: Facts) -> Cause | None:
    if found.me is not None:
        return None
    asked = f"; validators asked it {found.heard.asked} times, last at block {found.heard.last_asked}"
    return Cause(
        "not registered",
        f"The hotkey has no UID on subnet {found.netuid}: it never registered, or another took its place.",
        f"Uids({found.netuid}, hotkey) is empty at block {found.block}" + (asked if found.heard.asked else ""),
        f"`btcli subnets register --netuid {found.netuid}`; who scores lowest after immunity is replaced first",
    )


def _not_started(found: Facts) -> Cause | None:
    first, trades = found.hyper["FirstEmissionBlockNumber"], found.hyper["SubtokenEnabled"]
    if first is not None and trades:
        return None
    return Cause(
        "not started",
        "The subnet's owner has not started it: nobody on it is paid.",
        f"FirstEmissionBlockNumber is {first}, SubtokenEnabled is {trades}",
        "ask the owner to call `start_call` (`btcli hparams start`)",
    )


def _no_emission(found: Facts) -> Cause | None:
    alpha, is_open = found.hyper["SubnetAlphaOutEmission"], found.hyper["NetworkRegistrationAllowed"]
    if found.hyper["FirstEmissionBlockNumber"] is None or (alpha > 0 and is_open):
        return None
    return Cause(
        "no emission",
        "The subnet gets no emission that it could hand out.",
        f"SubnetAlphaOutEmission is {alpha} rao a block, NetworkRegistrationAllowed is {is_open}",
        "emission goes to subnets that are open for registration and have alpha left to issue: ask the owner",
    )


def _owners_miner(found: Facts) -> Cause | None:
    if found.owner is None or found.owner != found.hyper["SubnetOwner"]:
        return None
    return Cause(
        "owner's miner",
        "The hotkey belongs to the subnet's owner: what such miners earn is burned or recycled.",
        f"SubnetOwner is {found.owner}, RecycleOrBurn is {found.hyper['RecycleOrBurn']}",
        "mine with a hotkey of another coldkey",
    )


def _not_serving(found: Facts) -> Cause | None:
    if found.me is None or found.me.axon is not None:
        return None
    return Cause(
        "not serving",
        "The chain lists no address of the miner, so that nobody can ask it.",
        f"Axons({found.netuid}, hotkey) is empty at block {found.block}",
        "start the miner: `tao-lab miner run` lists its address itself",
    )


def _no_validator(found: Facts) -> Cause | None:
    if found.validators or found.peers is None:
        return None
    permits = sum(peer.permit for peer in found.peers.by_hotkey.values())
    most = max((peer.stake for peer in found.peers.by_hotkey.values()), default=0) / RAO_PER_TAO
    return Cause(
        "no validator",
        "Nobody else on the subnet has both a permit and stake: there is no one whose weights count.",
        f"{permits} permits, most stake weight {most:.9g}, needed {found.stake_threshold / RAO_PER_TAO:.9g}; "
        f"permits are given at block {found.next_epoch}",
        "stake on a validator of this subnet and wait for its epoch, or mine where validators have stake",
    )


def _not_asked(found: Facts) -> Cause | None:
    if not found.heard.lines or found.heard.asked or found.me is None:
        return None
    return Cause(
        "not asked",
        "No validator whose journal was read has asked the miner yet.",
        f"{found.heard.lines} lines of journals, none asks uid {found.me.uid}, registered at block "
        f"{found.me.registered_at}",
        "wait for a step or two; a validator asks everybody in turn, and only who is listed on the chain",
    )


UNANSWERED = {
    "timeout": ("The miner's answers come too late.", "take fewer tokens, a smaller model, or a faster device"),
    "unreachable": (
        "The miner cannot be reached at the address that the chain lists.",
        "is it running, on that port, and is the port open? Start it again if its address has changed",
    ),
    "malformed": ("What comes back is no answer.", "serve with `tao-lab miner run`; it writes answers as they must be"),
    "refused": (
        "The miner refuses the validator.",
        "look at the code: `no_permit` and `too_little_stake` are the miner's own rules (--no-permit, --min-stake), "
        "`model_failed` is an error of `forward` in the miner's log, `busy` wants more --workers",
    ),
    "not serving": ("The chain listed no address when validators wanted to ask.", "keep the miner running"),
    "not asked": (
        "The listed address is a private one, which validators do not ask.",
        "serve at a public address (--host), with the port open",
    ),
}


def _unanswered(found: Facts) -> Cause | None:
    heard = found.heard
    missed = sum(heard.problems.values())
    if not missed or missed * 2 < heard.asked:
        return None
    name, times = heard.problems.most_common(1)[0]
    sentence, mend = UNANSWERED.get(name, (f"Questions stay without an answer: {name}.", "look at the sentence"))
    return Cause(
        name,
        sentence,
        f"{times} of {heard.asked} questions, the last at block {heard.last_asked}: {heard.examples[name]!r}",
        mend,
    )


def _worthless(found: Facts) -> Cause | None:
    heard = found.heard
    if heard.scored or not heard.reasons:
        return None
    name, times = heard.reasons.most_common(1)[0]
    example = heard.examples[name]
    if name == WRONG_FORM:
        return Cause(
            "wrong format",
            "The answers have another form than the subnet's: such an answer scores zero, however good it is.",
            f"{times} of {heard.asked} answers: {example!r}",
            "compare the answer with the kind's `answer_schema`",
        )
    return Cause(
        "worthless",
        "The answers come in the right form and are worth nothing.",
        f"{times} of {heard.asked} answers: {example!r}",
        "the reason says why; try the kind's own honest miner (`--play honest`) beside yours",
    )


def _stale_weights(found: Facts) -> Cause | None:
    me = found.me
    if me is None or not found.validators or any(peer.last_update > me.registered_at for peer in found.validators):
        return None
    newest = max(peer.last_update for peer in found.validators)
    why = "; ".join(sorted(set(found.heard.waiting.values())))
    return Cause(
        "stale weights",
        "All weights are older than the miner's registration, and say nothing about it.",
        f"newest weights of a validator are of block {newest}, uid {me.uid} registered at block {me.registered_at}"
        + (f"; a validator says: {why}" if why else ""),
        "wait until a validator sets weights again; if none does, it has died or the chain refuses them",
    )


def _sealed(found: Facts) -> Cause | None:
    sealed = [peer for peer in found.validators if peer.hotkey in found.sealed]
    if not found.hyper["CommitRevealWeightsEnabled"] or not sealed:
        return None
    periods = found.hyper["RevealPeriodEpochs"]
    return Cause(
        "sealed weights",
        "Weights are committed and not revealed yet.",
        f"{len(sealed)} of {len(found.validators)} validators have an open commit; commits are revealed {periods} "
        f"epochs later, an epoch has {found.hyper['Tempo']} blocks",
        f"wait: the next epoch is at block {found.next_epoch}",
    )


def _no_weight(found: Facts) -> Cause | None:
    me = found.me
    said = [peer for peer in found.validators if me and peer.last_update > me.registered_at and found.row(peer)]
    if me is None or not said or any(found.row(peer).get(me.uid) for peer in said):
        return None
    return Cause(
        "no weight",
        "Validators have set weights since the miner came, and none of them gives it any.",
        f"{len(said)} rows, newest of block {max(peer.last_update for peer in said)}, without uid {me.uid}",
        "their average of the miner's scores is zero, or it has not answered lately: see the journals (--log)",
    )


def _inactive(found: Facts) -> Cause | None:
    if not found.validators or any(peer.active for peer in found.validators):
        return None
    cutoff = found.hyper["ActivityCutoffFactorMilli"] * found.hyper["Tempo"] // 1_000
    newest = max(peer.last_update for peer in found.validators)
    return Cause(
        "validators inactive",
        "No validator has set weights within the activity cutoff: their weights no longer count.",
        f"cutoff {cutoff} blocks, newest weights of block {newest}, now {found.block}",
        "validators must run all the time; ask theirs, or start one",
    )


def _clipped(found: Facts) -> Cause | None:
    me = found.me
    giving = [peer for peer in found.validators if me and found.row(peer).get(me.uid)]
    if me is None or not giving:
        return None
    voices = [*found.validators, *([me] if me.permit and me.stake else [])]  # whose stake consensus counts
    own = f" (its own stake, {me.stake / RAO_PER_TAO:.9g}, among those who do not)" if me in voices else ""
    share = sum(peer.stake for peer in giving) / sum(peer.stake for peer in voices)
    kappa = found.hyper["Kappa"] / U16_MAX
    if share > kappa:
        return None
    return Cause(
        "clipped",
        "Too little stake stands behind the weights that the miner gets: consensus clips them to zero.",
        f"{len(giving)} of {len(voices)} with a permit give uid {me.uid} weight, with {share:.0%} of the stake{own}; "
        f"more than {kappa:.0%} is needed",
        "convince validators with more stake; one who gives weight alone loses trust by it",
    )


def _epoch_to_come(found: Facts) -> Cause | None:
    """Weights that were set after the last epoch have not been counted yet."""
    me, last = found.me, found.hyper["LastEpochBlock"]
    fresh = [peer for peer in found.validators if me and found.row(peer).get(me.uid) and peer.last_update >= last]
    if me is None or not (fresh or me.registered_at >= last):
        return None
    what = (
        f"weights on uid {me.uid} are of block {max(peer.last_update for peer in fresh)}"
        if fresh
        else (f"uid {me.uid} registered at block {me.registered_at}")
    )
    immune = me.registered_at + found.hyper["ImmunityPeriod"]
    return Cause(
        "epoch to come",
        "No epoch has counted them yet: pay comes at the end of an epoch.",
        f"{what}, the last epoch ran at block {last}, the next is at {found.next_epoch}",
        f"wait {max(found.next_epoch - found.block, 1)} blocks"
        + (f"; until block {immune} the miner is immune to pruning" if immune > found.block else ""),
    )


def _unknown(found: Facts) -> Cause:
    return Cause(
        "unknown",
        "The chain alone does not show why.",
        f"incentive is 0 at block {found.block}, {len(found.validators)} validators, "
        f"{found.heard.lines} lines of journals",
        "read a validator's journal: --log DIR",
    )


Question = Callable[[Facts], Cause | None]
NOT_PAID: tuple[Question, ...] = (_not_started, _no_emission, _owners_miner)
NO_INCENTIVE: tuple[Question, ...] = (
    _not_serving,
    _no_validator,
    _not_asked,
    _unanswered,
    _worthless,
    _sealed,
    _stale_weights,
    _inactive,
    _no_weight,
    _clipped,
    _epoch_to_come,
)
