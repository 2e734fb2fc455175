import itertools
import re
from functools import cache

import pytest

from tao_lab.datasets import load_metagraph
from tao_lab.views import words
from tao_lab.views.scenario import Scenario, Settings, run


@cache
def subnet():
    return Scenario.of(load_metagraph())


GRID = [
    Settings(kappa, penalty, liars, yuma3, lie)
    for kappa, penalty, liars, yuma3, lie in itertools.product(
        (0, 13_107, 26_214, 32_767, 45_874, 65_534, 65_535),
        (0, 32_767, 65_535),
        (0, 1, 20, 40, 49, 50, 70),
        (False, True),
        ("ignored", "popular"),
    )
]


@pytest.fixture(scope="module")
def outcomes():
    return [run(subnet(), settings, 3) for settings in GRID]


def said(text, pattern):
    """What stands in the sentence at the pattern's groups; None where it is not said."""
    found = re.search(pattern, text)
    return found.groups() if found else None


def test_the_sentence_is_true_for_every_position_of_the_sliders(outcomes):
    for outcome in outcomes:
        settings, text = outcome.settings, words.state(outcome)
        target = outcome.target
        consensus = outcome.epochs[0].consensus
        assert text.startswith("No weight at all") == (not consensus.any()), settings
        assert ("pays out by stake alone" in text) == (outcome.after.shares.server.sum() == 0), settings
        if not consensus.any():
            continue
        assert text.startswith("The liars hold no stake") == (settings.liar_percent == 0), settings
        if settings.liar_percent == 0:
            continue
        assert said(text, r"hold (\S+) % of stake") == (str(settings.liar_percent),), settings
        # Alone they decide if and only if consensus on their miner is their own 100 %.
        assert ("decide consensus alone" in text) == (consensus[target] == 2**32), settings
        assert ("takes nothing" in text) == (consensus[target] == 2**32), settings
        assert ("cuts all" in text) == (consensus[target] == 0), settings
        assert ("it earns nothing" in text) == (outcome.after.incentive[target] == 0), settings
        assert ("the only miner with consensus" in text) == (set(consensus.nonzero()[0]) == {target}), settings
        before, after = outcome.liars_dividends(outcome.before), outcome.liars_dividends(outcome.after)
        if "the lie pays" in text:
            assert after > before, settings
        if "costs them" in text:
            assert after < before, settings
        if ", as before the lie." in text:
            assert abs(after - before) < 0.0005, settings


def test_who_alone_has_consensus_has_all_the_incentive(outcomes):
    for outcome in outcomes:
        if "the only miner with consensus" in words.state(outcome):
            assert outcome.share(outcome.after.incentive, outcome.target) == 1


def test_titles_name_what_the_numbers_say(outcomes):
    for outcome in outcomes:
        settings = outcome.settings
        incentive = outcome.after.incentive
        title = words.incentive_title(outcome)
        if incentive.any():
            best = int(title.split("miner ")[1].split()[0])
            assert incentive[best] == incentive.max(), settings
        else:
            assert title == "Incentive: no miner earns any"
        assert ("no validator earns any" in words.dividends_title(outcome)) == (not outcome.after.dividends.any())
        assert ("is cut" in words.consensus_title(outcome)) == (outcome.kept < 1 and settings.liar_percent > 0)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            Settings(),
            "The liars hold 40 % of stake, less than the 50 % (kappa) that decide consensus, so clipping cuts all of "
            "the weight they gave miner 5, and it earns nothing. After 20 epochs of lying, the liars earn 5 % of the "
            "dividends (before the lie: 42 %): the lie costs them.",
        ),
        # 40 % of 2^32 is no whole word: five liars' truncated shares stay below kappa's.
        (Settings(kappa=26_214), "just short of the 40 %"),
        (Settings(liar_percent=50), "and 50 % (kappa) is enough to decide consensus alone"),
        (Settings(liar_percent=60), "all of the incentive as the only miner with consensus"),
        (Settings(kappa=65_535), "No weight at all has 100 % of stake (kappa) behind it"),
        (Settings(liar_percent=0), "The liars hold no stake, so what they say counts for nothing."),
    ],
)
def test_the_sentence_in_known_cases(settings, expected):
    assert expected in words.sentence(run(subnet(), settings))


def test_a_move_says_what_changed_and_for_whom():
    before = run(subnet(), Settings())
    after = run(subnet(), Settings(liar_percent=60))
    assert words.change(after, before) == (
        "The liars' stake moves from 40 % to 60 %: miner 5's incentive goes from 0 % to 100 % and the liars' "
        "dividends go from 5 % to over 99.9 %."
    )


def test_a_move_that_changes_no_pay_says_so():
    nobody = [run(subnet(), Settings(kappa=65_535, bonds_penalty=penalty)) for penalty in (65_535, 0)]
    assert words.change(nobody[1], nobody[0]) == "Bonds penalty moves from 1.00 to 0.00: nobody's pay changes."


def test_a_move_that_passes_the_liars_by_names_the_largest_change():
    before, after = (run(subnet(), Settings(liar_percent=0, bonds_penalty=p)) for p in (65_535, 0))
    change = words.change(after, before)
    name, old, new = said(change, r"validator (\d+)'s dividends go from ([\d.]+) % to ([\d.]+) %")
    moved = abs(after.after.dividends - before.after.dividends)
    assert moved[int(name)] == moved.max()
    assert float(old) != float(new)


def test_no_move_says_nothing():
    outcome = run(subnet(), Settings())
    assert words.change(outcome, outcome) == words.change(outcome, None) == ""


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1e-9, "under 0.1 %"),
        (0.0005, "0.1 %"),
        (0.18999, "19 %"),
        (32_767 / 65_535, "50 %"),
        (0.9994, "99.9 %"),
        (0.99996, "over 99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_per_cent_never_rounds_to_nothing_or_all(share, text):
    assert words.percent(share) == text
