import pytest

from tao_lab import paths
from tao_lab.bench import _browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LAB = paths.LABS / "06-yuma-consensus.ipynb"


@pytest.fixture
def lab_folder(tmp_path):
    """A copy of the lab, so that the test's clicks and saves stay away from the student's file."""
    tmp_path.joinpath(LAB.name).write_bytes(LAB.read_bytes())
    return tmp_path


def test_the_lab_runs_in_jupyterlab_and_its_slider_repaints_the_charts(visit, lab_folder, find_explorer):
    page = visit.page
    with _browser.jupyterlab(lab_folder) as address:
        page.goto(address.replace("/?", f"/lab/tree/{LAB.name}?"))
        page.click('.lm-MenuBar-itemLabel:has-text("Run")')
        page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
        explorer = find_explorer(page)
        explorer.slider("liar_percent").scroll_into_view_if_needed()
        before = explorer.picture("consensus")
        assert explorer.colours("consensus")[0] > 20
        explorer.press("liar_percent", "End")
        assert explorer.sentence().startswith("The liars' stake moves from 40 % to 70 %")
        assert explorer.picture("consensus") != before
        explorer.reset()
        page.mouse.move(5, 5)
        assert explorer.picture("consensus") == before
        page.wait_for_function(ALL_CELLS_RAN)
        errors = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()
        assert errors == []


# JupyterLab shows the last cells only when they are scrolled to: ask the status instead.
ALL_CELLS_RAN = """() => {
    const indicator = document.querySelector(".jp-Notebook-ExecutionIndicator");
    return indicator && indicator.dataset.status === "idle";
}"""
