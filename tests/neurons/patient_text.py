"""The kind "text" with time enough for a language model on a machine that is busy with other tests."""

from dataclasses import replace

from tao_lab.neurons.work import Round
from tao_lab.subnets.text import Text


class PatientText(Text):
    """Text, with two minutes for an answer."""

    def make_round(self, seed: int) -> Round:
        asked = super().make_round(seed)
        return replace(asked, task=replace(asked.task, seconds=120.0))


subnet = PatientText()
