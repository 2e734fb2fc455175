"""Pictures come from a process that ends when idle and starts again."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tao_lab.views import rendering

pytestmark = pytest.mark.slow
SPEC = {
    "data": {"values": [{"a": 1}, {"a": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "a", "type": "quantitative"}},
}


@pytest.fixture(autouse=True)
def fresh():
    rendering.close()
    yield
    rendering.close()


def test_a_chart_becomes_a_picture_and_the_engine_stays_outside():
    assert rendering.svg(SPEC).startswith("<svg")
    assert rendering.png(SPEC).startswith(b"\x89PNG")
    (process,) = rendering._running
    assert process.poll() is None
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert "vl_convert" not in maps.read_text() or "vl_convert" in sys.modules


def test_a_process_that_has_ended_starts_again():
    first = rendering.svg(SPEC)
    (process,) = rendering._running
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert rendering.svg(SPEC) == first
    assert rendering._running != [process]


def test_it_ends_when_nobody_asks(monkeypatch):
    monkeypatch.setattr(rendering, "IDLE_SECONDS", 0)
    assert rendering._start()
    (process,) = rendering._running
    assert process.wait() == 0
    monkeypatch.undo()
    assert rendering.svg(SPEC).startswith("<svg")


def test_what_vega_refuses_is_an_error_and_the_next_chart_is_drawn():
    with pytest.raises(rendering.RenderingError, match="vegalite_to_svg"):
        rendering.svg({"mark": 3})
    assert rendering.svg(SPEC).startswith("<svg")


def test_a_script_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    source = "export const four = 4;"
    made = rendering.script.__wrapped__(source)
    (file,) = tmp_path.glob("script-*.js")
    assert file.read_bytes().endswith(made.encode())
    assert "four" in made
    monkeypatch.setattr(rendering, "_ask", None)
    assert rendering.script.__wrapped__(source) == made


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_its_own_engine_even_if_a_thread_was_asking():
    first = rendering.svg(SPEC)
    with rendering._asking:
        child = os.fork()
        if child == 0:
            free = rendering._asking.acquire(blocking=False)
            os._exit(0 if free and not rendering._running else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    (process,) = rendering._running
    assert rendering.svg(SPEC) == first
    assert rendering._running == [process]
