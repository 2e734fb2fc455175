"""Pieces of text: whole characters, and nothing of a stop text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.neurons.models.text import pieces


def decode(seen):
    return bytes(seen).decode(errors="replace")


@pytest.mark.parametrize(
    ("text", "stop", "says"),
    [
        ("a b c", (), "a b c"),
        ("a b c", ("b",), "a "),
        ("ab\nUser: x", ("\nUser:", "zz"), "ab"),
        ("aab", ("ab",), "a"),
        ("ends with the beginning of sto", ("stop",), "ends with the beginning of sto"),
        ("τ and α", (), "τ and α"),
        ("stop", ("stop",), ""),
    ],
)
def test_text_ends_before_a_stop_text(text, stop, says):
    parts = list(pieces(text.encode(), decode, stop))
    assert "".join(parts) == says
    assert "" not in parts
    assert not any("\ufffd" in part for part in parts)


@given(st.text(alphabet="abτ😀 "), st.lists(st.text(alphabet="abτ", min_size=1, max_size=3), max_size=2))
def test_pieces_add_up_to_the_text_before_the_first_stop(text, stop):
    ends = [text.find(word) for word in stop if word in text]
    # a stop text ends the answer as soon as it is complete, so the one that is complete first counts
    first = min((text.find(word) + len(word), text.find(word)) for word in stop if word in text) if ends else None
    whole = "".join(pieces(text.encode(), decode, stop))
    assert whole.startswith(text[: min(ends)] if ends else text)
    assert first is None or len(whole) <= first[1]
