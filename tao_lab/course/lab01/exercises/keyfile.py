"""01.5: a key on a disk, locked with a password."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import bittensor_core
import numpy as np
from bittensor_core import KeyfileError, Keypair, encrypt_keyfile_data, serialized_keypair_to_keyfile_data

from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values


def lock(keypair, password):
    """A keyfile that only the password opens.

    keypair   Keypair  with its secret key
    password  str

    Returns the bytes of the file.

    >>> from bittensor_core import Keypair
    >>> lock(Keypair.create_from_uri("//Alice"), "correct horse")[:5]
    b'$NACL'
    """
    data = serialized_keypair_to_keyfile_data(keypair)
    return encrypt_keyfile_data(data, password)


def reference(keypair: Keypair, password: str) -> bytes:
    """The SDK's two steps; whether a file is good is said by a wallet that opens it."""
    return encrypt_keyfile_data(bittensor_core.serialized_keypair_to_keyfile_data(keypair), password)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """One key: the cipher is slow on purpose, so what a wallet finds in a good file is written down here."""
    keypair = Keypair.create_from_seed(rng.bytes(32))
    arguments = {"keypair": keypair, "password": "correct horse battery staple"}
    found = {"encrypted": True, "opens": True, "same_address": True, "can_sign": True}
    yield Case(arguments, "one key, one password", expected=found)


def read(result: Any, case: Case) -> Values:
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


EXERCISE = Exercise(
    id="01.5",
    title="An encrypted keyfile",
    solution=lock,
    reference=reference,
    cases=cases,
    read=read,
    look="Two steps make a keyfile: first the key becomes bytes, then the password locks these. What goes into each?",
    unlocks="A thief of this file has nothing yet: each guess at your password costs seconds, and half a gigabyte.",
    seconds=60,
    wrong_answers=(
        Edit(
            "not encrypted",
            {"return encrypt_keyfile_data(data, password)": "return data"},
            "Your keyfile is not encrypted: the secret key stands in it for everybody to read. That is how a hotkey's "
            "file looks. Lock these bytes with the password.",
        ),
        Edit(
            "another password",
            {"encrypt_keyfile_data(data, password)": 'encrypt_keyfile_data(data, "password")'},
            "Your keyfile is encrypted, but the password does not open it. Lock it with what `password` holds, not "
            "with a text of your own: a key that nobody can open is lost.",
        ),
        Edit(
            "only the public key",
            {
                "keyfile_data(keypair)": "keyfile_data("
                "Keypair(ss58_address=keypair.ss58_address, public_key=keypair.public_key))"
            },
            "Your keyfile opens, but the key in it cannot sign: you kept only its public part. What you serialize must "
            "have the secret key.",
        ),
    ),
)
