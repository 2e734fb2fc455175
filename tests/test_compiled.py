"""Compiled functions: numba loads at the first call, and compiled code calls compiled code."""

import numpy as np

from tao_lab.compiled import Compiled, njit, vectorize


@njit(inline="always")
def _double(number):
    """Twice the number."""
    return number + number


@njit
def _double_and_one(number):
    return _double(number) + 1


_each = vectorize(["int64(int64)"])(lambda number: _double_and_one(number))


def test_a_function_is_compiled_with_all_of_its_module_at_the_first_call():
    lazy = _each
    assert isinstance(lazy, Compiled)
    assert lazy(np.arange(3)).tolist() == [1, 3, 5]
    assert not [name for name, value in globals().items() if isinstance(value, Compiled)]
    assert lazy(4) == _each(4) == 9  # who imported it before the first call goes on with it
    assert _double.__doc__ == "Twice the number."
