"""The kind of work in docs/subnets.md is whole, short, and does what it says."""

import re

import pytest

from tao_lab.errors import LabError
from tao_lab.paths import ROOT
from tao_lab.subnets import kind, play


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    (text,) = re.findall(r"```python\n(\"\"\"Primes.*?)```", (ROOT / "docs" / "subnets.md").read_text(), re.DOTALL)
    path = tmp_path_factory.mktemp("template") / "primes.py"
    path.write_text(text)
    return path


def test_it_has_fewer_than_a_hundred_lines(template):
    assert len(template.read_text().splitlines()) < 100


def test_honest_work_pays_and_only_the_declared_cheater_gets_away(template):
    table = play(kind(str(template)), rounds=20).set_index("miner")
    assert table.score["honest"] == 1.0
    assert table.score["table"] == 1.0
    assert table.score[["trivial", "guesser"]].max() < 0.2


def test_a_file_that_was_changed_is_read_again(template, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(template.read_text())
    assert kind(str(path)).title.startswith("Find")
    path.write_text(template.read_text().replace("Find the two", "Seek the two"))
    assert kind(str(path)).title.startswith("Seek")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no such file"),
        ("x = 1", "lacks kind, title"),
        ("1 / 0", "does not load: ZeroDivisionError"),
        ("subnet = object()", "lacks kind"),
    ],
)
def test_a_file_that_is_no_kind_says_what_is_missing(tmp_path, text, says):
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(LabError, match=says):
        kind(str(path))
