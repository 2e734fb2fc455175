"""`tao-lab subnets stress`: the search finds the weakness that each kind declares, and nothing where nothing is."""

import json
import re
import sys
from dataclasses import replace
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from tao_lab.cli import app, register
from tao_lab.errors import LabError
from tao_lab.neurons.rules import BadRule
from tao_lab.neurons.work import Round, Score, Task, score_each, task_id
from tao_lab.paths import ROOT
from tao_lab.subnets import kinds, play
from tao_lab.subnets.ads import Ads
from tao_lab.subnets.stress import STRATEGIES, stress
from tao_lab.subnets.stress.memory import Memory
from tao_lab.subnets.text import Text
from tests.subnets.test_kinds import well_read

register()

# kind: the strategy that comes upon its declared weakness, and a budget that is enough for it
KNOWN = {
    "text": ("cached", 1000),  # the public table
    "code": ("cached", 55),  # the right functions, installed everywhere
    "search": ("cached", 300),  # public judgments
    "sports": ("cached", 300),  # published results
    "deepfake": ("cached", 120),  # public photographs
    "speech": ("imitate", 20),  # the validator's own voice
    "ads": ("constant", 400),  # goods returned late
}
LONG = {"code", "search", "deepfake", "speech"}


def test_the_table_here_names_every_kind():
    assert tuple(KNOWN) == kinds()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in KNOWN]
)
def test_the_search_finds_the_known_weakness_of_each_kind(name):
    strategy, budget = KNOWN[name]
    work = Text(well_read) if name == "text" else name
    found = stress(work, tasks=4 if name in LONG else 10, budget=budget, only=[strategy])
    (finding,) = found.findings
    assert finding.cheap, found.sentence
    assert finding.score >= 0.9 * found.honest > 0
    assert finding.score >= 0.8 * found.declared_score  # as good as the cheater who knows the weakness
    assert finding.work == 0
    assert 0 < finding.tries <= budget
    assert strategy in found.sentence


def test_the_same_seed_finds_the_same_and_another_seed_other_tasks():
    first, again, other = (stress("ads", tasks=3, budget=60, seed=seed) for seed in (1, 1, 2))
    assert without_seconds(first) == without_seconds(again)
    assert without_seconds(first) != without_seconds(other)


def without_seconds(found):
    findings = tuple(replace(finding, seconds=0.0) for finding in found.findings)
    return replace(found, honest_seconds=0.0, findings=findings)


class Sums:
    """Add two large numbers: too many to remember, nothing to guess, and the check hands nothing around."""

    kind = "sums"
    title = "Add"
    answer_schema: ClassVar = {
        "type": "object",
        "properties": {"sum": {"type": "integer"}},
        "required": ["sum"],
        "additionalProperties": False,
    }
    weakness = "None is known."
    exploit = "guesser"
    source = "Made by code."
    late = 1.0  # what an answer at the last moment is worth

    def make_round(self, seed):
        a, b = seed // 7919, seed % 7919
        return Round(Task(task_id("sums", seed), "sums", {"a": a, "b": b}), {"sum": a + b})

    def score(self, asked, answers):
        def judge(content, answer):
            part = 1 - (1 - self.late) * answer.seconds / asked.task.seconds
            return Score(part if content["sum"] == asked.secret["sum"] else 0.0, "compared")

        return score_each(self.answer_schema, answers, judge)

    def miners(self):
        return {
            "honest": lambda task: {"sum": task.content["a"] + task.content["b"]},
            "guesser": lambda task: {"sum": 7},
        }


def test_where_nothing_is_to_be_found_nothing_is_found():
    found = stress(Sums(), tasks=3, budget=150)
    assert found.cheap == ()
    assert {finding.strategy for finding in found.findings} == set(STRATEGIES)
    assert all(found.of(name).score == 0 for name in ("constant", "template", "cached", "imitate"))
    assert found.sentence.startswith("No strategy without work reaches 90%")


