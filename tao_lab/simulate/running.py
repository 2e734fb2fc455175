"""Running a scenario: an epoch is a few blocks in which everybody acts, and one in which the chain pays.

The blocks of an epoch, after the block in which the last one ran: in the first everybody reveals and sets weights, in
the second the traders trade, in the last one those act who wait for the others. The next block runs the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from tao_lab.chain.errors import ChainError
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.chain.pallets.subtensor.lookups import MODULE, hotkeys_by_uid
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.pallets.subtensor.stake_weights import stake_parts
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.simulate import miners, owners, validators  # noqa: F401 - importing registers the roles
from tao_lab.simulate.results import Run
from tao_lab.simulate.roles import Action, Answer, SetWeights, View, Weights
from tao_lab.simulate.scenario import Scenario
from tao_lab.simulate.world import Member, Signed, World, include, open_world
from tao_lab.units import U16_MAX

SALT_WORDS = 8
Step = Callable[[Member, View], list[Action]]


def run(
    scenario: Scenario,
    rules: Mapping[str, Callable[..., Any]] | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
) -> Run:
    """Run a scenario on a chain of its own.

    Args:
        scenario: What is run.
        rules: Functions in place of the chain's, by their names in `net.rules`: `{"epoch": mine}`. They hold from the
            first epoch on.
        hyperparameters: On top of the scenario's.

    Raises:
        ScenarioError: The scenario cannot be set up.
        RuleBroken: A replaced rule raised, or returned what no chain could store.
    """
    world = open_world(scenario, {**scenario.hyperparameters, **(hyperparameters or {})})
    with world.net as net, net.rules.using(**rules) if rules else nullcontext():
        _to_epoch(world)
        play = _Play(world)
        for epoch in range(1, scenario.epochs + 1):
            play.epoch(epoch)
        return play.result()


def _to_epoch(world: World) -> None:
    """Make blocks up to the one in which the epoch runs."""
    for _ in range(_blocks_left(world)):
        world.net.chain.produce_block(keep_state=False)


def _blocks_left(world: World) -> int:
    """Blocks to the one that runs the next epoch, that one included."""
    return int(world.state("LastEpochBlock") + world.state("Tempo") - world.net.block_number)


class _Play:
    """One run from the first epoch that counts to its end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.friends = {member.group.name: tuple[Any, ...]() for member in world.members}
        for member in world.members:
            self.friends[member.group.name] += member.seats
        self.rows: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.start = {member.name: self._worth(member) for member in world.members}

    def epoch(self, epoch: int) -> None:
        """Let everybody act, run the epoch, and write down what it made of each."""
        answers = self._answers(epoch)
        self._step(epoch, answers, lambda member, view: member.role.act(view), reveal=True)
        self._step(epoch, answers, lambda member, view: member.role.trade(view))
        for _ in range(_blocks_left(self.world) - 2):
            self.world.net.chain.produce_block(keep_state=False)
        self._step(epoch, answers, lambda member, view: member.role.act_late(view))
        _to_epoch(self.world)
        self.rows += self._observed(epoch)

    def result(self) -> Run:
        """Everything that was written down."""
        end = {member.name: self._worth(member) for member in self.world.members}
        price = current_alpha_price(self.world.net.chain.state, self.world.netuid)
        members: list[dict[str, Any]] = [
            {
                "group": member.group.name,
                "role": member.group.role,
                "kind": member.group.kind,
                "stake": self.start[member.name][1],
                "earned": end[member.name][1] - self.start[member.name][1],
                "cost": member.cost,
                "tao": end[member.name][0] - self.start[member.name][0],
            }
            for member in self.world.members
        ]
        for each in members:
            each["profit"] = each["tao"] - each["cost"] + (each["earned"] * price >> FRACTION_BITS)
        names = [group.name for group in self.world.scenario.groups]
        return Run.of(self.world.scenario, names, self.rows, members, self.refused)

    # --- one step ---------------------------------------------------------------------------------------------------

    def _step(self, epoch: int, answers: Mapping[int, Answer], step: Step, reveal: bool = False) -> None:
        """Ask everybody for calls, and make the block with them."""
        calls: list[tuple[Member, Signed]] = []
        committing = bool(self.world.state("CommitRevealWeightsEnabled"))
        for member in self.world.members:
            if reveal and committing:
                calls += [(member, call) for call in self._reveals(member)]
            for action in step(member, self._view(member, epoch, answers)):
                calls.append((member, self._signed(member, action, committing)))
        for (member, call), error in zip(calls, include(self.world.net, [call for _, call in calls]), strict=True):
            if error is not None:
                self.refused.append(
                    {"epoch": epoch, "group": member.group.name, "member": member.name, "call": call.name}
                    | {"error": _name(error), "sentence": str(error)}
                )

    def _view(self, member: Member, epoch: int, answers: Mapping[int, Answer]) -> View:
        net = self.world.net
        return View(
            net.chain.state, self.world.netuid, net.block_number, epoch, member.name, member.seats, self.friends,
            answers, member.random,
        )  # fmt: skip

    def _answers(self, epoch: int) -> dict[int, Answer]:
        """What every miner with a UID answers."""
        found: dict[int, Answer] = {}
        for member in self.world.members:
            view = self._view(member, epoch, {})
            mining = view.uids(tuple(seat for seat in member.seats if seat.kind == "miner"))
            answer = member.role.answer(view) if mining else None
            if answer is not None:
                found |= dict.fromkeys(mining, answer)
        return found

    def _signed(self, member: Member, action: Action, committing: bool) -> Signed:
        if not isinstance(action, SetWeights):
            key = member.coldkey if action.key == "coldkey" else member.seats[0].hotkey
            return Signed(key, action.pallet, action.name, action.args)
        uids, values = as_u16(action.weights)
        hotkey, netuid = member.seats[0].hotkey, self.world.netuid
        if not committing:
            args = {"netuid": netuid, "dests": uids, "weights": values, "version_key": 0}
            return Signed(hotkey, MODULE, "set_weights", args)
        salt = member.random.integers(0, U16_MAX + 1, SALT_WORDS).tolist()
        member.open_commits.append((int(self.world.state("SubnetEpochIndex")), uids, values, salt))
        committed = commit_hash(str(hotkey.ss58_address), netuid, uids, values, salt, 0)
        return Signed(hotkey, MODULE, "commit_weights", {"netuid": netuid, "commit_hash": committed})

    def _reveals(self, member: Member) -> list[Signed]:
        """Reveals of the commits whose epoch has come."""
        due = int(self.world.state("SubnetEpochIndex")) - int(self.world.state("RevealPeriodEpochs"))
        ready = [commit for commit in member.open_commits if commit[0] == due]
        member.open_commits = [commit for commit in member.open_commits if commit[0] > due]
        return [
            Signed(
                member.seats[0].hotkey,
                MODULE,
                "reveal_weights",
                {"netuid": self.world.netuid, "uids": uids, "values": values, "salt": salt, "version_key": 0},
            )
            for _, uids, values, salt in ready
        ]

    # --- what is written down ---------------------------------------------------------------------------------------

    def _worth(self, member: Member) -> tuple[int, int]:
        """Free TAO, and alpha on its own hotkeys, rao."""
        state, netuid = self.world.net.chain.state, self.world.netuid
        alpha = sum(
            stake_of_coldkey(state, str(seat.hotkey.ss58_address), member.address, netuid) for seat in member.seats
        )
        return self.world.net.balance(member.address).rao, alpha

    def _observed(self, epoch: int) -> list[dict[str, Any]]:
        """A row for each UID after the epoch."""
        world = self.world
        hotkeys = hotkeys_by_uid(world.net.chain.state, world.netuid)
        parts = stake_parts(world.net.chain.state, world.netuid, list(hotkeys.values()))
        columns = {
            name: world.state(item)
            for name, item in (
                ("incentive", "Incentive"),
                ("dividends", "Dividends"),
                ("consensus", "Consensus"),
                ("vtrust", "ValidatorTrust"),
                ("emission", "Emission"),
                ("permit", "ValidatorPermit"),
            )
        }
        rows = []
        for (uid, hotkey), part in zip(hotkeys.items(), parts, strict=True):
            seat = world.seats[hotkey]
            rows.append(
                {"epoch": epoch, "block": world.net.block_number, "uid": uid, "group": seat.group, "role": seat.role}
                | {"kind": seat.kind, "member": seat.member, "stake": part.total.rao}
                | {name: column[uid] for name, column in columns.items()}
            )
        return rows


def as_u16(weights: Weights) -> tuple[list[int], list[int]]:
    """UIDs and u16 weights of a row: the largest is 65,535."""
    uids = sorted(weights)
    values = np.array([weights[uid] for uid in uids], dtype=float)
    largest = values.max() if len(values) else 0.0
    scaled = values / largest * U16_MAX if largest > 0 else values
    return uids, np.round(scaled).astype(int).tolist()


def _name(error: ChainError) -> str:
    return str(getattr(error, "name", type(error).__name__)) or type(error).__name__
