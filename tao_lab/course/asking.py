"""A question that asks for your answer before it shows its own; predictions and claims share this code.

In a notebook it is a widget, elsewhere it is text. The student's answer is recorded before the right answer is
computed. The cell never waits for an answer, so a notebook still runs from top to bottom.
"""

from __future__ import annotations

from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from tao_lab import stills
from tao_lab.cards import Card, Text
from tao_lab.course import records
from tao_lab.errors import LabError

_HERE = Path(__file__).parent
NOT_YET = -1
STYLE = """
.tl-ask { margin: 4px 0; line-height: 1.5; color: var(--jp-ui-font-color1, #212121); }
.tl-ask fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.tl-ask legend { padding: 0; max-width: 62em; }
.tl-ask label { display: block; margin: 4px 0; }
.tl-ask button { font: inherit; margin: 6px 0; padding: 3px 12px; }
"""


class PredictionError(LabError):
    """An answer that is not one of the options."""


class Choice(anywidget.AnyWidget):  # type: ignore[misc]  # untyped base
    """Options, a button and space for the answer. `chosen` is the index of the student's option, `answer` is HTML."""

    _esm = "\n".join(file.read_text(encoding="utf-8") for file in (_HERE.parent / "quiet_keys.js", _HERE / "asking.js"))
    _css = STYLE
    prompt = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    button = traitlets.Unicode().tag(sync=True)
    chosen = traitlets.Int(NOT_YET).tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)


class Asked:
    """One question as a cell shows it. A subclass gives the right answer, and says how to answer from Python."""

    before = "Predict first."  # the words before the question
    button = "This is my prediction"

    def __init__(self, key: str, text: str, options: tuple[str, ...], choice: int | None = None):
        """Ask a question.

        Args:
            key: name for the recorded answer.
            text: the question.
            options: the possible answers.
            choice: number of an option, from 1, to answer from Python; None leaves it to the widget.

        Raises:
            PredictionError: there is no such option.
        """
        self.key, self.text, self.options = key, text, options
        self._notice = ""
        self._made = self._recorded()
        if choice is not None:
            if isinstance(choice, bool) or choice not in range(1, len(options) + 1):
                raise PredictionError(f"choice is {choice!r}; allowed: a whole number from 1 to {len(options)}")
            self._choose(options[choice - 1])

    def _choose(self, option: str) -> None:
        """Record an answer; only the first one counts, also if another cell asks the same question."""
        self._made = self._made or self._recorded()
        if not self._made:
            self._made = option
            self._notice = records.record_prediction(self.key, option)

    def _recorded(self) -> str:
        """The recorded option; empty if there is none, or if the question has changed since then."""
        choice = records.load().predictions.get(self.key, {}).get("choice")
        return choice if choice in self.options else ""

    def answer(self, made: str) -> Card:
        """The right answer, together with the student's."""
        raise NotImplementedError

    def from_python(self) -> str:
        """How to answer without a widget."""
        raise NotImplementedError

    @cached_property
    def _shown(self) -> Card:
        card = self.answer(self._made)
        notice = (Text(self._notice),) if self._notice else ()
        return Card(card.tone, card.badge, card.title, (*card.blocks, *notice))

    def __repr__(self) -> str:
        if self._made:
            return f"{self.text}\n{self._shown!r}"
        options = "\n".join(f"  {number}. {option}" for number, option in enumerate(self.options, 1))
        return f"{self.before.removesuffix('.')}: {self.text}\n{options}\n{self.from_python()}"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        bundle = self.widget()._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self)}, metadata

    def _ipython_display_(self) -> None:
        widget = self.widget()
        data, metadata = widget._repr_mimebundle_()
        renew = stills.show(({**data, "text/plain": repr(self)}, metadata), lambda: _still(widget))
        widget.observe(lambda _: renew(), names="answer")

    def widget(self) -> Choice:
        """The question with its options, a button, and space for the answer."""
        prompt = f"<strong>{escape(self.before)}</strong> {escape(self.text)}"
        shown = Choice(prompt=prompt, options=list(self.options), button=self.button)

        def show(_: Any = None) -> None:
            self._choose(self.options[shown.chosen])
            try:
                shown.answer = self._shown._repr_html_()
            except Exception as error:
                shown.answer = Card("raised", "No answer", f"The experiment raised {error!r}")._repr_html_()
                raise

        if self._made:
            shown.chosen = self.options.index(self._made)
            show()
        shown.observe(show, names="chosen")
        return shown


def _still(widget: Choice) -> str:
    """A question and its answer, in plain HTML."""
    marks = ("●" if place == widget.chosen else "○" for place in range(len(widget.options)))
    options = "".join(f"<div>{mark} {escape(text)}</div>" for mark, text in zip(marks, widget.options, strict=True))
    return f'<div>{widget.prompt}</div><div style="margin:4px 0">{options}</div>{widget.answer}'
