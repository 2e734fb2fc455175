"""The desk and the projector of a class: pages that keep nobody out, in both schemes of colour and on small screens."""

import pytest

from tao_lab.classroom.host import ClassHost
from tao_lab.classroom.pages import Pages
from tao_lab.classroom.roster import Terms

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SIZES = ((1280, 720), (820, 1180), (390, 844))

# what is blank or cut though it should be read: the code to join by, the choices
SEEN = """() => [...document.querySelectorAll("#code, select")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 || !(e.value ?? e.textContent)).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of a class of two with a subnet and a snapshot; no block comes by time."""
    file = tmp_path_factory.mktemp("class") / "class.db"
    with ClassHost(file, Terms(title="Networks 301", code="K7QM2FXA", block_seconds=3_600)) as host:
        ada = host.net.wallet("ada", tao=10)
        for name, wallet in (("Ada", ada), ("Ben with a rather long name", host.net.wallet("ben"))):
            with host.net.chain.lock:
                host.room.take_in(name, wallet.coldkeypub.ss58_address)
        host.skip(1)
        host.net.create_subnet(ada)
        host.snapshot("before the attack")
        with Pages(host) as served:
            yield served


@pytest.mark.parametrize("name", ["", "projector"])
def test_a_page_keeps_nobody_out_and_is_no_wider_than_the_screen(visit, violations, pages, name):
    page = visit.page
    page.goto(pages.url.replace("/#", f"/{name}#"))
    page.wait_for_selector("#students >> text=Ada")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, height)
        assert page.evaluate(SEEN) == [], (width, height)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
