"""`predict`: a question that wants an answer before the experiment runs.

In a notebook it is a widget that shows nothing of the result until a prediction is made and recorded. Where there are
no widgets it is text. It never waits: a notebook that runs from top to bottom runs past it.
"""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets

from tao_lab.course import records
from tao_lab.course.cards import Card, Text
from tao_lab.course.questions import Finding, Question
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
        if choice is not None:
            if choice not in range(1, len(question.options) + 1):
                raise PredictionError(
                    f"choice is {choice!r}; allowed: a whole number from 1 to {len(question.options)}"
                )
            self._answer(choice - 1)

    @property
    def made(self) -> str:
        """The option that was predicted first, or empty."""
        entry = records.load().predictions.get(self._question.id, {})
        return str(entry.get("choice", ""))

    def reveal(self) -> Card:
        """The answer beside the prediction.

        Raises:
            PredictionError: nothing is predicted yet.
        """
        if not self.made:
            raise PredictionError(f"question {self._question.id}: predict first, with one of its options")
        return self._card(self._question.experiment())

    def _card(self, finding: Finding) -> Card:
        option = self._question.options[finding.option]
        hit = self.made == option
        said = Text(f"You predicted: “{self.made}”.")
        notice = (Text(self._notice),) if self._notice else ()
        return Card(
            "right" if hit else "info",
            "As you predicted" if hit else "Surprise",
            option,
            (said, Text(finding.because), *finding.evidence, *notice),
        )

    def _answer(self, option: int) -> Card:
        finding = self._question.experiment()
        choice = self._question.options[option]
        self._notice = records.record_prediction(self._question.id, choice, option == finding.option)
        return self._card(finding)

    def __repr__(self) -> str:
        if self.made:
            return f"{self._question.text}\n{self.reveal()!r}"
        options = "\n".join(f"  {number}. {option}" for number, option in enumerate(self._question.options, 1))
        how = f'predict("{self._question.id}", 1) records that you predict the first.'
        return f"Predict first: {self._question.text}\n{options}\n{how}"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        bundle = self._widget()._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self)}, metadata

    def _widget(self) -> ipywidgets.Widget:
        question = ipywidgets.HTML(f"<strong>Predict first.</strong> {escape(self._question.text)}")
        options = ipywidgets.RadioButtons(
            options=self._question.options, value=None, layout=ipywidgets.Layout(width="max-content")
        )
        button = ipywidgets.Button(description="This is my prediction", disabled=True, layout={"width": "max-content"})
        answer = ipywidgets.HTML()
        options.observe(lambda _: setattr(button, "disabled", False), names="index")

        def lock(card: Card) -> None:
            options.disabled = button.disabled = True
            button.layout.display = "none"
            answer.value = card._repr_html_()

        def clicked(_: Any) -> None:
            button.disabled = True
            lock(self._answer(options.index))

        button.on_click(clicked)
        if self.made in self._question.options:
            options.value = self.made
            lock(self.reveal())
        return ipywidgets.VBox([question, options, button, answer])
