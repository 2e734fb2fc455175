"""The gallery of kinds of work: each a `Subnet` (tao_lab/neurons/work.py) in a file of its own.

`kind("code")` is one of them, `kinds()` their names, `play` lets its miners compete in this process.
"""

from tao_lab.subnets.gallery import kind, kinds
from tao_lab.subnets.play import play

__all__ = ["kind", "kinds", "play"]
