"""The strategies: each looks for a miner that scores without the work, and says in words what it found.

A strategy gets a `Practice`, tries what it can within the budget, and returns its best miner. `constant`, `template`,
`cached` and `imitate` need only the public program; `copy`, `collude` and `slow` (in search.py) use honest work.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Any, Protocol

from tao_lab.errors import LabError
from tao_lab.neurons.work import Forward, Json, Round, Subnet, Task, form_problem
from tao_lab.subnets.play import ask
from tao_lab.subnets.stress import forms, listening, pieces
from tao_lab.subnets.stress.memory import Memory
from tao_lab.subnets.stress.practice import Practice, Stopped

CHECKED = range(3)  # numbers of the tasks on which variants are compared
EXAMINED = range(8)  # numbers of the tasks that test what was learned
FIRST_LEARNED = 8  # tasks from this number on are for learning
FIRST_LESSON = 25  # tasks that are learned before the first test; twice as many before the next
GOOD_ENOUGH = 0.98
GAIN = 0.01  # of score; doubling the number of learned tasks must improve it by this much
PATIENCE = 3  # doublings without a gain, after which nothing more is learned
MOST_RECIPES = 150
MOST_READINGS = 200


@dataclass(frozen=True)
class Found:
    """The result of a strategy: its miner, its score in practice, and what it does, in words."""

    forward: Forward | None
    score: float
    words: str


class Best:
    """The best miner so far; of equally good ones the first."""

    def __init__(self, nothing: str) -> None:
        self.found = Found(None, 0.0, nothing)

    def offer(self, forward: Forward, score: float, words: str) -> None:
        """Keep it if it is better."""
        if score > self.found.score:
            self.found = Found(forward, score, words)


# --- constant ---------------------------------------------------------------------------------------------------------


def constant(practice: Practice, random: Random) -> Found:
    """One answer to every task, made from the form: smallest, largest, counted and frequent values."""
    best = Best("no answer that is always the same scored")
    schema = practice.subnet.answer_schema
    try:
        words = _frequent_words(practice)
        places = forms.options(schema, words)
        for recipe in forms.recipes(places, MOST_RECIPES, random):
            content = forms.answer(schema, recipe, words)
            if form_problem(schema, content):
                continue
            score = practice.mean(_always(content), CHECKED[:2])
            best.offer(_always(content), score, f"always answers {_short(content)}")
            if score >= GOOD_ENOUGH:
                break
    except Stopped:
        pass
    return best.found


def _always(content: Json) -> Forward:
    return lambda task: content


def _frequent_words(practice: Practice) -> list[str]:
    """Texts from the secrets of practice tasks, the most frequent first."""
    seen: dict[str, int] = {}
    for number in range(FIRST_LEARNED, FIRST_LEARNED + 10):
        for _, value in pieces.values(practice.round(number).secret):
            if isinstance(value, str):
                seen[value] = seen.get(value, 0) + 1
    return sorted(seen, key=lambda word: -seen[word])


# --- template ---------------------------------------------------------------------------------------------------------


def template(practice: Practice, random: Random) -> Found:
    """Parts of the task itself, put into the answer's form: unchanged, reversed, or sorted by a column."""
    best = Best("nothing in the task could be sent back for a score")
    schema = practice.subnet.answer_schema
    try:
        first = practice.round(CHECKED[0]).task.content
        tried = 0
        for slot in _slots(schema):
            for name, _ in list(pieces.columns(first)):
                for reading in pieces.READINGS:
                    forward = _sent_back(schema, slot, name, reading)
                    if tried >= MOST_READINGS or not _fits(schema, forward, practice.round(CHECKED[0]).task):
                        continue
                    tried += 1
                    words = f"sends back `{name}` of the task, {reading.name}"
                    best.offer(forward, practice.mean(forward, CHECKED), words)
    except Stopped:
        pass
    return best.found


def _sent_back(schema: Json, slot: str, name: str, reading: pieces.Reading) -> Forward:
    def forward(task: Task) -> Json:
        value = dict(pieces.columns(task.content))[name]
        return _filled(schema, slot, reading.read(value))

    return forward


def _slots(schema: Json) -> tuple[str, ...]:
    """The fields of an answer, one of which a strategy fills."""
    return tuple(schema.get("properties", {})) if isinstance(schema, Mapping) else ()


def _filled(schema: Json, slot: str, value: Json) -> Json:
    return {**forms.answer(schema, {}), slot: value}


def _fits(schema: Json, forward: Forward, task: Task) -> bool:
    try:
        return not form_problem(schema, forward(task))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):  # this reading makes no sense here
        return False


# --- cached -----------------------------------------------------------------------------------------------------------


