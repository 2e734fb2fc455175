"""The kind of work in docs/subnets.md is whole, short, and does what it says."""

import re
import sys

import pytest

from tao_lab import subnets
from tao_lab.errors import LabError
from tao_lab.neurons.work import form_problem
from tao_lab.paths import ROOT
from tao_lab.subnets import kind, kinds, play
from tao_lab.subnets.gallery import KINDS, of_the_lab
from tao_lab.subnets.market import Market


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


@pytest.fixture
def gallery(template, monkeypatch):
    """The gallery with the template's file in it, as docs/subnets.md says; gives the line in `KINDS` to a test."""
    monkeypatch.setattr(subnets, "__path__", [*subnets.__path__, str(template.parent)])
    monkeypatch.delitem(sys.modules, "tao_lab.subnets.primes", raising=False)
    return lambda name, made: monkeypatch.setitem(KINDS, name, made)


@pytest.mark.slow
def test_a_file_joins_the_gallery_by_one_line(gallery):
    gallery("primes", "Primes")
    assert kinds()[-1] == "primes"
    assert play("primes", rounds=2).set_index("miner").score["honest"] == 1.0
    assert form_problem(kind("primes").answer_schema, {"factors": [2, 3]}) == ""


def test_a_line_of_the_gallery_that_names_no_class_says_so(gallery):
    gallery("primes", "Prime")
    of_the_lab.cache_clear()
    with pytest.raises(LabError, match=r"primes\.py has no class Prime, which KINDS in .* names"):
        kind("primes")


def test_a_market_takes_a_kind_by_its_name():
    with pytest.raises(LabError, match="kind 'txt' is unknown"):
        Market("txt", {"mine": None}, validators=1)
    assert Market("search", {"mine": None}, validators=1).work.kind == "search"


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
