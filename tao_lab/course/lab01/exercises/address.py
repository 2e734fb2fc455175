"""01.2: the same key on another network, and a typing error on the way."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b, sha256
from typing import Any

import base58
import bittensor_core
import numpy as np

from tao_lab import keys
from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values

BITTENSOR, POLKADOT, KUSAMA = 42, 0, 2  # SS58 formats


def rewrite_address(address, ss58_format):
    """The same key on another network, unless the address has an error in it.

    address      str  Base58 of: format (1 byte), public key (32 bytes), checksum (2 bytes)
    ss58_format  int  number of the other network, below 64

    Returns public_key (bytes), valid (bool: is the checksum of `address` right?), rewritten (str).
    Where `address` is not valid, rewritten is None: a new checksum would make the error look right.

    >>> rewrite_address("5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM", 0)[1:]
    (True, '111111111111111111111111111111111HC1')
    >>> rewrite_address("5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhN", 0)[1:]
    (False, None)
    """
    data = base58.b58decode(address)
    public_key, checksum = data[1:33], data[33:]
    valid = checksum == blake2b(b"SS58PRE" + data[:33]).digest()[:2]
    if not valid:
        return public_key, False, None
    body = bytes([ss58_format]) + public_key
    return public_key, True, base58.b58encode(body + blake2b(b"SS58PRE" + body).digest()[:2]).decode()


def reference(address: str, ss58_format: int) -> tuple[bytes | None, bool, str | None]:
    """The SDK's reading and writing of addresses."""
    found = keys.read_address(address)
    if found.public_key is None:
        return None, False, None
    return found.public_key, True, bittensor_core.ss58_encode(found.public_key, ss58_format)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Between networks; slips of who types; and checksums of a wallet that computes them another way."""
    for old, new in ((POLKADOT, BITTENSOR), (BITTENSOR, POLKADOT), (KUSAMA, BITTENSOR), (BITTENSOR, BITTENSOR)):
        address = bittensor_core.ss58_encode(rng.bytes(32), old)
        yield _case(address, new, f"from format {old} to format {new}")
    yield _case(bittensor_core.ss58_encode(bytes(32), BITTENSOR), 63, "a key of 32 zeros, to format 63")
    address = bittensor_core.ss58_encode(rng.bytes(32), BITTENSOR)
    for place in (10, 40, 47):
        letter = "x" if address[place] != "x" else "y"
        typed = address[:place] + letter + address[place + 1 :]
        yield _case(typed, POLKADOT, f"letter {place} is another one; to format {POLKADOT}")
    yield _case(address[:-1], POLKADOT, "the last letter is missing")
    body = bytes([BITTENSOR]) + rng.bytes(32)
    prefix, right = b"SS58PRE", blake2b(b"SS58PRE" + body).digest()
    for checksum, about in (
        (blake2b(body).digest()[:2], "made without the prefix"),
        (blake2b(prefix + body, digest_size=32).digest()[:2], "the beginning of a hash of 32 bytes"),
        (sha256(prefix + body).digest()[:2], "the beginning of a SHA-256"),
        (right[-2:], "the end of the hash"),
        (blake2b(body + prefix).digest()[:2], "made with the prefix behind"),
        (blake2b(prefix[:4] + body).digest()[:2], "made with half of the prefix"),
        (blake2b(prefix + body, digest_size=2).digest(), "a hash of two bytes"),
        (blake2b(prefix + body[1:]).digest()[:2], "made of the key alone"),
        (right[:2][::-1], "turned round"),
        (right[:1] + bytes([right[1] ^ 1]), "right in its first byte only"),
        (bytes([right[0] ^ 1]) + right[1:2], "right in its second byte only"),
        (max(right[:2], b"\x80\x00")[:1] + b"\xff", "larger than the right one"),
        (b"\x00\x00", "two zeros"),
        (right[:3], "one byte too long"),
    ):
        yield _case(base58.b58encode(body + checksum).decode(), BITTENSOR, f"the checksum is {about}")


def _case(address: str, ss58_format: int, about: str) -> Case:
    return Case({"address": address, "ss58_format": ss58_format}, about)


def read(result: Any, case: Case) -> Values:
    """What matters of an answer: what is read from an address with an error is nobody's key, so any will do."""
    values = read_values(public_key=bytes | None, valid=bool, rewritten=str | None)(result, case)
    if not values["valid"]:
        del values["public_key"]
    return values


