"""Children: a hotkey lends shares of its stake to other hotkeys. They validate with it and pay dividends back.

`set_children` takes effect at the first epoch after `PendingChildKeyCooldown` blocks. Each edge is stored twice, in
`ChildKeys` of the parent and in `ParentKeys` of the child; the two always agree. A hotkey cannot be both parent and
child of the same other hotkey. A parent must have enough stake, at the call and later: see `child_threshold.py`.

Source: `pallets/subtensor/src/staking/set_children.rs` of spec 475.
"""

from __future__ import annotations

from collections.abc import Sequence

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Tally, call, ensure_root, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.child_threshold import SUSPENDED, has_threshold_stake, may_have_children
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    coldkey_owns_hotkey,
    failed,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.rate_limits import SET_CHILDREN
from tao_lab.chain.state import StorageReader

MOST_CHILDREN = 5
MOST_PARENTS = 100  # of a child on a subnet (`MAX_PARENTS_PER_CHILD`)
ALL = (1 << 64) - 1  # the proportion that means the whole stake

Edges = Sequence[tuple[int, str]]  # (proportion, hotkey)
Shares = dict[str, int]  # proportion by hotkey, in the order of the public keys


def _shares(edges: Edges, without: str = "") -> Shares:
    """Edges by hotkey; if a hotkey appears several times, its last edge counts."""
    found = {hotkey: proportion for proportion, hotkey in edges if hotkey != without}
    return dict(sorted(found.items()))  # addresses sort as their keys do


def _check_children(pivot: str, children: Shares, parents: Shares) -> None:
    """Check the rules for every set of children, stored or new."""
    if pivot in children:
        raise failed("InvalidChild", "a hotkey cannot be its own child")
    if sum(children.values()) > ALL:
        raise failed("ProportionOverflow", f"the proportions sum to {sum(children.values())}, allowed: at most {ALL}")
    if any(child in parents for child in children):
        raise failed("ChildParentInconsistency", "a hotkey cannot be both child and parent of another")


def _check_new_children(pivot: str, children: Shares, parents: Shares) -> None:
    """Check the further rules for children of a call."""
    if pivot in children:
        raise failed("InvalidChild", "a hotkey cannot be its own child")
    if len(children) > MOST_CHILDREN:
        raise failed("TooManyChildren", f"{len(children)} children, allowed: at most {MOST_CHILDREN}")
    _check_children(pivot, children, parents)


def _relations(state: StorageReader, hotkey: str, netuid: int) -> tuple[Shares, Shares]:
    """Children and parents of a hotkey."""
    children = _shares(state.get(MODULE, "ChildKeys", hotkey, netuid), hotkey)
    parents = _shares(state.get(MODULE, "ParentKeys", hotkey, netuid), hotkey)
    _check_children(hotkey, children, parents)
    return children, parents


def _put_edges(ctx: Context, item: str, hotkey: str, netuid: int, edges: Edges) -> None:
    if edges:
        ctx.state.put(MODULE, item, hotkey, netuid, list(edges))
    else:
        ctx.state.remove(MODULE, item, hotkey, netuid)


def _link(ctx: Context, item: str, hotkey: str, netuid: int, other: str, proportion: int | None) -> None:
    """Write one end of an edge, or remove it if the proportion is None."""
    edges = [tuple(edge) for edge in ctx.state.get(MODULE, item, hotkey, netuid)]
    at = next((place for place, (_, found) in enumerate(edges) if found == other), None)
    if proportion is None:
        edges = [edge for edge in edges if edge[1] != other]
    elif at is None:
        edges.append((proportion, other))
    else:
        edges[at] = (proportion, other)
    _put_edges(ctx, item, hotkey, netuid, edges)


def _store_relations(ctx: Context, pivot: str, netuid: int, children: Shares, parents: Shares) -> int:
    """Write both ends of all edges of a hotkey, and remove the old ones; returns how many it wrote or removed."""
    linked = 0
    for mine, theirs, new in (("ChildKeys", "ParentKeys", children), ("ParentKeys", "ChildKeys", parents)):
        before = _shares(ctx.state.get(MODULE, mine, pivot, netuid))
        _put_edges(ctx, mine, pivot, netuid, [(proportion, hotkey) for hotkey, proportion in new.items()])
        for hotkey in [*new, *(gone for gone in before if gone not in new)]:
            _link(ctx, theirs, hotkey, netuid, pivot, new.get(hotkey))
            linked += 1
    return linked


# --- setting children -------------------------------------------------------------------------------------------


