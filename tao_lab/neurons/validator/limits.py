"""What the chain allows a validator on a subnet, read at one block, and what each refusal means."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import bittensor as bt
from bittensor.result import ChainError

from tao_lab.neurons.peers import Peer, Peers
from tao_lab.units import RAO_PER_TAO, U16_MAX

MODULE = "SubtensorModule"
HYPERPARAMETERS = (
    "Tempo",
    "WeightsSetRateLimit",
    "MinAllowedWeights",
    "MaxWeightsLimit",
    "WeightsVersionKey",
    "CommitRevealWeightsEnabled",
    "RevealPeriodEpochs",
    "SubnetEpochIndex",
    "LastEpochBlock",
    "PendingEpochAt",
    "MaxAllowedValidators",
    "SubnetOwnerHotkey",
)


@dataclass(frozen=True)
class Limits:
    """The chain's limits for one validator.

    Attributes:
        block: height.
        me: the validator's neuron on the subnet; None if it is not registered.
        n: neurons on the subnet.
        tempo: blocks between epochs.
        rate: minimum number of blocks between two settings of weights.
        fewest: minimum number of weights in a row.
        highest: largest share of the row's sum for one weight, u16.
        version_key: minimum version of the validator's program.
        commit_reveal: whether weights are committed first.
        reveal_period: epochs between commit and reveal.
        epoch: number of the current epoch.
        last_epoch: block of the last.
        pending_epoch: block of an epoch that the owner requested; 0 if there is no such request.
        most_validators: maximum number of permits.
        stake_threshold: rao of stake weight that setting weights needs.
        owner: whether the validator is the subnet's owner, who may set weights without a permit.
        beacon: whether the chain follows the drand beacon, which timelocked weights need.
    """

    block: int
    me: Peer | None
    n: int
    tempo: int
    rate: int
    fewest: int
    highest: int
    version_key: int
    commit_reveal: bool
    reveal_period: int
    epoch: int
    last_epoch: int
    pending_epoch: int
    most_validators: int
    stake_threshold: int
    owner: bool
    beacon: bool

    @property
    def next_epoch(self) -> int:
        """Block of the next epoch."""
        by_tempo = self.last_epoch + self.tempo
        return min(by_tempo, self.pending_epoch or by_tempo)

    @property
    def blocks_to_wait(self) -> int:
        """Blocks until the rate limit allows weights; 0 if it allows them now."""
        if self.me is None or self.me.last_update == 0:
            return 0
        return max(0, self.me.last_update + self.rate - self.block)


async def read_limits(connection: bt.Client, netuid: int, peers: Peers, hotkey: str) -> Limits:
    """The limits for a validator at the block of `peers`."""
    view = await connection.at(peers.block)
    values = await asyncio.gather(*(view.query((MODULE, name), [netuid]) for name in HYPERPARAMETERS))
    read: dict[str, Any] = dict(zip(HYPERPARAMETERS, values, strict=True))
    threshold, beacon = await asyncio.gather(
        view.query((MODULE, "StakeThreshold")), view.query(("Drand", "LastStoredRound"))
    )
    return Limits(
        block=peers.block,
        me=peers.by_hotkey.get(hotkey),
        n=len(peers.by_hotkey),
        tempo=read["Tempo"],
        rate=read["WeightsSetRateLimit"],
        fewest=min(read["MinAllowedWeights"], len(peers.by_hotkey)),
        highest=read["MaxWeightsLimit"],
        version_key=read["WeightsVersionKey"],
        commit_reveal=read["CommitRevealWeightsEnabled"],
        reveal_period=read["RevealPeriodEpochs"],
        epoch=read["SubnetEpochIndex"],
        last_epoch=read["LastEpochBlock"],
        pending_epoch=read["PendingEpochAt"],
        most_validators=read["MaxAllowedValidators"],
        stake_threshold=threshold,
        owner=read["SubnetOwnerHotkey"] == hotkey,
        beacon=beacon > 0,
    )


# --- what a refusal means -------------------------------------------------------------------------------------------

TOO_FAST = ("SettingWeightsTooFast", "CommittingWeightsTooFast", "RateLimitExceeded", "rate_limited")
TOO_LITTLE_STAKE = ("NotEnoughStakeToSetWeights", "StakeAmountTooLow")
NOT_THERE = ("HotKeyNotRegisteredInSubNet", "HotKeyNotRegisteredInNetwork", "not_registered")
NO_PERMIT, OLD_VERSION = "NeuronNoValidatorPermit", "IncorrectWeightVersionKey"


def name_of(error: ChainError) -> str:
    """The chain's name of a refusal, or the SDK's word if the chain gave no name."""
    return str(error.name or error.code.value)


def foreseen(limits: Limits, version_key: int) -> str | None:
    """The name of the refusal that weights would get now; None if the chain would accept them."""
    if limits.me is None:
        return NOT_THERE[0]
    if limits.me.stake < limits.stake_threshold:
        return TOO_LITTLE_STAKE[0]
    if version_key < limits.version_key:
        return OLD_VERSION
    if limits.blocks_to_wait:
        return TOO_FAST[0]
    return None if limits.me.permit or limits.owner else NO_PERMIT


def explain(name: str, limits: Limits, version_key: int) -> tuple[str, int] | None:
    """A sentence for a person about a refusal of weights, and the blocks to wait (0: waiting does not help).

    Args:
        name: From `name_of` or `foreseen`.
        limits: Of the validator that was refused.
        version_key: Of its program.
    """
    me, to_epoch = limits.me, max(limits.next_epoch - limits.block, 1)
    if name in TOO_FAST:
        since = "lately" if me is None else f"at block {me.last_update}"
        wait = max(limits.blocks_to_wait, 1)
        return f"weights were set {since}, and may be set once in {limits.rate} blocks: wait {wait} more", wait
    if name in TOO_LITTLE_STAKE:
        has, needed = 0 if me is None else me.stake / RAO_PER_TAO, limits.stake_threshold / RAO_PER_TAO
        return f"stake weight is {has:.9g}, {needed:.9g} is needed: stake more on this hotkey (`btcli stake add`)", 0
    if name in NOT_THERE:
        return "the hotkey is not on the subnet (any more): `btcli subnets register` again", 0
    if name == NO_PERMIT:
        most = limits.most_validators
        return (
            f"no validator permit: each epoch gives one to the {most} with most stake; wait {to_epoch} blocks",
            to_epoch,
        )
    if name == OLD_VERSION:
        wanted = limits.version_key
        return (
            f"version key {version_key} is too old, the subnet wants {wanted}: update, then --version-key {wanted}",
            0,
        )
    return {
        "RevealTooEarly": (
            f"commits are revealed {limits.reveal_period} epochs later: wait {to_epoch} blocks",
            to_epoch,
        ),
        "WeightVecLengthIsLow": (f"fewer weights than the subnet's minimum of {limits.fewest}", 0),
        "MaxWeightExceeded": (f"one weight is above {limits.highest}/{U16_MAX} of the sum", 0),
        "CommitRevealEnabled": ("the subnet now wants a commit first: it is made next time", 1),
        "CommitRevealDisabled": ("the subnet no longer wants commits: weights are set next time", 1),
        "ExpiredWeightCommit": ("the commit was not revealed in its epoch and is lost", 0),
        "TooManyUnrevealedCommits": (f"too many commits wait to be revealed: wait {to_epoch} blocks", to_epoch),
    }.get(name)
