"""01.3: sign only what was really sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bittensor_core
import numpy as np
from bittensor_core import Keypair, verify

from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values
from tao_lab.vectors import AnswerError

SIGNATURE_BYTES = 64
SIGNED = {"signs": True, "is_new": True, "fits_the_message": True}  # what a good request gets


def countersign(message, signature, sender, keypair):
    """Sign a message, if it really comes from its sender.

    message    bytes
    signature  bytes    64, said to be the sender's signature of the message
    sender     str      address of the sender
    keypair    Keypair  yours

    Returns your signature of the message (64 bytes), or None if the sender did not sign it.

    >>> from bittensor_core import Keypair
    >>> alice, bob = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Bob")
    >>> mine = countersign(b"add 2 and 2", alice.sign(b"add 2 and 2"), alice.ss58_address, bob)
    >>> verify(b"add 2 and 2", mine, bob.ss58_address)
    True
    >>> print(countersign(b"add 2 and 3", alice.sign(b"add 2 and 2"), alice.ss58_address, bob))
    None
    """
    if not verify(message, signature, sender):
        return None
    return keypair.sign(message)


def reference(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    """The SDK's verification by a key pair that has only the address."""
    return keypair.sign(message) if Keypair(ss58_address=sender).verify(message, signature) else None


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """An honest request; a changed one; somebody else's; a signature of something else; one's own; an empty one."""
    sender, stranger, miner = (Keypair.create_from_seed(rng.bytes(32)) for _ in range(3))
    said, other = b"netuid 171: write a function that adds", b"netuid 171: write a function that multiplies"
    signature = sender.sign(said)
    named = sender.ss58_address
    for about, message, given, who, good in (
        ("the sender signed the message", said, signature, named, True),
        ("the message was changed on its way", other, signature, named, False),
        ("a stranger signed it in the sender's name", said, stranger.sign(said), named, False),
        ("the receiver signed it itself in the sender's name", said, miner.sign(said), named, False),
        ("one bit of the signature is another", said, bytes([signature[0] ^ 1]) + signature[1:], named, False),
        ("the stranger speaks for himself", said, stranger.sign(said), stranger.ss58_address, True),
        ("an empty message, well signed", b"", sender.sign(b""), named, True),
    ):
        arguments = {"message": message, "signature": given, "sender": who, "keypair": miner}
        yield Case(arguments, about, expected=SIGNED if good else {"signs": False})


def read(result: Any, case: Case) -> Values:
    """Whether it signs, and whether the signature is the receiver's, of the message."""
    answer = read_values(signature=bytes | None)(result, case)["signature"]
    if answer is None:
        return {"signs": False}
    if len(answer) != SIGNATURE_BYTES:
        raise AnswerError(f"`signature` has {len(answer)} bytes; a signature has 64, as `keypair.sign` gives it.")
    keypair: Keypair = case.arguments["keypair"]
    fits = bittensor_core.verify(case.arguments["message"], answer, keypair.ss58_address)
    return {"signs": True, "is_new": answer != case.arguments["signature"], "fits_the_message": bool(fits)}


EXERCISE = Exercise(
    id="01.3",
    title="Verify, then sign",
    solution=countersign,
    reference=reference,
    cases=cases,
    read=read,
    look="Ask two things of each case: who should have signed what was sent, and what do you sign?",
    unlocks="This is how a miner treats every request (lab 04). Next: what happens when somebody has your key.",
    wrong_answers=(
        Edit(
            "signs without looking",
            {"    if not verify(message, signature, sender):\n        return None\n": ""},
            "You sign whatever comes. A request that somebody forged or changed must get None: verify it first.",
        ),
        Edit(
            "verifies with its own key",
            {"verify(message, signature, sender)": "keypair.verify(message, signature)"},
            "You ask whether *you* signed the request. Somebody else should have: look for who is said to have sent "
            "it.",
        ),
        Edit(
            "signs something else",
            {"keypair.sign(message)": "keypair.sign(signature)"},
            "What you sign is not the message, but for example the sender's signature. Whoever reads your answer "
            "wants to know that you read the message.",
        ),
        Edit(
            "passes the signature on",
            {"return keypair.sign(message)": "return signature"},
            "You answer with the sender's own signature, which proves nothing about you. Which key is yours?",
        ),
        Edit(
            "message and signature swapped",
            {"verify(message, signature, sender)": "verify(signature, message, sender)"},
            "You refuse every request, also the honest one. `verify` takes three things in a certain order: look at "
            "the cell above, where it was used.",
        ),
        Edit(
            "refuses an empty message",
            {"if not verify": "if not message or not verify"},
            "You refuse an empty message. It has no bytes, and a good signature like any other: only the signature "
            "decides.",
        ),
        Edit(
            "no signature in the answer",
            {"return keypair.sign(message)": 'return b""'},
            "Your answer to a good request is empty. It should be your signature, 64 bytes.",
        ),
        Edit(
            "an empty answer to a forgery",
            {"        return None": '        return b""'},
            "You answer a request that is not the sender's with something empty. The answer is to be None.",
        ),
    ),
)
