"""Questions that many calls ask: is there such a subnet, who is UID 5, whose hotkey is this.

Sources: `pallets/subtensor/src/subnets/{subnet,uids,mechanism}.rs`, `staking/helpers.rs`, `utils/misc.rs`.
"""

from __future__ import annotations

from functools import lru_cache

import bittensor_core

from tao_lab.chain.dispatch import Origin, ensure_signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.runtime import SS58_FORMAT
from tao_lab.chain.state import UID_BYTES, StorageReader
from tao_lab.chain.twins import has_twin

MODULE = "SubtensorModule"
ROOT_NETUID = 0
MAIN_MECHANISM = 0
SUBNET_ACCOUNTS = b"modlsubtensr"  # then the netuid in two bytes, then zeros
NETUID_BYTES = 2
MECHANISM_STRIDE = 4_096  # storage index of mechanism m of subnet n: m * 4,096 + n
MAX_MECHANISMS = 16  # of a subnet: 16 * 4,096 storage indices fill a u16


def failed(name: str, sentence: str = "") -> DispatchError:
    """One of the pallet's errors."""
    return DispatchError(MODULE, name, sentence)


def subnet_exists(state: StorageReader, netuid: int) -> bool:
    """Whether there is such a subnet (root is one)."""
    return bool(state.get(MODULE, "NetworksAdded", netuid))


def cleanup_queue(state: StorageReader) -> list[int]:
    """Subnets that are dissolved, but whose money and storage are still there."""
    return list(state.get(MODULE, "DissolveCleanupQueue"))


@has_twin
def all_netuids(state: StorageReader) -> list[int]:
    """Every subnet, root included, in the order of the chain's loops."""
    return list(_netuids_of(tuple(state.raw_keys(state.key(MODULE, "NetworksAdded")))))


@lru_cache(maxsize=64)
def _netuids_of(keys: tuple[bytes, ...]) -> tuple[int, ...]:
    """The subnets of these keys, which end with the netuid itself."""
    return tuple(int.from_bytes(key[-NETUID_BYTES:], "little") for key in keys)


def hotkeys_by_uid(state: StorageReader, netuid: int) -> dict[int, str]:
    """Hotkey of each UID of a subnet."""
    keys = state.raw_keys(state.key(MODULE, "Keys", netuid))  # end with the UID itself
    return dict(_hotkeys_of(tuple(keys), tuple(state.raw_get_many(keys))))


@lru_cache(maxsize=256)
def _hotkeys_of(keys: tuple[bytes, ...], accounts: tuple[bytes | None, ...]) -> dict[int, str]:
    """The same from keys and values; most subnets have the same hotkeys as at the last epoch."""
    uids = [int.from_bytes(key[-UID_BYTES:], "little") for key in keys]
    return {uid: address(account or b"") for uid, account in sorted(zip(uids, accounts, strict=True))}


@lru_cache(maxsize=1 << 17)
def address(account: bytes) -> str:
    """SS58 address of the 32 bytes of an account."""
    return str(bittensor_core.ss58_encode(account, SS58_FORMAT))


def uid_of(state: StorageReader, netuid: int, hotkey: str) -> int | None:
    """UID of a hotkey on a subnet, or None if it is not registered."""
    uid: int | None = state.get(MODULE, "Uids", netuid, hotkey)
    return uid


def owner_uid(state: StorageReader, netuid: int) -> int | None:
    """UID of the hotkey of the subnet's owner, or None."""
    if not state.exists(MODULE, "SubnetOwnerHotkey", netuid):
        return None
    return uid_of(state, netuid, state.get(MODULE, "SubnetOwnerHotkey", netuid))


def hotkey_exists(state: StorageReader, hotkey: str) -> bool:
    """Whether some coldkey owns this hotkey."""
    return state.exists(MODULE, "Owner", hotkey)


def coldkey_owns_hotkey(state: StorageReader, coldkey: str, hotkey: str) -> bool:
    """Whether this coldkey owns this hotkey."""
    return hotkey_exists(state, hotkey) and state.get(MODULE, "Owner", hotkey) == coldkey


def is_subnet_account(account: str) -> bool:
    """Whether an account is a subnet's own; there is no private key for it."""
    data = bytes(bittensor_core.ss58_decode(account))
    return data.startswith(SUBNET_ACCOUNTS) and not any(data[len(SUBNET_ACCOUNTS) + 2 :])


def ensure_subnet_owner(state: StorageReader, origin: Origin, netuid: int) -> str:
    """The coldkey that signed, if it owns the subnet.

    Raises:
        DispatchError: `BadOrigin`.
    """
    who = ensure_signed(origin)
    if state.get(MODULE, "SubnetOwner", netuid) != who:
        raise DispatchError("BadOrigin", "", f"{who} does not own subnet {netuid}")
    return who


def ensure_subnet_owner_or_root(state: StorageReader, origin: Origin, netuid: int) -> str | None:
    """The owner's coldkey, or None for root.

    Raises:
        DispatchError: `BadOrigin`.
    """
    return None if origin.kind == "Root" else ensure_subnet_owner(state, origin, netuid)


def mechanism_index(netuid: int, mecid: int) -> int:
    """The number under which weights, bonds, last updates and incentives of a mechanism are stored."""
    return mecid * MECHANISM_STRIDE + netuid


def ensure_mechanism_exists(state: StorageReader, netuid: int, mecid: int) -> None:
    """Refuse a subnet or a mechanism that does not exist.

    Raises:
        DispatchError: `MechanismDoesNotExist`.
    """
    if not subnet_exists(state, netuid) or mecid >= state.get(MODULE, "MechanismCountCurrent", netuid):
        raise failed("MechanismDoesNotExist", f"there is no subnet {netuid} with a mechanism {mecid}")


def last_updates(state: StorageReader, netuid: int, mecid: int = MAIN_MECHANISM) -> list[int]:
    """Block of the last weights of each UID, at least one entry for each (`get_last_update`)."""
    blocks: list[int] = list(state.get(MODULE, "LastUpdate", mechanism_index(netuid, mecid)))
    return blocks + [0] * (state.get(MODULE, "SubnetworkN", netuid) - len(blocks))
