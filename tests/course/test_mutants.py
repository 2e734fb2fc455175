"""Mutants of a solution: which there are, and what a check says about them."""

import inspect
from dataclasses import replace

import pytest

from tao_lab.bench.judge import broken_edits
from tao_lab.course import registry
from tao_lab.course.behaviour import outcomes
from tao_lab.course.checking import judge
from tao_lab.course.exercise import Edit
from tao_lab.course.mutants import KINDS, mutants

SAMPLE = ("06.2", "06.5")  # of which all mutants are run in the quick tests; `tao-lab bench judge` runs all of all


def guarded(amount, rate):
    """A little of everything."""
    if amount <= 0:
        return 0
    if rate > 65_535:
        return amount
    total = []
    for part in sorted([amount, rate]):
        total.append(part * rate // 65_535)
    return max(total) - min(total)


@pytest.fixture(scope="module")
def found():
    return mutants(guarded, inspect.getsource(guarded))


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("boundary", "amount <= 0 → amount < 0"),
        ("unit", "65535 → 65536 in if rate > 65535:"),
        ("rounding", "part * rate // 65535 → part // 65535 * rate"),
        ("rounding", "part * rate // 65535 → round(part * rate / 65535)"),
        ("guards reordered", "if rate > 65535: before if amount <= 0:"),
        ("guard dropped", "without: if amount <= 0:"),
        ("sign", "max(total) - min(total) → max(total) + min(total)"),
        ("extreme", "max(total) → min(total)"),
        ("sort direction", "sorted([amount, rate]) → sorted([amount, rate], reverse=True)"),
        ("early end", "end after: total.append(part * rate // 65535)"),
        ("hidden state", "total = [] once for all calls"),
        ("swapped", "max(total) - min(total) → min(total) - max(total)"),
    ],
)
def test_a_slip_of_each_kind_is_made(found, kind, label):
    assert (kind, label) in {(mutant.kind, mutant.label) for mutant in found}


def test_mutants_have_labels_of_their_own_and_kinds_with_a_sentence(found):
    assert len({mutant.label for mutant in found}) == len(found)
    assert {mutant.kind for mutant in found} <= set(KINDS)


def test_a_mutant_does_what_its_label_says(found):
    functions = {mutant.label: mutant.function for mutant in found}
    assert guarded(100_000, 65_535) == 100_000 - 65_535
    assert functions["max(total) - min(total) → max(total) + min(total)"](100_000, 65_535) == 165_535
    kept = functions["total = [] once for all calls"]
    assert [kept(1, 1), kept(100_000, 65_535)] == [0, 100_000]


@pytest.mark.slow
@pytest.mark.parametrize("identity", SAMPLE)
def test_every_mutant_is_told_from_the_solution_or_listed_with_a_reason(identity):
    exercise = registry.exercises()[identity]
    alive = {each.label for each in outcomes(exercise) if each.kind in KINDS and each.state == "right"}
    assert alive == set(exercise.equivalent)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", registry.exercises().values(), ids=lambda exercise: exercise.id)
def test_few_mutants_are_called_equivalent_and_each_has_a_reason(exercise):
    count = len(mutants(exercise.solution, exercise.source))
    assert len(exercise.equivalent) <= max(2, count / 20)
    assert all(exercise.equivalent.values())


def test_edits_that_do_not_fit_their_solution_are_named():
    edits = (
        Edit("gone", {"no such text": ""}, "a hint"),
        Edit("no Python", {"def ": "if "}, "a hint"),
        Edit("fits", {"minimum": "maximum"}, "a hint"),
    )
    broken = list(broken_edits(replace(registry.exercises()["06.2"], wrong_answers=edits)))
    assert broken[0] == "'gone': 'no such text' occurs 0 times in the solution; wanted: once"
    assert broken[1].startswith("'no Python': what it makes of the solution is not Python: ")
    assert len(broken) == 2


def test_a_slip_gets_the_sentence_of_its_kind_and_the_smallest_case():
    def weighted_median(stake, weights, kappa, numbers):
        import numpy as np

        voters = stake > 0
        stake, weights = stake[voters], weights[voters]
        consensus = np.zeros(weights.shape[1], numbers.dtype)
        if not voters.any():
            return consensus
        shares = numbers.divide(stake, stake.sum())
        limit = shares.sum() - numbers.ratio(kappa, 65_535)
        for miner in range(weights.shape[1] - 1):  # the last miner is left out
            order = np.argsort(weights[:, miner])
            above = np.flatnonzero(np.cumsum(shares[order]) > limit)
            consensus[miner] = weights[order[above[0] if len(above) else -1], miner]
        return consensus

    result = judge(registry.exercises()["06.1"], weighted_median)
    assert result.mistake == "off by one"
    assert result.hint.startswith(KINDS["off by one"])
    assert "2 validators, 2 miners" in result.hint
    assert "`consensus[1]` is 0 (word 0), right is 1 (word 4,294,967,296)" in result.hint


def test_two_known_mistakes_at_once_get_both_hints():
    def bonds(weights, stake, old_bonds, bonds_moving_average, numbers):
        old = numbers.divide(old_bonds, old_bonds.sum(axis=0))
        new = numbers.divide(weights, weights.sum(axis=0))
        alpha = numbers.ratio(bonds_moving_average, 1_000_000)
        moved = numbers.multiply(alpha, new) + numbers.multiply(numbers.number(1) - alpha, old)
        return numbers.divide(moved, moved.sum(axis=0))

    exercise = registry.exercises()["06.4"]
    result = judge(exercise, bonds)
    hints = {wrong.name: wrong.hint for wrong in exercise.wrong_answers}
    assert hints["old and new swapped"] in result.hint
    assert hints["bonds without stake"] in result.hint
