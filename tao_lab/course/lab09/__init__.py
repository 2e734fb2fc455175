"""Lab 09, attacks: what can go wrong?"""

from tao_lab.course.lab09.claims import CLAIMS
from tao_lab.course.lab09.exercises import EXERCISES
from tao_lab.course.lab09.questions import QUESTIONS
from tao_lab.course.lab09.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
