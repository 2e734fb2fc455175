"""The five exercises of lab 04: from a block of weights in four bits to a reply that is paid."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from bittensor import http_auth
from bittensor_core import Keypair

from tao_lab.course.exercise import Case, Exercise, Values, read_arrays, read_values
from tao_lab.course.lab04 import mistakes
from tao_lab.course.lab04.pieces import NO_FENCE, Request, Scripted, replies
from tao_lab.neurons.models import nf4
from tao_lab.neurons.models.memory import MISTRAL_7B, SMOLLM2_135M, Shape, memory
from tao_lab.neurons.work import Task, form_problem, task_id
from tao_lab.subnets.code import form_of_code
from tao_lab.subnets.text import INSTRUCTION, Text
from tao_lab.vectors import AnswerError

Rng = np.random.Generator
BLOCK = 64


# --- 04.1 ---


def quantize(block: Any, table: Any) -> tuple[Any, Any]:
    """Reference of 04.1: bitsandbytes itself."""
    packed = nf4.quantize(block)
    return packed.codes, packed.scales[0]


def block_cases(rng: Rng) -> Iterator[Case]:
    """Blocks as a model has them; a large negative weight; one that stands out; almost nothing."""
    table = nf4.code_table()
    for about, block in (
        ("64 weights around 0", rng.normal(0, 0.02, BLOCK)),
        ("the largest of them is negative", np.append(rng.normal(0, 0.02, BLOCK - 1), -0.2)),
        ("one stands out", np.append(5.0, rng.normal(0, 0.02, BLOCK - 1))),
        ("all are positive", np.abs(rng.normal(0, 0.3, BLOCK)) + 0.001),
        ("all are tiny", rng.normal(0, 1e-6, BLOCK)),
        ("spread evenly", rng.uniform(-1, 1, BLOCK)),
    ):
        yield Case({"block": block.astype(np.float32), "table": table}, about)


# --- 04.2 ---


def model_bytes(matrices: Sequence[tuple[int, int]], plain: int) -> int:
    """Reference of 04.2."""
    total = 2 * plain
    for rows, columns in matrices:
        scales = math.ceil(rows * columns / BLOCK)
        total += rows * columns // 2 + scales + 4 * math.ceil(scales / 256) + 4 + 1_088
    return total


def model_cases(rng: Rng) -> Iterator[Case]:
    """One small matrix, SmolLM2, Mistral-7B, and shapes whose last blocks are not full."""
    yield Case({"matrices": [(64, 64)], "plain": 0}, "one matrix of 64 by 64")
    odd = Shape(1_000, 66, 130, 2, 3, 1, 22)
    for about, shape in (
        ("blocks that are not full", odd),
        ("SmolLM2-135M", SMOLLM2_135M),
        ("Mistral-7B", MISTRAL_7B),
        ("Mistral-7B with half the blocks", Shape(32_000, 4_096, 14_336, 16, 32, 8, 128)),
    ):
        yield _model_case(shape, about)


def _model_case(shape: Shape, about: str) -> Case:
    matrices = [*shape.attention(), *shape.mlp()] * shape.blocks
    packed = sum(rows * columns for rows, columns in matrices)
    arguments = {"matrices": matrices, "plain": shape.parameters() - packed}
    return Case(arguments, about, expected={"bytes": sum(memory(shape, "nf4 double", 0).values())})


# --- 04.3 ---


def forward(task: Task, model: Any) -> dict[str, str]:
    """Reference of 04.3."""
    text = model.generate(task.content["messages"], max_tokens=24, timeout=task.seconds)
    return {"text": text.strip()[:400] or "?"}


def task_cases(rng: Rng) -> Iterator[Case]:
    """Questions, and models that answer them: well, with spaces around, with nothing, at length."""
    questions = ("What is the capital of Peru?", "Which chemical element has the symbol Sn?", "Where is Kenya?")
    for number, (about, says) in enumerate(
        (
            ("the model answers", "Lima"),
            ("with a line end after it", "tin\n"),
            ("with spaces around it", "   Africa "),
            ("the model says nothing", ""),
            ("the model goes on and on", "Lima is the capital " * 60),
        )
    ):
        question = questions[number % len(questions)]
        messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": question}]
        task = Task(
            task_id("text", number), "text", {"question": question, "messages": messages}, seconds=10.0 + number
        )
        yield Case({"task": task, "model": Scripted(says, question)}, about)


def read_answer(result: Any, case: Case) -> Values:
    """An answer that fits the subnet's schema."""
    if result is None:
        raise AnswerError("`answer` is None: is a `return` missing?")
    problem = form_problem(Text.answer_schema, result)
    if problem:
        raise AnswerError(f"The answer has the wrong form, so it would score 0: {problem}")
    return {"answer": json.dumps(result, sort_keys=True)}


# --- 04.4 ---


def admit(requests: Sequence[Request], hotkey: str) -> list[str]:
    """Reference of 04.4."""
    seen, outcomes = http_auth.InMemoryNonceStore(), []
    for request in requests:
        try:
            http_auth.verify(
                request.headers,
                request.body,
                method=request.method,
                path=request.path,
                self_hotkey_ss58=hotkey,
                nonce_store=seen,
                now_ns=request.arrived_ns,
            )
            outcomes.append("answered")
        except http_auth.AuthError as error:
            outcomes.append(type(error).__name__)
    return outcomes


