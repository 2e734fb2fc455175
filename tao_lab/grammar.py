"""jsonschema without the grammar of international addresses, which alone takes 1.5 s of a processor to load.

altair, nbformat and the lab's own checks of answers all bring jsonschema, and it loads that grammar for the format
"iri" wherever its package is installed, as it is beside JupyterLab. No schema here has such a format.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

GRAMMAR = "rfc3987_syntax"


class WithoutGrammar(MetaPathFinder):
    """While jsonschema is loaded, say that the grammar is not installed; all other modules find it."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Nothing: the other finders look for the module.

        Raises:
            ModuleNotFoundError: jsonschema asks for the grammar, which is optional there.
        """
        jsonschema = sys.modules.get("jsonschema")
        if name == GRAMMAR and jsonschema is not None and not hasattr(jsonschema, "validate"):  # its last name
            raise ModuleNotFoundError(f"{GRAMMAR}: left out, see tao_lab/grammar.py", name=name)


def leave_out() -> None:
    """Load jsonschema without the grammar in this process."""
    if not any(isinstance(finder, WithoutGrammar) for finder in sys.meta_path):
        sys.meta_path.insert(0, WithoutGrammar())
