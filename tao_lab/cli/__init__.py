"""`tao-lab`: the lab from the command line. One file a group of commands; importing one registers them.

Exit codes: 0 success, 1 a test or check failed, 2 the command could not do what was asked.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

from tao_lab.cli import app

__all__ = ["main", "register"]

FRAME = ("__main__", "app")  # the files without a command


def main() -> None:
    """Entry point. If a command has a file with its own name, only that file is loaded."""
    register(next((argument for argument in sys.argv[1:] if not argument.startswith("-")), ""))
    app.main()


def register(command: str = "") -> None:
    """Register the commands of the file named `command`; without such a file, those of all files."""
    files = sorted(module.name for module in iter_modules(__path__) if module.name not in FRAME)
    for name in [command] if command in files else files:
        import_module(f"{__name__}.{name}")