def test_those_who_share_honest_work_score_like_it_and_are_no_ways_without_work():
    found = stress(Sums(), tasks=2, budget=1)
    assert [found.of(name).score for name in ("copy", "collude", "slow")] == [1.0, 1.0, 1.0]
    assert [round(found.of(name).work, 2) for name in ("copy", "collude", "slow")] == [0.0, 0.33, 1.0]
    assert found.cheap == ()


def test_a_score_that_falls_with_time_stops_the_slow():
    work = Sums()
    work.late = 0.0
    found = stress(work, tasks=2, budget=1)
    assert found.of("slow").score < 0.1 < found.of("copy").score


def test_few_tasks_are_remembered():
    class Few(Sums):
        def make_round(self, seed):
            return super().make_round(seed % 12 + 10**9)

    found = stress(Few(), tasks=5, budget=100)
    assert [finding.strategy for finding in found.cheap] == ["cached"]
    assert "tasks that it made at home" in found.sentence


def test_an_honest_miner_that_scores_nothing_is_said():
    class Broken(Sums):
        def miners(self):
            return dict(reversed(super().miners().items()))

    assert "there is nothing to compare with" in stress(Broken(), tasks=2, budget=5).sentence


def test_the_check_is_as_it_was_after_it_was_listened_to():
    before = dict(Sums.score.__globals__)
    stress(Sums(), tasks=1, budget=30, only=["imitate"])
    assert {name: value for name, value in Sums.score.__globals__.items() if name in before} == before


def test_a_memory_knows_the_same_the_alike_and_strangers():
    memory = Memory()
    for text, value in (("the capital of Peru", "Lima"), ("the capital of Ghana", "Accra"), ("a wholly new line", "?")):
        memory.add({"question": text}, value)
    assert memory.recall({"question": "the capital of Peru"}) == "Lima"
    assert memory.recall({"question": "say the capital of Ghana"}) == "Accra"
    assert memory.recall({"question": "xyz"}) == "?"
    assert Memory().recall({"question": "xyz"}) is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tasks": 0}, "tasks: 0"),
        ({"budget": 0}, "budget: 0"),
        ({"only": ["steal"]}, "strategy is 'steal'; allowed: constant, template"),
    ],
)
def test_a_wrong_number_or_name_says_what_is_allowed(options, says):
    with pytest.raises(LabError, match=says):
        stress("ads", **options)


def test_a_rule_that_fails_is_named():
    class Bad(Sums):
        def score(self, asked, answers):
            raise ValueError("oh")

    with pytest.raises(BadRule, match=r"Bad\.score raised ValueError: oh"):
        stress(Bad(), tasks=1, budget=20)


def test_an_answer_on_which_the_rule_fails_is_counted_and_worth_nothing():
    class Careless(Sums):
        def score(self, asked, answers):
            if any(answer.content == {"sum": 0} for answer in answers):
                raise ZeroDivisionError("oh")
            return super().score(asked, answers)

    found = stress(Careless(), tasks=1, budget=60, only=["constant"])
    assert found.failures > 0
    assert found.cheap == ()


def test_where_a_secret_says_nothing_honest_answers_are_remembered():
    class Secretless(Sums):
        def make_round(self, seed):
            asked = super().make_round(seed % 12 + 10**9)
            return Round(asked.task, {})

        def score(self, asked, answers):
            content = asked.task.content
            return super().score(Round(asked.task, {"sum": content["a"] + content["b"]}), answers)

    (finding,) = stress(Secretless(), tasks=5, budget=100, only=["cached"]).findings
    assert finding.cheap
    assert "honest answers" in finding.words


