"""Lab 07, emission: where does the next TAO go?"""

from tao_lab.course.lab07.claims import CLAIMS
from tao_lab.course.lab07.exercises import EXERCISES
from tao_lab.course.lab07.questions import QUESTIONS
from tao_lab.course.lab07.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
