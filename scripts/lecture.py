"""Walks through a lecture with all dashboards, as a speaker does it with a remote, and leaves pictures of it.

It begins on the start page, opens one dashboard after the other, presses Page Down through each story, and goes on by
the menu. Each step is a picture of 1280 × 720, as a projector shows it. `--dark` is for a dark room, `--size hd` or
`--size phone` for another screen; `--only network` walks one dashboard. The browser cannot reach any other machine.

Run `python scripts/lecture.py /tmp/lecture` and look at the pictures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tao_lab import headings, paths
from tao_lab.bench import _browser
from tao_lab.headings import Heading

SIZES = {"projector": (1280, 720), "hd": (1920, 1080), "tablet": (820, 1180), "phone": (390, 844)}


def lecture(folder: Path, chosen: list[Heading], size: str, dark: bool) -> list[Path]:
    """Walk through it.

    Args:
        folder: for the pictures.
        chosen: the dashboards, in order.
        size: of the screen, one of `SIZES`.
        dark: as where the system asks for dark pages.

    Returns:
        The pictures, in order.

    Raises:
        RuntimeError: a page asked another machine for something, or its script failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures: list[Path] = []

    def keep(name: str) -> None:
        pictures.append(folder / f"{len(pictures):02}-{name}.png")
        # a page on a table or in a hand is scrolled: its picture shows all of it
        visit.page.screenshot(path=pictures[-1], full_page=size in ("tablet", "phone"))
        print(pictures[-1])

    with _browser.voila(paths.LABS / "dashboards") as address, _browser.open_browser(*SIZES[size]) as visit:
        visit.page.emulate_media(color_scheme="dark" if dark else "light")
        visit.page.goto(address)
        visit.page.wait_for_selector("text=Dashboards")
        keep("start")
        for number, dashboard in enumerate(chosen):
            if number:
                visit.page.click("text=☰ Pages")
            visit.page.click(f"a >> text={dashboard.title}")
            visit.page.wait_for_selector(f"h1:text-is({dashboard.title!r}) >> visible=true")
            visit.page.wait_for_selector("[data-painted]:not([aria-busy=true])")
            keep(dashboard.name)
            for step in range(1, int(visit.page.get_attribute(".tl-story", "data-steps")) + 1):
                press(visit.page, "PageDown")
                keep(f"{dashboard.name}-{step}")
            visit.page.evaluate("document.querySelector('.tl-closer').scrollIntoView()")
            keep(f"{dashboard.name}-closer")
            visit.page.evaluate("scrollTo(0, 0)")
        if visit.refused or visit.errors:
            raise RuntimeError(f"asked of other machines: {visit.refused}; errors on the pages: {visit.errors}")
    return pictures


def press(page: Any, key: str) -> None:
    """Press a key of the story and wait until the step is told and its charts are painted."""
    before = page.get_attribute(".tl-story", "data-step")
    page.keyboard.press(key)
    page.wait_for_function("before => document.querySelector('.tl-story').dataset.step !== before", arg=before)
    page.wait_for_selector(".tl-stage[aria-busy=false]")


def main() -> int:
    """Walk into the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [each.name for each in headings.dashboards()]
    parser.add_argument("pictures", type=Path, help="folder for the pictures; it is made")
    parser.add_argument("--only", action="append", choices=names, help="a dashboard, more than once for more")
    parser.add_argument("--size", choices=SIZES, default="projector", help="the screen")
    parser.add_argument("--dark", action="store_true", help="pages for a dark room")
    asked = parser.parse_args()
    chosen = [each for each in headings.dashboards() if not asked.only or each.name in asked.only]
    pictures = lecture(asked.pictures, chosen, asked.size, asked.dark)
    print(f"{len(pictures)} pictures in {asked.pictures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
