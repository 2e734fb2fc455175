"""Readers of dashboards: kernels come by fork, end with their page and their server, and there is a limit to them."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import AsyncExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from tao_lab import servers
from tao_lab.bench._reader import reading
from tao_lab.readers import limit
from tao_lab.readers.forking import CAN_FORK, Nursery
from tests import states

SECONDS = 180  # until something is given up; no measure of speed
MIB = 2**20
PAGE = """
import ipywidgets, random, uuid
from bittensor import sp_core
sp_core.Keypair.generate_mnemonic()  # the page's process has drawn a number
ipywidgets.IntSlider()
"""
ALIVE = """
import threading
import ipywidgets
threading.Thread(target=threading.Event().wait, daemon=True).start()
ipywidgets.IntSlider()
"""


def notebook(folder, name, source):
    cell = {"cell_type": "code", "id": "a", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / name).write_text(json.dumps(content))


class Room:
    """A server of pages, its address, and what its processes are, by a mark that they all inherit."""

    def __init__(self, folder, readers, environment):
        self.mark = f"TAO_LAB_TEST_MARK={uuid.uuid4().hex}"
        self.log = folder / "log"
        command = [*servers.voila_command(folder, readers), "--no-browser", f"--port={free_port()}"]
        environment = {**servers.environment(), **environment, **dict([self.mark.split("=")])}
        with self.log.open("w") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)

    def processes(self):
        """Process numbers by what runs there: the server and all that came from it."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append(int(process.name))
        return found

    def kernels(self):
        """What serves readers: each has its connection file, which goes with it."""
        return list(Path(self.folder).glob("kernel-*.json"))

    @property
    def folder(self):
        return re.search(r"Storing connection files in (.*)\.\n", self.log.read_text())[1]

    @property
    def address(self):
        found = re.search(r"http://127\.0\.0\.1:\d+", self.log.read_text())
        return found and found[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


until = partial(states.until, seconds=SECONDS)


@contextmanager
def opened(folder, readers, environment=None):
    room = Room(folder, readers, environment or {})
    try:
        until(lambda: room.address or room.process.poll() is not None)
        until(lambda: "All pages are ready" in room.log.read_text() or not CAN_FORK)
        yield room
    finally:
        for process in room.processes():
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        room.process.wait()


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages with a blank")
    notebook(folder, "page.ipynb", PAGE)
    notebook(folder, "alive.ipynb", ALIVE)
    with opened(folder, readers=2) as room:
        yield room


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux only")
class TestARoom:
    @pytest.fixture(autouse=True)
    def _empty(self, room):
        until(lambda: not room.kernels())

    def test_a_closed_pages_kernel_ends(self, room):
        async def visit():
            async with AsyncExitStack() as open_pages:
                reader = await self.enter(open_pages, room, "page.ipynb")
                assert [file.stem for file in room.kernels()] == [f"kernel-{reader.kernel}"]

        asyncio.run(visit())
        until(lambda: not room.kernels())

    def test_a_page_that_says_that_it_closes_frees_its_place_at_once(self, room):
        async def visit():
            async with AsyncExitStack() as open_pages, httpx.AsyncClient(timeout=SECONDS) as client:
                reader = await self.enter(open_pages, room, "page.ipynb")
                left = await client.post(f"{room.address}/voila/api/shutdown/{reader.kernel}")
                assert left.status_code == 204
                assert not room.kernels()

        asyncio.run(visit())

    def test_who_comes_when_all_places_are_taken_gets_a_page_that_asks_again(self, room):
        async def crowd():
            async with AsyncExitStack() as open_pages:
                for _ in range(2):
                    await self.enter(open_pages, room, "page.ipynb")
                return httpx.get(f"{room.address}/voila/render/page.ipynb", timeout=SECONDS)

        refused = asyncio.run(crowd())
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "10"
        assert 'http-equiv="refresh"' in refused.text
        assert "2 people are reading" in refused.text
        asyncio.run(self.read(room, "page.ipynb"))

    async def enter(self, open_pages, room, name):
        """Come in as soon as there is a place: one is free a moment after its kernel is gone."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                return await open_pages.enter_async_context(reading(room.address, name))
            except httpx.HTTPStatusError:
                assert time.monotonic() < end, "it never happened"
                await asyncio.sleep(0.05)

    async def read(self, room, name):
        async with AsyncExitStack() as open_pages:
            await self.enter(open_pages, room, name)
            return [file.stem for file in room.kernels()]

    def test_a_page_with_a_thread_runs_for_each_reader_anew(self, room):
        assert re.search(r"alive\.ipynb runs again for each reader: it left \d+ threads? running", room.log.read_text())
        assert len(asyncio.run(self.read(room, "alive.ipynb"))) == 1
        until(lambda: not room.kernels())

    def test_a_page_whose_process_was_killed_runs_again(self, room):
        before = set(room.processes())
        server = before & {room.process.pid}
        nursery = {pid for pid in before if parent_of(pid) in server}
        for page in {pid for pid in before if parent_of(pid) in nursery}:
            os.kill(page, signal.SIGKILL)

        assert asyncio.run(self.read(room, "page.ipynb"))
        until(lambda: not room.kernels())

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    def test_nothing_outlives_the_server(self, tmp_path, number):
        notebook(tmp_path, "page.ipynb", PAGE)
        with opened(tmp_path, readers=2) as room:

            async def visit():
                async with reading(room.address, "page.ipynb"):
                    assert len(room.processes()) >= 4  # server, nursery, page, kernel
                    room.process.send_signal(number)
                    await asyncio.to_thread(until, lambda: room.process.poll() is not None)

            asyncio.run(visit())
            until(lambda: not room.processes())


def parent_of(pid):
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


FORKED = """
import json, os, socket, sys, tempfile
from pathlib import Path
from tao_lab.readers import nursery

namespace = {}
before = nursery._open_files()
outputs, reason = nursery._run(Path(sys.argv[1]), namespace)
assert reason is None, reason
assert nursery._left_open(before) is None
said = []
for _ in range(2):
    ours, theirs = os.pipe()
    if os.fork() == 0:
        from bittensor import sp_core
        os.write(theirs, sp_core.Keypair.generate_mnemonic().encode())
        os._exit(0)
    os.close(theirs)
    said.append(os.read(ours, 1000))
print(json.dumps({"outputs": outputs, "words": [words.decode() for words in said]}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux only")
def test_readers_of_one_page_draw_different_keys(tmp_path):
    notebook(tmp_path, "page.ipynb", PAGE)
    command = [sys.executable, "-c", FORKED, str(tmp_path / "page.ipynb")]
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    said = json.loads(subprocess.run(command, env={**os.environ, **one_thread}, stdout=-1, check=True).stdout)
    assert "application/vnd.jupyter.widget-view+json" in said["outputs"][0][0]["data"]
    first, second = said["words"]
    assert first != second


DRAWN = """
import json, sys, threading
from pathlib import Path
from tao_lab.readers import nursery
from tao_lab.views import presentation

namespace = {}
assert nursery._run(Path(sys.argv[1]), namespace)[1] is None
(page,) = [stage.page for stage in presentation._presented]
drawn = []

def noted(settings, since):
    drawn.append([settings, threading.current_thread() is threading.main_thread()])

object.__setattr__(page, "draw", noted)
coming = presentation.coming()
while nursery._drew_next(coming):
    assert nursery._settle() == 0
print(json.dumps({"drawn": drawn, "places": page.places()}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux only")
def test_what_a_story_shows_is_drawn_between_requests_and_leaves_no_thread(tmp_path):
    notebook(tmp_path, "page.ipynb", "from tao_lab.views.presentation import present\npresent('pool')")
    command = [sys.executable, "-c", DRAWN, str(tmp_path / "page.ipynb")]
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    said = json.loads(subprocess.run(command, env={**os.environ, **one_thread}, stdout=-1, check=True).stdout)
    assert len(said["places"]) > 10
    assert said["drawn"] == [[place, False] for place in said["places"]]


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux only")
def test_the_first_page_does_not_wait_for_modules_of_other_pages(tmp_path):
    notebook(tmp_path, "page.ipynb", "import sys\nprint('bittensor' in sys.modules)")
    nursery = Nursery()
    try:
        first, second = [nursery.page(tmp_path / "page.ipynb").ran() for _ in range(2)]
    finally:
        nursery.close()
    assert first.outputs[0][0]["text"] == "False\n"
    assert second.outputs[0][0]["text"] == "True\n"


@pytest.mark.parametrize(
    ("mib", "forks", "readers"), [(8_192, True, 44), (8_192, False, 14), (1_024, True, 1), (24_105, True, 150)]
)
def test_as_many_readers_as_fit_into_memory(mib, forks, readers):
    assert limit.default_readers(forks, mib * MIB) == readers
