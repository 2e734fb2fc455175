"""Extrinsics: decode and check real bytes with real signatures.

A signed extrinsic (version 4) has these parts: length, version, signer, signature, how long it is valid (era), nonce,
tip, the mode of the metadata check, and the call. The signature covers the call, these extra fields, and four values
that are not sent: the versions of the runtime and of its extrinsics, the genesis hash, and the hash of the block in
which its era begins. So a signature is valid only for one chain, one runtime, one period of time and one nonce.

Sources: `sp_runtime::generic::{UncheckedExtrinsic, Era}` of the Polkadot SDK; `TxExtension` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bittensor_core

from tao_lab.chain.dispatch import Call
from tao_lab.chain.errors import MalformedExtrinsic
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.runtime import SPEC_VERSION, SS58_FORMAT, TRANSACTION_VERSION, Runtime

VERSION_4 = 4
SIGNED = 0x80
ADDRESS_ID = 0
SIGNATURE_BYTES = 64
SIGNATURE_KINDS = {0: bittensor_core.CRYPTO_ED25519, 1: bittensor_core.CRYPTO_SR25519}
NONCE_MAX = (1 << 32) - 1
TIP_MAX = (1 << 64) - 1
HASHED_ABOVE = 256  # a longer payload is signed by its hash
MIN_PERIOD, MAX_PERIOD = 4, 1 << 16


@dataclass(frozen=True, slots=True)
class Era:
    """A period of `period` blocks; the remainder of its first height divided by `period` is `phase`."""

    period: int
    phase: int

    def birth(self, current: int) -> int:
        """First block of the period that contains `current`."""
        return (max(current, self.phase) - self.phase) // self.period * self.period + self.phase


@dataclass(frozen=True, slots=True)
class Extrinsic:
    """A decoded extrinsic; an inherent (`Timestamp.set`) has no signer.

    Attributes:
        data: All bytes, beginning with their length.
        hash: BLAKE2b-256 of `data`.
        extra: The bytes of era, nonce, tip and mode, as signed.
        era: None if it never ends.
        signature_kind: Key type of `bittensor_core`.
    """

    data: bytes
    hash: bytes
    call_data: bytes
    call: Call
    signer: str | None = None
    signature: bytes = b""
    signature_kind: int = 0
    extra: bytes = b""
    era: Era | None = None
    nonce: int = 0
    tip: int = 0
    checks_metadata: bool = False


class _Reader:
    """Reads bytes from the front; an error names the field that is missing."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int, field: str) -> bytes:
        begin = self.at
        self.at = end = begin + size
        chunk = self.data[begin:end]
        if end > len(self.data):
            raise MalformedExtrinsic(field, f"{len(chunk)} bytes", f"{size} bytes: the extrinsic is truncated")
        return chunk

    def compact(self, field: str, most: int) -> int:
        """A compact integer in its shortest form, at most `most`."""
        first = self.take(1, field)[0]
        mode, value = first & 3, first >> 2  # a number below 64 is in this byte
        if mode:
            self.at -= 1
            size = (1, 2, 4, 1 + (first >> 2) + 4)[mode]
            number = int.from_bytes(self.take(size, field), "little")
            value = number >> 2 if mode < 3 else number >> 8
        if mode and compact(value) != self.data[self.at - size : self.at]:
            raise MalformedExtrinsic(field, value, "a compact integer in its shortest form")
        if value > most:
            raise MalformedExtrinsic(field, value, f"0 to {most}")
        return value


def compact(value: int) -> bytes:
    """SCALE's compact form of a whole number below 2^536."""
    for mode, size in ((0, 1), (1, 2), (2, 4)):
        if value < 1 << (8 * size - 2):
            return (value << 2 | mode).to_bytes(size, "little")
    size = (value.bit_length() + 7) // 8
    return bytes([(size - 4) << 2 | 3]) + value.to_bytes(size, "little")


def _era(reader: _Reader) -> Era | None:
    first = reader.take(1, "era")[0]
    if first == 0:
        return None
    encoded = first | reader.take(1, "era")[0] << 8
    period = 2 << (encoded % 16)
    phase = (encoded >> 4) * max(period >> 12, 1)
    if not (MIN_PERIOD <= period <= MAX_PERIOD and phase < period):
        raise MalformedExtrinsic("era", (period, phase), f"a period of {MIN_PERIOD} to {MAX_PERIOD}, phase below it")
    return Era(period, phase)


def _call(runtime: Runtime, data: bytes) -> Call:
    try:
        call = Call.from_decoded(runtime.core.decode_call(data))
    except (ValueError, OverflowError, KeyError) as error:
        raise MalformedExtrinsic("call", data.hex()[:64], f"a call of the runtime ({error})") from None
    _ensure_amounts_fit(runtime, call)
    return call


