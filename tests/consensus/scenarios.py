"""The scenarios of the public chain's own epoch tests, as exact vectors.

Each function below plays one test of `pallets/subtensor/src/tests/epoch.rs`: it registers, sets weights, moves on and
runs epochs in the same order, with the defaults of `tests/mock.rs`, and keeps every epoch as a vector. The epoch itself
is `plain_epoch`. What the chain's test asserts is checked in `test_subtensor_numbers.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from plain_epoch import U16_MAX, div, fit, mul, plain_epoch

Vector = dict[str, Any]

HIGH_TEMPO = U16_MAX - 1
GRAPH_VALIDATORS, GRAPH_NEURONS = 64, 512
CUTOFF_PER_TEMPO_MILLI = 13_889  # INITIAL_ACTIVITY_CUTOFF_FACTOR_MILLI
YUMA_3_LIQUID_ALPHA = {"low": 6_553, "high": 19_660, "steepness": 1_000}  # 0.1 and 0.3 as u16


def upscaled(values: list[int]) -> list[int]:
    """`vec_u16_max_upscale_to_u16`: what `set_weights` stores; the highest value becomes 65,535."""
    highest = max(values) << 32
    if highest == 0:
        return values
    result = []
    for value in values:
        if highest > 32_768 << 32:
            word = mul(value << 32, div(U16_MAX << 32, highest))
        else:
            word = div(fit(value * U16_MAX << 32), highest)
        result.append(min((word + (1 << 31)) >> 32, U16_MAX))
    return result


@dataclass
class Subnet:
    """A subnet as a test of the chain sees it; `epoch` runs one and keeps its vector."""

    test: str
    asserted: str
    stake: list[int]
    tempo: int
    max_validators: int = 64
    bonds_penalty: int = U16_MAX
    bonds_moving_average: int = 900_000
    yuma3: bool = False
    liquid_alpha: dict[str, int] | None = None
    min_stake: int = 0
    owner_uid: int | None = None
    block: int = 1
    last_step_block: int = 0
    registered_at: list[int] = field(default_factory=list)
    validator_permit: list[bool] = field(default_factory=list)
    commit_block: list[int | None] | None = None
    vectors: list[Vector] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.stake)
        self.registered_at = self.registered_at or [self.block] * n
        self.validator_permit = self.validator_permit or [False] * n
        self.last_update = list(self.registered_at)
        self.weights: dict[int, list[list[int]]] = {}
        self.bonds: dict[int, list[list[int]]] = {}

    def set_weights(self, uid: int, columns: Iterable[int], values: list[int]) -> None:
        self.weights[uid] = [[column, value] for column, value in zip(columns, upscaled(values), strict=True)]
        self.last_update[uid] = self.block

    def replace(self, uid: int, stake: int = 0) -> None:
        """`replace_neuron`: a new hotkey at an old UID; weights on it become stored zeros."""
        self.stake[uid] = stake
        self.registered_at[uid] = self.last_update[uid] = self.block
        self.validator_permit[uid] = False
        self.weights.pop(uid, None)
        self.bonds.pop(uid, None)
        for row in self.weights.values():
            row[:] = [[column, 0 if column == uid else value] for column, value in row]

    def reset_bonds(self, uid: int) -> None:
        """`do_reset_bonds`: nobody holds bonds in this UID any more."""
        for row in self.bonds.values():
            row[:] = [[column, value] for column, value in row if column != uid]

    def input(self, emission: int) -> dict[str, Any]:
        data = {
            "n": len(self.stake),
            "block": self.block,
            "tempo": self.tempo,
            "last_step_block": self.last_step_block,
            "activity_cutoff": max(CUTOFF_PER_TEMPO_MILLI * self.tempo // 1_000, 1),
            "kappa": 32_767,
            "bonds_penalty": self.bonds_penalty,
            "bonds_moving_average": self.bonds_moving_average,
            "yuma3": self.yuma3,
            "liquid_alpha": self.liquid_alpha,
            "max_validators": self.max_validators,
            "min_stake": self.min_stake,
            "owner_uid": self.owner_uid,
            "emission": emission,
            "stake": self.stake,
            "validator_permit": self.validator_permit,
            "last_update": self.last_update,
            "registered_at": self.registered_at,
            "weights": [[uid, row] for uid, row in sorted(self.weights.items())],
            "bonds": [[uid, row] for uid, row in sorted(self.bonds.items())],
        }
        if self.commit_block is not None:
            data["commit_block"] = self.commit_block
        return deepcopy(data)

    def epoch(self, emission: int = 1_000_000_000) -> None:
        data = self.input(emission)
        expected = plain_epoch(data)
        name = f"{self.test.removeprefix('test_').replace('_', '-')}-{len(self.vectors)}"
        source = f"subtensor tests/epoch.rs {self.test}; asserted there: {self.asserted}; the rest: plain_epoch.py"
        self.vectors.append({"name": name, "source": source, "input": data, "expected": deepcopy(expected)})
        self.validator_permit = list(expected["validator_permit"])
        self.bonds = {uid: row for uid, row in deepcopy(expected["bonds"]) if row}


# --- small graphs ---------------------------------------------------------------------------------------------------


def graph_1() -> list[Vector]:
    subnet = Subnet("test_1_graph", "consensus, incentive, dividends", stake=[10**9], tempo=HIGH_TEMPO)
    subnet.set_weights(0, [0], [U16_MAX])
    subnet.epoch()
    return subnet.vectors


def graph_10() -> list[Vector]:
    asserted = "consensus, incentive, dividends, emission"
    subnet = Subnet("test_10_graph", asserted, stake=[1] * 10, tempo=HIGH_TEMPO, registered_at=[0] * 10)
    for uid in range(10):
        subnet.set_weights(uid, [uid], [U16_MAX])
    subnet.epoch()
    return subnet.vectors


def graph_512(epochs: int = 3) -> list[Vector]:
    """Validators in one block of UIDs, no self-weights of servers: the first of the test's six cases."""
    validators, servers = range(GRAPH_VALIDATORS), range(GRAPH_VALIDATORS, GRAPH_NEURONS)
    subnet = Subnet(
        "test_512_graph",
        "consensus, incentive, dividends, emission, two columns of bonds, after 3 epochs",
        stake=[328_125_000_000_000 if uid in validators else 0 for uid in range(GRAPH_NEURONS)],
        tempo=HIGH_TEMPO,
        max_validators=GRAPH_VALIDATORS,
        registered_at=[0] * GRAPH_NEURONS,
        validator_permit=[uid in validators for uid in range(GRAPH_NEURONS)],
    )
    for uid in validators:
        subnet.set_weights(uid, servers, [U16_MAX // GRAPH_NEURONS] * len(servers))
    for _ in range(epochs):
        subnet.epoch()
    return subnet.vectors


def graph_512_small() -> list[Vector]:
    """The first epoch in fewer bytes: rows divided by their maximum (their scale does not matter), bonds left out."""
    (vector,) = graph_512(epochs=1)
    vector["input"]["weights"] = [[uid, [[j, w // U16_MAX] for j, w in row]] for uid, row in vector["input"]["weights"]]
    del vector["expected"]["bonds"]
    vector["source"] += "; weights stored there as 65,535 are 1 here; bonds left out for size"
    return [vector]


# --- Yuma 2 over several epochs -------------------------------------------------------------------------------------


def bonds() -> list[Vector]:
    subnet = Subnet(
        "test_bonds",
        "bonds of one column after each epoch; emission is printed there",
        [1, 2, 3, 4, 0, 0, 0, 0],
        tempo=1,
        max_validators=8,
    )
    subnet.epoch()
    subnet.block = 2
    for uid in range(4):
        subnet.set_weights(uid, [4, 5, 6, 7], [16_383, 32_767, 49_149, 65_535])
    subnet.epoch()
    for change in ((0, 0), (1, 1), (2, 2), (2, 7), None, None, None):
        if change is not None:
            validator, target = change
            subnet.set_weights(validator, [target], [U16_MAX])
        subnet.block += 1
        subnet.epoch()
    return subnet.vectors


def active_stake() -> list[Vector]:
    asserted = "dividends, emission and bonds, from epoch 1"
    subnet = Subnet("test_active_stake", asserted, [1] * 4, tempo=1, max_validators=4, block=0)
    subnet.epoch()
    subnet.block = 1
    for uid in (0, 1):
        subnet.set_weights(uid, [2, 3], [U16_MAX // 2] * 2)
    subnet.epoch()
    subnet.block = 5_002
    subnet.set_weights(0, [2, 3], [U16_MAX // 2] * 2)
    subnet.epoch()
    subnet.set_weights(1, [2, 3], [U16_MAX // 2] * 2)
    subnet.block = 5_003
    subnet.epoch()
    return subnet.vectors


def outdated_weights() -> list[Vector]:
    asserted = "dividends, emission and bonds of uid 0 in the last epoch; the first two epochs are printed there"
    subnet = Subnet("test_outdated_weights", asserted, [1] * 4, tempo=0, max_validators=4)
    subnet.epoch()
    subnet.block = 2
    for uid in (0, 1):
        subnet.set_weights(uid, [2, 3], [2 * (U16_MAX // 3), U16_MAX // 3])
    for uid in (2, 3):
        subnet.set_weights(uid, [uid], [U16_MAX])
    subnet.epoch()
    subnet.replace(3)
    subnet.block = 3
    subnet.set_weights(0, [2, 3], [2 * (U16_MAX // 3), U16_MAX // 3])
    subnet.epoch()
    return subnet.vectors


def zero_weights() -> list[Vector]:
    subnet = Subnet("test_zero_weights", "emission", [1, 0], tempo=HIGH_TEMPO)
    subnet.epoch()
    subnet.set_weights(1, [1], [U16_MAX])
    subnet.epoch()
    subnet.block = 2
    subnet.set_weights(0, [1], [U16_MAX])
    subnet.replace(1)
    subnet.epoch()
    subnet.block = 3
    subnet.set_weights(0, [1], [U16_MAX])
    subnet.epoch()
    return subnet.vectors


def deregistered_miner_bonds() -> list[Vector]:
    asserted = "bonds of uid 0: positive at first, in uid 2 not lower and in uid 3 not higher after uid 3 was replaced"
    subnet = Subnet("test_deregistered_miner_bonds", asserted, [1] * 4, tempo=HIGH_TEMPO, max_validators=4)
    subnet.epoch()
    subnet.block = 2
    for uid in (0, 1):
        subnet.set_weights(uid, [2, 3], [2 * (U16_MAX // 3), U16_MAX // 3])
    subnet.block, subnet.tempo = 4, 2
    subnet.epoch()
    subnet.block = 5
    subnet.replace(3)
    for uid in (0, 1):
        subnet.set_weights(uid, [2, 3], [2 * (U16_MAX // 3), U16_MAX // 3])
    subnet.block = 6
    subnet.epoch()
    return subnet.vectors


# --- permits, owner, one staker -------------------------------------------------------------------------------------


def permit_cases() -> Iterator[tuple[int, int, int, int]]:
    """(interleave, neurons, validators, assignment of stake); the test's random interleaving is left out."""
    for interleave in (0, 1):
        for n, seats in ((2, 1), (4, 2), (8, 4)):
            for assignment in (0, 1):
                yield interleave, n, seats, assignment


def permit_validators(interleave: int, n: int, seats: int) -> list[int]:
    return [uid for uid in range(n) if (uid % (n // seats) == 0 if interleave else uid < seats)]


def validator_permits() -> list[Vector]:
    vectors = []
    for interleave, n, seats, assignment in permit_cases():
        chosen = permit_validators(interleave, n, seats)
        stake = [uid + n * (uid in chosen) if assignment else int(uid in chosen) for uid in range(n)]
        subnet = Subnet(
            "test_validator_permits",
            "validator_permit",
            stake,
            tempo=HIGH_TEMPO,
            max_validators=seats,
            min_stake=seats,
            yuma3=True,
            commit_block=[None] * n,
        )
        subnet.epoch()
        for uid in set(range(n)) - set(chosen):
            subnet.stake[uid] += 2 * n
        subnet.epoch()
        for vector in subnet.vectors:
            vector["name"] = vector["name"][:-2] + f"-{interleave}-{n}-{assignment}" + vector["name"][-2:]
        vectors += subnet.vectors
    return vectors


def owner_self_weight() -> list[Vector]:
    subnet = Subnet(
        "test_can_set_self_weight_as_subnet_owner",
        "server_emission of both is positive and equal",
        [5_000_000_000_000, 0],
        tempo=360,
        yuma3=True,
        owner_uid=0,
        validator_permit=[True, False],
        commit_block=[None, None],
    )
    subnet.weights[0] = [[0, U16_MAX // 2], [1, U16_MAX // 2]]  # written to storage there, so not upscaled
    subnet.block = 2
    subnet.last_update = [2, 0]
    subnet.epoch()
    return subnet.vectors


def single_staker() -> list[Vector]:
    test = "test_epoch_outputs_single_staker_registered_no_weights"
    asserted = "server_emission + validator_emission within 1,000 rao of the emission"
    subnet = Subnet(test, asserted, [1], tempo=HIGH_TEMPO, yuma3=True, commit_block=[None])
    subnet.epoch()
    return subnet.vectors


# --- commit-reveal --------------------------------------------------------------------------------------------------

STATE_BY_HAND = "the state before its last epoch, without what automatic epochs added to stake and bonds"


def masked_sniped_uid() -> list[Vector]:
    """Validator 0 committed in block 21; uid 2 was replaced in block 22 and gets weights in block 23."""
    subnet = Subnet(
        "test_epoch_masks_incoming_to_sniped_uid_prevents_inheritance",
        f"incentive of the new uid is 0 (here with {STATE_BY_HAND}; then the same without commit-reveal)",
        [10_000, 100, 10_000],
        tempo=10,
        max_validators=3,
        yuma3=True,
        block=23,
        last_step_block=21,
        registered_at=[1, 1, 22],
        validator_permit=[True, True, False],
        commit_block=[21, None, None],
    )
    subnet.set_weights(0, [0, 2], [U16_MAX // 2] * 2)
    before = deepcopy(subnet)
    subnet.epoch(1_000)
    before.vectors, before.commit_block = subnet.vectors, None
    before.epoch(1_000)
    return subnet.vectors


def masked_inside_window() -> list[Vector]:
    """Validator 0's open commit is of block 32; uid 1 is older than it, uids 2 and 3 registered in block 33."""
    subnet = Subnet(
        "test_epoch_does_not_mask_outside_window_but_masks_inside",
        f"incentive of uid 1 is positive, of uids 2 and 3 zero (here with {STATE_BY_HAND})",
        [10_000, 1_000, 1_000, 1_000],
        tempo=8,
        max_validators=1,
        yuma3=True,
        block=34,
        last_step_block=32,
        registered_at=[1, 8, 33, 33],
        validator_permit=[True, False, False, False],
        commit_block=[32, None, None, None],
    )
    subnet.set_weights(0, [1, 2, 3], [U16_MAX // 3] * 3)
    subnet.epoch(1_000)
    return subnet.vectors


# --- Yuma 3 ---------------------------------------------------------------------------------------------------------

A, B = [U16_MAX, 0], [0, U16_MAX]  # all on the first server, all on the second
MOVES = {
    "test_yuma_3_kappa_moves_first": {0: [A, A, A], 1: [B, A, A], 2: [B, B, A], 3: [B, B, B]},
    "test_yuma_3_kappa_moves_second": {0: [A, A, A], 1: [A, B, A], 2: [B, B, A], 3: [B, B, B]},
    "test_yuma_3_kappa_moves_last": {0: [A, A, A], 1: [A, B, A], 2: [A, B, B], 3: [B, B, B]},
}
ONE_SWITCH = {epoch: [A, A, B] if epoch == 2 else [A, A, A] for epoch in range(6)}
BONDS_RESET = {0: [A, A, A], 1: [A, B, B], **{epoch: [B, B, B] for epoch in range(2, 21)}, 21: [B, A, A]}
BONDS_RESET_EPOCHS = (0, 1, 2, 19, 20, 21, 40)
HALF = U16_MAX // 2
STABLE_1, STABLE_2 = [HALF, 0, HALF], [0, HALF, HALF]
STABLE_MINER = {
    0: [STABLE_1, STABLE_1, STABLE_1],
    1: [STABLE_1, STABLE_2, STABLE_1],
    2: [STABLE_2, STABLE_2, STABLE_1],
    3: [STABLE_2, STABLE_2, STABLE_2],
}


def yuma_3_subnet(test: str, stake: list[int]) -> Subnet:
    """`setup_yuma_3_scenario`: three validators, an epoch in block 2 that gives them their permits."""
    subnet = Subnet(
        test,
        "dividends to 0.001 (its figures for bonds hold too, but it skips past all of them)",
        stake,
        tempo=1,
        max_validators=3,
        bonds_penalty=0,
        bonds_moving_average=975_000,
        yuma3=True,
        liquid_alpha=YUMA_3_LIQUID_ALPHA,
    )
    subnet.block = 2
    subnet.epoch()
    subnet.vectors.clear()
    return subnet


def play(subnet: Subnet, moves: dict[int, list[list[int]]], epochs: int = 6) -> list[Vector]:
    servers = range(3, len(subnet.stake))
    for epoch in range(epochs):
        for uid, values in enumerate(moves.get(epoch, [])):
            subnet.set_weights(uid, servers, values)
        subnet.block += 1
        subnet.epoch()
    return subnet.vectors


def yuma_3() -> list[Vector]:
    vectors = []
    for test, moves in MOVES.items():
        vectors += play(yuma_3_subnet(test, [8, 1, 1, 0, 0]), moves)
    vectors += play(yuma_3_subnet("test_yuma_3_one_epoch_switch", [33, 33, 34, 0, 0]), ONE_SWITCH)
    disabled = yuma_3_subnet("test_yuma_3_liquid_alpha_disabled", [33, 33, 34, 0, 0])
    disabled.liquid_alpha = None
    vectors += play(disabled, ONE_SWITCH)
    vectors += play(yuma_3_subnet("test_yuma_3_stable_miner", [8, 1, 1, 0, 0, 0]), STABLE_MINER)
    return vectors + bonds_reset()


def bonds_reset() -> list[Vector]:
    """All 41 epochs are run; those that the test looks at are kept."""
    subnet = yuma_3_subnet("test_yuma_3_bonds_reset", [8, 1, 1, 0, 0])
    for epoch in range(41):
        for uid, values in enumerate(BONDS_RESET.get(epoch, [A, A, A])):
            subnet.set_weights(uid, (3, 4), values)
        if epoch == 20:
            subnet.reset_bonds(3)
        subnet.block += 1
        subnet.epoch()
    return [subnet.vectors[epoch] for epoch in BONDS_RESET_EPOCHS]


def all_vectors() -> list[Vector]:
    """Every vector of `datasets/vectors/epoch-subtensor-tests.json`, in its order."""
    scenarios = (
        graph_1,
        graph_10,
        bonds,
        active_stake,
        outdated_weights,
        zero_weights,
        deregistered_miner_bonds,
        validator_permits,
        owner_self_weight,
        single_staker,
        masked_sniped_uid,
        masked_inside_window,
        yuma_3,
        graph_512_small,
    )
    return [vector for scenario in scenarios for vector in scenario()]
