"""Old names of modules: notebooks made with version 0.1 still use them, and get today's modules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

LABS = ("03", "04", "05", "07", "08", "09", "10")
RENAMED = {
    "tao_lab.economy.words": "tao_lab.economy.fixed128",
    **{f"tao_lab.course.lab{lab}.ours": f"tao_lab.course.lab{lab}.reference" for lab in LABS},
}


class OldNames(MetaPathFinder, Loader):
    """Finds modules by their old names; Python asks it last."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The loader of a module with an old name; None for all other modules."""
        return spec_from_loader(name, self) if name in RENAMED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module by its new name; it keeps its own `__spec__`."""
        module = import_module(RENAMED[spec.name])
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module has already run."""
        old = module.__spec__
        if old is not None:
            module.__spec__ = old.loader_state


def find_old_names() -> None:
    """Make Python find modules by their old names, if it finds them in no other way."""
    if not any(isinstance(finder, OldNames) for finder in sys.meta_path):
        sys.meta_path.append(OldNames())
