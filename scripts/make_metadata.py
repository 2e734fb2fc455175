"""Make `tao_lab/chain/runtime-spec461.scale.xz` from the real runtime's metadata: mainnet's numbers, little prose.

    python scripts/make_metadata.py shared/data/runtime-spec461-v15.scale.xz

The input is the V15 metadata of the chain's runtime (spec version 461, transaction version 1), a fixture of the source
distribution of `bittensor` 11.3.0 (Apache-2.0; the runtime itself is in the public domain). Each list of documentation
sentences becomes an empty list, except those of errors, which clients show. The fixture comes from a node built with
`fast-runtime` (blocks of a quarter second); `MAINNET` puts back what `prod_or_fast!` gives in production. One storage
item is added, which the SDK reads before it sets weights although this runtime does not have it yet:
`SubtensorModule.SubnetEpochConsensus`, by netuid, with the default `Yuma`. Every other type, index, default and
constant stays as it is: the script checks this by loading both and comparing.

The layout of V15 is in `tao_lab/chain/metadata.py`.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bittensor_core

from tao_lab.chain.metadata import EMPTY_LIST, V15, Copier, compact

TARGET = Path(__file__).parents[1] / "tao_lab" / "chain" / "runtime-spec461.scale.xz"
SPEC_VERSION, TRANSACTION_VERSION, SS58_FORMAT = 461, 1, 42
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


ADDED_TO, ADDED_ITEM = "SubtensorModule", "SubnetEpochConsensus"
ADDED_TYPE = ("pallet_subtensor", "pallet", "EpochConsensus")
ADDED_VARIANTS = ("Yuma", "Null")
NETUID_PATH = ["subtensor_runtime_common", "NetUid"]
DEFAULT_MODIFIER, MAP, IDENTITY, VARIANT = 1, 1, 6, 1  # tags of `StorageEntryModifier`, …Type, `…Hasher`, `TypeDef`


def text(value: str) -> bytes:
    """SCALE of a short string."""
    return compact(len(value)) + value.encode()


def added_type(number: int) -> bytes:
    """The registry's entry of the added enum."""
    path = compact(len(ADDED_TYPE)) + b"".join(map(text, ADDED_TYPE))
    variants = b"".join(
        text(name) + EMPTY_LIST + bytes([index]) + EMPTY_LIST for index, name in enumerate(ADDED_VARIANTS)
    )
    body = bytes([VARIANT]) + compact(len(ADDED_VARIANTS)) + variants
    return compact(number) + path + EMPTY_LIST + body + EMPTY_LIST


def added_item(netuid_type: int, value_type: int) -> bytes:
    """The storage entry of the added item."""
    shape = bytes([MAP]) + compact(1) + bytes([IDENTITY]) + compact(netuid_type) + compact(value_type)
    return text(ADDED_ITEM) + bytes([DEFAULT_MODIFIER]) + shape + compact(1) + b"\x00" + EMPTY_LIST


class Shortener(Copier):
    """Copies metadata with mainnet's numbers, and of its documentation only what tells of an error."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.pallet, self.name = "", ""
        self.keeps_docs = False
        self.patched: set[tuple[str, str]] = set()

    def item(self) -> None:
        """Copy the name of a constant or a storage item and remember it."""
        self.name = self.octets().decode()

    def value(self) -> None:
        """Copy a constant's value or a storage item's default, with mainnet's number where they differ."""
        old = self.octets()
        change = MAINNET.get((self.pallet, self.name))
        if change is not None:
            if int.from_bytes(old, "little") != change[0]:
                raise SystemExit(f"{self.pallet}.{self.name} is {old.hex()}, not {change[0]}")
            self.out[-len(old) :] = change[1].to_bytes(len(old), "little")
            self.patched.add((self.pallet, self.name))

    def path(self) -> None:
        """Copy the path of a type; what its variants mean is kept where they are a pallet's errors."""
        segments: list[bytes] = []
        self.each(lambda: segments.append(self.octets()))
        self.keeps_docs = segments[-2:] == ERROR_PATH

    def type(self) -> None:
        """Copy one entry of the registry of types."""
        super().type()
        self.keeps_docs = False

    def docs(self) -> None:
        """Copy documentation of errors; write an empty list instead of any other."""
        if self.keeps_docs:
            super().docs()
            return
        self.skip(super().docs)
        self.out += EMPTY_LIST

    def each_and(self, more: Callable[[int], bytes], *parts: Callable[[], Any]) -> None:
        """Copy a list, and put one entry behind it: `more` of the number of entries."""
        start = len(self.out)
        count = self.compact()
        self.out[start:] = compact(count + 1)
        for _ in range(count):
            for part in parts:
                part()
        self.out += more(count)


