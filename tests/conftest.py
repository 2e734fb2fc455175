"""Settings for all tests: Hypothesis does not watch the clock; a test module does no work while it is collected."""

import sys

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lab")

# What a test needs to begin with: another process, a connection, a chain (every chain opens a database).
WORK = {"subprocess.Popen", "os.fork", "os.posix_spawn", "socket.bind", "socket.connect", "sqlite3.connect"}


class _Collecting:
    """Whether pytest is reading the test modules at the moment."""

    now = False


def _refuse_work(event, _):
    if _Collecting.now and event in WORK:
        raise RuntimeError(
            f"{event} while tests are collected: a test module must not work at import, for its failure would stop the "
            "whole suite; make a fixture or a cached function of it"
        )


sys.addaudithook(_refuse_work)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    _Collecting.now = True
    try:
        return (yield)
    finally:
        _Collecting.now = False
