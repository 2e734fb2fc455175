"""Solutions of lab 04: one function an exercise. Made by `make labs`."""

import math
import re

import numpy as np
from bittensor import http_auth


def quantize(block, table):
    """Sixty-four weights in four bits each.

    block  (64,)  float32 weights
    table  (16,)  float32, the values that the codes 0 to 15 stand for, from -1 to 1

    Returns codes (64,), whole numbers 0 to 15, and scale, the number that all are multiplied by.

    >>> codes, scale = quantize(np.array([0.5, -0.1]), np.array([-1, 0, 1]))  # two weights, three values
    >>> print(codes, scale)
    [2 1] 0.5
    """
    scale = np.abs(block).max()
    return np.abs((block / scale)[:, None] - table).argmin(axis=1), scale


def model_bytes(matrices, plain):
    """What a model takes in NF4 with double quantization, without a context.

    matrices  list  (rows, columns) of each matrix that is packed
    plain     int   weights that keep 16 bits: embeddings, norms, output layer

    Returns bytes (int).

    >>> model_bytes([(8, 8)], 10)
    1149
    """
    total = 2 * plain
    for rows, columns in matrices:
        scales = math.ceil(rows * columns / 64)
        total += math.ceil(rows * columns / 2) + scales + 4 * math.ceil(scales / 256) + 4 + 64 + 1024
    return total


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


def admit(requests, hotkey):
    """What becomes of each request, in the order in which they come.

    requests  list  each with method, path, headers, body, arrived_ns
    hotkey    str   address of your hotkey

    Returns a list of "answered" or the name of the refusal's type, such as "StaleRequest".

    >>> knock = SimpleNamespace(method="POST", path="/forward", headers={}, body=b"{}", arrived_ns=0)
    >>> admit([knock], "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")  # it is not signed
    ['MalformedAuth']
    """
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


def mend(reply):
    r"""The answer that is in a model's reply.

    reply  str  what a language model wrote

    Returns {"code": the bare text of the function}.

    >>> mend("Sure!\n```python\ndef solve(n): return n\n```\nDone.")
    {'code': 'def solve(n): return n'}
    """
    found = re.search(r"```\w*[ \t]*\n(.*?)```", reply, re.DOTALL)
    return {"code": (found[1] if found else reply).strip()}
