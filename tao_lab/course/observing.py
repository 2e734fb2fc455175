"""Find what all wrong values of an answer have in common, for hints about unknown mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tao_lab.course.compare import wrong_names
from tao_lab.course.exercise import Case, Values

NEAR = 1e-7  # relative: two numbers that are closer than this differ by rounding,
NEAR_RAO = 10**6  # if they also differ by less than this
NEARLY_ONE = 1e-5  # a factor closer to 1 than this would be printed as 1
FACTOR_DIGITS = 1e-9  # relative: factors that are closer than this count as equal
Pair = tuple[Any, Any]  # the answer's value, and the right value


def observed(wrong: Sequence[tuple[Values, Values, Case]]) -> str:
    """One or two sentences; empty if the wrong values have nothing in common.

    Args:
        wrong: the answer's values, the right values and the case, for every case with wrong values.
    """
    names = list(dict.fromkeys(name for found, expected, case in wrong for name in wrong_names(found, expected, case)))
    if not names or any(set(found) != set(expected) for found, expected, _ in wrong):
        return ""
    said = [_swapped(wrong, names) or _together(wrong, names) or _together(wrong, names[:1])]
    if len(names) < len(wrong[0][1]):
        said.insert(0, f"Only {_words(names)} {_are(names)} ever wrong.")
    return " ".join(filter(None, said))


def observed_here(found: Values, expected: Values, case: Case) -> str:
    """The same for the first wrong value of one case."""
    names = wrong_names(found, expected, case)
    return _together([(found, expected, case)], names[:1]) if names and names[0] in found else ""


def _together(wrong: Sequence[tuple[Values, Values, Case]], names: Sequence[str]) -> str:
    """What all wrong values of some names have in common."""
    pairs = [
        (found[name], expected[name])
        for found, expected, case in wrong
        for name in wrong_names(found, expected, case)
        if name in names
    ]
    common = next(filter(None, (kind(pairs) for kind in _KINDS)), "")
    return f"{_words(names)} {_are(names)} {common}{'' if common.endswith('?') else '.'}" if common else ""


def _words(names: Sequence[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _swapped(wrong: Sequence[tuple[Values, Values, Case]], names: Sequence[str]) -> str:
    if len(names) != 2:
        return ""
    one, other = names
    if any(name not in found for found, _, _ in wrong for name in names):
        return ""  # not every case has both
    crossed = [({one: f[other], other: f[one]}, {one: e[one], other: e[other]}, case) for f, e, case in wrong]
    if any(type(f[one]) is not type(e[one]) or wrong_names(f, e, case) for f, e, case in crossed):
        return ""
    return f"`{one}` and `{other}` have changed places."


def _numbers(pairs: Sequence[Pair]) -> list[tuple[Any, Any]]:
    """The numbers that differ, one by one; empty if some pairs are not numbers."""
    found: list[tuple[Any, Any]] = []
    for mine, right in pairs:
        if isinstance(right, np.ndarray) and isinstance(mine, np.ndarray) and mine.shape == right.shape:
            found += [(m, r) for m, r in zip(mine.ravel().tolist(), right.ravel().tolist(), strict=True) if m != r]
        elif all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (mine, right)):
            found.append((mine, right))
        else:
            return []
    return found if all(np.isfinite(float(m)) and np.isfinite(float(r)) for m, r in found) else []


def _by_one(pairs: Sequence[Pair]) -> str:
    apart = {mine - right for mine, right in _numbers(pairs)}
    if not apart or any(isinstance(each, float) for each in apart) or not apart <= {1, -1}:
        return ""
    if apart == {1, -1}:
        return "one off, up or down, where it is wrong: you round another way, or compute in floats"
    side = "large" if apart == {1} else "small"
    return f"one too {side} where it is wrong: is it rounded another way, or counted from another end?"


def _sign(pairs: Sequence[Pair]) -> str:
    numbers = _numbers(pairs)
    return "right but for the sign" if numbers and all(mine == -right for mine, right in numbers) else ""


def _difference(pairs: Sequence[Pair]) -> str:
    numbers = _numbers(pairs)
    apart = {mine - right for mine, right in numbers}
    if len(numbers) < 2 or len(apart) != 1 or len({right for _, right in numbers}) == 1:
        return ""
    (by,) = apart
    return f"always {abs(by):,} too {'large' if by > 0 else 'small'}"


def _factor(pairs: Sequence[Pair]) -> str:
    numbers = _numbers(pairs)
    if len({right for _, right in numbers}) < 2 or any(not mine or not right for mine, right in numbers):
        return ""
    factors = [Fraction(mine) / Fraction(right) for mine, right in numbers]
    if float(max(factors) - min(factors)) > FACTOR_DIGITS * abs(float(factors[0])):
        return ""
    by = float(factors[0])
    if abs(by - 1) < NEARLY_ONE:
        return "right but for a small part, the same everywhere: is a factor a little off?"
    if abs(by) >= 1:
        return f"always {by:,.7g} times what is right"
    return f"always too small by the same factor, {1 / by:,.7g}"


def _nearly(pairs: Sequence[Pair]) -> str:
    numbers = _numbers(pairs)
    if not numbers or any(abs(mine - right) > min(NEAR * abs(right), NEAR_RAO) for mine, right in numbers):
        return ""
    return "right but for the last digits: you round in another place, or compute in floats"


def _order(pairs: Sequence[Pair]) -> str:
    kinds = (list, tuple, str, bytes)
    rows = [(_listed(mine), _listed(right)) for mine, right in pairs]
    if not all(isinstance(mine, kinds) and type(mine) is type(right) for mine, right in rows):
        return ""
    if all(mine == right[::-1] for mine, right in rows):
        return "right but in reverse order"
    texts = [(sorted(map(repr, mine)), sorted(map(repr, right))) for mine, right in rows]
    if all(mine == right for mine, right in texts):
        return "made of the right parts in another order"
    if any(isinstance(mine, (str, bytes)) for mine, _ in rows):
        return ""
    if all(set(mine) < set(right) for mine, right in texts):
        return "short of entries: those that are there are right"
    if all(set(mine) > set(right) for mine, right in texts):
        return "right but for entries that should not be there"
    return ""


def _letters(pairs: Sequence[Pair]) -> str:
    if not all(isinstance(mine, str) and isinstance(right, str) for mine, right in pairs):
        return ""
    if all(mine.split() == right.split() for mine, right in pairs):
        return "right but for spaces or line ends"
    return "right but for capital letters" if all(m.lower() == r.lower() for m, r in pairs) else ""


def _length(pairs: Sequence[Pair]) -> str:
    if not all(isinstance(mine, (str, bytes)) and type(mine) is type(right) for mine, right in pairs):
        return ""
    if all(mine and right.startswith(mine) for mine, right in pairs):
        return "right as far as it goes: something is missing at its end"
    if all(mine.startswith(right) for mine, right in pairs):
        return "right at first, and too long: there is something at its end that does not belong there"
    if all(mine and right.endswith(mine) for mine, right in pairs):
        return "right at its end: something is missing at its beginning"
    if all(mine.endswith(right) for mine, right in pairs):
        return "right at its end, and too long: there is something at its beginning that does not belong there"
    return ""


def _nothing(pairs: Sequence[Pair]) -> str:
    if all(mine is None for mine, _ in pairs):
        return "None where there is an answer"
    return "something where None is right" if all(right is None for _, right in pairs) else ""


def _listed(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


# The first that fits is used.
_KINDS: tuple[Callable[[Sequence[Pair]], str], ...] = (
    _nothing,
    _sign,
    _by_one,
    _difference,
    _nearly,
    _factor,
    _letters,
    _order,
    _length,
)
