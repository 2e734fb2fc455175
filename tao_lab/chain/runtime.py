"""The schema: the real runtime's metadata, and values that are read from it once.

Storage keys, SCALE, calls, events and errors all come from `bittensor_core.Runtime` on the metadata of the real
chain (spec version 475, patched; see `scripts/make_metadata.py`). Nothing here declares a type by hand.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from struct import Struct
from struct import error as StructError  # noqa: N812 - an exception's name
from typing import Any

import bittensor_core

from tao_lab.chain.errors import BadValue, DispatchError
from tao_lab.chain.metadata import version_14

METADATA_FILE = Path(__file__).with_name("runtime-spec475.scale.xz")
SPEC_NAME = "node-subtensor"
SPEC_VERSION = 475  # mainnet since block 9,233,781 of 2026-10-07
TRANSACTION_VERSION = 1
SS58_FORMAT = 42
EMPTY = b"\x00"  # SCALE bytes of an empty list
NESTED_ERRORS = ("Token", "Arithmetic", "Transactional", "Trie")  # errors of the runtime that belong to no pallet


@dataclass(frozen=True, slots=True)
class Number:
    """The byte format of a value that is one whole number, lowest byte first; such values need no decoder.

    Attributes:
        width: Bytes.
        signed: Whether it may be below zero.
        in_bits: Whether its decoded form is `{"bits": number}`, as for a fixed-point number.
        lowest: The smallest number that fits.
        highest: The largest.
    """

    width: int
    signed: bool
    in_bits: bool
    lowest: int
    highest: int

    def decoded(self, data: bytes) -> Any:
        """The value of `width` bytes."""
        number = int.from_bytes(data, "little", signed=self.signed)
        return {"bits": number} if self.in_bits else number

    def encoded(self, value: Any) -> bytes | None:
        """The bytes of a value; None if the runtime's encoder must decide."""
        if self.in_bits:
            value = value.get("bits") if type(value) is dict and len(value) == 1 else None
        if type(value) is int and self.lowest <= value <= self.highest:
            return value.to_bytes(self.width, "little", signed=self.signed)
        return None


LETTERS = {1: "b", 2: "h", 4: "i", 8: "q"}  # of `struct`, for numbers below zero too; in capitals for others


class Record:
    """The byte format of a struct whose fields are whole numbers, or such structs; its values need no decoder either.

    The functions for it are made from Python text, as `namedtuple` does: accounts are read and written all the time.

    Attributes:
        fields: Name and format of each field, in order.
        width: Bytes of a value.
        decoded: The value of `width` bytes, as a dict.
        encoded: The bytes of a value; None if the runtime's encoder must decide.
    """

    def __init__(self, fields: Sequence[tuple[str, Number | Record]]) -> None:
        self.fields = tuple(fields)
        numbers = list(_numbers_of(self))
        packing = Struct("<" + "".join(map(_letter, numbers)))
        self.width = packing.size
        names = [f"n{i}" for i in range(len(numbers))]
        read = write = ""
        for name, number in zip(names, numbers, strict=True):
            if _letter(number).endswith("s"):
                order = f"'little', signed={number.signed}"
                read += f"{name} = int.from_bytes({name}, {order}); "
                write += f"{name} = {name}.to_bytes({number.width}, {order}); "
        text = f"""
def decoded(data):
    {", ".join(names)}, = unpack(data)
    {read}return {_as_dict(self, iter(names))}

def encoded(value):
    try:
        {_taken_apart(self, "value", iter(names))}
        if not ({" is ".join(f"type({name})" for name in names)} is int):
            return None
        {write}return pack({", ".join(names)})
    except (Unusual, KeyError, OverflowError):
        return None
"""
        space: dict[str, Any] = {"unpack": packing.unpack, "pack": packing.pack, "Unusual": StructError}
        exec(text, space)
        self.decoded: Callable[[bytes], Any] = space["decoded"]
        self.encoded: Callable[[Any], bytes | None] = space["encoded"]


def _numbers_of(record: Record) -> Iterator[Number]:
    """The numbers of a struct and of the structs in it, in order."""
    for _, kind in record.fields:
        yield from [kind] if isinstance(kind, Number) else _numbers_of(kind)


