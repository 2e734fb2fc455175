"""The bytes of a runtime's metadata: a walk through version 15, and version 14 made from it.

Version 15 contains everything in version 14, and also the types of an extrinsic's parts, runtime APIs, and texts about
pallets. So version 14 is made from it by leaving parts out; the registry of types is the same in both. Clients from
before 2024 can read only version 14.

Layouts: `frame-metadata` 18 (`src/v14.rs`, `src/v15.rs`) and `scale-info` 2 (`src/ty/`) of the Polkadot SDK.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

EMPTY_LIST = b"\x00"
V14, V15 = b"meta\x0e", b"meta\x0f"


def compact(value: int) -> bytes:
    """SCALE of a small compact integer."""
    size = 1 if value < 1 << 6 else 2 if value < 1 << 14 else 4
    return (value << 2 | size >> 1).to_bytes(size, "little")


class Copier:
    """Reads SCALE from `data` and copies the wanted parts to `out`."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.out = data, 0, bytearray()

    def raw(self, size: int) -> bytes:
        """Copy `size` bytes."""
        chunk = self.data[self.at : self.at + size]
        self.at += size
        self.out += chunk
        return chunk

    def compact(self) -> int:
        """Copy one compact integer and return it."""
        mode = self.data[self.at] & 3
        if mode == 3:
            return int.from_bytes(self.raw(1 + (self.data[self.at] >> 2) + 4)[1:], "little")
        return int.from_bytes(self.raw(1 << mode), "little") >> 2

    def octets(self) -> bytes:
        """Copy a string or a byte list."""
        return self.raw(self.compact())

    def each(self, *parts: Callable[[], Any]) -> None:
        """Copy a list whose entries are these parts in order."""
        for _ in range(self.compact()):
            for part in parts:
                part()

    def option(self, *parts: Callable[[], Any]) -> None:
        """Copy an optional value made of these parts."""
        if self.raw(1) == b"\x01":
            for part in parts:
                part()

    def skip(self, *parts: Callable[[], Any]) -> None:
        """Read these parts without copying them."""
        kept = len(self.out)
        for part in parts:
            part()
        del self.out[kept:]

    # --- what metadata is made of -------------------------------------------------------------------------------

    def docs(self) -> None:
        """Copy documentation: a list of lines."""
        self.each(self.octets)

    def item(self) -> None:
        """Copy the name of a constant or a storage item."""
        self.octets()

    def value(self) -> None:
        """Copy a constant's value or a storage item's default."""
        self.octets()

    def path(self) -> None:
        """Copy the path of a type."""
        self.each(self.octets)

    def type(self) -> None:
        """Copy one entry of the registry of types."""
        self.compact()
        self.path()
        self.each(self.octets, lambda: self.option(self.compact))

        def fields() -> None:
            self.each(lambda: self.option(self.octets), self.compact, lambda: self.option(self.octets), self.docs)

        shapes: dict[int, Callable[[], Any]] = {
            0: fields,
            1: lambda: self.each(self.octets, fields, lambda: self.raw(1), self.docs),
            2: self.compact,
            3: lambda: (self.raw(4), self.compact()),
            4: lambda: self.each(self.compact),
            5: lambda: self.raw(1),
            6: self.compact,
            7: lambda: (self.compact(), self.compact()),
        }
        shapes[self.raw(1)[0]]()
        self.docs()

    def entry(self) -> None:
        """Copy a storage item."""
        self.item()
        self.raw(1)
        if self.raw(1) == b"\x01":
            self.octets()  # one byte for each hasher
            self.compact()
        self.compact()
        self.value()
        self.docs()

    def pallet_parts(self, entries: Callable[[], Any]) -> None:
        """Copy a pallet's parts after its name, without documentation: storage, calls, events, constants, errors."""
        self.option(self.octets, entries)
        self.option(self.compact)
        self.option(self.compact)
        self.each(self.item, self.compact, self.value, self.docs)
        self.option(self.compact)
        self.raw(1)


def version_14(metadata: bytes, extrinsic_type: int) -> bytes:
    """The same runtime's metadata in version 14.

    Args:
        metadata: In version 15.
        extrinsic_type: Number of the type of an extrinsic, which version 15 does not contain.

    Raises:
        ValueError: It isn't version 15.
    """
    if not metadata.startswith(V15):
        raise ValueError(f"metadata begins with {metadata[:5]!r}, not with {V15!r}")
    c = Copier(metadata)
    c.skip(lambda: c.raw(len(V15)))
    c.out += V14
    c.each(c.type)

    def pallet() -> None:
        c.octets()
        c.pallet_parts(lambda: c.each(c.entry))
        c.skip(c.docs)

    c.each(pallet)
    c.out += compact(extrinsic_type)
    c.raw(1)  # version of the extrinsic format
    c.skip(*[c.compact] * 4)  # types of address, call, signature and extensions
    c.each(c.octets, c.compact, c.compact)
    c.compact()  # type of the runtime
    return bytes(c.out)
