"""From tokens to pieces of text: whole characters only, and nothing of a stop text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

HALF_CHARACTER = "\ufffd"  # what a tokenizer shows for bytes that are not a whole character yet


def pieces(tokens: Iterable[int], decode: Callable[[Sequence[int]], str], stop: Sequence[str] = ()) -> Iterator[str]:
    """Text as it becomes certain; ends at the first stop text, which is left out.

    Args:
        tokens: of the answer, one by one.
        decode: from all tokens so far to their text.
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
