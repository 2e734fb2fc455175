"""Lab 00: the round is real with and without the language model, and the chain's numbers are those of the picture."""

import pytest

from tao_lab.course.checking import judge
from tao_lab.course.lab00 import one_round, payouts, questions
from tao_lab.course.lab00 import round as the_round
from tao_lab.course.lab00.exercises import EXERCISES, payout
from tao_lab.course.lab00.payouts import Past
from tao_lab.course.lab00.roles import STATEMENTS
from tao_lab.views import answer_card, round_drawing


@pytest.fixture(scope="module")
def done():
    """A round as it goes where nobody has fetched the model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(the_round.models, "is_here", lambda name: False)
        return one_round("What is the capital of France?", rounds=2)


def test_without_the_model_the_round_goes_on_and_says_what_stands_in_and_what_fetches_it(done):
    assert "tao-lab models get smollm2" in repr(answer_card(done))
    assert {worker.name for worker in done.workers} == {"table", "chemist", "guesser", "echo"}
    assert "no language model" in round_drawing(done).svg()


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


def test_miners_get_less_than_half_and_nobody_pays_for_it():
    shares = questions.shares()
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["creator"] == pytest.approx(0.18, abs=1e-4)
    assert shares["miners"] == pytest.approx(shares["validators and stakers"], rel=1e-6)
    assert {q.id: q.experiment().option for q in questions.QUESTIONS} == {"00.A": 2, "00.B": 2}


def test_what_a_block_paid_is_what_its_neighbours_did_not():
    market = payouts.paid()
    first, last = market.heights[-2:]
    whole = payout(Past(market.net, first), Past(market.net, last), market.netuid, market.miners[0])
    last_block = payout(Past(market.net, last - 1), Past(market.net, last), market.netuid, market.miners[0])
    assert whole == last_block > 0


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
