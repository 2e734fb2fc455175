"""Lab 00, start here: what happens between a question and a paid miner?"""

from tao_lab.course.claims import Claim
from tao_lab.course.lab00.exercises import EXERCISES
from tao_lab.course.lab00.questions import QUESTIONS
from tao_lab.course.lab00.realnames import REAL_NAMES
from tao_lab.course.lab00.round import one_round

CLAIMS: tuple[Claim, ...] = ()  # the lab shows claim 20, which is lab 02's

__all__ = ["CLAIMS", "EXERCISES", "QUESTIONS", "REAL_NAMES", "one_round"]
