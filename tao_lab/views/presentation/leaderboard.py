"""Who earns what in a class? Eight students on their own chain, epoch by epoch."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache

from tao_lab.paths import WATCHED_CLASS
from tao_lab.views.boards import ranks
from tao_lab.views.boards.cells import unbroken
from tao_lab.views.boards.classroom import EPOCHS, LATE, STUDENTS, ClassWatch, demo_class
from tao_lab.views.panel import Chart, Choice, Picture, Settings, Slider
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step

MOST_CHOICES = 8  # students to choose from: as many as fit beside the other controls


def page(demo: bool = False) -> Page:
    """The dashboard of the class named in the environment, or of the page's own example class.

    Args:
        demo: whether to show the example class in any case.
    """
    if not demo and (url := os.environ.get(WATCHED_CLASS, "")):
        return watching(watched(url))
    return Page(
        name="leaderboard",
        title="Who earns what in a class?",
        about="Eight students mine, validate, wait or do nothing on a chain of their own: see who gets ahead, and why.",
        controls=(
            Slider("epoch", "Epochs", 0, EPOCHS, 1, 8),
            Choice("name", "Look at", tuple((name, name) for name in STUDENTS), "Chen"),
            Choice("unit", "Draw", (("gain", "gain"), ("rank", "place")), "gain"),
        ),
        specs={
            "lines": ranks.lines_spec(PROJECTOR),
            "gains": ranks.gains_spec(PROJECTOR),
            "work": ranks.work_spec(PROJECTOR),
        },
        payoff="lines",
        beside=("gains", "work"),
        draw=draw,
        presets=(
            PresetRow("After", tuple(Preset(f"{count} epochs", {"epoch": count}) for count in (2, LATE, EPOCHS))),
            PresetRow("A miner", tuple(Preset(name, {"name": name}) for name in ("Chen", "Emil", "Fay"))),
        ),
        plays="epoch",
        story=(
            Step(
                "Each student has joined with 100 τ from the faucet. Seats and stake are paid from it.",
                {"epoch": 0, "name": "Hana"},
                "Three miners have paid 1 τ for a seat. Anyone who bought α early gains as soon as others buy.",
            ),
            Step(
                "Ada's 90 τ of stake earn most of the validators' pay from the first epoch on.",
                {"epoch": 4, "name": "Ada"},
                "Validators are paid for stake and for judging like the others do (labs 05 and 06).",
            ),
            Step(
                "Chen has nothing but good work, and climbs.",
                {"epoch": 6, "name": "Chen"},
                "Chen's incentive follows from what Ada and Ben say of the work, with an error of 5 %.",
            ),
            Step(
                f"Fay mines as well as Chen, but joins only in epoch {LATE}.",
                {"epoch": 10, "name": "Fay"},
                "One epoch later Fay earns as much as Chen. The others' part shrinks: the pay is one cake.",
            ),
            Step(
                "Gil does no work, and is second all the same.",
                {"epoch": EPOCHS, "name": "Gil"},
                "Gil bought α on Ada's hotkey: most of Ada's dividends on that stake are Gil's. Is that fair?",
            ),
            Step(
                "Hana did nothing, and has lost nothing but time.",
                {"epoch": EPOCHS, "name": "Hana", "unit": "rank"},
                "With a class of your own: `tao-lab node class.db --class`. Its desk and projector page show the same "
                "leaderboard, as it is now (docs/class.md).",
            ),
        ),
    )


LEADER = ""  # no student has this name


@cache
def watched(url: str) -> ClassWatch:
    """The class of a node, watched once for all readers."""
    return ClassWatch(url)


def watching(watch: ClassWatch) -> Page:
    """The dashboard of a class on another node; it is updated every five seconds."""

    def look(settings: Settings, since: Settings | None) -> Picture:
        del since
        looks = watch.look()[-settings["back"] :]
        at, epochs = [height for height, _ in looks], [standings for _, standings in looks]
        name = settings["name"] or (epochs[-1][0].name if epochs[-1] else LEADER)
        said = unbroken(ranks.sentence(epochs, name, at[-1]))
        return Picture(said, charts(epochs, name, settings["unit"], at), {})

    names = [one.name for one in watch.looks[-1][1]][:MOST_CHOICES]
    controls = (
        Choice("back", "Look back", ((20, "20 looks"), (100, "100 looks"), (500, "all")), 100),
        Choice("name", "Look at", ((LEADER, "the first"), *((name, name) for name in names)), LEADER),
        Choice("unit", "Draw", (("gain", "gain"), ("rank", "place")), "gain"),
    )
    demo = replace(page(demo=True), plays="", presets=(), story=())
    specs = {**demo.specs, "lines": ranks.lines_spec(PROJECTOR, "block")}
    return replace(demo, specs=specs, controls=controls, draw=look, every=5.0)


def draw(settings: Settings, since: Settings | None) -> Picture:
    """The class after some epochs."""
    del since
    epochs, name, unit = demo_class().to(settings["epoch"]), settings["name"], settings["unit"]
    details = (
        "The class runs in this process, on tao_lab.classroom: students join by name, the faucet gives 100 τ each, "
        "and the leaderboard is the room's own. " + " ".join(f"{name} {plan.does}." for name, plan in STUDENTS.items())
    )
    shown = {"epoch": f"{settings['epoch']} of {EPOCHS}"}
    return Picture(unbroken(ranks.sentence(epochs, name)), charts(epochs, name, unit), shown, details)


def charts(epochs: ranks.Epochs, name: str, unit: str, at: list[int] | None = None) -> dict[str, Chart]:
    """The page's charts.

    Args:
        epochs: standings.
        name: name of the marked student.
        unit: what the lines show.
        at: heights of the standings, for a class on another node.
    """
    since, block = ("epoch", None) if at is None else ("block", at[-1])
    lines, gains, work = ranks.lines_title(unit, since), ranks.gains_title(epochs, block), ranks.work_title(epochs)
    now = ", ".join(f"{one.rank} {one.name} {ranks.gain_text(one.gain)}" for one in epochs[-1]) or "nobody has joined"
    return {
        "lines": Chart(lines, f"{lines}. Now: {now}.", ranks.lines_table(epochs, name, unit, at)),
        "gains": Chart(gains, f"{gains}. {now}.", ranks.gains_table(epochs, name)),
        "work": Chart(work, f"{work}. Two bars for each student.", ranks.work_table(epochs)),
    }
