"""Stake that counts in a subnet: alpha, inheritance between parents and children, and weighted root stake.

The rule is `tao_lab.consensus.inheritance`; here it is read from the state.

Sources: `pallets/subtensor/src/staking/stake_utils.rs` (`get_stake_weights_for_network`), `lib.rs`
(`check_weights_min_stake`).
"""

from __future__ import annotations

from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, owner_uid, uid_of
from tao_lab.chain.pallets.subtensor.stake import stake_of
from tao_lab.chain.state import StorageReader
from tao_lab.consensus import TotalStake, inherited_stake, total_stake


def stake_weight(state: StorageReader, hotkey: str, netuid: int) -> TotalStake:
    """Stake of a hotkey as the consensus of a subnet counts it."""
    children = [proportion for proportion, _ in state.get(MODULE, "ChildKeys", hotkey, netuid)]
    parents = state.get(MODULE, "ParentKeys", hotkey, netuid)
    tao = inherited_stake(
        stake_of(state, hotkey, ROOT_NETUID),
        children,
        [(proportion, stake_of(state, parent, ROOT_NETUID)) for proportion, parent in parents],
    )
    if netuid == ROOT_NETUID:
        alpha = stake_of(state, hotkey, netuid)
    else:
        alpha = inherited_stake(
            stake_of(state, hotkey, netuid),
            children,
            [(proportion, stake_of(state, parent, netuid)) for proportion, parent in parents],
        )
    return total_stake(alpha, tao, int(state.get(MODULE, "TaoWeight")))


def has_stake_for_weights(state: StorageReader, hotkey: str, netuid: int) -> bool:
    """Whether a hotkey has the stake that setting weights takes (`StakeThreshold`); the owner's needs none."""
    owner = owner_uid(state, netuid)
    if owner is not None and uid_of(state, netuid, hotkey) == owner:
        return True
    return bool(stake_weight(state, hotkey, netuid).rao >= state.get(MODULE, "StakeThreshold"))
