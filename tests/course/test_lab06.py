"""The exercises, questions and claims of lab 06."""

import pickle

import numpy as np
import pytest

from tao_lab.course import claim, registry
from tao_lab.course.checking import judge
from tao_lab.course.compare import same_values
from tao_lab.course.lab06.claims import CLAIMS
from tao_lab.course.lab06.questions import QUESTIONS, copier_dividends, liars_pay
from tao_lab.vectors import AnswerError

EXERCISES = tuple(registry.exercises().values())
MISTAKES = [(exercise, wrong) for exercise in EXERCISES for wrong in exercise.wrong_answers]


def by_name(pair):
    return pair.id if hasattr(pair, "id") else pair.name


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_the_reference_of_an_exercise_passes_its_own_check(exercise):
    assert judge(exercise, exercise.reference).state == "right"


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_an_exercise_knows_three_wrong_answers_or_more_with_different_hints(exercise):
    hints = [wrong.hint for wrong in exercise.wrong_answers]
    assert len(hints) >= 3
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize(("exercise", "wrong"), MISTAKES, ids=by_name)
def test_a_wrong_answer_gets_its_own_hint(exercise, wrong):
    result = judge(exercise, wrong.function)
    assert result.state in ("wrong", "raised")
    assert result.mistake == wrong.name
    assert result.hint == wrong.hint
    assert wrong.hint in repr(result)


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_no_two_wrong_answers_of_an_exercise_behave_alike(exercise):
    outcomes = [_outcomes(exercise, wrong.function) for wrong in exercise.wrong_answers]
    for i, one in enumerate(outcomes):
        for other in outcomes[:i]:
            assert any(
                a != b if isinstance(a, str) or isinstance(b, str) else not same_values(a, b, case)
                for a, b, case in zip(one, other, exercise.make_cases(), strict=True)
            )


def _outcomes(exercise, function):
    found = []
    for case in exercise.make_cases():
        try:
            found.append(exercise.read(function(*case.arguments.values()), case))
        except (AnswerError, ValueError) as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_cases_come_from_a_fixed_seed_and_differ_in_size(exercise):
    first, again = exercise.make_cases(), exercise.make_cases()
    assert [case.about for case in first] == [case.about for case in again]
    for one, other in zip(first, again, strict=True):
        assert same_values(exercise.expected(one), exercise.expected(other), one)
    assert len({case.about for case in first}) > 3


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_no_two_cases_of_an_exercise_are_the_same(exercise):
    arguments = [pickle.dumps(dict(case.arguments)) for case in exercise.make_cases()]
    assert len(set(arguments)) == len(arguments)


def test_the_whole_epoch_is_held_against_every_vector_of_the_chain():
    names = [case.about for case in registry.exercises()["06.6"].make_cases()]
    assert sum("the chain's vector" in name for name in names) == 40


@pytest.mark.parametrize(
    ("number", "verdict"), [(7, "false"), (8, "true"), (9, "true"), (10, "false"), (19, "true"), (21, "false")]
)
def test_a_claim_gets_its_verdict_and_shows_numbers(number, verdict):
    result = claim(number)
    assert result.evidence.verdict == verdict
    assert len(result.evidence.numbers) >= 3
    assert result.claim.statement in repr(result)
    assert result.claim.statement in result._repr_html_()


def test_the_verdict_on_filtering_follows_kappa():
    numbers = {c.number: c for c in CLAIMS}[9].test().numbers
    assert [value for what, value in numbers.items() if "smallest share" in what] == ["50.0 %"]
    assert [value for what, value in numbers.items() if "kappa 30 %" in what] == ["30.0 %"]


def test_a_verdict_is_computed_a_different_rule_gives_a_different_one(monkeypatch):
    from tao_lab import consensus
    from tao_lab.course.lab06 import claims

    def without_clipping(inputs):
        s = consensus.start(inputs)
        ranks = consensus.ranks(s.weights, s.voices)
        incentive = consensus.incentive(ranks)
        ours = consensus.epoch(inputs)
        return s.finish(
            consensus=ours.consensus,
            clipped_weights=s.weights,
            validator_trust=s.weights.sum(axis=1),
            ranks=ranks,
            incentive=incentive,
            bonds=ours.bonds,
            dividends=ours.dividends[s.validators],
        )

    monkeypatch.setattr(claims, "epoch", without_clipping)
    verdicts = {c.number: c.test().verdict for c in CLAIMS if c.number in (7, 9)}
    assert verdicts == {7: "true", 9: "false"}


@pytest.mark.parametrize(("question", "option"), [("06.A", 2), ("06.B", 0), ("06.C", 1), ("06.D", 2)])
def test_an_experiment_finds_the_option_that_holds(question, option):
    finding = {q.id: q for q in QUESTIONS}[question].experiment()
    assert finding.option == option
    assert finding.because
    assert finding.evidence


def test_liars_are_paid_nothing_below_kappa_and_everything_above():
    assert liars_pay(49) == 0
    assert liars_pay(51) == pytest.approx(1)


def test_a_copier_catches_up_slowly_but_does_catch_up():
    relative = copier_dividends(40)
    assert relative[0] < 0.1
    assert relative[-1] > 0.9
    assert (np.diff(relative) > 0).all()
