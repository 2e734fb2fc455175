"""Lab 04, mining: can an 8 GB card earn?"""

from tao_lab.course.lab04.claims import CLAIMS
from tao_lab.course.lab04.exercises import EXERCISES
from tao_lab.course.lab04.measure import answers, instruct_format, language_model, quality
from tao_lab.course.lab04.questions import QUESTIONS
from tao_lab.course.lab04.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES", "answers", "instruct_format", "language_model", "quality"]