@call(MODULE, weight=weight(119_000_000, reads=6, writes=31))
def set_children(ctx: Context, origin: Origin, hotkey: str, netuid: int, children: list[tuple[int, str]]) -> None:
    """Announce a new set of children of one's hotkey; an empty list removes all of them."""
    coldkey, state = ensure_signed(origin), ctx.state
    if not SET_CHILDREN.passes(ctx, hotkey, netuid):
        raise failed("TxRateLimitExceeded", f"children may be set once in {SET_CHILDREN.limit(ctx, netuid)} blocks")
    if netuid == ROOT_NETUID:
        raise failed("RegistrationNotPermittedOnRootSubnet")
    if not subnet_exists(state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    if not coldkey_owns_hotkey(state, coldkey, hotkey):
        raise failed("NonAssociatedColdKey", f"{coldkey} does not own {hotkey}")
    if len({child for _, child in children}) != len(children):
        raise failed("DuplicateChild")
    _, parents = _relations(state, hotkey, netuid)
    _check_new_children(hotkey, _shares(children), parents)
    if children and not may_have_children(state, hotkey, netuid):
        raise failed(
            "NotEnoughStakeToSetChildkeys",
            f"the hotkey needs a stake of at least {state.get(MODULE, 'StakeThreshold')} rao",
        )
    SET_CHILDREN.record(ctx, hotkey, netuid)
    if not state.get(MODULE, "SubtokenEnabled", netuid):
        apply_children(ctx, netuid, hotkey, children)
        return
    cooldown = ctx.block + state.get(MODULE, "PendingChildKeyCooldown")
    state.put(MODULE, "PendingChildKeys", netuid, hotkey, (children, cooldown))
    ctx.deposit_event(MODULE, "SetChildrenScheduled", hotkey, netuid, cooldown, children)


def set_pending_children(ctx: Context, netuid: int) -> None:
    """After an epoch: let announced children that have waited long enough take effect.

    If the subnet has not started, all take effect. If a parent no longer has enough stake, its announced children are
    dropped.
    """
    state = ctx.state
    started = state.get(MODULE, "SubtokenEnabled", netuid)
    for hotkey, (children, cooldown) in state.entries(MODULE, "PendingChildKeys", netuid):
        if cooldown >= ctx.block and started:
            continue
        if not children or may_have_children(state, hotkey, netuid):
            apply_children(ctx, netuid, hotkey, children)
            if children and has_threshold_stake(state, hotkey):
                state.remove(MODULE, SUSPENDED, hotkey)
        state.remove(MODULE, "PendingChildKeys", netuid, hotkey)


def apply_children(ctx: Context, netuid: int, hotkey: str, children: Edges) -> None:
    """Write announced children; write none if they are no longer allowed or if one of them has too many parents."""
    new = _shares(children, hotkey)
    parents = _shares(ctx.state.get(MODULE, "ParentKeys", hotkey, netuid), hotkey)
    try:
        _check_children(hotkey, new, parents)
    except DispatchError:
        return
    if any(_is_full(ctx.state, child, netuid, hotkey) for child in new):
        return
    _store_relations(ctx, hotkey, netuid, new, parents)
    ctx.deposit_event(MODULE, "SetChildren", hotkey, netuid, list(children))


def _is_full(state: StorageReader, child: str, netuid: int, parent: str) -> bool:
    """Whether a child already has the maximum number of parents and would get one more (`TooManyParents`)."""
    parents = [hotkey for _, hotkey in state.get(MODULE, "ParentKeys", child, netuid)]
    return len(parents) >= MOST_PARENTS and parent not in parents


def swap_relations(ctx: Context, old_hotkey: str, new_hotkey: str, netuid: int, spent: Tally) -> None:
    """Give a hotkey's children, parents and pending children to another hotkey; counts its database accesses.

    Raises: DispatchError: The new hotkey is one of them, or would become both child and parent of the same hotkey.
    """
    state = ctx.state
    children, parents = _relations(state, old_hotkey, netuid)
    for child in children:
        _link(ctx, "ParentKeys", child, netuid, old_hotkey, None)
    for parent in parents:
        edges = [tuple(edge) for edge in state.get(MODULE, "ChildKeys", parent, netuid)]
        state.put(MODULE, "ChildKeys", parent, netuid, [edge for edge in edges if edge[1] != old_hotkey])
    state.put(MODULE, "ChildKeys", old_hotkey, netuid, [])
    state.remove(MODULE, "ParentKeys", old_hotkey, netuid)
    spent.add(2 + len(children) + len(parents), 2 + len(children) + len(parents))
    if new_hotkey in children or new_hotkey in parents:
        raise failed("InvalidChild", f"{new_hotkey} is a child or a parent of {old_hotkey}")
    if state.exists(MODULE, "PendingChildKeys", netuid, old_hotkey):
        pending, cooldown = state.get(MODULE, "PendingChildKeys", netuid, old_hotkey)
        _check_new_children(new_hotkey, _shares(pending), parents)
        state.remove(MODULE, "PendingChildKeys", netuid, old_hotkey)
        state.put(MODULE, "PendingChildKeys", netuid, new_hotkey, (pending, cooldown))
        spent.add(1, 2)
    linked = _store_relations(ctx, new_hotkey, netuid, children, parents)
    spent.add(2 + len(children) + linked, 1 + linked)  # first it counts the parents of the hotkey and of its children
    for parent, (pending, cooldown) in state.entries(MODULE, "PendingChildKeys", netuid):
        spent.add(reads=1)
        place = next((place for place, (_, child) in enumerate(pending) if child == old_hotkey), None)
        if place is not None:
            moved = [*pending[:place], *pending[place + 1 :], (pending[place][0], new_hotkey)]
            state.put(MODULE, "PendingChildKeys", netuid, parent, (moved, cooldown))
            spent.add(1, 2)


@call(MODULE, weight=weight(3_000_000, writes=1))
def set_pending_childkey_cooldown(ctx: Context, origin: Origin, cooldown: int) -> None:
    """Root sets how many blocks new children wait."""
    ensure_root(origin)
    ctx.state.put(MODULE, "PendingChildKeyCooldown", cooldown)
