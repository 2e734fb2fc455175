"""05.1: what a stranger's code is worth, found out by running it safely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values, WrongAnswer
from tao_lab.course.lab05 import answers
from tao_lab.course.lab05 import reference as ours
from tao_lab.course.lab05.cases import number
from tao_lab.course.lab05.reference import SCHEMA, run_in_sandbox
from tao_lab.neurons.work import Json, form_problem
from tao_lab.subnets.code import form_of_code, same


def score_answer(content, calls, expected, before):
    """What an answer is worth: the part that it won of the hidden tests that the broken function failed.

    content   what the miner sent: any JSON; right is {"code": "the text of one function named solve"}
    calls     list of lists of arguments
    expected  list of right results
    before    int, how many of them the broken function got right, fewer than all

    Returns a float from 0 to 1; 0 for a wrong form.
    """
    if form_problem(SCHEMA, content) or form_of_code(content["code"]):
        return 0.0
    results = run_in_sandbox(content["code"], calls)
    right = 0
    for got, wanted in zip(results, expected, strict=False):
        if "value" in got and same(got["value"], wanted):
            right += 1
    return max(0.0, (right - before) / (len(expected) - before))


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """One task, and everything that miners send for it."""
    calls = answers.hidden_calls(rng)
    expected = [answers.is_leap(year) for (year,) in calls]
    before = sum((year % 4 == 0) == right for (year,), right in zip(calls, expected, strict=True))
    for reply in answers.REPLIES:
        given = {"content": reply.content, "calls": calls, "expected": expected, "before": before}
        yield Case(given, reply.about, expected={"score": reply.score})
    names, greetings = [["Ann"], [""], ["Bob"]], ["Hi Ann", None, "Hi Bob"]
    for reply in answers.GREETINGS:
        given = {"content": reply.content, "calls": names, "expected": greetings, "before": 0}
        yield Case(given, f"another task; {reply.about}", expected={"score": number("score", reply.score)})


def read(result: Any, case: Case) -> Values:
    """One number."""
    return {"score": number("score", result)}


def _in_own_process(content: Json, calls: Sequence[Any], expected: Sequence[Json], before: int) -> float:
    if form_problem(SCHEMA, content) or form_of_code(content["code"]):
        return 0.0
    space: dict[str, Any] = {}
    exec(content["code"], space)
    right = 0
    for call, wanted in zip(calls, expected, strict=True):
        try:
            right += same(space["solve"](*call), wanted)
        except Exception:  # noqa: BLE001 - what a student would write
            continue
    return max(0.0, (right - before) / (len(expected) - before))


def _errors_caught(content: Json, calls: Sequence[Any], expected: Sequence[Json], before: int) -> float:
    if form_problem(SCHEMA, content) or form_of_code(content["code"]):
        return 0.0
    space: dict[str, Any] = {}
    right = 0
    exec(content["code"], space)
    for call, wanted in zip(calls, expected, strict=True):
        try:
            right += same(space["solve"](*call), wanted)
        except (Exception, SystemExit):  # noqa: BLE001 - what a student would write
            continue
    return max(0.0, (right - before) / (len(expected) - before))


def _fence_stripped(content: Json, calls: Sequence[Any], expected: Sequence[Json], before: int) -> float:
    if not isinstance(content, dict) or "code" not in content:
        return 0.0
    code = content["code"].strip().removeprefix("```python").removesuffix("```").strip()
    return score_answer({"code": code}, calls, expected, before)


EXERCISE = Exercise(
    id="05.1",
    title="Score code by running it safely",
    solution=score_answer,
    reference=ours.score_answer,
    cases=cases,
    read=read,
    equivalent={
        "same(got['value'], wanted) → same(wanted, got['value'])": "two results agree whichever of them stands first",
    },
    look="Follow the answer below: is its form right, which calls give a value, and how many tests does it win?",
    unlocks="No miner talks you into a score, and none runs anything on your machine. Next: remember it.",
    wrong_answers=(
        WrongAnswer(
            "run in one's own process",
            "You ran a stranger's code in your own process, and it did what it liked: one answer walked up the call "
            "stack and took the right results out of your variable `expected`, another ended the program. Where does "
            "such code belong? The right results never go in there.",
            _in_own_process,
        ),
        Edit(
            "fences taken off",
            {
                "    if form_problem": '    if isinstance(content, dict) and isinstance(content.get("code"), str):\n'
                '        bare = content["code"].replace("```python\\n", "").replace("\\n```", "")\n'
                '        content = {**content, "code": bare}\n'
                "    if form_problem"
            },
            "You take the Markdown fence off and score what is in it. That is kind, and other validators will not do "
            "it: where you give 1 and they give 0, consensus cuts you. The form was asked for; an answer without it "
            "gets 0.",
        ),
        Edit(
            "further fields allowed",
            {"form_problem(SCHEMA, content)": 'not isinstance(content, dict) or "code" not in content'},
            "You look only at `code` and let further fields pass. The answer format says one field and no more: which "
            "tool compares an answer with `SCHEMA`?",
        ),
        Edit(
            "form of the code not asked",
            {' or form_of_code(content["code"])': ""},
            "You run code whose form is wrong: more than one function was sent. Other validators give it 0. There are "
            "two forms to ask for, that of the answer and that of the code in it.",
        ),
        Edit(
            "1 equals True",
            {'same(got["value"], wanted)': 'got["value"] == wanted'},
            "In Python `1 == True` and `0 == False`, so a function of the wrong type passes your tests. Compare the "
            "types of the results as well.",
        ),
        Edit(
            "calls without a result left out",
            {"(len(expected) - before)": 'max(1, sum("value" in got for got in results) - before)'},
            "You divide by the calls that gave a value. Then a miner wins by raising an error wherever it is not sure. "
            "A call without a value is a failed test, and counts among all of them.",
        ),
        Edit(
            "before forgotten",
            {"(right - before) / (len(expected) - before)": "right / len(expected)"},
            "You pay for tests that the broken function passed already: a miner who sends it back unchanged earns. "
            "Count what was won, of what there was to win.",
        ),
        Edit(
            "won, of all the tests",
            {"/ (len(expected) - before)": "/ len(expected)"},
            "You divide what was won by the number of all tests. Then even the mended function cannot reach 1: how "
            "many tests were there to be won?",
        ),
        Edit(
            "below zero",
            {"max(0.0, (right - before) / (len(expected) - before))": "(right - before) / (len(expected) - before)"},
            "An answer that is worse than the broken function gets less than 0 from you. A score goes from 0 to 1: "
            "the chain knows no negative weights.",
        ),
        Edit(
            "all or nothing",
            {"max(0.0, (right - before) / (len(expected) - before))": "float(right == len(expected))"},
            "You give 1 or 0, perhaps because `//` cuts a share. Then whoever mends half earns as little as one who "
            "sends nothing, and you cannot tell them apart. The score is the share that was won.",
        ),
        Edit(
            "the text alone accepted",
            {
                "    if form_problem": "    if isinstance(content, str):\n"
                '        content = {"code": content}\n'
                "    if form_problem"
            },
            "You accept a bare text in place of the object with the field `code`. Other validators give it 0, because "
            "the form is wrong: leave the answer as it came, and let the form decide.",
        ),
        Edit(
            "compared as texts",
            {'same(got["value"], wanted)': 'str(got["value"]) == str(wanted)'},
            "You compare results as texts, and the text 'True' looks like True. Compare values, and their types as "
            "well.",
        ),
        Edit(
            "an error taken for None",
            {'"value" in got and same(got["value"], wanted)': 'same(got.get("value"), wanted)'},
            "You take a call without a value for one that gave None. Where None is right, an error wins the test: "
            "look whether there is a value at all.",
        ),
        Edit(
            "the same object wanted",
            {'same(got["value"], wanted)': 'got["value"] is wanted'},
            "`is` asks for one and the same object. Equal texts may be two: which tool compares results?",
        ),
        Edit(
            "of the calls that came back",
            {"(len(expected) - before)": "(max(len(results), before + 1) - before)"},
            "You divide by the results that came back. There are fewer where the code took too long, and those tests "
            "are failed: count among all of them.",
        ),
        Edit(
            "nothing for slow code",
            {"    right = 0\n": "    right = 0\n    if len(results) < len(calls):\n        return 0.0\n"},
            "You give 0 where results are missing. Code that took too long has failed those tests only; what it won "
            "before counts.",
        ),
        Edit(
            "nothing where one call raises",
            {"    right = 0\n": '    right = 0\n    if any("error" in got for got in results):\n        return 0.0\n'},
            "You give 0 as soon as one call raises an error. That one test is failed; the others count.",
        ),
        Edit(
            "ended by an error",
            {'        if "value" in got': '        if "error" in got:\n            break\n        if "value" in got'},
            "You stop at the first call that gives no value. The calls after it count as well.",
        ),
        Edit(
            "every value is right",
            {'"value" in got and same(got["value"], wanted)': '"value" in got'},
            "You count every call that gives a value. Is it the right one?",
        ),
        Edit(
            "every result is right",
            {'if "value" in got and same(got["value"], wanted):': "if True:"},
            "You count every result as right, errors too. What was expected of each call?",
        ),
        Edit(
            "compared as truth",
            {'"value" in got and same(got["value"], wanted)': 'bool(got.get("value")) == wanted'},
            "You make a True or False of each result before you compare. Compare what came, and its type.",
        ),
        Edit(
            "how far away",
            {"max(0.0, (right - before) / (len(expected) - before))": "abs(right - before) / (len(expected) - before)"},
            "Code that is worse than the broken function gets a positive score from you. What is lost is not won.",
        ),
        Edit(
            "rounded",
            {"(right - before) / (len(expected) - before))": "round((right - before) / (len(expected) - before), 1))"},
            "You round the score to tenths. Three quarters are 0.75.",
        ),
        Edit(
            "per cent",
            {"max(0.0, (right": "100 * max(0.0, (right"},
            "Your score is in per cent. It goes from 0 to 1.",
        ),
        Edit(
            "right of those to be won",
            {"(right - before) / (": "right / ("},
            "You divide *all* right results by those that were to be won, so that the broken function earns, too. How "
            "many of them were won?",
        ),
        Edit(
            "won, of what was right before",
            {"/ (len(expected) - before)": "/ before"},
            "You divide by what the broken function got right. How many tests were there to be won?",
        ),
        Edit(
            "the code alone compared with the schema",
            {"form_problem(SCHEMA, content)": 'form_problem(SCHEMA, content["code"])'},
            "You compare the code with `SCHEMA`, and everybody gets 0. The schema is that of the whole answer.",
        ),
        Edit(
            "the form turned round",
            {
                'if form_problem(SCHEMA, content) or form_of_code(content["code"]):': (
                    "if not form_problem(SCHEMA, content):"
                )
            },
            "You give 0 where the form is right. `form_problem` says what is wrong: what is it where nothing is?",
        ),
        Edit(
            "the form of the answer not asked",
            {"form_problem(SCHEMA, content) or ": ""},
            "You take `content` for an object with the field `code`, whatever came. An answer is any JSON, also a bare "
            "text: which tool looks at its form?",
        ),
        Edit(
            "the whole answer run",
            {'run_in_sandbox(content["code"], calls)': "run_in_sandbox(str(content), calls)"},
            "You run the whole answer, with its braces. Which part of it is code?",
        ),
        WrongAnswer(
            "run in one's own process, errors caught",
            "You ran a stranger's code in your own process. You caught its errors, but it also reads your variables "
            "and takes your time. Where does such code belong?",
            _errors_caught,
        ),
        WrongAnswer(
            "the fence stripped",
            "You strip a Markdown fence off and score what is in it, and you do not look at the form of the answer. "
            "Other validators give it 0; where you differ from them, consensus cuts you.",
            _fence_stripped,
        ),
        Edit(
            "compared as texts, errors too",
            {'"value" in got and same(got["value"], wanted)': 'str(got.get("value")) == str(wanted)'},
            "You compare texts, and an error then looks like None. Look whether there is a value, and compare its "
            "type as well.",
        ),
    ),
)
