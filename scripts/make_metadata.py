"""Make `tao_lab/chain/runtime-spec475.scale.xz`: the real runtime's schema of spec 475, mainnet's numbers, few texts.

    python scripts/make_metadata.py shared/data/runtime-spec461-v15.scale.xz

The input is the V15 metadata of the chain's runtime of spec version 461 (transaction version 1), a fixture of the
source distribution of `bittensor` 11.3.0 (Apache-2.0; the runtime itself is in the public domain). V15 metadata of a
newer runtime is not to be had, so it is patched to what mainnet has had since block 9,233,781, spec 475: `spec_475.py`
is the table of what was added, moved and removed, with its sources. Call the result "475, patched".

Each list of documentation sentences becomes an empty list, except those of errors, which clients show. The fixture
comes from a node built with `fast-runtime` (blocks of a quarter second); `MAINNET` puts back what `prod_or_fast!` gives
in production. Every other type, index, default and constant stays as it is: the script checks this by loading both and
comparing. The layout of V15 is in `tao_lab/chain/metadata.py`.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bittensor_core
import spec_475 as new
from bittensor._generated.errors import ERRORS

from tao_lab.chain.metadata import EMPTY_LIST, V15, Copier, compact

TARGET = Path(__file__).parents[1] / "tao_lab" / "chain" / "runtime-spec475.scale.xz"
OLD_VERSION, TRANSACTION_VERSION, SS58_FORMAT = 461, 1, 42
ERROR_PATH = [b"pallet", b"Error"]  # the end of the path of a pallet's errors

# (pallet, constant or storage item): (fast-runtime, production). Sources: common/src/lib.rs, runtime/src/lib.rs
# and pallets/subtensor/src/lib.rs of opentensor/subtensor, at `prod_or_fast!`.
MAINNET = {
    ("Aura", "SlotDuration"): (250, 12_000),
    ("Timestamp", "MinimumPeriod"): (125, 6_000),
    ("SubtensorModule", "InitialTempo"): (10, 360),
    ("SubtensorModule", "Tempo"): (10, 360),
    ("SubtensorModule", "InitialTxChildKeyTakeRateLimit"): (5, 216_000),
    ("SubtensorModule", "TxChildkeyTakeRateLimit"): (5, 216_000),
    ("SubtensorModule", "InitialColdkeySwapAnnouncementDelay"): (50, 36_000),
    ("SubtensorModule", "ColdkeySwapAnnouncementDelay"): (50, 36_000),
    ("SubtensorModule", "InitialColdkeySwapReannouncementDelay"): (10, 7_200),
    ("SubtensorModule", "ColdkeySwapReannouncementDelay"): (10, 7_200),
    ("SubtensorModule", "PendingChildKeyCooldown"): (15, 7_200),
    ("SubtensorModule", "HotkeySwapOnSubnetInterval"): (1, 7_200),
    ("SubtensorModule", "InitialMaxEpochsPerBlock"): (32, 2),
    ("SubtensorModule", "MaxEpochsPerBlock"): (32, 2),
    ("Crowdloan", "MinimumBlockDuration"): (50, 50_400),
    ("Crowdloan", "MaximumBlockDuration"): (20_000, 432_000),
}

# Tags of SCALE: `StorageEntryModifier`, `StorageEntryType`, `StorageHasher`, `TypeDef`.
OPTIONAL, DEFAULT, PLAIN, MAP = 0, 1, 0, 1
HASHERS = {"Blake2_128Concat": 2, "Twox64Concat": 5, "Identity": 6}
COMPOSITE, VARIANT, SEQUENCE, TUPLE = 0, 1, 2, 4


def text(value: str) -> bytes:
    """SCALE of a short string."""
    return compact(len(value.encode())) + value.encode()


def several(entries: Sequence[bytes]) -> bytes:
    """SCALE of a list."""
    return compact(len(entries)) + b"".join(entries)


def optional(value: bytes | None) -> bytes:
    """SCALE of an optional value."""
    return b"\x00" if value is None else b"\x01" + value


def field(name: str | None, number: int, type_name: str | None) -> bytes:
    """SCALE of a field of a struct or of a variant."""
    names = [optional(text(part) if part else None) for part in (name, type_name)]
    return names[0] + compact(number) + names[1] + EMPTY_LIST


class Registry:
    """The types of the old metadata and those that the new one adds, found by how a source writes them."""

    def __init__(self, types: list[dict[str, Any]]) -> None:
        self.old = {entry["id"]: entry["type"] for entry in types}
        self.added: list[bytes] = []
        self._numbers = {self._name(number): number for number in self.old}

    def _name(self, number: int) -> str:
        kind = self.old[number]
        path, shape = kind.get("path"), kind["def"]
        if path:
            return (
                str(path[-1])
                if path[-1] not in {"Option", "BoundedVec", "Event", "Call", "Error"}
                else f"{path}{number}"
            )
        if "primitive" in shape:
            return str(shape["primitive"])
        if "tuple" in shape:
            return f"({', '.join(self._name(part) for part in shape['tuple'])})"
        if "sequence" in shape:
            return f"Vec<{self._name(shape['sequence']['type'])}>"
        if "array" in shape:
            return f"[{self._name(shape['array']['type'])}; {shape['array']['len']}]"
        return f"type {number}"

    def __getitem__(self, name: str) -> int:
        """The number of a type."""
        return self._numbers[name]

    def at(self, path: Sequence[str]) -> int:
        """The number of the old type with this path."""
        return next(number for number, kind in self.old.items() if kind.get("path") == list(path))

    def add(self, name: str, path: Sequence[str], params: bytes, body: bytes) -> None:
        """A new type at the end of the registry."""
        number = len(self.old) + len(self.added)
        self._numbers[name] = number
        self.added.append(compact(number) + several([text(part) for part in path]) + params + body + EMPTY_LIST)

    def fields(self, fields: new.Fields) -> bytes:
        """SCALE of fields with their types' names."""
        return several([field(name, self[kind], kind) for name, kind in fields])

    def case(self, variant: dict[str, Any]) -> bytes:
        """SCALE of a variant of the old registry."""
        parts = [field(f.get("name"), f["type"], f.get("typeName")) for f in variant.get("fields", [])]
        docs = several([text(line) for line in variant.get("docs", [])])
        return text(variant["name"]) + several(parts) + bytes([variant["index"]]) + docs

    def new_case(self, case: new.Variant) -> bytes:
        """SCALE of a new variant."""
        return text(case.name) + self.fields(case.fields) + bytes([case.index]) + EMPTY_LIST


