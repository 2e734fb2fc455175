"""The attacks of the dashboard: what is kept is what a chain gives, and what each rule does is what is said of it."""

import json

import pytest

from tao_lab.simulate import ScenarioError
from tao_lab.simulate.duels import DUELS, KEPT, Fight, Kept, fight, kept

# One strength of each, the cheapest to run.
AGAIN = {"clique": 51, "cartel": 51, "copier": 30, "false seats": 2, "sandwich": 1_000}


def test_every_strength_is_kept_with_the_rule_off_and_on():
    wanted = {
        (name, strength, guarded)
        for name, duel in DUELS.items()
        for strength in duel.strengths
        for guarded in (False, True)
    }
    assert set(kept().fights) == wanted


def test_the_file_is_what_the_library_writes():
    assert kept().to_json() == KEPT.read_text(encoding="utf-8")
    assert len(json.loads(KEPT.read_text(encoding="utf-8"))) == len(kept().fights)


@pytest.mark.slow
@pytest.mark.parametrize("name", AGAIN)
def test_what_is_kept_is_what_a_chain_gives_again(name):
    for guarded in (False, True):
        now, then = fight(DUELS[name], AGAIN[name], guarded), kept().of(name, AGAIN[name], guarded)
        # A rule that changes pay changes this: then `scripts/make_duels.py` makes the file again.
        assert now.attacker == pytest.approx(then.attacker, abs=0.02)
        assert now.honest == pytest.approx(then.honest, abs=0.02)


def test_a_fight_tells_every_epoch_to_whoever_watches():
    told = []
    fight(DUELS["sandwich"], 100, False, watch=lambda epoch, of: told.append((epoch, of)))
    assert told == [(1, 1)]


def test_the_end_of_a_fight_is_the_average_of_its_second_half():
    assert Fight((0.0, 90.0, 10.0, 20.0), (1.0, 1.0, 5.0, 7.0)).end == (15.0, 6.0)
    assert Fight((3.0,), (4.0,)).end == (3.0, 4.0)


@pytest.mark.parametrize(
    ("name", "strength", "off", "on"),
    [
        # A majority of more than kappa decides everything, so that clipping makes it worse than no clipping.
        ("clique", 49, 49, 0),
        ("clique", 51, 51, 100),
        ("cartel", 49, 0, 0),
        ("cartel", 51, 100, 0),
        ("cartel", 61, 100, 100),
        ("false seats", 2, 20, 11),
        ("false seats", 16, 67, 11),
        ("sandwich", 1_000, 18, 0),
    ],
)
def test_what_the_attacker_gets_without_and_with_the_rule(name, strength, off, on):
    ends = [kept().of(name, strength, guarded).end[0] for guarded in (False, True)]
    assert ends == [pytest.approx(off, abs=0.6), pytest.approx(on, abs=0.6)]


def test_a_higher_kappa_stops_a_cartel_and_starves_honest_miners_as_well():
    assert [kept().of("cartel", 51, True).end, kept().of("cartel", 40, True).end] == [(0, 0), (0, 0)]
    assert kept().of("cartel", 40, False).end == (0, pytest.approx(100 / 6, abs=0.1))


@pytest.mark.parametrize(("name", "strength"), [("cartel", 50), ("flood", 1)])
def test_an_unknown_attack_or_strength_is_refused_with_what_is_allowed(name, strength):
    with pytest.raises(ScenarioError, match=r"allowed: .*(cartel|51)"):
        kept().of(name, strength, True)


def test_an_empty_file_is_a_list():
    assert json.loads(Kept({}).to_json()) == []
