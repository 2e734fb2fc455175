"""Lab 02, the chain: why can nobody change the past?"""

from tao_lab.course.lab02.claims import CLAIMS
from tao_lab.course.lab02.exercises import EXERCISES
from tao_lab.course.lab02.questions import QUESTIONS
from tao_lab.course.lab02.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
