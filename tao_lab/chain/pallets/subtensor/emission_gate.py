"""The emission gate in the state: its bar is stored, and calculated again at every 360th block.

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
    """The gate of this block; in every 360th block, calculates `EmissionGateBar` again and stores it.

    Args:
        ctx: Block under construction.
        subnets: Returns the prices that decide shares, for all subnets that get emission; called only if the bar is
            calculated.
    """
    state = ctx.state
    bar = int(state.get(MODULE, "EmissionGateBar")["bits"])
    if bar_is_due(bar, ctx.block):
        quantile = int(state.get(MODULE, "EmissionBarQuantile")["bits"])
        new = emission_gate_bar(demand_shares(subnets()), int(state.get(MODULE, "EmissionBarRank")), quantile)
        if new > 0:  # without any demand the old bar stays
            state.put(MODULE, "EmissionGateBar", {"bits": new})
    return stored_gate(state)


def stored_gate(state: StorageReader) -> EmissionGate:
    """The gate as the state has it."""
    bar, exponent = (int(state.get(MODULE, item)["bits"]) for item in ("EmissionGateBar", "EmissionGateExponent"))
    return EmissionGate(bar, exponent)
