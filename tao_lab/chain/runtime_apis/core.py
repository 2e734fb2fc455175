"""Core, Metadata, AccountNonceApi and AuraApi: what a client asks before anything else.

Source: `impl_runtime_apis!` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api

METADATA_VERSIONS = [14, 15]


@runtime_api("Core")
def version(query: Query) -> dict[str, Any]:
    """The runtime's version."""
    found: dict[str, Any] = query.state.runtime.constant("System", "Version")
    return found


@runtime_api("Metadata")
def metadata(query: Query) -> bytes:
    """The metadata in the version that `state_getMetadata` gives."""
    return query.state.runtime.metadata_v14


@runtime_api("Metadata")
def metadata_at_version(query: Query, version: int) -> bytes | None:
    """The metadata in one of the versions that there are."""
    runtime = query.state.runtime
    if version not in METADATA_VERSIONS:
        return None
    return runtime.metadata if version == METADATA_VERSIONS[-1] else runtime.metadata_v14


@runtime_api("Metadata")
def metadata_versions(query: Query) -> list[int]:
    """The versions that there are."""
    return METADATA_VERSIONS


@runtime_api("AccountNonceApi")
def account_nonce(query: Query, account: str) -> int:
    """The nonce of the account's next extrinsic in a block."""
    return int(query.state.get("System", "Account", account)["nonce"])


@runtime_api("AuraApi")
def slot_duration(query: Query) -> int:
    """Milliseconds of a slot."""
    return int(query.state.runtime.constant("Aura", "SlotDuration"))


@runtime_api("AuraApi")
def authorities(query: Query) -> list[str]:
    """Public keys of the authors."""
    found: list[str] = query.state.get("Aura", "Authorities")
    return found
