"""`stress`: each strategy searches; then all of them and the honest miner answer tasks that no strategy has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from tao_lab.errors import LabError
from tao_lab.neurons import rules
from tao_lab.neurons.work import Answer, Forward, Round, Subnet
from tao_lab.subnets.play import ask
from tao_lab.subnets.stress import strategies
from tao_lab.subnets.stress.practice import Practice, seed_of

CHEAP = 0.9  # a strategy without work that reaches this share of the honest score is a way to cheat
SEATS = 3  # of a group that does the work once
LATE = 0.95  # of the time that a task allows
SMALLEST = 0.01  # an honest score below this is too small to compare with

SEARCHES: Mapping[str, Callable[[Practice, Random], strategies.Found]] = {
    "constant": strategies.constant,
    "template": strategies.template,
    "cached": strategies.cached,
    "imitate": strategies.imitate,
}
# strategies that use honest work: the part that they do themselves, and why no scoring rule can stop them
SHARED: Mapping[str, tuple[float, str]] = {
    "copy": (0.0, "sends the honest miner's answer, later; signed requests and a task for each miner close this"),
    "collude": (1 / SEATS, f"{SEATS} seats send one answer; a task for each seat, and the price of a seat, close this"),
    "slow": (1.0, f"answers in the last {1 - LATE:.0%} of the time; a score that falls with time closes this"),
}
STRATEGIES = (*SEARCHES, *SHARED)


@dataclass(frozen=True)
class Finding:
    """The result of one strategy.

    Attributes:
        strategy: its name, one of `STRATEGIES`.
        score: mean on the tasks that it had not seen, 0 to 1.
        share: of the honest miner's score.
        work: part of the honest work that it does for each answer; 0 if it does no honest work.
        tries: tasks made and answers scored in practice.
        seconds: mean time for an answer, on this machine.
        words: what it does, in words.
        cheap: whether it scores like the honest miner without any honest work.
    """

    strategy: str
    score: float
    share: float
    work: float
    tries: int
    seconds: float
    words: str
    cheap: bool


@dataclass(frozen=True)
class Stress:
    """The result of the search.

    Attributes:
        kind: of work.
        tasks: number of tasks on which scores are measured.
        budget: of each strategy, tasks made and answers scored.
        seed: of everything random.
        honest: mean score of the honest miner.
        honest_seconds: mean time that it takes for an answer.
        declared: name of the cheater that the kind declares.
        declared_score: its mean score.
        findings: one a strategy, the best first.
        failures: answers in the right form on which the kind's own rule failed; a validator scores them 0.
    """

    kind: str
    tasks: int
    budget: int
    seed: int
    honest: float
    honest_seconds: float
    declared: str
    declared_score: float
    findings: tuple[Finding, ...]
    failures: int = 0

    @property
    def cheap(self) -> tuple[Finding, ...]:
        """The ways to score without work."""
        return tuple(finding for finding in self.findings if finding.cheap)

    def of(self, strategy: str) -> Finding:
        """One strategy's finding."""
        return next(finding for finding in self.findings if finding.strategy == strategy)

    @property
    def sentence(self) -> str:
        """The result in words."""
        if self.honest < SMALLEST:
            return f"The honest miner scores {self.honest:.2f}: there is nothing to compare with."
        if not self.cheap:
            best = max((f for f in self.findings if f.strategy in SEARCHES), key=lambda f: f.score)
            return (
                f"No strategy without work reaches {CHEAP:.0%} of the honest score within this budget; the nearest is "
                f"{best.strategy}, with {best.share:.0%}."
            )
        best = max(self.cheap, key=lambda finding: finding.score)
        scores = f"{best.score:.2f} without the work, the honest miner {self.honest:.2f}"
        return f"{best.strategy} scores {scores}: it {best.words}."

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {**asdict(self), "findings": [asdict(finding) for finding in self.findings], "sentence": self.sentence}


