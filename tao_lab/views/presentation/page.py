"""The parts of an instructor's page, as data: controls, presets, charts, and a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import altair as alt

from tao_lab.views.charts import Style
from tao_lab.views.panel import Choice, PanelError, Picture, Settings, Slider

# Sizes of a chart on a screen 720 px high. The page enlarges them with the screen: 16 px are 24 px at 1080.
PROJECTOR = Style(font=16, row=18, strip=200, bars=200)


@dataclass(frozen=True)
class Preset:
    """A button that moves some controls at once; the others don't move.

    Attributes:
        label: what the button says, for example "51 %".
        settings: values by the names of controls.
    """

    label: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class PresetRow:
    """A row of buttons for one claim.

    Attributes:
        label: what the claim is about, for example "Liars hold".
        presets: the buttons.
    """

    label: str
    presets: tuple[Preset, ...]


@dataclass(frozen=True)
class Step:
    """One step of a story.

    Attributes:
        says: a sentence for the room. Computed numbers belong into `Picture.sentence`.
        settings: positions of some controls; all others go to their start, and the picture compares with the start.
        notes: what the speaker may add; shown only after the key `n`.
    """

    says: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""


@dataclass(frozen=True)
class Again:
    """A button for a run that takes seconds: it shows a progress bar, then a picture.

    Attributes:
        label: what the button says.
        run: makes the picture. It gets the settings, how many times the button was pressed (1, 2, …), and a function to
            report progress (0 to 1).
    """

    label: str
    run: Callable[[Settings, int, Callable[[float], None]], Picture]


@dataclass(frozen=True)
class Page:
    """One dashboard.

    Attributes:
        name: the file of its notebook in labs/dashboards, without the ending.
        title: the question that it answers.
        about: one sentence, which the start page shows under the title.
        controls: on a phone, the first one stays visible while the rest scrolls.
        specs: Vega-Lite charts over data named "rows", by name; the page gives them their size.
        payoff: name of the chart that answers the question; it is the largest.
        beside: names of one or two charts beside it on the first screen.
        draw: makes a picture from the settings and the settings before the last move (None at the start). It stores
            nothing between two calls.
        closer: names of charts below the first screen.
        presets: rows of buttons.
        story: the steps.
        plays: name of a slider that a button moves automatically, one step a second; empty if there is no such slider.
        again: a button for a long run.
        every: seconds after which the page is updated; with 0 it never is.
    """

    name: str
    title: str
    about: str
    controls: tuple[Slider | Choice, ...]
    specs: Mapping[str, alt.LayerChart]
    payoff: str
    beside: tuple[str, ...]
    draw: Callable[[Settings, Settings | None], Picture]
    closer: tuple[str, ...] = ()
    presets: tuple[PresetRow, ...] = ()
    story: tuple[Step, ...] = ()
    plays: str = ""
    again: Again | None = None
    every: float = 0.0

    def __post_init__(self) -> None:
        named = (self.payoff, *self.beside, *self.closer)
        if sorted(named) != sorted(self.specs):
            raise PanelError(
                f"payoff, beside and closer name {sorted(named)}; allowed: each of {sorted(self.specs)} once"
            )
        if self.plays and not isinstance(self._controls.get(self.plays), Slider):
            raise PanelError(f"plays is {self.plays!r}; allowed: the name of a slider, or an empty text")
        for settings in self.places():
            for name, value in settings.items():
                control = self._controls.get(name)
                if control is None or not control.allows(value):
                    raise PanelError(f"a preset or a step sets {name} to {value!r}; {name} has no such place")

    @property
    def start(self) -> dict[str, Any]:
        """Positions of the controls at the start, and after a reset."""
        return {control.name: control.start for control in self.controls}

    def places(self) -> tuple[dict[str, Any], ...]:
        """All settings that a preset or a step gives, beginning with the start."""
        presets = [preset.settings for row in self.presets for preset in row.presets]
        return tuple({**self.start, **settings} for settings in (*presets, *(step.settings for step in self.story)))

    @property
    def _controls(self) -> dict[str, Slider | Choice]:
        return {control.name: control for control in self.controls}
