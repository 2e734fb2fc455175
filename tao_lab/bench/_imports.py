"""Measures how much memory the imports of each package take. Runs inside a notebook's kernel, as a separate file.

The memory of an import counts for the innermost package of `PACKAGES` that is being imported, so everything that the
SDK imports counts for the SDK. Used by `tao_lab.bench.kernels`.
"""

import builtins
import importlib
import sys
from typing import Any

PAGE = 4_096  # bytes
PACKAGES = {
    **{name: name for name in ("numpy", "bittensor", "altair", "scipy", "sklearn", "networkx", "torch", "tao_lab")},
    **dict.fromkeys(("pandas", "pyarrow"), "pandas"),
    **dict.fromkeys(("numba", "llvmlite"), "numba, LLVM"),
    **dict.fromkeys(("ipywidgets", "anywidget", "IPython"), "widgets"),
}
taken: dict[str, int] = {}  # pages by package
_owners: list[list[Any]] = [["", 0]]  # the current imports, and the pages of inner packages
_import, _import_module = builtins.__import__, importlib.import_module


def _pages() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - pathlib would be an import
        return int(file.read().split()[1])


def _watched(name: str, call: Any, *arguments: Any, **options: Any) -> Any:
    owner = PACKAGES.get(name.partition(".")[0])
    if owner is None or owner == _owners[-1][0]:
        return call(*arguments, **options)
    before = _pages()
    _owners.append([owner, 0])
    try:
        return call(*arguments, **options)
    finally:
        grown = _pages() - before
        inner = _owners.pop()[1]
        taken[owner] = taken.get(owner, 0) + grown - inner
        _owners[-1][1] += grown


def _watched_import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    package = (globals or {}).get("__package__") or "" if level else name
    return _watched(package, _import, name, globals, locals, fromlist, level)


def _watched_import_module(name: str, package: str | None = None) -> Any:
    return _watched((package or "") if name.startswith(".") else name, _import_module, name, package)


def watch() -> None:
    """Begin. Pyarrow is made unimportable, because `make lab` does not install it, and pandas loads it if it can."""
    sys.modules.setdefault("pyarrow", None)  # type: ignore[arg-type]
    builtins.__import__ = _watched_import
    importlib.import_module = _watched_import_module


def mebibytes() -> dict[str, float]:
    """MiB by package, the largest first."""
    return {name: pages * PAGE / 2**20 for name, pages in sorted(taken.items(), key=lambda item: -item[1])}
