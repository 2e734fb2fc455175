"""Lab 05, validating: how is an answer turned into a number that the chain accepts?"""

from tao_lab.course.lab05.claims import CLAIMS
from tao_lab.course.lab05.exercises import EXERCISES
from tao_lab.course.lab05.questions import QUESTIONS
from tao_lab.course.lab05.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