def _letter(number: Number) -> str:
    """What `struct` calls it; numbers of 128 bits are bytes at first."""
    letter = LETTERS.get(number.width, f"{number.width}s")
    return letter if number.signed or letter.endswith("s") else letter.upper()


def _as_dict(record: Record, names: Iterator[str]) -> str:
    """The text of a dict with the variables `names`."""
    values = (next(names) if isinstance(kind, Number) else _as_dict(kind, names) for _, kind in record.fields)
    return "{" + ", ".join(f"{name!r}: {value}" for (name, _), value in zip(record.fields, values, strict=True)) + "}"


def _taken_apart(record: Record, value: str, names: Iterator[str]) -> str:
    """The text that puts a dict's numbers into the variables `names`, or returns None where it is another one."""
    text = f"if type({value}) is not dict or len({value}) != {len(record.fields)}: return None\n        "
    for name, kind in record.fields:
        part = f"{value}[{name!r}]"
        text += f"{next(names)} = {part}\n        " if isinstance(kind, Number) else _taken_apart(kind, part, names)
    return text


@dataclass(frozen=True, slots=True)
class Item:
    """One storage item of the metadata.

    Attributes:
        prefix: The 32 bytes that all its keys begin with.
        arity: Number of its keys; 0 for a plain value.
        value_type: SCALE type of a value.
        optional: Whether a missing value is None; otherwise it is `default`.
        default: SCALE bytes of a missing value.
        default_is_empty: Whether they stand for an empty list.
        layout: How each key is hashed, and its type.
        number: The byte format of a value, if it is one whole number, or a struct of them.
        parts: For each key used so far, its bytes in a storage key; items whose keys have the same layout share them.
    """

    pallet: str
    name: str
    prefix: bytes
    arity: int
    value_type: str
    optional: bool
    default: bytes
    default_is_empty: bool
    layout: tuple[tuple[str, str], ...]
    number: Number | Record | None
    parts: tuple[dict[Any, bytes], ...] = field(repr=False)


