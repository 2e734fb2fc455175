"""Why nobody can change the past: change one bit of one payment in a chain of real blocks, and see who notices.

The blocks are made by the lab's chain. Each has a payment from Alice to Bob, signed by Alice. A forger changes one
payment, and rewrites other parts (`tao_lab.chain.tampering`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import altair as alt
from bittensor_core import Keypair

from tao_lab.chain.block import Block
from tao_lab.chain.chain import Chain
from tao_lab.chain.extrinsic import decode_extrinsic, has_valid_signature
from tao_lab.chain.genesis import FAUCET_URI, dev_uri
from tao_lab.chain.merkle import EMPTY_ROOT, list_root
from tao_lab.chain.runtime import load_runtime
from tao_lab.chain.tampering import change_extrinsic, forge, header_hash, mend_name, mend_root
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.boards.cells import Cell, Look
from tao_lab.views.charts import Style
from tao_lab.views.palette import VERMILLION
from tao_lab.views.tables import Table

BLOCKS = 8  # blocks with a payment, after block 0 and the block that fills Alice's account
FIRST = 2  # number of the first payment's block
LAST = FIRST + BLOCKS - 1
HOW = {
    "change": "changes one bit",
    "header": "and mends that block",
    "all": "and all blocks after it",
}
HASH_BITS = 256
LONGEST = 1 << 20  # bytes of an extrinsic here


@cache
def honest_blocks() -> tuple[Block, ...]:
    """A chain's blocks from 0 on; from block 2 on, Alice pays Bob in each."""
    faucet, alice, bob = (Keypair.from_uri(uri) for uri in (FAUCET_URI, dev_uri("Alice"), dev_uri("Bob")))
    chain = Chain()
    try:
        payments = [(faucet, alice, 1_000), *((alice, bob, 10 * number) for number in range(1, BLOCKS + 1))]
        for payer, payee, tao in payments:
            args = {"dest": payee.ss58_address, "value": tao * RAO_PER_TAO}
            chain.submit(chain.sign(payer, "Balances", "transfer_keep_alive", args))
            chain.produce_block()
        return tuple(chain.block(number) for number in range(chain.head.number + 1))
    finally:
        chain.close()


@dataclass(frozen=True)
class Verdict:
    """The results of a reader's checks of one block.

    Attributes:
        number: its height.
        payment: rao that it pays to Bob; None if it has no payment.
        signed: whether the payer signed this payment; None if there is no payment.
        parent: whether it has the present name of the block before.
        root: whether its payments match the root in its header.
        name: whether its name is the hash of its header.
        hash: its name, 32 bytes.
        bits: number of bits in which its name differs from the name that everybody else has.
    """

    number: int
    payment: int | None
    signed: bool | None
    parent: bool
    root: bool
    name: bool
    hash: bytes
    bits: int

    @property
    def fits(self) -> bool:
        """Whether all hashes fit, without looking at the signature."""
        return self.parent and self.root and self.name


def forged(number: int, how: str) -> tuple[Block, ...]:
    """The chain after a forger's work.

    Args:
        number: number of the block whose payment is changed; 0 for no change.
        how: how much the forger rewrites, one of `HOW`.
    """
    blocks = honest_blocks()
    if not number:
        return blocks
    if how == "all":
        return tuple(forge(blocks, number, LAST))
    changed = change_extrinsic(blocks, number)
    if how == "header":
        changed = mend_name(mend_root(changed, number), number)
    return tuple(changed)


@cache
def verdicts(number: int, how: str) -> tuple[Verdict, ...]:
    """The results for a reader who knows the true names, block by block."""
    honest, blocks = honest_blocks(), forged(number, how)
    found, before = [], EMPTY_ROOT
    for true, block in zip(honest, blocks, strict=True):
        payment, signed = _payment(block, blocks[0].hash)
        found.append(
            Verdict(
                number=block.number,
                payment=payment,
                signed=signed,
                parent=block.header.parent_hash == before,
                root=list_root(block.extrinsics) == block.header.extrinsics_root,
                name=header_hash(block.header) == block.hash,
                hash=block.hash,
                bits=(int.from_bytes(true.hash) ^ int.from_bytes(block.hash)).bit_count(),
            )
        )
        before = block.hash
    return tuple(found)


def _payment(block: Block, genesis: bytes) -> tuple[int | None, bool | None]:
    """Amount of a block's payment in rao, and whether its payer signed it."""
    if block.number < FIRST:
        return None, None
    extrinsic = decode_extrinsic(load_runtime(), block.extrinsics[-1], LONGEST)
    return int(extrinsic.call.args["value"]), has_valid_signature(extrinsic, genesis, genesis)


# --- what is said and shown -------------------------------------------------------------------------------------------


def tao(rao: int) -> str:
    """An amount, exact enough to show one bit."""
    return f"{rao / RAO_PER_TAO:.4f}".rstrip("0").rstrip(".") + " τ"


