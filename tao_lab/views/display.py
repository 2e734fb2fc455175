"""Cards for the chain's own objects in a notebook: blocks, receipts, wallets, metagraphs and others.

The layers below do not use pictures: `tao_lab.notebook` says which function here makes the card of each type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import bittensor as bt
import numpy as np

from tao_lab.cards import Card, Grid, Text
from tao_lab.chain.block import Block, Header
from tao_lab.chain.dispatch import Call
from tao_lab.chain.extrinsic import Extrinsic, decode_extrinsic
from tao_lab.chain.runtime import load_runtime
from tao_lab.network import Account, Receipt
from tao_lab.views.keys import short
from tao_lab.views.metagraph import MetagraphView, population_card

__all__ = ["MetagraphView", "population_card"]  # cards of other files, found here by `tao_lab.notebook`

MOST_ROWS = 20
MOST_NUMBERS = 6  # of an array
LONGEST = 90  # characters of a value
LONG_WORD = re.compile(r"\b\w{40,}\b")


def block_card(block: Block) -> Card:
    """Names and roots, and each extrinsic in a line."""
    decoded = [decode_extrinsic(load_runtime(), data, len(data)) for data in block.extrinsics[:MOST_ROWS]]
    rows = [
        [str(place), _brief(extrinsic.signer or "the block's author"), _call_text(extrinsic.call)]
        for place, extrinsic in enumerate(decoded)
    ]
    more = len(block.extrinsics) - len(rows)
    blocks = [_fields({"name": f"0x{block.hash.hex()}", **_header_fields(block.header)})]
    if rows:
        blocks.append(Grid(rows, ("", "signed by", "call")))
    said = (Text(f"… and {more:,} more."),) if more else ()
    return Card("info", f"Block {block.number:,}", f"{len(block.extrinsics)} extrinsics", (*blocks, *said))


def header_card(header: Header) -> Card:
    """The contents of a header, whose hash is the block's name."""
    return Card("info", "Header", f"of block {header.number:,}", (_fields(_header_fields(header)),))


def _header_fields(header: Header) -> dict[str, str]:
    return {
        "parent": f"0x{header.parent_hash.hex()}",
        "state root": f"0x{header.state_root.hex()}",
        "extrinsics root": f"0x{header.extrinsics_root.hex()}",
        "slot": f"{header.slot:,}",
    }


def extrinsic_card(extrinsic: Extrinsic) -> Card:
    """Signer and call, and the values that prevent sending it twice."""
    fields = {"hash": f"0x{extrinsic.hash.hex()}", "size": f"{len(extrinsic.data)} bytes"}
    if extrinsic.signer is not None:
        era = "for ever" if extrinsic.era is None else f"for {extrinsic.era.period} blocks"
        fields |= {
            "signed by": extrinsic.signer,
            "nonce": str(extrinsic.nonce),
            "good": era,
            "tip": f"{extrinsic.tip} rao",
        }
    fields |= {name: _short(value) for name, value in extrinsic.call.args.items()}
    return Card("info", "Extrinsic", f"`{extrinsic.call.pallet}.{extrinsic.call.name}`", (_fields(fields),))


def receipt_card(receipt: Receipt) -> Card:
    """Block, fee and events of a call."""
    rows = [
        [f"`{event['module_id']}.{event['event_id']}`", _brief(_short(event["attributes"], None))]
        for event in receipt.events[:MOST_ROWS]
    ]
    title = f"number {receipt.index} of block {receipt.block:,}, fee {receipt.fee}"
    grid = Grid(rows, ("event", "what it says"))
    if receipt.refusals:
        inside = tuple(Text(f"A call inside it failed: {error}.") for error in receipt.refusals[:MOST_ROWS])
        return Card("raised", "Failed inside", title, (*inside, grid))
    return Card("right", "Done", title, (grid,))


def account_card(account: Account) -> Card:
    """Balance and nonce of an account."""
    fields = {
        "free": str(account.free),
        "reserved": str(account.reserved),
        "nonce": f"{account.nonce}, the number of its next extrinsic",
    }
    return Card("info", "Account", account.address, (_fields(fields),))


def wallet_card(wallet: bt.Wallet) -> Card:
    """The addresses of a wallet, without its secrets."""
    rows = []
    for name, file, public in (
        ("coldkey", wallet.coldkey_file, wallet.coldkeypub_file),
        (f"hotkey {wallet.hotkey_str}", wallet.hotkey_file, wallet.hotkeypub_file),
    ):
        address = public.get_keypair().ss58_address if public.exists_on_device() else "not there yet"
        lock = (
            "no secret here" if not file.exists_on_device() else "encrypted" if file.is_encrypted() else "in clear text"
        )
        rows.append([name, address, lock])
    return Card("info", "Wallet", wallet.name, (Grid(rows, ("key", "address", "on disk")),))


def fields_card(value: Any) -> Card:
    """The fields of a rule's inputs or result, by their names in the rule; amounts are in rao."""
    named_tuple = getattr(value, "_fields", None)
    names = named_tuple or [field.name for field in fields(value)]
    about = (type(value).__doc__ or "").partition("\n")[0]
    shown = {f"`{name}`": _field_text(getattr(value, name)) for name in names if not name.startswith("_")}
    return Card("info", type(value).__name__, about, (_fields(shown),))


def _field_text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        first = ", ".join(str(number) for number in value.flat[:MOST_NUMBERS])
        more = ", …" if value.size > MOST_NUMBERS else ""
        return f"{' × '.join(map(str, value.shape))} {value.dtype}: {first}{more}"
    if is_dataclass(value):
        return type(value).__name__
    return _short(value)


def _fields(values: Mapping[str, str]) -> Grid:
    return Grid([[name, value] for name, value in values.items()])


def _call_text(call: Call) -> str:
    said = ", ".join(f"{name} {_short(value, None)}" for name, value in call.args.items())
    return f"`{call.pallet}.{call.name}` {_brief(said)}"


def _brief(text: str) -> str:
    """A text with long addresses and hashes shortened in the middle, so that a table fits its page."""
    text = LONG_WORD.sub(lambda match: short(match[0]), text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _short(value: Any, longest: int | None = LONGEST) -> str:
    """A decoded value in one line; with None it is not shortened."""
    if isinstance(value, Call):
        return f"{value.pallet}.{value.name}"
    if isinstance(value, bytes):
        return short(f"0x{value.hex()}")
    if isinstance(value, Mapping):
        text = ", ".join(f"{name} {_short(part, None)}" for name, part in value.items())
    elif isinstance(value, (list, tuple)):
        text = ", ".join(_short(part, None) for part in value)
    else:
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
