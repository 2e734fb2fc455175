"""Widgets on a machine that needs seconds to load them, a student's laptop that is busy or a full room's server.

From 0.9.14 on, anywidget gives a widget's JavaScript two seconds; after that it drops, in silence, everything that
Python ever tells the widget. Here every clock of a browser's signals ends before anything else can happen.
"""

import nbformat
import pytest

from tao_lab.bench import _browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]
TOO_LATE = """AbortSignal.timeout = () => {
    const clock = new AbortController();
    queueMicrotask(() => clock.abort(new DOMException("too slow", "TimeoutError")));
    return clock.signal;
};"""
CELLS = (
    "from tao_lab.views import ConsensusExplorer\nConsensusExplorer()",
    "from tao_lab.course import predict\npredict('06.A')",
    """import altair as alt
import pandas as pd
import ipywidgets

def titled(title):
    return alt.Chart(pd.DataFrame({"x": [1, 2]}), title=title).mark_bar().encode(x="x:Q")

alt.JupyterChart.enable_offline()
chart = alt.JupyterChart(titled("As it begins"))
button = ipywidgets.Button(description="Draw another")
button.on_click(lambda _: setattr(chart, "chart", titled("As Python sets it")))
chart.embed_options = {"renderer": "svg", "actions": False}
ipywidgets.VBox([button, chart])""",
)


@pytest.fixture(scope="module")
def slow(visit):
    visit.page.context.add_init_script(TOO_LATE)
    return visit


def test_a_dashboard_answers_on_a_slow_machine(slow, voila_address, find_explorer):
    page = slow.page
    page.goto(voila_address.replace("/?", "/voila/render/consensus.ipynb?"))
    explorer = find_explorer(page)
    explorer.press("liar_percent", "End")
    assert explorer.details().startswith("The liars' stake moves from 40 % to 70 %")


def test_an_explorer_a_question_and_a_chart_answer_in_a_notebook_on_a_slow_machine(slow, find_explorer, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "slow.ipynb")
    with _browser.jupyterlab(tmp_path) as address:
        page = slow.page
        page.goto(address.replace("/?", "/lab/tree/slow.ipynb?"))
        _browser.run_all_cells(page)
        explorer = find_explorer(page)
        explorer.press("liar_percent", "End")
        assert explorer.details().startswith("The liars' stake moves from 40 % to 70 %")
        question = page.locator(".tl-ask")
        question.locator("input").first.check()
        question.locator("button").click()
        question.get_by_text("You predicted:").wait_for()
        chart = page.locator(".vega-embed")
        chart.get_by_text("As it begins").wait_for()
        page.get_by_role("button", name="Draw another").click()
        chart.get_by_text("As Python sets it").wait_for()