def copy_pallet(c: Shortener, added: bytes) -> None:
    """One pallet: storage, calls, events, constants, errors."""

    def entries() -> None:
        if c.pallet == ADDED_TO:
            c.each_and(lambda _: added, c.entry)
        else:
            c.each(c.entry)

    c.pallet = c.octets().decode()
    c.pallet_parts(entries)
    c.docs()


def without_docs(metadata: bytes) -> bytes:
    """The same metadata without documentation but that of errors, and with what is added."""
    types = json.loads(_load(metadata).registry_json())["types"]
    netuid_type = next(entry["id"] for entry in types if entry["type"].get("path") == NETUID_PATH)
    c = Shortener(metadata)
    if c.raw(len(V15)) != V15:
        raise SystemExit("not V15 metadata")
    c.each_and(added_type, c.type)
    c.each(lambda: copy_pallet(c, added_item(netuid_type, len(types))))
    c.raw(1)
    for _ in range(4):
        c.compact()
    c.each(c.octets, c.compact, c.compact)
    c.compact()
    c.each(c.octets, lambda: c.each(c.octets, lambda: c.each(c.octets, c.compact), c.compact, c.docs), c.docs)
    for _ in range(3):
        c.compact()
    c.each(c.octets, c.compact, c.octets)
    if c.at != len(metadata):
        raise SystemExit(f"{len(metadata) - c.at} bytes left over: the layout is not the expected one")
    if c.patched != set(MAINNET):
        raise SystemExit(f"not found: {sorted(set(MAINNET) - c.patched)}")
    return bytes(c.out)


def _load(metadata: bytes) -> Any:
    return bittensor_core.Runtime(metadata, SPEC_VERSION, TRANSACTION_VERSION, SS58_FORMAT)


def bare(value: Any) -> Any:
    """`value` without its `docs` entries."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if key != "docs"}
    return [bare(item) for item in value] if isinstance(value, list | tuple) else value


def same_schema(one: bytes, other: bytes) -> bool:
    """Whether two metadata blobs differ in documentation, in `MAINNET` and in what is added only."""
    a, b = _load(one), _load(other)
    *types, added = json.loads(b.registry_json())["types"]
    if added["type"]["path"] != list(ADDED_TYPE) or bare(json.loads(a.registry_json())["types"]) != bare(types):
        return False
    ir = b.metadata_ir()
    storage = next(pallet for pallet in ir["pallets"] if pallet["name"] == ADDED_TO)["storage"]
    storage[:] = [item for item in storage if item["name"] != ADDED_ITEM]
    if bare(a.runtime_api_map()) != bare(b.runtime_api_map()) or bare(a.metadata_ir()) != bare(ir):
        return False
    for pallet in a.metadata_ir()["pallets"]:
        for item in pallet["storage"]:
            left, right = (r.storage_entry(pallet["name"], item["name"]) for r in (a, b))
            if left.param_hashers != right.param_hashers:
                return False
            if left.default_bytes != right.default_bytes and (pallet["name"], item["name"]) not in MAINNET:
                return False
        names = [n for n in pallet["constants"] if (pallet["name"], n) not in MAINNET]
        if any(a.constant(pallet["name"], n) != b.constant(pallet["name"], n) for n in names):
            return False
    return True


def main() -> None:
    """Write the file."""
    full = lzma.decompress(Path(sys.argv[1]).read_bytes())
    small = without_docs(full)
    if not same_schema(full, small):
        raise SystemExit("the schema changed: nothing written")
    TARGET.write_bytes(lzma.compress(small, preset=9 | lzma.PRESET_EXTREME))
    print(f"{TARGET.name}: {len(full)} -> {len(small)} bytes, compressed {TARGET.stat().st_size}")


if __name__ == "__main__":
    main()
