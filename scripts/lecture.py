"""Walks through a lecture with all dashboards, as a speaker does it with a remote, and leaves pictures of it.

    .venv/bin/python scripts/lecture.py FOLDER

It begins on the start page, opens one dashboard after the other, presses Page Down through each story, and goes on by
the menu. Each step is a picture of 1280 × 720, as a projector shows it. The browser cannot reach any other machine.
"""

import sys
from pathlib import Path
from typing import Any

from tao_lab import headings, paths
from tao_lab.bench import _browser

WIDTH, HEIGHT = 1280, 720


def lecture(folder: Path) -> list[Path]:
    """Walk through it.

    Args:
        folder: for the pictures.

    Returns:
        The pictures, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures: list[Path] = []

    def keep(name: str) -> None:
        pictures.append(folder / f"{len(pictures):02}-{name}.png")
        visit.page.screenshot(path=pictures[-1])
        print(pictures[-1])

    with _browser.voila(paths.LABS / "dashboards") as address, _browser.open_browser(WIDTH, HEIGHT) as visit:
        visit.page.goto(address)
        visit.page.wait_for_selector("text=Dashboards")
        keep("start")
        for number, dashboard in enumerate(headings.dashboards()):
            if number:
                visit.page.click("text=☰ Pages")
            visit.page.click(f"a >> text={dashboard.title}")
            visit.page.wait_for_selector(f"h1:text-is({dashboard.title!r}) >> visible=true")
            visit.page.wait_for_selector("[data-painted]")
            keep(dashboard.name)
            for step in range(1, int(visit.page.get_attribute(".tl-story", "data-steps")) + 1):
                press(visit.page, "PageDown")
                keep(f"{dashboard.name}-{step}")
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
    if len(sys.argv) != 2:
        print("usage: scripts/lecture.py FOLDER", file=sys.stderr)
        return 2
    pictures = lecture(Path(sys.argv[1]))
    print(f"{len(pictures)} pictures in {sys.argv[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
