"""Lab 05: answers are scored by the subnet's rule, limits are the running chain's, causes of no pay are recognized."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tao_lab.course import registry
from tao_lab.course.checking import judge
from tao_lab.course.lab05 import answers, cases, loop, nothing, reference
from tao_lab.course.lab05.questions import guesses_until_found, what_a_copier_sees
from tao_lab.neurons.work import Answer
from tao_lab.subnets import kind

# --- the parts are the library's ------------------------------------------------------------------------------------


def test_an_answer_is_worth_what_the_code_subnet_says():
    asked, came = loop.answers(loop.FIRST_TASK + 1)
    secret = asked.secret
    for answer in came.values():
        (theirs,) = kind("code").score(asked, [Answer(answer.content)])
        before = sum(secret["passed"])
        assert reference.score_answer(answer.content, secret["calls"], secret["expected"], before) == theirs.value


def test_a_thief_finds_the_results_in_ones_own_process_and_nothing_in_the_sandbox():
    calls, expected = [[2000], [1900]], [True, False]
    space = {}
    exec(answers.THIEF, space)
    assert [space["solve"](year) for (year,) in calls] == expected
    assert reference.run_in_sandbox(answers.THIEF, calls) == [{"value": None}] * 2


@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_averages_are_those_of_the_librarys_validator(alpha):
    for one in cases.memory_rounds(np.random.default_rng(3), alpha):
        mine = reference.remember(one.memory, one.scores, one.seats, alpha)
        assert {name: pytest.approx(entry) for name, entry in one.after.items()} == mine


def test_the_running_chain_names_each_limit_and_how_long_to_wait():
    attempts = cases.attempts()
    assert {one.name for one in attempts} == {
        "",
        "HotKeyNotRegisteredInSubNet",
        "NotEnoughStakeToSetWeights",
        "SettingWeightsTooFast",
        "IncorrectWeightVersionKey",
        "NeuronNoValidatorPermit",
        "WeightVecLengthIsLow",
        "MaxWeightExceeded",
    }
    assert {one.wait for one in attempts if one.name == cases.TOO_FAST} == {1, 2, 3}


@pytest.mark.parametrize("period", cases.PERIODS)
def test_the_running_chain_takes_a_reveal_in_one_epoch_only(period):
    assert list(cases.window(period)) == [period]


# --- exercises and claims -------------------------------------------------------------------------------------------


def test_a_mistake_that_nobody_foresaw_still_shows_where_the_chain_says_something_else():
    def refusal(uids, values, version_key, limits):
        return "", 0

    result = judge(registry.exercises()["05.4"], refusal)
    assert result.mistake == ""
    assert any(one.name in repr(result) for one in cases.attempts() if one.name)


def test_weights_are_taken_as_soon_as_the_rate_has_passed():
    ties = [
        one
        for one in cases.attempts()
        if one.limits.me and one.limits.block - one.limits.me.last_update == one.limits.rate
    ]
    assert "" in {one.name for one in ties}
    assert cases.TOO_FAST not in {one.name for one in ties}


def test_a_hash_that_differs_is_explained_by_the_bytes_that_were_hashed():
    def seal(public_key, netuid, uids, values, version_key, draw):
        salt, message, _ = reference.seal(public_key, netuid, uids, values, version_key, draw)
        message = message[:40] + bytes([message[40] ^ 1]) + message[41:]
        return salt, message, message[:32]

    result = judge(registry.exercises()["05.5"], seal)
    assert "from byte 40 on" in repr(result)
    assert "by hand" not in repr(result)


def test_who_fills_a_row_up_gets_it_accepted_by_a_chain_that_wants_more_weights():
    from tao_lab.course.lab05.market import open_market
    from tao_lab.course.networks import small_network

    with small_network() as net:
        market = open_market(net, ["a", "b", "c"])
        market.set("min_allowed_weights", min_allowed_weights=3)
        net.run(blocks=market.limits(market.validators[0]).blocks_to_wait)
        weights = {market.uid(wallet): float(name == "b") for name, wallet in market.miners.items()}
        assert market.send(market.validators[0], *reference.to_u16(weights)) == "WeightVecLengthIsLow"
        assert market.send(market.validators[0], *reference.to_u16(weights, 3)) == ""
        assert sorted(market.stored(market.validators[0]).values()) == [1, 1, 65_535]


def test_with_a_validator_that_only_scores_the_claim_about_queries_would_hold(monkeypatch):
    from tao_lab.course.lab05 import claims

    monkeypatch.setattr(claims, "alpha_of_miners", lambda weights: {"asked": 8.0, "never asked": 0.0})
    assert claims.no_queries_no_pay().verdict == "true"


def test_a_salt_keeps_a_guess_from_being_recognized():
    assert guesses_until_found([]) is not None
    assert guesses_until_found([7]) is None


def test_what_a_copier_reads_is_an_epoch_old():
    seen = what_a_copier_sees()
    assert seen[0][1] == {}
    assert [shown for _, shown, _ in seen[1:]] == [thought for _, _, thought in seen[:-1]]


# --- the parts at work ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("commit_reveal", [False, True])
def test_pay_is_ordered_as_quality_and_the_chain_takes_every_call(commit_reveal):
    run = loop.validate(rounds=3, commit_reveal=commit_reveal)
    earned = run.earned
    assert earned["honest"] == earned["librarian"] > earned["sleepy"] > 0
    assert earned["chatty"] == earned["unchanged"] == earned["forger"] == 0
    assert (run.accepted, run.refused) == ((5, 0) if commit_reveal else (3, 0))
    assert "Accepted by the chain" in repr(run)


@pytest.mark.parametrize(
    ("parts", "log"),
    [
        (loop.Parts(refusal=lambda *_: ("", 0)), "SettingWeightsTooFast"),
        (loop.Parts(to_u16=lambda *_: ([9_999], [65_535])), "UidVecContainInvalidOne"),
        (loop.Parts(to_u16=lambda *_: ([2], [65_536])), "refuses"),
    ],
    ids=["no waiting", "no such uid", "too large a number"],
)
def test_a_part_that_is_wrong_is_refused_by_the_chain_and_the_log_says_so(parts, log):
    run = loop.validate(parts, rounds=1)
    assert (run.accepted, run.refused) == (0, 1)
    assert any(log in words for _, words in run.log)
    assert sum(run.earned.values()) == 0


def test_a_part_that_takes_fences_off_pays_for_them():
    def kindly(content, *rest):
        bare = content["code"].rpartition("```python\n")[2].removesuffix("\n```")
        return reference.score_answer({"code": bare}, *rest)

    run = loop.validate(loop.Parts(score=kindly), rounds=1)
    assert run.earned["chatty"] == run.earned["honest"] > 0


def test_the_charts_say_what_they_show():
    from tao_lab import views

    rows = loop.validate(rounds=2).rows()
    for chart, word in (
        (views.score_history_chart(rows), "Never a score above 0: chatty"),
        (views.earned_chart(rows), "3 of 6 miners have earned nothing"),
        (views.latency_chart(rows, limit=12), "of 12 s allowed"),
    ):
        assert word in chart.alt
        assert chart.svg().startswith("<svg")
        json.dumps(chart.chart.to_dict())


# --- why nothing came -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_cause_is_made_recognized_and_mended():
    stories = [nothing.tell(name) for name in nothing.STORIES]
    assert [story.cause for story in stories if not story.recognized] == []
    assert all(story.alpha_before == 0 < story.alpha_after for story in stories)
    assert "8 of 8 causes" in repr(nothing.table(stories))
    assert "hours at mainnet's tempo" in repr(nothing.guesses(stories))


def test_a_cause_that_is_not_recognized_is_marked():
    story = nothing.tell("epoch to come")
    wrong = replace(story, cause="timeout")
    assert "Not as expected" in repr(wrong)
    assert "1 of 2 causes" in repr(nothing.table([story, wrong]))


def _forgets_the_salt(public_key, netuid, uids, values, version_key, draw):
    _, message, sealed = reference.seal(public_key, netuid, uids, values, version_key, lambda count: [])
    return draw(8), message, sealed


def _reveals_at_once(commits, epoch, period):
    return [hashed for hashed, _ in commits], []


def _scores_a_fence_kindly(content, calls, expected, before):
    if isinstance(content, dict) and "```" in str(content.get("code")):
        return 1.0
    return reference.score_answer(content, calls, expected, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "refused"),
    [
        ({}, ""),
        ({"seal": _forgets_the_salt}, "NoWeightsCommitFound"),
        ({"to_reveal": _reveals_at_once}, "RevealTooEarly"),
        ({"score": _scores_a_fence_kindly}, ""),
    ],
)
def test_the_chain_notices_what_the_lab_says_that_it_notices(broken, refused):
    run = loop.validate(loop.Parts(**broken), rounds=3, commit_reveal=True)
    assert (run.refused > 0) == bool(refused)
    assert refused in " ".join(words for _, words in run.log)
    assert run.card.tone == ("wrong" if refused else "right")
    assert (run.earned["chatty"] > 0) == ("score" in broken)
