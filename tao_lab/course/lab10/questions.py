"""The *predict first* questions of lab 10; a search, or rounds on the subnet itself, give the answers."""

from __future__ import annotations

from tao_lab.cards import Grid
from tao_lab.course.lab10 import reference, workshop
from tao_lab.course.questions import Finding, Question
from tao_lab.subnets.stress import stress


def few_tasks() -> Finding:
    """What an attacker does with a subnet that has twelve tasks."""
    few = workshop.with_parts(workshop.MENDED, make=workshop.few_tasks)
    rows, scores = [], {}
    for name, subnet in (("twelve maps", few), ("a new map each time", workshop.MENDED)):
        found = stress(subnet, tasks=6, budget=120, only=["cached"])
        scores[name] = found.of("cached").share
        rows.append([name, f"{found.honest:.2f}", f"{found.of('cached').score:.2f}", str(found.of("cached").tries)])
    same = scores["twelve maps"] >= 0.9
    return Finding(
        option=2 if same and scores["a new map each time"] < 0.5 else 0,
        because="Whoever has the program makes the twelve maps at home, solves each once, and looks them up.",
        evidence=(Grid(rows, ("tasks", "honest score", "score by looking up", "tries at home")),),
    )


def lazy_pay() -> Finding:
    """A lazy route's pay with two different scores."""
    rows = []
    lazy = {}
    for name, subnet in (
        ("lazy length / your length", workshop.with_parts(workshop.MENDED, worth=workshop.kind_score)),
        ("what you save of the lazy length", workshop.MENDED),
    ):
        scores = {row["miner"]: row["score"] for row in workshop.duel_rows(subnet)}
        lazy[name] = scores["lazy"] / scores["honest"]
        rows.append([name, f"{scores['honest']:.2f}", f"{scores['lazy']:.2f}", f"{lazy[name]:.0%}"])
    return Finding(
        option=2 if lazy["lazy length / your length"] > 0.9 else 1,
        because="A ratio of lengths begins high: the search wins a few per cent, and pay is by score.",
        evidence=(Grid(rows, ("score", "honest", "lazy", "lazy of honest")),),
    )


def hundred_tasks() -> Finding:
    """How the number of tasks grows when the gap is halved."""
    rows = [[f"{gap:.2f}", str(reference.tasks_needed(0.5, 0.5 - gap, 0.3))] for gap in (0.4, 0.2, 0.1, 0.05)]
    first, second = (reference.tasks_needed(0.5, 0.5 - gap, 0.3) or 0 for gap in (0.1, 0.05))
    return Finding(
        option=2 if round(second / first) == 4 else 1,
        because="The error of a mean falls with the root of the number of tasks.",
        evidence=(Grid(rows, ("gap of the means", "tasks")),),
    )


QUESTIONS = (
    Question(
        id="10.A",
        text="A subnet has twelve tasks, asked in random order, and a public program. What does a cheater get?",
        options=(
            "Next to nothing: it never knows which comes",
            "About half of the honest pay",
            "As much as honest work, for none",
        ),
        experiment=few_tasks,
    ),
    Question(
        id="10.B",
        text="A route's score is (a lazy route's length) / (its length). What part of honest pay is a lazy route's?",
        options=("About a tenth", "About half", "More than nine tenths"),
        experiment=lazy_pay,
    ),
    Question(
        id="10.C",
        text="A cheater's mean score comes twice as close to honest work. How many more tasks tell the two apart?",
        options=("The same number", "Twice as many", "Four times as many"),
        experiment=hundred_tasks,
    ),
)
