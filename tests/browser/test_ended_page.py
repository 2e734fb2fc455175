"""A dashboard whose kernel has ended says so, and opens again."""

import json

import pytest

from tao_lab import servers
from tao_lab.bench import _browser
from tao_lab.readers.kernels import spell

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGE = "import ipywidgets\nipywidgets.IntSlider()"
# The page looks every 15 seconds, and whenever it comes into sight: so it looks now.
TOLD = """(words) => {
    document.dispatchEvent(new Event("visibilitychange"));
    const dialog = document.querySelector("dialog.tl-ended");
    return dialog.open && dialog.textContent.includes(words);
}"""
# the page is empty for a moment while it opens again
KERNEL = "JSON.parse(document.getElementById('jupyter-config-data')?.textContent ?? '{}').kernelId"


def test_a_page_that_nobody_touched_says_that_it_has_ended_and_opens_again(chromium, violations, tmp_path):
    cell = {"cell_type": "code", "id": "a", "source": PAGE, "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "page.ipynb").write_text(json.dumps(content))
    command = [*servers.voila_command(tmp_path / "page.ipynb"), "--Readers.idle_seconds=1"]
    with _browser.served(command, "--Voila.token") as (address, _), _browser.open_browser(1280, 720) as visit:
        page = visit.page
        page.goto(address)
        before = page.evaluate(KERNEL)
        cut = {"cut"}
        page.route("**/voila/api/reading/**", lambda route: route.abort() if cut else route.continue_())
        page.wait_for_function(TOLD, arg="Its server does not answer.", polling=200)
        cut.clear()
        page.wait_for_function(TOLD, arg="Nobody touched it for 1 second, so its place", polling=200)
        assert violations(page, "dialog.tl-ended") == []
        page.get_by_role("button", name="Open it again").click()
        page.wait_for_function(f"before => {KERNEL} && {KERNEL} !== before", arg=before)
        assert visit.refused == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(7_200, "2 hours"), (3_600, "1 hour"), (90, "90 seconds"), (600, "10 minutes")]
)
def test_a_time_is_told_in_its_largest_whole_unit(seconds, words):
    assert spell(seconds) == words
