"""`predict`: a question that wants an answer before the experiment runs.

In a notebook it is a widget that shows nothing of the result until a prediction is made and recorded. Where there are
no widgets it is text. It never waits: a notebook that runs from top to bottom runs past it.
"""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets

from tao_lab.cards import Card, Text, Tone
from tao_lab.course import records
from tao_lab.course.questions import Question
from tao_lab.errors import LabError


class PredictionError(LabError):
    """A prediction that is not one of the options."""


class Prediction:
    """One question as a cell shows it; the experiment runs only after a prediction."""

    def __init__(self, question: Question, choice: int | None = None):
        """Ask a question.

        Args:
            question: what to ask.
            choice: number of an option, from 1, to answer from Python; None leaves it to the widget.

        Raises:
            PredictionError: there is no such option.
        """
        self._question = question
        self._notice = ""
        self._made = str(records.load().predictions.get(question.id, {}).get("choice", ""))
        if choice is not None:
            if choice not in range(1, len(question.options) + 1):
                last = len(question.options)
                raise PredictionError(f"choice is {choice!r}; allowed: a whole number from 1 to {last}")
            self._predict(question.options[choice - 1])

    def _predict(self, option: str) -> None:
        """Record a prediction; only the first one counts."""
        if not self._made:
            self._made = option
            self._notice = records.record_prediction(self._question.id, option)

    def _answer(self) -> Card:
        """What the experiment shows, beside the prediction."""
        finding = self._question.experiment()
        option = self._question.options[finding.option]
        tone: Tone = "right" if self._made == option else "info"
        badge = "As you predicted" if self._made == option else "Surprise"
        notice = (Text(self._notice),) if self._notice else ()
        said = Text(f"You predicted: “{self._made}”.")
        return Card(tone, badge, option, (said, Text(finding.because), *finding.evidence, *notice))

    def __repr__(self) -> str:
        if self._made:
            return f"{self._question.text}\n{self._answer()!r}"
        options = "\n".join(f"  {number}. {option}" for number, option in enumerate(self._question.options, 1))
        how = f'predict("{self._question.id}", 1) records that you predict the first.'
        return f"Predict first: {self._question.text}\n{options}\n{how}"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        bundle = self.widget()._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self)}, metadata

    def widget(self) -> ipywidgets.VBox:
        """The question with its options, a button, and room for the answer."""
        question = ipywidgets.HTML(f"<strong>Predict first.</strong> {escape(self._question.text)}")
        wide = ipywidgets.Layout(width="max-content")
        options = ipywidgets.RadioButtons(options=self._question.options, value=None, layout=wide)
        button = ipywidgets.Button(description="This is my prediction", disabled=True, layout=wide)
        answer = ipywidgets.HTML()

        def show() -> None:
            options.disabled = button.disabled = True
            answer.value = self._answer()._repr_html_()

        def clicked(_: Any) -> None:
            self._predict(options.value)
            show()

        options.observe(lambda _: setattr(button, "disabled", False), names="index")
        button.on_click(clicked)
        if self._made in self._question.options:
            options.value = self._made
            show()
        return ipywidgets.VBox([question, options, button, answer])