class Runtime:
    """The schema of one runtime version; immutable, shared by every chain of the process."""

    def __init__(self, metadata: bytes) -> None:
        self.metadata = metadata
        self.core = bittensor_core.Runtime(metadata, SPEC_VERSION, TRANSACTION_VERSION, SS58_FORMAT)
        self.known_items: dict[tuple[str, str], Item] = {}  # items used so far
        self._parts: dict[tuple[str, str], dict[Any, bytes]] = {}  # by layout
        self._constants: dict[tuple[str, str], Any] = {}
        self.event_record_type = self._type_named("frame_system", "EventRecord")
        self.dispatch_error_type = self._type_named("sp_runtime", "DispatchError")
        self.account_type = self._type_named("sp_core", "crypto", "AccountId32")
        self.header_type = self._type_named("sp_runtime", "generic", "header", "Header")
        self.digest_item_type = self._type_named("sp_runtime", "generic", "digest", "DigestItem")

    @cached_property
    def metadata_v14(self) -> bytes:
        """The metadata in version 14, for older clients."""
        extrinsic = self.runtime_apis["BlockBuilder"]["apply_extrinsic"]["inputs"][0][1]
        return version_14(self.metadata, int(extrinsic.removeprefix("scale_info::")))

    @property
    def apply_result_type(self) -> str:
        """Type of an extrinsic's result in a block: `ApplyExtrinsicResult`."""
        return str(self.runtime_apis["BlockBuilder"]["apply_extrinsic"]["output"])

    def _type_named(self, *path: str) -> str:
        return next(f"scale_info::{i}" for i, t in self.types.items() if t.get("path") == list(path))

    @cached_property
    def types(self) -> dict[int, dict[str, Any]]:
        """The portable registry: type id to definition."""
        return {entry["id"]: entry["type"] for entry in json.loads(self.core.registry_json())["types"]}

    @cached_property
    def pallets(self) -> dict[str, dict[str, Any]]:
        """Pallet name to its index, calls, errors, storage items and constants."""
        return {pallet["name"]: pallet for pallet in self.core.metadata_ir()["pallets"]}

    @cached_property
    def runtime_apis(self) -> dict[str, dict[str, Any]]:
        """Runtime API name to its methods, each with the types of `inputs` and `output`."""
        apis: dict[str, dict[str, Any]] = self.core.runtime_api_map()
        return apis

    @cached_property
    def _error_indices(self) -> dict[tuple[str, str], tuple[int, int]]:
        return {
            (name, error["name"]): (pallet["index"], error["index"])
            for name, pallet in self.pallets.items()
            for error in pallet["errors"]
        }

    @cached_property
    def compact_limits(self) -> dict[tuple[str, str], dict[str, int]]:
        """Pallet and call to its compact arguments, each with the largest number of its type.

        The decoder reads compact numbers of any size; the real runtime refuses numbers that do not fit the type.
        """
        calls = next(t for t in self.types.values() if t.get("path", [""])[-1] == "RuntimeCall")
        found: dict[tuple[str, str], dict[str, int]] = {}
        for pallet in calls["def"]["variant"]["variants"]:
            for call in self.types[pallet["fields"][0]["type"]]["def"]["variant"]["variants"]:
                limits = {f["name"]: most for f in call.get("fields", []) if (most := self._most_compact(f["type"]))}
                if limits:
                    found[pallet["name"], call["name"]] = limits
        return found

    def _most_compact(self, type_id: int) -> int:
        """The largest number of a compact type; 0 for any other type."""
        definition = self.types[type_id]["def"]
        if "compact" not in definition:
            return 0
        inner = self.types[definition["compact"]["type"]]["def"]
        while "composite" in inner:  # an amount is a number in a struct of its own
            inner = self.types[inner["composite"]["fields"][0]["type"]]["def"]
        return (1 << int(inner["primitive"].removeprefix("u"))) - 1

    def item(self, pallet: str, name: str) -> Item:
        """The storage item `pallet.name`.

        Raises:
            BadValue: The runtime has no such item.
        """
        found = self.known_items.get((pallet, name))
        if found is not None:
            return found
        try:
            entry = self.core.storage_entry(pallet, name)
        except KeyError:
            raise BadValue("storage item", f"{pallet}.{name}", "an item of the runtime's metadata") from None
        default, optional = bytes(entry.default_bytes), entry.modifier != "Default"
        layout = tuple(zip(entry.param_hashers, entry.param_types, strict=True))
        item = Item(
            pallet=pallet,
            name=name,
            prefix=bytes(self.core.storage_prefix(pallet, name)),
            arity=len(entry.param_types),
            value_type=entry.value_type,
            optional=optional,
            default=default,
            default_is_empty=not optional
            and default == EMPTY
            and self.core.decode(entry.value_type, EMPTY, True) == [],
            layout=layout,
            number=self.number(entry.value_type) or self._record(entry.value_type),
            parts=tuple(self._parts.setdefault(each, {}) for each in layout),
        )
        self.known_items[(pallet, name)] = item
        return item

    def event(self, pallet: str, name: str) -> tuple[bytes, list[tuple[str | None, str]]] | None:
        """An event's indices in SCALE, and name and type of each field; None if there is no such event."""
        outer = next(t for t in self.types.values() if t.get("path", [""])[-1] == "RuntimeEvent")
        of_pallet = _variant(outer, pallet)
        found = None if of_pallet is None else _variant(self.types[of_pallet["fields"][0]["type"]], name)
        if of_pallet is None or found is None:
            return None
        fields = [(field.get("name"), f"scale_info::{field['type']}") for field in found.get("fields", [])]
        return bytes([of_pallet["index"], found["index"]]), fields

    def number(self, scale_type: str) -> Number | None:
        """The byte format of a type whose values are one whole number, alone or inside a struct; None for others."""
        definition, in_bits = self.types[int(scale_type.removeprefix("scale_info::"))]["def"], False
        while "composite" in definition and len(definition["composite"].get("fields", [])) == 1:
            only = definition["composite"]["fields"][0]
            if in_bits or only.get("name") not in (None, "bits"):
                return None
            definition, in_bits = self.types[only["type"]]["def"], only.get("name") == "bits"
        kind = definition.get("primitive", "")
        if kind[:1] not in ("u", "i"):
            return None
        bits, signed = int(kind[1:]), kind[0] == "i"
        lowest = -1 << bits - 1 if signed else 0
        return Number(bits // 8, signed, in_bits, lowest, lowest + (1 << bits) - 1)

    def _record(self, scale_type: str) -> Record | None:
        """The byte format of a struct of whole numbers with at least two fields."""
        definition = self.types[int(scale_type.removeprefix("scale_info::"))]["def"]
        inside = definition.get("composite", {}).get("fields", [])
        fields: list[tuple[str, Number | Record]] = []
        for field_ in inside:
            kind = f"scale_info::{field_['type']}"
            found = self.number(kind) or self._record(kind)
            if not field_.get("name") or found is None or (isinstance(found, Number) and found.in_bits):
                return None
            fields.append((field_["name"], found))
        return Record(fields) if len(fields) > 1 else None

    def constant(self, pallet: str, name: str) -> Any:
        """A constant of a pallet, decoded; don't change the returned value."""
        found = self._constants.get((pallet, name))
        if found is None:
            found = self._constants[(pallet, name)] = self.core.constant(pallet, name)
        return found

    @property
    def block_hashes_kept(self) -> int:
        """For how many blocks `System.BlockHash` keeps a hash."""
        return int(self.constant("System", "BlockHashCount"))

    def variants(self, *path: str) -> dict[str, int]:
        """Name and index of each variant of the enum with this path, in order."""
        definition = self.types[int(self._type_named(*path).removeprefix("scale_info::"))]["def"]["variant"]
        return {variant["name"]: variant["index"] for variant in definition["variants"]}

    def fields(self, *path: str) -> list[str]:
        """Names of the fields of the struct with this path, in order."""
        definition = self.types[int(self._type_named(*path).removeprefix("scale_info::"))]["def"]["composite"]
        return [field["name"] for field in definition["fields"]]

    def encode(self, scale_type: str, value: Any, field: str) -> bytes:
        """SCALE bytes of `value`.

        Raises:
            BadValue: The value does not fit the type; `field` says which value it was.
        """
        try:
            return bytes(self.core.encode(scale_type, value))
        except (ValueError, TypeError, OverflowError) as error:
            raise BadValue(field, value, f"what the runtime's type holds ({error})") from None

    def dispatch_error(self, error: DispatchError) -> Any:
        """The value of `sp_runtime::DispatchError` for an error raised by a call.

        Raises:
            BadValue: The metadata has no such error.
        """
        if not error.name:
            value: Any = error.pallet
        elif error.pallet in NESTED_ERRORS:
            value = {error.pallet: error.name}
        else:
            indices = self._error_indices.get((error.pallet, error.name))
            if indices is None:
                raise BadValue("error", f"{error.pallet}.{error.name}", "an error of the runtime's metadata")
            value = {"Module": {"index": indices[0], "error": f"0x{indices[1]:02x}000000"}}
        self.encode(self.dispatch_error_type, value, "error")
        return value

    def read_dispatch_error(self, value: Any) -> DispatchError:
        """The error of a decoded `sp_runtime::DispatchError`: the inverse of `dispatch_error`."""
        if isinstance(value, str):
            return DispatchError(value)
        ((kind, content),) = value.items()
        if kind != "Module":
            return DispatchError(kind, content)
        wanted = (content["index"], bytes.fromhex(content["error"][2:])[0])
        pallet, name = next(names for names, indices in self._error_indices.items() if indices == wanted)
        return DispatchError(pallet, name)


def _variant(definition: dict[str, Any], name: str) -> dict[str, Any] | None:
    """A variant of an enum, if it has one of this name."""
    return next((each for each in definition["def"]["variant"]["variants"] if each["name"] == name), None)


def octets(value: str) -> bytes:
    """The bytes of a decoded `Vec<u8>`, which is text, or `0x…` if the bytes are not UTF-8."""
    return bytes.fromhex(value[2:]) if value.startswith("0x") else value.encode()


@cache
def load_runtime() -> Runtime:
    """The lab's runtime; the first call takes 6 ms, later calls return the same object."""
    return Runtime(lzma.decompress(METADATA_FILE.read_bytes()))
