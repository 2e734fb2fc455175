"""What miners send when they are asked for a leap year function: honest, careless and hostile answers, for 05.1.

`about` describes each answer. They are harmless, even if a student runs them without the sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tao_lab.neurons.work import Json


@dataclass(frozen=True)
class Reply:
    """A miner's answer, its description and its score; the broken function fails on 4 of the 10 years in `YEARS`."""

    about: str
    content: Json
    score: float = 0.0


RIGHT = "def solve(year):\n    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)"
BROKEN = "def solve(year):\n    return year % 4 == 0"  # what the task asks to mend
THIEF = """
def solve(year):
    import sys
    frame = sys._getframe(1)
    while frame is not None:
        found = frame.f_locals
        if "calls" in found and "expected" in found:
            return found["expected"][list(found["calls"]).index([year])]
        frame = frame.f_back
"""
FORGER = """
def solve(year):
    import json
    print(json.dumps([[{"value": True}] * 10]))
    raise SystemExit
"""
SLOW = """
def solve(year):
    import time
    if year < 1900:
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
"""

REPLIES = (
    Reply("the mended function", {"code": RIGHT}, 1.0),
    Reply("the broken function, sent back unchanged", {"code": BROKEN}),
    Reply("mended halfway: 2000 is not a leap year", {"code": RIGHT.replace(" or year % 400 == 0", "")}, 2 / 4),
    Reply("worse than the broken function", {"code": "def solve(year):\n    return year % 4 == 1"}),
    Reply("the mended function, wrapped in a Markdown fence", {"code": f"```python\n{RIGHT}\n```"}),
    Reply("the mended function, and a friendly word", {"code": RIGHT, "comment": "Here you are!"}),
    Reply("the mended function under another name", {"code": RIGHT.replace("solve", "is_leap")}),
    Reply("the mended function, and a line that calls it", {"code": f"{RIGHT}\n\n\nsolve(2000)"}),
    Reply("the text alone, without the field `code`", RIGHT),
    Reply("right, but 1 and 0 in place of True and False", {"code": RIGHT.replace("return ", "return 0 + (") + ")"}),
    Reply("right, but the texts 'True' and 'False'", {"code": RIGHT.replace("return ", "return str(") + ")"}),
    Reply("hostile: looks for the right results in the memory of whoever runs it", {"code": THIEF}),
    Reply("hostile: claims to have passed, and ends the program that runs it", {"code": FORGER}),
    Reply("right, but takes very long for years before 1900", {"code": SLOW}, 2 / 4),
    Reply(
        "raises an error for the year 1900", {"code": RIGHT.replace("return ", "return 1 / (year - 1900) and ")}, 3 / 4
    ),
)

# For a task with three results (a text, nothing, a text); the broken function gets all of them wrong.
GREET = 'def solve(name):\n    return f"Hi {name}" if name else None'
GREETINGS = (
    Reply("a right function", {"code": GREET}, 1.0),
    Reply("an error where None is right", {"code": 'def solve(name):\n    return f"Hi {name[0]}{name[1:]}"'}, 2 / 3),
    Reply("the text 'None' where None is right", {"code": GREET.replace("None", '"None"')}, 2 / 3),
)

# The last years show the difference between a slow and a fast answer.
YEARS = (2023, 2024, 2000, 1900, 2100, 2400, 2200, 1999, 1896, 1800)


def is_leap(year: int) -> bool:
    """The right result."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def hidden_calls(rng: Any) -> list[list[int]]:
    """The years in random order; those before 1900 stay last."""
    return [[int(year)] for year in (*rng.permutation(YEARS[:-2]), *YEARS[-2:])]
