"""Charts and widgets: what a lab shows, and what an instructor presents.

`ConsensusExplorer` is the page of lab 06; the chart functions show one result each. All of it works offline.
A name's file is loaded when the name is first used, so a drawing does not wait for altair, scipy and pandas.
"""

import importlib
from typing import Any

_NAMES = {
    "attacks": "cartel_chart gains_chart sandwich_chart",
    "blocks": "chain_drawing merkle_drawing",
    "charts": (
        "Figure bonds_chart clipping_chart dividends_chart exact_against_float_chart "
        "favourite_chart incentive_chart permits_chart weights_chart"
    ),
    "drawing": "Arrow Box Drawing Words",
    "emission": "alpha_flow_drawing shares_chart supply_chart tao_flow_drawing",
    "keys": "key_tree wallet_drawing",
    "lines": "lines_chart price_history_chart",
    "maps": "course_map",
    "metagraph": "MetagraphView weights_graph",
    "mining": "Leaderboard memory_chart quality_chart",
    "money": "EmissionExplorer",
    "pools": "PoolExplorer quote",
    "presentation.consensus": "ConsensusExplorer",
    "round": "answer_card round_drawing",
    "scenario": "Cast Outcome Scenario ScenarioError Settings run run_epochs",
    "seats": "RegistrationExplorer lock_cost_chart price_by_rule price_chart price_history prices seats_chart",
    "validating": "earned_chart latency_chart score_history_chart",
}
_FILE = {name: file for file, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_FILE)


def __getattr__(name: str) -> Any:
    """A chart, drawing or widget, from its file (PEP 562)."""
    if name not in _FILE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_FILE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The names that the Tab key completes."""
    return __all__
