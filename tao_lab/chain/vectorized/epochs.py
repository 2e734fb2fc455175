"""The epoch of a subnet in compiled calls."""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import epochs
from tao_lab.chain.rules import Rules
from tao_lab.consensus import EpochInput
from tao_lab.consensus.vectorized import epoch


@epochs.epoch_terms.twin
def epoch_terms(ctx: Context, inputs: EpochInput) -> Any:
    """The epoch in one call; `NotImplemented` with liquid alpha, or if a student's rule decides."""
    terms = epoch.epoch_terms(inputs) if ctx.rules.epoch is Rules.epoch else None
    return NotImplemented if terms is None else terms
