"""Practice tasks, made with the subnet's public program: the attacker knows their secrets and can score answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tao_lab.neurons import rules
from tao_lab.neurons.work import Answer, Forward, Json, Round, Subnet
from tao_lab.subnets.play import ask

LARGEST_SEED = 2**48  # validators draw seeds from a large range, and so does the attacker


class Stopped(Exception):  # noqa: N818 - no error: the search is over
    """A strategy's budget is spent."""


class Practice:
    """The practice of one strategy: each task made and each answer scored costs one unit of its budget.

    Attributes:
        subnet: the kind of work.
        budget: units that may be spent.
        spent: units so far.
        failures: answers on which the kind's own rule failed.
    """

    def __init__(
        self, subnet: Subnet, budget: int, seed: int, made: dict[int, Round], tell: Callable[[], object] = lambda: None
    ) -> None:
        """Begin with the full budget.

        Args:
            subnet: the kind of work.
            budget: units that may be spent.
            seed: of the tasks.
            made: tasks that already exist, by number; new ones are added, so that no task is made twice.
            tell: called for each unit spent.
        """
        self.subnet, self.budget, self.spent, self.failures = subnet, budget, 0, 0
        self._seed, self._made, self._tell = seed, made, tell
        self._known: set[int] = set()

    def round(self, number: int) -> Round:
        """A task with its secret, by its number from 0 on.

        Raises:
            Stopped: the budget is spent.
        """
        if number not in self._known:
            self._spend()
            self._known.add(number)
        if number not in self._made:
            self._made[number] = rules.make_round(self.subnet, seed_of("practice", self._seed, number))
        return self._made[number]

    def score(self, asked: Round, content: Json) -> float:
        """The score of an answer to a practice task.

        Raises:
            Stopped: the budget is spent.
        """
        self._spend()
        # the rule has scored an honest answer before; if it fails now, this answer gets 0, as at a validator
        (score,), failures = rules.score_without_failures(self.subnet, asked, [Answer(content)], proven=True)
        self.failures += len(failures)
        return score.value

    def mean(self, forward: Forward, numbers: Sequence[int]) -> float:
        """Mean score of a miner on some tasks; an answer that fails gets 0."""
        values = []
        for number in numbers:
            asked = self.round(number)
            answer = ask(forward, asked.task)
            values.append(0.0 if answer.problem else self.score(asked, answer.content))
        return sum(values) / len(values)

    def _spend(self) -> None:
        if self.spent >= self.budget:
            raise Stopped
        self.spent += 1
        self._tell()


def seed_of(what: str, seed: int, number: int) -> int:
    """The seed of a task: one of a large range, the same every time."""
    return Random(f"{what} {seed} {number}").randrange(LARGEST_SEED)
