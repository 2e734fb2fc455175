"""Code: repair a function in which one thing is wrong (like SN45 Gen42/SWE-Rizzo, on the test network subnet 171).

A task shows a broken function and a few calls with their right results; hidden calls decide the score. Answers run in
`tao_lab.sandbox` and return only values. Only the validator has the right results, so an answer cannot fake a success.
"""

from __future__ import annotations

import ast
import difflib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from random import Random

from tao_lab import sandbox
from tao_lab.errors import LabError
from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id
from tao_lab.subnets import repair
from tao_lab.subnets.repair import LIBRARY, Function, changes, source

EXAMPLES = 6
HIDDEN_TESTS = 20
CALL_SECONDS = 0.05  # of CPU time, for our own candidates
BATCH = 6  # changes that are tried together; about half of them can be used
OWN_LIMITS = sandbox.Limits(seconds=60.0, processes=8, output=sandbox.MIB, files=0)  # for the lab's own code
LIMITS = sandbox.Limits(seconds=2.0, memory=512 * sandbox.MIB, processes=8, output=256 * 1024, files=0)

# Runs candidates on calls, and prints the values or errors of each. It does not know the right results.
HARNESS = """
import json, signal, sys
def plain(value):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple):
        return [plain(item) for item in value]
    raise TypeError("returned a " + type(value).__name__)
def alarm(number, frame):
    raise TimeoutError("took too long")
def call(code, arguments, seconds):
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        space = {"__name__": "answer"}
        exec(code, space)
        return {"value": plain(space["solve"](*arguments))}
    except BaseException as error:
        return {"error": type(error).__name__ + ": " + str(error)[:200]}
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
signal.signal(signal.SIGVTALRM, alarm)
job = json.load(sys.stdin)
results = []
for code in job["codes"]:
    results.append([])
    for arguments in job["calls"]:
        results[-1].append(call(code, arguments, job["seconds"]))
        if results[-1][-1].get("error", "").startswith("TimeoutError"):
            break
print()
print(json.dumps(results))
"""


def run_calls(
    codes: Sequence[str], calls: Sequence[Json], limits: sandbox.Limits = LIMITS, seconds: float = CALL_SECONDS
) -> tuple[list[list[dict[str, Json]]], str]:
    """Run functions named `solve` in the sandbox.

    Args:
        codes: source text of each function.
        calls: lists of arguments.
        limits: for all together.
        seconds: CPU time for one call; a function that takes longer gets no further calls.

    Returns:
        For each function and each call, {"value": …} or {"error": …} (fewer if the function took too long); and a
        problem in words if nothing could be run.
    """
    job = json.dumps({"codes": list(codes), "calls": list(calls), "seconds": seconds})
    outcome = sandbox.run(HARNESS, stdin=job, limits=limits)
    if outcome.problem:
        return [], outcome.problem
    try:
        results = json.loads(outcome.stdout.strip().rpartition("\n")[2])
        return [[dict(result) for result in row] for row in results], ""
    except (ValueError, TypeError, RecursionError):
        return [], "ended without results"


def same(mine: Json, right: Json) -> bool:
    """Whether two results agree: the same types, and floats equal up to rounding."""
    if isinstance(mine, list) and isinstance(right, list):
        return len(mine) == len(right) and all(same(a, b) for a, b in zip(mine, right, strict=True))
    if type(mine) is not type(right):
        return False
    return math.isclose(mine, right, rel_tol=1e-9, abs_tol=1e-12) if isinstance(mine, float) else bool(mine == right)


def passed(results: Sequence[Mapping[str, Json]], expected: Sequence[Json]) -> list[bool]:
    """Which of the calls gave the right result; calls without one did not."""
    padded = [*results, *({} for _ in expected)]
    return ["value" in got and same(got["value"], right) for got, right in zip(padded, expected, strict=False)]


class Code:
    """Repair a function; hidden calls decide the score."""

    kind = "code"
    title = "Mend a small Python function in which one thing is wrong; hidden unit tests decide"
    answer_schema: Mapping[str, Json] = {
        "type": "object",
        "properties": {"code": {"type": "string", "minLength": 1, "maxLength": 8000}},
        "required": ["code"],
        "additionalProperties": False,
    }
    weakness = (
        "The right function lies in every Python installation: a miner who recognizes it imports it and mends nothing. "
        "Tests see only what a function returns, not where it comes from."
    )
    exploit = "librarian"
    source = (
        "Functions of Python's standard library (Python Software Foundation licence), read from the installation that "
        "runs the lab; one change is made by tao_lab/subnets/repair.py. Nothing of them is shipped."
    )

    def make_round(self, seed: int) -> Round:
        """A broken function with examples; the secret has the hidden calls and their results."""
        return _make_round(seed)

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """Of the hidden tests that the broken function failed, the share that now passes, minus tests that now fail."""
        return score_each(self.answer_schema, answers, lambda content, _: _judge(content["code"], asked.secret))

    def miners(self) -> Mapping[str, Forward]:
        """A search for the right change; cheaters; a librarian, who uses the weakness."""
        return {
            "honest": search_for_mend,
            "unchanged": lambda task: {"code": task.content["code"]},
            "examples by heart": _by_heart,
            "forger": lambda task: {"code": FORGERY},
            "chatty": lambda task: {"code": f"Here you are:\n```python\n{search_for_mend(task)['code']}\n```"},
            "librarian": _librarian,
        }


FORGERY = """
def solve(*arguments):
    import json, os
    print(json.dumps([[{"value": True, "passed": True}] * 100]), flush=True)
    os._exit(0)
"""


