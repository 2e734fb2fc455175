"""04.3: a miner is one function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace  # for the example in the docstring
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab04 import reference as ours
from tao_lab.course.lab04.pieces import Scripted
from tao_lab.neurons.work import Task, form_problem, task_id
from tao_lab.subnets.text import INSTRUCTION, Text
from tao_lab.vectors import AnswerError

__all__ = ["EXERCISE", "SimpleNamespace"]


def forward(task, model):
    """Answer a task with a language model.

    task   Task  task.content["messages"] is the conversation, task.seconds the time that there is
    model        model.generate(messages, max_tokens=…, timeout=…) gives text

    Returns an answer that fits the subnet's schema.

    >>> parrot = SimpleNamespace(generate=lambda messages, max_tokens, timeout: messages[-1]["content"])
    >>> forward(SimpleNamespace(content={"messages": [{"role": "user", "content": " Lima "}]}, seconds=5), parrot)
    {'text': 'Lima'}
    """
    text = model.generate(task.content["messages"], max_tokens=24, timeout=task.seconds)
    return {"text": text.strip()[:400] or "?"}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Questions, and models that answer them: well, with spaces around, with nothing, at length."""
    questions = ("What is the capital of Peru?", "Which chemical element has the symbol Sn?", "Where is Kenya?")
    for number, (about, says, right) in enumerate(
        (
            ("the model answers", "Lima", "Lima"),
            ("with a line end after it", "tin\n", "tin"),
            ("with spaces around it", "   Africa ", "Africa"),
            ("the model says nothing", "", "?"),
            ("the model says nothing but spaces", " \n", "?"),
            (
                "the model goes on and on",
                "Lima is the capital " * 60,
                "Lima is the capital" + " Lima is the capital" * 5,
            ),
            ("the model says one endless word", "  " + "Sn" * 300, "Sn" * 200),
            ("the model says a name with a full stop, in two lines", "St. John's,\nAntigua", "St. John's,\nAntigua"),
        )
    ):
        question = questions[number % len(questions)]
        messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": question}]
        seconds = 16.0 - 2 * number
        task = Task(task_id("text", number), "text", {"question": question, "messages": messages}, seconds=seconds)
        arguments = {"task": task, "model": Scripted(says, question, seconds)}
        yield Case(arguments, about, expected={"answer": json.dumps({"text": right})})


def read(result: Any, case: Case) -> Values:
    """An answer that fits the subnet's schema."""
    if result is None:
        raise AnswerError("`answer` is None: is a `return` missing?")
    problem = form_problem(Text.answer_schema, result)
    if problem:
        raise AnswerError(f"The answer has the wrong form, so it would score 0: {problem}")
    return {"answer": json.dumps(result, sort_keys=True)}


EXERCISE = Exercise(
    id="04.3",
    title="A miner is one function",
    solution=forward,
    reference=ours.forward,
    cases=cases,
    read=read,
    look="What does the model get, what does it say, and what does the schema want of that?",
    unlocks="This function is all that a subnet sees of you. Next: who may call it.",
    wrong_answers=(
        Edit(
            "text in place of an object",
            {'{"text": text.strip()[:400] or "?"}': 'text.strip()[:400] or "?"'},
            "You return the text alone. The subnet's schema wants an object with it.",
        ),
        Edit(
            "another name for the answer",
            {'{"text":': '{"answer":'},
            "Your object has the key `answer`. Which one does the schema know?",
        ),
        Edit(
            "the bare question",
            {'(task.content["messages"]': '(task.content["question"]'},
            "You hand the model the bare question, and it chats. Where in the task is the whole conversation?",
        ),
        Edit(
            "without the instruction",
            {'(task.content["messages"]': '(task.content["messages"][1:]'},
            "You leave the system message out, so the model does not know that a name is enough. Every word too many "
            "costs score.",
        ),
        Edit(
            "not stripped",
            {"text.strip()": "text"},
            "Your answers keep spaces and line ends that the model wrote around them.",
        ),
        Edit(
            "an empty answer",
            {' or "?"': ""},
            "Where the model says nothing you send an empty text, which is not an answer by the schema.",
        ),
        Edit(
            "too many tokens",
            {"max_tokens=24": "max_tokens=128"},
            "You let the model go on for longer than a name needs. Each token costs time that validators measure: how "
            "many may it say?",
        ),
        Edit(
            "no limit of characters",
            {"[:400]": ""},
            "Your answer may be as long as the model likes. How many characters does the schema allow?",
        ),
        Edit(
            "no time limit",
            {", timeout=task.seconds": ""},
            "You let the model take as long as it likes. When the validator has gone, the best answer scores nothing: "
            "what in the task says how long it waits?",
        ),
        Edit(
            "in capital letters",
            {"text.strip()": "text.strip().upper()"},
            "You change what the model said to capital letters.",
        ),
        Edit(
            "the first sentence",
            {"text.strip()[:400]": 'text.strip().split(".")[0][:400]'},
            'You cut the answer at its first full stop. A name can have one, as in "St. John\'s", and then only '
            "half of it is sent: what in the text may be left out for sure?",
        ),
        Edit(
            "the first line",
            {"text.strip()[:400]": 'text.strip().partition("\\n")[0][:400]'},
            "You send only the first line of what the model said. Nothing says that an answer has one line: what "
            "may be left out for sure?",
        ),
        Edit(
            "the first word",
            {"text.strip()[:400]": '(text.split() or [""])[0][:400]'},
            "You send only the first word of what the model said. Many names have several.",
        ),
        Edit(
            "the same time for every task",
            {"timeout=task.seconds": "timeout=10"},
            "You give the model the same time for every task. Some validators wait for less: what in the task says "
            "how long this one does?",
        ),
        Edit(
            "cut before the spaces are taken off",
            {"text.strip()[:400]": "text[:400].strip()"},
            "You count spaces that you take off afterwards, so a long answer loses some of its own characters. "
            "Which comes first?",
        ),
    ),
)
