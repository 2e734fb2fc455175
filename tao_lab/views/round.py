"""A picture of one round, from a question to paid miners, with the real results."""

from __future__ import annotations

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.subnets.market import PaidRound, Work
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.drawing import Arrow, Box, Drawing, Look, Part, Words

LONGEST = 30  # characters of an answer in a box
ROW = 76  # px from miner to miner
TOP = 26  # px, for the headings
NOT_SCORED = (
    "Nobody scored this answer: validators score only what they can check, and none of them knows what is right here."
)


def answer_card(done: PaidRound) -> Card:
    """The answer for the user, the miner who wrote it, and the tests for which that miner got scores."""
    writer = next(worker for worker in done.workers if worker.name == done.by)
    rows = [[test.question, _cut(test.answer), test.reference, f"{test.score:.2f}"] for test in writer.tests]
    scored = Text(
        f"{done.by} was scored for the validators' {done.tests} tests, of which it got {writer.right} fully right:"
    )
    header = ("test", f"answer of {done.by}", "right answer", "score, 0 to 1")
    blocks: tuple[Text | Grid, ...] = (Text(done.answer), Text(NOT_SCORED), scored, Grid(rows, header))
    if done.notice:
        blocks = (*blocks, Text(done.notice))
    best = max(worker.paid for worker in done.workers)
    pay = "whom nobody paid" if not writer.paid else "the best paid" if writer.paid == best else "paid less than others"
    return Card("waiting" if done.notice else "info", f"Answer of {done.by}, {pay}", done.question, blocks)


def round_drawing(done: PaidRound) -> Drawing:
    """A round from left to right: user, validators, miners, chain, pay.

    Scored and paid work is in boxes with arrows; a miner's answer to the user is below it, without an arrow.

    Args:
        done: a finished round.
    """
    rows = len(done.workers)
    height = TOP + rows * ROW + 144
    middle = TOP + rows * ROW / 2
    user = Box(2, middle - 32, 118, ["you ask", *_folded(done.question, 15)], "given")
    validators = Box(172, middle - 32, 128, ["validators", "ask all miners,", f"and {done.tests} tests"])
    parts: list[Part] = [user, validators, Arrow(user.right, (validators.x - 3, user.right[1]))]
    for heading, x in (("miners answer", 362), ("tests are scored", 604), ("the chain", 766), ("pays, in alpha", 880)):
        parts.append(Words(x, 14, heading))
    for place, work in enumerate(done.workers):
        parts += _miner(done, work, TOP + place * ROW, validators)
    parts += _others(done, TOP + rows * ROW + 16)
    parts += [Words(2, height - 26 + 18 * line, said) for line, said in enumerate(_what_scores_are(done))]
    paid = sum(work.paid for work in done.workers)
    title = f"One round: {rows} miners, {done.tests} tests, and {_alpha(paid)} alpha for miners with right answers"
    if not paid:
        title = f"One round: {rows} miners, {done.tests} tests, and no alpha: no miner had a right answer"
    said = [
        f"{w.name} got {w.right} of {len(w.tests)} tests right, has {_scores(w)} and got "
        f"{_alpha(w.paid)} alpha; to the question, which is not scored, it answered “{w.answer}”"
        for w in done.workers
    ]
    others = [f"{name} got {_alpha(rao)} alpha" for name, rao in done.others.items()]
    told = f"Question: {done.question} {'; '.join([*said, *others])}. {' '.join(_what_scores_are(done))}"
    return Drawing(title, told, 990, height, tuple(parts))


def _miner(done: PaidRound, work: Work, y: float, validators: Box) -> list[Part]:
    """One row: the miner, its test results, its incentive, its pay, and its answer to the user."""
    look: Look = "good" if work.paid else "faint"
    miner = Box(362, y, 222, [work.name, work.about], "good" if work.name == done.by else "plain")
    tests = [f"{work.right} of {len(work.tests)} right", _scores(work)]
    score = Box(604, y, 144, tests, look)
    chain = Box(766, y, 96, [f"UID {work.uid}", f"share {percent(work.incentive)}"], look)
    pay = Box(880, y, 106, [_alpha(work.paid), "alpha"], look)
    arrows = [
        Arrow(a.right, (b.x - 3, b.left[1]), look=look) for a, b in ((miner, score), (score, chain), (chain, pay))
    ]
    answer = Words(370, y + miner.height + 16, f"to you, not scored: “{_cut(work.answer)}”")
    return [Arrow(validators.right, (miner.x - 3, miner.left[1])), miner, score, chain, pay, answer, *arrows]


def _scores(work: Work) -> str:
    """The validators' scores for a miner, in their order."""
    return f"scores {' and '.join(f'{score:.2f}' for score in work.scores)}"


def _what_scores_are(done: PaidRound) -> tuple[str, str]:
    """The scale of a score, and why a miner has two of them."""
    each = done.tests // len(done.workers[0].scores)
    return (
        f"A score is one validator's moving average over its own {each} tests. {done.best_score:.2f}: all right.",
        "The chain makes one share out of what all validators say.",
    )


def _others(done: PaidRound, y: float) -> list[Part]:
    """The other people that the same epoch paid."""
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
    """At most three lines of a text; an ellipsis replaces the rest."""
    lines: list[str] = []
    for word in text.split():
        part = word if len(word) <= width else f"{word[: width - 1]}…"
        if lines and len(lines[-1]) + len(part) < width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines if len(lines) <= 3 else [*lines[:2], f"{lines[2][: width - 1]}…"]
