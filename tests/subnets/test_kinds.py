"""What holds for every kind of work in the gallery."""

import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tao_lab.errors import LabError
from tao_lab.neurons.models import ModelTimeout
from tao_lab.neurons.work import Answer, Score, form_problem
from tao_lab.subnets import kind, kinds, play
from tao_lab.subnets.play import ask
from tao_lab.subnets.text import Text, facts

# rounds that make the order plain; more where chance plays a part, fewer where a round is slow
USUAL_ROUNDS = 20
ROUNDS = {"text": 40, "code": 4, "deepfake": 10, "speech": 5}


def well_read(messages, max_tokens, seed):
    """Stands in for a language model: knows seven facts of ten, and says them as a model does."""
    question = messages[-1]["content"]
    random = Random(question)
    known = random.random() < 0.7
    return f"The answer is {dict(facts())[question]}." if known else random.choice(facts())[1]


LONG = {"deepfake", "speech"}  # a round takes seconds


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.slow if name in LONG else []) for name in kinds()]
)
def work(request):
    return Text(well_read) if request.param == "text" else kind(request.param)


@pytest.fixture(scope="module")
def some_round(work):
    return work.make_round(1)


@pytest.fixture(scope="module")
def answers(work, some_round):
    return [ask(forward, some_round.task) for forward in work.miners().values()]


@pytest.fixture(scope="module")
def table(work):
    return play(work, rounds=ROUNDS.get(work.kind, USUAL_ROUNDS)).set_index("miner")


@pytest.mark.slow
def test_honest_work_beats_every_cheater_but_the_declared_one(work, table):
    cheaters = table.drop(index=["honest", work.exploit])
    assert len(cheaters) >= 2
    assert table.score["honest"] > cheaters.score.max() + 0.1, table.to_string()


def test_the_declared_weakness_pays(work, table):
    assert table.score[work.exploit] >= table.score["honest"], table.to_string()


def test_scores_are_from_0_to_1_with_a_reason(work, some_round, answers):
    for score in work.score(some_round, answers):
        assert 0 <= score.value <= 1
        assert score.reason
        assert "\n" not in score.reason


def test_the_same_seed_makes_the_same_round_and_another_seed_another(work, some_round):
    again = type(work)().make_round(1)
    assert json.dumps(again.task.content) == json.dumps(some_round.task.content)
    assert again.secret == some_round.secret
    assert len({json.dumps(work.make_round(seed).task.content) for seed in range(4)}) > 1


def test_a_task_is_plain_json_and_names_its_kind(work, some_round):
    task = some_round.task
    assert json.loads(json.dumps(task.content, allow_nan=False)) == task.content
    assert task.kind == work.kind
    assert task.seconds > 0


def test_a_task_does_not_hold_its_secret(work):
    for seed in range(3):
        asked = work.make_round(10**12 + seed)
        sent = json.dumps([asked.task.id, asked.task.content])
        assert str(10**12 + seed) not in sent
        for value in asked.secret.values():
            assert json.dumps(value) not in sent


def test_the_schema_is_one_and_allows_nothing_more(work):
    Draft202012Validator.check_schema(work.answer_schema)
    assert work.answer_schema["additionalProperties"] is False


def test_every_miners_answer_fits_the_schema(work, answers):
    for name, answer in zip(work.miners(), answers, strict=True):
        assert answer.problem == ""
        assert form_problem(work.answer_schema, answer.content) == "", name


def test_scores_follow_their_answers_in_any_order(work, some_round, answers):
    straight = work.score(some_round, answers)
    assert work.score(some_round, answers[::-1]) == straight[::-1]
    assert work.score(some_round, answers[:1]) == straight[:1]
    assert work.score(some_round, []) == []


@pytest.mark.parametrize("problem", ["timeout", ""])
def test_no_answer_scores_zero(work, some_round, problem):
    (score,) = work.score(some_round, [Answer(None, 1.0, problem)])
    assert score.value == 0
    assert (problem or "nothing came") in score.reason


@pytest.mark.parametrize(
    "content", ["words", 7, [], {}, {"unknown": 1}, float("nan"), {"code": object()}, {"text": None}, {1, 2}, b"bytes"]
)
def test_a_wrong_form_scores_zero_with_a_reason(work, some_round, content):
    (score,) = work.score(some_round, [Answer(content)])
    assert score == Score(0.0, score.reason)
    assert score.reason.startswith("wrong form: ")


def test_an_additional_field_is_a_wrong_form(work, some_round, answers):
    (score,) = work.score(some_round, [Answer({**answers[0].content, "note": "please"})])
    assert (score.value, "note" in score.reason) == (0.0, True)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
any_json = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_miner_sends_is_scored(work, some_round, data):
    fields = list(work.answer_schema["properties"])
    content = data.draw(any_json | st.fixed_dictionaries(dict.fromkeys(fields, any_json)))
    (score,) = work.score(some_round, [Answer(content)])
    assert 0 <= score.value <= 1
    assert score.reason


def test_every_kind_tells_its_weakness_and_its_source(work):
    assert len(work.weakness) > 40
    assert "licence" in work.source or "CC" in work.source or "simulated" in work.source.lower()
    assert next(iter(work.miners())) == "honest"
    assert kinds().count(work.kind) == 1


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(LabError, match=r"kind 'txt' is unknown; allowed: text, code, search"):
        kind("txt")


def test_a_miner_that_fails_or_is_late_has_no_answer():
    task = Text().make_round(0).task
    assert ask(lambda task: 1 / 0, task).problem == "ZeroDivisionError: division by zero"
    late = type(task)(task.id, task.kind, task.content, seconds=0.0)
    assert (ask(lambda task: {"text": "x"}, late).content, ask(lambda task: {"text": "x"}, late).problem) == (
        None,
        "timeout",
    )


def test_a_model_that_runs_out_of_time_is_late_and_one_that_is_not_here_is_said():
    def slow(task):
        raise ModelTimeout(1.0, "The cap")

    def absent(task):
        raise LabError("the model smollm2 is not here")

    assert ask(slow, Text().make_round(0).task).problem == "timeout"
    with pytest.raises(LabError, match="is not here"):
        ask(absent, Text().make_round(0).task)


def test_play_refuses_nothing_to_do():
    with pytest.raises(LabError, match="rounds: 0"):
        play("text", rounds=0)
