"""Why did I earn nothing? Each cause is made on purpose on a running network, recognized, and then fixed.

A story has a chain, a validator, and miners that answer over signed HTTP. As on any network, `explain` reads only the
chain and the validator's journal.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tao_lab.cards import Card, Grid, Text
from tao_lab.course.lab05.market import ADMIN, Market, hotkey, open_market
from tao_lab.course.networks import small_network
from tao_lab.neurons.explain import Explanation, explain
from tao_lab.neurons.miner import Miner, Policy
from tao_lab.neurons.validator import Validator
from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Subnet, Task
from tao_lab.subnets import kind
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO

SECONDS = 1.5  # time limit of a miner; short, so that a late answer costs little time
LATE = 1.8
NEWER_VERSION = 5
MAINNET_TEMPO = 360
MOST_EPOCHS = 6  # in which a miner must earn after the cause is fixed
NEEDED_TAO = 50  # of stake, to set weights, in one of the stories
YOU, OTHER = "you", "another"


# --- the stage ------------------------------------------------------------------------------------------------------


class Hurried:
    """A kind of work whose tasks have the time limit `SECONDS`."""

    def __init__(self, work: Subnet) -> None:
        self._work = work

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def make_round(self, seed: int) -> Round:
        """A task of the kind, with less time."""
        asked = self._work.make_round(seed)
        task = asked.task
        return Round(Task(task.id, task.kind, task.content, SECONDS), asked.secret)

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """By the kind's own rule."""
        return self._work.score(asked, answers)


@dataclass
class Stage:
    """A network with a validator and miners, for one story."""

    market: Market
    journals: Path
    stack: ExitStack
    ways: dict[str, Forward] = field(default_factory=dict)

    def serve(self, name: str) -> None:
        """Start a miner; `ways` says how it answers, and may change while it runs."""
        net, netuid, wallet = self.market.net, self.market.netuid, self.market.miners[name]
        self.ways[name] = right

        def forward(task: Task) -> Json:
            return self.ways[name](task)

        miner = Miner(forward, wallet=wallet, network=net, netuid=netuid, policy=Policy(need_permit=False))
        self.stack.enter_context(miner)

    def validator(self, **options: Any) -> Validator:
        """The library's validator, with its memory and journal in a folder."""
        wallet, work = self.market.validators[0], Hurried(kind("text"))
        made = Validator(
            work,
            wallet=wallet,
            network=self.market.net,
            netuid=self.market.netuid,
            data=self.journals,
            **options,
        )
        return self.stack.enter_context(made)

    def explain(self, name: str = YOU) -> Explanation:
        """What `tao-lab explain` says."""
        market = self.market
        return explain(market.net, market.netuid, hotkey(market.miners[name]), self.journals)

    def work(self, validator: Validator) -> None:
        """A step of the validator, then an epoch."""
        validator.step()
        self.market.to_epoch()

    def work_until_paid(self, validator: Validator) -> None:
        """The same, until the miner has earned something, or for `MOST_EPOCHS` epochs."""
        for _ in range(MOST_EPOCHS):
            self.work(validator)
            if self.earned():
                return

    def earned(self, name: str = YOU) -> float:
        """Alpha of the last epoch."""
        return self.market.earned(self.market.miners[name]) / RAO_PER_TAO

    @property
    def block(self) -> int:
        """Height."""
        return self.market.net.block_number


def right(task: Task) -> Json:
    """The right answer, from the table of facts."""
    found: Json = kind("text").miners()["table"](task)
    return found


def wrong_form(task: Task) -> Json:
    """The right answer under another name."""
    return {"answer": right(task)["text"]}


def late(task: Task) -> Json:
    """The right answer, too late."""
    time.sleep(LATE)
    return right(task)


