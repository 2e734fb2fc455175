"""Watch the notebook's cells that define functions, so that a check knows whether a function is up to date.

A cell with a syntax error defines nothing: the name still has its older function, or does not exist. A check would then
judge the older function, or fail with a `NameError`. This module explains both in words.
"""

from __future__ import annotations

import re
import sys
from types import TracebackType
from typing import Any

from tao_lab.cards import Card, Text

DEFINES = re.compile(r"^(?:async\s+)?def\s+(\w+)", re.MULTILINE)
USES = re.compile(r"""\b(?:check|mine_or_reference|mine_or_ours)\(\s*["'](\d\d\.\d+)["']\s*,\s*(\w+)""")


class Cells:
    """Watches one IPython shell: which functions' cells failed when they last ran."""

    def __init__(self, shell: Any):
        """Begin to watch.

        Args:
            shell: the running IPython.
        """
        self._shell = shell
        self._text = ""  # of the cell that runs
        self._before: dict[str, Any] = {}
        self._failed: dict[str, tuple[Any, str]] = {}  # by name: the older function, and the error in words
        shell.events.register("pre_run_cell", self._about_to_run)
        shell.events.register("post_run_cell", self._has_run)
        if not shell.custom_exceptions:  # keep another handler, if there is one
            shell.set_custom_exc((NameError,), self._explain)

    def problem(self, function: Any) -> str:
        """Why a function is older than the text in its cell, in words; empty if it is not."""
        return next((words for known, words in self._failed.values() if known is function), "")

    def _about_to_run(self, info: Any) -> None:
        self._text = info.raw_cell or ""
        self._before = {name: self._shell.user_ns.get(name) for name in DEFINES.findall(self._text)}

    def _has_run(self, result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        for name, function in self._before.items():
            if error is not None and self._shell.user_ns.get(name) is function:
                self._failed[name] = (function, _in_words(error))
            else:
                self._failed.pop(name, None)
        self._before = {}

    def _explain(
        self,
        shell: Any,
        kind: type[BaseException],
        error: NameError,
        trace: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        """Show a card if a check names a function that does not exist, otherwise the usual traceback."""
        used = {name: exercise for exercise, name in USES.findall(self._text)}
        name = str(error.name)
        if name in used:
            _show(self._missing(name, used[name]))
        else:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)

    def _missing(self, name: str, exercise: str) -> Card:
        _, problem = self._failed.get(name, (None, ""))
        words = (
            f"Its cell stopped with {problem}. Mend it, run it, then run this cell again."
            if problem
            else f"Run the cell of exercise {exercise} first, the one with `def {name}(…)`, then this one. After a "
            "restart of the kernel all cells above have to run again: in the menu, Run > Run All Above Selected Cell."
        )
        return Card("waiting", "Not checked", f"There is no function `{name}` yet", (Text(words),))


def _in_words(error: BaseException) -> str:
    where = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"`{type(error).__name__}: {message}`{where}"


def _show(card: Card) -> None:
    from IPython.display import display  # only a notebook comes here, and it has loaded IPython

    display(card)  # type: ignore[no-untyped-call]


_watched: Cells | None = None


def watch(shell: Any) -> None:
    """Watch a shell from now on.

    Args:
        shell: the running IPython.
    """
    global _watched  # a kernel has one shell
    _watched = Cells(shell)


def watch_notebook() -> None:
    """Watch the notebook that this runs in, if it is one."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running is not None else None
    if shell is not None:
        watch(shell)


def problem(function: Any) -> str:
    """Why a function is older than the text in its cell, in words; empty if it is not, or nothing is watched."""
    return "" if _watched is None else _watched.problem(function)
