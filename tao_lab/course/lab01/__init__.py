"""Lab 01, keys: exercises, questions, claims and the storage items it is about."""

from tao_lab.course.lab01.claims import CLAIMS
from tao_lab.course.lab01.exercises import EXERCISES
from tao_lab.course.lab01.questions import QUESTIONS
from tao_lab.course.lab01.realnames import REAL_NAMES

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES"]
