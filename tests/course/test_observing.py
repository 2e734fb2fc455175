"""What is said about a mistake that nobody foresaw: what is the same in all cases that are wrong."""

import numpy as np
import pytest

from tao_lab.course.exercise import Case
from tao_lab.course.observing import observed

NOTHING = Case({}, "nothing")


def seen(*pairs):
    """What is observed of (what came out, what is right), each a value or a dict of values."""
    named = [each if isinstance(each[0], dict) else ({"x": each[0]}, {"x": each[1]}) for each in pairs]
    return observed([(found, expected, NOTHING) for found, expected in named])


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(4, 3), (10, 9)], "`x` is one too large where it is wrong"),
        ([(2, 3), (8, 9)], "`x` is one too small where it is wrong"),
        ([(2, 3), (10, 9)], "`x` is one off, up or down"),
        ([(-3, 3), (-5, 5)], "`x` is right but for the sign"),
        ([(11, 3), (17, 9)], "`x` is always 8 too large"),
        ([(3_000, 3), (9_000, 9)], "`x` is always 1,000 times what is right"),
        ([(3, 3_000), (9, 9_000)], "`x` is always too small by the same factor, 1,000"),
        ([(0.25, 0.5), (0.5, 1.0)], "always too small by the same factor, 2"),
        ([(10**15 + 7, 10**15), (10**15 - 900, 10**15 + 3)], "right but for the last digits"),
        ([([3, 2, 1], [1, 2, 3]), ([5, 4], [4, 5])], "right but in reverse order"),
        ([([2, 3, 1], [1, 2, 3]), ([5, 4], [4, 5])], "made of the right parts in another order"),
        ([([1], [1, 2, 3]), ([4], [4, 5])], "short of entries"),
        ([([1, 2, 9], [1, 2])], "right but for entries that should not be there"),
        ([(b"\x01\x02", b"\x02\x01")], "right but in reverse order"),
        ([("Lima\n", "Lima")], "right but for spaces or line ends"),
        ([("LIMA", "Lima")], "right but for capital letters"),
        ([(b"ab", b"abc")], "something is missing at its end"),
        ([(b"abcd", b"abc")], "there is something at its end"),
        ([(b"bc", b"abc")], "something is missing at its beginning"),
        ([(b"zabc", b"abc")], "there is something at its beginning"),
        ([(None, 3), (None, 4)], "`x` is None where there is an answer"),
        ([(3, None)], "`x` is something where None is right"),
        ([(np.array([2, 8]), np.array([1, 4]))], "`x` is always 2 times what is right"),
        (
            [({"a": 1, "b": 2}, {"a": 2, "b": 1}), ({"a": 5, "b": 7}, {"a": 7, "b": 5})],
            "`a` and `b` have changed places.",
        ),
        ([({"a": 1, "b": 3}, {"a": 1, "b": 9}), ({"a": 2, "b": 5}, {"a": 2, "b": 4})], "Only `b` is ever wrong."),
        ([({"a": 4}, {"a": 3}), ({"a": 6, "b": 5}, {"a": 5, "b": 4})], "`a` and `b` are one too large"),
        ([({"a": 4, "b": 90}, {"a": 3, "b": 7}), ({"a": 6, "b": 1}, {"a": 5, "b": 8})], "`a` is one too large"),
    ],
)
def test_what_all_wrong_cases_have_in_common_is_said(pairs, said):
    assert said in seen(*pairs)


@pytest.mark.parametrize(
    "pairs",
    [[], [(7, 3), (20, 9)], [(True, False)], [("ab", "xy")], [(float("inf"), 1.0)], [(6, 3)], [([1, 9], [2, 3])]],
)
def test_where_nothing_is_the_same_nothing_is_said(pairs):
    assert seen(*pairs) == ""
