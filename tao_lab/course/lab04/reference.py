"""The five functions that lab 04 builds, as the library has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bittensor import http_auth

from tao_lab.course.lab04.pieces import Request
from tao_lab.neurons.models import nf4
from tao_lab.neurons.work import Task

__all__ = ["admit", "forward", "mend", "model_bytes", "quantize"]

FENCE = re.compile(r"```[A-Za-z0-9_+-]*[ \t]*\n(.*?)```", re.DOTALL)


def quantize(block: Any, table: Any) -> tuple[Any, Any]:
    """04.1: bitsandbytes itself."""
    packed = nf4.quantize(block)
    return packed.codes, packed.scales[0]


def model_bytes(matrices: Sequence[tuple[int, int]], plain: int) -> int:
    """04.2: bytes of a model in NF4 with double quantization."""
    weights = [rows * columns for rows, columns in matrices]
    scales = [-(-count // 64) for count in weights]
    codes = sum(-(-count // 2) for count in weights)
    nested = sum(4 * -(-count // 256) for count in scales)
    return 2 * plain + codes + sum(scales) + nested + (4 + 64 + 1_024) * len(weights)


def forward(task: Task, model: Any) -> dict[str, str]:
    """04.3: an answer by a model."""
    text = model.generate(task.content["messages"], max_tokens=24, timeout=task.seconds)
    return {"text": text.strip()[:400] or "?"}


def admit(requests: Sequence[Request], hotkey: str) -> list[str]:
    """04.4: what becomes of each request."""
    seen = http_auth.InMemoryNonceStore()
    return [_outcome(request, hotkey, seen) for request in requests]


def _outcome(request: Request, hotkey: str, seen: http_auth.InMemoryNonceStore) -> str:
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
    except http_auth.AuthError as error:
        return type(error).__name__
    return "answered"


def mend(reply: str) -> dict[str, str]:
    """04.5: the code that is in a reply."""
    found = FENCE.findall(reply)
    return {"code": (found[0] if found else reply).strip()}
