"""TAO Lab: a small, exact Bittensor that students can open."""

import gc
import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tao_lab import grammar, notebook, renamed

__version__ = "0.2.0"
RULES_AS_OF = (
    "spec 475 (2026-10-07)"  # the runtime that rules, schema and client follow; docs/chain.md lists what is missing
)
__all__ = ["RULES_AS_OF", "Network"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def keep_loopback_direct() -> None:
    """Make clients reach this machine without a proxy, in this process and in programs that it starts.

    If a proxy is set (`HTTP_PROXY`, `ALL_PROXY`, `WS_PROXY`), the SDK, btcli and every HTTP library would send requests
    for chains and miners on this machine to the proxy, which cannot reach them.
    """
    for name in ("NO_PROXY", "no_proxy"):
        there = [host.strip() for host in os.environ.get(name, "").split(",") if host.strip()]
        if "*" not in there:
            os.environ[name] = ",".join([*there, *(host for host in LOOPBACK if host not in there)])


keep_loopback_direct()


def __getattr__(name: str) -> Any:
    """`from tao_lab import Network` loads the chain; everything else in the lab starts without it."""
    if name == "Network":
        with _without_collecting():
            return importlib.import_module("tao_lab.network").Network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Stop the garbage collector during an import: it finds nothing there, and takes a tenth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _find_room_for_compiled_code() -> None:
    """Find a folder where numba can keep compiled code.

    Numba uses a folder beside the library, or the user's cache, and fails if it can write to neither. That happens in a
    read-only installation used without a home. Then the code is kept for this process only.
    """
    if "NUMBA_CACHE_DIR" in os.environ or os.access(Path(__file__).parent, os.W_OK):
        return
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        cache.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: nobody knows where the home is
        cache = None
    if cache is None or not os.access(cache, os.W_OK):
        import atexit
        from tempfile import TemporaryDirectory

        folder = TemporaryDirectory(prefix="tao-lab-compiled-")
        atexit.register(folder.cleanup)
        os.environ["NUMBA_CACHE_DIR"] = folder.name


_find_room_for_compiled_code()
grammar.leave_out()
renamed.find_old_names()
notebook.register()