def stress(
    work: Subnet | str,
    tasks: int = 10,
    budget: int = 800,
    seed: int = 0,
    only: Sequence[str] = STRATEGIES,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Stress:
    """Search for cheap ways to score.

    Args:
        work: a kind of work, its name, or a file, as `tao_lab.subnets.kind` takes it.
        tasks: on which the found miners are measured; none of them is used in the search.
        budget: tasks that each strategy may make, and answers that it may score, together.
        seed: the same seed finds the same, apart from seconds.
        only: names of the strategies to run; by default all.
        progress: called with the number of units spent and their maximum.

    Raises:
        LabError: a number is too small, or there is no such strategy or kind.
        BadRule: the kind's own rule raised an error, or did not return scores from 0 to 1.
    """
    from tao_lab.subnets import kind

    if tasks < 1 or budget < 1:
        raise LabError(f"tasks: {tasks}, budget: {budget}; allowed: at least one of each")
    if unknown := set(only) - set(STRATEGIES):
        raise LabError(f"strategy is {min(unknown)!r}; allowed: {', '.join(STRATEGIES)}")
    subnet = kind(work) if isinstance(work, str) else work
    searching = [name for name in SEARCHES if name in only]
    total, done = len(searching) * budget + tasks, 0

    def step(count: int = 1) -> None:
        nonlocal done
        done += count
        progress(done, total)

    first = rules.make_round(subnet, seed_of("first", seed, 0))
    rules.score(
        subnet, first, [ask(next(iter(rules.miners(subnet).values())), first.task)]
    )  # a rule that fails is said
    made: dict[int, Round] = {}
    found: dict[str, tuple[strategies.Found, int]] = {}
    failures = 0
    for name in searching:
        practice = Practice(subnet, budget, seed, made, step)
        found[name] = (SEARCHES[name](practice, Random(f"{name} {seed}")), practice.spent)
        failures += practice.failures
        step(budget - practice.spent)
    measured = _measured(subnet, tasks, budget, seed, [name for name in STRATEGIES if name in only], found, step)
    return replace(measured, failures=failures)


def _measured(
    subnet: Subnet,
    tasks: int,
    budget: int,
    seed: int,
    names: Sequence[str],
    found: Mapping[str, tuple[strategies.Found, int]],
    step: Callable[[], None],
) -> Stress:
    miners = rules.miners(subnet)
    honest, declared = next(iter(miners.values())), miners.get(subnet.exploit, next(iter(miners.values())))
    who = ["honest", "declared", *names]
    scores: dict[str, list[float]] = {name: [] for name in who}
    seconds: dict[str, list[float]] = {name: [] for name in who}
    for number in range(tasks):
        asked = rules.make_round(subnet, seed_of("measured", seed, number))
        answers = {"honest": ask(honest, asked.task), "declared": ask(declared, asked.task)}
        for name in names:
            answers[name] = _answer(name, found, asked, answers["honest"])
        alone = [name for name in who if name != "collude"]
        values, _ = rules.score_without_failures(subnet, asked, [answers[n] for n in alone], proven=True)
        for name, score in zip(alone, values, strict=True):
            scores[name].append(score.value)
        if "collude" in names:
            group = rules.score(subnet, asked, [answers["collude"]] * SEATS)
            scores["collude"].append(sum(score.value for score in group) / SEATS)
        for name in who:
            seconds[name].append(answers[name].seconds)
        step()

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    base = mean(scores["honest"])
    findings = []
    for name in names:
        own = mean(scores[name])
        share = own / base if base >= SMALLEST else 0.0
        work, words = SHARED[name] if name in SHARED else (0.0, found[name][0].words)
        tries = 0 if name in SHARED else found[name][1]
        cheap = name in SEARCHES and share >= CHEAP
        findings.append(Finding(name, own, share, work, tries, mean(seconds[name]), words, cheap))
    findings.sort(key=lambda finding: (-finding.cheap, -finding.score))
    return Stress(
        kind=subnet.kind,
        tasks=tasks,
        budget=budget,
        seed=seed,
        honest=base,
        honest_seconds=mean(seconds["honest"]),
        declared=subnet.exploit,
        declared_score=mean(scores["declared"]),
        findings=tuple(findings),
    )


def _answer(name: str, found: Mapping[str, tuple[strategies.Found, int]], asked: Round, honest: Answer) -> Answer:
    if name in SHARED:
        wait = {"copy": 1.0, "collude": 0.0, "slow": max(0.0, LATE * asked.task.seconds - honest.seconds)}[name]
        late = honest.seconds + wait > asked.task.seconds
        return (
            Answer(None, asked.task.seconds, "timeout")
            if late
            else Answer(honest.content, honest.seconds + wait, honest.problem)
        )
    forward: Forward | None = found[name][0].forward
    return Answer(None, 0.0, "nothing was found") if forward is None else ask(forward, asked.task)
