"""01.1: what is in twelve words, and whether they belong together."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256, sha512

import numpy as np

from tao_lab import keys
from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.keys import WORDS


def read_mnemonic(phrase):
    """What is in a mnemonic, and whether it is one.

    phrase  str  12, 15, 18, 21 or 24 words of WORDS, with a space between them

    Returns entropy_bits (int), checksum_bits (int), entropy (bytes, or None if the checksum is wrong).

    >>> bits, checked, entropy = read_mnemonic("zoo " * 11 + "wrong")
    >>> bits, checked, entropy.hex()
    (128, 4, 'ffffffffffffffffffffffffffffffff')
    >>> read_mnemonic("zoo " * 11 + "zoo")
    (128, 4, None)
    """
    bits = "".join(f"{WORDS.index(word):011b}" for word in phrase.split())
    checksum_bits = len(bits) % 32  # each 32 bits of entropy have one more
    entropy_bits = len(bits) - checksum_bits
    entropy = bytes(int(bits[place : place + 8], 2) for place in range(0, entropy_bits, 8))
    hashed = "".join(f"{byte:08b}" for byte in sha256(entropy).digest())
    return entropy_bits, checksum_bits, entropy if hashed.startswith(bits[entropy_bits:]) else None


def reference(phrase: str) -> tuple[int, int, bytes | None]:
    """The library's parts of a mnemonic."""
    parts = keys.read_mnemonic(phrase)
    return parts.entropy_bits, parts.checksum_bits, parts.entropy


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every length; entropy of zeros and of ones; two words swapped; a last word that does not belong."""
    for words in keys.MNEMONIC_WORDS:
        yield Case({"phrase": keys.write_mnemonic(rng.bytes(words * 4 // 3))}, f"{words} words")
    yield Case({"phrase": keys.write_mnemonic(bytes(8) + rng.bytes(8))}, "12 words, the first of them all zeros")
    yield Case({"phrase": keys.write_mnemonic(b"\xff" * 16)}, "12 words, all bits of the entropy are ones")
    for words in (12, 24):
        known = keys.write_mnemonic(rng.bytes(words * 4 // 3)).split()
        yield Case({"phrase": _spoiled(known, swap=True)}, f"{words} words, two of them swapped")
        yield Case({"phrase": _spoiled(known, swap=False)}, f"{words} words, the last of them another one")

    entropy = rng.bytes(32)
    for wrong, about in (
        (sha256(entropy.hex().encode()).digest(), "the hash of its hexadecimal digits"),
        (sha256(f"{int.from_bytes(entropy, 'big'):0256b}".encode()).digest(), "the hash of its zeros and ones as text"),
        (sha256(sha256(entropy).digest()).digest(), "the hash of its hash"),
        (sha512(entropy).digest(), "its SHA-512"),
        (sha256(entropy).digest()[-1:], "the end of its hash"),
    ):
        yield Case({"phrase": _with_checksum(entropy, wrong[0])}, f"24 words, with a checksum from {about}")


def _with_checksum(entropy: bytes, checksum: int) -> str:
    """The 24 words of 32 bytes and a checksum of 8 bits, whether it is right or not."""
    bits = f"{int.from_bytes(entropy, 'big'):0256b}{checksum:08b}"
    return " ".join(keys.WORDS[int(bits[place : place + 11], 2)] for place in range(0, len(bits), 11))


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


EXERCISE = Exercise(
    id="01.1",
    title="What is in a mnemonic",
    solution=read_mnemonic,
    reference=reference,
    cases=cases,
    read=read_values(entropy_bits=int, checksum_bits=int, entropy=bytes | None),
    look="Take one phrase of 12 words. Print how many bits it has, how many of them are entropy, and both checksums.",
    unlocks="You can tell a mnemonic from twelve words. Next: what the world sees of the key behind it.",
    wrong_answers=(
        Edit(
            "entropy counted with the checksum",
            {"return entropy_bits,": "return len(bits),"},
            "You count all bits of the words as entropy. The checksum follows from the rest, so nobody had to draw it "
            "by chance: of 132 bits in 12 words, 128 are entropy.",
        ),
        Edit(
            "counted in bytes",
            {"return entropy_bits,": "return entropy_bits // 8,"},
            "Your `entropy_bits` is a number of bytes. A byte has eight bits: 12 words hold 128 bits, which are 16 "
            "bytes.",
        ),
        Edit(
            "four bits of checksum always",
            {"len(bits) % 32": "4"},
            "Your checksum has 4 bits whatever the length. It grows with the phrase: one bit for each 32 bits of "
            "entropy, so one of every 33.",
        ),
        Edit(
            "checksum not compared",
            {"entropy if hashed.startswith(bits[entropy_bits:]) else None": "entropy"},
            "You take any words of the list for a mnemonic. Compute the checksum from the entropy and compare: where "
            "it differs, `entropy` is None.",
        ),
        Edit(
            "the whole hash compared",
            {"hashed.startswith(bits[entropy_bits:])": "hashed == bits[entropy_bits:]"},
            "You refuse every phrase, also good ones: no checksum you compute ever equals the one in the words. A few "
            "bits stand there, and a SHA-256 has 256. Which of them count, and of which bytes is it the hash?",
        ),
        Edit(
            "bytes in the other order",
            {"range(0, entropy_bits, 8))": "range(0, entropy_bits, 8))[::-1]"},
            "Your entropy has its bytes in the other order, so its hash is another one too. The first word's bits are "
            "the highest: which end of the number comes first?",
        ),
        Edit(
            "words counted from 1",
            {"{WORDS.index(word):011b}": "{WORDS.index(word) + 1:011b}"},
            "You count the words of the list from 1. The first, `abandon`, stands for 0, and `zoo`, the last one, for "
            "2,047, which still fits into 11 bits.",
        ),
        Edit(
            "numbers without leading zeros",
            {":011b}": ":b}", "len(bits) % 32": "len(bits) // 33"},
            "You write each word's number in as few bits as it needs, so a phrase has more or fewer bits by chance. "
            "Each word takes 11, also one from the beginning of the list.",
        ),
        Edit(
            "hash without leading zeros",
            {":08b}": ":b}"},
            "You write each byte of the hash in as few bits as it needs. Where its first byte is small, its leading "
            "zeros are lost and the checksum seems wrong: a byte has eight bits in any case.",
        ),
        Edit(
            "leading zeros lost",
            {
                "    entropy = bytes(int(bits[place : place + 8], 2) for place in range(0, entropy_bits, 8))\n": (
                    "    number = int(bits[:entropy_bits], 2)\n"
                    '    entropy = number.to_bytes((number.bit_length() + 7) // 8, "big")\n'
                )
            },
            "Where the entropy begins with zeros, yours is too short: a number forgets its leading zeros. How many "
            "bytes it has follows from the number of words alone.",
        ),
        Edit(
            "hash of the phrase",
            {"sha256(entropy)": "sha256(phrase.encode())"},
            "You hash the words. The checksum is the beginning of the hash of something shorter: what do the words "
            "stand for?",
        ),
        Edit(
            "nothing in place of None",
            {"else None": 'else b""'},
            "Where the checksum is wrong you return something empty. It is to be None, so that nobody takes it for "
            "entropy.",
        ),
        Edit(
            "the two counts exchanged",
            {"return entropy_bits, checksum_bits,": "return checksum_bits, entropy_bits,"},
            "The first two numbers have changed places: bits of entropy come first.",
        ),
        Edit(
            "eight bits a word",
            {":011b}": ":08b}", "len(bits) % 32": "len(bits) // 33"},
            "You write a word's number in eight bits where it fits. The list has 2,048 words: how many bits does each "
            "of them need?",
        ),
        Edit(
            "hash of the hexadecimal digits",
            {"sha256(entropy)": "sha256(entropy.hex().encode())"},
            "You hash the entropy written in hexadecimal digits, which is a text twice as long. The checksum is "
            "taken of the bytes that the digits stand for.",
        ),
        Edit(
            "hash of zeros and ones",
            {"sha256(entropy)": "sha256(bits[:entropy_bits].encode())"},
            "You hash a text of zeros and ones, a character for each bit. The checksum is taken of the bytes that "
            "the bits stand for.",
        ),
        Edit(
            "hashed twice",
            {"sha256(entropy)": "sha256(sha256(entropy).digest())"},
            "You hash twice, as Bitcoin does for addresses. How many hashes does the recipe for a mnemonic have?",
        ),
        Edit(
            "SHA-512",
            {"sha256(entropy)": '__import__("hashlib").sha512(entropy)'},
            "Your checksum is the beginning of a SHA-512. Seeds are made with that one; which hash does the recipe "
            "name for the checksum?",
        ),
        Edit(
            "end of the hash",
            {"hashed.startswith(": "hashed.endswith("},
            "You compare with the last bits of the hash. The checksum is at the end of the words, and is the "
            "beginning of the hash.",
        ),
        Edit(
            "always 128 and 4",
            {
                "checksum_bits = len(bits) % 32  ": "checksum_bits = 4  ",
                "entropy_bits = len(bits) - checksum_bits": "entropy_bits = 128",
            },
            "You take every phrase for one of twelve words. How many bits has a longer one, and how many of 33 are "
            "checksum?",
        ),
        Edit(
            "the low bits of the first byte",
            {
                "hashed.startswith(bits[entropy_bits:])": (
                    "sha256(entropy).digest()[0] % 2**checksum_bits == int(bits[entropy_bits:], 2)"
                )
            },
            "You compare with the *last* bits of the hash's first byte. Which bits of the hash are the checksum?",
        ),
        Edit(
            "always 32 bytes",
            {"sha256(entropy).digest()": 'sha256(entropy.rjust(32, b"\\0")).digest()'},
            "You hash 32 bytes for every phrase. Twelve words hold 16 bytes of entropy: how many do others?",
        ),
        Edit(
            "ten bits a word",
            {":011b}": ":010b}"},
            "You write a word in ten bits where its number is small. There are 2,048 words: each has the same number "
            "of bits.",
        ),
    ),
    equivalent={
        "len(bits) % 32 → len(bits) // 32": "12, 15, 18, 21 and 24 words give the same count either way",
    },
)
