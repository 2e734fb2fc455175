"""Encode calls and sign extrinsics like a wallet, for a chain in this process or on another computer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import bittensor_core
from bittensor_core import Keypair

from tao_lab.chain.errors import BadValue
from tao_lab.chain.runtime import Runtime


@dataclass(frozen=True)
class Terms:
    """The signed values of an extrinsic besides its call.

    Attributes:
        nonce: number of the account's extrinsic.
        head: height at which it is signed.
        period: blocks for which it is valid, a power of two from 4 on; None: forever.
        tip: rao in addition to the fee.
    """

    nonce: int
    head: int
    period: int | None = None
    tip: int = 0


def compose(runtime: Runtime, pallet: str, name: str, args: Mapping[str, Any]) -> bytes:
    """A call as bytes.

    Raises:
        BadValue: It does not exist or an argument does not fit it.
    """
    for arg, most in runtime.compact_limits.get((pallet, name), {}).items():
        if isinstance(args.get(arg), int) and args[arg] > most:
            raise BadValue(arg, args[arg], f"0 to {most}")
    try:
        return bytes(runtime.core.compose_call(pallet, name, dict(args)))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise BadValue(f"{pallet}.{name}", dict(args), f"a call of the runtime's metadata ({error})") from None


def sign(
    runtime: Runtime, keypair: Keypair, call: bytes, terms: Terms, block_hash: Callable[[int], bytes | None]
) -> bytes:
    """A signed extrinsic.

    Args:
        runtime: of the chain.
        keypair: key of `bittensor_core` that signs.
        call: from `compose`.
        terms: the other signed values.
        block_hash: returns the hash of a height, including genesis.
    """
    era: Any = "00" if terms.period is None else {"period": terms.period, "current": terms.head}
    birth = 0 if terms.period is None else bittensor_core.era_birth(terms.period, terms.head)
    fields = {"era": era, "nonce": terms.nonce, "tip": terms.tip, "tip_asset_id": None}
    payload = runtime.core.signature_payload(
        call, genesis_hash=block_hash(0), era_block_hash=block_hash(birth), **fields
    )
    data, _ = runtime.core.encode_signed_extrinsic(
        call,
        public_key=keypair.public_key,
        signature=keypair.sign(payload),
        signature_version=keypair.crypto_type,
        **fields,
    )
    return bytes(data)
