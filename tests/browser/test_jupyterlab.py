import re

import pytest

from tao_lab import paths
from tao_lab.bench import _browser
from tao_lab.course import labs

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WIDTH = "async (source) => { const i = new Image(); i.src = source; await i.decode(); return i.naturalWidth; }"
LAB = paths.LABS / "06-yuma-consensus.ipynb"


@pytest.fixture(scope="module")
def lab_06(visit, tmp_path_factory):
    """The lab, run to its end, on a copy: the tests' clicks and saves stay away from the student's file."""
    folder = tmp_path_factory.mktemp("lab")
    folder.joinpath(LAB.name).write_bytes(LAB.read_bytes())
    with _browser.jupyterlab(folder) as address:
        visit.page.goto(address.replace("/?", f"/lab/tree/{LAB.name}?"))
        _browser.run_all_cells(visit.page)
        yield visit.page


def notebook(page):
    """What JupyterLab's own shortcuts change: number of cells, and which of them is selected."""
    return page.evaluate(
        """() => {
            const { widgets, activeCellIndex } = window.jupyterapp.shell.currentWidget.content;
            return [widgets.length, activeCellIndex];
        }"""
    )


def test_the_lab_runs_in_jupyterlab_and_its_slider_repaints_the_charts(lab_06, find_explorer):
    page = lab_06
    explorer = find_explorer(page)
    explorer.slider("liar_percent").scroll_into_view_if_needed()
    before = explorer.picture("consensus")
    assert explorer.colours("consensus")[0] > 20
    explorer.slider("liar_percent").focus()
    selected = notebook(page)
    explorer.press("liar_percent", "ArrowDown")
    explorer.press("liar_percent", "End")
    assert notebook(page) == selected
    assert explorer.details().startswith("The liars' stake moves from 40 % to 70 %")
    assert explorer.changed(before, "consensus") > 0.001
    explorer.reset()
    page.mouse.move(5, 5)
    assert explorer.changed(before, "consensus") < 0.0005
    errors = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()
    assert errors == []


def test_what_a_lab_shows_in_jupyterlab_keeps_nobody_out(lab_06, violations):
    assert violations(lab_06, ".jp-OutputArea-output") == []


def test_a_prediction_is_made_with_the_keyboard_and_the_notebook_stays_where_it_is(lab_06):
    page = lab_06
    asked = page.locator(".tl-ask").first
    options = asked.get_by_role("radio")
    options.first.click()
    selected = notebook(page)
    for key in ("ArrowDown", "ArrowDown", "d", "d", "b"):  # twice d deletes a cell, b makes one
        page.keyboard.press(key)
    assert options.nth(2).is_checked()
    assert notebook(page) == selected
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    asked.get_by_text("You predicted:").wait_for()
    assert options.first.is_disabled()
    assert notebook(page) == selected


@pytest.mark.parametrize("name", ["01-wallet", "02-chain", "03-subnets", "07-emission", "05-validating"])
def test_a_browser_draws_every_picture_of_a_lab(visit, executed, name):
    lab = next(lab for lab in labs() if lab.name == name)
    outputs = [output for cell in executed(lab.notebook).notebook.cells for output in cell.get("outputs", [])]
    html = [str(output.get("data", {}).get("text/html", "")) for output in outputs]
    pictures = [found.group() for text in html if (found := re.search(r"data:image/svg[^\"]+", text))]
    assert len(pictures) >= 2
    for picture in pictures:
        assert visit.page.evaluate(WIDTH, picture) > 400
