"""The nursery: a process that has loaded the lab, runs each page once, and forks a kernel from it for each reader.

Loading the lab takes seconds and hundreds of MiB, and running a page's cells takes more. A fork shares this memory: a
reader's kernel starts in a fraction of a second, and needs memory only for what it changes.

    nursery     has loaded the lab; forks a process for each page
    page        has run the cells of one notebook, and holds its widgets; forks a kernel for each reader
    kernel      ipykernel as Jupyter knows it, with the page's widgets in it

Only the thread that forks exists in the new process, so nursery and pages have one thread when they fork. Readers would
share threads, files and sockets that a page leaves open. So such a page is not kept, and its readers get kernels that
run the cells themselves. Everything ends with the server, even if the server is killed.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import itertools
import json
import os
import random
import select
import signal
import socket
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

from tao_lab.compiled import build_loaded
from tao_lab.readers.forking import Ran
from tao_lab.views import rendering

# Modules that pages and kernels need, so that they are loaded only once: what every page needs, what only kernels need,
# then what most pages need. The first page does not wait for the others' modules; if it needs one, it loads it itself.
EVERY = (
    "IPython.extensions.storemagic",
    "encodings.idna",
    "ipykernel.kernelapp",  # before a widget is made: it says how widgets talk
    "tao_lab.views.presentation",
    "tornado.platform.asyncio",
)
KERNELS = ("ipykernel.debugger",)
MOST = (
    "bittensor",
    "tao_lab.network",
    "tao_lab.views.attacks",
    "tao_lab.views.display",
    "tao_lab.views.emission",
    "tao_lab.views.mining",
    "tao_lab.views.money",
    "tao_lab.views.pools",
    "tao_lab.views.presentation.consensus",
)
WIDGET = "application/vnd.jupyter.widget-view+json"
MOST_BYTES = 65_536  # of a request to the nursery
SETTLE_SECONDS = 5  # until a joined thread has also disappeared from the system's list


def main(channel: socket.socket) -> None:
    """Fork a page process for each request, until the server closes the channel.

    Args:
        channel: a request is JSON, `{"page": path}`, and a socket on which the page then answers (`serve_page`).
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # don't wait for children
    _load(EVERY)
    importlib.import_module("ipywidgets").register_comm_target()  # it did not, since it was loaded outside a kernel
    for number in itertools.count():
        data, descriptors, _, _ = socket.recv_fds(channel, MOST_BYTES, 1)
        if not data:
            return
        if number == 1:  # not earlier: the first page and the browser need the processors
            _load((*KERNELS, *MOST))
        parent = os.getpid()
        if os.fork() == 0:
            from tao_lab import processes

            processes.die_with(parent, signal.SIGKILL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            channel.close()
            path = json.loads(data)["page"]
            serve_page(socket.socket(fileno=descriptors[0]), None if path is None else Path(path))
            return
        os.close(descriptors[0])


def _load(names: tuple[str, ...]) -> None:
    """Load modules into memory that forked processes share."""
    for name in names:
        importlib.import_module(name)
    build_loaded()  # what runs compiled code
    gc.collect()
    gc.freeze()  # the collector would write to every page of memory, and so copy it


def serve_page(channel: socket.socket, path: Path | None) -> None:
    """Run a notebook's cells, send their outputs, then fork a kernel for each request.

    The first line on the channel is a `forking.Ran` in JSON. Then a request is a line `{"file": …, "cwd": …, "env":
    {…}}`, where the file is the kernel's connection file, and its answer a line `{"pid": …}` with the kernel's pidfd.
    Between requests it draws what the page will show.

    Args:
        channel: to the server; when it is closed, this process ends.
        path: of the notebook; without it, kernels have only the lab loaded.
    """
    namespace: dict[str, Any] = {}
    before = _open_files()
    from tao_lab.views import presentation  # loaded already

    outputs, reason = ([], None) if path is None else _run(path, namespace)
    reason = reason or _left_open(before)
    ran = Ran(None if reason else outputs, reason, None if reason else _stage(outputs))
    channel.sendall(json.dumps(vars(ran)).encode() + b"\n")
    if reason:
        return
    for name in KERNELS:  # the server has the outputs, and a reader's browser draws meanwhile
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, _wait_for_ended)
    requests = channel.makefile("rb")
    coming = presentation.coming()
    while True:
        # one request at a time comes, so none waits in the file's own buffer
        if not select.select([channel], [], [], 0)[0] and _drew_next(coming):
            continue
        line = requests.readline()
        if not line:
            return
        parent = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # keep the process number until there is a handle
        pid = os.fork()
        if pid == 0:
            _become_kernel(parent, channel, json.loads(line), namespace)
        handle = os.pidfd_open(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        socket.send_fds(channel, [json.dumps({"pid": pid}).encode() + b"\n"], [handle])
        os.close(handle)


def _drew_next(coming: Iterator[Callable[[], object]]) -> bool:
    """Draw what a reader will ask for, in a thread as the cells were; false if nothing is left to draw."""
    draw = next(coming, None)
    if draw is None:
        return False
    thread = Thread(target=draw)
    thread.start()
    thread.join()
    _settle()
    return True


def _wait_for_ended(*_: object) -> None:
    """Let the system forget kernels that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:  # there are no more
        return


def _run(path: Path, namespace: dict[str, Any]) -> tuple[list[Any], str | None]:
    """Outputs of a notebook's code cells, and what kept it from running.

    In a thread of its own, since random numbers of Rust libraries (the SDK's mnemonics) are made by thread: the thread
    that forks has drawn none, so no two readers get the same.
    """
    found: list[Any] = []
    reasons: list[str] = []
    thread = Thread(target=_run_cells, args=(path, namespace, found, reasons))
    thread.start()
    thread.join()
    rendering.close()  # its pipes would be shared
    return found, reasons[0] if reasons else None


def _run_cells(path: Path, namespace: dict[str, Any], found: list[Any], reasons: list[str]) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    from tao_lab import notebook

    shell = InteractiveShell.instance(user_ns=namespace, config=_without_history())
    notebook.register()
    os.chdir(path.parent)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        with shell.builtin_trap, shell.display_trap, capture_output() as captured:
            result = shell.run_cell("".join(cell["source"]))  # type: ignore[no-untyped-call]
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            reasons.append(f"{type(error).__name__}: {error}")
            return
        found.append(_nbformat(captured))
    InteractiveShell.clear_instance()  # the kernel makes its own shell


def _nbformat(captured: Any) -> list[dict[str, Any]]:
    from ipykernel.jsonutil import encode_images, json_clean

    outputs = [
        {"output_type": "display_data", "data": json_clean(encode_images(dict(shown.data))), "metadata": shown.metadata}
        for shown in captured.outputs
        if shown.data  # what shows itself leaves an empty result
    ]
    if captured.stdout:
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": captured.stdout})
    return outputs


def _stage(outputs: list[Any]) -> dict[str, Any] | None:
    """The dashboard that is all that a page shows."""
    from ipykernel.jsonutil import json_clean

    from tao_lab.views import presentation

    shown = [output.get("data", {}).get(WIDGET, {}) for cell in outputs for output in cell]
    stage = presentation.presented(shown[0].get("model_id", "")) if len(shown) == 1 else None
    return None if stage is None else {"model_id": stage.model_id, "state": json_clean(stage.shown())}


def _left_open(before: set[str]) -> str | None:
    """What a page left open that its readers cannot share."""
    if threads := _settle():
        return f"it left {threads} threads running"
    if opened := _open_files() - before:
        return f"it left open {', '.join(sorted(opened))}"
    return None


def _settle() -> int:
    """Wait until joined threads have disappeared; how many others run."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (threads := len(list(Path("/proc/self/task").iterdir()))) > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    return threads - 1


def _open_files() -> set[str]:
    """Open files, sockets and pipes of this process, by their targets."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(descriptor.readlink()))
        except OSError:  # the folder that was listed
            continue
    return found


def _become_kernel(parent: int, channel: socket.socket, request: dict[str, Any], namespace: dict[str, Any]) -> None:
    """In the new process: drop everything of the page's process, then serve one reader until the end."""
    from tao_lab import processes

    code = 1
    try:
        os.setsid()
        processes.die_with(parent, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        os.close(channel.detach())
        _forget_endings()
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        random.seed()
        sys.modules["numpy"].random.seed()
        _serve_reader(request["file"], namespace)
        code = 0
    finally:
        atexit._run_exitfuncs()
        os._exit(code)


def _serve_reader(file: str, namespace: dict[str, Any]) -> None:
    """Run ipykernel's application with a connection file until its end; its kernel takes over the widgets."""
    import comm
    from ipykernel.kernelapp import IPKernelApp

    from tao_lab import notebook

    class Application(IPKernelApp):  # type: ignore[misc,unused-ignore]
        name = "ipython-kernel"

        def parse_command_line(self, argv: Any = None) -> None:
            """Do nothing: there is no command line, and parsing takes long."""

        def init_kernel(self) -> None:
            super().init_kernel()
            for widget in comm.get_comm_manager().comms.values():
                widget.kernel = self.kernel  # without a kernel, a widget sends nothing
            notebook.register()  # not possible before there was a shell

    settings = _without_history()
    settings.Application.log_level = "CRITICAL"
    Application.launch_instance(connection_file=file, user_ns=namespace, config=settings)


def _without_history() -> Any:
    """Settings of IPython without its history, which would use a file and a thread."""
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    return settings


def _forget_endings() -> None:
    """What is to happen when the page's process ends (removing its temporary folders) is not a kernel's to do.

    multiprocessing does the same in the processes that it forks.
    """
    atexit._clear()
    finalizers: Any = weakref.finalize
    for kept in list(finalizers._registry):
        kept.detach()
    finalizers._registered_with_atexit = False  # so that the kernel's own finalizers are called


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    main(socket.socket(fileno=int(sys.argv[1])))
