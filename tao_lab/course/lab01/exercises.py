"""The five exercises of lab 01: from a mnemonic to an encrypted keyfile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import base58
import bittensor_core
import numpy as np
from bittensor_core import KeyfileError, Keypair

from tao_lab import keys
from tao_lab.course.exercise import Case, Exercise, Values, read_values
from tao_lab.course.lab01 import mistakes, theft
from tao_lab.vectors import AnswerError

Rng = np.random.Generator
BITTENSOR, POLKADOT, KUSAMA = 42, 0, 2  # SS58 formats


# --- 01.1 ---


def read_mnemonic(phrase: str) -> tuple[int, int, bytes | None]:
    """Reference of 01.1."""
    parts = keys.read_mnemonic(phrase)
    return parts.entropy_bits, parts.checksum_bits, parts.entropy


def mnemonic_cases(rng: Rng) -> Iterator[Case]:
    """Every length; entropy that begins with zeros; two words swapped; a last word that does not belong."""
    for words in keys.MNEMONIC_WORDS:
        yield Case({"phrase": keys.write_mnemonic(rng.bytes(words * 4 // 3))}, f"{words} words")
    yield Case({"phrase": keys.write_mnemonic(bytes(8) + rng.bytes(8))}, "12 words, the first of them all zeros")
    for words in (12, 24):
        known = keys.write_mnemonic(rng.bytes(words * 4 // 3)).split()
        yield Case({"phrase": _spoiled(known, swap=True)}, f"{words} words, two of them swapped")
        yield Case({"phrase": _spoiled(known, swap=False)}, f"{words} words, the last of them another one")


def _spoiled(words: list[str], *, swap: bool) -> str:
    """The same phrase with a mistake that its checksum shows."""
    for place in range(len(words) - 1):
        wrong = [*words]
        if swap:
            wrong[place], wrong[place + 1] = wrong[place + 1], wrong[place]
        else:
            wrong[-1] = keys.WORDS[place]
        if not keys.read_mnemonic(" ".join(wrong)).valid:
            return " ".join(wrong)
    raise AssertionError("a checksum that nothing disturbs")


# --- 01.2 ---


def rewrite_address(address: str, ss58_format: int) -> tuple[bytes, bool, str]:
    """Reference of 01.2."""
    public_key = base58.b58decode(address)[1:33]
    return public_key, keys.read_address(address).valid, bittensor_core.ss58_encode(public_key, ss58_format)


def address_cases(rng: Rng) -> Iterator[Case]:
    """Between three networks, the same network, and addresses with one other letter."""
    for old, new in ((POLKADOT, BITTENSOR), (BITTENSOR, POLKADOT), (KUSAMA, BITTENSOR), (BITTENSOR, BITTENSOR)):
        address = bittensor_core.ss58_encode(rng.bytes(32), old)
        yield Case({"address": address, "ss58_format": new}, f"from format {old} to format {new}")
    for place in (10, 40):
        address = bittensor_core.ss58_encode(rng.bytes(32), BITTENSOR)
        letter = "x" if address[place] != "x" else "y"
        address = address[:place] + letter + address[place + 1 :]
        about = f"letter {place} is another one; to format {POLKADOT}"
        yield Case({"address": address, "ss58_format": POLKADOT}, about)


# --- 01.3 ---


def countersign(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    """Reference of 01.3."""
    return keypair.sign(message) if bittensor_core.verify(message, signature, sender) else None


def sign_cases(rng: Rng) -> Iterator[Case]:
    """An honest request; a changed one; somebody else's; a signature of something else; one's own; an empty one."""
    sender, stranger, miner = (Keypair.create_from_seed(rng.bytes(32)) for _ in range(3))
    said, other = b"netuid 171: write a function that adds", b"netuid 171: write a function that multiplies"
    signature = sender.sign(said)
    named = sender.ss58_address
    for about, message, given, who in (
        ("the sender signed the message", said, signature, named),
        ("the message was changed on its way", other, signature, named),
        ("a stranger signed it in the sender's name", said, stranger.sign(said), named),
        ("the receiver signed it itself in the sender's name", said, miner.sign(said), named),
        ("one bit of the signature is another", said, bytes([signature[0] ^ 1]) + signature[1:], named),
        ("the stranger speaks for himself", said, stranger.sign(said), stranger.ss58_address),
        ("an empty message, well signed", b"", sender.sign(b""), named),
    ):
        yield Case({"message": message, "signature": given, "sender": who, "keypair": miner}, about)


def read_signature(result: Any, case: Case) -> Values:
    """Whether it signs, and whether the signature is the receiver's, of the message."""
    answer = read_values(signature=bytes | None)(result, case)["signature"]
    if answer is None:
        return {"signs": False}
    if len(answer) != 64:
        raise AnswerError(f"`signature` has {len(answer)} bytes; a signature has 64, as `keypair.sign` gives it.")
    keypair: Keypair = case.arguments["keypair"]
    fits = bittensor_core.verify(case.arguments["message"], answer, keypair.ss58_address)
    return {"signs": True, "is_new": answer != case.arguments["signature"], "fits_the_message": bool(fits)}


