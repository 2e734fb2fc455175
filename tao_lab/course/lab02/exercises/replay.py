"""02.6: the same payment twice, and why the chain refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import bittensor_core
import numpy as np
from bittensor_core import Keypair, verify

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.extrinsic import Extrinsic, signed_payload
from tao_lab.chain.genesis import FAUCET_URI, Genesis
from tao_lab.course.exercise import Case, Edit, Exercise, read_values

RAO = 10**9


def refusal(extrinsic, payload, next_nonce):
    """Why no block may contain an extrinsic.

    extrinsic   Extrinsic  signer (str, an address), signature (64 bytes), nonce (int)
    payload     bytes      what its signer must have signed on this chain
    next_nonce  int        of the signer's account

    Returns "BadProof", "Stale", or "" if it may come in.

    >>> from types import SimpleNamespace
    >>> from bittensor_core import Keypair
    >>> alice = Keypair.create_from_uri("//Alice")
    >>> paid = SimpleNamespace(signer=alice.ss58_address, signature=alice.sign(b"pay Bob"), nonce=0)
    >>> refusal(paid, b"pay Bob", 0), refusal(paid, b"pay Bob", 1), refusal(paid, b"pay Eve", 1)
    ('', 'Stale', 'BadProof')
    """
    if not verify(payload, extrinsic.signature, extrinsic.signer):
        return "BadProof"
    return "Stale" if extrinsic.nonce < next_nonce else ""


def reference(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    """By the chain's own parts; the cases bring what the running chain said."""
    kind = extrinsic.signature_kind
    if not bittensor_core.verify(payload, extrinsic.signature, extrinsic.signer, kind):
        return "BadProof"
    return "Stale" if extrinsic.nonce < next_nonce else ""


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Two payments, and what one may try with their bytes."""
    yield from _cases()


@cache
def _cases() -> tuple[Case, ...]:
    chain, other = Chain(), Chain(genesis=Genesis(time_ms=Genesis().time_ms + 12_000))
    alice, bob = Keypair.from_uri(FAUCET_URI), Keypair.from_uri("//Bob").ss58_address
    pay = {"dest": bob, "value": RAO}
    chain.submit(chain.sign(alice, "Balances", "transfer_keep_alive", pay))
    chain.produce_block()
    old = chain.head.extrinsics[-1]
    chain.submit(chain.sign(alice, "Balances", "transfer_keep_alive", pay))
    chain.produce_block()
    last = chain.head.extrinsics[-1]
    new = chain.sign(alice, "Balances", "transfer_keep_alive", pay)
    tried = {
        "a new payment": new,
        "the old payment, the very same bytes again": old,
        "the last payment, the very same bytes again": last,
        "the new payment, its amount changed by one bit": _flipped(new),
        "the old payment, its amount changed by one bit": _flipped(old),
        "a payment that was signed for another chain": other.sign(
            alice, "Balances", "transfer_keep_alive", pay, nonce=2
        ),
        "a payment signed again, with the nonce of the old one": chain.sign(
            alice, "Balances", "transfer_keep_alive", pay, nonce=0
        ),
        "a payment signed ahead of its turn, with nonce 3": chain.sign(
            alice, "Balances", "transfer_keep_alive", pay, nonce=3
        ),
    }
    next_nonce = chain.next_nonce(alice.ss58_address)
    found = []
    for about, data in tried.items():
        extrinsic = chain.decode(data)
        payload = signed_payload(extrinsic, chain.genesis_hash, chain.genesis_hash)
        arguments = {"extrinsic": extrinsic, "payload": payload, "next_nonce": next_nonce}
        found.append(Case(arguments, about, expected={"refusal": _what_the_chain_says(chain, data)}))
    return tuple(found)


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _what_the_chain_says(chain: Chain, data: bytes) -> str:
    try:
        chain.submit(data)
    except InvalidTransaction as error:
        return error.name
    return ""


EXERCISE = Exercise(
    id="02.6",
    title="Replay a payment, and explain the error",
    solution=refusal,
    reference=reference,
    cases=cases,
    read=read_values(refusal=str),
    look="Ask of the case, in this order: who signed these very bytes, and was their nonce used before?",
    unlocks="You know who may enter a block, and why a signature is not enough.",
    wrong_answers=(
        Edit(
            "nonce asked before the signature",
            {
                "    if not verify": '    if extrinsic.nonce < next_nonce:\n        return "Stale"\n    if not verify',
            },
            "You ask for the nonce first. Somebody may have changed the bytes, and then the nonce in them means "
            "nothing.",
        ),
        Edit(
            "only the signature",
            {'return "Stale" if extrinsic.nonce < next_nonce else ""': 'return ""'},
            "You look at the signature only. It is as good the second time as the first: a payment could be made again "
            "and again. What counts what its signer sent?",
        ),
        Edit(
            "only the nonce",
            {'    if not verify(payload, extrinsic.signature, extrinsic.signer):\n        return "BadProof"\n': ""},
            "You look at the nonce only. Then anybody could pay in Alice's name: who signed?",
        ),
        Edit(
            "ahead of its turn refused",
            {"nonce < next_nonce": "nonce != next_nonce"},
            "You refuse a nonce ahead of its turn. It is not stale: it waits until those before it have come.",
        ),
        Edit(
            "the next nonce is stale",
            {"nonce < next_nonce": "nonce <= next_nonce"},
            "You refuse the very next nonce, so nobody could ever pay again. Which nonces were used?",
        ),
        Edit(
            "the last nonce is fresh",
            {"nonce < next_nonce": "nonce < next_nonce - 1"},
            "You let the last payment come in again. `next_nonce` is the one that comes next, not the last one used.",
        ),
        Edit(
            "signature of the call alone",
            {"verify(payload,": "verify(extrinsic.call_data,"},
            "You verify a signature of the call alone. Signed are also nonce, era and the chain's own name, or else a "
            "payment on one chain would be good on all.",
        ),
        Edit(
            "payload and signature swapped",
            {"verify(payload, extrinsic.signature,": "verify(extrinsic.signature, payload,"},
            "You refuse every signature. `verify` takes three things in a certain order: compare with the text above.",
        ),
        Edit(
            "a word for what may come in",
            {'else ""': 'else "Ok"'},
            "You answer with a word where nothing is wrong. Return an empty text.",
        ),
        Edit(
            "ahead of its turn is Future",
            {'else ""': 'else "Future" if extrinsic.nonce > next_nonce else ""'},
            "You refuse a nonce ahead of its turn under another name. A block cannot contain it yet, but the chain "
            "takes it and lets it wait.",
        ),
    ),
)
