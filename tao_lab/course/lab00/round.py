"""The round of lab 00: a question, four miners, two validators, a staker, a creator, and the chain that pays them.

One miner is a real language model. If the model is not on this machine, a table of capitals is used instead, with a
notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from tao_lab.errors import LabError
from tao_lab.neurons import models
from tao_lab.neurons.work import Forward, Json, Task, task_id
from tao_lab.subnets import kind
from tao_lab.subnets.market import PaidRound, run_round
from tao_lab.subnets.text import ELEMENTS, INSTRUCTION, facts, with_model

MODEL = "smollm2"
MAX_TOKENS = 16
FIRST_TASK = 29  # from this task on, each honest miner can answer some tests
UNKNOWN = "I do not know"
LONGEST = 200  # characters of a question
EXAMPLE = "What is the capital of France?"
MISSING = (
    f"The language model is not on this machine, so a lookup table of capitals answers in its place. "
    f"`tao-lab models get {MODEL}` in a terminal fetches it (93 MB, once); then run the cells above again."
)


def one_round(question: str, *, rounds: int = 4) -> PaidRound:
    """Send a question to a subnet's miners, test them, and let the chain pay.

    Args:
        question: of 1 to 200 characters; short factual ones in English do best.
        rounds: tests by each of the two validators.

    Raises:
        LabError: the question is not text, is empty or is too long.
    """
    question = _checked(question)
    here = models.is_here(MODEL)
    miners = {**(_language_model() if here else _stand_in()), **_others()}
    return run_round(
        kind("text"), miners, _task(question), rounds=rounds, seed=FIRST_TASK, notice="" if here else MISSING
    )


def _checked(question: str) -> str:
    """The question on one line."""
    if not isinstance(question, str):
        raise LabError(f"question is {question!r}; allowed: a text between quotes, such as {EXAMPLE!r}")
    question = " ".join(question.split())
    if not 0 < len(question) <= LONGEST:
        raise LabError(f"question has {len(question)} characters; allowed: 1 to {LONGEST}, such as {EXAMPLE!r}")
    return question


def _task(question: str) -> Task:
    """The question in the form of a test, so that miners cannot distinguish it from a test."""
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": question}]
    return Task(
        task_id("text", crc32(question.encode())), "text", {"question": question, "messages": messages}, seconds=60.0
    )


def _language_model() -> dict[str, tuple[str, Forward]]:
    models.limit_threads()
    model = models.load(MODEL)

    def generate(messages: Sequence[object], max_tokens: int, seed: int) -> str:
        return str(model.generate(messages, max_tokens=max_tokens, seed=seed))  # type: ignore[arg-type]

    return {MODEL: ("a language model", with_model(generate, MAX_TOKENS))}


def _stand_in() -> dict[str, tuple[str, Forward]]:
    known = {question: answer for question, answer in facts() if question.startswith("What is the capital")}
    return {"table": ("no language model: a table", lambda task: {"text": known.get(_question(task), UNKNOWN)})}


def _others() -> dict[str, tuple[str, Forward]]:
    text = kind("text").miners()
    return {
        "chemist": ("honest, knows the elements only", chemist),
        "guesser": ("cheats: any answer", text["guesser"]),
        "echo": ("cheats: the question again", text["echo"]),
    }


def chemist(task: Task) -> Json:
    """An honest miner without a model; it knows only the chemical elements."""
    names = {f"Which chemical element has the symbol {symbol}?": name for symbol, name in ELEMENTS.items()}
    return {"text": names.get(_question(task), UNKNOWN)}


def _question(task: Task) -> str:
    return str(task.content["question"])
