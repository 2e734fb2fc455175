"""The gallery of kinds of work. Each kind is a `Subnet` (tao_lab/neurons/work.py) in its own file.

`kinds()` lists their names, `kind("code")` returns one of them, and `play` lets its miners compete in this process.
"""

from tao_lab.subnets.gallery import kind, kinds
from tao_lab.subnets.play import play

__all__ = ["kind", "kinds", "play"]