# --- the stories ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """A cause of earning nothing: how it was made, recognized and fixed.

    Attributes:
        cause: the name that `explain` gives to the cause.
        made: how it was made.
        before: what `explain` said then.
        alpha_before: the miner's pay in the last epoch before the fix.
        mended: how it was fixed.
        after: what `explain` said after the fix.
        alpha_after: the miner's pay in the last epoch after the fix.
        blocks: number of blocks from the fix to the first pay.
    """

    cause: str
    made: str
    before: Explanation
    alpha_before: float
    mended: str
    after: Explanation
    alpha_after: float
    blocks: int

    @property
    def recognized(self) -> bool:
        """Whether `explain` named this cause first, and no longer names it after the fix."""
        return bool(self.before.causes) and self.before.causes[0].name == self.cause and self.after.earns

    @property
    def card(self) -> Card:
        """The story, in rows."""
        found = self.before.causes[0]
        further = ", ".join(cause.name for cause in self.before.causes[1:] if cause.name != found.name)
        seen = found.evidence.split("; ")
        rows = [
            ["we did", self.made],
            ["`explain` says", found.sentence],
            *([what, words] for what, words in zip(["it has seen", *[""] * len(seen)], seen, strict=False)),
            ["it advises", found.mend],
            ["we mended", self.mended],
            [
                "pay in an epoch",
                f"{self.alpha_before:.4f} α before, {self.alpha_after:.4f} α after {self.blocks} blocks",
            ],
        ]
        if further:
            rows.insert(2 + len(seen), ["it names further", further])
        blocks = (Grid(rows),)
        badge = "Recognized and mended" if self.recognized else "Not as expected"
        return Card("right" if self.recognized else "wrong", badge, self.cause, blocks)

    def _repr_html_(self) -> str:
        return self.card._repr_html_()

    def __repr__(self) -> str:
        return repr(self.card)


Tell = Callable[[Stage], Story]


def tell(name: str) -> Story:
    """Play one story on a new network.

    Args:
        name: one of `STORIES`.
    """
    story, options = STORIES[name]
    with small_network() as net, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tao-lab-journals-")))
        market = open_market(net, [YOU, OTHER], kind="text", **options)
        market.set("weights_set_rate_limit", weights_set_rate_limit=1)
        stage = Stage(market, folder, stack)
        for miner in market.miners:
            if miner != YOU or name != "not serving":
                stage.serve(miner)
        return story(stage)


def _told(cause: str, made: str, stage: Stage, mended: str, mend: Callable[[], None]) -> Story:
    """The second half of a story: explain, fix, explain again."""
    before, alpha, start = stage.explain(), stage.earned(), stage.block
    mend()
    return Story(cause, made, before, alpha, mended, stage.explain(), stage.earned(), stage.block - start)


def _not_asked(stage: Stage) -> Story:
    validator = stage.validator(sample=1)
    first = validator.step().miners[0].hotkey
    if first == hotkey(stage.market.miners[YOU]):  # it is random whom the validator asks first
        people = stage.market.miners
        people[YOU], people[OTHER] = people[OTHER], people[YOU]
    stage.market.to_epoch()
    return _told(
        "not asked",
        "a validator that asks one miner at a time, and began with another",
        stage,
        "waited: it asks everybody in turn",
        lambda: stage.work_until_paid(validator),
    )


def _not_serving(stage: Stage) -> Story:
    validator = stage.validator()
    stage.work(validator)

    def mend() -> None:
        stage.serve(YOU)
        stage.work_until_paid(validator)

    return _told(
        "not serving", "registered, and started no miner", stage, "started the miner, which lists its address", mend
    )


def _wrong_format(stage: Stage) -> Story:
    validator = stage.validator()
    stage.ways[YOU] = wrong_form
    stage.work(validator)

    def mend() -> None:
        stage.ways[YOU] = right
        stage.work_until_paid(validator)

    made = "answered well, in a field `answer` in place of `text`"
    return _told("wrong format", made, stage, "answered in the field that `answer_schema` names", mend)


def _timeout(stage: Stage) -> Story:
    validator = stage.validator()
    stage.ways[YOU] = late
    stage.work(validator)

    def mend() -> None:
        stage.ways[YOU] = right
        stage.work_until_paid(validator)

    made = f"answered well, after {LATE:g} s where a task allows {SECONDS:g} s"
    return _told("timeout", made, stage, "answered faster", mend)


def _stale(stage: Stage) -> Story:
    stage.market.set("weights_version_key", weights_version_key=NEWER_VERSION)
    old = stage.validator()
    stage.work(old)

    def mend() -> None:
        stage.work_until_paid(stage.validator(version_key=NEWER_VERSION))

    made = (
        f"the subnet wants version {NEWER_VERSION} of the validator's program, and the validator still runs version 0"
    )
    return _told("stale weights", made, stage, "the validator was updated", mend)


def _too_early(stage: Stage) -> Story:
    validator = stage.validator()
    validator.step()
    made = "looked right after the validator had set weights"
    return _told("epoch to come", made, stage, "waited for the epoch", stage.market.to_epoch)


def _no_stake(stage: Stage) -> Story:
    market, wallet = stage.market, stage.market.validators[0]
    market.net.sudo(ADMIN, "sudo_set_stake_threshold", min_stake=NEEDED_TAO * RAO_PER_TAO)
    validator = stage.validator()
    stage.work(validator)

    def mend() -> None:
        market.net.fund(wallet, 2 * NEEDED_TAO * RAO_PER_TAO)
        market.net.stake(wallet, market.netuid, market.net.tao(NEEDED_TAO))
        stage.work_until_paid(validator)

    made = f"mined where the only validator has less stake than the {NEEDED_TAO} that setting weights needs"
    return _told("no validator", made, stage, f"somebody staked {NEEDED_TAO} τ on the validator", mend)


def _sealed(stage: Stage) -> Story:
    validator = stage.validator()
    stage.work(validator)
    made = "mined on a subnet with commit-reveal, and looked after the first epoch"
    return _told(
        "sealed weights", made, stage, "waited: the weights were revealed", lambda: stage.work_until_paid(validator)
    )


STORIES: Mapping[str, tuple[Tell, Mapping[str, Any]]] = {
    "not serving": (_not_serving, {}),
    "not asked": (_not_asked, {}),
    "wrong format": (_wrong_format, {}),
    "timeout": (_timeout, {}),
    "no validator": (_no_stake, {"stake_tao": NEEDED_TAO // 5}),
    "stale weights": (_stale, {}),
    "sealed weights": (_sealed, {"commit_reveal": True}),
    "epoch to come": (_too_early, {}),
}


# --- what comes out of them -----------------------------------------------------------------------------------------


def table(stories: Sequence[Story]) -> Card:
    """All stories, one in each row."""
    rows = [
        [
            story.cause,
            story.before.causes[0].name if story.before.causes else "earns",
            story.mended,
            f"{story.alpha_before:.2f}",
            f"{story.alpha_after:.2f}",
            str(story.blocks),
        ]
        for story in stories
    ]
    right_ones = sum(story.recognized for story in stories)
    header = ("made", "recognized", "mended", "α before", "α after", "blocks")
    marked = frozenset((row, 1) for row, story in enumerate(stories) if not story.recognized)
    title = f"{right_ones} of {len(stories)} causes recognized and mended"
    return Card(
        "right" if right_ones == len(stories) else "wrong", "Why nothing came", title, (Grid(rows, header, "", marked),)
    )


def guesses(stories: Sequence[Story]) -> Card:
    """The report's three guesses, and what the stories show about each."""
    by_cause = {story.cause: story for story in stories}
    asked, form, stake = (by_cause[name] for name in ("not asked", "wrong format", "no validator"))
    plain, sealed = (_wait(by_cause[name]) for name in ("epoch to come", "sealed weights"))
    heard = form.before.facts.heard
    wrong = f"{sum(heard.reasons.values())} of {heard.asked} right answers in a wrong form"
    questions = f"{asked.before.facts.heard.asked} questions"
    rows = [
        ["no queries on the test network", "can be all of it", questions, f"{asked.alpha_before:.2f}"],
        ["", "", "no validator with enough stake", f"{stake.alpha_before:.2f}"],
        ["another answer format", "can be all of it", wrong, f"{form.alpha_before:.2f}"],
        ["", "", "one field renamed", f"{form.alpha_after:.2f}"],
        ["weights take time to arrive", "true, for hours", plain, f"{by_cause['epoch to come'].alpha_after:.2f}"],
        ["", "", f"sealed: {sealed}", f"{by_cause['sealed weights'].alpha_after:.2f}"],
    ]
    said = Text(
        "What the test network did in July 2025 cannot be computed here. What can be: how long each guess explains "
        "an empty purse. Only the third ends on its own; the first two can be seen before the first task, from the "
        "chain and in the subnet's `answer_schema`."
    )
    grid = Grid(rows, ("the report's guess", "verdict", "seen here", "pay, α"))
    return Card("info", "Three guesses", "why the report's miner earned nothing", (said, grid))


def _wait(story: Story) -> str:
    """From registration to the first pay: blocks here, and hours at mainnet's tempo."""
    facts = story.after.facts
    assert facts.me is not None
    blocks, tempo = facts.block - facts.me.registered_at, facts.hyper["Tempo"]
    hours = blocks / tempo * MAINNET_TEMPO * BLOCK_SECONDS / 3600
    return f"{blocks} blocks, {hours:.1f} hours at mainnet's tempo"
