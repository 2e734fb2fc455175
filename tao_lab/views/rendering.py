"""Vega's pictures and scripts, made in a process of its own, which ends when nobody has asked it for some seconds.

`vl_convert` brings a JavaScript engine: threads, and 90 MiB that a notebook's kernel would keep until its end.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from tao_lab.errors import LabError
from tao_lab.kept_files import kept

STAGE = ("controls.js", "presentation/stage.js")  # scripts of a dashboard
IDLE_SECONDS = 10  # without a question, until the process ends
SERVER = Path(__file__).with_name("rendering_process.py")  # run as a file, so that it loads nothing of the lab


class RenderingError(LabError):
    """Vega cannot draw this."""


def svg(spec: Mapping[str, Any]) -> str:
    """A chart in Vega-Lite as a picture.

    Raises:
        RenderingError: Vega does not accept it.
    """
    return _ask("vegalite_to_svg", spec)


def png(spec: Mapping[str, Any]) -> bytes:
    """A chart in Vega-Lite as a PNG file.

    Raises:
        RenderingError: Vega does not accept it.
    """
    return base64.b64decode(_ask("vegalite_to_png", spec, scale=1))


def bundle(*scripts: str) -> str:
    """A widget's JavaScript with Vega, Vega-Lite and vega-embed in one module, about 0.9 MB.

    Args:
        scripts: the widget's own files, beside this one.
    """
    return script(_source(scripts))


def bundle_name(*scripts: str) -> str:
    """A name that changes with the bundle's content; to know it, nothing is made."""
    return _name(_source(scripts))


@cache
def script(source: str) -> str:
    """JavaScript with the modules that it imports (Vega, Vega-Lite, vega-embed) in one.

    Raises:
        RenderingError: it is not JavaScript.
    """
    found = kept(_name(source), SERVER, lambda: _ask("javascript_bundle", source).encode())
    assert found is not None
    return found.decode()


@cache
def _source(scripts: tuple[str, ...]) -> str:
    """What all widgets share, then a widget's own files."""
    here = SERVER.parent
    files = (here.parent / "quiet_keys.js", here / "page.js", *(here / name for name in scripts))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _name(source: str) -> str:
    made = f"{source}\n{version('vl-convert-python')}"
    return f"script-{hashlib.blake2b(made.encode(), digest_size=12).hexdigest()}.js"


# --- the other process ---

_running: list[subprocess.Popen[str]] = []
_asking = Lock()


def _ask(function: str, *arguments: Any, **options: Any) -> str:
    line = json.dumps([function, arguments, options])
    with _asking:
        answer = (_running and _answer(line)) or (_start() and _answer(line))  # it may have ended meanwhile
    if not answer:
        raise RenderingError(f"{function}: the process that draws charts ended; run the cell again")
    found = json.loads(answer)
    if "error" in found:
        raise RenderingError(f"{function}: {found['error']}")
    return str(found["made"])


def _start() -> bool:
    close()
    command = [sys.executable, str(SERVER), str(IDLE_SECONDS)]
    # in a session of its own, where "Interrupt the kernel" does not reach it
    process = subprocess.Popen(command, stdin=-1, stdout=-1, encoding="utf-8", start_new_session=True)
    _running.append(process)
    return True


def _answer(line: str) -> str:
    """A line of JSON; empty if the process has ended."""
    process = _running[0]
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return ""
    except BaseException:  # interrupted: the answer that comes now belongs to no question
        close()
        raise


def close() -> None:
    """End the other process, if it runs; the next picture starts it again."""
    while _running:
        process = _running.pop()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        process.wait()


def _forget() -> None:
    """In a process that was forked: the other process answers its parent, whose thread may be asking just now."""
    global _asking
    _asking = Lock()
    while _running:
        process = _running.pop()
        process.returncode = 0  # not this process's to wait for
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
