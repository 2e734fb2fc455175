"""05.5: a commit that nobody can guess, and that can be opened."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
from bittensor_core import Keypair

from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values
from tao_lab.course.lab05 import reference as ours
from tao_lab.vectors import AnswerError


def seal(public_key, netuid, uids, values, version_key, draw):
    """A commit to weights: the hash for the chain, and the salt that you need to reveal it.

    public_key   bytes, 32: of your hotkey
    netuid       int, u16
    uids         list of int, u16
    values       list of int, u16
    version_key  int, u64
    draw         function: draw(n) is a list of the next n random u16 numbers, which nobody else knows

    Returns salt (list of int, 128 random bits), message (bytes, what is hashed), hash (bytes, 32).
    """
    salt = draw(8)
    message = public_key + netuid.to_bytes(2, "little")
    for numbers in (uids, values, salt):
        message += compact(len(numbers))
        for number in numbers:
            message += number.to_bytes(2, "little")
    message += version_key.to_bytes(8, "little")
    return salt, message, blake2b(message, digest_size=32).digest()


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """A few weights, other chance, no weights, many, and the highest numbers; the hash is the chain's."""
    key = Keypair.create_from_seed(rng.bytes(32))
    for about, netuid, uids, values, version_key, seed in (
        ("two weights", 171, [3, 4], [65_535, 300], 0, 1),
        ("the same weights, sealed a second time", 171, [3, 4], [65_535, 300], 0, 2),
        ("the same on another subnet", 1, [3, 4], [65_535, 300], 0, 1),
        ("a version key", 171, [3, 4], [65_535, 300], 1_100, 1),
        ("no weights", 171, [], [], 0, 1),
        ("seventy weights", 171, [*range(70)], [*range(70, 140)], 0, 1),
        ("the highest numbers", 65_535, [65_535], [65_535], 2**64 - 1, 1),
    ):
        public_key = bytes(key.public_key)
        salt, message, _ = ours.seal(public_key, netuid, uids, values, version_key, ours.Dice(seed))
        given = {
            "public_key": public_key,
            "netuid": netuid,
            "uids": uids,
            "values": values,
            "version_key": version_key,
            "draw": ours.Dice(seed),
        }
        chains = commit_hash(key.ss58_address, netuid, uids, values, salt, version_key)
        expected = {"salt": salt, "message": message, "hash": bytes.fromhex(chains.removeprefix("0x"))}
        yield Case(given, about, expected=expected)


_parts = read_values(message=bytes, hash=bytes)


def read(result: Any, case: Case) -> Values:
    """The salt as a list, and two pieces of bytes."""
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        raise AnswerError("Your function should return 3 values, as in `return salt, message, hash`.")
    salt, *parts = result
    whole = isinstance(salt, (list, tuple, np.ndarray)) and all(isinstance(n, (int, np.integer)) for n in salt)
    if not whole:
        raise AnswerError("`salt` should be a list of whole numbers (int), as `draw` gives it.")
    return {"salt": [int(number) for number in salt], **_parts(parts, case)}


ONE = 'number.to_bytes(2, "little")'

