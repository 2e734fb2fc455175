"""A progress bar that disappears at the end: in a saved notebook a closed bar would be a widget that shows nothing."""

from __future__ import annotations

from typing import Any

from tqdm.auto import tqdm as bar_here
from tqdm.notebook import tqdm_notebook

from tao_lab import waiting


class PassingBar(tqdm_notebook):  # type: ignore[type-arg]
    """tqdm's bar for notebooks, whose output is emptied when it closes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "display": False, "leave": False})
        if not self.disable:
            from IPython.display import display

            waiting.give_way()
            self._place = display(self.container, display_id=True)  # type: ignore[no-untyped-call]
            self.displayed = True

    def close(self) -> None:
        """Take the bar away."""
        shown = not self.disable
        super().close()
        if shown and self._place is not None:
            self._place.update(waiting.NOTHING, raw=True)


def passing_bar(*arguments: Any, **options: Any) -> Any:
    """A bar like `tqdm(…)`, for a notebook or a terminal, that disappears at the end."""
    if issubclass(bar_here, tqdm_notebook):
        return PassingBar(*arguments, **options)
    return bar_here(*arguments, **{**options, "leave": False})
