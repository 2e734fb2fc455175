"""The usual epoch: one mechanism, Yuma 2 or 3 without liquid alpha, nobody's stake lent to others.

It reads what most epochs leave as it is (hyperparameters, seats, weights) again only after a write, gives the table of
the neurons to the compiled epoch, and writes lists and bonds that have changed. Any other epoch is left to the readable
rule. Then the state is unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets.subtensor import epochs
from tao_lab.chain.pallets.subtensor.lookups import MODULE, hotkeys_by_uid, owner_uid
from tao_lab.chain.pallets.subtensor.null_consensus import is_null
from tao_lab.chain.pallets.subtensor.tempo import activity_cutoff_blocks
from tao_lab.chain.rules import Rules
from tao_lab.chain.state import Storage, Watch
from tao_lab.chain.vectorized.columns import RaggedItemError, or_readable
from tao_lab.chain.vectorized.epochs import EmissionColumns, decode_rows
from tao_lab.chain.vectorized.remembered import watch_subnet
from tao_lab.chain.vectorized.stakes import column_of, copy_of, count_stakes, stakes_of
from tao_lab.compiled import njit
from tao_lab.consensus.vectorized.epoch import MILLION, MOST_NEURONS, NEURON, NO_OWNER, SETTINGS, Rows, new_rows
from tao_lab.economy import Pending
from tao_lab.economy.fixed128 import u64_share
from tao_lab.units import U64_MAX

EPOCH = "usual epoch"  # of what the state keeps
SELDOM_WRITTEN = (
    "SubnetworkN",
    "Keys",
    "Uids",
    "BlockAtRegistration",
    "SubnetOwnerHotkey",
    "SubnetEpochConsensus",
    "MechanismCountCurrent",
    "VotingPowerTrackingEnabled",
    "CommitRevealWeightsEnabled",
    "Tempo",
    "ActivityCutoffFactorMilli",
    "Kappa",
    "BondsPenalty",
    "BondsMovingAverage",
    "Yuma3On",
    "LiquidAlphaOn",
    "MaxAllowedValidators",
)
LENT = ("ChildKeys", "ParentKeys")
LISTS = {  # of the table's fields
    "Incentive": "incentive",
    "ConsensusByMechanism": "consensus",
    "Active": "active",
    "ValidatorPermit": "validator_permit",
    "Emission": "emission",
    "Consensus": "consensus",
    "Dividends": "dividends",
    "ValidatorTrust": "validator_trust",
    "StakeWeight": "stake_weight",
}
COMMITS = ("WeightCommits", "TimelockedWeightCommits")


@dataclass
class Subnet:
    """What the epochs of a subnet read and seldom changes.

    Attributes:
        watch: Over hyperparameters, seats and loans.
        weights_watch: Over the weights.
        bonds_watch: Over the bonds.
        usual: Whether its epochs are.
        hotkeys: In the order of their keys.
        uids: Of the hotkeys.
        neurons: Table of NEURON, with what seldom changes.
        settings: The same of SETTINGS.
        tempo: Blocks.
        cutoff: Blocks after which a validator without new weights is inactive.
        reveals: Whether weights are committed first, and revealed later.
        weights: Decoded rows.
        bonds: The same.
        bonds_stored: Whether the stored rows are exactly the bytes of `bonds`.
        lists: Storage keys of the lists that an epoch writes, with the table's field of each.
    """

    watch: Watch
    weights_watch: Watch
    bonds_watch: Watch
    usual: bool = False
    hotkeys: Any = ()
    uids: Any = None
    neurons: Any = None
    settings: Any = None
    tempo: int = 0
    cutoff: int = 0
    reveals: bool = False
    weights: Rows = None
    bonds: Rows = None
    bonds_stored: bool = False
    lists: Any = ()


@epochs.run_epochs.twin
@or_readable
def run_epoch_at_once(ctx: Context, netuid: int, emission: int, pots: Pending | None = None) -> Any:
    """Run the epoch of a subnet; `NotImplemented` if it is not a usual one."""
    if ctx.rules.epoch is not Rules.epoch:
        return NotImplemented
    state, subnet = ctx.state, _subnet(ctx.state, netuid)
    if not subnet.usual:
        return NotImplemented
    neurons, settings = copy_of(subnet.neurons), copy_of(subnet.settings)
    stakes = stakes_of(state, netuid, subnet.hotkeys)
    alpha, share = column_of(state, stakes.on_subnet).words, u64_share(state.get(MODULE, "TaoWeight"))
    if not count_stakes(alpha, stakes.on_root, np.uint64(share), subnet.uids, neurons):
        return NotImplemented
    _set_rest(ctx, netuid, emission, subnet, neurons, settings)
    weights, bonds = _weights(state, netuid, subnet), _bonds(state, netuid, subnet)
    new_bonds = new_rows(neurons, settings, weights, bonds)
    for key, head, field in subnet.lists:
        data = head + neurons[field].tobytes()
        if state.raw.get(key) != data:
            state.raw.put(key, data)
    epochs.tell_incentives(ctx, netuid, neurons["server_emission"])
    _store_bonds(state, netuid, subnet, new_bonds)
    return EmissionColumns(
        subnet.hotkeys, neurons["server_emission"][subnet.uids], neurons["validator_emission"][subnet.uids]
    )


# --- what is read ------------------------------------------------------------------------------------------------


def _subnet(state: Storage, netuid: int) -> Subnet:
    found: Subnet | None = state.layouts.get((EPOCH, str(netuid)))
    if found is None:
        seldom = watch_subnet(state, netuid, SELDOM_WRITTEN, LENT)
        weights, bonds = (watch_subnet(state, netuid, [item]) for item in ("Weights", "Bonds"))
        found = state.layouts[EPOCH, str(netuid)] = Subnet(seldom, weights, bonds)
    if not found.watch.fresh:
        _read(state, netuid, found)
        found.watch.fresh = True
    return found


def _read(state: Storage, netuid: int, subnet: Subnet) -> None:
    """Read what seldom changes."""

    def hyper(name: str) -> Any:
        return state.get(MODULE, name, netuid)

    subnet.weights_watch.fresh = subnet.bonds_watch.fresh = False  # there may be other UIDs
    n, hotkeys, owner = int(hyper("SubnetworkN")), hotkeys_by_uid(state, netuid), owner_uid(state, netuid)
    by_key = sorted((hotkey, uid) for uid, hotkey in hotkeys.items())
    subnet.hotkeys = [hotkey for hotkey, _ in by_key]
    subnet.uids = np.array([uid for _, uid in by_key], np.int64)
    subnet.usual = (
        0 < len(hotkeys) == len(set(subnet.hotkeys))
        and max(hotkeys) < n <= MOST_NEURONS
        and not is_null(state, netuid)
        and hyper("MechanismCountCurrent") == 1
        and not hyper("VotingPowerTrackingEnabled")
        and not (hyper("Yuma3On") and hyper("LiquidAlphaOn"))
        and hyper("BondsMovingAverage") <= MILLION
        and not any(_lent(state, item, netuid, subnet.hotkeys) for item in LENT)
    )
    if not subnet.usual:
        return
    subnet.tempo, subnet.cutoff = hyper("Tempo"), activity_cutoff_blocks(state, netuid)
    subnet.reveals = hyper("CommitRevealWeightsEnabled")
    subnet.neurons, subnet.settings = np.zeros(n, NEURON), np.zeros(1, SETTINGS)
    subnet.neurons["registered_at"] = epochs.registered_at(state, netuid, n)
    subnet.neurons["commit_block"] = U64_MAX
    for field, value in {
        "owner_uid": NO_OWNER if owner is None else owner,
        "max_validators": hyper("MaxAllowedValidators"),
        "kappa": hyper("Kappa"),
        "bonds_penalty": hyper("BondsPenalty"),
        "bonds_moving_average": hyper("BondsMovingAverage"),
        "yuma3": hyper("Yuma3On"),
    }.items():
        subnet.settings[field] = value
    head = compact(n)
    subnet.lists = [(state.key(MODULE, item, netuid), head, field) for item, field in LISTS.items()]


def _lent(state: Storage, item: str, netuid: int, hotkeys: list[str]) -> bool:
    """Whether any of these hotkeys has children or parents."""
    if not state.has_entries(MODULE, item):
        return False
    return any(value is not None for value in state.raw.get_many(state.keys_by_account(MODULE, item, hotkeys, netuid)))


def _set_rest(ctx: Context, netuid: int, emission: int, subnet: Subnet, neurons: Any, settings: Any) -> None:
    """What is another in each epoch."""
    state, block = ctx.state, ctx.block
    for item, field in (("ValidatorPermit", "had_permit"), ("LastUpdate", "last_update")):
        data = state.raw.get(state.key(MODULE, item, netuid))
        if data is not None:
            stored = np.frombuffer(data, epochs.ELEMENTS[item], offset=epochs.LENGTH_BYTES[data[0] & 3])
            neurons[field][: len(stored)] = stored[: len(neurons)]
    if subnet.reveals and any(state.raw_keys(state.key(MODULE, item, netuid), limit=1) for item in COMMITS):
        neurons["commit_block"] = epochs.commit_blocks(state, netuid, 0, block)
    last = state.get(MODULE, "LastYumaStepBlock", netuid) or state.get(MODULE, "LastMechansimStepBlock", netuid)
    settings["oldest_update"] = max(block - subnet.cutoff, 0)
    settings["bonds_kept_before"] = min(last + 1 if last else max(block - subnet.tempo, 0), U64_MAX)
    settings["min_stake"], settings["emission"] = state.get(MODULE, "StakeThreshold"), emission


def _weights(state: Storage, netuid: int, subnet: Subnet) -> Rows:
    if not subnet.weights_watch.fresh:
        subnet.weights = _rows(state, "Weights", netuid, len(subnet.neurons))
        subnet.weights_watch.fresh = True
    return subnet.weights


def _bonds(state: Storage, netuid: int, subnet: Subnet) -> Rows:
    if not subnet.bonds_watch.fresh:
        subnet.bonds, subnet.bonds_stored = _rows(state, "Bonds", netuid, len(subnet.neurons)), False
        subnet.bonds_watch.fresh = True
    return subnet.bonds


def _rows(state: Storage, item: str, netuid: int, n: int) -> Rows:
    stored = state.raw.get_many(state.keys_by_uid(MODULE, item, netuid, n))
    data = np.frombuffer(b"".join([row or epochs.NO_ENTRIES for row in stored]), np.uint8)
    starts, entries = np.zeros(n + 1, np.int64), np.empty((len(data) // epochs.ENTRY_BYTES, 2), np.uint16)
    count = decode_rows(data, starts, entries)
    if count < 0:
        raise RaggedItemError(item)
    return starts, entries[:count]


# --- what is written ---------------------------------------------------------------------------------------------


def _store_bonds(state: Storage, netuid: int, subnet: Subnet, bonds: Rows) -> None:
    """Write the rows that have changed since the last epoch wrote them; all, if anything else did."""
    (starts, entries), n = bonds, len(subnet.neurons)
    changed = np.ones(n, np.bool_)
    if subnet.bonds_stored:
        compare_rows(subnet.bonds, bonds, changed)
    uids, data, size = np.flatnonzero(changed), entries.tobytes(), epochs.ENTRY_BYTES
    places = starts.tolist()
    rows = [
        epochs.row_length(places[uid + 1] - places[uid]) + data[places[uid] * size : places[uid + 1] * size]
        for uid in uids.tolist()
    ]
    keys = state.keys_by_uid(MODULE, "Bonds", netuid, n)
    state.raw.put_many([keys[uid] for uid in uids.tolist()], rows)
    subnet.bonds, subnet.bonds_stored = bonds, True
    subnet.bonds_watch.fresh = True


@njit(cache=True)
def compare_rows(before: Rows, after: Rows, changed: Any) -> None:
    """Say of each row whether it has changed, bool (n,)."""
    starts, entries = before
    new_starts, new_entries = after
    for row in range(len(changed)):
        first, new_first = starts[row], new_starts[row]
        length = starts[row + 1] - first
        changed[row] = new_starts[row + 1] - new_first != length
        for k in range(length):
            if changed[row]:
                break
            one, other = entries[first + k], new_entries[new_first + k]
            changed[row] = one[0] != other[0] or one[1] != other[1]