# --- 01.4 ---


def hotkey_can(call: str) -> bool:
    """Reference of 01.4: what the running chain did."""
    return theft.attempts()[call].works


def theft_cases(rng: Rng) -> Iterator[Case]:
    """Each call once, in an order of chance."""
    attempts = theft.attempts()
    for name in rng.permutation(list(attempts)):
        yield Case({"call": str(name)}, f"`{name}`, signed with the hotkey alone: {attempts[name].said}")


# --- 01.5 ---


def lock(keypair: Keypair, password: str) -> bytes:
    """Reference of 01.5."""
    data = bittensor_core.serialized_keypair_to_keyfile_data(keypair)
    return bytes(bittensor_core.encrypt_keyfile_data(data, password))


def lock_cases(rng: Rng) -> Iterator[Case]:
    """One key: the cipher is slow on purpose."""
    keypair = Keypair.create_from_seed(rng.bytes(32))
    yield Case({"keypair": keypair, "password": "correct horse battery staple"}, "one key, one password")


def read_keyfile(result: Any, case: Case) -> Values:
    """What a wallet finds that opens the keyfile with the password."""
    data = read_values(keyfile=bytes)(result, case)["keyfile"]
    keypair: Keypair = case.arguments["keypair"]
    encrypted = bool(bittensor_core.keyfile_data_is_encrypted(data))
    opened = _open(data, case.arguments["password"])
    if opened is None:
        return {"encrypted": encrypted, "opens": False}
    same = opened.ss58_address == keypair.ss58_address
    return {"encrypted": encrypted, "opens": True, "same_address": same, "can_sign": _can_sign(opened)}


@cache
def _open(data: bytes, password: str) -> Keypair | None:
    """The key in a keyfile; None where the password does not open it, or no key is in it."""
    try:
        if bittensor_core.keyfile_data_is_encrypted(data):
            data = bytes(bittensor_core.decrypt_keyfile_data(data, password))
        return bittensor_core.deserialize_keypair_from_keyfile_data(data)
    except (KeyfileError, ValueError):
        return None


def _can_sign(keypair: Keypair) -> bool:
    try:
        return len(keypair.sign(b"")) > 0
    except ValueError:
        return False


EXERCISES = (
    Exercise(
        id="01.1",
        title="What is in a mnemonic",
        name="read_mnemonic",
        reference=read_mnemonic,
        cases=mnemonic_cases,
        read=read_values(entropy_bits=int, checksum_bits=int, entropy=bytes | None),
        wrong_answers=mistakes.MNEMONIC,
        unlocks="You can tell a mnemonic from twelve words. Next: what the world sees of the key behind it.",
    ),
    Exercise(
        id="01.2",
        title="One key, many addresses",
        name="rewrite_address",
        reference=rewrite_address,
        cases=address_cases,
        read=read_values(public_key=bytes, valid=bool, rewritten=str),
        wrong_answers=mistakes.ADDRESS,
        unlocks="No typing error costs you money any more. Next: prove that you are who your address says.",
    ),
    Exercise(
        id="01.3",
        title="Verify, then sign",
        name="countersign",
        reference=countersign,
        cases=sign_cases,
        read=read_signature,
        wrong_answers=mistakes.SIGN,
        unlocks="This is how a miner treats every request (lab 04). Next: what happens when somebody has your key.",
    ),
    Exercise(
        id="01.4",
        title="What can a thief of your hotkey do?",
        name="hotkey_can",
        reference=hotkey_can,
        cases=theft_cases,
        read=read_values(can=bool),
        wrong_answers=mistakes.THEFT,
        unlocks="You know why a hotkey may lie on a rented machine and a coldkey never. Next: how it lies at home.",
    ),
    Exercise(
        id="01.5",
        title="An encrypted keyfile",
        name="lock",
        reference=lock,
        cases=lock_cases,
        read=read_keyfile,
        wrong_answers=mistakes.KEYFILE,
        unlocks="Who steals this file has nothing yet: each guess at your password costs seconds, and half a gigabyte.",
        seconds=60,
    ),
)
