"""In a notebook, the lab's objects show as cards: which types, and the function of `tao_lab.views.display` for each.

IPython learns types by their names, so nothing is imported until an object of that type is shown. To add a type, add a
line to `CARDS`; a type with `fields_card` needs nothing else.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from tao_lab import waiting

CARDS = {
    "bittensor.wallet.Wallet": "wallet_card",
    "tao_lab.chain.block.Block": "block_card",
    "tao_lab.chain.block.Header": "header_card",
    "tao_lab.chain.extrinsic.Extrinsic": "extrinsic_card",
    "tao_lab.network.metagraph.Metagraph": "MetagraphView",
    "tao_lab.network.receipts.Account": "account_card",
    "tao_lab.network.receipts.Receipt": "receipt_card",
    "tao_lab.network.population.Population": "population_card",
    **dict.fromkeys(
        (
            "tao_lab.chain.audit.Tampered",
            "tao_lab.chain.merkle.ListProof",
            "tao_lab.chain.merkle.StateProof",
            "tao_lab.consensus.bonds.Rows",
            "tao_lab.consensus.emission.EmissionShares",
            "tao_lab.consensus.epoch.Epoch",
            "tao_lab.consensus.epoch.Start",
            "tao_lab.consensus.inheritance.TotalStake",
            "tao_lab.consensus.normalization.NormalizedWeights",
            "tao_lab.consensus.null.Budgets",
            "tao_lab.consensus.types.EpochInput",
            "tao_lab.consensus.types.EpochTerms",
            "tao_lab.consensus.types.LiquidAlpha",
            "tao_lab.consensus.types.SparseRows",
            "tao_lab.datasets.Metagraph",
            "tao_lab.economy.dividends.Dividends",
            "tao_lab.economy.dividends.HotkeyEmission",
            "tao_lab.economy.dividends.Payout",
            "tao_lab.economy.dividends.Pending",
            "tao_lab.economy.dividends.Staked",
            "tao_lab.economy.emission_gate.EmissionGate",
            "tao_lab.economy.registration_price.PriceTerms",
            "tao_lab.economy.split.Split",
            "tao_lab.economy.subnet_shares.SubnetPrice",
            "tao_lab.economy.subnet_terms.SubnetTerms",
            "tao_lab.economy.swap.Pool",
            "tao_lab.economy.swap.SwapResult",
            "tao_lab.network.flow.AlphaFlow",
            "tao_lab.network.flow.Received",
            "tao_lab.network.flow.TaoFlow",
            "tao_lab.network.metagraph.Neuron",
            "tao_lab.vectors.runner.Failure",
            "tao_lab.vectors.runner.Report",
            "tao_lab.views.pools.Quote",
            "tao_lab.views.scenario.Outcome",
            "tao_lab.views.scenario.Settings",
        ),
        "fields_card",
    ),
}


def register() -> None:
    """Let the running notebook show these types as cards, and a bar over slow cells; elsewhere nothing happens."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running is not None else None
    if shell is None:
        return
    if hasattr(shell, "kernel") and not os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        waiting.watch(shell)
    html, text = (shell.display_formatter.formatters[mime] for mime in ("text/html", "text/plain"))
    for path in CARDS:
        module, name = path.rsplit(".", 1)
        html.for_type_by_name(module, name, lambda value, path=path: _card(path, value)._repr_html_())
        text.for_type_by_name(
            module, name, lambda value, printer, cycle, path=path: printer.text(repr(_card(path, value)))
        )


def _card(path: str, value: Any) -> Any:
    return getattr(importlib.import_module("tao_lab.views.display"), CARDS[path])(value)
