"""Stake that counts in a subnet: alpha, inheritance between parents and children, and weighted root stake.

The rule is `tao_lab.consensus.inheritance`; the functions here read its input from the state.

Sources: `pallets/subtensor/src/staking/stake_utils.rs` (`get_stake_weights_for_network`), `lib.rs`
(`check_weights_min_stake`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tao_lab.chain.pallets.subtensor.child_threshold import live_edges
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, owner_uid, uid_of
from tao_lab.chain.state import StorageReader
from tao_lab.consensus import TotalStake, inherited_stake, total_stake


class StakeParts(NamedTuple):
    """Stake of one neuron, rao.

    Attributes:
        total: Alpha plus weighted TAO, the stake that the consensus uses.
        alpha: Alpha of the subnet, after lending to children and borrowing from parents.
        tao: TAO on root, after lending to children and borrowing from parents.
    """

    total: TotalStake
    alpha: int
    tao: int


def stake_parts(state: StorageReader, netuid: int, hotkeys: Sequence[str]) -> list[StakeParts]:
    """Stake of many hotkeys on a subnet at once."""
    children, parents = (live_edges(state, item, netuid, hotkeys) for item in ("ChildKeys", "ParentKeys"))
    keys = sorted({*hotkeys, *(parent for row in parents for _, parent in row)})
    on_root, on_subnet = (_stakes(state, where, keys) for where in (ROOT_NETUID, netuid))
    weight, found = int(state.get(MODULE, "TaoWeight")), []
    for hotkey, to_children, from_parents in zip(hotkeys, children, parents, strict=True):
        if not to_children and not from_parents:
            alpha, tao = on_subnet[hotkey], on_root[hotkey]
            found.append(StakeParts(total_stake(alpha, tao, weight), alpha, tao))
            continue
        given = [proportion for proportion, _ in to_children]
        tao, alpha = (
            inherited_stake(stake[hotkey], given, [(share, stake[parent]) for share, parent in from_parents])
            for stake in (on_root, on_subnet)
        )
        alpha = on_subnet[hotkey] if netuid == ROOT_NETUID else alpha  # on root nothing is lent
        found.append(StakeParts(total_stake(alpha, tao, weight), alpha, tao))
    return found


def _stakes(state: StorageReader, netuid: int, hotkeys: Sequence[str]) -> dict[str, int]:
    keys = state.keys_by_account(MODULE, "TotalHotkeyAlpha", hotkeys, netuid)
    return {
        hotkey: int.from_bytes(value or b"", "little")
        for value, hotkey in zip(state.raw_get_many(keys), hotkeys, strict=True)
    }


def stake_weight(state: StorageReader, hotkey: str, netuid: int) -> TotalStake:
    """Stake of a hotkey that the consensus of a subnet uses."""
    return stake_parts(state, netuid, [hotkey])[0].total


def has_stake_for_weights(state: StorageReader, hotkey: str, netuid: int) -> bool:
    """Whether a hotkey has enough stake to set weights (`StakeThreshold`); the owner's hotkey needs none."""
    owner = owner_uid(state, netuid)
    if owner is not None and uid_of(state, netuid, hotkey) == owner:
        return True
    return bool(stake_weight(state, hotkey, netuid).rao >= state.get(MODULE, "StakeThreshold"))