def cached(practice: Practice, random: Random) -> Found:
    """Look answers up: make practice tasks with the public program, and remember their secrets."""
    best = Best("what was learned on tasks made at home helped on no other task")
    learned, lesson = 0, FIRST_LESSON
    try:
        reading = _read_secret(practice)
        learners: tuple[_Learner, ...] = (
            (_Honest(practice.subnet),) if reading is None else (_Whole(reading), _Elements(reading))
        )
        scores: list[float] = []  # after each lesson
        while True:
            for number in range(FIRST_LEARNED + learned, FIRST_LEARNED + lesson):
                asked = practice.round(number)
                for learner in learners:
                    learner.learn(asked)
                learned += 1
            for learner in learners:
                forward = learner.snapshot()
                if forward is not None:
                    best.offer(forward, practice.mean(forward, EXAMINED), f"looks up {learner.what} among")
            scores.append(best.found.score)
            if min(scores[-2:]) >= GOOD_ENOUGH and len(scores) > 1:
                break
            if len(scores) > PATIENCE and scores[-1] < scores[-1 - PATIENCE] + GAIN:
                break
            lesson *= 2
    except Stopped:
        pass
    if best.found.forward is None:
        return best.found
    return replace(best.found, words=f"{best.found.words} {learned} tasks that it made at home")


@dataclass(frozen=True)
class _SecretReading:
    """Which part of the secret makes which field of the answer, and how."""

    schema: Json
    slot: str
    path: pieces.Path
    reading: pieces.Reading

    def part(self, asked: Round) -> Json:
        return pieces.at(asked.secret, self.path)

    def answer(self, part: Json) -> Json:
        return _filled(self.schema, self.slot, self.reading.read(part))


def _read_secret(practice: Practice) -> _SecretReading | None:
    """The part of a secret that gives the best answer to its own task, tested in practice."""
    schema = practice.subnet.answer_schema
    best, best_score = None, 0.0
    for slot in _slots(schema):
        for path, _ in pieces.values(practice.round(CHECKED[0]).secret):
            for reading in pieces.READINGS:
                one = _SecretReading(schema, slot, path, reading)
                score = _score_of_reading(practice, one)
                if score > best_score:
                    best, best_score = one, score
    return best


def _score_of_reading(practice: Practice, one: _SecretReading) -> float:
    scores = []
    for number in CHECKED:
        asked = practice.round(number)
        try:
            content = one.answer(one.part(asked))
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):  # this reading makes no sense here
            return 0.0
        if form_problem(one.schema, content):
            return 0.0
        scores.append(practice.score(asked, content))
        if not scores[-1]:
            return 0.0  # so that a bad reading costs one try
    return statistics.fmean(scores)


class _Learner(Protocol):
    """Remembers tasks: it learns one after the other, and can answer at any time."""

    what: str

    def learn(self, asked: Round) -> None: ...

    def snapshot(self) -> Forward | None: ...


class _Honest:
    """Remembers honest answers: if the secret does not help, the work is done once, in practice."""

    what = "honest answers to the same task, or to the one most like it,"

    def __init__(self, subnet: Subnet) -> None:
        self._honest, self._memory = next(iter(subnet.miners().values())), Memory()

    def learn(self, asked: Round) -> None:
        answer = ask(self._honest, asked.task)
        if not answer.problem:
            self._memory.add(asked.task.content, answer.content)

    def snapshot(self) -> Forward | None:
        return lambda task: self._memory.recall(task.content)


class _Whole:
    """Remembers whole tasks."""

    what = "the whole task, or the one most like it,"

    def __init__(self, reading: _SecretReading) -> None:
        self._reading, self._memory = reading, Memory()

    def learn(self, asked: Round) -> None:
        self._memory.add(asked.task.content, self._reading.part(asked))

    def snapshot(self) -> Forward | None:
        memory, reading = self._memory, self._reading
        return lambda task: reading.answer(memory.recall(task.content))


class _Elements:
    """Remembers the parts of a task one by one, if the secret has a value for each element of a list."""

    what = "each part of the task, or the one most like it,"

    def __init__(self, reading: _SecretReading) -> None:
        self._reading, self._memory = reading, Memory()
        self._list: str | None = None
        self._key: str | None = None

    def learn(self, asked: Round) -> None:
        part = self._reading.part(asked)
        if self._list is None:
            self._list, self._key = _aligned(asked.task.content, part)
        if not self._list:
            return
        context, elements, names = self._split(asked.task.content)
        values = [part[name] for name in names] if isinstance(part, Mapping) else list(part)
        for element, value in zip(elements, values, strict=False):
            self._memory.add(element, value, context)

    def _split(self, content: Json) -> tuple[str, list[Json], list[str]]:
        """The context of the list, its elements without their names, and the names."""
        assert self._list is not None
        context = [value for name, value in content.items() if name != self._list and not isinstance(value, list)]
        elements, names = content[self._list], []
        if self._key is not None:
            names = [element[self._key] for element in elements]
            elements = [{k: v for k, v in element.items() if k != self._key} for element in elements]
        return pieces.canonical(context), elements, names

    def snapshot(self) -> Forward | None:
        if not self._list:
            return None

        def forward(task: Task) -> Json:
            context, elements, names = self._split(task.content)
            values = [self._memory.recall(element, context) for element in elements]
            return self._reading.answer(dict(zip(names, values, strict=True)) if names else values)

        return forward


