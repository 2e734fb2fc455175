"""Root's validators lend their stake to the owners of subnets, unless they switch this off.

When a subnet is made, all of root's validators become parents of its owner's hotkey. When a hotkey gets a seat on root,
it becomes a parent of every owner's hotkey. So an owner has enough stake to set weights from the first day. A validator
that has chosen or announced its own children on a subnet keeps those instead. A hotkey that loses its seat on root
stops lending.

Source: `pallets/subtensor/src/staking/auto_parent.rs` of spec 475 (`apply_auto_parent_to_owner`,
`do_set_subnet_owners_for_root_validator`, `do_set_root_validators_for_subnet`, `clear_auto_parent_for_root_validator`);
public copies of the source differ in whether these edges move when a subnet gets another owner. Here they do not move.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.children import ALL, apply_children
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    all_netuids,
    coldkey_owns_hotkey,
    failed,
    uid_of,
)
from tao_lab.chain.state import StorageReader


def lend_to_owner(ctx: Context, validator: str, netuid: int) -> None:
    """Make the subnet's owner's hotkey the only child of one of root's validators, with all of its stake."""
    state = ctx.state
    owner = owner_hotkey(state, netuid)
    if owner is None or validator == owner or not state.get(MODULE, "AutoParentDelegationEnabled", validator):
        return
    if state.get(MODULE, "ChildKeys", validator, netuid) or state.exists(MODULE, "PendingChildKeys", netuid, validator):
        return
    apply_children(ctx, netuid, validator, [(ALL, owner)])


def lend_to_new_subnet(ctx: Context, netuid: int) -> None:
    """A subnet is made: all of root's validators lend to its owner."""
    for _, validator in ctx.state.entries(MODULE, "Keys", ROOT_NETUID):
        lend_to_owner(ctx, validator, netuid)


def lend_to_all_owners(ctx: Context, validator: str) -> None:
    """A hotkey has got a seat on root: it lends to the owner of every subnet."""
    for netuid in all_netuids(ctx.state):
        if netuid != ROOT_NETUID:
            lend_to_owner(ctx, validator, netuid)


def take_back(ctx: Context, validator: str) -> None:
    """A hotkey has lost its seat on root: on subnets where the owner is its only child, it lends nothing now."""
    for netuid in all_netuids(ctx.state):
        owner = owner_hotkey(ctx.state, netuid)
        children = [tuple(edge) for edge in ctx.state.get(MODULE, "ChildKeys", validator, netuid)]
        if netuid != ROOT_NETUID and owner is not None and children == [(ALL, owner)]:
            apply_children(ctx, netuid, validator, [])


def owner_hotkey(state: StorageReader, netuid: int) -> str | None:
    """The hotkey of the subnet's owner, or None."""
    if not state.exists(MODULE, "SubnetOwnerHotkey", netuid):
        return None
    return str(state.get(MODULE, "SubnetOwnerHotkey", netuid))


@call(MODULE, weight=weight(28_023_000, reads=2, writes=1))
def set_auto_parent_delegation_enabled(ctx: Context, origin: Origin, hotkey: str, enabled: bool) -> None:
    """A root validator switches on or off that owners of subnets become its children."""
    if not coldkey_owns_hotkey(ctx.state, ensure_signed(origin), hotkey):
        raise failed("NonAssociatedColdKey")
    if uid_of(ctx.state, ROOT_NETUID, hotkey) is None:
        raise failed("HotKeyNotRegisteredInSubNet", f"{hotkey} has no seat on root")
    ctx.state.put(MODULE, "AutoParentDelegationEnabled", hotkey, enabled)
    ctx.deposit_event(MODULE, "AutoParentDelegationEnabledSet", hotkey=hotkey, enabled=enabled)
