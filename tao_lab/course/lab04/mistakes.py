"""Wrong answers that people give in lab 04, each with the hint that helps.

Every function is what somebody writes who has one thing wrong and all else right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from bittensor import http_auth

from tao_lab.course.exercise import WrongAnswer
from tao_lab.course.lab04.pieces import Request
from tao_lab.neurons.work import Task

# --- 04.1 a block ---


def _nearest(scaled: Any, table: Any) -> Any:
    return np.abs(scaled[:, None] - table).argmin(axis=1)


def _signed_scale(block: Any, table: Any) -> tuple[Any, Any]:
    scale = block.max()
    return _nearest(block / scale, table), scale


def _not_scaled(block: Any, table: Any) -> tuple[Any, Any]:
    return _nearest(block, table), np.abs(block).max()


def _evenly(block: Any, table: Any) -> tuple[Any, Any]:
    scale = np.abs(block).max()
    return np.rint((block / scale + 1) * 7.5).astype(int), scale


def _rounded_down(block: Any, table: Any) -> tuple[Any, Any]:
    scale = np.abs(block).max()
    return np.clip(np.searchsorted(table, block / scale, side="right") - 1, 0, 15), scale


def _values(block: Any, table: Any) -> tuple[Any, Any]:
    scale = np.abs(block).max()
    return table[_nearest(block / scale, table)], scale


def _standard_deviation(block: Any, table: Any) -> tuple[Any, Any]:
    scale = block.std()
    return _nearest(block / scale, table), scale


QUANTIZE = (
    WrongAnswer(
        "scale with a sign",
        "Your scale is the largest weight. It must be the largest *absolute* value: where the largest weight is "
        "negative, all others come out wrong.",
        _signed_scale,
    ),
    WrongAnswer(
        "not divided by the scale",
        "You look up the weights themselves. The table goes from -1 to 1: divide by the scale first.",
        _not_scaled,
    ),
    WrongAnswer(
        "sixteen even steps",
        "Your sixteen values lie at even distances. Those of NF4 lie closer where weights are many, near 0: "
        "use `table`.",
        _evenly,
    ),
    WrongAnswer(
        "rounded down",
        "You take the value below. The nearest one may lie above, and costs less: compare the distances to all "
        "sixteen.",
        _rounded_down,
    ),
    WrongAnswer(
        "values in place of codes",
        "You return values of the table. What is stored is their number, 0 to 15: that is what fits into four bits.",
        _values,
    ),
    WrongAnswer(
        "standard deviation as the scale",
        "Your scale is the standard deviation. NF4 divides by the largest absolute value, so that nothing lies "
        "outside of -1 to 1.",
        _standard_deviation,
    ),
)

# --- 04.2 a model ---

Matrices = Sequence[tuple[int, int]]


def _total(matrices: Matrices, plain: int, *, bits: float = 4, scale: float = 1, second: float = 4, tables: int = 1_088,
           plain_bytes: float = 2, up: bool = True) -> int:  # fmt: skip
    total = plain_bytes * plain
    for rows, columns in matrices:
        weights = rows * columns
        scales = math.ceil(weights / 64) if up else weights // 64
        nested = math.ceil(scales / 256) if up else scales // 256
        total += weights * bits / 8 + scales * scale + second * nested + (4 if second else 0) + tables
    return int(total)


def _no_scales(matrices: Matrices, plain: int) -> int:
    return _total(matrices, plain, scale=0, second=0, tables=0)


def _scales_in_full(matrices: Matrices, plain: int) -> int:
    return _total(matrices, plain, scale=4, second=0, tables=64)


def _all_packed(matrices: Matrices, plain: int) -> int:
    return _total(matrices, plain, plain_bytes=0.5)


def _a_byte_each(matrices: Matrices, plain: int) -> int:
    return _total(matrices, plain, bits=8)


def _in_bits(matrices: Matrices, plain: int) -> int:
    return 8 * _total(matrices, plain)


def _cut_off(matrices: Matrices, plain: int) -> int:
    return _total(matrices, plain, up=False)


def _no_tables(matrices: Matrices, plain: int) -> int:
    return _total(matrices, plain, tables=0)


def _plain_forgotten(matrices: Matrices, plain: int) -> int:
    return _total(matrices, 0)


MEMORY = (
    WrongAnswer(
        "no scales",
        "You count four bits for each weight and nothing else. Each block of 64 has a scale, and each matrix its "
        "tables: without them nobody can unpack the weights.",
        _no_scales,
    ),
    WrongAnswer(
        "scales not packed",
        "You keep each scale in 32 bits. With double quantization it takes one byte, and 256 of those bytes share a "
        "scale of 4 bytes.",
        _scales_in_full,
    ),
    WrongAnswer(
        "everything in four bits",
        "You pack the `plain` weights too. Embeddings, norms and the output layer stay in 16 bits: 2 bytes each.",
        _all_packed,
    ),
    WrongAnswer(
        "a byte for each weight",
        "You count a byte for each packed weight. Four bits are half a byte.",
        _a_byte_each,
    ),
    WrongAnswer("bits in place of bytes", "Your result is in bits. A byte has eight of them.", _in_bits),
    WrongAnswer(
        "blocks that are not full are lost",
        "You drop the last block where it is not full. It needs a scale like the others: round up (`math.ceil`), for "
        "blocks of 64 weights and for blocks of 256 scales.",
        _cut_off,
    ),
    WrongAnswer(
        "no tables",
        "You leave out what each matrix has once: 4 bytes (the scales' mean) and its two tables, 64 + 1,024 bytes.",
        _no_tables,
    ),
    WrongAnswer(
        "only the packed part",
        "You leave out the `plain` weights: embeddings, norms and output layer are not packed, but they are there.",
        _plain_forgotten,
    ),
)

# --- 04.3 forward ---


def _said(task: Task, model: Any) -> str:
    return str(model.generate(task.content["messages"], max_tokens=24, timeout=task.seconds))


def _text_alone(task: Task, model: Any) -> str:
    return _said(task, model).strip()[:400] or "?"


def _other_key(task: Task, model: Any) -> dict[str, str]:
    return {"answer": _text_alone(task, model)}


def _question_alone(task: Task, model: Any) -> dict[str, str]:
    return {"text": model.generate(task.content["question"], max_tokens=24).strip()[:400] or "?"}


def _without_system(task: Task, model: Any) -> dict[str, str]:
    messages = [message for message in task.content["messages"] if message["role"] == "user"]
    return {"text": model.generate(messages, max_tokens=24).strip()[:400] or "?"}


def _not_stripped(task: Task, model: Any) -> dict[str, str]:
    return {"text": _said(task, model)[:400] or "?"}


def _empty(task: Task, model: Any) -> dict[str, str]:
    return {"text": _said(task, model).strip()[:400]}


def _no_limit(task: Task, model: Any) -> dict[str, str]:
    text = model.generate(task.content["messages"], max_tokens=128, timeout=task.seconds)
    return {"text": text.strip()[:400] or "?"}


FORWARD = (
    WrongAnswer(
        "text in place of an object",
        "You return the text alone. The subnet's schema wants an object with it: `{'text': …}`.",
        _text_alone,
    ),
    WrongAnswer(
        "another name for the answer",
        "Your object has the key `answer`. The schema knows `text` only, and nothing else counts.",
        _other_key,
    ),
    WrongAnswer(
        "the bare question",
        "You hand the model the bare question, and it chats. `task.content['messages']` is the whole conversation, "
        "with the instruction to answer in a word or two.",
        _question_alone,
    ),
    WrongAnswer(
        "without the instruction",
        "You leave the system message out, so the model does not know that a name is enough, and says more. Every "
        "word too many costs score.",
        _without_system,
    ),
    WrongAnswer(
        "not stripped",
        "Your answers keep spaces and line ends that the model wrote around them: `text.strip()`.",
        _not_stripped,
    ),
    WrongAnswer(
        "an empty answer",
        "Where the model says nothing you send an empty text, which is no answer by the schema (`minLength` 1). "
        "Say `'?'` then.",
        _empty,
    ),
    WrongAnswer(
        "too many tokens",
        "You let the model go on for more than 24 tokens. Each costs time that your validators measure, and a name "
        "needs few: `max_tokens=24`.",
        _no_limit,
    ),
)

# --- 04.4 admit ---


def _admit(requests: Sequence[Request], hotkey: str, **options: Any) -> list[str]:
    seen: Any = options.get("seen", http_auth.InMemoryNonceStore())
    outcomes = []
    for request in requests:
        try:
            http_auth.verify(
                request.headers,
                options.get("body", request.body),
                method=request.method,
                path=options.get("path", request.path),
                self_hotkey_ss58=options.get("me", lambda r: hotkey)(request),
                nonce_store=seen() if callable(seen) else seen,
                now_ns=options.get("now", lambda r: r.arrived_ns)(request),
            )
            outcomes.append("answered")
        except http_auth.AuthError as error:
            outcomes.append(options.get("name", lambda e: type(e).__name__)(error))
    return outcomes


def _fresh_store(requests: Sequence[Request], hotkey: str) -> list[str]:
    return _admit(requests, hotkey, seen=http_auth.InMemoryNonceStore)


def _any_receiver(requests: Sequence[Request], hotkey: str) -> list[str]:
    def receiver(request: Request) -> str:
        return next((v for k, v in request.headers.items() if k.lower() == "x-bittensor-receiver"), hotkey)

    return _admit(requests, hotkey, me=receiver)


def _no_body(requests: Sequence[Request], hotkey: str) -> list[str]:
    return _admit(requests, hotkey, body=b"")


def _never_late(requests: Sequence[Request], hotkey: str) -> list[str]:
    def signed_at(request: Request) -> int:
        nonce = next((v for k, v in request.headers.items() if k.lower() == "x-bittensor-nonce"), "0")
        return int(nonce)

    return _admit(requests, hotkey, now=signed_at)


def _header_is_there(requests: Sequence[Request], hotkey: str) -> list[str]:
    signed = [any(name.lower() == "x-bittensor-signature" for name in request.headers) for request in requests]
    return ["answered" if one else "MalformedAuth" for one in signed]


def _one_name(requests: Sequence[Request], hotkey: str) -> list[str]:
    return _admit(requests, hotkey, name=lambda error: "AuthError")


def _fixed_path(requests: Sequence[Request], hotkey: str) -> list[str]:
    return _admit(requests, hotkey, path="/forward")


def _own_clock(requests: Sequence[Request], hotkey: str) -> list[str]:
    return _admit(requests, hotkey, now=lambda request: None)


ADMIT = (
    WrongAnswer(
        "nonces forgotten",
        "Who sends a recorded request again gets a second answer. You make a new nonce store for each request, and it "
        "remembers nothing: make one, before the loop.",
        _fresh_store,
    ),
    WrongAnswer(
        "requests for somebody else",
        "You answer requests that were signed for another miner. `self_hotkey_ss58` is *your* hotkey, not the one that "
        "the request names.",
        _any_receiver,
    ),
    WrongAnswer(
        "the body left out",
        "You refuse good requests: the signature covers the body, so `verify` needs the very bytes that came, "
        "`request.body`.",
        _no_body,
    ),
    WrongAnswer(
        "never late",
        "You take the time of the signature for the time of arrival, so no request is ever too old. `now_ns` is "
        "`request.arrived_ns`.",
        _never_late,
    ),
    WrongAnswer(
        "a signature is there",
        "You look whether there is a signature, and not whether it fits. Anybody can send sixty-four bytes: "
        "`http_auth.verify` does the work.",
        _header_is_there,
    ),
    WrongAnswer(
        "one name for all refusals",
        "You call all refusals the same. Each has a type of its own, which tells the caller what to mend: "
        "`type(error).__name__`.",
        _one_name,
    ),
    WrongAnswer(
        "a fixed path",
        "You verify `/forward` whatever was asked for, so a request signed for one door opens another. Use "
        "`request.path`.",
        _fixed_path,
    ),
    WrongAnswer(
        "this computer's clock",
        "You compare with this computer's clock, as `verify` does if nobody says otherwise. These requests came at "
        "another time: `now_ns=request.arrived_ns`.",
        _own_clock,
    ),
)

# --- 04.5 mend ---


def _unchanged(reply: str) -> dict[str, str]:
    return {"code": reply}


def _marks_only(reply: str) -> dict[str, str]:
    return {"code": reply.replace("```", "").strip()}


def _with_language(reply: str) -> dict[str, str]:
    parts = reply.split("```")
    return {"code": (parts[1] if len(parts) > 1 else reply).strip()}


def _from_def(reply: str) -> dict[str, str]:
    code = reply[reply.index("def solve") :]
    return {"code": code.split("```")[0].strip()}


def _last_fence(reply: str) -> dict[str, str]:
    found = re.findall(r"```\w*[ \t]*\n(.*?)```", reply, re.DOTALL)
    return {"code": (found[-1] if found else reply).strip()}


def _fence_expected(reply: str) -> dict[str, str]:
    found = re.findall(r"```\w*[ \t]*\n(.*?)```", reply, re.DOTALL)
    return {"code": found[0].strip() if found else ""}


def _python_only(reply: str) -> dict[str, str]:
    found = re.findall(r"```python\n(.*?)```", reply, re.DOTALL)
    return {"code": (found[0] if found else reply).strip()}


MEND = (
    WrongAnswer(
        "sent as it came",
        "You send the reply as it came. A validator runs what you send: a fence or a friendly word is no Python, and "
        "the score is 0.",
        _unchanged,
    ),
    WrongAnswer(
        "only the marks taken out",
        "You take the three marks out and leave what stood around them: the word `python`, and the sentences before "
        "and after.",
        _marks_only,
    ),
    WrongAnswer(
        "the language is left",
        "The name of the language stays in your code as its first line. It belongs to the fence.",
        _with_language,
    ),
    WrongAnswer(
        "imports are lost",
        "You begin at `def solve`. Imports before it are allowed and needed: without them the function "
        "raises NameError.",
        _from_def,
    ),
    WrongAnswer(
        "the last fence",
        "You take the last fence. The function is in the first; what comes after it is an example.",
        _last_fence,
    ),
    WrongAnswer(
        "bare code is lost",
        "Where there is no fence you send nothing. Then the reply is the code already.",
        _fence_expected,
    ),
    WrongAnswer(
        "one language only",
        "You know fences that begin with `python`. Some begin with `py`, and some with nothing.",
        _python_only,
    ),
)
