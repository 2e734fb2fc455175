"""Turn messages into tokens in the model's own format; text in a message never becomes a control token."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tao_lab.errors import LabError
from tao_lab.neurons.models.base import Message

MARK = "\ue000"  # a private Unicode character, inserted into text that looks like a control token


def chat_tokens(tokenizer: Any, messages: Sequence[Message], name: str = "the model") -> list[int]:
    """Tokens of a prompt. Text such as `</s>` or `[INST]` in a message stays text, so it can't end the message.

    Args:
        tokenizer: of Transformers, with or without a chat template.
        messages: checked ones.
        name: of the model, for the error.

    Raises:
        LabError: the model's template refuses the messages.
    """
    if not tokenizer.chat_template:
        return list(tokenizer("\n".join(message["content"] for message in messages))["input_ids"])
    from jinja2 import TemplateError

    control = _control_tokens(tokenizer)
    marked = [{**message, "content": control.sub(_mark, message["content"])} for message in messages]
    try:
        text = tokenizer.apply_chat_template(marked, add_generation_prompt=True, tokenize=False)
    except TemplateError as error:
        raise LabError(f"{name} does not take these messages: {error}; many take no system message") from error
    if all(mine["content"] == message["content"] for mine, message in zip(marked, messages, strict=True)):
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    tokens: list[int] = []
    for part in re.split(f"({control.pattern})", text):
        if control.fullmatch(part):
            tokens.append(tokenizer.convert_tokens_to_ids(part))
        elif part:
            plain = part.replace(MARK, "")
            tokens += tokenizer(plain, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return tokens


def _control_tokens(tokenizer: Any) -> re.Pattern[str]:
    """A pattern for texts that the tokenizer reads as control tokens anywhere in a text."""
    texts = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)) or r"(?!)")


def _mark(found: re.Match[str]) -> str:
    return found[0][0] + MARK + found[0][1:]
