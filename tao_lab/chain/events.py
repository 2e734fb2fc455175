"""Events as SCALE bytes: `EventRecord`s with the phase of the block, the event, and no topics.

Most events have only accounts and whole numbers in them. Their bytes are put together here; the runtime's encoder does
the others, and says what is wrong with a value that does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from tao_lab.chain.runtime import Number, Runtime

NO_TOPICS = b"\x00"
PHASES = {"Finalization": b"\x01", "Initialization": b"\x02"}
APPLY_EXTRINSIC = b"\x00"  # then the index in four bytes
INDEX_BYTES = 4
ACCOUNTS_KEPT = 1 << 14


@dataclass(frozen=True, slots=True)
class _Form:
    """The byte format of an event.

    Attributes:
        head: Index of the pallet, and of the event in it.
        fields: Name of each field (None if the metadata has none), and its format; None for an account.
        has_names: Whether the metadata has names for them.
    """

    head: bytes
    fields: tuple[tuple[str | None, Number | None], ...]
    has_names: bool

    def encoded(self, runtime: Runtime, content: Any) -> bytes | None:
        """The bytes of an event's fields; None if the runtime's encoder must decide."""
        count = len(self.fields)
        if self.has_names:
            is_dict = type(content) is dict and len(content) == count
            values = [content.get(name) for name, _ in self.fields] if is_dict else None
        elif count == 1:
            values = [content]
        else:
            values = content if type(content) is list and len(content) == count else None
        if values is None:
            return None
        data = self.head
        for value, (_, number) in zip(values, self.fields, strict=True):
            if type(value) is str and number is None:
                data += _account(runtime, value)
                continue
            part = None if number is None else number.encoded(value)
            if part is None:
                return None
            data += part
        return data


def encoded_event(runtime: Runtime, phase: Any, pallet: str, name: str, content: Any) -> bytes:
    """SCALE bytes of an `EventRecord`.

    Args:
        runtime: The schema.
        phase: `Initialization`, `Finalization`, or `{"ApplyExtrinsic": index}`.
        pallet: Name of the pallet.
        name: Name of the event.
        content: Its fields as a dict by name; without names a list, of one field its value; None without fields.

    Raises:
        BadValue: The metadata has no such event, or the content does not fit.
    """
    form = _form(runtime, pallet, name)
    data = None if form is None else form.encoded(runtime, content)
    if data is not None:
        return encoded_phase(phase) + data + NO_TOPICS
    record = {"phase": phase, "event": {pallet: {name: content}}, "topics": []}
    return runtime.encode(runtime.event_record_type, record, f"event {pallet}.{name}")


def encoded_phase(phase: Any) -> bytes:
    """SCALE bytes of the phase, with which an `EventRecord` begins."""
    if isinstance(phase, str):
        return PHASES[phase]
    return APPLY_EXTRINSIC + phase["ApplyExtrinsic"].to_bytes(INDEX_BYTES, "little")


@cache
def _form(runtime: Runtime, pallet: str, name: str) -> _Form | None:
    """The format of an event, if the metadata has it and it holds only accounts and whole numbers; otherwise None."""
    found = runtime.event(pallet, name)
    if found is None:
        return None
    head, fields = found
    parts = []
    for field, scale_type in fields:
        number = runtime.number(scale_type)
        if (number is None or number.in_bits) and scale_type != runtime.account_type:
            return None
        parts.append((field, number))
    return _Form(head, tuple(parts), any(name is not None for name, _ in parts))


@lru_cache(maxsize=ACCOUNTS_KEPT)
def _account(runtime: Runtime, who: str) -> bytes:
    return runtime.encode(runtime.account_type, who, "account")
