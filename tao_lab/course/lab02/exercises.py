"""The six exercises of lab 02: from one number in SCALE to the door of a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import bittensor_core
import numpy as np
from bittensor_core import Keypair

from tao_lab.chain import extrinsic as extrinsic_format
from tao_lab.chain import merkle
from tao_lab.chain.block import Block, Header
from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.extrinsic import Extrinsic, signed_payload
from tao_lab.chain.genesis import FAUCET_URI, Genesis
from tao_lab.chain.merkle import ListProof
from tao_lab.chain.runtime import SS58_FORMAT, load_runtime
from tao_lab.course.exercise import Case, Exercise, read_values
from tao_lab.course.lab02 import mistakes, tampering

Rng = np.random.Generator
RAO = 10**9


# --- 02.1 ---


def compact(number: int) -> bytes:
    """Reference of 02.1."""
    return extrinsic_format.compact(number)


def compact_cases(rng: Rng) -> Iterator[Case]:
    """Both sides of each limit, amounts of money, and numbers of chance."""
    edges = (0, 1, 63, 64, 255, 256, 2**14 - 1, 2**14, 2**16, 2**30 - 1, 2**30, 2**32 - 1, 2**32, RAO, 21 * 10**15)
    for number in edges:
        yield Case({"number": number}, f"{number:,}")
    for bits in (5, 13, 29, 40, 64, 120):
        number = int.from_bytes(rng.bytes(16), "big") >> (128 - bits)
        yield Case({"number": number}, f"{number:,}, of at most {bits} bits")


# --- 02.2 ---


def account_key(public_key: bytes) -> bytes:
    """Reference of 02.2."""
    account = bittensor_core.ss58_encode(public_key, SS58_FORMAT)
    return bytes(load_runtime().core.storage_key("System", "Account", [account]))


def key_cases(rng: Rng) -> Iterator[Case]:
    """A known account, the account of zeros, and accounts of chance."""
    yield Case({"public_key": Keypair.from_uri("//Alice").public_key}, "Alice of the development phrase")
    yield Case({"public_key": bytes(32)}, "the account of 32 zeros")
    for number in range(4):
        yield Case({"public_key": rng.bytes(32)}, f"an account of chance, number {number + 1}")


# --- 02.3 ---


def header_cases(rng: Rng) -> Iterator[Case]:
    """Heights on both sides of the limits of a compact integer."""
    for number in (0, 1, 63, 64, 8_000_000, 2**30):
        header = Header(rng.bytes(32), number, rng.bytes(32), rng.bytes(32), int(rng.integers(1, 2**40)))
        yield Case({"header": header}, f"a header of block {number:,}")


# --- 02.4 ---


def tampered_cases(rng: Rng) -> Iterator[Case]:
    """A forger who learns, step by step, and blocks of chance."""
    honest = tampering.honest_chain()
    change, root, name = tampering.change_extrinsic, tampering.mend_root, tampering.mend_name
    number, last = 3, len(honest) - 1
    yield Case({"blocks": list(honest)}, "nobody touched anything")
    yield Case({"blocks": change(honest, number)}, "block 3 has another amount, and nothing else was changed")
    yield Case({"blocks": root(change(honest, number), number)}, "block 3 has another amount, and its header fits that")
    forged = name(root(change(honest, number), number), number)
    yield Case({"blocks": forged}, "block 3 has another amount; its header and its name fit that")
    yield Case({"blocks": tampering.forge(honest, number, last - 2)}, f"blocks 3 to {last - 2} are all written anew")
    yield Case({"blocks": tampering.forge(honest, number, last)}, f"blocks 3 to {last} are all written anew")
    two = change(change(honest, 6), 2)
    yield Case({"blocks": two}, "amounts in blocks 2 and 6 are other ones")
    spoiled = replace(honest[0], header=replace(honest[0].header, slot=honest[0].header.slot + 1))
    yield Case({"blocks": [spoiled, *honest[1:]]}, "the time of block 0 is another one")


# --- 02.5 ---


def proof_root(extrinsic: bytes, proof: ListProof) -> bytes:
    """Reference of 02.5."""
    return merkle.list_proof_root(extrinsic, proof)


def proof_cases(rng: Rng) -> Iterator[Case]:
    """First, last and middle ones, alone, an odd one out; and one that is not there."""
    for size, index in ((1, 0), (2, 0), (2, 1), (3, 2), (4, 1), (7, 4), (7, 6), (13, 12), (100, 37)):
        extrinsics = [rng.bytes(int(rng.integers(4, 120))) for _ in range(size)]
        proof = merkle.list_proof(extrinsics, index)
        arguments = {"extrinsic": extrinsics[index], "proof": proof}
        yield Case(arguments, f"number {index} of {size}")
    yield Case({**arguments, "extrinsic": rng.bytes(40)}, "an extrinsic that is not in the block")
    yield Case({**arguments, "proof": replace(proof, index=36)}, "the right one, said to be at another place")


# --- 02.6 ---


def refusal(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    """Reference of 02.6, by the chain's own parts; the cases bring what the running chain said."""
    kind = extrinsic.signature_kind
    if not bittensor_core.verify(payload, extrinsic.signature, extrinsic.signer, kind):
        return "BadProof"
    return "Stale" if extrinsic.nonce < next_nonce else ""


