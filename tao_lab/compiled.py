"""`njit` and `vectorize` as numba has them, but numba is loaded only where something is compiled for the first time.

Numba takes more than a second and 130 MiB to load, and most of the lab (keys, transfers, swaps, every `--help`) calls
nothing compiled. The decorators leave a `Compiled` in the module. Its first call finds the machine code that was kept
earlier (`tao_lab.machine_code`), or has numba make it, once for all processes to come.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from tao_lab import machine_code

Function = Callable[..., Any]
MARK = ".made-of"  # ends the name of a file beside what numba kept: of which code it was made
_building = RLock()  # two threads may make the first call at the same time


class Compiled:
    """A function that numba compiles when it is first called with some kinds of arguments.

    Args:
        function: the function to compile; a global function or a lambda.
        decorator: name of numba's decorator, `njit`, `vectorize` or `intrinsic`.
        arguments: positional arguments of the decorator.
        options: its keyword arguments.
    """

    def __init__(self, function: Function, decorator: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self.arguments, self.options = arguments, options
        self._decorator = decorator
        self._built: Any = None
        self._ready: dict[Any, Function] = {}  # by the kinds of arguments; a ufunc takes all kinds

    def __call__(self, *arguments: Any) -> Any:
        """Call the compiled function."""
        if self._decorator == "vectorize":
            return (self._ready.get(None) or self._ufunc())(*arguments)
        kinds = tuple(map(machine_code.kind_of, arguments))
        return (self._ready.get(kinds) or self._function(kinds))(*arguments)

    def like(self, *arguments: Any) -> Function:
        """The compiled function for arguments of the same kinds as these.

        It does not look at the kinds of what it gets, which saves time where they are always the same.
        """
        kinds = tuple(map(machine_code.kind_of, arguments))
        return self._ready.get(kinds) or self._function(kinds)

    def _function(self, kinds: tuple[Any, ...]) -> Function:
        with _building:
            if kinds not in self._ready:
                found = machine_code.function_for(kinds, self.__wrapped__, self._for_numba)
                self._ready[kinds] = found or self.build()
            return self._ready[kinds]

    def _ufunc(self) -> Function:
        with _building:
            if None not in self._ready:
                one = Compiled(self.__wrapped__, "njit", (), {})
                found = machine_code.ufunc_for(self.arguments[0][0], self.__wrapped__, one._for_numba)
                self._ready[None] = found or self.build()
            return self._ready[None]

    @contextmanager
    def _for_numba(self) -> Iterator[Any]:
        """What numba makes of the function; inside, every module shows numba its own functions."""
        replaced: list[tuple[dict[str, Any], str, Compiled]] = []
        self._build_with(replaced)
        try:
            yield self._built
        finally:
            for module, name, value in replaced:
                module[name] = value

    def build(self) -> Function:
        """What numba makes of the function, from now on: it compiles whenever a new kind of arguments comes."""
        with _building:
            self._build_with([])
        built: Function = self._built
        return built

    def _build_with(self, replaced: list[tuple[dict[str, Any], str, Compiled]]) -> None:
        """Build everything in the function's module, in the order of the file, and what that uses of other modules."""
        module = self.__wrapped__.__globals__
        for name, value in list(module.items()):
            if isinstance(value, Compiled):
                if value.__wrapped__.__globals__ is module:
                    value._build_one()
                else:
                    value._build_with(replaced)
                module[name] = value._built
                replaced.append((module, name, value))
        self._build_one()

    def _build_one(self) -> None:
        if self._built is None:
            import numba
            from llvmlite import binding

            # Instructions of the processor may be in what numba kept, and LLVM ends a process that cannot read them.
            binding.initialize_native_asmparser()
            if self.options.get("cache"):
                _forget_old(self.__wrapped__)
            decorator = numba.extending.intrinsic if self._decorator == "intrinsic" else getattr(numba, self._decorator)
            self._built = decorator(*self.arguments, **self.options)(self.__wrapped__)


def _forget_old(function: Function) -> None:
    """Remove what numba kept of a function if anything that it calls has changed since.

    Numba itself looks only at the file that the function is in.
    """
    source, name = Path(function.__code__.co_filename), function.__qualname__
    folder, now = source.parent / "__pycache__", machine_code.digest(function)
    mark = folder / f"{source.stem}.{name}{MARK}"
    with suppress(OSError):  # a folder that nobody may write to stays as it was installed
        if mark.exists() and mark.read_text(encoding="utf-8") == now:
            return
        for index in folder.glob(f"{source.stem}.{name}-*.nbi"):
            index.unlink()
        folder.mkdir(exist_ok=True)
        mark.write_text(now, encoding="utf-8")


def for_kinds(function: Any, *arguments: Any) -> Function:
    """The compiled function for arguments of the same kinds as these: see `Compiled.like`.

    Where no machine code is kept, modules have numba's own functions after the first call; they take all kinds.
    """
    return function.like(*arguments) if isinstance(function, Compiled) else function


def build_loaded() -> None:
    """Load what runs compiled code, for example before measuring time."""
    if machine_code.usable():
        machine_code.runtime()
        return
    for name, module in list(sys.modules.items()):
        if name.startswith("tao_lab."):
            for value in list(vars(module).values()):
                if isinstance(value, Compiled):
                    value.build()


def lay_cache() -> None:
    """Link what numba kept into `NUMBA_CACHE_DIR`, for a process that cannot write beside the library."""
    if machine_code.usable():  # kept code is found beside the library as well
        return
    import numba
    from numba.core.caching import UserProvidedCacheLocator

    for compiled in Path(__file__).parent.rglob("__pycache__/*.nb[ic]"):
        source = compiled.parent.with_name("any.py")
        folder = Path(numba.config.CACHE_DIR) / UserProvidedCacheLocator.get_suitable_cache_subpath(str(source))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / compiled.name).symlink_to(compiled)


def has_cache() -> bool:
    """Whether anything was compiled earlier, beside the library."""
    suffix = machine_code.SUFFIX if machine_code.usable() else ".nbi"
    return any(Path(__file__).parent.rglob(f"__pycache__/*{suffix}"))


def njit(*arguments: Any, **options: Any) -> Any:
    """`numba.njit`, with or without arguments, built at the first call."""
    if len(arguments) == 1 and callable(arguments[0]):
        return Compiled(arguments[0], "njit", (), options)
    return lambda function: Compiled(function, "njit", arguments, options)


def vectorize(*arguments: Any, **options: Any) -> Any:
    """`numba.vectorize`, built at the first call."""
    return lambda function: Compiled(function, "vectorize", arguments, options)


def intrinsic(function: Function) -> Any:
    """`numba.extending.intrinsic`: instructions of the processor, for compiled functions only."""
    return Compiled(function, "intrinsic", (), {"prefer_literal": False})
