"""`njit` and `vectorize` like numba's, but numba is loaded when a function is first called, not when it is defined.

Numba takes more than a second and 90 MiB to load, and most of the lab (keys, blocks, transfers, swaps, every `--help`)
calls nothing compiled. The decorators put a `Compiled` object into the module. Its first call replaces every `Compiled`
in that module by numba's compiled function, so that compiled code calls only numba's own functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any

Function = Callable[..., Any]
_building = RLock()  # two threads may make the first call at the same time


class Compiled:
    """A function that numba compiles when it is first called.

    Args:
        function: the function to compile; a global function or a lambda.
        decorator: name of numba's decorator, `njit` or `vectorize`.
        arguments: positional arguments of the decorator.
        options: its keyword arguments.
    """

    def __init__(self, function: Function, decorator: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self._decorator = decorator
        self._arguments = arguments
        self._options = options
        self._built: Function | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Call the compiled function."""
        return (self._built or self.build())(*arguments)

    def build(self) -> Function:
        """The compiled function; all compiled functions of its module are built, in the order of the file."""
        with _building:
            module = self.__wrapped__.__globals__
            for name, value in list(module.items()):
                if isinstance(value, Compiled):
                    module[name] = value._build_one() if value._in(module) else value.build()
            return self._build_one()

    def _in(self, module: dict[str, Any]) -> bool:
        return self.__wrapped__.__globals__ is module

    def _build_one(self) -> Function:
        if self._built is None:
            import numba

            self._built = getattr(numba, self._decorator)(*self._arguments, **self._options)(self.__wrapped__)
        return self._built


def build_loaded() -> None:
    """Build the compiled functions of all loaded modules of the lab, for example before measuring time."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tao_lab."):
            for value in list(vars(module).values()):
                if isinstance(value, Compiled):
                    value.build()


def lay_cache() -> None:
    """Link earlier compiled code into `NUMBA_CACHE_DIR`, for a process that cannot write beside the library."""
    import numba
    from numba.core.caching import UserProvidedCacheLocator

    for compiled in Path(__file__).parent.rglob("__pycache__/*.nb[ic]"):
        source = compiled.parent.with_name("any.py")
        folder = Path(numba.config.CACHE_DIR) / UserProvidedCacheLocator.get_suitable_cache_subpath(str(source))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / compiled.name).symlink_to(compiled)


def has_cache() -> bool:
    """Whether anything was compiled earlier, beside the library."""
    return any(Path(__file__).parent.rglob("__pycache__/*.nbi"))


def njit(*arguments: Any, **options: Any) -> Any:
    """`numba.njit`, with or without arguments, built at the first call."""
    if len(arguments) == 1 and callable(arguments[0]):
        return Compiled(arguments[0], "njit", (), options)
    return lambda function: Compiled(function, "njit", arguments, options)


def vectorize(*arguments: Any, **options: Any) -> Any:
    """`numba.vectorize`, built at the first call."""
    return lambda function: Compiled(function, "vectorize", arguments, options)
