"""*Predict first* questions of lab 04: where the result surprises people."""

from __future__ import annotations

import time

from bittensor import http_auth
from bittensor_core import Keypair

from tao_lab.cards import Grid, percent
from tao_lab.course.questions import Finding, Question
from tao_lab.neurons.models.memory import SMOLLM2_135M, memory
from tao_lab.neurons.work import Answer
from tao_lab.subnets import kind

MIB = 2**20


def _memory() -> Finding:
    plain, packed = (memory(SMOLLM2_135M, name, 0) for name in ("fp16", "nf4 double"))
    share = sum(packed.values()) / sum(plain.values())
    option = 0 if share < 0.3 else 1 if share < 0.45 else 2
    rows = [
        [part, f"{plain[part] / MIB:.1f}", f"{packed[part] / MIB:.1f}"] for part in plain if plain[part] or packed[part]
    ]
    total = ["all of it", *(f"{sum(parts.values()) / MIB:.1f}" for parts in (plain, packed))]
    because = (
        f"{percent(share)} of it is left. Only the matrices inside the layers are packed. Embeddings keep 16 bits, and "
        "in a small model with a large vocabulary they are a large part of all weights; of Mistral little more than "
        "a quarter is left."
    )
    return Finding(option, because, (Grid([*rows, total], ("part", "16 bits, MiB", "4 bits, MiB")),))


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
        "A validator runs what it gets, and a fence is not Python. It could cut fences out, but then every miner would "
        "have to guess what else is forgiven; a strict form is the same for all."
    )
    return Finding(0 if fenced == 0 else 1 if fenced < 1 else 2, because, (Grid(rows, ("answer", "score", "why")),))


QUESTIONS = (
    Question(
        "04.A",
        "SmolLM2, with 135 million weights, takes 257 MiB in 16 bits. How much of that is left in 4 bits?",
        ("a quarter: 4 bits of 16", "about two fifths", "more than half"),
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
