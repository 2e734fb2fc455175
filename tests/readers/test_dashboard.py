"""A dashboard's page comes in parts, and asks again if it cannot go on."""

import asyncio
import json
import logging
import re
import threading
from types import SimpleNamespace

import pytest
from tornado.web import HTTPError

from tao_lab import paths
from tao_lab.errors import LabError
from tao_lab.readers import dashboard, forking
from tao_lab.readers.dashboard import Parts
from tao_lab.readers.forking import Page
from tao_lab.readers.server import Kept, PageHandler, Pages, Room

PARTS = Parts("begin ", f"stage {dashboard.STAGE} ", f"kernel {dashboard.KERNEL}")
STAGE = {"model_id": "one", "state": {"_about": {"title": "a </script> in a title"}}}


class Handler:
    """What `PageHandler` sends, and when it lets go of it."""

    def __init__(self, start):
        self.settings = {"base_url": "/room/"}
        self.sent, self.flushed, self._start = "", [], start

    def _begin(self):
        assert not self.sent

    def write(self, text):
        self.sent += text

    async def flush(self):
        self.flushed.append(self.sent)

    def finish(self, text):
        self.sent += text

    async def _start_kernel(self, pages, notebook, page):
        if isinstance(self._start, Exception):
            raise self._start
        return self._start


class Ran:
    """Pages of which one has run."""

    def __init__(self, kept):
        self._kept = kept

    async def get(self, notebook):
        if isinstance(self._kept, Exception):
            raise self._kept
        return self._kept


def sent(kept, start="a-kernel"):
    handler = Handler(start)
    asyncio.run(PageHandler._send(handler, Ran(kept), "pool.ipynb", PARTS))
    return handler


def test_a_dashboard_is_sent_in_three_parts_each_as_soon_as_it_is_known():
    handler = sent(Kept(Page, "", STAGE))
    assert handler.flushed[0] == "begin "
    begin, _, rest = handler.sent.partition("stage ")
    shown, _, kernel = rest.partition(" kernel ")
    assert (begin, handler.flushed[1]) == ("begin ", f"begin stage {shown} ")
    assert json.loads(shown) == STAGE
    assert "</script>" not in shown
    assert json.loads(kernel) == {"baseUrl": "/room/", "kernelId": "a-kernel"}


@pytest.mark.parametrize(
    ("kept", "start"),
    [
        (None, "a-kernel"),
        (Kept(Page, "<html>", None), "a-kernel"),
        (LabError("its process has ended"), "a-kernel"),
        (Kept(Page, "", STAGE), LabError("its process has ended")),
        (Kept(Page, "", STAGE), HTTPError(503)),
    ],
)
def test_a_page_that_has_begun_and_cannot_go_on_asks_again(kept, start):
    handler = sent(kept, start)
    assert handler.sent.startswith("begin ")
    assert handler.sent.endswith("<script>location.reload()</script>")
    assert "kernel" not in handler.sent


@pytest.mark.parametrize(
    ("notebook", "template", "kept", "is_dashboard"),
    [
        ("pool.ipynb", "tao-lab", "not yet", True),
        ("pool.ipynb", "lab", "not yet", False),
        ("../08-pools-and-staking.ipynb", "tao-lab", "not yet", False),
        ("pool.ipynb", "tao-lab", Kept(Page, "", STAGE), True),
        ("../08-pools-and-staking.ipynb", "tao-lab", Kept(Page, "", STAGE), True),
        ("pool.ipynb", "tao-lab", Kept(Page, "<html>", None), False),
        ("pool.ipynb", "tao-lab", None, False),
    ],
)
def test_before_it_has_run_a_page_of_the_labs_folder_is_taken_for_a_dashboard_then_it_is_known(
    notebook, template, kept, is_dashboard
):
    async def found():
        app = SimpleNamespace(
            root_dir=str(dashboard.FOLDER), voila_configuration=SimpleNamespace(template=template), base_url="/"
        )
        pages = Pages(app, None)
        pages._made = lambda _: PARTS
        if kept != "not yet":
            pages._running[notebook] = asyncio.ensure_future(Ran(kept).get(notebook))
            await pages._running[notebook]
        return pages.parts(notebook)

    assert asyncio.run(found()) == (PARTS if is_dashboard else None)


def test_the_template_has_the_title_the_style_and_the_scripts_address():
    import jinja2

    folder = paths.JUPYTER / "voila" / "templates" / "tao-lab"
    template = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True).get_template(
        "dashboard.html.j2"
    )
    parts = dashboard.parts(template, dashboard.FOLDER / "pool.ipynb", "/room/")
    assert "<title>What is an alpha worth?</title>" in parts.begin
    assert ".tl-stage {" in parts.begin
    (address,) = re.findall(r'import widget from "([^"]+)";', parts.begin)
    assert re.fullmatch(f"/room{dashboard.SCRIPT}", address)
    assert parts.showing({"one": 1}).strip() == '<script>come.stage({"one": 1});</script>'
    assert '{"baseUrl": "/room/", "kernelId": "k"}</script>' in parts.answered_by("k", "/room/")


def test_a_page_that_a_reader_asks_for_is_the_next_one_to_run(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.ipynb").touch()
    asked, begun = [], threading.Event()

    class Nursery:
        def page(self, path):
            asked.append(path and path.name)
            return SimpleNamespace(ran=lambda: begun.wait() and forking.Ran(None, "it left a thread", None))

    async def html(*_):
        return ""

    async def run():
        app = SimpleNamespace(
            root_dir=str(tmp_path),
            notebook_path="",
            log=logging.getLogger(),
            kernel_manager=SimpleNamespace(),
            voila_configuration=SimpleNamespace(template="tao-lab"),
            shows=lambda _: True,
        )
        app.pages = Pages(app, Nursery())
        app.pages._html = html
        preparing = asyncio.create_task(Room._prepare(app))
        while not asked:
            await asyncio.sleep(0)
        reading = asyncio.create_task(app.pages.get("c.ipynb"))
        await asyncio.sleep(0)
        begun.set()
        await asyncio.gather(preparing, reading)

    asyncio.run(run())
    assert [name for name in asked if name] == ["a.ipynb", "c.ipynb", "b.ipynb"]
