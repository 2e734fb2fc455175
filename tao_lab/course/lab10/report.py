"""The robustness report: one page about a subnet, to hand in. A reader can make it again with the same seed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tao_lab.cards import Card, Grid, Text
from tao_lab.course.lab10 import reference
from tao_lab.course.lab10.workshop import BUDGET, TASKS, card_of, stressed
from tao_lab.errors import LabError
from tao_lab.neurons import rules
from tao_lab.neurons.work import Subnet
from tao_lab.subnets import kind, play
from tao_lab.subnets.play import ask
from tao_lab.subnets.stress import Stress

TO_FILL_IN = "_" * 40  # space for a name, written by hand
SEEDS, ROUNDS = 3, 6
FAR = 1_000_000  # distance between the first tasks of two seeds
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body{{font-family:system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}</style></head>
<body><main><h1>{title}</h1><p>Name: {author}</p>{body}</main></body></html>
"""


@dataclass(frozen=True)
class Robustness:
    """A subnet's robustness, measured.

    Attributes:
        title: of the page.
        honest: mean score of the honest miner, for each seed.
        cheat: name and mean score of the best cheater among the kind's own, over all seeds.
        spread: standard deviation of the honest miner's score from task to task.
        tasks: number of tasks that show the difference of the two; None if no number is enough.
        work_seconds: mean time of an honest answer.
        check_seconds: mean time to make a task and to score one answer.
        stress: result of the search.
        weakness: the weakness that the subnet declares.
        file: the file of the page.
        author: the author's name; if empty, the page has space for it.
    """

    title: str
    honest: tuple[float, ...]
    cheat: tuple[str, float]
    spread: float
    tasks: int | None
    work_seconds: float
    check_seconds: float
    stress: Stress
    weakness: str
    file: Path
    author: str = ""

    @property
    def cards(self) -> tuple[Card, ...]:
        """The page's parts."""
        name, score = self.cheat
        mean = statistics.fmean(self.honest)
        first = Grid(
            [
                ["honest, seed by seed", ", ".join(f"{value:.3f}" for value in self.honest)],
                ["honest, mean", f"{mean:.3f}"],
                ["largest difference between seeds", f"{max(self.honest) - min(self.honest):.3f}"],
                [f"best cheater of the kind's own: {name}", f"{score:.3f}"],
                ["margin", f"{mean - score:.3f}"],
            ]
        )
        asked = "no number of tasks is enough" if self.tasks is None else f"{self.tasks:,} tasks"
        second = Grid(
            [
                ["an honest answer takes", f"{self.work_seconds * 1e3:.1f} ms"],
                ["a task and a check take", f"{self.check_seconds * 1e3:.1f} ms"],
                ["check, in parts of the work", f"{self.check_seconds / max(self.work_seconds, 1e-9):.2f}"],
                ["spread of honest scores from task to task", f"{self.spread:.3f}"],
                ["to tell honest work from that cheater", asked],
            ]
        )
        said = Text(f"Declared weakness: {self.weakness} Seed of all tasks: {self.stress.seed}.")
        ahead = mean > score
        return (
            Card(
                "right" if ahead else "wrong",
                "Honest work is ahead" if ahead else "Cheating is ahead",
                self.title,
                (first, said),
            ),
            card_of(self.stress),
            Card("info", "Cost of validation", "on this machine", (second,)),
        )

    @property
    def summary(self) -> Card:
        """The report in three lines, for the notebook."""
        mean = statistics.fmean(self.honest)
        rows = [
            ["margin of honest work", f"{mean - self.cheat[1]:.3f}", f"over {self.cheat[0]}, {len(self.honest)} seeds"],
            [
                "ways to cheat found",
                str(len(self.stress.cheap)),
                ", ".join(f.strategy for f in self.stress.cheap) or "none",
            ],
            [
                "tasks to be sure",
                "none is enough" if self.tasks is None else f"{self.tasks:,}",
                "two standard errors apart",
            ],
        ]
        good = mean > self.cheat[1] and not self.stress.cheap
        said = Text(f"The whole page, to hand in: `{self.file.name}`, beside this notebook.")
        return Card(
            "right" if good else "wrong", "Robust" if good else "Not yet robust", self.title, (Grid(rows), said)
        )

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()

    def __repr__(self) -> str:
        return repr(self.summary)


def hand_in(
    work: Subnet | str,
    file: str | Path = "robustness.html",
    *,
    author: str = "",
    seed: int = 0,
    **options: int,
) -> Robustness:
    """Measure a subnet and write the page.

    Args:
        work: a subnet; a kind's name; or a file of your own that ends in `subnet = …`.
        file: file for the page; an existing one is replaced.
        author: your name, for the page; without it the page has space to write it.
        seed: of all tasks.
        options: `tasks` and `budget` of the stress test.

    Raises:
        LabError: there is no such kind, or the page cannot be written.
        BadRule: the kind's own rule failed.
    """
    subnet = kind(work) if isinstance(work, str) else work
    miners = subnet.miners()
    honest = next(iter(miners))
    means: dict[str, list[float]] = {name: [] for name in miners}
    for number in range(SEEDS):
        table = play(subnet, rounds=ROUNDS, seed=seed + FAR * number).set_index("miner")
        for name in miners:
            means[name].append(float(table.score[name]))
    cheat = max(
        (name for name in miners if name != honest), key=lambda name: statistics.fmean(means[name]), default=honest
    )
    scores, work_seconds, check_seconds = _timed(subnet, seed + FAR * SEEDS)
    spread = statistics.pstdev(scores)
    found = stressed(subnet, options.get("tasks", TASKS), options.get("budget", BUDGET), seed)
    best = statistics.fmean(means[cheat])
    result = Robustness(
        title=subnet.title,
        honest=tuple(means[honest]),
        cheat=(cheat, best),
        spread=spread,
        tasks=reference.tasks_needed(statistics.fmean(means[honest]), best, spread),
        work_seconds=work_seconds,
        check_seconds=check_seconds,
        stress=found,
        weakness=subnet.weakness,
        file=Path(file),
        author=author,
    )
    return _written(result)


def _timed(subnet: Subnet, seed: int) -> tuple[list[float], float, float]:
    """Honest scores of some tasks, and the mean seconds of the work and of the check."""
    honest = next(iter(subnet.miners().values()))
    scores, work, check = [], 0.0, 0.0
    for number in range(ROUNDS):
        begin = time.perf_counter()
        asked = rules.make_round(subnet, seed + number)
        made = time.perf_counter()
        answer = ask(honest, asked.task)
        worked = time.perf_counter()
        (score,) = rules.score(subnet, asked, [answer])
        scores.append(score.value)
        work, check = work + worked - made, check + made - begin + time.perf_counter() - worked
    return scores, work / ROUNDS, check / ROUNDS


def page_of(title: str, author: str, cards: Iterable[Card]) -> str:
    """The page's HTML: the author, then the parts."""
    body = "\n".join(f"<section>{card._repr_html_()}</section>" for card in cards)
    return PAGE.format(title=escape(f"Robustness report: {title}"), author=escape(author or TO_FILL_IN), body=body)


def _written(result: Robustness) -> Robustness:
    try:
        result.file.write_text(page_of(result.title, result.author, result.cards), encoding="utf-8")
    except OSError as error:
        raise LabError(f"{result.file}: cannot be written ({error.strerror}); name another file") from error
    return result
