"""What the explorer says is compared with what it draws: at the ends of all sliders, and under broken rules."""

import itertools
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tao_lab.consensus import epoch
from tao_lab.datasets import load_metagraph
from tao_lab.fixed import FLOAT
from tao_lab.views import sentences
from tao_lab.views.presentation.consensus import MOMENTS, charts_of, finding
from tao_lab.views.scenario import Scenario, Settings, run


@cache
def subnet():
    return Scenario.of(load_metagraph())


MINER_WITHOUT_A_BAR = 7
ENDS = [
    Settings(kappa, penalty, liars, yuma3, lie)
    for number, (kappa, liars, lie) in enumerate(
        itertools.product((0, 26_214, 32_767, 65_535), (0, 1, 40, 50, 70), ("ignored", "popular"))
    )
    for penalty, yuma3 in [((0, 32_767, 65_535)[number % 3], bool(number // 3 % 2))]
]


def changed(**changes):
    """A rule like the chain's, but for some of what comes out: each a function of the right result."""
    return lambda inputs, numbers: _changed(epoch(inputs, numbers), changes)


def _changed(result, changes):
    return replace(result, **{name: change(result) for name, change in changes.items()})


def nothing(result):
    return np.zeros_like(result.incentive)


def all_to(uid):
    return lambda result: np.where(np.arange(len(result.incentive)) == uid, result.numbers.number(1), 0)


def by_all_weights(result):
    """Incentive from weights that nobody clipped."""
    ranks = (result.numbers.to_float(result.weights).T @ result.numbers.to_float(result.stake)[result.validators]).T
    return (ranks / ranks.sum() * result.numbers.number(1)).astype(result.incentive.dtype)


RULES = {
    "the chain's": epoch,
    "in floats": lambda inputs, _: epoch(inputs, FLOAT),
    "all zeros": changed(incentive=nothing, dividends=nothing, consensus=nothing),
    "miners get nothing": changed(incentive=nothing),
    "validators get nothing": changed(dividends=nothing),
    "one miner gets all, and has no bar": changed(incentive=all_to(MINER_WITHOUT_A_BAR)),
    "the liars' miner gets all": changed(incentive=lambda r: all_to(subnet().target["ignored"])(r)),
    "clipped weights are not used": changed(incentive=by_all_weights),
    "nothing is clipped": changed(clipped_weights=lambda result: result.weights),
    "all is clipped": changed(clipped_weights=lambda result: np.zeros_like(result.weights)),
    "rows are swapped": changed(weights=lambda r: r.weights[::-1], clipped_weights=lambda r: r.clipped_weights[::-1]),
    "dividends in the wrong order": changed(dividends=lambda result: result.dividends[::-1].copy()),
}


@pytest.fixture(scope="module", params=RULES)
def pictures(request):
    """Triples of an outcome, the charts that the page shows of it, and the words below them."""
    settings = ENDS if request.param == "the chain's" else ENDS[::3]
    outcomes = [run(subnet(), each, 2, RULES[request.param]) for each in settings]
    since = [outcomes[0], *outcomes[:-1]]
    return [(now, charts_of(now), sentences.sentence(now, old)) for now, old in zip(outcomes, since, strict=True)]


def said(text, pattern):
    """What stands in the sentence at the pattern's groups; None where it is not said."""
    found = re.search(pattern, text)
    return found.groups() if found else None


def by(rows, key, value):
    """Two columns of a table as a dictionary."""
    return dict(zip(rows[key], rows[value], strict=True))


def bars_at(rows, moment):
    """Incentive of each miner before the lie or after it."""
    columns = (rows["miner"], rows["moment"], rows["incentive"])
    return {miner: value for miner, when, value in zip(*columns, strict=True) if when == moment}


def reads(text, share):
    """Whether a text says a share that a chart draws; a chart's numbers have six digits."""
    edge, number = re.fullmatch(r"(under |over |)([\d.]+) %", text).groups()
    if edge:
        return share <= 0.0005 if edge == "under " else share >= 0.9994
    return abs(float(number) - 100 * share) < 0.0502


def test_titles_say_the_numbers_of_the_bars_below_them(pictures):
    for outcome, charts, _ in pictures:
        target = str(outcome.target)
        bars = bars_at(charts["incentive"].rows, MOMENTS[1])
        title = charts["incentive"].title
        if "no miner" in title:
            assert not outcome.after.incentive.any()
        elif found := said(title, r"the liars' miner (\d+) earns most, (.+)"):
            assert found[0] == target
            assert reads(found[1], bars[target])
            assert bars[target] == max(bars.values())
        else:
            miner, hidden, share, liars = said(
                title, r"miner (\d+)( \(not shown\))? earns (.+ %), the liars' miner (.+ %)"
            )
            assert reads(liars, bars[target])
            assert (miner in bars) == (hidden is None)
            assert share == sentences.percent(outcome.share(outcome.after.incentive, int(miner)))
            assert outcome.after.incentive[int(miner)] == outcome.after.incentive.max()
        pay = charts["validators"].rows
        if found := said(charts["validators"].title, r"liars earn (.+) on (.+) of stake"):
            liars = [n for n, who in enumerate(pay["who"]) if who == "liar"]
            for text, what in zip(found, ("dividends", "stake"), strict=True):
                assert reads(text, sum(pay[what][n] for n in liars))
        elif found := said(charts["validators"].title, r"validator (\d+) earns (.+) on (.+) of stake"):
            for text, what in zip(found[1:], ("dividends", "stake"), strict=True):
                assert reads(text, by(pay, "validator", what)[found[0]])
        else:
            assert not outcome.after.dividends.any()


def test_text_alternatives_say_the_numbers_of_the_charts(pictures):
    for _, charts, _ in pictures:
        cells = charts["weights"].rows
        consensus = by(cells, "miner", "consensus")
        for miner, share in re.findall(r"miner (\d+) ([^,.]*[\d.]+ %)", charts["consensus"].alt.split("Consensus:")[1]):
            assert reads(share, consensus[miner])
        drawn = [w > 0 and s > 0 for w, s in zip(cells["weight"], cells["stake"], strict=True)]
        circles, cut = sum(drawn), sum(d and c for d, c in zip(drawn, cells["cut"], strict=True))
        assert f"of {circles} circles" in charts["consensus"].alt
        assert f" {cut} are cut" in charts["consensus"].alt
        bars = {moment: bars_at(charts["incentive"].rows, moment) for moment in MOMENTS}
        told = re.findall(r"miner (\d+) ([^,]+ %) \(before the lie ([^)]+ %)\)", charts["incentive"].alt)
        assert [miner for miner, _, _ in told] == list(bars[MOMENTS[1]])
        for miner, now, before in told:
            assert reads(now, bars[MOMENTS[1]][miner])
            assert reads(before, bars[MOMENTS[0]][miner])
        bonds = charts["bonds"]
        liars = [b for b, who in zip(bonds.rows["bond"], bonds.rows["who"], strict=True) if who == "liar"]
        assert ("hold none" in bonds.title) == (not any(liars))
        if "each liar's" in bonds.title:
            ends = {f"{bond:.2f}" for bond in liars[-5:]}
            assert len(ends) == 1
            assert ends.pop() in bonds.title


def test_the_matrix_of_weights_is_told_as_it_is_drawn(pictures):
    for outcome, charts, _ in pictures:
        cells, target = charts["weights"], str(outcome.target)
        rows = list(zip(*(cells.rows[name] for name in ("who", "miner", "weight", "stake")), strict=True))
        on_target = [weight for who, miner, weight, _ in rows if who == "liar" and miner == target]
        assert ("everything" in cells.title) == all(weight == 1 for weight in on_target)
        assert ("full cell" in cells.alt) == all(weight == 1 for weight in on_target)
        (praised,) = said(cells.alt, r"give miner (\d+) most")
        sums = {}
        for who, miner, weight, stake in rows:
            sums[miner] = sums.get(miner, 0) + (weight * stake if who == "honest" else 0)
        assert praised not in sums or sums[praised] == max(sums.values())
        assert outcome.settings.liar_percent > 0 or "without stake" in cells.title


def test_the_sentence_is_what_the_numbers_come_to(pictures):
    for outcome, _, _ in pictures:
        text, target, where = sentences.state(outcome), outcome.target, outcome.settings
        first, last = outcome.epochs[0], outcome.after
        nobody = not last.incentive.any() and not last.dividends.any()
        assert text.endswith("by stake alone.") == nobody or "nobody earns" in text, where
        assert ("nobody earns" in text) == nobody, where
        assert ("every consensus is 0" in text.lower()) <= (not first.consensus.any()), where
        if nobody or where.liar_percent == 0:
            assert ("counts for nothing" in text) <= bool((outcome.before.incentive == last.incentive).all()), where
            assert nobody or ("No miner earns" in text) == (not last.incentive.any()), where
            continue
        rows = [int(np.flatnonzero(first.validators == uid)[0]) for uid in subnet().cast.liars]
        given, left = (first.numbers.to_float(m[rows, target]).sum() for m in (first.weights, first.clipped_weights))
        earned, consensus = outcome.share(last.incentive, target), outcome.share(first.consensus, target)
        assert ("takes nothing" in text) == (left == given), where
        assert ("cuts all" in text) == (left == 0 < given), where
        assert ("earns nothing" in text) == (earned == 0), where
        assert ("all of the incentive" in text) == (earned == 1), where
        assert ("the only miner with consensus" in text) <= (set(first.consensus.nonzero()[0]) == {target}), where
        if 0 < earned < 1:
            assert f"earns {sentences.percent(earned)} of the incentive" in text, where
        assert not (left == 0 and earned > 0) or given == 0 or "and yet it earns" in text, where
        # Alone they decide if and only if consensus on their miner is their own 100 %.
        if (consensus == 1) != ("decide consensus alone" in text):
            assert " yet " in text, where


def test_the_sentence_compares_the_liars_with_themselves(pictures):
    for outcome, _, _ in pictures:
        text = sentences.state(outcome)
        before, after = (outcome.liars(each, each.dividends) for each in (outcome.before, outcome.after))
        if "the lie pays" in text:
            assert after > before
        if "costs them" in text:
            assert after < before
        if ", as before the lie." in text:
            assert sentences.percent(after) == sentences.percent(before)


def test_a_change_never_goes_from_a_number_to_the_same(pictures):
    for outcome, _, said_below in pictures:
        for old, new in re.findall(r"goe?s? from (.+? %) to (.+? %)", f"{finding(outcome)} {said_below}"):
            assert old != new


def test_under_the_chains_rule_nothing_is_a_surprise():
    for settings in ENDS:
        assert "yet" not in sentences.state(run(subnet(), settings, 1)), settings


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            Settings(),
            "The liars hold 40 % of stake, less than the 50 % (kappa) that decide consensus, so clipping cuts all of "
            "the weight they gave miner 5, and it earns nothing. After 20 epochs of lying, the liars earn 5 % of the "
            "dividends (before the lie: 42 %): the lie costs them.",
        ),
        # 40 % of 2^32 is not a whole word: five liars' truncated shares stay below kappa's.
        (Settings(kappa=26_214), "just short of the 40 %"),
        (Settings(liar_percent=50), "and 50 % (kappa) is enough to decide consensus alone"),
        (Settings(liar_percent=60), "all of the incentive as the only miner with consensus"),
        (Settings(kappa=65_535), "No weight at all has 100 % of stake (kappa) behind it"),
        (Settings(liar_percent=0), "The liars hold no stake, so what they say counts for nothing."),
    ],
)
def test_the_sentence_in_known_cases(settings, expected):
    assert expected in sentences.sentence(run(subnet(), settings))


