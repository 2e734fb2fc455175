"""StakeInfoRuntimeApi: stakes of coldkeys on hotkeys, and how much of them may be unstaked.

Sources: `pallets/subtensor/src/rpc_info/stake_info.rs`, `staking/lock.rs`.
"""

from __future__ import annotations

from typing import Any

from bittensor_core import ss58_decode

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.pallets.subtensor.conviction import hotkey_conviction, subnet_king
from tao_lab.chain.pallets.subtensor.locks import available_to_unstake, encodable, lock_of, locked_mass, total_stake
from tao_lab.chain.pallets.subtensor.lookups import MODULE, all_netuids, subnet_exists
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.state import StorageReader

API = "StakeInfoRuntimeApi"


def _stake_info(state: StorageReader, hotkey: str, coldkey: str, netuid: int) -> dict[str, Any]:
    return {
        "hotkey": hotkey,
        "coldkey": coldkey,
        "netuid": netuid,
        "stake": stake_of_coldkey(state, hotkey, coldkey, netuid),
        "locked": 0,  # a lock does not belong to one stake; see `get_stake_availability_for_coldkeys`
        "emission": state.get(MODULE, "AlphaDividendsPerSubnet", netuid, hotkey),
        "tao_emission": 0,  # root has been paid in alpha since 2025
        "drain": 0,
        "is_registered": state.get(MODULE, "IsNetworkMember", hotkey, netuid),
    }


@runtime_api(API)
def get_stake_info_for_coldkey(query: Query, coldkey_account: str) -> list[dict[str, Any]]:
    """All stakes of a coldkey above zero, subnet by subnet."""
    state = query.state
    hotkeys = state.get(MODULE, "StakingHotkeys", coldkey_account)
    found = [_stake_info(state, hotkey, coldkey_account, netuid) for netuid in all_netuids(state) for hotkey in hotkeys]
    return [info for info in found if info["stake"]]


@runtime_api(API)
def get_stake_info_for_coldkeys(query: Query, coldkey_accounts: list[str]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The same for several coldkeys."""
    return [(coldkey, get_stake_info_for_coldkey(query, coldkey)) for coldkey in coldkey_accounts]


@runtime_api(API)
def get_stake_info_for_hotkey_coldkey_netuid(
    query: Query, hotkey_account: str, coldkey_account: str, netuid: int
) -> dict[str, Any]:
    """One stake, also an empty one."""
    return _stake_info(query.state, hotkey_account, coldkey_account, netuid)


@runtime_api(API)
def get_stake_availability_for_coldkeys(
    query: Query, coldkey_accounts: list[str], netuids: list[int] | None
) -> dict[str, dict[int, dict[str, int]]]:
    """What coldkeys may unstake on all subnets, or on some; empty if there are more netuids than subnets."""
    state, existing = query.state, all_netuids(query.state)
    if netuids is None:
        asked = existing
    else:
        asked = sorted(set(netuids))
        asked = [] if len(asked) > len(existing) else [netuid for netuid in asked if subnet_exists(state, netuid)]
    coldkeys = sorted(set(coldkey_accounts), key=ss58_decode)  # in the order of their bytes, like a `BTreeMap`
    return {coldkey: _available(query, coldkey, sorted(asked)) for coldkey in coldkeys}


def _available(query: Query, coldkey: str, netuids: list[int]) -> dict[int, dict[str, int]]:
    """Amounts on each subnet on which a coldkey has stake or a lock."""
    state, found = query.state, {}
    for netuid in netuids:
        total, locked = total_stake(state, coldkey, netuid), locked_mass(state, coldkey, netuid, query.block)
        if total or locked:
            available = available_to_unstake(state, coldkey, netuid, query.block)
            found[netuid] = {"total": total, "locked": locked, "available": available}
    return found


@runtime_api(API)
def get_coldkey_lock(query: Query, coldkey: str, netuid: int) -> dict[str, Any] | None:
    """A coldkey's lock on a subnet at the block, or None."""
    found = lock_of(query.state, coldkey, netuid, query.block)
    return encodable(found[1]) if found else None


@runtime_api(API)
def get_hotkey_conviction(query: Query, hotkey: str, netuid: int) -> dict[str, int]:
    """Conviction of all locks to a hotkey."""
    return {"bits": hotkey_conviction(query.state, netuid, hotkey, query.block)}


@runtime_api(API)
def get_most_convicted_hotkey_on_subnet(query: Query, netuid: int) -> str | None:
    """The hotkey with the most conviction."""
    return subnet_king(query.state, netuid, query.block)
