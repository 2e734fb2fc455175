"""Rules with a twin: the readable rule is in its pallet, its fast version (the twin) in `tao_lab/chain/vectorized/`.

A rule for all subnets is written as in the source, one subnet after the other:

    @has_twin
    def update_root_prop(ctx, netuids): ...

A twin does exactly the same on whole columns, and is registered from its own module:

    @update_root_prop.twin
    def update_root_prop_at_once(ctx, netuids): ...

A chain with one or two subnets gains nothing from columns. So a rule may have another twin for few subnets, which is
tried first.

If a twin cannot do a block (a student's rule is used, a number is too large), it returns `NotImplemented` without
changing anything. Then the next twin or the readable rule does the work. So no rule imports its twin; without the
package of twins a chain is slower, but otherwise the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

_readable_only: ContextVar[bool] = ContextVar("readable_only", default=False)


class WithTwin(Generic[Given, Result]):
    """A readable rule that tries its twin first.

    Attributes:
        readable: The rule itself.
    """

    def __init__(self, readable: Callable[Given, Result]) -> None:
        self.readable = readable
        self._twin: Callable[..., Any] | None = None
        self._twin_for_few: Callable[..., Any] | None = None
        update_wrapper(self, readable)

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """The twin's result, or that of the readable rule."""
        if self._twin is not None and not _readable_only.get():
            for twin in (self._twin_for_few, self._twin):
                result: Result = NotImplemented if twin is None else twin(*args, **kwargs)
                if result is not NotImplemented:
                    return result
        return self.readable(*args, **kwargs)

    def twin(self, function: Callable[Given, Any]) -> Callable[Given, Any]:
        """Register the fast twin, which takes the same arguments."""
        self._twin = function
        return function

    def twin_for_few(self, function: Callable[Given, Any]) -> Callable[Given, Any]:
        """Register the twin that is tried first; it decides itself whether there are few subnets."""
        self._twin_for_few = function
        return function


def has_twin(readable: Callable[Given, Result]) -> WithTwin[Given, Result]:
    """Mark a rule that may have a twin."""
    return WithTwin(readable)


def are_used() -> bool:
    """Whether twins are used; otherwise only readable rules are."""
    return not _readable_only.get()


@contextmanager
def readable_only() -> Iterator[None]:
    """Use only readable rules inside a `with` block, so that tests can compare them with the twins."""
    token = _readable_only.set(True)
    try:
        yield
    finally:
        _readable_only.reset(token)
