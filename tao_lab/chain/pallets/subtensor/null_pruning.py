"""Making a subnet smaller under Null consensus, where it may have 2,500 places.

Each call does a limited amount of work: it removes at most 2,500 commits and at most 64 places, and gives a new UID
only to as many neurons as it removed.

Source at spec 475: `pallets/subtensor/src/subnets/uids.rs` (`clear_null_pruning_commits`, `trim_uids_impl`,
`remap_null_pruning_rows`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE, mechanism_index
from tao_lab.chain.pallets.subtensor.null_consensus import elect
from tao_lab.chain.state import Storage
from tao_lab.consensus.null import NULL_UIDS

COMMIT_ITEMS = ("WeightCommits", "TimelockedWeightCommits")


def clear_commits(state: Storage, netuid: int) -> tuple[bool, int]:
    """Remove commits of all mechanisms, up to the limit of one call; returns whether all are removed, and how many."""
    cleared = 0
    for mecid in range(int(state.get(MODULE, "MechanismCountCurrent", netuid))):
        for item in COMMIT_ITEMS:
            keys = list(state.raw_keys(state.key(MODULE, item, mechanism_index(netuid, mecid))))
            left = NULL_UIDS - cleared
            for key in keys[:left]:
                state.raw.remove(key)
            cleared += min(len(keys), left)
            if len(keys) > left:
                return False, cleared
    return True, cleared


def fill_from_tail(kept: Sequence[int]) -> list[int]:
    """New UIDs: neurons beyond the new end take the free places; all others keep their UID.

    Args:
        kept: UIDs that stay, in order.

    Returns:
        Old UID by new UID.
    """
    size, staying = len(kept), set(kept)
    tail = iter(uid for uid in kept if uid >= size)
    return [uid if uid in staying else next(tail) for uid in range(size)]


def move_rows(state: Storage, index: int, new_uid: Mapping[int, int], permits: Sequence[bool]) -> None:
    """Write the elected validator's weights and Yuma's frozen bonds under new UIDs; other weights are removed."""
    for item in ("Weights", "Bonds"):
        rows = state.entries(MODULE, item, index)
        state.remove_prefix(MODULE, item, index)
        for uid, row in rows:
            elected = uid < len(permits) and permits[uid]
            if uid in new_uid and (elected or item == "Bonds"):
                moved = [(new_uid[target], value) for target, value in row if target in new_uid]
                state.put(MODULE, item, index, new_uid[uid], moved)


def elect_again(ctx: Context, netuid: int) -> None:
    """Give the permit to the neuron with the largest stake that is left."""
    ctx.state.put(MODULE, "ValidatorPermit", netuid, elect(ctx.state, netuid))