EXERCISE = Exercise(
    id="01.2",
    title="One key, many addresses",
    solution=rewrite_address,
    reference=reference,
    cases=cases,
    read=read,
    look="Decode one good address by hand and print its three parts; then the two bytes that you compute for it.",
    unlocks="No typing error costs you money any more. Next: prove that you are who your address says.",
    wrong_answers=(
        Edit(
            "checksum not compared",
            {'checksum == blake2b(b"SS58PRE" + data[:33]).digest()[:2]': "True"},
            "You say `valid` to every address. Compute the checksum of what you decoded and compare it with the two "
            "bytes at its end: that is what catches a typing error.",
        ),
        Edit(
            "an error rewritten",
            {
                "    if not valid:\n        return public_key, False, None\n": "",
                "return public_key, True,": "return public_key, valid,",
            },
            "You rewrite an address that is not valid. It gets a fresh checksum with that, so nobody sees the typing "
            "error any more, and whoever pays there pays to nobody. What should `rewritten` be then?",
        ),
        Edit(
            "SS58PRE left out",
            {'b"SS58PRE" + data[:33]': "data[:33]", 'b"SS58PRE" + body': "body"},
            "Your checksum is that of format and key alone. Something goes in front of them before they are hashed: "
            "read part 3 of the recipe.",
        ),
        Edit(
            "hash of 32 bytes",
            {
                'b"SS58PRE" + data[:33])': 'b"SS58PRE" + data[:33], digest_size=32)',
                'b"SS58PRE" + body)': 'b"SS58PRE" + body, digest_size=32)',
            },
            "Your BLAKE2b gives 32 bytes. SS58 takes the first two of the hash with 64 bytes, and those differ: the "
            "length goes into the hash.",
        ),
        Edit(
            "end of the hash",
            {"data[:33]).digest()[:2]": "data[:33]).digest()[-2:]", "body).digest()[:2]": "body).digest()[-2:]"},
            "You take the last two bytes of the hash. The checksum is at the end of the address, and is the "
            "beginning of the hash.",
        ),
        Edit(
            "format not in the checksum",
            {"data[:33]": "data[1:33]", 'b"SS58PRE" + body': 'b"SS58PRE" + public_key'},
            "Your checksum covers the key alone, so the same key would have one checksum on every network. The format "
            "is protected too.",
        ),
        Edit(
            "one byte of the checksum compared",
            {
                "valid = checksum == blake2b": "valid = checksum[:1] == blake2b",
                "data[:33]).digest()[:2]": "data[:33]).digest()[:1]",
            },
            "You compare one byte of the checksum only. One typing error in 256 then passes: compare all that stands "
            "behind the key.",
        ),
        Edit(
            "old checksum kept",
            {'body + blake2b(b"SS58PRE" + body).digest()[:2]': "body + checksum"},
            "You changed the format and kept the old checksum, which covers the format too. It must be computed again.",
        ),
        Edit(
            "format taken for a byte of the key",
            {"data[1:33], data[33:]": "data[:33], data[33:]"},
            "Your `public_key` begins with the format and has 33 bytes. The key is the 32 bytes behind it.",
        ),
        Edit(
            "format not changed",
            {"bytes([ss58_format])": "data[:1]"},
            "You write the address in the format that it had. Whose number belongs in the first byte?",
        ),
        Edit(
            "as many zeros as the format says",
            {"bytes([ss58_format])": "bytes(ss58_format)"},
            "Your address is too long or too short: Python's `bytes` of a number makes that many zero bytes. Look how "
            "the recipe makes one byte.",
        ),
        Edit(
            "an empty text in place of None",
            {"return public_key, False, None": 'return public_key, False, ""'},
            "Where the address has an error you return an empty text. Return None, so that nobody can pay there by "
            "mistake.",
        ),
        Edit(
            "SHA-256",
            {
                'blake2b(b"SS58PRE" + data[:33])': '__import__("hashlib").sha256(b"SS58PRE" + data[:33])',
                'blake2b(b"SS58PRE" + body)': '__import__("hashlib").sha256(b"SS58PRE" + body)',
            },
            "Your checksum is the beginning of another hash. Bitcoin's addresses use SHA-256; which one does the "
            "recipe name?",
        ),
        Edit(
            "more bytes behind the checksum",
            {"data[33:]": "data[33:35]"},
            "You look at two bytes behind the key, and let others follow. How long is an address when it is decoded?",
        ),
        Edit(
            "the format in two bytes",
            {"bytes([ss58_format])": 'ss58_format.to_bytes(2, "little")'},
            "You write the format in two bytes. Below 64 it is one.",
        ),
        Edit(
            "SHA-256 for reading",
            {'blake2b(b"SS58PRE" + data[:33])': '__import__("hashlib").sha256(b"SS58PRE" + data[:33])'},
            "You refuse good addresses: you check them with SHA-256, and write them with the right hash. The "
            "checksum is made in the same way in both places.",
        ),
        Edit(
            "SHA-256 for writing",
            {'blake2b(b"SS58PRE" + body)': '__import__("hashlib").sha256(b"SS58PRE" + body)'},
            "You check an address with the right hash, and write the new one with SHA-256, so nobody can read it. "
            "The checksum is made in the same way in both places.",
        ),
        Edit(
            "SS58PRE left out for reading",
            {'b"SS58PRE" + data[:33]': "data[:33]"},
            "You refuse good addresses: where you check a checksum, something is missing in front of what you hash."
            " Where you write one, it is there.",
        ),
        Edit(
            "SS58PRE left out for writing",
            {'b"SS58PRE" + body': "body"},
            "You check an address as the recipe says. Where you write the new checksum, something is missing in "
            "front of what you hash.",
        ),
        Edit(
            "hash of 32 bytes for writing",
            {'b"SS58PRE" + body)': 'b"SS58PRE" + body, digest_size=32)'},
            "You check an address with the hash of 64 bytes, and write the new one with a hash of 32 bytes, which "
            "begins differently. The checksum is made in the same way in both places.",
        ),
        Edit(
            "hash of 32 bytes for reading",
            {'b"SS58PRE" + data[:33])': 'b"SS58PRE" + data[:33], digest_size=32)'},
            "You refuse good addresses: you check them with a hash of 32 bytes, which begins differently from the "
            "one of 64 with which you write.",
        ),
        Edit(
            "end of the hash for writing",
            {"body).digest()[:2]": "body).digest()[-2:]"},
            "You check an address as the recipe says, and write the new one with the last two bytes of the hash. "
            "Which two are the checksum?",
        ),
        Edit(
            "format taken for the key's first byte",
            {"data[1:33], data[33:]": "data[0:32], data[33:]"},
            "Your key begins with the format and lacks its own last byte. At which byte does a key begin?",
        ),
        Edit(
            "format twice",
            {"bytes([ss58_format]) + public_key": "bytes([ss58_format]) + data[:33]"},
            "Your new address has two formats, the old one behind the new. Where does the key begin?",
        ),
        Edit(
            "valid if it is Bittensor's",
            {'checksum == blake2b(b"SS58PRE" + data[:33]).digest()[:2]': "data[0] == 42"},
            "You say `valid` to what has Bittensor's format. That says which network it is for; what says that nobody "
            "mistyped it?",
        ),
        Edit(
            "valid if it is long enough",
            {'checksum == blake2b(b"SS58PRE" + data[:33]).digest()[:2]': "len(data) == 35"},
            "You only look at the length. A wrong letter does not change it: compute the checksum.",
        ),
        Edit(
            "prefix behind",
            {
                'blake2b(b"SS58PRE" + data[:33])': 'blake2b(data[:33] + b"SS58PRE")',
                'blake2b(b"SS58PRE" + body)': 'blake2b(body + b"SS58PRE")',
            },
            "You hash the prefix behind format and key. A prefix comes first.",
        ),
        Edit(
            "half a prefix",
            {
                'blake2b(b"SS58PRE" + data[:33])': 'blake2b(b"SS58" + data[:33])',
                'blake2b(b"SS58PRE" + body)': 'blake2b(b"SS58" + body)',
            },
            "Your prefix is not the one of the recipe: it has seven letters.",
        ),
        Edit(
            "a hash of two bytes",
            {
                "data[:33]).digest()[:2]": "data[:33], digest_size=2).digest()",
                "body).digest()[:2]": "body, digest_size=2).digest()",
            },
            "You ask for a hash of two bytes. BLAKE2b mixes the length of its result in: take the first two of the "
            "usual 64.",
        ),
        Edit(
            "no new checksum",
            {'body + blake2b(b"SS58PRE" + body).digest()[:2]': "body"},
            "Your new address ends with the key. What else belongs to an address?",
        ),
        Edit(
            "the bad address returned",
            {"return public_key, False, None": "return public_key, False, address"},
            "You give an address with an error back as it came. `rewritten` is None then, so that nobody pays to it.",
        ),
    ),
)