def request_cases(rng: Rng) -> Iterator[Case]:
    """One good request; none signed; the same twice; changed; for somebody else; late; all in a row."""
    validator, miner, other = (Keypair.create_from_seed(rng.bytes(32)) for _ in range(3))
    mine, now = miner.ss58_address, 1_800_000_000_000_000_000
    body = b'{"id":"t1","kind":"text","content":{"question":"What is the capital of Peru?"},"seconds":12}'

    def signed(number: int, receiver: str = mine, age: float = 0.1) -> Request:
        at = now + number * 1_000_000
        headers = http_auth.sign(
            validator, method="POST", path="/forward", body=body, receiver_ss58=receiver, nonce_ns=at
        )
        return Request("POST", "/forward", headers, body, at + round(age * 1e9))

    good, again = signed(1), signed(2)
    changed = Request("POST", "/forward", signed(3).headers, body.replace(b"Peru", b"Cuba"), signed(3).arrived_ns)
    unsigned = Request("POST", "/forward", {"content-type": "application/json"}, body, now)
    elsewhere, late = signed(4, receiver=other.ss58_address), signed(5, age=60)
    moved = Request("POST", "/admin", signed(6).headers, body, signed(6).arrived_ns)
    for about, requests in (
        ("one signed request", [good]),
        ("one that is not signed", [unsigned]),
        ("two different ones", [good, again]),
        ("the same one twice", [good, good]),
        ("one whose body was changed on its way", [changed]),
        ("one that was signed for another miner", [elsewhere]),
        ("one that is a minute old", [late]),
        ("one that was signed for another path", [moved]),
        ("all of them in a row", [unsigned, good, again, good, changed, elsewhere, late, again, moved]),
    ):
        yield Case({"requests": requests, "hotkey": mine}, about)


def read_outcomes(result: Any, case: Case) -> Values:
    """A word for each request."""
    count = len(case.arguments["requests"])
    if not isinstance(result, (list, tuple)) or len(result) != count:
        raise AnswerError(f"`outcomes` should be a list with a word for each of the {count} requests.")
    return read_values(**{f"outcome_{i}": str for i in range(count)})(tuple(result) if count > 1 else result[0], case)


# --- 04.5 ---

FENCE = re.compile(r"```[A-Za-z0-9_+-]*[ \t]*\n(.*?)```", re.DOTALL)


def mend(reply: str) -> dict[str, str]:
    """Reference of 04.5."""
    found = FENCE.findall(reply)
    return {"code": (found[0] if found else reply).strip()}


def reply_cases(rng: Rng) -> Iterator[Case]:
    """Replies as language models write them."""
    for about, reply in replies():
        yield Case({"reply": reply}, about)


def read_code(result: Any, case: Case) -> Values:
    """What the code means, if the subnet would look at it at all."""
    if not isinstance(result, Mapping) or set(result) != {"code"} or not isinstance(result["code"], str):
        raise AnswerError("The answer should be a dict with one key: `{'code': the text of the function}`.")
    problem = form_of_code(result["code"])
    if problem:
        raise AnswerError(f"This answer would score 0: {problem}.")
    return {"code": ast.unparse(ast.parse(result["code"]))}


EXERCISES = (
    Exercise(
        id="04.1",
        title="Sixty-four weights in four bits each",
        name="quantize",
        reference=quantize,
        cases=block_cases,
        read=read_arrays(codes=lambda a: (BLOCK,), scale=lambda a: ()),
        wrong_answers=mistakes.QUANTIZE,
        unlocks="Your block is bitsandbytes' block, to the last code. Next: seven billion weights.",
    ),
    Exercise(
        id="04.2",
        title="A whole model in four bits",
        name="model_bytes",
        reference=model_bytes,
        cases=model_cases,
        read=read_values(bytes=int),
        wrong_answers=mistakes.MEMORY,
        unlocks="You can say before you download a model whether it fits. Next: let one work.",
    ),
    Exercise(
        id="04.3",
        title="A miner is one function",
        name="forward",
        reference=forward,
        cases=task_cases,
        read=read_answer,
        wrong_answers=mistakes.FORWARD,
        unlocks="This function is all that a subnet sees of you. Next: who may call it.",
    ),
    Exercise(
        id="04.4",
        title="Whom a miner does not answer",
        name="admit",
        reference=admit,
        cases=request_cases,
        read=read_outcomes,
        wrong_answers=mistakes.ADMIT,
        unlocks="Nobody uses your card in a validator's name. Next: why the report's miner earned nothing.",
    ),
    Exercise(
        id="04.5",
        title="A good answer that scores nothing",
        name="mend",
        reference=mend,
        cases=reply_cases,
        read=read_code,
        wrong_answers=mistakes.MEND,
        unlocks="The same model, and it is paid. Lab 05 shows the other side: who decides what an answer is worth.",
    ),
)

__all__ = ["EXERCISES", "NO_FENCE", "admit", "forward", "mend", "model_bytes", "quantize"]
