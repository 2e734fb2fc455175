"""Why can nobody change the past? Real blocks, one changed bit, and what a reader finds."""

from __future__ import annotations

import altair as alt

from tao_lab.views.boards import past
from tao_lab.views.boards.cells import cells_spec, cells_table, said, unbroken
from tao_lab.views.panel import Chart, Choice, Picture, Settings, Slider
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step


def page() -> Page:
    """The dashboard."""
    return Page(
        name="chain",
        title="Why can nobody change the past?",
        about="Change one bit of one payment in a chain of real blocks, and see who notices.",
        controls=(
            Slider("block", "Changed block", past.FIRST - 1, past.LAST, 1, past.FIRST - 1),
            Choice("how", "The forger", tuple(past.HOW.items()), "change"),
        ),
        specs={
            "chain": cells_spec(alt.NamedData("rows"), past.rows(), PROJECTOR),
            "bits": past.bits_spec(PROJECTOR),
        },
        payoff="chain",
        beside=("bits",),
        draw=draw,
        presets=(PresetRow("Change", (Preset("nothing", {"block": past.FIRST - 1}), Preset("block 4", {"block": 4}))),),
        story=(
            Step(
                "Each block carries a payment, its own name, and the name of the block before it.",
                {},
                "A name is a hash: 32 bytes that follow from everything in the block's header.",
            ),
            Step(
                "Somebody who owns the computer changes one bit of block 4.",
                {"block": 4},
                "Ask the room: what else must they change to hide it? The first check fails in the block itself.",
            ),
            Step(
                "They mend that block: now the next block names a parent that is gone.",
                {"block": 4, "how": "header"},
                "About half of the bits differ after a change of one bit: a hash has no near misses.",
            ),
            Step(
                "They rewrite all blocks behind it. Every hash fits again.",
                {"block": 4, "how": "all"},
                "And still two things give it away: names that others kept, and a signature that nobody can forge.",
            ),
            Step(
                "The older the payment, the more must be rewritten.",
                {"block": 2, "how": "all"},
                "On the real network authorities vote blocks final, so the true names are kept by many.",
            ),
        ),
    )


def draw(settings: Settings, since: Settings | None) -> Picture:
    """The chain as a reader sees it."""
    del since
    number, how = settings["block"] if settings["block"] >= past.FIRST else 0, settings["how"]
    cells = past.cells(number, how)
    title, bits = past.chain_title(number, how), past.bits_title(number, how)
    charts = {
        "chain": Chart(title, f"{title}. {said(cells)}", cells_table(cells, past.widths())),
        "bits": Chart(bits, f"{bits}. A bar for each block.", past.bits_table(number, how)),
    }
    return Picture(unbroken(past.sentence(number, how)), charts, {"block": str(number) if number else "none"})