def _ensure_amounts_fit(runtime: Runtime, call: Call) -> None:
    for name, most in runtime.compact_limits.get((call.pallet, call.name), {}).items():
        if not 0 <= call.args[name] <= most:
            raise MalformedExtrinsic(name, call.args[name], f"0 to {most}")
    for inner in call.inner():
        _ensure_amounts_fit(runtime, inner)


def decode_extrinsic(runtime: Runtime, data: bytes, most_bytes: int) -> Extrinsic:
    """Take an extrinsic apart, without judging it.

    Args:
        runtime: The schema.
        data: The bytes, beginning with their length.
        most_bytes: Maximum length.

    Raises:
        MalformedExtrinsic: The bytes are not an extrinsic; the message names the first wrong field.
    """
    if len(data) > most_bytes:
        raise MalformedExtrinsic("length", f"{len(data)} bytes", f"at most {most_bytes} bytes")
    reader = _Reader(data)
    length = reader.compact("length", most_bytes)
    if length != len(data) - reader.at:
        raise MalformedExtrinsic("length", length, f"{len(data) - reader.at}, the bytes that follow")
    version = reader.take(1, "version")[0]
    if version == VERSION_4:
        call_data = data[reader.at :]
        return Extrinsic(data, blake2_256(data), call_data, _call(runtime, call_data))
    if version != SIGNED | VERSION_4:
        raise MalformedExtrinsic("version", version, f"{VERSION_4} or {SIGNED | VERSION_4}")
    if (kind := reader.take(1, "signer")[0]) != ADDRESS_ID:
        raise MalformedExtrinsic("signer", f"address of kind {kind}", "kind 0, an account")
    signer = bittensor_core.ss58_encode(reader.take(32, "signer"), SS58_FORMAT)
    if (kind := reader.take(1, "signature")[0]) not in SIGNATURE_KINDS:
        raise MalformedExtrinsic("signature", f"kind {kind}", "0 (ed25519) or 1 (sr25519)")
    signature = reader.take(SIGNATURE_BYTES, "signature")
    start = reader.at
    era = _era(reader)
    nonce = reader.compact("nonce", NONCE_MAX)
    tip = reader.compact("tip", TIP_MAX)
    if (mode := reader.take(1, "mode")[0]) > 1:
        raise MalformedExtrinsic("mode", mode, "0 or 1")
    extra, call_data = data[start : reader.at], data[reader.at :]
    return Extrinsic(
        data, blake2_256(data), call_data, _call(runtime, call_data), signer, signature, SIGNATURE_KINDS[kind],
        extra, era, nonce, tip, mode == 1,
    )  # fmt: skip


def signed_payload(extrinsic: Extrinsic, genesis_hash: bytes, era_hash: bytes) -> bytes:
    """The bytes that the signer of an extrinsic signs on this chain."""
    versions = SPEC_VERSION.to_bytes(4, "little") + TRANSACTION_VERSION.to_bytes(4, "little")
    payload = extrinsic.call_data + extrinsic.extra + versions + genesis_hash + era_hash + b"\x00"
    return blake2_256(payload) if len(payload) > HASHED_ABOVE else payload


def has_valid_signature(extrinsic: Extrinsic, genesis_hash: bytes, era_hash: bytes) -> bool:
    """Whether the extrinsic's signer signed it for this chain and this era."""
    payload = signed_payload(extrinsic, genesis_hash, era_hash)
    return bool(bittensor_core.verify(payload, extrinsic.signature, extrinsic.signer, extrinsic.signature_kind))


def call_bytes(runtime: Runtime, call: Call) -> bytes:
    """A call's SCALE bytes, with the calls inside it."""
    return bytes(runtime.core.compose_call(call.pallet, call.name, _composable(runtime, call.args)))


def _composable(runtime: Runtime, value: Any) -> Any:
    """An argument in the form for `compose_call`: with bytes instead of calls."""
    if isinstance(value, Call):
        return call_bytes(runtime, value)
    if isinstance(value, dict):
        return {key: _composable(runtime, item) for key, item in value.items()}
    return [_composable(runtime, item) for item in value] if isinstance(value, list) else value


def inherent(runtime: Runtime, pallet: str, name: str, args: dict[str, object]) -> Extrinsic:
    """An extrinsic of the block's author, without a signature."""
    call_data = bytes(runtime.core.compose_call(pallet, name, args))
    body = bytes([VERSION_4]) + call_data
    data = compact(len(body)) + body
    return Extrinsic(data, blake2_256(data), call_data, Call(pallet, name, dict(args)))


def split_extrinsics(data: bytes) -> list[bytes]:
    """Split a sequence of encoded extrinsics."""
    reader, found = _Reader(data), []
    while reader.at < len(data):
        start = reader.at
        length = reader.compact("length", len(data))
        reader.take(length, "extrinsic")
        found.append(data[start : reader.at])
    return found
