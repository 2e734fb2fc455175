"""Simulate participants on a running network: what each of them does, and what it earns.

Example::

from tao_lab.simulate import Group, Scenario, run

scenario = Scenario("a cartel", (
    Group("honest", "validator", count=3),
    Group("cartel", "validator", stake=2_000 * 10**9),
    Group("honest", "miner", count=8),
    Group("colluder", "miner"),
))
run(scenario).totals
"""

from tao_lab.simulate.cores import on_all_cores
from tao_lab.simulate.grids import grid
from tao_lab.simulate.results import Run
from tao_lab.simulate.roles import Action, Answer, Around, Call, Register, Role, Seat, SetWeights, View, role, roles
from tao_lab.simulate.running import run
from tao_lab.simulate.scenario import Group, Scenario, ScenarioError
from tao_lab.simulate.sweeps import SweepError, sweep

__all__ = [
    "Action",
    "Answer",
    "Around",
    "Call",
    "Group",
    "Register",
    "Role",
    "Run",
    "Scenario",
    "ScenarioError",
    "Seat",
    "SetWeights",
    "SweepError",
    "View",
    "grid",
    "on_all_cores",
    "role",
    "roles",
    "run",
    "sweep",
]
