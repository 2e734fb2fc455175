"""Ready scenarios: each is an attack of lab 09, with parameter values for which it succeeds and fails.

`tao-lab simulate --list` names them. `tao-lab simulate NAME --show` prints one as JSON, which you can change and run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tao_lab.simulate.grids import grid
from tao_lab.simulate.scenario import Group, Scenario, ScenarioError
from tao_lab.units import RAO_PER_TAO

TAO = ALPHA = RAO_PER_TAO
MINERS = Group("honest", "miner", count=8)
VALIDATORS = Group("honest", "validator", count=4)


@dataclass(frozen=True)
class Table:
    """A scenario, and the values that are varied.

    Attributes:
        title: What it shows, in one sentence.
        scenario: The values that all runs share.
        grid: Values by path, as for the function `grid`; without the seed.
    """

    title: str
    scenario: Scenario
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def scenarios(self, seeds: int = 1) -> list[Scenario]:
        """All scenarios, with seeds from 0 on unless the table has its own seeds."""
        own = {} if "seed" in self.grid else {"seed": range(seeds)}
        return grid(self.scenario, **{**self.grid, **own})

    def to_json(self) -> str:
        """The text of a file for `tao-lab simulate`."""
        data = {"title": self.title, "scenario": json.loads(self.scenario.to_json()), "grid": dict(self.grid)}
        return json.dumps(data, indent=2, ensure_ascii=False)


READY = {
    "copier": Table(
        "A validator copies weights; commit-reveal makes what it copies old, if the miners' quality changes.",
        Scenario("copier", (VALIDATORS, Group("copier"), Group("honest", "miner", count=8, options={"drift": 0.1}))),
        {
            "hyperparameters.commit_reveal_weights_enabled": [False, True],
            "hyperparameters.liquid_alpha_enabled": [False, True],
            "hyperparameters.yuma3_enabled": [False, True],
        },
    ),
    "cartel": Table(
        "A cartel votes for its own miner; it gets paid from kappa of the stake on.",
        Scenario(
            "cartel",
            (
                Group("honest", "validator", stake=100_000 * ALPHA),
                Group("cartel", "validator", stake=100_000 * ALPHA),
                MINERS,
                Group("colluder", "miner"),
            ),
        ),
        {
            "groups.cartel validator.stake": [66_667 * ALPHA, 104_082 * ALPHA, 150_000 * ALPHA],  # 40, 51, 60 %
            "hyperparameters.kappa": [32_767, 45_000],
        },
    ),
    "sybil": Table(
        "One person's hotkeys send one answer; validators who notice give all of them the weight of one.",
        Scenario("sybil", (VALIDATORS, MINERS, Group("sybil", "miner", count=4))),
        {"groups.sybil miner.count": [1, 4, 16], "groups.honest validator.options.one_for_all": [False, True]},
    ),
    "self-weighter": Table(
        "A validator votes for its own miner alone, alone against honest ones.",
        Scenario("self-weighter", (VALIDATORS, Group("self-weighter"), MINERS)),
        {"groups.self-weighter validator.stake": [1_000 * ALPHA, 3_000 * ALPHA, 6_000 * ALPHA]},
    ),
    "owner": Table(
        "The owner votes for its own miner with most of the stake; the chain burns what that earns.",
        Scenario("owner", (VALIDATORS, Group("self-weighter", "owner", stake=1_000 * ALPHA), MINERS)),
        {"groups.self-weighter owner.stake": [1_000 * ALPHA, 6_000 * ALPHA]},
    ),
    "miner-burn": Table(
        "Validators give part of their weight to the owner's hotkey, and so burn that part of the miners' pay.",
        Scenario("miner-burn", (Group("honest", "validator", count=4, options={"burn": 0.0}), MINERS)),
        {"groups.honest validator.options.burn": [0.0, 0.5, 0.9]},
    ),
    "griefing": Table(
        "Somebody buys places for hotkeys that do nothing, on a full subnet; the price of a place is the defence.",
        Scenario(
            "griefing",
            (VALIDATORS, MINERS, Group("griefer", "miner", tao=500 * TAO, options={"each_epoch": 2})),
            hyperparameters={"max_allowed_uids": 16, "min_non_immune_uids": 0},
        ),
        {
            "hyperparameters.immunity_period": [0, 50],
            "hyperparameters.burn_increase_mult": [{"bits": 1 << 64}, {"bits": 2 << 64}],
        },
    ),
    "hoarder": Table(
        "A validator sets weights once and never again, while the miners change.",
        Scenario(
            "hoarder",
            (VALIDATORS, Group("hoarder"), Group("honest", "miner", count=8, options={"drift": 0.1})),
        ),
        {"hyperparameters.activity_cutoff_factor": [1_000, 13_889]},
    ),
    "sandwich": Table(
        "A trader buys right before somebody else and sells right behind; a limit price or a shielded call stops it.",
        Scenario(
            "sandwich",
            (
                Group("buyer", "trader", tao=2_000 * TAO, options={"spend": 1_000 * TAO}),
                Group("sandwicher", "trader", tao=3_000 * TAO, options={"front": 2_000 * TAO}),
            ),
            epochs=1,
            pool=(10_000 * TAO, 100_000 * ALPHA),
        ),
        {
            "groups.buyer trader.options.slippage": [-1, 50_000, 500_000],
            "groups.buyer trader.options.shielded": [False, True],
        },
    ),
    "switches": Table(
        "Root's switches: without emission a subnet's pool gets no TAO, and without the owner's cut others get more.",
        Scenario("switches", (VALIDATORS, MINERS)),
        {
            "hyperparameters.subnet_emission_enabled": [True, False],
            "hyperparameters.owner_cut_enabled": [True, False],
        },
    ),
}


def ready(name: str) -> Table:
    """A table that comes with the lab.

    Raises:
        ScenarioError: There is no table with this name.
    """
    if name not in READY:
        raise ScenarioError(f"scenario is {name!r}; allowed: {', '.join(READY)}, or a file of JSON")
    return READY[name]


def read_table(path: Path) -> Table:
    """A table from a file of JSON: one scenario, or an object with `scenario` and `grid`.

    Raises:
        ScenarioError: The file cannot be read, or has another form.
    """
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise ScenarioError(f"{path}: lists in lists, too deep to be read; allowed: a scenario") from None
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError
        raise ScenarioError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, Mapping):
        raise ScenarioError(f"{path}: a list, a text or a number; allowed: an object: a scenario, or scenario and grid")
    if "scenario" not in data:
        return Table(path.stem, Scenario.from_json(data))
    unknown = sorted(set(data) - {"title", "scenario", "grid"})
    if unknown:
        raise ScenarioError(f"{path}: no field is called {unknown[0]!r}; allowed: title, scenario, grid")
    values = data.get("grid", {})
    if not isinstance(values, Mapping):
        raise ScenarioError(f"{path}: grid is not an object; allowed: lists of values by path")
    return Table(str(data.get("title", path.stem)), Scenario.from_json(data["scenario"]), values)
