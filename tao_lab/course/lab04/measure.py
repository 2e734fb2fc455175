"""The model of lab 04, and what its bits cost; without the model, a stand-in that says what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tao_lab.bars import passing_bar
from tao_lab.cards import Card, Text
from tao_lab.neurons import models
from tao_lab.subnets.text import facts

MODEL = "smollm2"
FETCH = f"tao-lab models get {MODEL}"
FORMATS: dict[str, dict[str, Any]] = {
    "32 bits": {},
    "NF4": {"quantize": "nf4", "double_quant": False},
    "NF4 double": {"quantize": "nf4", "double_quant": True},
}
WORDS = 90  # of the text on which the surprise is measured: about 120 tokens


@dataclass(frozen=True)
class Quality:
    """A model in one number format.

    Attributes:
        name: of the format.
        perplexity: on the text; lower is better.
        mebibytes: of the weights.
        answer: to the same question.
    """

    name: str
    perplexity: float
    mebibytes: float
    answer: str


class StandIn:
    """No language model: it looks questions up in a table, and knows no others."""

    name = "table (no language model)"

    def generate(self, prompt: str | Sequence[Mapping[str, str]], **_: Any) -> str:
        """The table's answer."""
        question = prompt if isinstance(prompt, str) else str(prompt[-1]["content"])
        return dict(facts()).get(question, "I do not know")

    def stream(self, prompt: str | Sequence[Mapping[str, str]], **_: Any) -> Iterator[str]:
        """The same in one piece."""
        yield self.generate(prompt)

    def describe(self) -> str:
        """What it is, and what fetches a model."""
        return f"a table stands in for the language model; `{FETCH}` in a terminal fetches it (93 MB, once)"


def language_model() -> Any:
    """The lab's language model, or what stands in for it."""
    if not models.is_here(MODEL):
        return StandIn()
    models.limit_threads()
    return models.load(MODEL, device="cpu")


def quality(question: str = "What is the capital of Peru?") -> list[Quality]:
    """Measure the model in three number formats; nothing where it has not been fetched."""
    if not models.is_here(MODEL):
        return []
    from tao_lab.neurons.models.perplexity import perplexity, sample_text

    models.limit_threads()
    text, found = " ".join(sample_text().split()[:WORDS]), []
    for name, options in passing_bar(FORMATS.items(), desc="loading and measuring"):
        model: Any = models.load(MODEL, device="cpu", **options)
        size = model.network.get_memory_footprint() / 2**20
        found.append(Quality(name, perplexity(model, text), size, model.generate(question, max_tokens=12)))
    return found


def answers(measured: Sequence[Quality]) -> Card:
    """What each format answers to the same question."""
    if not measured:
        return Card("waiting", "Not measured", "the language model is not here", (Text(f"`{FETCH}` fetches it."),))
    blocks = tuple(Text(f"{one.name} ({one.mebibytes:,.0f} MiB): {one.answer}") for one in measured)
    return Card("info", "Same question", "what each number format answers", blocks)
