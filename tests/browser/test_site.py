"""The site of the documents and the labs: it builds, needs no other host, leads everywhere, gives nothing away."""

import functools
import importlib.util
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest

from tao_lab import paths
from tao_lab.course import labs, registry

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# Of the API, what is quick: a whole site takes half a minute.
SOME = ("Test vectors", "Data and errors")
LOOKED_AT = ("index.html", "docs/teaching/index.html", "docs/grading.html", "docs/labs.html", "api/test-vectors.html")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def docsite():
    """The program that builds the site, from the folder of scripts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(paths.ROOT / "scripts"))
        from docsite import __main__, links, running, staging

        yield {"build": __main__.build, "links": links, "pages": running.pages, "staging": staging}
        for name in [name for name in sys.modules if name.split(".")[0] == "docsite"]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def site(docsite, executed, tmp_path_factory):
    """The students' edition, of the labs that ran for all tests; gives the folders of its sources and its pages."""
    folder = tmp_path_factory.mktemp("site")
    ran = {notebook: executed(notebook).folder / "done.ipynb" for notebook in docsite["pages"]()}
    staging = docsite["staging"]
    staging.lay_out(folder / "source", ran, solved=False, api={title: staging.API[title] for title in SOME})
    assert docsite["build"](folder / "source", folder / "site") == 0
    return folder / "source", folder / "site"


@pytest.fixture(scope="module")
def address(site):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site[1])))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_link_leads_somewhere_and_nothing_comes_from_another_host(docsite, site):
    assert docsite["links"].broken(site[1]) == []
    assert len(list(site[1].glob("labs/*.html"))) == len(labs())


def test_the_check_of_links_finds_what_is_wrong(docsite, tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"></p><a href="b.html#there">b</a><a href="#here">a</a><a href="c.html">'
    )
    (tmp_path / "b.html").write_text('<img src="https://example.org/x.png"><a href="https://example.org">fine</a>')
    (tmp_path / "c.css").write_text("@import 'https://example.org/x.css'; p { background: url(x.png) }")
    assert docsite["links"].broken(tmp_path) == [
        "a.html: b.html#there leads nowhere",
        "a.html: c.html leads nowhere",
        "b.html: loads https://example.org/x.png from another host",
        "c.css: loads https://example.org/x.css from another host",
    ]


def test_every_module_of_the_api_is_there(docsite):
    named = [name for packages in docsite["staging"].API.values() for name in packages]
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_a_lab_on_the_site_is_as_students_see_it_first(site):
    for lab in labs():
        page = nbformat.read(site[0] / "labs" / lab.notebook.name, as_version=4)
        assert [cell.source for cell in page.cells] == [cell.source for cell in nbformat.read(lab.notebook, 4).cells]
    text = "".join(file.read_text() for file in site[0].rglob("*") if file.suffix in (".md", ".ipynb", ".rst"))
    for identity, exercise in registry.exercises().items():
        body = exercise.source.rpartition('"""')[2].strip()
        assert body not in text, identity
    assert not (site[1] / "docs" / "mistakes.html").exists()


def test_the_instructors_table_has_every_mistake_with_its_hint(docsite):
    text = docsite["staging"].mistakes()
    for identity in registry.exercises():
        assert f"### {identity} " in text
    assert text.count("\n- **") == sum(len(exercise.mistakes) for exercise in registry.exercises().values())


def test_a_chart_answers_when_it_is_pointed_at_and_without_a_script_its_picture_stays(visit, address):
    page = visit.page
    page.goto(f"{address}/labs/06-yuma-consensus.html")
    output = page.locator(".tl-output:has(script.tl-chart)").first
    output.scroll_into_view_if_needed()
    live = output.locator(".tl-live[data-drawn]").first
    live.wait_for()
    assert len(live.get_attribute("aria-label")) > 30
    assert output.locator("img.tl-picture").first.is_hidden()
    live.locator("svg .mark-rect path, svg .mark-rect rect").first.hover(force=True)
    page.locator("#vg-tooltip-element.visible").wait_for()


@pytest.mark.parametrize("place", LOOKED_AT)
def test_a_page_keeps_nobody_out(visit, address, violations, place):
    visit.page.goto(f"{address}/{place}")
    assert violations(visit.page) == []


@pytest.mark.parametrize("name", ["00-start-here", "06-yuma-consensus"])
def test_a_labs_page_keeps_nobody_out(visit, address, violations, name):
    visit.page.goto(f"{address}/labs/{name}.html")
    assert violations(visit.page) == []
