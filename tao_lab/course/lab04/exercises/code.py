"""04.5: a good answer that scores nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab04 import reference as ours
from tao_lab.course.lab04.pieces import replies
from tao_lab.subnets.code import form_of_code
from tao_lab.vectors import AnswerError


def mend(reply):
    r"""The answer that is in a model's reply.

    reply  str  what a language model wrote

    Returns {"code": the bare text of the function}.

    >>> mend("Sure!\n```python\ndef solve(n): return n\n```\nDone.")
    {'code': 'def solve(n): return n'}
    """
    found = re.search(r"```\w*[ \t]*\n(.*?)```", reply, re.DOTALL)
    return {"code": (found[1] if found else reply).strip()}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Replies as language models write them."""
    for about, reply, code in replies():
        yield Case({"reply": reply}, about, expected={"code": ast.unparse(ast.parse(code))})


def read(result: Any, case: Case) -> Values:
    """The code's syntax tree, if the subnet would accept its form."""
    if not isinstance(result, Mapping) or set(result) != {"code"} or not isinstance(result["code"], str):
        raise AnswerError("The answer should be a dict with one key: `{'code': the text of the function}`.")
    problem = form_of_code(result["code"])
    if problem:
        raise AnswerError(f"This answer would score 0: {problem}.")
    return {"code": ast.unparse(ast.parse(result["code"]))}


_TAKEN = "(found[1] if found else reply).strip()"

EXERCISE = Exercise(
    id="04.5",
    title="A good answer that scores nothing",
    solution=mend,
    reference=ours.mend,
    cases=cases,
    read=read,
    look="Print what you send for the smallest reply that fails: what in it is not Python, or is missing?",
    unlocks="The same model, and it is paid. Lab 05 shows the other side: who decides what an answer is worth.",
    wrong_answers=(
        Edit(
            "sent as it came",
            {_TAKEN: "reply"},
            "You send the reply as it came. A validator runs what you send: what in the reply is not Python?",
        ),
        Edit(
            "only the marks taken out",
            {_TAKEN: 'reply.replace("```", "").strip()'},
            "You take the three marks out and leave what stood around them: the name of the language, and the "
            "sentences before and after.",
        ),
        Edit(
            "the language is left",
            {r"\w*[ \t]*\n(.*?)": r"(.*?)"},
            "The name of the language stays in your code as its first line. Is it code, or part of the fence?",
        ),
        Edit(
            "imports are lost",
            {_TAKEN: 'reply[reply.index("def solve") :].split("```")[0].strip()'},
            "You begin at `def solve`. What does the function need that comes before it?",
        ),
        Edit(
            "the last fence",
            {"re.search(": "(lambda *a: ([*re.finditer(*a)] or [None])[-1])("},
            "You take the last fence. What comes after the function is an example.",
        ),
        Edit(
            "up to the last mark",
            {"(.*?)": "(.*)"},
            "You go from the first mark to the last one, over everything between two fences.",
        ),
        Edit(
            "bare code is lost",
            {"found else reply": 'found else ""'},
            "Where there is no fence you send nothing. What is the reply then?",
        ),
        Edit(
            "one language only",
            {r"\w*[ \t]*\n": r"python\n"},
            "You know fences that begin with `python`. Some begin with `py`, and some with nothing.",
        ),
        Edit(
            "a language is expected",
            {r"\w*[ \t]*\n": r"\w+[ \t]*\n"},
            "You know fences that name a language. Some name none.",
        ),
    ),
)
