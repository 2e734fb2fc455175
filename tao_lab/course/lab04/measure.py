"""The model of lab 04, and how number formats change its quality; without the model, a lookup table answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tao_lab.bars import passing_bar
from tao_lab.cards import Card, Text
from tao_lab.course.which_model import FETCH, MODEL
from tao_lab.errors import LabError
from tao_lab.neurons import models
from tao_lab.neurons.models.chat import chat_tokens
from tao_lab.subnets.text import facts

FORMATS: dict[str, dict[str, Any]] = {
    "32 bits": {},
    "NF4": {"quantize": "nf4", "double_quant": False},
    "NF4 double": {"quantize": "nf4", "double_quant": True},
}
WORDS = 90  # of the text on which perplexity is measured: about 120 tokens


@dataclass(frozen=True)
class Quality:
    """A model in one number format.

    Attributes:
        name: of the format.
        perplexity: on the text; lower is better.
        mebibytes: of the weights.
        answer: its answer to the same question.
    """

    name: str
    perplexity: float
    mebibytes: float
    answer: str


class StandIn:
    """Not a language model: it knows only the questions in a table."""

    name = "table (no language model)"

    def __init__(self, missing: str = MODEL):
        self.missing = missing

    def generate(self, prompt: str | Sequence[Mapping[str, str]], **_: Any) -> str:
        """The table's answer."""
        question = prompt if isinstance(prompt, str) else str(prompt[-1]["content"])
        return dict(facts()).get(question, "I do not know")

    def stream(self, prompt: str | Sequence[Mapping[str, str]], **_: Any) -> Iterator[str]:
        """The same in one piece."""
        yield self.generate(prompt)

    def describe(self) -> str:
        """What it is, and the command that downloads a model."""
        size = " (93 MB, once)" if self.missing == MODEL else ""
        return (
            f"a lookup table answers in place of the language model; `tao-lab models get {self.missing}` in a terminal "
            f"fetches it{size}"
        )


def language_model(name: str = MODEL, *, device: str = "cpu", **options: Any) -> Any:
    """A language model, or the table if the model is not on this machine.

    Args:
        name: as `models.load` takes it; also a server's address.
        device: "cpu" or "cuda".
        options: of `models.load`, such as quantize="nf4".
    """
    if name.startswith(("http://", "https://")):
        return models.load(name, **options)
    if not models.is_here(name):
        return StandIn(name)
    models.limit_threads()
    with passing_bar(total=1, desc=f"loading {name}") as bar:
        model = models.load(name, device=device, **options)
        bar.update()
    return model


def instruct_format(question: str, model: Any = None, *, version: str = "v1") -> Card:
    """A question as Mistral's tokens, with and without the instruct format, and a model's answer to both.

    Args:
        question: what the user asks.
        model: of this lab; None shows only the tokens.
        version: of Mistral's tokenizer: "v1" is that of Mistral-7B-Instruct-v0.1.
    """
    from tao_lab.neurons.models.mistral import instruct_tokenizer

    try:
        tokenizer = instruct_tokenizer(version)
    except LabError as error:
        return Card("waiting", "Not shown", "Mistral's tokenizer is not installed", (Text(str(error)),))
    bare = list(tokenizer(f"<s> {question}", add_special_tokens=False)["input_ids"])
    chat = chat_tokens(tokenizer, [{"role": "user", "content": question}])
    blocks: tuple[Text, ...] = ()
    for form, ids in (("Bare", bare), ("In the instruct format", chat)):
        pieces = " ".join(tokenizer.convert_ids_to_tokens(ids))
        blocks += (Text(f"{form}, {len(ids)} tokens: `{pieces}`, for the model {', '.join(map(str, ids))}."),)
    if isinstance(model, StandIn):
        blocks += (Text(f"What a model makes of both is not shown: {model.describe()}."),)
    elif hasattr(model, "go_on"):
        for form, said in (
            ("Bare", model.go_on(question, max_tokens=24)),
            ("In its own format", model.generate(question, max_tokens=24)),
        ):
            blocks += (Text(f"{form}, `{model.name}` says: {said.strip() or '(nothing)'}"),)
    title = f"the instruct format adds {len(chat) - len(bare)} tokens to this question's {len(bare)}"
    return Card("info", "Two forms", title, blocks)


def quality(question: str = "What is the capital of Peru?") -> list[Quality]:
    """Measure the model in three number formats; empty if the model is not on this machine."""
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
    """The answer of each format to the same question."""
    if not measured:
        return Card("waiting", "Not measured", "the language model is not here", (Text(f"`{FETCH}` fetches it."),))
    blocks = tuple(Text(f"{one.name} ({one.mebibytes:,.0f} MiB): {one.answer}") for one in measured)
    return Card("info", "Same question", "what each number format answers", blocks)
