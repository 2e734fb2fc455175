"""*Predict first* questions of lab 04: where the result surprises people."""

from __future__ import annotations

import time

from bittensor import http_auth
from bittensor_core import Keypair

from tao_lab.cards import Grid, percent
from tao_lab.course.questions import Finding, Question
from tao_lab.neurons.models.memory import MISTRAL_7B, memory
from tao_lab.neurons.work import Answer
from tao_lab.subnets import kind

GIB = 2**30
CONTEXT = 4_096


def _memory() -> Finding:
    parts = {name: memory(MISTRAL_7B, name, CONTEXT) for name in ("fp16", "int8", "nf4", "nf4 double")}
    sizes = {name: sum(part.values()) / GIB for name, part in parts.items()}
    packed = sizes["nf4 double"]
    option = 0 if packed < 3.6 else 1 if packed < 5.5 else 2
    weights = MISTRAL_7B.parameters() / 2 / GIB
    rows = [[name, f"{size:.2f}"] for name, size in sizes.items()]
    because = (
        f"Seven billion times half a byte are {weights:.2f} GiB. The scales come on top, embeddings and output layer "
        "stay in 16 bits, and the context of 4,096 tokens takes half a GiB."
    )
    return Finding(option, because, (Grid(rows, ("number format", "GiB, context 4,096")),))


def _replay() -> Finding:
    validator, miner = Keypair.create_from_uri("//validator"), Keypair.create_from_uri("//miner")
    me, body = miner.ss58_address, b'{"question":"What is the capital of Peru?"}'
    at = time.time_ns()
    headers = http_auth.sign(validator, method="POST", path="/forward", body=body, receiver_ss58=me, nonce_ns=at)
    seen, rows = http_auth.InMemoryNonceStore(), []
    for about, seconds in (("as it was sent", 0.1), ("recorded, and sent again after a second", 1.1)):
        try:
            http_auth.verify(
                headers, body, method="POST", path="/forward", self_hotkey_ss58=me, nonce_store=seen,
                now_ns=at + round(seconds * 1e9),
            )  # fmt: skip
            rows.append([about, "answered"])
        except http_auth.AuthError as error:
            rows.append([about, type(error).__name__])
    option = 0 if rows[1][1] == "answered" else 1
    because = (
        "The signature still fits; what is spent is its nonce, a number in the signed headers that is good once. "
        "After ten seconds the request is too old in any case, so a miner need not remember nonces for ever."
    )
    return Finding(option, because, (Grid(rows, ("the same bytes", "")),))


def _fence() -> Finding:
    code = kind("code")
    asked = code.make_round(1)
    right = asked.secret["code"]
    answers = {
        "the right function": right,
        "the same in a Markdown fence": f"```python\n{right}\n```",
        "the function as it was": asked.task.content["code"],
    }
    scores = code.score(asked, [Answer({"code": text}) for text in answers.values()])
    rows = [[name, percent(score.value), score.reason[:70]] for name, score in zip(answers, scores, strict=True)]
    fenced = scores[1].value
    because = (
        "A validator runs what it gets, and a fence is no Python. It could cut fences out, but then every miner would "
        "have to guess what else is forgiven; a strict form is the same for all."
    )
    return Finding(0 if fenced == 0 else 1 if fenced < 1 else 2, because, (Grid(rows, ("answer", "score", "why")),))


QUESTIONS = (
    Question(
        "04.A",
        "Mistral-7B has 7.2 billion weights. How much memory does it take in 4 bits, with a context of 4,096 tokens?",
        ("3.4 GiB: half a byte for each weight", "4.3 GiB", "7.2 GiB: half of what it takes in 16 bits"),
        _memory,
    ),
    Question(
        "04.B",
        "Somebody records a validator's signed request and sends it to you again, a second later. The signature fits. "
        "What does your miner do?",
        ("it answers: the signature is good", "it refuses: this request was answered already"),
        _replay,
    ),
    Question(
        "04.C",
        "A miner mends the function perfectly, and puts it into a Markdown fence, as language models do. Its score?",
        ("0 %", "half, for the form", "100 %: the code is right"),
        _fence,
    ),
)
