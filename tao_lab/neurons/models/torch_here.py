"""Import torch and Transformers when they are needed, and find out what hardware they can use."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

from tao_lab.errors import LabError

FORMATS = ("float32", "bfloat16", "float16")


def torch_and_transformers() -> tuple[Any, Any]:
    """Both modules.

    Raises:
        LabError: they are not installed.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise LabError(
            "language models need torch and Transformers, which are not installed here; run: pip install -e '.[models]'"
        ) from error
    # it looks for an optional kernel on the network, and works without it
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    return torch, transformers


def limit_threads(most: int | None = None) -> None:
    """Limit torch's threads; by default to half of the cores, because other programs need cores too.

    On a busy machine, the threads of a small model wait for each other, so more threads make it slower.

    Raises:
        LabError: torch is not installed.
    """
    torch, _ = torch_and_transformers()
    torch.set_num_threads(most or max(1, (os.cpu_count() or 2) // 2))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Transformers without its progress bars."""
    from transformers.utils import logging as settings

    shown = settings.is_progress_bar_enabled()
    settings.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            settings.enable_progress_bar()


def device(wanted: str = "auto") -> str:
    """The device for a model: the wanted one, or with "auto" the graphics card if there is one.

    Raises:
        LabError: the device is unknown, or this machine does not have it.
    """
    torch, _ = torch_and_transformers()
    cuda = torch.cuda.is_available()
    if wanted == "auto":
        return "cuda" if cuda else "cpu"
    kind, _, number = wanted.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not number.isdecimal()):
        raise LabError(f"device is {wanted!r}; allowed: auto, cpu, cuda, cuda:1, mps")
    if kind == "cuda" and (not cuda or int(number or 0) >= torch.cuda.device_count()):
        count = torch.cuda.device_count() if cuda else 0
        raise LabError(
            f"device {wanted} is not here (CUDA devices that torch sees: {count}); use device='cpu' with smollm2, "
            "or run tao-lab doctor to see what is missing"
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise LabError("device mps is for Macs with Apple silicon, and is not here; use device='cpu'")
    return wanted


def number_format(wanted: str, on: str) -> Any:
    """The torch type for calculations; by default float32 on a processor, 16 bits on a graphics card.

    Raises:
        LabError: an unknown name.
    """
    torch, _ = torch_and_transformers()
    if wanted == "auto":
        if on.startswith("cuda"):
            return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        return torch.float32 if on == "cpu" else torch.float16
    if wanted not in FORMATS:
        raise LabError(f"compute is {wanted!r}; allowed: auto, {', '.join(FORMATS)}")
    return getattr(torch, wanted)