@pytest.mark.parametrize(
    "form",
    [
        True,
        {"properties": {"sum": True}},
        {"properties": {"sum": {"type": "integer"}, "note": {"enum": []}}, "required": ["sum"]},
        {"properties": {"sum": {"type": "integer"}, "note": {"type": "string", "minLength": 10**12}}},
        {"properties": {"sum": {"type": "integer"}, "list": {"type": "array", "minItems": 10**12}}},
        {"properties": {"sum": {"type": "number", "minimum": -(10**400), "maximum": 10**401}}},
    ],
    ids=("all", "any value", "nothing allowed", "a huge text", "a huge list", "huge numbers"),
)
def test_an_odd_form_stops_no_strategy(form):
    class Odd(Sums):
        answer_schema: ClassVar = form

    found = stress(Odd(), tasks=1, budget=20)
    assert found.honest == 1.0
    assert found.cheap == ()


def test_a_secret_need_not_be_json():
    class Keyed(Sums):
        def make_round(self, seed):
            asked = super().make_round(seed)
            return Round(asked.task, {**asked.secret, "by pair": {(1, 2): object()}})

    assert stress(Keyed(), tasks=1, budget=60).cheap == ()


def test_the_search_does_not_know_who_the_declared_cheater_is():
    class Honest(Ads):
        exploit = "nobody"

        def miners(self):
            return dict([next(iter(super().miners().items()))])

    known, unknown = (stress(work, tasks=2, budget=60) for work in (Ads(), Honest()))
    assert without_seconds(known).findings == without_seconds(unknown).findings


@pytest.mark.parametrize(
    ("miners", "says"),
    [
        (lambda self: {}, r"returned \{\}; allowed: a dict of functions"),
        (lambda self: [7], "a dict of functions by name, the honest miner first"),
        (lambda self: {"honest": 7}, "a dict of functions by name"),
        (lambda self: 1 / 0, "raised ZeroDivisionError"),
        (lambda self: sys.exit(0), "raised SystemExit: 0"),
    ],
)
def test_miners_that_are_none_are_said(miners, says):
    work = type("Bad", (Sums,), {"miners": miners})()
    with pytest.raises(BadRule, match=says):
        stress(work, tasks=1, budget=5)
    with pytest.raises(BadRule, match=says):
        play(work, rounds=1)


def called_by_nobody(value):
    raise AssertionError("a function that the kind never calls was called")


# --- the command ------------------------------------------------------------------------------------------------------


def tao_lab(*arguments):
    return CliRunner().invoke(app.app, ["subnets", "stress", *arguments], catch_exceptions=False)


def test_the_command_prints_a_table_and_a_sentence_and_ends_with_1_where_cheating_pays():
    result = tao_lab("ads", "--budget", "200", "--tasks", "3")
    assert result.exit_code == 1
    assert all(
        word in result.stdout for word in ("✘ constant", "honest", "copy", "declared weakness: patient returner")
    )


def test_the_command_takes_a_file_and_ends_with_0_where_nothing_is_found(tmp_path):
    path = tmp_path / "sums.py"
    path.write_text(SUMS)
    result = tao_lab(str(path), "--budget", "40", "--tasks", "2", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["kind"], found["honest"], len(found["findings"])) == ("sums", 1.0, len(STRATEGIES))


@pytest.mark.parametrize("text", ["def (", "raise SystemExit(0)", "subnet = 5", "import no_such_module"])
def test_a_file_that_is_no_kind_is_one_line_and_not_a_success(text, tmp_path):
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(LabError, match=r"bad\.py"):
        tao_lab(str(path))


def test_the_command_takes_one_strategy():
    result = tao_lab("ads", "--budget", "9", "--tasks", "1", "--strategy", "template")
    assert "template" in result.stdout
    assert "constant" not in result.stdout


def test_the_example_in_the_docs_runs(capsys):
    (example,) = re.findall(
        r"```python\n(from tao_lab.subnets.stress.*?)```", (ROOT / "docs" / "subnets.md").read_text(), re.DOTALL
    )
    exec(example, {})
    assert capsys.readouterr().out.startswith("constant scores 1.00 without the work")


SUMS = "from tests.subnets.test_stress import Sums\n\nsubnet = Sums()\n"
