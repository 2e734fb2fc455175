"""How much memory a student's kernel takes: each solved lab in a separate kernel, without a language model.

The operating system stores the largest size of a process, and can reset it, so each cell has its own peak. The size is
resident memory (RSS), which includes program files that kernels share. Processes that a kernel starts are counted
separately. Machine code that a lab needs is kept before it begins, as `make lab` does; a lab that makes more says so,
because numba's compiler takes 130 MiB and more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tao_lab import machine_code, paths
from tao_lab.bench import _imports
from tao_lab.bench.room import _tree
from tao_lab.course import solve
from tao_lab.errors import LabError

LIMIT = 250.0  # MiB
# A real keyfile's password goes through Argon2i with libsodium's "sensitive" setting: 512 MiB, for about a second.
PASSWORD = {"01": 512.0}
MODELS = ("04",)  # labs that teach with PyTorch: they have no limit here
LOOK_SECONDS = 0.05
CELL_SECONDS = 900
WATCH = (
    "import importlib.util as _util\n"
    f"_spec = _util.spec_from_file_location('_imports', {_imports.__file__!r})\n"
    "_memory = _util.module_from_spec(_spec)\n"
    "_spec.loader.exec_module(_memory)\n"
    "_memory.watch()"
)
TELL = "import json as _json; print(_json.dumps(_memory.mebibytes()))"
COMPILE = paths.ROOT / "scripts" / "compile.py"
LIBRARY = Path(machine_code.__file__).parent


@dataclass
class Kernel:
    """One lab's kernel, in MiB.

    Attributes:
        lab: its number.
        start: before the first cell.
        cells: largest size during each cell, by its name.
        imports: what importing took, by package.
        end: after the last cell.
        others: largest size of the processes that it started, together.
        compiled: functions whose machine code it had to make.
    """

    lab: str
    start: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)
    imports: dict[str, float] = field(default_factory=dict)
    end: float = 0.0
    others: float = 0.0
    compiled: list[str] = field(default_factory=list)

    @property
    def peak(self) -> float:
        """The largest size of all."""
        return max(self.cells.values())

    @property
    def cell(self) -> str:
        """The cell with the largest size."""
        return max(self.cells, key=lambda name: self.cells[name])

    @property
    def rest(self) -> float:
        """Memory of the lab's own data and work at the end."""
        return self.end - self.start - sum(self.imports.values())

    @property
    def apart(self) -> dict[str, float]:
        """Parts that do not count: a keyfile's password, as the SDK hashes it, and PyTorch."""
        parts = {"a keyfile's password": PASSWORD.get(self.lab, 0.0), "PyTorch": self.imports.get("torch", 0.0)}
        return {name: size for name, size in parts.items() if size}

    @property
    def limit(self) -> float | None:
        """The largest size that is allowed."""
        return None if self.lab in MODELS else LIMIT + PASSWORD.get(self.lab, 0.0)


def measure(number: str, progress: Callable[[str], Any] = lambda _: None) -> Kernel:
    """Run a lab, solved, and watch its kernel.

    Args:
        number: of the lab.
        progress: is told which cell runs now.

    Raises:
        LabError: this system does not tell how much memory a process takes.
    """
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell

    if not Path("/proc/self/clear_refs").exists():
        raise LabError("the system is not Linux; only Linux tells the largest size of a process, cell by cell")
    book = solve.solved_notebook(number)
    kernel = Kernel(number)
    kept = _kept_code()
    with TemporaryDirectory() as folder, _without_models(folder):
        client = NotebookClient(
            book, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        with client.setup_kernel():
            process = _process(client)
            client.execute_cell(new_code_cell(WATCH), 0, store_history=False)
            kernel.start = _size(process, "VmRSS")
            with _watching(process, kernel):
                for place, cell in enumerate(book.cells):
                    if cell.cell_type == "code":
                        progress(f"lab {number}: {cell.id}")
                        Path(f"/proc/{process}/clear_refs").write_text("5")
                        client.execute_cell(cell, place)
                        kernel.cells[cell.id] = _size(process, "VmHWM")
            kernel.end = _size(process, "VmRSS")
            told = client.execute_cell(new_code_cell(TELL), 0, store_history=False)
            kernel.imports = json.loads(told.outputs[0].text)
    kernel.compiled = sorted({path.name.partition("-")[0] for path in _kept_code() - kept})
    return kernel


def compile_ahead() -> None:
    """Keep the machine code that the labs need, as the installation does."""
    subprocess.run([sys.executable, COMPILE], check=True)


def _kept_code() -> set[Path]:
    return set(LIBRARY.rglob(f"__pycache__/*{machine_code.SUFFIX}"))


def _process(client: Any) -> int:
    return int(client.km.provisioner.pid)


@contextmanager
def _without_models(folder: str) -> Iterator[None]:
    """Behave as on a machine without a downloaded language model."""
    before = os.environ.get("TAO_LAB_CACHE")
    os.environ["TAO_LAB_CACHE"] = f"{folder}/empty"
    try:
        yield
    finally:
        os.environ.pop("TAO_LAB_CACHE")
        if before is not None:
            os.environ["TAO_LAB_CACHE"] = before


@contextmanager
def _watching(process: int, kernel: Kernel) -> Iterator[None]:
    """Look at the processes that a kernel started, again and again."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            sizes = 0.0
            for each in _tree(process)[1:]:
                with suppress(OSError, LookupError):  # it has ended meanwhile
                    sizes += _size(each, "VmRSS")
            kernel.others = max(kernel.others, sizes)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _size(process: int, name: str) -> float:
    """MiB of a process, as the system names them."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"process {process} has no {name}")
