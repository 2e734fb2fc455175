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
        _browser.run_all_cells(page)
        explorer = find_explorer(page)
        explorer.slider("liar_percent").scroll_into_view_if_needed()
        before = explorer.picture("consensus")
        assert explorer.colours("consensus")[0] > 20
        explorer.press("liar_percent", "End")
        assert explorer.sentence().startswith("The liars' stake moves from 40 % to 70 %")
        assert explorer.changed(before, "consensus") > 0.001
        explorer.reset()
        page.mouse.move(5, 5)
        assert explorer.changed(before, "consensus") < 0.0005
        errors = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()
        assert errors == []
