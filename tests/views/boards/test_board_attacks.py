"""The page of attacks: what it says of a rule is what the runs gave."""

import pytest

from tao_lab.simulate.duels import DUELS, Fight, kept
from tao_lab.views.boards import attacks
from tao_lab.views.boards.attacks import MOST, Both
from tao_lab.views.presentation import PROJECTOR


def test_beyond_the_last_strength_stands_the_last_one():
    assert Both.of("copier", MOST - 1).strength == DUELS["copier"].strengths[-1]


@pytest.mark.parametrize("name", DUELS)
@pytest.mark.parametrize("place", [0, MOST - 1])
def test_bars_and_sentence_carry_the_kept_numbers(name, place):
    both = Both.of(name, place)
    table = attacks.bars_table(both)
    shown = dict(zip(zip(table["side"], table["who"], strict=True), table["value"], strict=True))
    for on, side in attacks.SIDES.items():
        fight = kept().of(name, both.strength, on)
        assert (shown[side, "attacker"], shown[side, "honest"]) == fight.end
        assert attacks.per_cent(fight.end[0]) in attacks.sentence(both)
    assert len(attacks.lines_table(both)["strength"]) == 2 * len(both.duel.strengths)


@pytest.mark.parametrize(
    ("off", "on", "verdict"),
    [
        ((51, 8), (100, 0), "the rule makes the attack worse, and honest miners get nothing"),
        ((51, 8), (60, 8), "the rule makes the attack worse"),
        ((0, 16), (0, 16), "nothing to stop"),
        ((0, 16), (0, 0), "nothing to stop, and honest miners now get nothing"),
        ((100, 0), (100, 0), "the rule changes nothing"),
        ((49, 8), (0, 16), "the rule stops the attack"),
        ((100, 0), (0, 0), "the rule stops the attack, but honest miners get nothing either"),
        ((60, 8), (14, 14), "that is no more than honest work brings"),
        ((60, 8), (30, 14), "the rule takes a part"),
    ],
)
def test_what_is_said_of_a_rule(off, on, verdict):
    fights = {False: Fight((off[0],), (off[1],)), True: Fight((on[0],), (on[1],))}
    assert attacks.verdict(Both(DUELS["clique"], 50, fights)) == verdict


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 %"), (0.02, "0 %"), (2.06, "2.1 %"), (9.97, "10 %"), (100, "100 %")]
)
def test_per_cents_for_a_room(value, text):
    assert attacks.per_cent(value) == text


@pytest.mark.parametrize("name", DUELS)
def test_every_chart_says_what_its_per_cents_are_a_part_of(name):
    both = Both.of(name, 0)
    assert attacks.whole(both).startswith("% of ")
    for title in (attacks.lines_title, attacks.epochs_title):
        assert attacks.whole(both) in title(both)
    for spec in (attacks.bars_spec, attacks.lines_spec, attacks.epochs_spec):
        spec(PROJECTOR).to_dict()  # Altair holds it against the schema
