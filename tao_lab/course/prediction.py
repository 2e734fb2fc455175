"""`predict`: a question that asks for an answer before the experiment runs."""

from __future__ import annotations

from tao_lab.cards import Card, Text, Tone
from tao_lab.course.asking import Asked
from tao_lab.course.questions import Question


class Prediction(Asked):
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
        super().__init__(question.id, question.text, question.options, choice)

    def answer(self, made: str) -> Card:
        """The result of the experiment, together with the prediction."""
        finding = self._question.experiment()
        option = self.options[finding.option]
        tone: Tone = "right" if made == option else "info"
        badge = "As you predicted" if made == option else "Surprise"
        said = Text(f"You predicted: “{made}”.")
        return Card(tone, badge, option, (said, Text(finding.because), *finding.evidence))

    def from_python(self) -> str:
        """How to answer where there is nothing to click."""
        return f'predict("{self.key}", 1) records that you predict the first.'