def add_types(types: Registry) -> None:
    """What the new calls, items and methods speak of."""
    for path, cases in new.NEW_ENUMS.items():
        body = bytes([VARIANT]) + several([types.new_case(case) for case in cases])
        types.add(path[-1], path, EMPTY_LIST, body)
    for path, fields in new.NEW_STRUCTS.items():
        params = several([text("AccountId") + optional(compact(types["AccountId32"]))])
        types.add(path[-1], path, params, bytes([COMPOSITE]) + types.fields(fields))
    for name in new.NEW_TUPLES:
        parts = [compact(types[part]) for part in name.strip("()").split(", ")]
        types.add(name, (), EMPTY_LIST, bytes([TUPLE]) + several(parts))
    for name in new.NEW_LISTS:
        inner = compact(types[name.removeprefix("Vec<").removesuffix(">")])
        types.add(name, (), EMPTY_LIST, bytes([SEQUENCE]) + inner)
    for name in new.NEW_BOUNDED:
        inner = name.removeprefix("BoundedVec<").removesuffix(">")
        params = several([text("T") + optional(compact(types[inner])), text("S") + optional(None)])
        body = bytes([COMPOSITE]) + several([field(None, types[f"Vec<{inner}>"], "Vec<T>")])
        types.add(name, ("bounded_collections", "bounded_vec", "BoundedVec"), params, body)
    for name in new.NEW_OPTIONS:
        inner = compact(types[name.removeprefix("Option<").removesuffix(">")])
        some = text("Some") + several([optional(None) + inner + optional(None) + EMPTY_LIST]) + b"\x01" + EMPTY_LIST
        body = bytes([VARIANT]) + several([text("None") + EMPTY_LIST + b"\x00" + EMPTY_LIST, some])
        types.add(name, ("Option",), several([text("T") + optional(inner)]), body)


def changed_enums(types: Registry) -> dict[int, bytes]:
    """The variants of each enum that 475 changes, by the number of its type."""
    found = {}
    for path, variants in new.VARIANTS.items():
        number = types.at(path)
        moved = {variant.name: variant.index for variant in variants}
        old = types.old[number]["def"]["variant"]["variants"]
        cases = [
            types.case({**variant, "index": moved.get(variant["name"], variant["index"]), "docs": []})
            for variant in old
        ]
        names = {variant["name"] for variant in old}
        cases += [types.new_case(case) for case in variants if case.name not in names]
        found[number] = bytes([VARIANT]) + several(cases)
    for pallet, path in new.ERRORS.items():
        errors = [(index, error) for (_, index), error in sorted(ERRORS.items()) if error.pallet == pallet]
        cases = [types.case({"name": e.name, "index": index, "docs": [e.docs]}) for index, e in errors]
        found[types.at(path)] = bytes([VARIANT]) + several(cases)
    return found


