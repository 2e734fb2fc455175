"""Lab 09 has no claims of its own. It repeats two claims of lab 06 (`claim(9)`, `claim(10)`)."""

from __future__ import annotations

from tao_lab.course.claims import Claim

CLAIMS: tuple[Claim, ...] = ()
