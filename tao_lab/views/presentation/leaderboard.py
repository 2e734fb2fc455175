"""Who earns what in a class? Eight students on a chain of their own, epoch by epoch."""

from __future__ import annotations

from tao_lab.views.boards import ranks
from tao_lab.views.boards.cells import unbroken
from tao_lab.views.boards.classroom import EPOCHS, LATE, STUDENTS, demo_class
from tao_lab.views.panel import Chart, Choice, Picture, Settings, Slider
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step


def page() -> Page:
    """The dashboard."""
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
        story=(
            Step(
                "Each student has joined with 100 τ from the faucet. Seats and stake are paid from it.",
                {"epoch": 0, "name": "Hana"},
                "Three miners have paid 1 τ for a seat. Who bought α early gains as soon as others buy.",
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


def draw(settings: Settings, since: Settings | None) -> Picture:
    """The class after some epochs."""
    del since
    epochs, name, unit = demo_class().to(settings["epoch"]), settings["name"], settings["unit"]
    lines, gains, work = ranks.lines_title(unit), ranks.gains_title(epochs), ranks.work_title(epochs)
    now = ", ".join(f"{one.rank} {one.name} {ranks.gain_text(one.gain)}" for one in epochs[-1])
    charts = {
        "lines": Chart(lines, f"{lines}. Now: {now}.", ranks.lines_table(epochs, name, unit)),
        "gains": Chart(gains, f"{gains}. {now}.", ranks.gains_table(epochs, name)),
        "work": Chart(work, f"{work}. Two bars for each student.", ranks.work_table(epochs)),
    }
    details = (
        "The class runs in this process, on tao_lab.classroom: students join by name, the faucet gives 100 τ each, "
        "and the leaderboard is the room's own. " + " ".join(f"{name} {plan.does}." for name, plan in STUDENTS.items())
    )
    return Picture(
        unbroken(ranks.sentence(epochs, name)), charts, {"epoch": f"{settings['epoch']} of {EPOCHS}"}, details
    )