@lru_cache(maxsize=256)
def _make_round(seed: int) -> Round:
    random = Random(f"code {seed}")
    function = random.choice(LIBRARY)
    right = source(function)
    calls = [function.make_arguments(random) for _ in range(EXAMPLES + HIDDEN_TESTS)]
    broken = changes(right)
    random.shuffle(broken)
    expected, calls = _right_results(function, right, calls)
    code, verdict = _choose(broken, calls, expected)
    shown = [{"arguments": a, "result": b} for a, b in zip(calls[:EXAMPLES], expected[:EXAMPLES], strict=True)]
    content = {"instruction": INSTRUCTION, "code": code, "examples": shown}
    secret = {"calls": calls[EXAMPLES:], "expected": expected[EXAMPLES:], "passed": verdict[EXAMPLES:], "code": right}
    return Round(Task(task_id("code", seed), "code", content), secret)


INSTRUCTION = (
    "One thing is wrong in this function. Answer with the whole mended function, named solve, as bare Python text: "
    "no Markdown fence, nothing before or after it."
)


def _right_results(function: Function, right: str, calls: Sequence[Json]) -> tuple[list[Json], list[Json]]:
    """The calls that the library's function accepts, and their results."""
    rows, problem = run_calls([right], calls, OWN_LIMITS)
    kept = (
        [(result["value"], call) for result, call in zip(rows[0], calls, strict=True) if "value" in result]
        if rows
        else []
    )
    if len(kept) <= 2 * EXAMPLES:
        raise LabError(
            f"code: {function.module}.{function.name} cannot be run in the sandbox: {problem or rows[0][:3]}"
        )
    return [value for value, _ in kept], [call for _, call in kept]


def _choose(broken: Sequence[str], calls: Sequence[Json], expected: Sequence[Json]) -> tuple[str, list[bool]]:
    """The first change that makes an example and enough of the hidden calls fail."""
    for first in range(0, len(broken), BATCH):
        batch = broken[first : first + BATCH]
        rows, _ = run_calls(batch, calls, OWN_LIMITS)
        for code, results in zip(batch, rows, strict=False):
            verdict = passed(results, expected)
            endless = len(results) < len(calls)  # a boring mistake, and slow to find
            if not endless and not all(verdict[:EXAMPLES]) and sum(verdict[EXAMPLES:]) <= 0.8 * (len(calls) - EXAMPLES):
                return code, verdict
    raise LabError("code: no change to this function shows in its examples")


def form_of_code(code: str) -> str:
    """What is wrong with the form of an answer's code, in words; empty if nothing is wrong."""
    if "```" in code:
        return (
            "the code is wrapped in a Markdown fence; send the bare function, without ``` and without a word around it"
        )
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"the answer is not Python alone: {getattr(error, 'msg', error)} (line {getattr(error, 'lineno', '?')})"
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    others = [node for node in tree.body if not isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom))]
    if others or [node.name for node in functions] != ["solve"]:
        return "the answer must be one function named solve, with imports before it at most"
    return ""


def _judge(code: str, secret: Mapping[str, Json]) -> Score:
    if problem := form_of_code(code):
        return Score(0.0, f"wrong form: {problem}")
    rows, problem = run_calls([code], secret["calls"])
    if problem or not rows:
        return Score(0.0, f"in the sandbox it {problem or 'ended without results'}")
    verdict, before = passed(rows[0], secret["expected"]), secret["passed"]
    count = f"{sum(verdict)} of {len(verdict)} hidden tests pass, {sum(before)} did before"
    errors = [result["error"] for result in rows[0] if "error" in result]
    value = max(0.0, (sum(verdict) - sum(before)) / (len(before) - sum(before)))
    return Score(value, count + (f"; it raised {str(errors[0])[:100]}" if errors else ""))


def search_for_mend(task: Task) -> Json:
    """An honest miner without a language model: it tries small changes until the examples give the right results."""
    code, examples = task.content["code"], task.content["examples"]
    candidates = [code, *changes(code)]
    calls, expected = [e["arguments"] for e in examples], [e["result"] for e in examples]
    rows, _ = run_calls(candidates, calls, OWN_LIMITS)
    counts = [sum(passed(row, expected)) for row in rows] or [0]
    return {"code": candidates[counts.index(max(counts))]}


def with_model(generate: Callable[..., str], max_tokens: int = 512) -> Forward:
    """A miner that asks a language model; `generate(messages, max_tokens=…, seed=…)` returns the answer's text."""

    def forward(task: Task) -> Json:
        shown = "\n".join(f"solve(*{e['arguments']!r}) == {e['result']!r}" for e in task.content["examples"])
        prompt = f"{task.content['instruction']}\n\n{task.content['code']}\n\nRight results:\n{shown}"
        return {"code": generate([{"role": "user", "content": prompt}], max_tokens=max_tokens, seed=0)}

    return forward


def _by_heart(task: Task) -> Json:
    table = {repr(example["arguments"]): example["result"] for example in task.content["examples"]}
    return {"code": f"def solve(*arguments):\n    return {table!r}.get(repr(list(arguments)))"}


def _librarian(task: Task) -> Json:
    def likeness(function: Function) -> float:
        return difflib.SequenceMatcher(None, repair.source(function), task.content["code"], autojunk=False).ratio()

    best = max(LIBRARY, key=likeness)
    return {
        "code": f"def solve(*arguments):\n    import {best.module}\n    return {best.module}.{best.name}(*arguments)"
    }
