"""Lab 06, Yuma Consensus: what if half of the validators lie?"""

from tao_lab.course.lab06.claims import CLAIMS
from tao_lab.course.lab06.exercises import EXERCISES
from tao_lab.course.lab06.questions import QUESTIONS
from tao_lab.course.lab06.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
