"""`tao-lab`: the lab from the command line. One file a group of commands; importing one registers them.

Exit codes: 0 all is well, 1 something was tested and failed, 2 the request cannot be carried out as given.
"""

from importlib import import_module
from pkgutil import iter_modules

from tao_lab.cli.app import main

__all__ = ["main"]

for module in sorted(module.name for module in iter_modules(__path__)):
    if module != "__main__":
        import_module(f"{__name__}.{module}")
