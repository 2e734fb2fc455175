"""From tokens to pieces of text: only complete characters, and no part of a stop text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

HALF_CHARACTER = "\ufffd"  # a tokenizer's text for bytes of an incomplete character


def pieces(tokens: Iterable[int], decode: Callable[[Sequence[int]], str], stop: Sequence[str] = ()) -> Iterator[str]:
    """Text, as soon as it cannot change any more; ends at the first stop text, which is left out.

    Args:
        tokens: of the answer, one by one.
        decode: returns the text of all tokens so far.
        stop: texts that end the answer.
    """
    seen: list[int] = []
    sent, text = 0, ""
    for token in tokens:
        seen.append(token)
        text = decode(seen)
        ends = [at for at in (text.find(word) for word in stop) if at >= 0]
        if ends:
            text = text[: min(ends)]
            break
        certain = len(text) - _uncertain(text, stop)
        if certain > sent:
            yield text[sent:certain]
            sent = certain
    if text[sent:]:
        yield text[sent:]


def _uncertain(text: str, stop: Sequence[str]) -> int:
    """How many characters at the end may still change, or be the beginning of a stop text."""
    whole = text.rstrip(HALF_CHARACTER)
    begun = [n for word in stop for n in range(len(word)) if whole.endswith(word[:n])]
    return len(text) - len(whole) + max(begun, default=0)
