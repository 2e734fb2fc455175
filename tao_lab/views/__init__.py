"""Charts and widgets: what a lab shows, and what an instructor presents.

`ConsensusExplorer` is the page of lab 06; the chart functions show one result each. All of it works offline.
"""

from tao_lab.views.blocks import chain_drawing, merkle_drawing
from tao_lab.views.charts import (
    Figure,
    bonds_chart,
    clipping_chart,
    dividends_chart,
    exact_against_float_chart,
    incentive_chart,
    permits_chart,
    weights_chart,
)
from tao_lab.views.drawing import Arrow, Box, Drawing, Words
from tao_lab.views.emission import alpha_flow_drawing, shares_chart, supply_chart, tao_flow_drawing
from tao_lab.views.explorer import ConsensusExplorer
from tao_lab.views.keys import key_tree, wallet_drawing
from tao_lab.views.lines import lines_chart, price_history_chart
from tao_lab.views.metagraph import MetagraphView, weights_graph
from tao_lab.views.mining import Leaderboard, memory_chart, quality_chart
from tao_lab.views.money import EmissionExplorer
from tao_lab.views.pools import PoolExplorer, quote
from tao_lab.views.round import answer_card, round_drawing
from tao_lab.views.scenario import Cast, Outcome, Scenario, ScenarioError, Settings, run, run_epochs
from tao_lab.views.seats import (
    RegistrationExplorer,
    lock_cost_chart,
    price_by_rule,
    price_chart,
    price_history,
    prices,
    seats_chart,
)
from tao_lab.views.validating import earned_chart, latency_chart, score_history_chart

__all__ = [
    "Arrow",
    "Box",
    "Cast",
    "ConsensusExplorer",
    "Drawing",
    "EmissionExplorer",
    "Figure",
    "Leaderboard",
    "MetagraphView",
    "Outcome",
    "PoolExplorer",
    "RegistrationExplorer",
    "Scenario",
    "ScenarioError",
    "Settings",
    "Words",
    "alpha_flow_drawing",
    "answer_card",
    "bonds_chart",
    "chain_drawing",
    "clipping_chart",
    "dividends_chart",
    "earned_chart",
    "exact_against_float_chart",
    "incentive_chart",
    "key_tree",
    "latency_chart",
    "lines_chart",
    "lock_cost_chart",
    "memory_chart",
    "merkle_drawing",
    "permits_chart",
    "price_by_rule",
    "price_chart",
    "price_history",
    "price_history_chart",
    "prices",
    "quality_chart",
    "quote",
    "round_drawing",
    "run",
    "run_epochs",
    "score_history_chart",
    "seats_chart",
    "shares_chart",
    "supply_chart",
    "tao_flow_drawing",
    "wallet_drawing",
    "weights_chart",
    "weights_graph",
]
