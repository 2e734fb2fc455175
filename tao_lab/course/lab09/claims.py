"""Claims of lab 09: none of its own. It asks two of lab 06's once more (`claim(9)`, `claim(10)`)."""

from __future__ import annotations

from tao_lab.course.claims import Claim

CLAIMS: tuple[Claim, ...] = ()
