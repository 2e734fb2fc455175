"""What can go wrong, and which rule helps? Five attacks that ran on a chain, with a rule off and on."""

from __future__ import annotations

from collections.abc import Callable

from tao_lab.simulate.duels import DUELS, fight
from tao_lab.views.boards import attacks
from tao_lab.views.boards.cells import unbroken
from tao_lab.views.panel import Chart, Choice, Picture, Settings, Slider
from tao_lab.views.presentation.page import PROJECTOR, Again, Page, Preset, PresetRow, Step

SHORT = {
    "clique": "pays its own miner",
    "cartel": "cartel",
    "copier": "copies weights",
    "false seats": "false seats",
    "sandwich": "sandwich",
}


def page() -> Page:
    """The dashboard."""
    return Page(
        name="attacks",
        title="What can go wrong, and which rule helps?",
        about="Five attacks on a running chain, each with a rule off and on, side by side.",
        controls=(
            Slider("strength", "Strength", 0, attacks.MOST - 1, 1, place("clique", 49)),
            Choice("attack", "Attack", tuple(SHORT.items()), "clique"),
        ),
        specs={
            "bars": attacks.bars_spec(PROJECTOR),
            "lines": attacks.lines_spec(PROJECTOR),
            "epochs": attacks.epochs_spec(PROJECTOR),
        },
        payoff="bars",
        beside=("lines",),
        closer=("epochs",),
        draw=draw,
        again=Again("Run it on a chain", run_again),
        presets=(
            PresetRow("It pays its own miner, with", stakes("clique", 33, 49, 51, 60)),
            PresetRow("A cartel, with", stakes("cartel", 33, 49, 51, 61)),
        ),
        story=(
            Step(
                "A validator with 49 % of the stake pays its own miner, which does nothing.",
                at("clique", 49),
                "Without clipping (kappa 1 %) it gets as much of the pay as it has of the stake. "
                "Yuma Consensus cuts it to nothing.",
            ),
            Step(
                "Two per cent more, and the same rule gives it everything.",
                at("clique", 51),
                "Consensus is what the majority says. A majority that lies is the consensus. "
                "So the claim that the rule filters out malicious scores needs a number: below kappa.",
            ),
            Step(
                "Then let us raise kappa to 60 %.",
                at("cartel", 51),
                "The cartel gets nothing, and honest miners get nothing either: neither side has 60 %.",
            ),
            Step(
                "A validator copies others' weights and saves the work. Sealing them makes it late.",
                at("copier", 30),
                "Sealed weights are opened an epoch later. It costs the copier only where miners really change: "
                "move the slider to 0.",
            ),
            Step(
                "One miner, one answer, sixteen seats.",
                at("false seats", 16),
                "Validators that compare answers give all of them the weight of one. No rule of the chain does that.",
            ),
            Step(
                "An order that others can read is surrounded: buy before it, sell behind it.",
                at("sandwich", 1_000),
                "Encrypted, the order cannot be read, so there is nothing to surround. Lab 09 prices all of these.",
            ),
        ),
    )


def place(attack: str, strength: int) -> int:
    """The slider's position for a strength."""
    return DUELS[attack].strengths.index(strength)


def at(attack: str, strength: int) -> dict[str, object]:
    """Settings of an attack and its strength."""
    return {"attack": attack, "strength": place(attack, strength)}


def stakes(attack: str, *percents: int) -> tuple[Preset, ...]:
    """Buttons for shares of all stake."""
    return tuple(Preset(f"{percent} %", at(attack, percent)) for percent in percents)


def draw(settings: Settings, since: Settings | None) -> Picture:
    """Attacker and honest participant, with the rule off and on, from the stored runs with seed 0."""
    del since
    return picture(attacks.Both.of(settings["attack"], settings["strength"]))


def run_again(settings: Settings, seed: int, tell: Callable[[float], None]) -> Picture:
    """The same with another seed, on two new chains."""
    both = attacks.Both.of(settings["attack"], settings["strength"])
    done = 0

    def watch(_: int, epochs: int) -> None:
        nonlocal done
        done += 1
        tell(done / (2 * epochs))

    fights = {on: fight(both.duel, both.strength, on, seed, watch) for on in attacks.SIDES}
    return picture(attacks.Both(both.duel, both.strength, fights), f"Just run with seed {seed}. ")


def picture(both: attacks.Both, before: str = "") -> Picture:
    """The picture for two runs.

    Args:
        both: the runs.
        before: text before the sentence.
    """
    lines, epochs = attacks.lines_title(both), attacks.epochs_title(both)
    charts = {
        "bars": Chart(
            attacks.bars_title(both), attacks.bars_alt(both), attacks.bars_table(both), {"whole": attacks.whole(both)}
        ),
        "lines": Chart(lines, f"{lines}. A line with the rule off and one with it on.", attacks.lines_table(both)),
        "epochs": Chart(epochs, f"{epochs}.", attacks.epochs_table(both)),
    }
    details = (
        f"Attacker: per cent {both.duel.attacker}. Honest: per cent {both.duel.honest}. Dashed line: what an honest "
        "one would get in the attacker's place. Each point of the lines is a network that ran in tao_lab.simulate with "
        "seed 0; the button runs the two networks of the bars once more, with another seed."
    )
    return Picture(
        unbroken(before + attacks.sentence(both)), charts, {"strength": attacks.strength_text(both)}, details
    )
