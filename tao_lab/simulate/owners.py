"""Owners of the subnet."""

from __future__ import annotations

from tao_lab.simulate.roles import Role, role


@role("owner", "idle")
class Idle(Role):
    """Takes its cut of the emission and does nothing."""
