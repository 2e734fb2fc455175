"""Lab 08, alpha pools: what is an alpha worth?"""

from tao_lab.course.lab08.claims import CLAIMS
from tao_lab.course.lab08.exercises import EXERCISES
from tao_lab.course.lab08.questions import QUESTIONS
from tao_lab.course.lab08.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