def test_a_move_says_what_changed_and_for_whom():
    before = run(subnet(), Settings())
    after = run(subnet(), Settings(liar_percent=60))
    assert sentences.change(after, before) == (
        "The liars' stake moves from 40 % to 60 %: miner 5's incentive goes from 0 % to 100 % and the liars' "
        "dividends go from 5 % to over 99.9 %."
    )


def test_a_move_that_changes_no_pay_says_so():
    nobody = [run(subnet(), Settings(kappa=65_535, bonds_penalty=penalty)) for penalty in (65_535, 0)]
    assert sentences.change(nobody[1], nobody[0]) == "Bonds penalty moves from 1.00 to 0.00: nobody's pay changes."


def test_a_move_that_passes_the_liars_by_names_the_largest_change():
    before, after = (run(subnet(), Settings(liar_percent=0, bonds_penalty=p)) for p in (65_535, 0))
    change = sentences.change(after, before)
    name, old, new = said(change, r"validator (\d+)'s dividends go from ([\d.]+) % to ([\d.]+) %")
    moved = abs(after.after.dividends - before.after.dividends)
    assert moved[int(name)] == moved.max()
    assert float(old) != float(new)


def test_the_title_and_the_bar_agree_where_a_students_epoch_computes_in_floats():
    outcome = run(subnet(), Settings(), 2, RULES["in floats"])
    assert sentences.incentive_title(outcome) == sentences.incentive_title(run(subnet(), Settings(), 2))


def test_a_cut_weight_that_is_paid_all_the_same_is_a_surprise():
    broken = run(subnet(), Settings(), 2, RULES["clipped weights are not used"])
    assert (
        "clipping cuts all of the weight they gave miner 5, and yet it earns 40 % of the incentive"
        in sentences.state(broken)
    )


def test_no_move_says_nothing():
    outcome = run(subnet(), Settings())
    assert sentences.change(outcome, outcome) == sentences.change(outcome, None) == ""


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
    assert sentences.percent(share) == text
