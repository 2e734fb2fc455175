"""A picture of one round: from a question to paid miners, with what really happened written into it."""

from __future__ import annotations

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.subnets.market import PaidRound, Work
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.drawing import Arrow, Box, Drawing, Part, Words

LONGEST = 30  # characters of an answer in a box
ROW = 76  # px from miner to miner
TOP = 26  # px, for the headings


def answer_card(done: PaidRound) -> Card:
    """What the user reads."""
    blocks: tuple[Text | Grid, ...] = (Text(f"{done.answer}"),)
    if done.notice:
        blocks = (*blocks, Text(done.notice))
    return Card("waiting" if done.notice else "info", f"Answer of {done.by}", done.question, blocks)


def round_drawing(done: PaidRound) -> Drawing:
    """A round from left to right: user, validators, miners, chain, pay.

    Args:
        done: a round that has been run.
    """
    rows = len(done.workers)
    height = TOP + rows * ROW + 104
    middle = TOP + rows * ROW / 2
    user = Box(2, middle - 32, 118, ["you ask", *_folded(done.question, 15)], "given")
    validators = Box(172, middle - 32, 128, ["validators", "ask all miners", f"and {done.tests} tests"])
    parts: list[Part] = [user, validators, Arrow(user.right, (validators.x - 3, user.right[1]))]
    for heading, x in (("miners answer", 362), ("validators score", 620), ("the chain", 738), ("pays, in alpha", 880)):
        parts.append(Words(x, 14, heading))
    for place, work in enumerate(done.workers):
        parts += _miner(work, TOP + place * ROW, validators, work.name == done.by)
    parts += _others(done, TOP + rows * ROW + 16)
    paid = sum(work.paid for work in done.workers)
    title = f"One round: {rows} miners, {done.tests} tests, and {_alpha(paid)} alpha for those who answered well"
    said = [
        f"{w.name} answered “{w.answer}”, scored {w.score:.2f} and got {_alpha(w.paid)} alpha" for w in done.workers
    ]
    others = [f"{name} got {_alpha(rao)} alpha" for name, rao in done.others.items()]
    return Drawing(title, f"Question: {done.question} {'; '.join([*said, *others])}.", 990, height, tuple(parts))


def _miner(work: Work, y: float, validators: Box, chosen: bool) -> list[Part]:
    """One row: the miner, its score, what the chain made of it, its pay."""
    look = "good" if work.paid else "faint"
    miner = Box(362, y, 240, [work.name, work.about, f"“{_cut(work.answer)}”"], "good" if chosen else "plain")
    score = Box(640, y + 8, 62, ["score", f"{work.score:.2f}"], look)  # type: ignore[arg-type]
    chain = Box(738, y + 8, 104, [f"UID {work.uid}", f"share {percent(work.incentive)}"], look)  # type: ignore[arg-type]
    pay = Box(880, y + 8, 106, [_alpha(work.paid), "alpha"], look)  # type: ignore[arg-type]
    arrows = [
        Arrow(a.right, (b.x - 3, b.left[1]), look=look)  # type: ignore[arg-type]
        for a, b in ((miner, score), (score, chain), (chain, pay))
    ]
    return [Arrow(validators.right, (miner.x - 3, miner.left[1])), miner, score, chain, pay, *arrows]


def _others(done: PaidRound, y: float) -> list[Part]:
    """Who else the same epoch paid."""
    parts: list[Part] = [Words(2, y + 12, "the same epoch also paid")]
    width = 150
    for place, (name, rao) in enumerate(done.others.items()):
        parts.append(Box(2 + place * (width + 16), y + 24, width, [name, f"{_alpha(rao)} alpha"]))
    return parts


def _alpha(rao: int) -> str:
    return f"{rao / RAO_PER_TAO:,.3f}"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def _folded(text: str, width: int) -> list[str]:
    """At most three lines of a text."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word[:width])
    return lines if len(lines) <= 3 else [*lines[:2], lines[2][: width - 1] + "…"]
