"""Mechanisms of a subnet: several sets of weights and bonds over the same UIDs, each with a share of the emission.

Source: `pallets/subtensor/src/subnets/mechanism.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import (
    MAX_MECHANISMS,
    MODULE,
    failed,
    mechanism_index,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.null_consensus import ensure_no_commits, is_null, uid_budget
from tao_lab.chain.state import StorageReader
from tao_lab.units import U16_MAX

BY_UID_OR_HOTKEY = ("Weights", "Bonds", "WeightCommits", "TimelockedWeightCommits")


def ensure_max_uids_over_all_mechanisms(state: StorageReader, netuid: int, max_uids: int, mechanisms: int) -> None:
    """Refuse more UIDs, counted once for each mechanism, than one subnet may have by its consensus.

    Raises:
        DispatchError: `TooManyUIDsPerMechanism`.
    """
    budget = uid_budget(state, netuid)
    if max_uids * mechanisms > budget:
        raise failed("TooManyUIDsPerMechanism", f"{max_uids} UIDs x {mechanisms}, at most {budget}")


def _ensure_subnet(state: StorageReader, netuid: int) -> None:
    if not subnet_exists(state, netuid):
        raise failed("MechanismDoesNotExist", f"there is no subnet {netuid}")


def set_mechanism_count(ctx: Context, netuid: int, count: int) -> None:
    """Set how many mechanisms a subnet has; data of removed mechanisms is deleted, and shares become even.

    Raises:
        DispatchError: `MechanismDoesNotExist`, `InvalidValue`, `TooManyUIDsPerMechanism`.
    """
    state = ctx.state
    _ensure_subnet(state, netuid)
    old = state.get(MODULE, "MechanismCountCurrent", netuid)
    if is_null(state, netuid) and count not in (0, old):
        for item in ("TimelockedWeightCommits", "WeightCommits"):
            ensure_no_commits(state, netuid, item)
    highest = min(state.get(MODULE, "MaxMechanismCount"), MAX_MECHANISMS)
    if not 1 <= count <= highest:
        raise failed("InvalidValue", f"mechanism_count is {count}, allowed: 1 to {highest}")
    ensure_max_uids_over_all_mechanisms(state, netuid, state.get(MODULE, "MaxAllowedUids", netuid), count)
    if count == old:
        return
    for mecid in range(count, old):
        index = mechanism_index(netuid, mecid)
        for item in BY_UID_OR_HOTKEY:
            state.remove_prefix(MODULE, item, index)
        for item in ("Incentive", "LastUpdate", "ConsensusByMechanism"):
            state.remove(MODULE, item, index)
    state.put(MODULE, "MechanismCountCurrent", netuid, count)
    state.remove(MODULE, "MechanismEmissionSplit", netuid)


def set_emission_split(ctx: Context, netuid: int, split: list[int] | None) -> None:
    """Set the share of each mechanism, in parts of 65,535; None: even shares.

    Raises:
        DispatchError: `MechanismDoesNotExist`, `InvalidValue`.
    """
    state = ctx.state
    _ensure_subnet(state, netuid)
    if split is None:
        state.remove(MODULE, "MechanismEmissionSplit", netuid)
        return
    count = state.get(MODULE, "MechanismCountCurrent", netuid)
    if not 1 <= len(split) <= count or sum(split) != U16_MAX:
        raise failed("InvalidValue", f"a split has 1 to {count} shares, whose sum is {U16_MAX}")
    state.put(MODULE, "MechanismEmissionSplit", netuid, split)
