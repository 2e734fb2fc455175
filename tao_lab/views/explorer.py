"""What if some validators lie? Sliders over linked charts of one real subnet.

`ConsensusExplorer` is one widget: the page sends what the sliders say, Python runs the exact epochs of
`tao_lab.views.scenario` and sends back the rows of five charts, their titles and a sentence. The page keeps its Vega
views and only changes their data; it sends the next position only when the last one is painted, so that nothing stale
ever waits. All JavaScript travels with the widget: nothing is loaded from anywhere.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import altair as alt
import anywidget
import traitlets

from tao_lab import stills
from tao_lab.consensus import epoch
from tao_lab.consensus.types import Array
from tao_lab.datasets import Metagraph, load_metagraph
from tao_lab.units import U16_MAX
from tao_lab.views import charts, sentences
from tao_lab.views.panel import FROM_PYTHON, STYLE_SHEET, bundle, still, still_charts
from tao_lab.views.scenario import MAX_LIAR_PERCENT, Cast, Outcome, Rule, Scenario, Settings, run
from tao_lab.views.tables import Table, bonds_table, dividends_table, incentive_table, weights_table


class ConsensusExplorer(anywidget.AnyWidget):  # type: ignore[misc]  # untyped base
    """Yuma Consensus with lying validators, to play with.

    Five validators of a real subnet lie; sliders set kappa, the bonds penalty, the liars' share of stake and the
    version of Yuma. Pointing at a validator or a miner shows it in every chart, a click keeps it.

    Args:
        metagraph: the subnet; without one, subnet 15.
        epochs: how many epochs the liars lie.
        large: sizes that the back row can read.
        settings: where the sliders start and where the reset button takes them.
        rule: computes one epoch; a student's own can take the place of the library's.

    Raises:
        ScenarioError: a setting out of range, or a metagraph without the actors.
    """

    _css = STYLE_SHEET

    _specs = traitlets.Dict().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    _request = traitlets.Dict().tag(sync=True)
    _picture = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        metagraph: Metagraph | None = None,
        epochs: int = 20,
        large: bool = False,
        settings: Settings | None = None,
        rule: Rule = epoch,
    ) -> None:
        self._esm = bundle("explorer.js")
        self._start = settings or Settings()
        self._epochs = epochs
        self._rule = rule
        self._scenario = Scenario.of(metagraph or load_metagraph())
        self._outcome = run(self._scenario, self._start, epochs, rule)
        self._since = self._outcome
        style = charts.LARGE if large else charts.SMALL
        super().__init__(
            _specs=_specs(self._scenario.cast, style),
            _about=_about(self._outcome, large),
            _picture=_picture(self._outcome, None, tick=FROM_PYTHON),
        )
        self.observe(self._answer, "_request")

    def _ipython_display_(self) -> None:
        stills.show(
            self._repr_mimebundle_(),
            lambda: still(self._specs, self._shown(), self.sentence),
            lambda: still_charts(self._specs, self._shown()),
        )

    def _shown(self) -> dict[str, Any]:
        shown = {**self._picture["charts"], "bonds": self._picture["bonds"][self._picture["target"]]}
        # as on the page: one table of rows for two charts
        shown["consensus"] = {**shown["consensus"], "rows": shown["weights"]["rows"]}
        return shown

    @property
    def outcome(self) -> Outcome:
        """The epochs as the sliders stand."""
        return self._outcome

    @property
    def sentence(self) -> str:
        """What just happened, in words."""
        return str(self._picture["sentence"])

    def set(self, **changes: Any) -> None:
        """Move sliders from Python, for example `set(liar_percent=60)`; names are those of `Settings`."""
        self._show(Settings(**{**asdict(self._outcome.settings), **changes}), tick=FROM_PYTHON)

    def reset(self) -> None:
        """All sliders back to where they started."""
        self._restart(tick=FROM_PYTHON)

    def _restart(self, tick: str) -> None:
        self._since = self._outcome = run(self._scenario, self._start, self._epochs, self._rule)
        self._picture = _picture(self._outcome, None, tick)

    def _answer(self, change: Any) -> None:
        request = change["new"]
        if request["settings"] is None:
            self._restart(request["tick"])
        else:
            self._show(Settings(**request["settings"]), request["tick"])

    def _show(self, settings: Settings, tick: str) -> None:
        # "Since" stays at the moment when this slider was taken hold of, however often it moves.
        if _moved(settings, self._outcome.settings) - _moved(self._outcome.settings, self._since.settings):
            self._since = self._outcome
        self._outcome = run(self._scenario, settings, self._epochs, self._rule)
        self._picture = _picture(self._outcome, self._since, tick)


def _moved(a: Settings, b: Settings) -> set[str]:
    return {field.name for field in fields(Settings) if getattr(a, field.name) != getattr(b, field.name)}


def _specs(cast: Cast, style: charts.Style) -> dict[str, Any]:
    """Vega-Lite of each chart over data that the page fills by name."""
    heights = {
        "weights": len(cast.validators) * style.row + style.font * 2,
        "dividends": len(cast.validators) * style.row + style.font * 3,
        "consensus": style.strip,
        "incentive": style.bars,
        "bonds": style.strip + style.bars,
    }
    built = {
        "weights": charts.weights_spec(alt.NamedData("rows"), cast, style, axis_title=False),
        "dividends": charts.dividends_spec(alt.NamedData("rows"), cast, style),
        "consensus": charts.consensus_spec(alt.NamedData("rows"), cast, style, labels=False),
        "incentive": charts.incentive_spec(alt.NamedData("rows"), cast, style),
        "bonds": charts.bonds_spec(alt.NamedData("rows"), cast, style),
    }
    common = {"autosize": {"type": "fit", "contains": "padding"}, "width": 400, "config": charts.config(style)}
    return {name: {**chart.to_dict(validate=False), **common, "height": heights[name]} for name, chart in built.items()}


def _about(outcome: Outcome, large: bool) -> dict[str, Any]:
    """What does not change while sliders move."""
    cast = outcome.scenario.cast
    return {
        "large": large,
        "start": asdict(outcome.settings),
        "u16Max": U16_MAX,
        "maxLiarPercent": MAX_LIAR_PERCENT,
        "miners": [str(uid) for uid in cast.miners],
        "liars": len(cast.liars),
        "validators": len(cast.validators),
        "neurons": outcome.scenario.metagraph.n,
        "target": {lie: str(uid) for lie, uid in outcome.scenario.target.items()},
    }


def _picture(outcome: Outcome, since: Outcome | None, tick: str) -> dict[str, Any]:
    """Everything that the page paints for one position of the sliders."""
    cast, history = outcome.scenario.cast, outcome.bonds()
    first, last = outcome.epochs[0], outcome.after
    return {
        "tick": tick,
        "target": str(outcome.target),
        "settings": asdict(outcome.settings),
        "sentence": sentences.sentence(outcome, since),
        "charts": {
            "weights": _chart(
                sentences.weights_title(outcome), sentences.weights_alt(outcome), weights_table(first, cast)
            ),
            "consensus": _chart(sentences.consensus_title(outcome), sentences.consensus_alt(outcome), None),
            "incentive": _chart(
                sentences.incentive_title(outcome),
                sentences.incentive_alt(outcome),
                incentive_table(last, cast, outcome.before),
            ),
            "dividends": _chart(
                sentences.dividends_title(outcome), sentences.dividends_alt(outcome), dividends_table(last, cast)
            ),
        },
        "bonds": {str(uid): _bonds(outcome, history, column) for column, uid in enumerate(cast.miners)},
    }


def _chart(title: str, alternative: str, rows: Table | None) -> dict[str, Any]:
    return {"title": title, "alt": alternative, "rows": rows}


def _bonds(outcome: Outcome, history: Array, column: int) -> dict[str, Any]:
    cast = outcome.scenario.cast
    return _chart(
        sentences.bonds_title(outcome, history, column),
        sentences.bonds_alt(outcome, history, column),
        bonds_table(history, cast, cast.miners[column]),
    )
