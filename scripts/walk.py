"""A newcomer's walk through the labs, in a real browser: run all, a wrong answer, its hint, the solution, progress.

Run `python scripts/walk.py /tmp/walk` and look at the pictures it leaves there; `--lab 06` walks one lab only, and
`--screens` also leaves a picture of each screen of a lab, from its top to its end. It ends with 1 if a lab showed an
error, a hint did not come, or a right answer was not taken.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tao_lab.bars import passing_bar
from tao_lab.bench import _browser
from tao_lab.course import registry, solve
from tao_lab.course.exercise import Edit, Exercise, edited
from tao_lab.work import WorkFolder

OPEN = "window.jupyterapp.shell.currentWidget"
LATER = "window.jupyterapp?.shell.currentWidget?.context"
IDLE = f"() => {OPEN}?.context?.sessionContext?.session?.kernel?.status === 'idle'"
# The place of the cells of an exercise: the blank one and its check.
PLACES = f"""(exercise) => {OPEN}.content.widgets
    .map((cell, place) => [place, cell.model.sharedModel.getMetadata("tags") ?? []])
    .filter(([_, tags]) => tags.includes(exercise)).map(([place]) => place)"""
GO = f"""async (place) => {{
    const notebook = {OPEN}.content;
    notebook.activeCellIndex = place;
    await notebook.scrollToItem(place, "center");
    notebook.mode = "edit";
    notebook.activeCell.editor.focus();
}}"""
TOP = f"""async () => {{
    {OPEN}.content.activeCellIndex = 0;
    await {OPEN}.content.scrollToItem(0, "start");
}}"""
COUNT = f"(place) => {OPEN}.content.widgets[place].model.sharedModel.execution_count"
TEXT = f"""(place) => {OPEN}.content.widgets[place].model.sharedModel.outputs
    .map((output) => output.data?.["text/plain"] ?? output.text ?? output.evalue ?? "").flat().join("\\n")"""
ERRORS = f"""() => {OPEN}.content.widgets.flatMap((cell) => (cell.model.sharedModel.outputs ?? [])
    .filter((output) => output.output_type === "error").map((output) => `${{output.ename}}: ${{output.evalue}}`))"""

SCREEN = (1280, 1400)  # px, of the pictures of a whole lab: two of a laptop's screens
# Scroll to a height; JupyterLab draws the cells that come into view, and then knows their heights.
SCROLL = """async (top) => {
    const pane = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer");
    pane.scrollTop = top;
    await new Promise((ready) => setTimeout(ready, 700));
    return [pane.scrollTop, pane.clientHeight, pane.scrollHeight];
}"""


class Walk:
    """One walk: a browser on a student's own folder."""

    def __init__(self, page, address: str, pictures: Path):
        self.page, self.address, self.pictures = page, address, pictures
        self.problems: list[str] = []

    def open(self, name: str) -> None:
        """Open a notebook and run it to its end."""
        self.page.goto(self.address.replace("/?", f"/lab/tree/{name}.ipynb?"))
        # JupyterLab first shows the notebooks that were open before
        self.page.wait_for_function(f"path => {LATER}?.path === path", arg=f"{name}.ipynb")
        _browser.run_all_cells(self.page)
        self.page.wait_for_function(IDLE)
        self.problems += [f"{name}: {error}" for error in self.page.evaluate(ERRORS)]

    def picture(self, name: str) -> None:
        """Leave a picture of what is on screen."""
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def screens(self, name: str) -> None:
        """Leave pictures of the whole notebook, a screen each."""
        before = self.page.viewport_size
        self.page.set_viewport_size(dict(zip(("width", "height"), SCREEN, strict=True)))
        top, count = 0, 0
        while True:
            at, seen, whole = self.page.evaluate(SCROLL, top)
            self.picture(f"{name}-screen-{count:02}")
            if at + seen >= whole - 2:
                break
            top, count = at + seen - 60, count + 1
        self.page.set_viewport_size(before)

    def answer(self, exercise: Exercise, text: str) -> str:
        """Write an answer as a person does, run it and its check; gives what the check says."""
        blank, check = self.page.evaluate(PLACES, exercise.id)
        self.page.evaluate(GO, blank)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
        before = self.page.evaluate(COUNT, check)
        self.page.keyboard.press("Control+Enter")
        self.page.evaluate(GO, check)
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(f"([place, before]) => ({COUNT})(place) > before", arg=[check, before])
        self.page.wait_for_function(IDLE)
        return self.page.evaluate(TEXT, check)

    def lab(self, lab: solve.Lab, screens: bool = False) -> None:
        """One lab: run it, answer its first exercise wrongly, read the hint, answer rightly."""
        self.open(lab.name)
        if screens:
            self.screens(lab.number)
        self.page.evaluate(TOP)
        self.picture(f"{lab.number}-1-open")
        exercise, wrong = first_with_an_edit(lab.number)
        said = self.answer(exercise, edited(exercise.source, wrong))
        self.picture(f"{lab.number}-2-hint")
        if wrong.hint.split("`")[0].strip() not in " ".join(said.split()):
            self.problems.append(f"{exercise.id}: {wrong.name!r} got no hint of its own but: {said}")
        said = self.answer(exercise, exercise.source)
        self.picture(f"{lab.number}-3-right")
        if "Right" not in said:
            self.problems.append(f"{exercise.id}: the solution got: {said}")
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.evaluate(f"async () => {{ await {OPEN}.context.sessionContext.shutdown(); }}")


def first_with_an_edit(number: str) -> tuple[Exercise, Edit]:
    """The first exercise of a lab with a mistake that is a change of its solution, and that mistake."""
    return next(
        (exercise, wrong)
        for identity, exercise in registry.exercises().items()
        if identity.startswith(f"{number}.")
        for wrong in exercise.wrong_answers
        if isinstance(wrong, Edit)
    )


def main() -> int:
    """Walk; prints what went wrong, a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="folder for the pictures; it is made")
    parser.add_argument("--lab", action="append", help="number of a lab, more than once for more; all if not given")
    parser.add_argument("--screens", action="store_true", help="also a picture of each screen of each lab")
    chosen = parser.parse_args()
    chosen.pictures.mkdir(parents=True, exist_ok=True)
    labs = [solve.lab(number) for number in chosen.lab] if chosen.lab else list(solve.labs())
    with TemporaryDirectory() as folder:
        WorkFolder(Path(folder)).update()
        with _browser.jupyterlab(Path(folder)) as address, _browser.open_browser(1280, 900) as visit:
            walk = Walk(visit.page, address, chosen.pictures)
            for lab in passing_bar(labs, desc="Walking through the labs", unit="lab"):
                walk.lab(lab, chosen.screens)
            walk.open("start")
            walk.picture("start")
            problems = walk.problems + [f"asked another host: {address}" for address in visit.refused] + visit.errors
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(labs)} labs, {len(problems)} problems; pictures in {chosen.pictures}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