def _aligned(content: Json, part: Json) -> tuple[str, str | None]:
    """The list of a task for whose elements the secret has values, and the field with their names, if there is one."""
    for name, value in content.items():
        if not isinstance(value, list) or not value:
            continue
        if isinstance(part, list) and len(part) == len(value):
            return name, None
        if isinstance(part, Mapping) and isinstance(value[0], Mapping):
            for key in value[0]:
                if {_name(element.get(key)) for element in value} == set(part):
                    return name, key
    return "", None


def _name(value: Any) -> Any:
    """A name, or something that is not a name."""
    return value if isinstance(value, str) else None


# --- imitate ----------------------------------------------------------------------------------------------------------


def imitate(practice: Practice, random: Random) -> Found:
    """Run the validator's check on the task, and send the value that it compares answers with."""
    subnet = practice.subnet
    schema = subnet.answer_schema
    best = Best("nothing that the check makes at home scored as an answer")
    try:
        spare = practice.round(FIRST_LEARNED)  # its secret replaces the one that the attacker does not know
        honest = ask(next(iter(subnet.miners().values())), spare.task)
        if honest.problem:
            return best.found
        ways = {"": _as_it_is, **listening.converters(subnet, spare.task)}
        for source in islice(_sources(practice, spare, honest.content, ways), MOST_READINGS):
            forward = _listening(subnet, spare, honest.content, source, ways[source.converter])
            best.offer(forward, practice.mean(forward, CHECKED[:2]), f"runs the check at home and sends {source.words}")
            if best.found.score >= GOOD_ENOUGH:
                break
    except Stopped:
        pass
    if best.found.forward is not None and _fits(schema, _always(honest.content), spare.task):
        same = _score_of(practice, honest.content)
        if same >= best.found.score:  # the recorded value is not better than the old answer itself
            return Found(None, 0.0, "what the check hands around is worth no more than an old answer")
    return best.found


def _score_of(practice: Practice, content: Json) -> float:
    """Mean score of one answer on the tasks in `CHECKED`; 0 if the budget is spent."""
    try:
        return practice.mean(_always(content), CHECKED[:2])
    except Stopped:
        return 0.0


@dataclass(frozen=True)
class _Source:
    """What to send: the value that a function returned, unchanged, or made into a text by another function."""

    heard: listening.Name
    converter: str
    slot: str

    @property
    def words(self) -> str:
        made = f"`{self.converter}` of " if self.converter else ""
        return f"{made}what `{self.heard[0]}` returned there"


def _as_it_is(value: Any) -> Any:
    return value


def _sources(
    practice: Practice, spare: Round, probe: Json, ways: Mapping[str, Callable[[Any], Any]]
) -> Iterator[_Source]:
    """The recorded values of one task that fit the answer's form."""
    subnet = practice.subnet
    task = practice.round(CHECKED[0]).task
    heard = _hear(subnet, spare, task, probe)
    for name in heard:
        for converter, convert in ways.items():
            for slot in _slots(subnet.answer_schema):
                try:
                    content = {**probe, slot: convert(heard[name])}
                except Exception:  # noqa: BLE001 - a function of somebody's file, called with what it was not made for
                    continue
                if not form_problem(subnet.answer_schema, content) and content != probe:
                    yield _Source(name, converter, slot)


def _hear(subnet: Any, spare: Round, task: Task, probe: Json) -> dict[listening.Name, Any]:
    try:
        return listening.overheard(subnet, Round(task, spare.secret), probe)
    except LabError:
        raise
    except Exception:  # noqa: BLE001 - the check may fail on a secret that belongs to another task
        return {}


def _listening(subnet: Any, spare: Round, probe: Json, source: _Source, convert: Callable[[Any], Any]) -> Forward:
    def forward(task: Task) -> Json:
        return {**probe, source.slot: convert(_hear(subnet, spare, task, probe)[source.heard])}

    return forward


def _short(content: Json, letters: int = 160) -> str:
    """A short text for an answer: of a long list only the first and the last entry (some lists just count up)."""
    text = pieces.canonical(_ends(content))
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _ends(content: Json) -> Json:
    if isinstance(content, dict):
        return {name: _ends(part) for name, part in content.items()}
    if isinstance(content, list) and len(content) > 2:
        return [_ends(content[0]), f"{len(content) - 2} more", _ends(content[-1])]
    return content
