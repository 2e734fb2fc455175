"""The widget that shows a `Page`: title, sentence, controls and the payoff on one screen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import traitlets

from tao_lab.headings import dashboards
from tao_lab.views import rendering
from tao_lab.views.panel import Panel, Picture, Settings
from tao_lab.views.presentation.page import PROJECTOR, Page


class Stage(Panel):
    """A page in front of a room.

    Args:
        page: the page to show.
    """

    _progress = traitlets.Float(0.0).tag(sync=True)  # part of a long run that is done

    _css = Path(__file__).with_name("stage.css")

    def __init__(self, page: Page) -> None:
        self.page = page
        self._since: dict[str, Any] | None = None
        about = {
            "name": page.name,
            "title": page.title,
            "payoff": page.payoff,
            "beside": list(page.beside),
            "closer": list(page.closer),
            "presets": [asdict(row) for row in page.presets],
            "story": [asdict(step) for step in page.story],
            "plays": page.plays,
            "every": page.every,
            "again": page.again.label if page.again else "",
            "pages": [{"name": each.name, "title": each.title} for each in dashboards()],
        }
        super().__init__(page.controls, page.specs, (), self._picture_of, PROJECTOR, rendering.STAGE, about)

    def shown(self) -> dict[str, Any]:
        """All that the page's script needs to show it as it is now."""
        return dict(self.get_state(("_specs", "_about", "_picture", "_progress")))

    def set(self, **changes: Any) -> None:
        """Move controls from Python, by their names.

        Raises:
            PanelError: there is no such control, or the value is not allowed.
        """
        self._since = dict(self._settings)
        super().set(**changes)

    def reset(self) -> None:
        """Move all controls to their start."""
        self._since = None
        super().reset()

    def _picture_of(self, settings: Settings) -> Picture:
        return self.page.draw(settings, self._since)

    def _answer(self, change: Any) -> None:
        since = change["new"].get("since")
        if since is not None:
            self._check(since)
        self._since = since
        count = change["new"].get("again")
        if count is None or self.page.again is None:
            super()._answer(change)
        else:
            self._run_again(change["new"]["settings"], int(count), change["new"]["tick"])

    def _run_again(self, settings: Settings, count: int, tick: str) -> None:
        """Do a run that takes seconds, and report its progress to the page."""
        assert self.page.again is not None
        self._check(settings)
        self._settings = dict(settings)

        def tell(part: float) -> None:
            self._progress = part

        tell(0.0)
        picture = self.page.again.run(settings, count, tell)
        self._picture = {"tick": tick, "settings": self._settings, **asdict(picture)}
