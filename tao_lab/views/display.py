"""What the chain's own objects look like in a notebook: blocks, receipts, wallets, metagraphs and the like.

The layers below know nothing of pictures. `shown_as` finds the card of an object;
`tao_lab.showing` asks for it where there is a notebook. To add a type, add a line to `CARDS`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bittensor as bt

from tao_lab.cards import Card, Grid, Text
from tao_lab.chain.block import Block, Header
from tao_lab.chain.dispatch import Call
from tao_lab.chain.extrinsic import Extrinsic, decode_extrinsic
from tao_lab.chain.runtime import load_runtime
from tao_lab.network import Account, Metagraph, Population, Receipt
from tao_lab.views.keys import short
from tao_lab.views.metagraph import MetagraphView, population_card

MOST_ROWS = 20
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
    """What a block's name commits to."""
    return Card("info", "Header", f"of block {header.number:,}", (_fields(_header_fields(header)),))


def _header_fields(header: Header) -> dict[str, str]:
    return {
        "parent": f"0x{header.parent_hash.hex()}",
        "state root": f"0x{header.state_root.hex()}",
        "extrinsics root": f"0x{header.extrinsics_root.hex()}",
        "slot": f"{header.slot:,}",
    }


def extrinsic_card(extrinsic: Extrinsic) -> Card:
    """Who signed what, and what keeps it from being sent twice."""
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
    """Where it went, what it cost, and what happened."""
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
    """The addresses of a wallet; never its secrets."""
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


def _fields(values: Mapping[str, str]) -> Grid:
    return Grid([[name, value] for name, value in values.items()])


def _call_text(call: Call) -> str:
    said = ", ".join(f"{name} {_short(value, None)}" for name, value in call.args.items())
    return f"`{call.pallet}.{call.name}` {_brief(said)}"


def _brief(text: str) -> str:
    """Long addresses and hashes cut in the middle, so that a table fits its page."""
    text = LONG_WORD.sub(lambda match: short(match[0]), text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _short(value: Any, longest: int | None = LONGEST) -> str:
    """A decoded value in a line; None lets it be as long as it is."""
    if isinstance(value, Call):
        return f"{value.pallet}.{value.name}"
    if isinstance(value, Mapping):
        text = ", ".join(f"{name} {_short(part, None)}" for name, part in value.items())
    elif isinstance(value, (list, tuple)):
        text = ", ".join(_short(part, None) for part in value)
    else:
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


CARDS: dict[type, Callable[[Any], Card | MetagraphView]] = {
    Block: block_card,
    Header: header_card,
    Extrinsic: extrinsic_card,
    Receipt: receipt_card,
    Account: account_card,
    bt.Wallet: wallet_card,
    Metagraph: MetagraphView,
    Population: population_card,
}


def shown_as(value: Any) -> Card | MetagraphView | None:
    """What a notebook shows for an object of ours; None for any other.

    Args:
        value: of any type. Dataclasses without a card of their own become a table of their fields; a list of
            dataclasses of one type becomes a table with a row for each.
    """
    for kind in type(value).__mro__:
        if kind in CARDS:
            return CARDS[kind](value)
    if is_ours(value):
        return fields_card(value)
    if isinstance(value, (list, tuple)) and value and is_ours(value[0]) and len({type(one) for one in value}) == 1:
        return rows_card(value)
    return None


def is_ours(value: Any) -> bool:
    """Whether it is a dataclass of the lab that has no picture of its own."""
    ours = type(value).__module__.startswith("tao_lab.") and dataclasses.is_dataclass(value)
    return (
        ours
        and not isinstance(value, type)
        and not any(hasattr(value, own) for own in ("_repr_mimebundle_", "_repr_html_", "_ipython_display_"))
    )


def fields_card(value: Any) -> Card:
    """A dataclass, a field in a line."""
    fields = {field.name: _short(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return Card("info", type(value).__name__, "", (_fields(fields),))


def rows_card(values: Sequence[Any]) -> Card:
    """Dataclasses of one type, each in a line."""
    names = [field.name for field in dataclasses.fields(values[0])]
    rows = [[_short(getattr(value, name), 40) for name in names] for value in values[:MOST_ROWS]]
    more = len(values) - len(rows)
    said = (Text(f"… and {more:,} more."),) if more else ()
    return Card("info", type(values[0]).__name__, f"{len(values):,} of them", (Grid(rows, names), *said))
