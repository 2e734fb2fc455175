"""03.5: a seat for work."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from bittensor_core import ss58_encode
from eth_utils.crypto import keccak

from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values
from tao_lab.course.lab03.cases import Rng, read_number
from tao_lab.course.lab03.puzzle import first_nonce, prefix_of
from tao_lab.vectors import AnswerError

MOST_TRIES = 1_000_000


def pow_registration(prefix, difficulty, hashes_per_second, watts):
    """Solve the puzzle of a registration, and say what that costs on average.

    prefix             bytes  what comes before the nonce
    difficulty         int    tries that it takes on average
    hashes_per_second  float  tries a second
    watts              float  what the machine draws

    Returns nonce (int: the first right one from 0 on), joules (float: expected, not those of this nonce).

    >>> pow_registration(b"any", 1, 10.0, 50.0)  # every nonce is right, and a try takes a tenth of a second
    (0, 5.0)
    """
    nonce = 0
    while True:
        seal = keccak(sha256(prefix + nonce.to_bytes(8, "little")).digest())
        number = int.from_bytes(seal, "little")
        if number * difficulty < 2**256:
            return nonce, difficulty / hashes_per_second * watts
        nonce += 1


def reference(prefix: bytes, difficulty: int, hashes_per_second: float, watts: float) -> tuple[int | None, float]:
    """The first nonce by the SDK's own miner; energy is power times time."""
    seconds = difficulty / hashes_per_second
    return first_nonce(prefix, difficulty, 0, MOST_TRIES), watts * seconds


def cases(rng: Rng) -> Iterator[Case]:
    """Difficulties from 1, which every nonce meets, to some thousands."""
    for difficulty in (1, 2, 50, 300, 1_000, 3_000):
        hotkey, coldkey = (ss58_encode(rng.bytes(32), 42) for _ in range(2))
        arguments = {
            "prefix": prefix_of(1, rng.bytes(32), hotkey, coldkey),
            "difficulty": difficulty,
            "hashes_per_second": float(rng.integers(50_000, 90_000)),
            "watts": float(rng.integers(20, 300)),
        }
        yield Case(arguments, f"difficulty {difficulty:,}")


def read(result: Any, case: Case) -> Values:
    """A nonce and an energy."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise AnswerError("Your function should return two values, as in `return nonce, joules`.")
    nonce, joules = result
    return {**read_values(nonce=int)(nonce, case), "joules": read_number("joules", joules)}


EXERCISE = Exercise(
    id="03.5",
    title="A seat for work",
    solution=pow_registration,
    reference=reference,
    cases=cases,
    read=read,
    equivalent={
        "number * difficulty < 2 ** 256 → number * difficulty <= 2 ** 256": (
            "no seal is known that is exactly the limit; to find one is as hard as to break the hash"
        ),
    },
    look="Is it the nonce or the energy? For the nonce, follow the bytes: prefix, nonce, two hashes, one number.",
    seconds=4.0,
    slow="Does your loop try another nonce in each round, and does it end at the first right one?",
    unlocks="You have solved the puzzle that spam has to pay for. Below: what it costs against the price.",
    wrong_answers=(
        Edit(
            "the seal read from the wrong end",
            {'(seal, "little")': '(seal, "big")'},
            "You read the seal as a big-endian number. Which of its bytes comes first here?",
        ),
        Edit(
            "the nonce written from the wrong end",
            {'to_bytes(8, "little")': 'to_bytes(8, "big")'},
            "You write the nonce big-endian. Which of its eight bytes comes first?",
        ),
        Edit(
            "four bytes for the nonce",
            {"to_bytes(8,": "to_bytes(4,"},
            "You append the nonce in four bytes. How many does the text say?",
        ),
        Edit(
            "the nonce as text",
            {'nonce.to_bytes(8, "little")': "str(nonce).encode()"},
            "You append the digits of the nonce as text. The puzzle wants it as eight bytes.",
        ),
        Edit(
            "the nonce before the prefix",
            {'prefix + nonce.to_bytes(8, "little")': 'nonce.to_bytes(8, "little") + prefix'},
            "You put the nonce before the prefix. Which follows which?",
        ),
        Edit(
            "SHA-3 instead of Keccak",
            {"keccak(": "(lambda data: __import__('hashlib').sha3_256(data).digest())("},
            "Your outer hash is `sha3_256`. Keccak-256 is its elder sister, with other padding, and gives other bytes.",
        ),
        Edit(
            "Keccak left out",
            {
                'keccak(sha256(prefix + nonce.to_bytes(8, "little")).digest())': (
                    'sha256(prefix + nonce.to_bytes(8, "little")).digest()'
                )
            },
            "Your seal is SHA-256 alone. Which hash is taken of its 32 bytes?",
        ),
        Edit(
            "SHA-256 left out",
            {'sha256(prefix + nonce.to_bytes(8, "little")).digest()': 'prefix + nonce.to_bytes(8, "little")'},
            "Your seal is Keccak-256 alone. Which hash comes before it?",
        ),
        Edit(
            "the two hashes swapped",
            {
                'keccak(sha256(prefix + nonce.to_bytes(8, "little")).digest())': (
                    'sha256(keccak(prefix + nonce.to_bytes(8, "little"))).digest()'
                )
            },
            "You take the two hashes in the other order. Which is the inner one?",
        ),
        Edit(
            "a hash of hexadecimal digits",
            {'nonce.to_bytes(8, "little")).digest()': 'nonce.to_bytes(8, "little")).hexdigest().encode()'},
            "Your outer hash is taken of the inner one's hexadecimal digits, 64 characters, not of its 32 bytes.",
        ),
        Edit(
            "the nonce counted from 1",
            {"nonce = 0": "nonce = 1"},
            "You begin at nonce 1. Which is the first that could be right?",
        ),
        Edit(
            "the number of tries",
            {"return nonce,": "return nonce + 1,"},
            "You return the number of tries. The nonce of the first try is 0.",
        ),
        Edit(
            "the energy of this one try",
            {"difficulty / hashes_per_second * watts": "(nonce + 1) / hashes_per_second * watts"},
            "Your `joules` are those of the nonce that you happened to find. How many tries does it take on average, "
            "whatever luck you had?",
        ),
        Edit(
            "energy without time",
            {"difficulty / hashes_per_second * watts": "difficulty * watts"},
            "Your `joules` leave out how fast the machine is. Watts are joules a second: how many seconds do the tries "
            "take?",
        ),
        Edit(
            "seconds",
            {"difficulty / hashes_per_second * watts": "difficulty / hashes_per_second"},
            "Your `joules` are seconds. What does the machine draw in each of them?",
        ),
        Edit(
            "kilowatt-hours",
            {"difficulty / hashes_per_second * watts": "difficulty / hashes_per_second * watts / 3.6e6"},
            "Your energy is in kilowatt-hours. The task asks for joules (watt-seconds).",
        ),
    ),
)
