"""Reasons why a miner earns nothing, in the order of the steps from a question to a payment.

Each function checks the evidence; it does not read the chain itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tao_lab.neurons.evidence import Facts
from tao_lab.units import RAO_PER_TAO, U16_MAX

WRONG_FORM = "wrong form"  # the beginning of such a reason from `score_each`


@dataclass(frozen=True)
class Cause:
    """One reason why a miner earns nothing.

    Attributes:
        name: a short name for programs.
        sentence: what is wrong.
        evidence: blocks and counts that show it.
        mend: how to fix it.
    """

    name: str
    sentence: str
    evidence: str
    mend: str


def causes(found: Facts) -> list[Cause]:
    """Why the miner earns nothing, in the order of the steps; empty if it earns."""
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
    "malformed": ("What comes back is not an answer.", "serve with `tao-lab miner run`; it writes valid answers"),
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
    voices = [*found.validators, *([me] if me.permit and me.stake else [])]  # neurons whose stake counts in consensus
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
