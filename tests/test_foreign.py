"""JSON and text from outside are read within limits."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.foreign import MOST_NESTING, MOST_NODES, NotPlainJson, escaped, read_json


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"\xff\xfe{}", "isn't UTF-8"),
        (b'"\xed\xa0\x80"', "isn't UTF-8"),
        (b"\xef\xbb\xbf1", "BOM"),
        ("[]".encode("utf-16"), "isn't UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * (MOST_NESTING + 1) + b"]" * (MOST_NESTING + 1), "nested too deeply"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested too deeply"),
        (b"[" + b"[]," * MOST_NODES + b"[]]", "more than 262,144 values"),
        (b"[" + b"1," * MOST_NODES + b"1]", "more than 262,144 values"),
        (b"NaN", "NaN is not a number"),
        (b"[-Infinity]", "-Infinity is not a number"),
        (b"1e999", "1e999 is not a number"),
        (b"1" * 5_000, "4300 digits"),
        (b'"\\ud800"', r"half a surrogate pair, \\ud800"),
        (b'{"\\udfff": 1}', r"half a surrogate pair, \\udfff"),
    ],
)
def test_what_is_not_plain_json_is_named(data: bytes, says: str) -> None:
    with pytest.raises(NotPlainJson, match=says):
        read_json(data)


def test_limits_are_met_exactly() -> None:
    deep = b"[" * MOST_NESTING + b"]" * MOST_NESTING
    assert json.dumps(read_json(deep)).encode() == deep
    assert len(read_json("[" + "1," * 8 + "1]", most_nodes=10)) == 9
    with pytest.raises(NotPlainJson):
        read_json("[" + "1," * 9 + "1]", most_nodes=10)
    assert read_json('"\\ud83d\\ude00 a\\u0000"') == "😀 a\0"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=100)
@given(values)
def test_plain_json_comes_back_as_it_was(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_an_error(data: bytes) -> None:
    try:
        value = read_json(data)
    except NotPlainJson:
        return
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@given(st.text(st.characters(), max_size=300))
def test_anything_fits_on_one_printable_line(text: str) -> None:
    line = escaped(text)
    assert line.isprintable()
    assert len(line) <= 200
    line.encode()


def test_control_characters_surrogates_and_directions_are_shown_as_escapes() -> None:
    assert escaped("a\nb\x1b[31m\ud800\u202ec é☂") == r"a\nb\x1b[31m\ud800\u202ec é☂"
