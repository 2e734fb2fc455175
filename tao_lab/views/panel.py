"""Pages of sliders, choices and charts, drawn by a Python function; the labs' widgets are made with it.

The page sends the positions of the controls. Python computes and returns the rows of each chart, the titles and a
sentence. The page keeps its Vega views and changes only their data. It sends the next position only after the last one
is painted, so no old position waits. All JavaScript comes with the widget; nothing is loaded from the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import altair as alt
import anywidget
import traitlets

from tao_lab import stills
from tao_lab.views import charts, rendering
from tao_lab.views.tables import Table, rows_of

_HERE = Path(__file__).parent
FROM_PYTHON = ""  # the tick of a picture that Python itself sent

Settings = Mapping[str, Any]


class PanelError(ValueError):
    """The panel does not have this setting, or the value is out of range."""


@dataclass(frozen=True)
class Slider:
    """A slider from `low` to `high` in steps; `start` is its position at the start and after a reset."""

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float

    def allows(self, value: Any) -> bool:
        """Whether this value is allowed."""
        return isinstance(value, (int, float)) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choice:
    """A choice of a few options: (value, text)."""

    name: str
    label: str
    options: tuple[tuple[Any, str], ...]
    start: Any

    def allows(self, value: Any) -> bool:
        """Whether it is an option."""
        return value in [option for option, _ in self.options]


@dataclass(frozen=True)
class Chart:
    """The present content of one chart: title, text alternative, rows, and values of the spec's own params."""

    title: str
    alt: str
    rows: Table
    signals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """The content of the page for one position of the controls.

    Attributes:
        sentence: the finding, in words.
        charts: by the names of the panel's specs.
        shown: the text beside each slider.
        details: further text; an instructor's page shows it below the first screen.
    """

    sentence: str
    charts: Mapping[str, Chart]
    shown: Mapping[str, str] = field(default_factory=dict)
    details: str = ""


class Panel(anywidget.AnyWidget):  # type: ignore[misc]  # untyped base
    """Controls over charts.

    Args:
        controls: sliders and choices.
        specs: Vega-Lite charts over data named "rows", by name; they set their heights, the page sets their widths.
        columns: names of charts, column by column.
        draw: makes a picture from settings.
        style: sizes.
        scripts: the page's own JavaScript, files beside this one.
        about: further data for that script.
    """

    _css = _HERE / "panel.css"

    _specs = traitlets.Dict().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    _request = traitlets.Dict().tag(sync=True, echo_update=False)  # the page knows what it asked
    _picture = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        controls: Sequence[Slider | Choice],
        specs: Mapping[str, alt.LayerChart],
        columns: Sequence[Sequence[str]],
        draw: Callable[[Settings], Picture],
        style: charts.Style = charts.SMALL,
        scripts: tuple[str, ...] = ("controls.js", "panel.js"),
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self._esm = rendering.bundle(*scripts)
        self._controls = {control.name: control for control in controls}
        self._draw = draw
        self._settings = self._start()
        super().__init__(
            _specs={name: _spec(chart, style) for name, chart in specs.items()},
            _about={
                "start": self._start(),
                "controls": [asdict(control) for control in controls],
                "columns": [list(names) for names in columns],
                **(about or {}),
            },
            _picture=self._painted(FROM_PYTHON),
        )
        self.observe(self._answer, "_request")

    def _ipython_display_(self) -> None:
        stills.show(
            self._repr_mimebundle_(),
            lambda: still(self._specs, self._picture["charts"], self.sentence),
            lambda: still_charts(self._specs, self._picture["charts"]),
        )

    @property
    def sentence(self) -> str:
        """The finding, in words."""
        return str(self._picture["sentence"])

    @property
    def settings(self) -> dict[str, Any]:
        """The positions of the controls."""
        return dict(self._settings)

    def set(self, **changes: Any) -> None:
        """Move controls from Python, by their names.

        Raises:
            PanelError: there is no such control, or the value is not allowed.
        """
        self._show({**self._settings, **changes}, FROM_PYTHON)

    def reset(self) -> None:
        """Move all controls to their start."""
        self._show(self._start(), FROM_PYTHON)

    def _start(self) -> dict[str, Any]:
        return {name: control.start for name, control in self._controls.items()}

    def _answer(self, change: Any) -> None:
        request = change["new"]
        self._show(self._start() if request["settings"] is None else request["settings"], request["tick"])

    def _check(self, settings: Settings) -> None:
        for name, value in settings.items():
            if name not in self._controls:
                raise PanelError(f"setting is {name!r}; allowed: {', '.join(self._controls)}")
            if not self._controls[name].allows(value):
                raise PanelError(f"{name} is {value!r}; allowed: {_allowed(self._controls[name])}")

    def _show(self, settings: Settings, tick: str) -> None:
        self._check(settings)
        self._settings = dict(settings)
        self._picture = self._painted(tick)

    def _painted(self, tick: str) -> dict[str, Any]:
        picture = self._draw(self._settings)
        charts = {name: vars(chart) for name, chart in picture.charts.items()}  # asdict would copy every row
        return {"tick": tick, "settings": self._settings, **vars(picture), "charts": charts}


def still(specs: Mapping[str, Any], shown: Mapping[str, Any], sentence: str) -> str:
    """HTML of charts as pictures, with their titles and the sentence.

    Args:
        specs: Vega-Lite over data named "rows", by name.
        shown: title, text alternative and rows of each, as a page gets them.
        sentence: the finding.
    """
    pictures = [
        stills.picture(rendering.png(chart["spec"]), chart["alt"], chart["title"])
        for chart in still_charts(specs, shown)
    ]
    return f"<p>{escape(sentence)}</p>{''.join(pictures)}"


def still_charts(specs: Mapping[str, Any], shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same charts as data, each with its rows."""
    return [
        stills.chart(_filled(spec, shown[name]), shown[name]["alt"], shown[name]["title"])
        for name, spec in specs.items()
    ]


def _filled(spec: Mapping[str, Any], chart: Mapping[str, Any]) -> dict[str, Any]:
    """A spec with a chart's rows and its values of params."""
    params = [{**param, **_value(param, chart)} for param in spec.get("params", [])]
    return {**spec, "params": params, "datasets": {"rows": rows_of(chart["rows"])}}


def _value(param: Mapping[str, Any], chart: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": chart["signals"][param["name"]]} if param["name"] in chart["signals"] else {}


def _spec(chart: alt.LayerChart, style: charts.Style) -> dict[str, Any]:
    fixed = {"autosize": {"type": "fit", "contains": "padding"}, "width": 400, "config": charts.config(style)}
    return {**chart.to_dict(validate=False), **fixed}


def _allowed(control: Slider | Choice) -> str:
    if isinstance(control, Slider):
        return f"a number from {control.low:g} to {control.high:g}"
    return ", ".join(repr(value) for value, _ in control.options)