def refusal_cases(rng: Rng) -> Iterator[Case]:
    """A payment, and what one may try with its bytes."""
    yield from _refusal_cases()


@cache
def _refusal_cases() -> tuple[Case, ...]:
    chain, other = Chain(), Chain(genesis=Genesis(time_ms=Genesis().time_ms + 12_000))
    alice, bob = Keypair.from_uri(FAUCET_URI), Keypair.from_uri("//Bob").ss58_address
    pay = {"dest": bob, "value": RAO}
    chain.submit(chain.sign(alice, "Balances", "transfer_keep_alive", pay))
    chain.produce_block()
    old = chain.head.extrinsics[-1]
    new = chain.sign(alice, "Balances", "transfer_keep_alive", pay)
    tried = {
        "a new payment": new,
        "the old payment, the very same bytes once more": old,
        "the new payment, its amount changed by one bit": _flipped(new),
        "the old payment, its amount changed by one bit": _flipped(old),
        "a payment that was signed for another chain": other.sign(
            alice, "Balances", "transfer_keep_alive", pay, nonce=1
        ),
        "a payment signed anew, with the nonce of the old one": chain.sign(
            alice, "Balances", "transfer_keep_alive", pay, nonce=0
        ),
        "a payment signed ahead of its turn, with nonce 3": chain.sign(
            alice, "Balances", "transfer_keep_alive", pay, nonce=3
        ),
    }
    next_nonce = chain.next_nonce(alice.ss58_address)
    cases = []
    for about, data in tried.items():
        extrinsic = chain.decode(data)
        payload = signed_payload(extrinsic, chain.genesis_hash, chain.genesis_hash)
        arguments = {"extrinsic": extrinsic, "payload": payload, "next_nonce": next_nonce}
        cases.append(Case(arguments, about, expected={"refusal": _what_the_chain_says(chain, data)}))
    return tuple(cases)


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _what_the_chain_says(chain: Chain, data: bytes) -> str:
    try:
        chain.submit(data)
    except InvalidTransaction as error:
        return error.name
    return ""


def first_tampered(blocks: Sequence[Block]) -> int | None:
    """Reference of 02.4."""
    return tampering.first_tampered(blocks)


EXERCISES = (
    Exercise(
        id="02.1",
        title="A whole number in SCALE",
        name="compact",
        reference=compact,
        cases=compact_cases,
        read=read_values(encoded=bytes),
        wrong_answers=mistakes.COMPACT,
        unlocks="You can write any length, amount or height as the chain does. Next: where the chain keeps things.",
    ),
    Exercise(
        id="02.2",
        title="The storage key of an account",
        name="account_key",
        reference=account_key,
        cases=key_cases,
        read=read_values(key=bytes),
        wrong_answers=mistakes.KEY,
        unlocks="You can find any account in the state of the real chain. Next: what a block says about that state.",
    ),
    Exercise(
        id="02.3",
        title="The name of a block",
        name="header_hash",
        reference=tampering.header_hash,
        cases=header_cases,
        read=read_values(hash=bytes),
        wrong_answers=mistakes.HEADER,
        unlocks="A block's name is what is in it. Next: follow the names back to the beginning.",
    ),
    Exercise(
        id="02.4",
        title="Find the tampered block",
        name="first_tampered",
        reference=first_tampered,
        cases=tampered_cases,
        read=read_values(number=int | None),
        wrong_answers=mistakes.TAMPERED,
        unlocks="You verify a whole chain. Next: verify one payment, without the chain.",
    ),
    Exercise(
        id="02.5",
        title="A proof that a payment is in a block",
        name="proof_root",
        reference=proof_root,
        cases=proof_cases,
        read=read_values(root=bytes),
        wrong_answers=mistakes.PROOF,
        unlocks="A phone can check a payment with a few hashes. Next: why nobody can make the same payment twice.",
    ),
    Exercise(
        id="02.6",
        title="Replay a payment, and explain the error",
        name="refusal",
        reference=refusal,
        cases=refusal_cases,
        read=read_values(refusal=str),
        wrong_answers=mistakes.REFUSAL,
        unlocks="You know who may enter a block, and why a signature is not enough.",
    ),
)
