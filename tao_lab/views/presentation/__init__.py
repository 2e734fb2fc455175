"""Pages for a projector: one question, one sentence with a number, one large chart, and a story.

A dashboard is a file here and a notebook. The file, `tao_lab/views/presentation/NAME.py`, has a function `page()` that
returns a `Page`: its controls, its charts, and `draw`, a function from settings to a `Picture`. `pool.py` is the
example. The notebook, `labs/dashboards/NAME.ipynb`, has two cells: the title with one sentence in bold and the labs
that it goes with ("Goes with lab 08."), and `present("NAME")`. The start page and the menu find it there.

What `Stage` does with a page:

- The first screen shows title, controls, presets, sentence, payoff and one or two more charts. `closer` charts and
  `Picture.details` are below it. Charts fill their places, so a spec needs no width and no height. Make specs with
  `PROJECTOR`, whose letters are 16 px on a screen of 1280 × 720; the page enlarges them with the screen.
- `draw(settings, since)` gets the positions of the controls, and their positions before the last move. In a story,
  `since` is the start; it is None when the page opens and after a reset. `draw` stores nothing between two calls, so
  one process can serve many readers.
- `Picture.sentence` is the finding with its number, in about 160 letters; it is always computed.
- A `Step` of the story has a sentence and sets controls, beginning from the start. The keys → and ←, Page Down and Page
  Up, or a presenter's remote move through the story; `n` shows the notes for the speaker.
- `Page.plays` names a slider that moves automatically, one step a second. `Page.again` is a button for a run that takes
  seconds, with a progress bar.
- A `PresetRow` is a row of buttons for one claim. A preset moves the controls that it names; the others don't move.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial

from tao_lab.errors import LabError
from tao_lab.headings import dashboards
from tao_lab.views.panel import Picture
from tao_lab.views.presentation.page import PROJECTOR, Again, Page, Preset, PresetRow, Step
from tao_lab.views.presentation.stage import Stage

__all__ = [
    "PROJECTOR",
    "Again",
    "Page",
    "Preset",
    "PresetRow",
    "Stage",
    "Step",
    "coming",
    "page_of",
    "present",
    "presented",
]

_presented: list[Stage] = []


def present(name: str) -> Stage:
    """The dashboard with this name, as a widget.

    Raises:
        LabError: there is no such dashboard.
    """
    stage = Stage(page_of(name))
    _presented.append(stage)
    return stage


def coming() -> Iterator[Callable[[], Picture]]:
    """What the presets and stories of this process's dashboards will show, a picture at each call.

    A server draws them in a page's process while nobody asks, so that what takes a second is computed before readers
    come: kernels that are forked later have it.
    """
    pages = [stage.page for stage in _presented]
    return (partial(page.draw, place, None) for page in pages for place in page.places())


def presented(model: str) -> Stage | None:
    """The dashboard of this process with this number as a widget."""
    return next((stage for stage in _presented if stage.model_id == model), None)


def page_of(name: str) -> Page:
    """The dashboard with this name, as data.

    Raises:
        LabError: there is no such dashboard.
    """
    names = [each.name for each in dashboards()]
    if name not in names:
        raise LabError(f"no dashboard {name!r}; there are {', '.join(names)}")
    page: Page = importlib.import_module(f"{__name__}.{name}").page()
    return page
