"""Gaming by search: simple strategies that look for cheap ways to score, on any kind of work.

    found = stress("ads", tasks=10, budget=400, seed=0)
    found.cheap        # the strategies that score like the honest miner without its work

A strategy has what an outsider has: the tasks, the form of an answer, and the subnet's public program. With that
program it makes tasks of its own, whose secrets it knows, and learns on them. What it learned is then measured on
tasks that it has not seen. Everything repeats with the seed.
"""

from tao_lab.subnets.stress.practice import Practice, Stopped
from tao_lab.subnets.stress.search import CHEAP, STRATEGIES, Finding, Stress, stress

__all__ = ["CHEAP", "STRATEGIES", "Finding", "Practice", "Stopped", "Stress", "stress"]
