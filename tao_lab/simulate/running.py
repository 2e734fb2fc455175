"""Run a scenario: an epoch is a few blocks in which the participants act, and one block in which the chain pays.

After the block of the last epoch, the blocks are used like this. In the first, everybody who validates reveals and sets
weights. In the second, the traders trade. In the last one, participants act that wait for the others (copiers). The
next block runs the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from tao_lab.chain.errors import ChainError
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.chain.pallets.subtensor.lookups import MODULE, hotkeys_by_uid
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.pallets.subtensor.stake_weights import stake_parts
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.network.network import Network
from tao_lab.simulate import miners, owners, traders, validators  # noqa: F401 - importing registers the roles
from tao_lab.simulate.results import Run
from tao_lab.simulate.roles import Action, Answer, Call, Register, SetWeights, View, Weights
from tao_lab.simulate.scenario import Scenario
from tao_lab.simulate.world import Member, Signed, World, include, new_seat, open_world, registration
from tao_lab.units import U16_MAX

SALT_WORDS = 8
LONG_RUN = 30  # epochs; a longer run takes more than about two seconds
CARRIER = Call("MevShield", "submit_encrypted", {})  # the only part of a shielded call that others can read
Step = Callable[[Member, View], list[Action]]
Made = tuple[Member, Signed]


def run(
    scenario: Scenario,
    rules: Mapping[str, Callable[..., Any]] | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    watch: Callable[[Network, int], Any] | None = None,
    progress: bool = True,
) -> Run:
    """Run a scenario on a new chain.

    Args:
        scenario: The scenario.
        rules: Functions that replace the chain's, by their names in `net.rules`: `{"epoch": mine}`. They are used from
            the first epoch on.
        hyperparameters: Added to the scenario's, or replacing them.
        watch: Called after each epoch with the network and the epoch's number, to record more than the tables do.
        progress: Whether a long run shows a bar.

    Raises:
        ScenarioError: The scenario cannot be set up.
        RuleBroken: A replaced rule raised an error, or returned something that no chain can store.
    """
    world = open_world(scenario, {**scenario.hyperparameters, **(hyperparameters or {})})
    with world.net as net, net.rules.using(**rules) if rules else nullcontext():
        _warm_up(world)
        play = _Play(world)
        with net.progress(scenario.epochs if progress else 0, scenario.name, least=LONG_RUN) as step:
            for epoch in range(1, scenario.epochs + 1):
                play.epoch(epoch)
                if watch is not None:
                    watch(net, epoch)
                step(1)
        return play.result()


def _warm_up(world: World) -> None:
    """Make blocks up to an epoch at least a tempo from now: then everybody may set weights.

    There may be one before it. The tempo was just shortened, and more than that many blocks without an epoch make one
    due.
    """
    ready = world.net.block_number + world.state("Tempo")
    while world.net.block_number < ready:
        _to_epoch(world)


def _to_epoch(world: World) -> None:
    """Make blocks up to the one in which the epoch runs."""
    before = world.state("LastEpochBlock")
    while world.state("LastEpochBlock") == before:
        world.net.chain.produce_block(keep_state=False)


def _blocks_left(world: World) -> int:
    """Number of blocks until the next epoch by tempo, including the block that runs it."""
    return int(world.state("LastEpochBlock") + world.state("Tempo") - world.net.block_number)


class _Play:
    """One run from the first epoch that counts to its end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.friends = {member.group.name: tuple[Any, ...]() for member in world.members}
        for member in world.members:
            self.friends[member.group.name] += member.seats
        self.rows: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.start = {member.name: self._worth(member) for member in world.members}

    def epoch(self, epoch: int) -> None:
        """Let all participants act, run the epoch, and record the result for each UID."""
        answers = self._answers(epoch)
        views = [(member, self._view(member, epoch, answers)) for member in self.world.members]
        early = [*self._reveals(), *self._entries(epoch)]
        self._include(epoch, [*early, *self._calls(views, lambda member, view: member.role.act(view))])
        self._trade(epoch, answers)
        for _ in range(_blocks_left(self.world) - 2):
            self.world.net.chain.produce_block(keep_state=False)
        views = [(member, self._view(member, epoch, answers)) for member in self.world.members]
        self._include(epoch, self._calls(views, lambda member, view: member.role.act_late(view)))
        _to_epoch(self.world)
        self.rows += self._observed(epoch)

    def result(self) -> Run:
        """Everything that was recorded."""
        end = {member.name: self._worth(member) for member in self.world.members}
        price = current_alpha_price(self.world.net.chain.state, self.world.netuid)
        seated = set(hotkeys_by_uid(self.world.net.chain.state, self.world.netuid).values())
        members: list[dict[str, Any]] = [
            {
                "group": member.group.name,
                "role": member.group.role,
                "kind": member.group.kind,
                "stake": self.start[member.name][1],
                "earned": end[member.name][1] - self.start[member.name][1],
                "cost": member.cost,
                "tao": end[member.name][0] - self.start[member.name][0],
                "seats": sum(seat.hotkey.ss58_address in seated for seat in member.seats),
            }
            for member in self.world.members
        ]
        for each in members:
            each["profit"] = each["tao"] - each["cost"] + (each["earned"] * price >> FRACTION_BITS)
        names = [group.name for group in self.world.scenario.groups]
        return Run.of(self.world.scenario, names, self.rows, members, self.trades, self.refused)

    # --- one step ---------------------------------------------------------------------------------------------------

    def _calls(self, views: list[tuple[Member, View]], step: Step) -> list[Made]:
        """The calls of all participants in one step."""
        return [
            (member, made)
            for member, view in views
            for action in step(member, view)
            for made in self._signed(member, action)
        ]

    def _include(self, epoch: int, calls: list[Made]) -> None:
        """Make the block with these calls, and record the calls that the chain refuses."""
        for (member, call), error in zip(calls, include(self.world.net, [call for _, call in calls]), strict=True):
            if error is not None:
                self.refused.append(
                    {"epoch": epoch, "group": member.group.name, "member": member.name, "call": call.name}
                    | {"error": _name(error), "sentence": str(error)}
                )
            elif call.name == "burned_register":
                member.outside = [seat for seat in member.outside if seat.hotkey.ss58_address != call.args["hotkey"]]

    def _entries(self, epoch: int) -> list[Made]:
        """Registrations of participants that join now and have no place yet."""
        return [
            (member, registration(self.world.netuid, member, seat))
            for member in self.world.members
            if 0 < member.group.joins <= epoch
            for seat in member.outside
        ]

    def _trade(self, epoch: int, answers: Mapping[int, Answer]) -> None:
        """The traders' block: all their calls, and around them the calls of whoever decides the order."""
        views = [(member, self._view(member, epoch, answers)) for member in self.world.members]
        wishes = [
            (member, action) for member, view in views for action in member.role.trade(view) if isinstance(action, Call)
        ]
        waiting = tuple(CARRIER if call.shielded else call for _, call in wishes)
        order: list[list[tuple[Member, Call]]] = [[wish] for wish in wishes]
        for member, view in views if wishes else []:
            for around in member.role.attack(replace(view, waiting=waiting)):
                before, after = ([(member, call) for call in calls] for calls in (around.before, around.after))
                order[around.place] = [*before, *order[around.place], *after]
        calls = [(member, made) for part in order for member, call in part for made in self._signed(member, call)]
        self._include(epoch, calls)
        if calls:
            self.trades += self._traded(epoch)

    def _traded(self, epoch: int) -> list[dict[str, Any]]:
        """Purchases and sales of the newest block, in its order."""
        by_coldkey = {member.address: member for member in self.world.members}
        rows = []
        for event in self.world.net.chain.events(self.world.net.block_number):
            side = {"StakeAdded": "buy", "StakeRemoved": "sell"}.get(event["event_id"])
            if side is None or event["module_id"] != MODULE or event["attributes"][0] not in by_coldkey:
                continue
            coldkey, _, tao, alpha, _, fee = event["attributes"]
            member = by_coldkey[coldkey]
            about = {"epoch": epoch, "block": self.world.net.block_number, "group": member.group.name}
            rows.append({**about, "member": member.name, "side": side, "tao": tao, "alpha": alpha, "fee": fee})
        return rows

    def _view(self, member: Member, epoch: int, answers: Mapping[int, Answer]) -> View:
        net = self.world.net
        return View(
            net.chain.state, self.world.netuid, net.block_number, epoch, member.name, member.seats, self.friends,
            answers, member.random,
        )  # fmt: skip

    def _answers(self, epoch: int) -> dict[int, Answer]:
        """The answers of all miners with a UID."""
        found: dict[int, Answer] = {}
        for member in self.world.members:
            view = self._view(member, epoch, {})
            mining = view.uids(tuple(seat for seat in member.seats if seat.kind == "miner"))
            answer = member.role.answer(view) if mining else None
            if answer is not None:
                found |= dict.fromkeys(mining, answer)
        return found

    def _signed(self, member: Member, action: Action) -> list[Signed]:
        """A participant's action as calls."""
        if isinstance(action, Call):
            key = member.coldkey if action.key == "coldkey" else member.seats[0].hotkey
            return [Signed(key, action.pallet, action.name, action.args, action.shielded)]
        if isinstance(action, Register):
            seat = new_seat(self.world.scenario, member)
            member.seats += (seat,)
            self.friends[seat.group] += (seat,)
            self.world.seats[str(seat.hotkey.ss58_address)] = seat
            return [registration(self.world.netuid, member, seat)]
        return [self._weights(member, action)]

    def _weights(self, member: Member, row: SetWeights) -> Signed:
        """Set a row of weights, or commit it if the subnet uses commit-reveal."""
        uids, values = as_u16(row.weights)
        hotkey, netuid = member.seats[0].hotkey, self.world.netuid
        if not self.world.state("CommitRevealWeightsEnabled"):
            args = {"netuid": netuid, "dests": uids, "weights": values, "version_key": 0}
            return Signed(hotkey, MODULE, "set_weights", args)
        salt = member.random.integers(0, U16_MAX + 1, SALT_WORDS).tolist()
        member.open_commits.append((int(self.world.state("SubnetEpochIndex")), uids, values, salt))
        committed = commit_hash(str(hotkey.ss58_address), netuid, uids, values, salt, 0)
        return Signed(hotkey, MODULE, "commit_weights", {"netuid": netuid, "commit_hash": committed})

    def _reveals(self) -> list[Made]:
        """Reveals of the commits whose epoch has come."""
        due = int(self.world.state("SubnetEpochIndex")) - int(self.world.state("RevealPeriodEpochs"))
        calls: list[Made] = []
        for member in self.world.members:
            for epoch, uids, values, salt in member.open_commits:
                if epoch == due:
                    args = {"uids": uids, "values": values, "salt": salt, "version_key": 0}
                    hotkey = member.seats[0].hotkey
                    calls.append(
                        (member, Signed(hotkey, MODULE, "reveal_weights", {"netuid": self.world.netuid, **args}))
                    )
            member.open_commits = [commit for commit in member.open_commits if commit[0] > due]
        return calls

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
