"""What the exercises, questions and claims of every lab have in common; nothing here is about one lab."""

import pickle
from html import escape

import pytest

from tao_lab.course import claim, registry
from tao_lab.course.behaviour import attempt, behave_alike
from tao_lab.course.checking import judge
from tao_lab.course.compare import same_values
from tao_lab.course.exercise import Exercise

QUICK = 10  # seconds: what a check may take; who asks for more is slow on purpose
EXERCISES = tuple(registry.exercises().values())


def marked(exercise, *more):
    """One case of a table, by its ids; exercises that are slow on purpose are tested with the slow ones."""
    marks = [pytest.mark.slow] if exercise.seconds > QUICK else []
    name = "-".join([exercise.id, *(wrong.name for wrong in more)])
    return pytest.param(exercise, *more, id=name, marks=marks)


each_exercise = pytest.mark.parametrize("exercise", [marked(exercise) for exercise in EXERCISES])


@each_exercise
def test_the_reference_of_an_exercise_passes_its_own_check(exercise):
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
def test_no_two_wrong_answers_of_an_exercise_behave_alike(exercise):
    cases = exercise.make_cases()
    outcomes = [[attempt(exercise, wrong.function, case) for case in cases] for wrong in exercise.mistakes]
    for i, one in enumerate(outcomes):
        for other in outcomes[:i]:
            assert not all(map(behave_alike, one, other))


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


@pytest.mark.parametrize("number", registry.claims())
def test_a_claim_has_a_verdict_and_shows_numbers(number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = claim(number, 1)
    assert len(result.evidence.numbers) >= 3
    assert result.claim.statement in repr(result)
    assert escape(result.claim.statement) in result.widget().answer


@pytest.mark.parametrize("question", registry.questions().values(), ids=lambda question: question.id)
def test_an_experiment_finds_one_of_the_options_and_says_why(question):
    finding = question.experiment()
    assert finding.option in range(len(question.options))
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
