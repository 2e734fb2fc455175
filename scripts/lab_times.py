"""How long each lab takes: to run, and to read. Prints the table of docs/teaching/labs.md.

Run `python scripts/lab_times.py` on a quiet machine; it takes some minutes. `--read` only counts words.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from tao_lab import paths
from tao_lab.course import registry, solve

sys.path.insert(0, str(paths.ROOT / "scripts"))

from docsite import notebooks, running

WORDS_A_MINUTE = 120  # prose on a new subject, read in a second language


def seconds_of(notebook: Path) -> tuple[float, float]:
    """Seconds of processor time and on the clock that a notebook takes as shipped."""
    with TemporaryDirectory() as folder:
        before, began = _used(), time.monotonic()
        running.run(nbformat.read(notebook, as_version=4), Path(folder) / "ran.ipynb")
        return _used() - before, time.monotonic() - began


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--read", action="store_true", help="run nothing")
    chosen = parser.parse_args()
    print("| lab | exercises | words | reading, minutes | processor, seconds | on the clock, seconds |")
    print("|---|---:|---:|---:|---:|---:|")
    for lab in solve.labs():
        exercises = sum(identity.startswith(lab.number) for identity in registry.exercises())
        words = notebooks.words(nbformat.read(lab.notebook, as_version=4))
        cpu, clock = (0.0, 0.0) if chosen.read else seconds_of(lab.notebook)
        print(f"| {lab.number} | {exercises} | {words:,} | {words / WORDS_A_MINUTE:.0f} | {cpu:.0f} | {clock:.0f} |")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
