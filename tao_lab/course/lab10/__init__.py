"""Lab 10, capstone: can you design work worth paying for?"""

from tao_lab.course.lab10.exercises import EXERCISES
from tao_lab.course.lab10.questions import QUESTIONS
from tao_lab.course.lab10.realnames import REAL_NAMES

CLAIMS = ()

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
