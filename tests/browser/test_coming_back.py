"""A lab that was worked in, saved and closed is opened again, without a kernel; and after an update of the checkout."""

import shutil
from pathlib import Path

import nbformat
import pytest

from tao_lab import paths
from tao_lab.bench import _browser
from tao_lab.course.solve import solved_notebook
from tao_lab.work import WorkFolder
from tao_lab.work.merging import exercise_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LAB = "06-yuma-consensus.ipynb"
MOST_BYTES = 2_000_000  # of the saved lab, with its outputs
EARLIER = Path(__file__).parents[1] / "work" / "lab-06-earlier.json"
SAVE = """async () => {
    const { context } = window.jupyterapp.shell.currentWidget;
    await context.save();
    await context.sessionContext.shutdown();
}"""
# What a reader sees of every output, scrolled to: JupyterLab draws only the cells in view.
SEEN = """async () => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const seen = [];
    for (const [place, cell] of content.widgets.entries()) {
        await content.scrollToItem(place, "start");
        await cell.ready;
        do await frame(); while (cell.node.innerText.includes("Loading widget"));
        const outputs = [...cell.node.querySelectorAll(".jp-OutputArea-child")].filter((o) => o.offsetHeight > 0);
        const widths = (output) => [...output.querySelectorAll(".tl-still img")].map((image) => image.naturalWidth);
        seen.push(...outputs.map((output) => ({ text: output.innerText, pictures: widths(output) })));
    }
    return seen;
}"""


def open_lab(visit, address):
    """The lab on a page of its own."""
    page = visit.page.context.new_page()
    page.goto(address.replace("/?", f"/lab/tree/{LAB}?"))
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady")
    return page


@pytest.fixture(scope="module")
def closed(visit, tmp_path_factory):
    """A folder made from the earlier release: lab 06 answered, run, one question predicted, saved, its kernel ended."""
    root = tmp_path_factory.mktemp("coming-back")
    labs = root / "labs"
    labs.mkdir()
    shutil.copy(EARLIER, labs / LAB)
    folder = WorkFolder(root / "my-labs", labs)
    folder.update()
    answer(folder.path / LAB)
    with _browser.jupyterlab(folder.path) as address:
        page = open_lab(visit, address)
        _browser.run_all_cells(page)
        page.evaluate(SEEN)
        question = page.locator(".tl-ask").filter(has_text="Predict first").first
        question.scroll_into_view_if_needed()
        question.locator("input").nth(1).check()
        question.locator("button").click()
        page.wait_for_function(
            "[...window.jupyterapp.shell.currentWidget.content.model.cells].some((cell) => cell.type === 'code' &&"
            " JSON.stringify(cell.outputs.toJSON()).includes('You predicted'))"
        )
        assert not [output for output in page.evaluate(SEEN) if "Run All Cells" in output["text"]]
        page.evaluate(SAVE)
        page.close()
        yield folder, address


def answer(file):
    """The solutions, and a note of the student's."""
    solutions = {exercise_of(cell): cell.source for cell in solved_notebook("06").cells if exercise_of(cell)}
    notebook = nbformat.read(file, 4)
    for cell in notebook.cells:
        cell.source = solutions.get(exercise_of(cell), cell.source)
    notebook.cells.insert(3, nbformat.v4.new_markdown_cell("my own note", id="my-note"))
    nbformat.write(notebook, file)


def test_without_a_kernel_every_widget_has_left_a_picture_or_words_that_say_how_to_wake_it(closed, visit):
    folder, address = closed
    page = open_lab(visit, address)
    seen = page.evaluate(SEEN)
    assert not [output["text"] for output in seen if "Error displaying widget" in output["text"]]
    (predicted,) = [output["text"] for output in seen if "You predicted" in output["text"]]
    assert predicted.count("●") == 1
    asked = [output["text"] for output in seen if output["text"].startswith(("Predict first", "Your verdict first"))]
    assert len(asked) > 3
    assert all("Run → Run All Cells" in text for text in asked)
    explorers = [output for output in seen if len(output["pictures"]) == 6]
    assert explorers
    for explorer in explorers:
        assert min(explorer["pictures"]) > 200
        assert "Liars with 40 % of the stake" in explorer["text"]
    assert folder.path.joinpath(LAB).stat().st_size < MOST_BYTES
    page.close()


def test_an_update_keeps_answers_notes_and_outputs_and_brings_the_new_text(closed, visit):
    folder, address = closed
    shutil.copy(paths.LABS / LAB, folder.labs / LAB)
    (outcome,) = folder.update()
    assert outcome.done, outcome
    texts = [cell.source for cell in nbformat.read(folder.path / LAB, 4).cells]
    assert "my own note" in texts
    assert {cell.source for cell in solved_notebook("06").cells if exercise_of(cell)} <= set(texts)
    release = nbformat.read(paths.LABS / LAB, 4)
    assert {cell.source for cell in release.cells if not exercise_of(cell)} <= set(texts)
    page = open_lab(visit, address)
    seen = page.evaluate(SEEN)
    assert [output for output in seen if "You predicted" in output["text"]]
    assert not [output["text"] for output in seen if "Error displaying widget" in output["text"]]
    page.close()
