"""How long from a slider's movement to the repainted charts, in a real browser.

The dashboard runs in Voila. Each key press moves the slider by one step; the clock starts at the browser's input event
and stops in the frame after all Vega views have run. In between lie the way to Python, 21 exact epochs of 256 neurons,
and the way back.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import typer

from tao_lab import paths
from tao_lab.bench import _browser, machine
from tao_lab.datasets import load_metagraph

LIMIT_MS = 100.0
WARM_UP = 5
DASHBOARD = paths.LABS / "dashboards" / "consensus.ipynb"

# Resolves with the milliseconds from the next input event to the painted frame that answers it.
_NEXT_PAINT = """
() => {
  window.tlNext = new Promise((resolve) => {
    let started;
    document.addEventListener("input", (event) => { started = event.timeStamp; }, { capture: true, once: true });
    document.addEventListener("tl-painted", () => resolve(performance.now() - started), { once: true });
  });
}
"""


@dataclass(frozen=True)
class SliderTiming:
    """Milliseconds of each change.

    Attributes:
        neurons: of the subnet.
        changes: ms from input event to painted frame.
    """

    neurons: int
    changes: tuple[float, ...]

    @property
    def median(self) -> float:
        """Of all changes, ms."""
        return statistics.median(self.changes)

    @property
    def p95(self) -> float:
        """Only one change in twenty took longer, ms."""
        return statistics.quantiles(self.changes, n=20, method="inclusive")[-1]

    @property
    def within_limit(self) -> bool:
        """Whether median and p95 are under 100 ms."""
        return max(self.median, self.p95) < LIMIT_MS


def measure(changes: int = 60) -> SliderTiming:
    """Move the dashboard's slider with the keyboard and wait for each repainted chart.

    Args:
        changes: how many are measured, at least 2, after five that are not.

    Raises:
        LabError: no Playwright, no Chromium, or the server does not start.
        ValueError: fewer than two changes.
    """
    if changes < 2:
        raise ValueError(f"changes is {changes}; allowed: 2 or more")
    taken: list[float] = []
    with _browser.voila(DASHBOARD) as address, _browser.open_browser() as visit:
        page = visit.page
        page.goto(address)
        page.wait_for_selector("[data-painted]")
        page.focus('[data-setting="liar_percent"]')
        for number in range(WARM_UP + changes):
            # Up and down across the 50 % at which everything changes.
            key = "ArrowRight" if number // 20 % 2 == 0 else "ArrowLeft"
            page.evaluate(_NEXT_PAINT)
            page.keyboard.press(key)
            taken.append(page.evaluate("() => window.tlNext"))
    return SliderTiming(load_metagraph().n, tuple(taken[WARM_UP:]))


def run(changes: int = 60) -> bool:
    """Measure and print; true if within the limit."""
    timing = measure(changes)
    verdict = "within" if timing.within_limit else "over"
    typer.echo(f"machine: {machine.describe()}")
    typer.echo(
        f"slider to repainted charts, {timing.neurons} neurons, {len(timing.changes)} changes: "
        f"median {timing.median:.0f} ms, p95 {timing.p95:.0f} ms, limit {LIMIT_MS:.0f} ms ({verdict} the limit)"
    )
    return timing.within_limit
