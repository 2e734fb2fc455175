"""Several mechanisms on one subnet: how many there are, and how the emission is split among them.

Source: `pallets/admin-utils/src/lib.rs`, `pallets/subtensor/src/subnets/mechanism.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, weight
from tao_lab.chain.pallets.admin_utils.setters import PALLET, ensure_owner_within_limit_or_root, record
from tao_lab.chain.pallets.subtensor.mechanisms import set_emission_split, set_mechanism_count
from tao_lab.chain.pallets.subtensor.rate_limits import MECHANISM_COUNT_UPDATE, MECHANISM_EMISSION
from tao_lab.chain.pallets.subtensor.tempo import ensure_admin_window_open


@call(PALLET, weight=weight(15_000_000, reads=1, writes=1))
def sudo_set_mechanism_count(ctx: Context, origin: Origin, netuid: int, mechanism_count: int) -> None:
    """The owner, once a day, or root sets how many mechanisms a subnet has."""
    who = ensure_owner_within_limit_or_root(ctx, origin, netuid, MECHANISM_COUNT_UPDATE)
    ensure_admin_window_open(ctx, netuid)
    set_mechanism_count(ctx, netuid, mechanism_count)
    record(ctx, who, netuid, MECHANISM_COUNT_UPDATE)


@call(PALLET, weight=weight(15_000_000, reads=1, writes=1))
def sudo_set_mechanism_emission_split(ctx: Context, origin: Origin, netuid: int, maybe_split: list[int] | None) -> None:
    """The owner, once a day, or root sets the share (u16) of each mechanism; None: even shares."""
    who = ensure_owner_within_limit_or_root(ctx, origin, netuid, MECHANISM_EMISSION)
    ensure_admin_window_open(ctx, netuid)
    set_emission_split(ctx, netuid, maybe_split)
    record(ctx, who, netuid, MECHANISM_EMISSION)
