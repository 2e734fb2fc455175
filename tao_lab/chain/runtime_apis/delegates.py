"""DelegateInfoRuntimeApi: delegates (hotkeys that validate with others' stake for a take), and their stakers.

Source: `pallets/subtensor/src/rpc_info/delegate_info.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, uid_of
from tao_lab.chain.pallets.subtensor.null_consensus import holds_permit
from tao_lab.chain.pallets.subtensor.stake import stake_of, stake_of_coldkey, stakers
from tao_lab.chain.state import StorageReader
from tao_lab.units import U16_MAX

API = "DelegateInfoRuntimeApi"
BLOCKS_A_DAY = 7_200
ONE = 1 << 64  # U64F64
THOUSAND_TAO = 1_000 * 10**9  # rao


def _nominators(state: StorageReader, hotkey: str) -> list[tuple[str, list[tuple[int, int]]]]:
    """(coldkey, [(netuid, rao of alpha)]) of all who have staked on a hotkey, in the order of the keys."""
    found: dict[str, list[tuple[int, int]]] = {}
    for coldkey, netuid in stakers(state, hotkey):
        found.setdefault(coldkey, []).append((netuid, stake_of_coldkey(state, hotkey, coldkey, netuid)))
    return sorted(found.items())  # addresses have the same order as their keys


def _daily_emission(state: StorageReader, netuid: int, uid: int) -> int:
    """Alpha that a UID gets in a day if each epoch is like the last one, as a raw U64F64 value."""
    emission, tempo = state.get(MODULE, "Emission", netuid), state.get(MODULE, "Tempo", netuid)
    if not tempo or uid >= len(emission):
        return 0
    return int(emission[uid]) * (BLOCKS_A_DAY * ONE // tempo)


def _delegate(state: StorageReader, hotkey: str, nominators: bool = True) -> dict[str, Any]:
    """A hotkey in the form of the answers."""
    registrations = [netuid for netuid, member in state.entries(MODULE, "IsNetworkMember", hotkey) if member]
    uids = {netuid: uid for netuid in registrations if (uid := uid_of(state, netuid, hotkey)) is not None}
    daily = sum(_daily_emission(state, netuid, uid) for netuid, uid in uids.items())
    take = int(state.get(MODULE, "Delegates", hotkey))
    return {
        "delegate_ss58": hotkey,
        "take": take,
        "nominators": _nominators(state, hotkey) if nominators else [],
        "owner_ss58": state.get(MODULE, "Owner", hotkey),
        "registrations": registrations,
        "validator_permits": [netuid for netuid, uid in uids.items() if holds_permit(state, netuid, uid)],
        "return_per_1000": _return_per_1000_tao(take, stake_of(state, hotkey, ROOT_NETUID), daily),
        "total_daily_return": daily // ONE,
    }


def _return_per_1000_tao(take: int, root_stake: int, daily: int) -> int:
    """Rao a day for 1,000 TAO staked with a hotkey, after its take; `daily` is a raw U64F64 value."""
    if not root_stake:
        return 0
    without_take = ONE - take * ONE // U16_MAX
    thousands = root_stake * ONE // THOUSAND_TAO
    return int((daily * without_take // ONE) * ONE // thousands // ONE) if thousands else 0


def _all(state: StorageReader) -> list[str]:
    """Every delegate, in the order of the chain's storage."""
    return [hotkey for hotkey, _ in state.entries(MODULE, "Delegates")]


@runtime_api(API)
def get_delegates(query: Query) -> list[dict[str, Any]]:
    """Every delegate."""
    return [_delegate(query.state, hotkey) for hotkey in _all(query.state)]


@runtime_api(API)
def get_delegate(query: Query, delegate_account: str) -> dict[str, Any] | None:
    """One delegate."""
    exists = query.state.exists(MODULE, "Delegates", delegate_account)
    return _delegate(query.state, delegate_account) if exists else None


@runtime_api(API)
def get_delegated(query: Query, delegatee_account: str) -> list[tuple[dict[str, Any], tuple[int, int]]]:
    """Each stake of a coldkey on a delegate: the delegate, and (netuid, rao of alpha)."""
    state = query.state
    return [
        (
            _delegate(state, hotkey, nominators=False),
            (netuid, stake_of_coldkey(state, hotkey, delegatee_account, netuid)),
        )
        for hotkey in _all(state)
        for netuid, _ in state.entries(MODULE, "AlphaV2", hotkey, delegatee_account)
    ]
