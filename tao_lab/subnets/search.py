"""Search: rank passages for a query (like SN5 OpenKaito).

Passages are paragraphs of Python's language reference, as `pydoc` has it. A query is the heading of a topic. The grades
come from pydoc: a paragraph of the topic itself has grade 3, a paragraph of a topic that pydoc lists under "see also"
has grade 1. The score of a ranking is its nDCG; it falls if the answer takes more than half of the time.
"""

from __future__ import annotations

import math
import pydoc
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pydoc_data.topics import topics
from random import Random

from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id

PASSAGES = 20
DEPTH = 10  # places that count
GRADE_TOPIC, GRADE_RELATED = 3, 1
MOST_OF_TOPIC, MOST_RELATED = 3, 5
SHORTEST, LONGEST = 150, 800  # characters of a passage
SLOWEST_FACTOR = 0.5  # of the score, for an answer at the last moment


@cache
def paragraphs() -> dict[str, tuple[str, ...]]:
    """The paragraphs of prose of every topic, without its heading; only topics that have some."""
    found = {}
    for topic, text in topics.items():
        pieces = (" ".join(piece.split()) for piece in re.split(r"\n\s*\n", text)[1:])
        kept = tuple(piece for piece in pieces if SHORTEST <= len(piece) <= LONGEST and "::=" not in piece)
        if len(kept) >= MOST_OF_TOPIC:
            found[topic] = kept
    return found


@cache
def related() -> dict[str, tuple[str, ...]]:
    """For each topic, the topics that pydoc lists under "see also"."""
    tables = {**pydoc.Helper.topics, **pydoc.Helper.keywords}  # word: another word, or (topic, words to see also)

    def resolve(word: str) -> tuple[str, str]:
        entry = tables.get(word, "")
        if isinstance(entry, str):
            return resolve(entry) if entry else ("", "")
        return entry[0], entry[1]

    found: dict[str, set[str]] = {}
    for word in tables:
        topic, see_also = resolve(word)
        found.setdefault(topic, set()).update(resolve(other)[0] for other in see_also.split())
    kept = {topic: tuple(sorted((others - {topic}) & set(paragraphs()))) for topic, others in found.items()}
    return {topic: others for topic, others in sorted(kept.items()) if others and topic in paragraphs()}


def heading(topic: str) -> str:
    """A topic's heading, without punctuation."""
    return re.sub(r'["*]', "", topics[topic].strip().splitlines()[0])


def ndcg(ranked: Sequence[int], available: Sequence[int]) -> float:
    """Normalized discounted cumulative gain of the first places: the ranking's gain, divided by the best possible."""

    def gain(grades: Sequence[int]) -> float:
        return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:DEPTH]))

    return gain(ranked) / gain(sorted(available, reverse=True))


class Search:
    """Rank passages."""

    kind = "search"
    title = "Put twenty passages in order for a query; nDCG against judgments, and latency"
    answer_schema: Mapping[str, Json] = {
        "type": "object",
        "properties": {
            "ranking": {
                "type": "array",
                "items": {"type": "string", "pattern": "^p[0-9]{1,2}$"},
                "minItems": 1,
                "maxItems": PASSAGES,
                "uniqueItems": True,
            }
        },
        "required": ["ranking"],
        "additionalProperties": False,
    }
    weakness = (
        "The judgments are pydoc's own cross references, which lie in every Python installation: a miner who finds a "
        "passage there knows its grade, and needs no search. A judged collection that is public is known to all."
    )
    exploit = "cribber"
    source = (
        "Paragraphs and cross references of Python's language reference, as pydoc and pydoc_data of the standard "
        "library have them (Python Software Foundation licence). Nothing of them is shipped."
    )

    def make_round(self, seed: int) -> Round:
        """A query with passages in random order; the secret has their grades."""
        random = Random(f"search {seed}")
        topic = random.choice(list(related()))
        near = related()[topic]
        far = [other for other in paragraphs() if other != topic and other not in near]
        grades = dict.fromkeys(random.sample(paragraphs()[topic], MOST_OF_TOPIC), GRADE_TOPIC)
        for other in random.sample(near, min(len(near), MOST_RELATED)):
            grades.setdefault(random.choice(paragraphs()[other]), GRADE_RELATED)
        while len(grades) < PASSAGES:
            passage = random.choice(paragraphs()[random.choice(far)])
            if not any(passage in paragraphs()[known] for known in (topic, *near)):  # some are in two topics
                grades.setdefault(passage, 0)
        order = random.sample(list(grades), PASSAGES)
        passages = [{"id": f"p{number}", "text": passage} for number, passage in enumerate(order)]
        task = Task(task_id("search", seed), "search", {"query": heading(topic), "passages": passages}, seconds=6.0)
        return Round(task, {"grades": {f"p{number}": grades[passage] for number, passage in enumerate(order)}})

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """NDCG of the ranking; missing passages get grade 0."""
        grades: Mapping[str, int] = asked.secret["grades"]
        return score_each(
            self.answer_schema, answers, lambda content, answer: _judge(grades, content["ranking"], asked.task, answer)
        )

    def miners(self) -> Mapping[str, Forward]:
        """TF-IDF; cheaters; one who looks up the grades, who uses the weakness."""
        return {
            "honest": by_likeness,
            "as given": lambda task: {"ranking": [passage["id"] for passage in task.content["passages"]]},
            "longest first": lambda task: {
                "ranking": _ordered(task, [len(p["text"]) for p in task.content["passages"]])
            },
            "shouter": lambda task: {"ranking": [_ordered(task, _counts(task))[0]]},
            "cribber": _from_pydoc,
        }


def _judge(grades: Mapping[str, int], ranking: Sequence[str], task: Task, answer: Answer) -> Score:
    unknown = [name for name in ranking if name not in grades]
    if unknown:
        return Score(0.0, f"wrong form: there is no passage {unknown[0]}")
    value = ndcg([grades[name] for name in ranking], list(grades.values()))
    part = min(1.0, max(0.0, answer.seconds / task.seconds))
    factor = 1.0 if part <= 0.5 else 1.0 - (part - 0.5) * 2 * (1 - SLOWEST_FACTOR)
    return Score(value * factor, f"nDCG@{DEPTH} {value:.2f}, times {factor:.2f} for its {answer.seconds:.1f} s")


def by_likeness(task: Task) -> Json:
    """The honest miner: cosine of TF-IDF vectors of words and their beginnings (scikit-learn)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [passage["text"] for passage in task.content["passages"]]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 6), sublinear_tf=True)
    vectors = vectorizer.fit_transform(texts)
    likeness = (vectors @ vectorizer.transform([task.content["query"]]).T).toarray()[:, 0]
    return {"ranking": _ordered(task, likeness)}


def _ordered(task: Task, values: Sequence[float]) -> list[str]:
    names = [passage["id"] for passage in task.content["passages"]]
    return [names[index] for index in sorted(range(len(names)), key=lambda index: -values[index])]


def _counts(task: Task) -> list[int]:
    query = task.content["query"].lower().split()
    return [sum(word in passage["text"].lower() for word in query) for passage in task.content["passages"]]


def _from_pydoc(task: Task) -> Json:
    (topic,) = [topic for topic in related() if heading(topic) == task.content["query"]][:1]
    mine, near = paragraphs()[topic], [text for other in related()[topic] for text in paragraphs()[other]]
    texts = [passage["text"] for passage in task.content["passages"]]
    return {
        "ranking": _ordered(task, [GRADE_TOPIC * (text in mine) + GRADE_RELATED * (text in near) for text in texts])
    }
