"""Hostile and clumsy code answers: none scores, none harms."""

import ast
from functools import cache

import pytest

from tao_lab.neurons.work import Answer
from tao_lab.subnets.code import Code, form_of_code, same
from tao_lab.subnets.repair import LIBRARY, changes, source

CODE = Code()


@cache
def asked():
    return CODE.make_round(1)


def forged():
    return CODE.miners()["forger"](asked().task)["code"]


def score(code):
    (result,) = CODE.score(asked(), [Answer({"code": code})])
    return result


def solve(*lines):
    return "def solve(*arguments):\n" + "".join(f"    {line}\n" for line in lines)


def test_the_right_function_earns_everything():
    assert score(asked().secret["code"]).value == 1.0


def test_the_broken_function_earns_nothing():
    assert score(asked().task.content["code"]).value == 0.0


def test_the_task_does_not_hold_the_right_function_or_the_hidden_calls():
    assert asked().secret["code"] not in str(asked().task.content)
    assert len(asked().secret["calls"]) > 2 * len(asked().task.content["examples"])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param("```python\n{}\n```", "Markdown fence", id="fenced"),
        pytest.param("Sure! Here is the function:\n{}", "not Python alone", id="chatty"),
        pytest.param("{}\nprint(solve(1, 2))", "one function named solve", id="a call after it"),
        pytest.param("def answer(x):\n    return x", "one function named solve", id="another name"),
        pytest.param("solve = lambda *a: 1", "one function named solve", id="a lambda"),
        pytest.param("def solve(:", "not Python alone", id="syntax"),
        pytest.param("x" * 7000, "one function named solve", id="long"),
        pytest.param("(" * 4000, "not Python alone", id="deep"),
        pytest.param("def solve(a):\n    return '\0'", "not Python alone", id="null byte"),
    ],
)
def test_a_wrong_form_scores_zero_with_its_reason(code, reason):
    result = score(code.replace("{}", asked().secret["code"]))
    assert result.value == 0
    assert result.reason.startswith("wrong form")
    assert reason in result.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param(solve("while True: pass"), "took too long", id="endless loop"),
        pytest.param(solve("import signal", "signal.setitimer(signal.ITIMER_VIRTUAL, 0)", "while True: pass"),
                     "did not end", id="endless loop without the alarm"),
        pytest.param(solve("return [0] * 10**10"), "MemoryError", id="memory"),
        pytest.param(solve("return 'x' * 10**8"), "sandbox it", id="huge result"),
        pytest.param(solve("print('x' * 10**7)"), "printed more", id="huge output"),
        pytest.param(solve("import os", "while True: os.fork()"), "", id="fork bomb"),
        pytest.param(solve("open('/tmp/evil', 'w').write('x' * 100)"), "", id="writes a file"),
        pytest.param(solve("import socket", "socket.create_connection(('127.0.0.1', 22), 1)"), "rror", id="network"),
        pytest.param(solve("import os", "return str(os.environ) + open('/etc/shadow').read()"), "rror", id="secrets"),
        pytest.param(solve("import os, signal", "os.kill(os.getppid(), 9)", "os.kill(1, 9)"), "", id="kills parents"),
        pytest.param(solve("import os", "os._exit(0)"), "ended without results", id="leaves"),
        pytest.param(solve("raise SystemExit(0)"), "SystemExit", id="exits"),
        pytest.param(solve("class Same(float):", "    def __eq__(self, other): return True", "return Same(1)"),
                     "returned a Same", id="is equal to everything"),
        pytest.param(solve("import sys", "sys._getframe(1).f_locals.clear()", "return True"), "hidden", id="frames"),
        pytest.param(solve("a = []", "a.append(a)", "return a"), "RecursionError", id="endless result"),
        pytest.param(forged, "hidden tests pass", id="forged results"),
        pytest.param(solve("import os, json", "print(json.dumps([[7]]), flush=True)", "os._exit(0)"),
                     "ended without results", id="forged nonsense"),
    ],
)  # fmt: skip
def test_hostile_code_scores_zero_and_harms_nothing(code, reason):
    result = score(code() if callable(code) else code)
    assert result.value == 0
    assert reason in result.reason
    assert score(asked().secret["code"]).value == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("function", LIBRARY, ids=lambda function: function.name)
def test_every_change_can_be_undone(function):
    right = source(function)
    for broken in changes(right)[::3]:
        assert form_of_code(broken) == ""
        assert right in changes(broken)


def test_results_are_compared_with_their_types():
    assert same([1, [0.1 + 0.2, "x"]], [1, [0.3, "x"]])
    assert not same(1, True)
    assert not same(1, 1.0)
    assert not same([1], [1, 1])
    assert not same(float("nan"), float("nan"))


def test_the_examples_are_those_of_the_right_function():
    space = {}
    exec(compile(ast.parse(asked().secret["code"]), "right", "exec"), space)
    for example in asked().task.content["examples"]:
        assert same(space["solve"](*example["arguments"]), example["result"])
