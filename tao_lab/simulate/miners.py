"""Miners: one kind works honestly; the others do something cheaper."""

from __future__ import annotations

from tao_lab.simulate.roles import Action, Answer, Register, Role, View, role


@role("miner", "honest")
class Honest(Role):
    """Does the work.

    Attributes:
        quality: Of its answers, 0 to 1.
        spread: The members of a group have qualities from `quality - spread` to `quality + spread`.
        drift: Standard deviation of the change of quality in an epoch: good miners get worse, bad ones better.
    """

    limits = {"quality": (0, 1), "spread": (0, 1), "drift": (0, 1)}  # noqa: RUF012

    quality: float = 0.8
    spread: float = 0.15
    drift: float = 0.0

    def __post_init__(self) -> None:
        self._now: float | None = None

    def answer(self, view: View) -> Answer:
        """An answer of its own."""
        if self._now is None:
            self._now = self.quality + self.spread * float(view.random.uniform(-1, 1))
        elif self.drift:
            self._now += self.drift * float(view.random.standard_normal())
        self._now = min(max(self._now, 0.01), 1.0)
        return Answer(self._now, f"work of {view.name}")


@role("miner", "lazy")
class Lazy(Role):
    """Answers at once, without work.

    Attributes:
        quality: Of its answers.
    """

    limits = {"quality": (0, 1)}  # noqa: RUF012

    quality: float = 0.2

    def answer(self, view: View) -> Answer:
        """A cheap answer."""
        return Answer(self.quality, f"cheap, by {view.name}")


@role("miner", "sybil")
class Sybil(Role):
    """One person with many hotkeys: each hotkey sends the same answer.

    Attributes:
        quality: Of this answer.
    """

    limits = {"quality": (0, 1)}  # noqa: RUF012

    quality: float = 0.6

    def answer(self, view: View) -> Answer:
        """The same answer from every hotkey of the group."""
        return Answer(self.quality, f"work of {view.seats[0].group}")


@role("miner", "colluder")
class Colluder(Role):
    """Friend of a cartel: its answers are useless, and it waits for the cartel's weight."""

    def answer(self, view: View) -> Answer:
        """Worthless."""
        return Answer(0.0, f"nothing, by {view.name}")


@role("miner", "griefer")
class Griefer(Role):
    """Registers new hotkeys that do nothing, until its TAO is spent. On a full subnet each takes somebody's place.

    Attributes:
        each_epoch: New hotkeys in an epoch.
    """

    limits = {"each_epoch": (0, 100)}  # noqa: RUF012

    each_epoch: int = 1

    def act(self, view: View) -> list[Action]:
        """Buy places."""
        return [Register()] * self.each_epoch
