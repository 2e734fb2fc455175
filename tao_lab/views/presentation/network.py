"""What happens on a running network? New blocks, prices and TAO, on a chain in this process."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache

import altair as alt

from tao_lab.paths import WATCHED_CLASS
from tao_lab.views.boards import network
from tao_lab.views.boards.cells import cells_spec, cells_table, said, unbroken
from tao_lab.views.boards.running import BLOCKS, POOLS, TRADES, TRADES_FROM, Moment, running
from tao_lab.views.boards.watching import Watch, netuids_of
from tao_lab.views.panel import Chart, Choice, Picture, Settings, Slider
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step


def page(demo: bool = False) -> Page:
    """The dashboard of the class named in the environment, or of the page's own three subnets.

    Args:
        demo: whether to show the three subnets in any case.
    """
    if not demo and (watch := watched()) is not None:
        return watching(watch)
    return Page(
        name="network",
        title="What happens on a running network?",
        about="Three subnets run block by block: watch prices, new TAO and pay while somebody trades.",
        controls=(
            Slider("block", "Blocks", 0, BLOCKS, 1, 30),
            Choice("trade", "A trader", tuple(TRADES.items()), "buy"),
            Choice("subnet", "Who earns on", tuple((label, label) for label in POOLS), "A"),
        ),
        specs={
            "prices": network.prices_spec(PROJECTOR),
            "shares": network.shares_spec(PROJECTOR),
            "blocks": cells_spec(alt.NamedData("rows"), network.block_rows(), PROJECTOR),
            "people": network.people_spec(PROJECTOR),
        },
        payoff="prices",
        beside=("shares", "blocks"),
        closer=("people",),
        draw=draw,
        presets=(
            PresetRow(
                "Trader",
                (
                    Preset("nobody", {"trade": "none", "block": 40}),
                    Preset("buys A", {"trade": "buy", "block": 40}),
                    Preset("sells A", {"trade": "sell", "block": 40}),
                ),
            ),
        ),
        plays="block",
        story=(
            Step(
                "Three subnets, and a block comes. On the real network one comes every 12 seconds.",
                {"block": 1, "trade": "none"},
                "This is a chain in this computer, by the real rules. Press ▶, or move the slider.",
            ),
            Step(
                "Every block brings new TAO. It goes into the subnets' pools, by their prices.",
                {"block": 10, "trade": "none"},
                "Nobody is paid TAO. People are paid in each subnet's own alpha.",
            ),
            Step(
                "Once every 10 blocks a subnet's epoch pays its people.",
                {"block": 20, "trade": "none"},
                "On the real network it is 360 blocks, 72 minutes. The table shows when validators set weights; "
                "the chart further down shows who earns.",
            ),
            Step(
                f"After {TRADES_FROM - 1} quiet blocks somebody buys A's alpha in every block. The price climbs.",
                {"block": 40, "trade": "buy"},
                "Ask the room: does the share of new TAO climb as fast?",
            ),
            Step(
                "The trader has stopped. The price stays, and the share still rises.",
                {"block": 60, "trade": "buy"},
                "Shares go by a moving price. Here it moves fast; on the real network it takes months, so that "
                "nobody can buy a subnet's share for a day.",
            ),
            Step(
                "The same trader sells: the other subnets gain what A loses.",
                {"block": 60, "trade": "sell"},
                "The new TAO of a block is one cake. Lab 07 computes the shares, lab 08 the price.",
            ),
        ),
    )


@cache
def watched() -> Watch | None:
    """The class of the node named in the environment, if there is one."""
    url = os.environ.get(WATCHED_CLASS, "")
    return Watch.of_node(url) if url else None


def watching(watch: Watch) -> Page:
    """The dashboard of another network; it is updated every two seconds.

    In a notebook, for your own network or a class that you have joined: `Stage(watching(Watch.of(net)))`.
    """

    def look(settings: Settings, since: Settings | None) -> Picture:
        del since
        moments, labels = watch.look()[-settings["back"] - 1 :], watch.labels()
        subnet = settings["subnet"] if settings["subnet"] in labels else min(labels, default=0)
        return Picture(unbroken(network.sentence(moments, labels)), charts(moments, labels, subnet), {})

    demo = replace(page(demo=True), plays="", presets=(), story=())
    subnets = tuple((netuid, f"subnet {netuid}") for netuid in netuids_of(watch)) or ((0, "no subnet yet"),)
    controls = (
        Choice("back", "Look back", ((20, "20 blocks"), (60, "60 blocks"), (200, "200 blocks")), 60),
        Choice("subnet", "Who earns on", subnets, subnets[0][0]),
    )
    return replace(demo, controls=controls, draw=look, every=2.0)


def draw(settings: Settings, since: Settings | None) -> Picture:
    """The network's blocks up to this one."""
    del since
    run = running(settings["trade"])
    moments, labels = run.to(settings["block"]), run.labels()
    netuid = next(netuid for netuid, label in labels.items() if label == settings["subnet"])
    shown = {"block": f"{settings['block']} of {BLOCKS}"}
    return Picture(unbroken(network.sentence(moments, labels)), charts(moments, labels, netuid), shown)


def charts(moments: list[Moment], labels: network.Labels, netuid: int) -> dict[str, Chart]:
    """The page's charts, of any network's blocks."""
    prices, shares = network.prices_title(moments, labels), network.shares_title(moments)
    cells, people = network.blocks_cells(moments, labels), network.people_title(moments[-1], netuid, labels)
    bars = network.shares_table(moments, labels)
    parts = ", ".join(f"{name} {text}" for name, text in zip(bars["subnet"], bars["text"], strict=True))
    paid = network.people_table(moments[-1], netuid)
    each = ", ".join(f"{name} {alpha:.2f}" for name, alpha in zip(paid["name"], paid["alpha"], strict=True))
    return {
        "prices": Chart(prices, f"{prices}. A line for each subnet.", network.prices_table(moments, labels)),
        "shares": Chart(shares, f"{shares}: {parts}.", bars),
        "blocks": Chart("The newest blocks", f"The newest blocks. {said(cells)}", cells_table(cells, network.WIDTHS)),
        "people": Chart(people, f"{people}. {each}.", paid),
    }
