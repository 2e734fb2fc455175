"""Code for all setters of hyperparameters: who may call them, when, how often, with which bounds, and the event.

Most calls of the pallet differ only in names and numbers. So they are rows of two tables (`network.py`, `subnet.py`),
and this file makes a call from each row. A call that does more has its own function.

Sources: `pallets/admin-utils/src/lib.rs`, `pallets/subtensor/src/utils/misc.rs` (`set_…`,
`ensure_sn_owner_or_root_with_limits`, `record_owner_rl`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Weight, call, ensure_root
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    ensure_subnet_owner_or_root,
    failed,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.rate_limits import OwnerLimit
from tao_lab.chain.pallets.subtensor.tempo import ensure_admin_window_open

PALLET = "AdminUtils"

Check = Callable[[Context, int, Any, bool], None]


def refused(name: str, sentence: str = "") -> DispatchError:
    """One of this pallet's errors."""
    return DispatchError(PALLET, name, sentence)


@dataclass(frozen=True)
class NetworkSetter:
    """A call by which root sets one value for the whole chain.

    Attributes:
        call: Name of the call.
        argument: Name of its argument.
        item: Item of SubtensorModule that it writes.
        event: Event of SubtensorModule with the new value, if there is one.
        weight: Of the call.
    """

    call: str
    argument: str
    item: str
    event: str | None
    weight: Weight

    def run(self, ctx: Context, origin: Origin, value: Any) -> None:
        """Carry out the call."""
        ensure_root(origin)
        ctx.state.put(MODULE, self.item, value)
        if self.event:
            ctx.deposit_event(MODULE, self.event, value)

    def register(self) -> None:
        """Make it a call of the pallet."""
        signature = ("ctx", "origin", self.argument)

        def setter(ctx: Context, origin: Origin, **args: Any) -> None:
            self.run(ctx, origin, args[self.argument])

        _register(setter, self.call, signature, self.weight, f"Root sets `{self.item}`.")


@dataclass(frozen=True)
class SubnetSetter:
    """A call that sets one value of one subnet.

    Attributes:
        call: Name of the call.
        argument: Name of its second argument; the first is `netuid`.
        item: Item of SubtensorModule that it writes, by netuid.
        event: Event of SubtensorModule with netuid and value, if there is one.
        weight: Of the call.
        owner: The owner's rate limit; None if only root may make the call.
        window: Whether it is refused while an epoch is near.
        exists: Whether it checks that the subnet exists.
        on_root: Whether the root network has such a value.
        check: `(ctx, netuid, value, by_owner)`, raises an error if the value is not allowed.
        admin_event: Event of AdminUtils with netuid and value by their names, if there is one.
        operational: Whether the call is of the class `Operational`.
    """

    call: str
    argument: str
    item: str
    event: str | None
    weight: Weight
    owner: OwnerLimit | None = None
    window: bool = True
    exists: bool = True
    on_root: bool = True
    check: Check | None = None
    admin_event: str | None = None
    operational: bool = False

    def run(self, ctx: Context, origin: Origin, netuid: int, value: Any) -> None:
        """Carry out the call."""
        who = None
        if self.owner is None:
            ensure_root(origin)
        else:
            who = ensure_owner_within_limit_or_root(ctx, origin, netuid, self.owner)
        if self.window:
            ensure_admin_window_open(ctx, netuid)
        if self.exists:
            ensure_subnet_exists(ctx, netuid)
        if not self.on_root and netuid == ROOT_NETUID:
            raise refused("NotPermittedOnRootSubnet")
        if self.check:
            self.check(ctx, netuid, value, who is not None)
        ctx.state.put(MODULE, self.item, netuid, value)
        if self.event:
            ctx.deposit_event(MODULE, self.event, netuid, value)
        if self.admin_event:
            ctx.deposit_event(PALLET, self.admin_event, **{"netuid": netuid, self.argument: value})
        if self.owner is not None:
            record(ctx, who, netuid, self.owner)

    def register(self) -> None:
        """Make it a call of the pallet."""
        signature = ("ctx", "origin", "netuid", self.argument)
        who = "Root sets" if self.owner is None else "The owner, within limits, or root sets"

        def setter(ctx: Context, origin: Origin, netuid: int, **args: Any) -> None:
            self.run(ctx, origin, netuid, args[self.argument])

        doc = f"{who} `{self.item}` of a subnet."
        _register(setter, self.call, signature, self.weight, doc, "Operational" if self.operational else "Normal")


def _register(
    function: Callable[..., None],
    name: str,
    parameters: tuple[str, ...],
    weight: Weight,
    doc: str,
    dispatch_class: str = "Normal",
) -> None:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(parameter, kind) for parameter in parameters]
    )
    call(PALLET, weight=weight, dispatch_class=dispatch_class)(function)


def ensure_owner_within_limit_or_root(ctx: Context, origin: Origin, netuid: int, limit: OwnerLimit) -> str | None:
    """The owner's coldkey if its rate limit allows the call, or None for root, which has no limit.

    Raises:
        DispatchError: `BadOrigin`, `TxRateLimitExceeded`.
    """
    who = ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    if who is not None and not limit.passes(ctx, who, netuid):
        raise failed("TxRateLimitExceeded", f"the owner may do this once in {limit.blocks(ctx, netuid)} blocks")
    return who


def record(ctx: Context, who: str | None, netuid: int, limit: OwnerLimit) -> None:
    """Store the block of the owner's call for the rate limit; root's calls don't count."""
    if who is not None:
        limit.record(ctx, who, netuid)


def ensure_subnet_exists(ctx: Context, netuid: int) -> None:
    """Refuse a subnet that does not exist.

    Raises:
        DispatchError: `SubnetDoesNotExist`.
    """
    if not subnet_exists(ctx.state, netuid):
        raise refused("SubnetDoesNotExist", f"there is no subnet {netuid}")
