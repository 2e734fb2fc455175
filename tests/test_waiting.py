"""A cell that takes long shows a bar; a short one shows none; what stays of a bar is nothing."""

from threading import Event
from types import SimpleNamespace

import pytest

from tao_lab import waiting

LONG = 600  # seconds: no test waits that long unless it fails


class Page:
    """What a notebook has been told to show."""

    def __init__(self):
        self.outputs = []
        self.first = Event()

    def publish(self, data, transient, update):
        self.outputs.append((data["text/html"], transient["display_id"], update))
        self.first.set()


def test_a_long_cell_has_a_bar_which_leaves_nothing():
    page = Page()
    bar = waiting.WaitingBar(page.publish, after=0)
    for _cell in range(2):
        page.outputs.clear()
        page.first.clear()
        bar.begin()
        assert page.first.wait(LONG)
        bar.end()
        drawn, *again, nothing = page.outputs
        assert ("<progress>" in drawn[0], drawn[2]) == (True, False)
        assert nothing == ("", drawn[1], True)
        assert all((place, update) == (drawn[1], True) for _, place, update in again)


def test_a_short_cell_and_one_with_a_bar_of_its_own_have_none(monkeypatch):
    page = Page()
    bar = waiting.WaitingBar(page.publish, after=LONG)
    monkeypatch.setattr(waiting, "_bars", [bar])
    bar.begin()
    waiting.give_way()
    bar.end()
    assert page.outputs == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["cell.py"], "Working"),
        (["bittensor.py", "<frozen importlib._bootstrap>", "cell.py"], "Loading programs"),
        (["/lib/numba/core/compiler.py", "fixed.py", "cell.py"], "Compiling, the first time only"),
        (["<frozen importlib._bootstrap>", r"C:\numba\core\compiler.py", "cell.py"], "Compiling, the first time only"),
    ],
)
def test_a_bar_says_what_the_cell_does(files, words):
    frame = None
    for file in reversed(files):
        frame = SimpleNamespace(f_code=SimpleNamespace(co_filename=file, co_name="run"), f_back=frame)
    assert waiting.doing(frame) == words
