"""Validators: one kind is honest; the others do something easier or more profitable."""

from __future__ import annotations

from tao_lab.chain.pallets.subtensor.lookups import MODULE, owner_uid
from tao_lab.simulate.roles import Action, Answer, Role, Seat, SetWeights, View, role

LEAST_SEEN = 0.001  # with its error, a validator never grades an answer below this


@role("validator", "honest")
class Honest(Role):
    """Grades every answer by its quality, with a random error.

    Attributes:
        noise: Standard deviation of the error, as a part of the quality.
        one_for_all: Whether miners with the same answer share the weight of one answer.
        burn: Part of the weight, 0 to 1, for the subnet owner's hotkey: the chain burns what this hotkey earns as a
            miner.
    """

    limits = {"noise": (0, 10), "burn": (0, 1)}  # noqa: RUF012

    noise: float = 0.05
    one_for_all: bool = False
    burn: float = 0.0

    def act(self, view: View) -> list[Action]:
        """Grade this epoch's answers."""
        row = self.row(view)
        return [SetWeights(row)] if any(row.values()) else []

    def row(self, view: View) -> dict[int, float]:
        """Its grades, and the part for the owner."""
        grades, owner = self.grades(view), owner_uid(view.state, view.netuid)
        if not self.burn or owner is None:
            return grades
        total = sum(grades.values())
        kept = {uid: worth * (1 - self.burn) / total for uid, worth in grades.items() if uid != owner} if total else {}
        return {**kept, owner: self.burn}

    def grades(self, view: View) -> dict[int, float]:
        """The grade of each answer."""
        seen = {
            uid: max(answer.quality * (1 + self.noise * float(view.random.standard_normal())), LEAST_SEEN)
            if answer.quality > 0
            else 0.0
            for uid, answer in sorted(view.answers.items())
        }
        if not self.one_for_all:
            return seen
        texts = [answer.text for answer in view.answers.values()]
        return {uid: worth / texts.count(view.answers[uid].text) for uid, worth in seen.items()}


@role("validator", "lazy")
class Lazy(Honest):
    """Grades once, and then always sends the same row."""

    def __post_init__(self) -> None:
        self._row: dict[int, float] = {}

    def act(self, view: View) -> list[Action]:
        """Send the first grades again."""
        self._row = self._row or self.row(view)
        return [SetWeights(self._row)] if any(self._row.values()) else []


@role("validator", "hoarder")
class Hoarder(Honest):
    """Sets weights once and never again: it keeps its permit and collects dividends."""

    def act(self, view: View) -> list[Action]:
        """Grade in the first epoch only."""
        return super().act(view) if view.epoch == 1 else []


@role("validator", "copier")
class Copier(Role):
    """Reads no answers: it copies weights that it can read on the chain.

    Attributes:
        of: What it copies. `largest`: the row of the validator with the most stake; `consensus`: the last consensus.
        late: Whether it copies in the last block before the epoch, after all others have set their weights.
    """

    limits = {"of": ("largest", "consensus")}  # noqa: RUF012

    of: str = "largest"
    late: bool = True

    def act(self, view: View) -> list[Action]:
        """Copy early."""
        return [] if self.late else self.copied(view)

    def act_late(self, view: View) -> list[Action]:
        """Copy late."""
        return self.copied(view) if self.late else []

    def copied(self, view: View) -> list[Action]:
        """Set the row that it can read, if there is one."""
        if self.of == "consensus":
            consensus = view.state.get(MODULE, "Consensus", view.netuid)
            row = {uid: float(value) for uid, value in enumerate(consensus) if value}
        else:
            stakes, rows = view.stakes(), view.rows()
            others = [uid for uid in rows if uid != view.uid and rows[uid] and stakes.get(uid)]
            largest = max(others, key=lambda uid: (stakes[uid], -uid), default=None)
            row = {} if largest is None else {uid: float(value) for uid, value in rows[largest].items()}
        return [SetWeights(row)] if row else []


@role("validator", "cartel")
class Cartel(Role):
    """Gives all its weight to its friends, whatever they answer.

    Attributes:
        friends: Name of the friends' group of miners; empty: all groups of colluders.
    """

    friends: str = ""

    def act(self, view: View) -> list[Action]:
        """Vote for friends."""
        uids = view.uids(self.seats_of_friends(view))
        return [SetWeights(dict.fromkeys(uids, 1.0))] if uids else []

    def seats_of_friends(self, view: View) -> tuple[Seat, ...]:
        """The hotkeys of its friends."""
        if self.friends:
            return view.friends.get(self.friends, ())
        return tuple(seat for seats in view.friends.values() for seat in seats if seat.role == "colluder")


@role("validator", "self-weighter")
class SelfWeighter(Role):
    """Gives all its weight to its own miner, whose answers are useless."""

    own_miners = 1

    def answer(self, view: View) -> Answer | None:
        """Of its own miner: worthless."""
        return Answer(0.0, f"nothing, by {view.name}")

    def act(self, view: View) -> list[Action]:
        """Vote for itself."""
        uids = view.uids(view.seats[1:])
        return [SetWeights(dict.fromkeys(uids, 1.0))] if uids else []