def storage_item(types: Registry, item: new.Item) -> bytes:
    """The storage entry of a new item."""
    value = compact(types[item.value])
    if item.keys:
        kinds = [kind for _, kind in item.keys]
        key = types[kinds[0]] if len(kinds) == 1 else types[f"({', '.join(kinds)})"]
        hashers = several([bytes([HASHERS[hasher]]) for hasher, _ in item.keys])
        shape = bytes([MAP]) + hashers + compact(key) + value
    else:
        shape = bytes([PLAIN]) + value
    default = bytes.fromhex(item.default) or b"\x00"
    modifier = bytes([DEFAULT if item.default else OPTIONAL])
    return text(item.name) + modifier + shape + compact(len(default)) + default + EMPTY_LIST


def runtime_version(old: bytes) -> bytes:
    """The constant `System.Version` with the new numbers."""
    changes = [(new.OLD_AND_NEW_SPEC, b"")]
    for name, versions in new.API_VERSIONS.items():
        changes.append((versions, hashlib.blake2b(name.encode(), digest_size=8).digest()))
    for (before, after), behind in changes:
        left, right = (behind + number.to_bytes(4, "little") for number in (before, after))
        if old.count(left) != 1:
            raise SystemExit(f"System.Version has no single {left.hex()}")
        old = old.replace(left, right)
    return old


class Patcher(Copier):
    """Copies metadata with mainnet's numbers and spec 475's changes; of its documentation only errors' sentences."""

    def __init__(self, data: bytes, types: Registry) -> None:
        super().__init__(data)
        self.types, self.enums = types, changed_enums(types)
        self.pallet, self.name = "", ""
        self.keeps_docs = False
        self.patched: set[tuple[str, str]] = set()

    def item(self) -> None:
        """Copy the name of a constant or a storage item and remember it."""
        self.name = self.octets().decode()

    def value(self) -> None:
        """Copy a constant's value or a storage item's default, with mainnet's number where they differ."""
        start = len(self.out)
        old = self.octets()
        place = (self.pallet, self.name)
        if place in MAINNET:
            before, after = (number.to_bytes(len(old), "little") for number in MAINNET[place])
        elif place in new.DEFAULTS:
            before, after = map(bytes.fromhex, new.DEFAULTS[place])
        elif place == ("System", "Version"):
            before, after = old, runtime_version(old)
        else:
            return
        if old != before:
            raise SystemExit(f"{self.pallet}.{self.name} is {old.hex()}, not {before.hex()}")
        self.out[start:] = compact(len(after)) + after
        self.patched.add(place)

    def path(self) -> None:
        """Copy the path of a type; what its variants mean is kept where they are a pallet's errors."""
        segments: list[bytes] = []
        self.each(lambda: segments.append(self.octets()))
        self.keeps_docs = segments[-2:] == ERROR_PATH

    def type(self) -> None:
        """Copy one entry of the registry of types, with another list of variants where 475 has one."""
        start = self.at
        number = self.compact()
        del self.out[len(self.out) - (self.at - start) :]
        self.at = start
        if number not in self.enums:
            super().type()
        else:
            self.skip(super().type)
            end, self.at = self.at, start
            self.compact()
            self.path()
            self.each(self.octets, lambda: self.option(self.compact))
            self.out += self.enums[number] + EMPTY_LIST
            self.at = end
        self.keeps_docs = False

    def docs(self) -> None:
        """Copy documentation of errors; write an empty list instead of any other."""
        if self.keeps_docs:
            super().docs()
            return
        self.skip(super().docs)
        self.out += EMPTY_LIST

    def each_and(self, more: Sequence[bytes], *parts: Callable[[], Any]) -> None:
        """Copy a list, with more entries behind it."""
        start = len(self.out)
        count = self.compact()
        self.out[start:] = compact(count + len(more))
        for _ in range(count):
            for part in parts:
                part()
        self.out += b"".join(more)

    def entries(self) -> None:
        """Copy a pallet's storage, without what 475 removed and with what it added, each at its place."""
        start = len(self.out)
        count = kept = self.compact()
        del self.out[start:]
        for _ in range(count):
            before = len(self.out)
            self.entry()
            if (self.pallet, self.name) in new.REMOVED_ITEMS:
                del self.out[before:]
                kept -= 1
            last = self.name
            while item := next((i for i in new.ITEMS if (i.pallet, i.after) == (self.pallet, last)), None):
                self.out += storage_item(self.types, item)
                kept, last = kept + 1, item.name
                self.patched.add((self.pallet, item.name))
        self.out[start:start] = compact(kept)

    def one_pallet(self) -> None:
        """One pallet: storage, calls, events, constants, errors."""
        self.pallet = self.octets().decode()
        self.pallet_parts(self.entries)
        self.docs()

    def runtime_api(self) -> None:
        """One runtime API, with its new methods."""
        name = self.octets().decode()
        methods = [
            text(method)
            + several([text(key) + compact(self.types[kind]) for key, kind in inputs])
            + compact(self.types[output])
            + EMPTY_LIST
            for method, inputs, output in new.METHODS.get(name, ())
        ]
        self.each_and(methods, self.octets, lambda: self.each(self.octets, self.compact), self.compact, self.docs)
        self.docs()


