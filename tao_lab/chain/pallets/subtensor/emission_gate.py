"""The emission gate in the state: its bar is kept, and taken again at every 360th block.

Source: `pallets/subtensor/src/coinbase/subnet_emissions.rs` of RaoFoundation/subtensor at f8ff769a
(`maybe_update_emission_gate_bar`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.state import StorageReader
from tao_lab.economy.emission_gate import EmissionGate, bar_is_due, emission_gate_bar
from tao_lab.economy.subnet_shares import SubnetPrice, demand_shares


def block_gate(ctx: Context, subnets: Callable[[], Sequence[SubnetPrice]]) -> EmissionGate:
    """The gate of this block; writes `EmissionGateBar` where the block takes it again.

    Args:
        ctx: Block under construction.
        subnets: Gives what shares go by, for all subnets that emission goes to; asked only where the bar is taken.
    """
    state = ctx.state
    bar = int(state.get(MODULE, "EmissionGateBar")["bits"])
    if bar_is_due(bar, ctx.block):
        quantile = int(state.get(MODULE, "EmissionBarQuantile")["bits"])
        new = emission_gate_bar(demand_shares(subnets()), int(state.get(MODULE, "EmissionBarRank")), quantile)
        if new > 0:  # without any demand the old one stays
            state.put(MODULE, "EmissionGateBar", {"bits": new})
    return stored_gate(state)


def stored_gate(state: StorageReader) -> EmissionGate:
    """The gate as the state has it."""
    bar, exponent = (int(state.get(MODULE, item)["bits"]) for item in ("EmissionGateBar", "EmissionGateExponent"))
    return EmissionGate(bar, exponent)
