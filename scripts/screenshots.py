"""Makes the pictures of the README again, as a browser shows them: the map, a lab in JupyterLab, a dashboard in Voila.

Run `make screenshots`.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tao_lab import paths
from tao_lab.bench import _browser
from tao_lab.work import WorkFolder

IMAGES = paths.ROOT / "docs" / "images"
LAB = paths.LABS / "06-yuma-consensus.ipynb"
DASHBOARD = paths.LABS / "dashboards" / "consensus.ipynb"
MAX_BYTES = 300_000


def dashboard(picture: Path) -> None:
    """The dashboard after somebody moved the liars' stake past the half."""
    with _browser.voila(DASHBOARD) as address, _browser.open_browser(1920, 1080) as visit:
        visit.page.goto(address)
        visit.page.wait_for_selector("[data-painted]:not([aria-busy=true])")
        move_liars(visit.page, 55)
        visit.page.screenshot(path=picture)


def course_map(picture: Path) -> None:
    """The start page of a new student."""
    with TemporaryDirectory() as folder:
        WorkFolder(Path(folder)).update()
        with _browser.jupyterlab(Path(folder)) as address, _browser.open_browser(1280, 1200) as visit:
            visit.page.goto(address.replace("/?", "/lab/tree/start.ipynb?"))
            _browser.run_all_cells(visit.page)
            visit.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
            visit.page.locator("img.tl-picture").screenshot(path=picture)


def lab(picture: Path) -> None:
    """The lab's first cells, run."""
    with TemporaryDirectory() as folder:
        shutil.copy(LAB, folder)
        with _browser.jupyterlab(Path(folder)) as address, _browser.open_browser(1280, 1260) as visit:
            visit.page.goto(address.replace("/?", f"/lab/tree/{LAB.name}?"))
            _browser.run_all_cells(visit.page)
            visit.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
            # JupyterLab draws only the cells that are in view, and running all of them ended at the last one.
            visit.page.evaluate(
                """async () => {
                    const notebook = window.jupyterapp.shell.currentWidget.content;
                    notebook.activeCellIndex = 0;
                    await notebook.scrollToItem(0, "start");
                }"""
            )
            visit.page.wait_for_selector("[data-painted]:not([aria-busy=true])")
            visit.page.screenshot(path=picture)


def move_liars(page, percent: int) -> None:
    """Set the slider as a hand would and wait for the charts."""
    slider = page.locator('[data-setting="liar_percent"]')
    slider.fill(str(percent))
    slider.blur()
    page.wait_for_function(f"document.querySelector('.tl-sentence').textContent.includes('{percent} % of the stake')")


def main() -> int:
    """Make all pictures; 1 if one is too large for a README."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    pictures = ((course_map, "course-map.png"), (lab, "lab-06.png"), (dashboard, "dashboard-consensus.png"))
    for draw, name in pictures:
        picture = IMAGES / name
        draw(picture)
        size = picture.stat().st_size
        print(f"{picture.relative_to(paths.ROOT)}: {size // 1000} kB")
        if size > MAX_BYTES:
            print(f"{name} is over {MAX_BYTES // 1000} kB", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