def sentence(number: int, how: str) -> str:
    """What happened, and who notices."""
    found = verdicts(number, how)
    if not number:
        return f"{LAST + 1} blocks, each with the name of the one before it: every hash and every signature fits."
    old, new = (verdicts(which, how)[number].payment for which in (0, number))
    assert old is not None
    assert new is not None
    changed = f"One bit in block {number} makes {tao(old)} into {tao(new)}"
    others = sum(verdict.bits > 0 for verdict in found)
    if how == "change":
        return f"{changed}. Its own header gives it away: the payments no longer have the root that it names."
    if how == "header" and number < LAST:
        return (
            f"{changed}. The mended block has another name, {found[number].bits} of {HASH_BITS} bits differ, "
            f"and block {number + 1} still names the old one."
        )
    plural = "the name of 1 block is" if others == 1 else f"the names of {others} blocks are"
    return (
        f"{changed}. Every hash fits again, but {plural} not what everybody else keeps, "
        "and Alice's signature doesn't fit the new amount."
    )


def rows() -> list[str]:
    """Names of the rows, from top to bottom."""
    return ["block", *(str(number) for number in range(LAST + 1))]


COLUMNS = (("pays", 1.25), ("parent", 1.1), ("name", 1.1), ("reader", 1.55))


def cells(number: int, how: str) -> list[Cell]:
    """The chain as a table: the contents of each block, and the result of a reader's checks."""
    blocks, honest = forged(number, how), honest_blocks()
    found = [Cell("block", column, name, "head") for column, (name, _) in enumerate(COLUMNS)]
    for verdict, block, true in zip(verdicts(number, how), blocks, honest, strict=True):
        row = str(verdict.number)
        changed = block.extrinsics != true.extrinsics
        pays = "–" if verdict.payment is None else f"{verdict.payment / RAO_PER_TAO:.3g} τ"
        parent_look: Look = "plain" if block.header.parent_hash == true.header.parent_hash else "bad"
        found += [
            Cell(row, 0, f"≠ {pays}" if changed else pays, "bad" if changed else "plain"),
            Cell(row, 1, _name(block.header.parent_hash, true.header.parent_hash), parent_look),
            Cell(row, 2, _name(block.hash, true.hash), "bad" if block.hash != true.hash else "plain"),
            Cell(row, 3, *_finding(verdict, block.hash == true.hash)),
        ]
    return found


def _name(now: bytes, then: bytes) -> str:
    if not any(now):
        return "–"
    return f"≠ {now[:2].hex()}" if now != then else now[:2].hex()


def _finding(verdict: Verdict, same: bool) -> tuple[str, Look]:
    if not verdict.root:
        return "✗ root", "bad"
    if not verdict.name:
        return "✗ name", "bad"
    if not verdict.parent:
        return "✗ parent", "bad"
    if verdict.signed is False:
        return "✗ signature", "bad"
    return ("✓ fits", "good") if same else ("✗ unknown", "bad")


def chain_title(number: int, how: str) -> str:
    """What the table shows."""
    if not number:
        return "Every block carries the name of the one before it"
    bad = sum(_finding(v, v.bits == 0)[1] == "bad" for v in verdicts(number, how))
    return f"A reader who kept the true names refuses {bad} of {LAST + 1} blocks"


def bits_table(number: int, how: str) -> Table:
    """How many bits of each block's name differ."""
    found = verdicts(number, how)
    return {"block": [v.number for v in found], "bits": [v.bits for v in found]}


def bits_title(number: int, how: str) -> str:
    """What the bars show."""
    other = [v.bits for v in verdicts(number, how) if v.bits]
    if not other:
        return "All names are what they were" if not number else "No name has changed: the header is untouched"
    if len(other) == 1:
        return f"1 name changed, by {other[0]} of {HASH_BITS} bits"
    return f"{len(other)} names changed, by {min(other)} to {max(other)} of {HASH_BITS} bits"


def bits_spec(style: Style) -> alt.LayerChart:
    """Bars: bits of each block's name that differ; a line at one half."""
    x = alt.X("block:O", title="block", axis=alt.Axis(labelAngle=0, ticks=False))
    y = alt.Y(
        "bits:Q",
        title="bits that differ",
        scale=alt.Scale(domain=[0, HASH_BITS]),
        axis=alt.Axis(values=[0, HASH_BITS // 2, HASH_BITS]),
    )
    bars = alt.Chart(alt.NamedData("rows")).mark_bar(color=VERMILLION).encode(x=x, y=y)
    texts = (
        alt.Chart(alt.NamedData("rows"))
        .transform_filter("datum.bits > 0")
        .mark_text(baseline="bottom", dy=-3, fontSize=style.font * 0.8)
        .encode(x=x, y=y, text="bits:Q")
    )
    return alt.layer(bars, texts)


def widths() -> Sequence[float]:
    """Of the table's columns."""
    return [width for _, width in COLUMNS]
