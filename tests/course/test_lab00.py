"""Lab 00: the round is real with and without the language model, and the chain's numbers are those of the picture."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tao_lab.course.checking import judge
from tao_lab.course.lab00 import one_round, payouts, questions
from tao_lab.course.lab00 import round as the_round
from tao_lab.course.lab00.exercises import EXERCISES
from tao_lab.course.lab00.exercises.who import THINK
from tao_lab.course.lab00.payouts import Past, payout
from tao_lab.course.lab00.roles import ROLES, STATEMENTS
from tao_lab.errors import LabError
from tao_lab.views import answer_card, round_drawing
from tao_lab.views.drawing import Arrow, Box, Words


@pytest.fixture(scope="module")
def done():
    """A round as it goes where nobody has fetched the model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(the_round.models, "is_here", lambda name: False)
        return one_round("What is the capital of France?", rounds=2)


@pytest.mark.slow
def test_without_the_model_the_round_goes_on_and_says_what_stands_in_and_what_fetches_it(done):
    assert "tao-lab models get smollm2" in repr(answer_card(done))
    assert {worker.name for worker in done.workers} == {"table", "chemist", "guesser", "echo"}
    assert "no language model" in round_drawing(done).svg()


def test_the_picture_says_what_was_scored_and_that_the_users_question_was_not(done):
    drawn = _words(round_drawing(done))
    for worker in done.workers:
        right = sum(test.score == 1 for test in worker.tests)
        assert len(worker.tests) == done.tests == 4
        assert f"{right} of 4 right" in drawn
        assert "scores {:.2f} and {:.2f}".format(*worker.scores) in drawn
    assert any(f"over its own 2 tests. {done.best_score:.2f}: all right" in words for words in drawn)
    assert sum(words.startswith("to you, not scored") for words in drawn) == len(done.workers)
    shown = repr(answer_card(done))
    assert "Nobody scored this answer" in shown
    for test in done.workers[0].tests:
        assert test.question in shown
        assert test.reference in shown


def test_each_validator_scores_a_miner_by_its_own_tests(done):
    for worker in done.workers:
        for number, score in enumerate(worker.scores):
            average = 0.0
            for test in worker.tests[number::2]:
                average += 0.2 * (test.score - average)
            assert score == pytest.approx(average)
    assert done.best_score == pytest.approx(1 - 0.8**2)


def test_no_arrow_leads_from_an_answer_to_the_user(done):
    parts = round_drawing(done).parts
    answers = [part.y for part in parts if isinstance(part, Words) and part.text.startswith("to you")]
    ends = [y for part in parts if isinstance(part, Arrow) for _, y in (part.start, part.end)]
    boxes = [(part.y, part.y + part.height) for part in parts if isinstance(part, Box) and part.x > 350]
    assert answers
    assert not any(low <= y <= high for y in answers for low, high in boxes)
    assert not any(abs(y - end) < 8 for y in answers for end in ends)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who wrote Hamlet?", the_round.UNKNOWN),
        ("<b>Wer</b> schrieb `Faust` & “Egmont”?", the_round.UNKNOWN),
        ("W" * 200, the_round.UNKNOWN),
        ("  What is the capital\nof   France? ", "Paris"),
    ],
)
def test_whatever_is_asked_the_pay_is_for_the_tests(done, question, answer):
    """The tests come in a fixed order, so that the pay is the same whatever the user asks."""
    told = replace(done, question=the_round._checked(question))
    task = the_round._task(told.question)
    ((_, table),) = the_round._stand_in().values()
    assert table(task)["text"] == answer
    workers = tuple(replace(worker, answer=answer if worker.name == "table" else "…") for worker in done.workers)
    picture = round_drawing(replace(told, workers=workers, answer=answer))
    assert f"not scored: “{answer}”" in picture.svg()
    assert ElementTree.fromstring(picture.svg()) is not None
    assert "<b>" not in picture._repr_mimebundle_()["text/html"]
    assert "<b>" not in answer_card(told)._repr_html_()
    assert max(len(words) for words in _words(picture)) < 100


