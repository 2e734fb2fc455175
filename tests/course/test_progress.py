"""What `progress` says, and what the course says to an id that does not exist."""

import pytest

from tao_lab.course import check, claim, mine_or_reference, predict, progress, real_code, records
from tao_lab.course.lab06.exercises.clipping import clip_and_trust as right_clip
from tao_lab.course.registry import UnknownIdError


@pytest.fixture(autouse=True)
def beside_nobodys_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def wrong(weights, consensus, bonds_penalty, numbers):
    return weights, weights.sum(axis=1), weights


def raises(weights, consensus, bonds_penalty, numbers):
    raise ValueError("oh")


def blank(weights, consensus, bonds_penalty, numbers): ...


def line(exercise="06.2"):
    return next(line for line in repr(progress("06")).splitlines() if exercise in line)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (wrong, "⚠ was right, last check: wrong"),
        (raises, "⚠ was right, last check: wrong"),
        (blank, "⚠ was right, last check: not started"),
    ],
    ids=["wrong", "raises", "blank"],
)
def test_what_was_right_and_is_broken_now_is_not_called_right(then, said):
    check("06.2", right_clip)
    assert "✔ right" in line()
    assert "1 of 6" in repr(progress("06"))
    check("06.2", then)
    assert said in line()
    assert "0 of 6" in repr(progress("06"))
    assert records.load().was_right("06.2")
    check("06.2", right_clip)
    assert "✔ right" in line()
    assert line().endswith("3")


@pytest.mark.parametrize(("first", "said"), [(wrong, "✘ wrong"), (raises, "✘ wrong"), (blank, "○ not started")])
def test_what_never_was_right_says_what_the_last_check_found(first, said):
    check("06.2", first)
    assert said in line()


@pytest.mark.parametrize(
    ("ask", "key", "meant"),
    [
        (progress, "6", "'06'"),
        (progress, 6, "'06'"),
        (progress, "0", "'00'"),
        (progress, "lab 6", "'06'"),
        (progress, "06.7", "'06'"),
        (real_code, "00.1", "'00'"),
        (real_code, "6", "'06'"),
        (predict, "6a", "'06.A'"),
        (predict, "06.a", "'06.A'"),
        (claim, "20", "20"),
        (lambda key: check(key, wrong), "6.1", "'06.1'"),
        (lambda key: check(key, wrong), "061", "'06.1'"),
    ],
)
def test_an_id_that_does_not_exist_gets_the_one_that_was_meant(ask, key, meant):
    with pytest.raises(UnknownIdError, match=rf"is {key!r} \(did you mean {meant}\?\); allowed: "):
        ask(key)


@pytest.mark.parametrize(
    ("ask", "key"), [(claim, 0), (claim, None), (predict, 6), (predict, "06.Z"), (real_code, "77")]
)
def test_nothing_is_suggested_where_nothing_can_be_meant(ask, key):
    with pytest.raises(UnknownIdError, match=rf"is {key!r}; allowed: "):
        ask(key)


def test_an_id_of_a_lab_that_is_there_gets_the_ids_of_that_lab():
    with pytest.raises(UnknownIdError, match=r"is '06\.9'; allowed: '06\.1', .*'06\.6'$"):
        check("06.9", wrong)


@pytest.mark.parametrize("lab", ["99", "yuma"])
def test_a_lab_that_is_nothing_like_one_gets_those_that_there_are(lab):
    with pytest.raises(UnknownIdError, match=rf"lab is '{lab}'; allowed: '00', '01'"):
        progress(lab)


@pytest.mark.parametrize(
    ("function", "said"),
    [(raises, "06.2 is wrong"), (wrong, "06.2 is wrong"), (blank, "06.2 is not started")],
    ids=["raises", "wrong", "blank"],
)
def test_whose_function_runs_is_said_in_a_sentence(function, said, capsys):
    mine_or_reference("06.2", function, right_clip)
    assert said in capsys.readouterr().out