def patched(metadata: bytes) -> bytes:
    """The metadata of spec 475, without documentation but that of errors."""
    types = Registry(json.loads(_load(metadata, OLD_VERSION).registry_json())["types"])
    add_types(types)
    c = Patcher(metadata, types)
    if c.raw(len(V15)) != V15:
        raise SystemExit("not V15 metadata")
    c.each_and(types.added, c.type)
    c.each(c.one_pallet)
    c.raw(1)
    for _ in range(4):
        c.compact()
    c.each(c.octets, c.compact, c.compact)
    c.compact()
    c.each(c.runtime_api)
    for _ in range(3):
        c.compact()
    c.each(c.octets, c.compact, c.octets)
    if c.at != len(metadata):
        raise SystemExit(f"{len(metadata) - c.at} bytes left over: the layout is not the expected one")
    added = {(item.pallet, item.name) for item in new.ITEMS}
    expected = set(MAINNET) | set(new.DEFAULTS) | added | {("System", "Version")}
    if c.patched != expected:
        raise SystemExit(f"not found: {sorted(expected - c.patched)}")
    return bytes(c.out)


def _load(metadata: bytes, version: int) -> Any:
    return bittensor_core.Runtime(metadata, version, TRANSACTION_VERSION, SS58_FORMAT)


def bare(value: Any) -> Any:
    """`value` without its `docs` entries."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if key != "docs"}
    return [bare(item) for item in value] if isinstance(value, list | tuple) else value


def same_otherwise(old: bytes, small: bytes) -> None:
    """Stop unless the two differ in documentation, in `MAINNET` and in what `spec_475.py` lists only."""
    a, b = _load(old, OLD_VERSION), _load(small, new.SPEC_VERSION)
    before, after = (bare(json.loads(r.registry_json())["types"]) for r in (a, b))
    changed = [list(path) for path in (*new.VARIANTS, *new.ERRORS.values())]
    for left, right in zip(before, after, strict=False):
        if left != right and left["type"].get("path") not in changed:
            raise SystemExit(f"type {left} became {right}")
        if left["type"].get("path") in changed[: len(new.VARIANTS)]:
            numberless = [[{**v, "index": 0} for v in t["type"]["def"]["variant"]["variants"]] for t in (left, right)]
            if any(variant not in numberless[1] for variant in numberless[0]):
                raise SystemExit(f"{left['type']['path']} lost a variant")
    for name, api in a.runtime_api_map().items():
        newer = b.runtime_api_map()[name]
        if any(bare(newer[method]) != bare(api[method]) for method in api):
            raise SystemExit(f"a method of {name} changed")
    for pallet, newer in zip(a.metadata_ir()["pallets"], b.metadata_ir()["pallets"], strict=True):
        name = pallet["name"]
        for item in pallet["storage"]:
            place = (name, item["name"])
            if place in new.REMOVED_ITEMS:
                continue
            left, right = (r.storage_entry(*place) for r in (a, b))
            fixed = ("modifier", "param_hashers", "param_types", "value_type")
            if any(getattr(left, part) != getattr(right, part) for part in fixed):
                raise SystemExit(f"{place} changed")
            if left.default_bytes != right.default_bytes and place not in MAINNET and place not in new.DEFAULTS:
                raise SystemExit(f"the default of {place} changed")
        if pallet["constants"] != newer["constants"]:
            raise SystemExit(f"the constants of {name} changed")
        same = [n for n in pallet["constants"] if (name, n) not in MAINNET and (name, n) != ("System", "Version")]
        if any(a.constant(name, n) != b.constant(name, n) for n in same):
            raise SystemExit(f"a constant of {name} changed")


def main() -> None:
    """Write the file."""
    full = lzma.decompress(Path(sys.argv[1]).read_bytes())
    small = patched(full)
    same_otherwise(full, small)
    TARGET.write_bytes(lzma.compress(small, preset=9 | lzma.PRESET_EXTREME))
    print(f"{TARGET.name}: {len(full)} -> {len(small)} bytes, compressed {TARGET.stat().st_size}")


if __name__ == "__main__":
    main()
