"""A dashboard as Voila serves it: its own script and a connection to its kernel, nothing of JupyterLab."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ASKED = """(before) => {
    const { dataset, ariaBusy } = document.querySelector("[data-painted]");
    return dataset.painted !== before && ariaBusy !== "true";
}"""

# A connection that seems to be under way until `letGo()`.
HELD = """window.held = true;
window.WebSocket = class extends WebSocket {
    get readyState() { return window.held ? WebSocket.CONNECTING : super.readyState; }
    set onopen(tell) {
        this.addEventListener("open", () => { window.letGo = () => { window.held = false; tell(); }; });
    }
};"""


@pytest.fixture
def opened(visit, voila_address):
    """A page of its own, the addresses that it asked for, and its connections."""
    page = visit.page.context.new_page()
    asked, lines = [], []

    def connect(line):
        lines.append(line)
        line.connect_to_server()

    page.on("request", lambda request: asked.append(request.url))
    page.route_web_socket("**/channels*", connect)
    page.goto(voila_address.replace("/?", "/voila/render/pool.ipynb?"))
    page.wait_for_selector("[data-painted]:not([aria-busy=true])")
    yield page, asked, lines
    page.close()


def move(page, key="End"):
    """Move the first slider, wait for the answer, and return what the page then says."""
    before = page.get_attribute("[data-painted]", "data-painted")
    page.locator('input[type="range"]').first.press(key)
    page.wait_for_function(ASKED, arg=before)
    return page.inner_text(".tl-sentence")


def test_it_loads_one_script(opened):
    page, asked, _ = opened
    assert page.title() == page.inner_text("h1") == "What is an alpha worth?"
    files = [url.rpartition("/")[2] for url in asked if "render/pool.ipynb" not in url and not url.startswith("data:")]
    assert len(files) == 1
    assert files[0].startswith("script-")


def test_after_a_lost_connection_it_connects_again_to_the_same_kernel(opened):
    page, _, lines = opened
    page.wait_for_function("kernel")
    first = move(page)
    assert len(lines) == 1
    lines[0].close()
    assert move(page, "Home") != first
    assert len(lines) == 2
    kernels = {line.url.split("/kernels/")[1].split("/")[0] for line in lines}
    assert len(kernels) == 1


def test_what_is_asked_before_the_connection_is_there_is_answered_when_it_is(visit, voila_address):
    page = visit.page.context.new_page()
    page.add_init_script(HELD)
    page.goto(voila_address.replace("/?", "/voila/render/pool.ipynb?"))
    page.wait_for_selector("[data-painted]:not([aria-busy=true])")
    before = page.get_attribute("[data-painted]", "data-painted")
    page.wait_for_function("'letGo' in window")
    page.locator('input[type="range"]').first.press("End")
    assert page.get_attribute("[data-painted]", "data-painted") == before
    page.evaluate("letGo()")
    page.wait_for_function(ASKED, arg=before)
    page.close()


def test_a_page_that_is_left_tells_the_server_which_kernel_it_no_longer_needs(opened):
    page, _, _ = opened
    left = page.evaluate(
        """async () => {
            const told = [];
            navigator.sendBeacon = (address) => told.push(address);
            await kernel;
            window.dispatchEvent(new Event("beforeunload"));
            return [told, (await kernel).kernelId];
        }"""
    )
    assert left[0] == [f"/voila/api/shutdown/{left[1]}"]
