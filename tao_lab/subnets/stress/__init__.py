"""Simple strategies that search for ways to get a score without the work, on any kind of work.

    found = stress("ads", tasks=10, budget=400, seed=0)
    found.cheap  # the strategies that score almost like the honest miner, without its work

A strategy knows what an outsider knows: the tasks, the form of an answer, and the subnet's public program. With the
program it makes its own tasks, whose secrets it knows, and learns from them. Then it is tested on tasks that it has not
seen. The same seed gives the same result.
"""

from tao_lab.subnets.stress.practice import Practice, Stopped
from tao_lab.subnets.stress.search import CHEAP, STRATEGIES, Finding, Stress, stress

__all__ = ["CHEAP", "STRATEGIES", "Finding", "Practice", "Stopped", "Stress", "stress"]
