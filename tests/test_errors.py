"""What was given is named with the right article, wherever a sentence names a value's kind."""

import re

import numpy as np
import pytest

from tao_lab import paths
from tao_lab.errors import a_kind


@pytest.mark.parametrize(
    ("value", "words"),
    [(3, "an int"), ("x", "a str"), (None, "None"), (OSError(), "an OSError"), (np.ones(1), "an array")],
)
def test_a_kind_has_its_article(value, words):
    assert a_kind(value) == words


def test_no_sentence_guesses_the_article_of_a_kind():
    guess = re.compile(r"\ban? \{type\(")
    files = [path for path in (paths.ROOT / "tao_lab").rglob("*.py") if path.name != "errors.py"]
    assert [path.name for path in files if guess.search(path.read_text())] == []
