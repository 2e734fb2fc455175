import pytest

from tao_lab import paths
from tao_lab.bench import _browser
from tao_lab.course import labs

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WIDTH = "async (source) => { const i = new Image(); i.src = source; await i.decode(); return i.naturalWidth; }"
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


@pytest.mark.parametrize("name", ["01-wallet", "02-chain", "03-subnets", "07-emission", "05-validating"])
def test_a_labs_pictures_are_drawn_and_nothing_fails(visit, tmp_path, name):
    lab = next(lab for lab in labs() if lab.name == name)
    tmp_path.joinpath(lab.notebook.name).write_bytes(lab.notebook.read_bytes())
    page = visit.page
    with _browser.jupyterlab(tmp_path) as address:
        page.goto(address.replace("/?", f"/lab/tree/{lab.notebook.name}?"))
        _browser.run_all_cells(page)
        found = page.evaluate(
            """() => {
                const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
                const outputs = [...cells].flatMap((cell) => cell.type === "code" ? cell.outputs.toJSON() : []);
                const html = outputs.map((output) => String(output.data?.["text/html"] ?? ""));
                return {
                    errors: outputs.filter((output) => output.output_type === "error").map((output) => output.evalue),
                    pictures: html.map((text) => text.match(/data:image\\/svg[^"]+/)?.[0]).filter(Boolean),
                };
            }"""
        )
        assert found["errors"] == []
        assert len(found["pictures"]) >= 2
        for picture in found["pictures"]:
            width = page.evaluate(WIDTH, picture)
            assert width > 400
