"""A validator's journal: one JSON object in each line, for `tao-lab explain` and for people.

Every line has `time` (Unix), `block`, `netuid`, `validator` (hotkey) and `event`:

    asked     step, task, kind, seconds; hotkey, uid; seconds it took, problem
    scored    step, task; hotkey, uid; score, reason, average
    weights   method (set, timelock, hash, reveal), uids, values
    refused   what (set, timelock, hash, reveal), name of the chain's error, sentence, blocks to wait
    waits     what, name, sentence, blocks: the same, foreseen and not sent
    failed    step, task; hotkey, uid (of one miner's answer, or neither), sentence: the subnet's own rule failed
    joined, left    hotkey

Much of the text comes from miners. Characters that can't be printed are written as escapes, so that each entry stays on
one line and a terminal shows it unchanged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tao_lab.foreign import NotPlainJson, escaped, read_json
from tao_lab.neurons.work import Json

SUFFIX = ".jsonl"
LONGEST_TEXT = 1_000  # characters of one field


class Journal:
    """The journal of one validator on one subnet."""

    def __init__(self, path: Path | None, netuid: int, validator: str) -> None:
        self._file = None if path is None else path.open("a", encoding="utf-8", buffering=1)
        self._same = {"netuid": netuid, "validator": validator}
        self.newest: list[dict[str, Json]] = []  # lines of this run, to look at in a notebook

    def write(self, event: str, block: int, **fields: Any) -> None:
        """Add a line."""
        line = {"time": round(time.time(), 3), "block": block, **self._same, "event": event, **_safe(fields)}
        self.newest = [*self.newest[-999:], line]
        if self._file is not None:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def read_journals(folder: Path) -> Iterator[dict[str, Json]]:
    """The lines of all journals in a folder, or of one file, oldest first; an incomplete last line is left out."""
    files = sorted(folder.rglob(f"*{SUFFIX}")) if folder.is_dir() else [folder]
    for file in files:
        for text in file.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                line = read_json(text)
            except NotPlainJson:
                continue
            if isinstance(line, dict) and "event" in line:
                yield _safe(line)


def _safe(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The same fields with escapes in each text; existing escapes stay."""
    return {name: escaped(value, LONGEST_TEXT) if isinstance(value, str) else value for name, value in fields.items()}