@pytest.mark.parametrize("question", ["", " \n ", "x" * 201, 5, None])
def test_a_question_that_cannot_be_asked_is_refused_with_what_is_allowed(question):
    with pytest.raises(LabError, match="allowed"):
        one_round(question)


def _words(drawing):
    boxes = [line for part in drawing.parts if isinstance(part, Box) for line in part.lines]
    return boxes + [part.text for part in drawing.parts if isinstance(part, Words)]


def test_the_chain_has_paid_what_the_picture_says(done):
    before, after = done.net.at(done.opened), done.net.at(done.block)
    graph = done.net.metagraph(done.netuid)
    for worker in done.workers:
        assert payout(before, after, done.netuid, graph[worker.uid].hotkey) == worker.paid
    assert sum(worker.paid for worker in done.workers) > 0
    assert done.others["creator"] > 0


def test_cheaters_earn_nothing_and_the_user_reads_the_best_paid_miner(done):
    paid = {worker.name: worker.paid for worker in done.workers}
    assert paid["guesser"] == paid["echo"] == 0
    assert done.by == done.workers[0].name
    assert done.answer in round_drawing(done).svg()


def test_each_role_has_two_statements():
    roles = [role for _, role, _ in STATEMENTS.values()]
    assert {roles.count(role) for role in roles} == {2}


def test_miners_are_paid_by_the_same_weights_epoch_after_epoch_and_nobody_pays_for_it():
    blocks, weights, pay = zip(*questions.idle_epochs(), strict=True)
    assert len(pay) == 5
    assert len(set(weights)) == 1
    assert weights[0] < blocks[0] < blocks[-1]
    assert pay == pytest.approx([pay[0]] * 5, rel=1e-5)
    assert {q.id: q.experiment().option for q in questions.QUESTIONS} == {"00.A": 2, "00.B": 2}


def test_what_a_block_paid_is_what_its_neighbours_did_not():
    market = payouts.paid()
    first, last = market.heights[-2:]
    whole = payout(Past(market.net, first), Past(market.net, last), market.netuid, market.miners[0])
    last_block = payout(Past(market.net, last - 1), Past(market.net, last), market.netuid, market.miners[0])
    assert whole == last_block > 0


def role_with(changes):
    return lambda statement: changes.get(statement, STATEMENTS[statement][1])


@pytest.mark.parametrize("letters", ["ab", "ae", "bd", "cg", "dh", "ef", "gh"])
def test_two_wrong_letters_get_a_hint_about_both_and_no_role_that_is_right(letters):
    right = {letter: STATEMENTS[letter][1] for letter in letters}
    for shift in (1, 2, 3):
        answer = {letter: ROLES[(ROLES.index(role) + shift) % len(ROLES)] for letter, role in right.items()}
        result = judge(EXERCISES[0], role_with(answer))
        assert result.state == "wrong"
        assert all(f"`{letter}`, a {role}?" in result.hint for letter, role in answer.items())
        assert not any(role in result.hint for role in set(right.values()) - set(answer.values()))


def test_no_hint_and_no_case_of_the_quiz_says_who_it_is():
    assert not any(role in thought for thought in THINK.values() for role in ROLES)
    result = judge(EXERCISES[0], role_with(dict.fromkeys("abcf", "staker")))
    assert not any(why in repr(result) for _, _, why in STATEMENTS.values())
    assert "right is" not in repr(result)


def test_a_short_name_of_a_role_counts():
    assert judge(EXERCISES[0], role_with({"d": "Creator", "e": "creator "})).state == "right"


def test_a_role_that_does_not_exist_is_named():
    assert "'boss'" in judge(EXERCISES[0], lambda statement: "boss").hint


@pytest.mark.slow
def test_the_real_language_model_answers_and_is_paid():
    the_round.models.get("smollm2")
    done = one_round("What is the capital of France?", rounds=2)
    assert not done.notice
    (worker,) = [worker for worker in done.workers if worker.name == "smollm2"]
    assert "Paris" in worker.answer
    assert worker.paid > 0
