"""Lab 03, subnets: who gets a seat?"""

from tao_lab.course.lab03.claims import CLAIMS
from tao_lab.course.lab03.exercises import EXERCISES
from tao_lab.course.lab03.questions import QUESTIONS
from tao_lab.course.lab03.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