EXERCISE = Exercise(
    id="05.5",
    title="A sealed envelope",
    solution=seal,
    reference=ours.seal,
    cases=cases,
    read=read,
    look="`message` shows it: which of its parts begins at the byte where yours differs?",
    unlocks="The chain holds your word, and nobody can read it. Next: open it in time.",
    wrong_answers=(
        Edit(
            "without the salt",
            {"(uids, values, salt)": "(uids, values)"},
            "Your message has no salt in it. Weights are few small numbers: whoever tries all of them finds yours. The "
            "salt is the part that cannot be guessed.",
        ),
        Edit(
            "128 numbers",
            {"draw(8)": "draw(128)"},
            "You draw 128 numbers. The task asks for 128 random *bits*, and each number has 16 of them.",
        ),
        Edit(
            "16 numbers",
            {"draw(8)": "draw(16)"},
            "You draw 16 numbers: that many bytes are 128 bits, but each of your numbers has two bytes.",
        ),
        Edit(
            "one number",
            {"draw(8)": "draw(1)"},
            "Your salt is one u16: there are 65,536 of them, and a computer tries all in a second. How many bits are "
            "wanted, and how many has one number?",
        ),
        Edit(
            "drawn twice",
            {"return salt, message": "return draw(8), message"},
            "The salt that you return is not the one in your hash: you draw twice. With it the chain never finds your "
            "commit again.",
        ),
        Edit(
            "always the same salt",
            {"draw(8)": "[1, 2, 3, 4, 5, 6, 7, 8]"},
            "Your salt is the same in every commit. Whoever sees it once, when you reveal, can guess all later ones: "
            "draw it again.",
        ),
        Edit(
            "big endian",
            {
                'netuid.to_bytes(2, "little")': 'netuid.to_bytes(2, "big")',
                ONE: 'number.to_bytes(2, "big")',
                'version_key.to_bytes(8, "little")': 'version_key.to_bytes(8, "big")',
            },
            "You write the highest byte first. SCALE, the chain's format, writes the lowest first.",
        ),
        Edit(
            "without the lengths",
            {"        message += compact(len(numbers))\n": ""},
            "Your lists lack their lengths. Without them [1], [2, 3] and [1, 2], [3] would be the same bytes: how does "
            "SCALE say where a list ends?",
        ),
        Edit(
            "lengths in bytes",
            {"compact(len(numbers))": "compact(2 * len(numbers))"},
            "You write the length of each list in bytes. SCALE counts entries.",
        ),
        Edit(
            "lengths as plain bytes",
            {"compact(len(numbers))": "bytes([len(numbers)])"},
            "Your lengths are plain bytes. A compact number (lab 02) also says its own size, in its lowest two bits.",
        ),
        Edit(
            "lengths of four bytes",
            {"compact(len(numbers))": 'len(numbers).to_bytes(4, "little")'},
            "Your lengths have a fixed number of bytes. The length of a list is a compact number (lab 02): short where "
            "it is small.",
        ),
        Edit(
            "values before UIDs",
            {"(uids, values, salt)": "(values, uids, salt)"},
            "You have UIDs and values in the other order: the recipe names the lists one after the other.",
        ),
        Edit(
            "the salt first",
            {"(uids, values, salt)": "(salt, uids, values)"},
            "You put the salt before the weights. The recipe names the lists one after the other.",
        ),
        Edit(
            "one byte for each number",
            {ONE: "bytes([number % 256])"},
            "You keep only one byte of each number. A u16 has two; whoever reveals another weight with the same low "
            "byte would not be found out.",
        ),
        Edit(
            "a version key of two bytes",
            {'version_key.to_bytes(8, "little")': '(version_key % 2**16).to_bytes(2, "little")'},
            "Your version key has two bytes. It is the one number here that is a u64.",
        ),
        Edit(
            "without the version key",
            {'    message += version_key.to_bytes(8, "little")\n': ""},
            "Your message ends with the salt. The version key is checked at the reveal as well, and belongs to what "
            "you commit to.",
        ),
        Edit(
            "a longer hash, cut off",
            {"blake2b(message, digest_size=32).digest()": "blake2b(message).digest()[:32]"},
            "You cut a hash of 64 bytes down to 32. BLAKE2b mixes the length of its result in, so the first half of "
            "the long one is not the short one: ask for the length that you want.",
        ),
        Edit(
            "a hash of 64 bytes",
            {", digest_size=32": ""},
            "Your hash has 64 bytes, as `blake2b` makes it unless it is told otherwise. The chain's has 32.",
        ),
        Edit(
            "without the key",
            {"public_key + netuid": "netuid"},
            "Your message does not say whose weights these are. Without the public key in it anybody could commit to "
            "your hash and reveal what you reveal.",
        ),
    ),
)
