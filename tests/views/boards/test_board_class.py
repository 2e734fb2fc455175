"""The page of the leaderboard: the demo class is a real one, and the page says what its room says."""

from itertools import pairwise

import pytest

from tao_lab.units import RAO_PER_TAO
from tao_lab.views.boards import ranks
from tao_lab.views.boards.classroom import LATE, STUDENTS, DemoClass, Standing


@pytest.fixture(scope="module")
def demo():
    run = DemoClass()
    run.to(LATE + 2)
    return run


@pytest.mark.slow
def test_the_standing_is_the_rooms_leaderboard(demo):
    rows = demo.room.leaderboard()
    assert [(one.name, one.gain) for one in demo.epochs[-1]] == [(row["name"], row["gain"]) for row in rows]
    assert {one.name for one in demo.epochs[0]} == set(STUDENTS)
    for student in demo.room.roster.students:
        assert student.granted == 100 * RAO_PER_TAO


@pytest.mark.slow
def test_better_work_earns_more_and_nothing_earns_nothing(demo):
    last = {one.name: one for one in demo.epochs[-1]}
    assert last["Chen"].incentive > last["Dina"].incentive > last["Emil"].incentive > 0
    assert last["Ada"].dividends > last["Ben"].dividends > 0
    assert (last["Hana"].gain, last["Hana"].incentive, last["Hana"].dividends) == (0, 0, 0)
    before = {one.name: one for one in demo.epochs[LATE - 1]}
    assert before["Fay"].incentive == 0
    assert last["Fay"].incentive == pytest.approx(last["Chen"].incentive, rel=0.3)


@pytest.mark.slow
def test_a_look_back_makes_no_epoch(demo):
    count = len(demo.epochs)
    assert demo.to(2) == demo.epochs[:3]
    assert len(demo.epochs) == count


def class_of(*gains, work=()):
    """Standings after an epoch, names a, b, … with gains in τ."""
    ranked = sorted(zip("abcdefghijklmno", gains, strict=False), key=lambda each: -each[1])
    return tuple(
        Standing(name, "", rank, round(gain * RAO_PER_TAO), dict(work).get(name, 0), 0)
        for rank, (name, gain) in enumerate(ranked, 1)
    )


def test_sentences_say_place_gain_and_pay():
    now = class_of(3, -1.5, work={"a": 65_535})
    assert ranks.sentence([now], "b") == (
        "Before the first epoch a leads with +3.0 τ. b is in place 2 of 2 with −1.5 τ. b: no pay from the last epoch."
    )
    assert ranks.sentence([now, now], "a") == (
        "After 1 epoch a leads with +3.0 τ. a: 100 % of the miners' pay of the last epoch."
    )
    assert ranks.sentence([now, now], "nobody").startswith("After 1 epoch a leads")
    assert ranks.sentence([()], "a") == "Nobody has joined yet."


def test_names_at_the_ends_of_lines_keep_their_distance_and_their_order():
    epochs = [class_of(0, 0, 0, 0), class_of(10, 9.9, 9.8, 0)]
    table = ranks.lines_table(epochs, "a", "gain")
    rows = zip(table["name"], table["place"], table["label"], strict=True)
    ends = sorted((place, name) for name, place, label in rows if label)
    assert [name for _, name in ends] == ["d", "c", "b", "a"]
    gaps = [b[0] - a[0] for a, b in pairwise(ends)]
    assert min(gaps) >= 10 * ranks.LETTERS - 1e-9


def test_places_are_drawn_downwards_and_a_large_class_is_cut_without_losing_the_chosen_one():
    epochs = [class_of(*range(15))]
    table = ranks.lines_table(epochs, "a", "rank")
    assert dict(zip(table["name"], table["value"], strict=True))["a"] == -15
    assert len(set(table["name"])) == ranks.MOST_LINES + 1
