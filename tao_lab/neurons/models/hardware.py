"""This machine's hardware for language models, read from the driver, and the model that fits."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tao_lab.neurons.models.memory import MISTRAL_7B, SMOLLM2_135M, Shape, memory

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"
CONTEXT = 4_096  # tokens of prompt and answer that must fit
CUDA_BYTES = 600 * 2**20  # for CUDA itself and for intermediate results
QUERY = ("name", "memory.total", "memory.free", "driver_version")


@dataclass(frozen=True)
class Card:
    """A graphics card, as its driver describes it; memory in bytes."""

    name: str
    total: int
    free: int
    driver: str


@dataclass(frozen=True)
class Choice:
    """A way to load a model, and the memory it needs.

    Attributes:
        name: for `load`.
        quantize: for `load`.
        bytes: weights, quantization and a KV cache of 4,096 tokens.
    """

    name: str
    quantize: str | None
    bytes: int

    @property
    def call(self) -> str:
        """The line to write in a notebook."""
        return f'load("{self.name}"' + (f', quantize="{self.quantize}")' if self.quantize else ")")


def cards() -> tuple[list[Card], str]:
    """Cards that nvidia-smi lists, and the reason if there are no cards."""
    if not shutil.which("nvidia-smi"):
        return [], "no nvidia-smi, so no NVIDIA driver"
    command = ["nvidia-smi", f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"nvidia-smi does not run ({type(error).__name__})"
    if done.returncode:
        return [], " ".join((done.stdout + done.stderr).split())[:200] or f"nvidia-smi ended with {done.returncode}"
    found = [_card(line) for line in done.stdout.splitlines() if line.count(",") == len(QUERY) - 1]
    return found, "" if found else "nvidia-smi lists no card"


def _card(line: str) -> Card:
    name, total, free, driver = (field.strip() for field in line.split(","))
    return Card(name, _mebibytes(total), _mebibytes(free), driver)


def _mebibytes(field: str) -> int:
    return int(field) * 2**20 if field.isdecimal() else 0  # "[N/A]" on some laptops


def ram() -> tuple[int, int]:
    """Bytes of memory: all, and available; the second is 0 if the system does not say."""
    pages = os.sysconf("SC_PHYS_PAGES")
    names = os.sysconf_names
    free = os.sysconf("SC_AVPHYS_PAGES") if "SC_AVPHYS_PAGES" in names else 0
    size = os.sysconf("SC_PAGE_SIZE")
    return pages * size, _available() or free * size


def _available() -> int:
    """Bytes that Linux could give to a new program, including caches; 0 on other systems."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as file:
            found = [line for line in file if line.startswith("MemAvailable:")]
    except OSError:
        return 0
    return int(found[0].split()[1]) * 1024 if found else 0


def choices() -> list[Choice]:
    """All choices, from the best answers to the smallest memory."""

    def choice(name: str, shape: Shape, number_format: str, quantize: str | None) -> Choice:
        return Choice(name, quantize, sum(memory(shape, number_format, CONTEXT).values()))

    return [
        choice(MISTRAL, MISTRAL_7B, "fp16", None),
        choice(MISTRAL, MISTRAL_7B, "nf4 double", "nf4"),
        choice("smollm2", SMOLLM2_135M, "fp32", None),
    ]


def best(free: int) -> Choice | None:
    """The best model for a number of free bytes on a graphics card; None if not even the smallest fits."""
    return next((choice for choice in choices() if choice.bytes + CUDA_BYTES <= free), None)
