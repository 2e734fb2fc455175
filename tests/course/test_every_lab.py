"""What the exercises, questions and claims of every lab have in common; nothing here is about one lab."""

import pickle
from html import escape

import pytest

from tao_lab.course import claim, registry
from tao_lab.course.checking import judge
from tao_lab.course.compare import same_values
from tao_lab.course.exercise import Exercise

QUICK = 10  # seconds: what a check may take; who asks for more is slow on purpose
EXERCISES = tuple(registry.exercises().values())
# What the questions' experiments find on the running chain.
OPTIONS = {
    **{"00.A": 2, "00.B": 2},
    **{"01.A": 1, "01.B": 1, "01.C": 1},
    **{"02.A": 2, "02.B": 2, "02.C": 1, "02.D": 1},
    **{"03.A": 2, "03.B": 2, "03.C": 2, "03.D": 2},
    **{"04.A": 1, "04.B": 1, "04.C": 0},
    **{"05.A": 1, "05.B": 2, "05.C": 1, "05.D": 1, "05.E": 1},
    **{"06.A": 2, "06.B": 0, "06.C": 1, "06.D": 2},
    **{"07.A": 1, "07.B": 1, "07.C": 1, "07.D": 2},
    **{"08.A": 1, "08.B": 1, "08.C": 1, "08.D": 1},
    **{"09.A": 2, "09.B": 0, "09.C": 2, "09.D": 1},
    **{"10.A": 2, "10.B": 2, "10.C": 2},
}


# Exercises, questions and claims that take seconds.
LONG = {"03.5", "04.1", "05.1", "05.4", "06.6", "01.A", "03.D", "07.B"}


def marked(exercise, *more):
    """One case of a table, by its ids; exercises that are slow on purpose are tested with the slow ones."""
    marks = [pytest.mark.slow] if exercise.seconds > QUICK or exercise.id in LONG else []
    name = "-".join([exercise.id, *(wrong.name for wrong in more)])
    return pytest.param(exercise, *more, id=name, marks=marks)


def long(value, identity):
    """One case of a table, by its id; what takes seconds is tested with the slow ones."""
    return pytest.param(value, id=str(identity), marks=[pytest.mark.slow] if identity in LONG else [])


each_exercise = pytest.mark.parametrize("exercise", [marked(exercise) for exercise in EXERCISES])


@pytest.mark.slow
@each_exercise
def test_the_reference_of_an_exercise_passes_its_own_check(exercise):
    exercise.reference(**exercise.make_cases()[0].arguments)  # loads what it needs: PyTorch changes the environment
    result = judge(exercise, exercise.reference)
    assert result.state == "right", result


@each_exercise
def test_the_solution_of_an_exercise_agrees_with_the_library_on_every_case(exercise):
    for case in exercise.make_cases():
        found = exercise.read(exercise.solution(**case.arguments), case)
        assert same_values(found, exercise.expected(case), case), case.about


@each_exercise
def test_an_exercise_knows_three_wrong_answers_or_more_with_different_hints(exercise):
    hints = [wrong.hint for wrong in exercise.mistakes]
    assert len(hints) >= 3
    assert len(set(hints)) == len(hints)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise", "wrong"), [marked(exercise, wrong) for exercise in EXERCISES for wrong in exercise.mistakes]
)
def test_a_wrong_answer_gets_its_own_hint(exercise, wrong):
    result = judge(exercise, wrong.function)
    assert result.state == "wrong"
    assert result.mistake == wrong.name
    assert result.hint == wrong.hint
    assert wrong.hint in repr(result)


@each_exercise
def test_cases_come_from_a_fixed_seed_and_differ(exercise):
    first, again = exercise.make_cases(), exercise.make_cases()
    assert [case.about for case in first] == [case.about for case in again]
    for one, other in zip(first, again, strict=True):
        assert same_values(exercise.expected(one), exercise.expected(other), one)
    assert len({case.about for case in first}) > 3 or exercise.seconds > QUICK


@each_exercise
def test_no_two_cases_of_an_exercise_are_the_same(exercise):
    arguments = [fingerprint(case.arguments) for case in exercise.make_cases()]
    assert len(set(arguments)) == len(arguments)


def fingerprint(arguments):
    try:
        return pickle.dumps(dict(arguments))
    except TypeError:  # a key pair of the SDK cannot be pickled
        return repr(arguments)


# Quick ones; the page of claims runs all of them (tests/course/test_claims.py).
QUICK_CLAIMS = {3: "true", 7: "false", 23: "true", 24: "true", 25: "outdated"}


@pytest.mark.parametrize(("number", "verdict"), QUICK_CLAIMS.items())
def test_a_claim_gets_its_verdict_and_shows_numbers(number, verdict, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = claim(number, 1)
    assert result.evidence.verdict == verdict
    assert len(result.evidence.numbers) >= 3
    assert result.claim.statement in repr(result)
    assert escape(result.claim.statement) in result.widget().answer


@pytest.mark.slow
@pytest.mark.parametrize("question", [long(question, id) for id, question in registry.questions().items()])
def test_an_experiment_finds_the_option_that_holds_and_says_why(question):
    finding = question.experiment()
    assert finding.option == OPTIONS[question.id]
    assert finding.because
    assert finding.evidence


@pytest.mark.parametrize("names", registry.real_names().values(), ids=list(registry.real_names()))
def test_the_real_names_of_a_lab_are_in_the_metadata(names):
    from tao_lab.course.realcode import storage_card

    card = storage_card(names)
    assert all(name.meaning in repr(card) for name in names)


def test_a_lab_numbers_its_exercises_and_questions():
    assert all(isinstance(exercise, Exercise) for exercise in EXERCISES)
    for lab in {exercise.id[:2] for exercise in EXERCISES}:
        ids = [exercise.id for exercise in EXERCISES if exercise.id.startswith(lab)]
        assert ids == [f"{lab}.{number}" for number in range(1, len(ids) + 1)]
        asked = [question for question in registry.questions() if question.startswith(lab)]
        assert asked == [f"{lab}.{letter}" for letter, _ in zip("ABCDEFGH", asked, strict=False)]
