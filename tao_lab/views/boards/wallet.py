"""From a phrase to an address, with one wrong word; and a signature, with one changed letter.

The phrase is printed in the manual of every chain of this family. Everybody knows it, so it may be shown. Keys and
signatures are the SDK's, word list and checksum are BIP-39's (`tao_lab.keys`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import pbkdf2_hmac

import altair as alt
from bittensor_core import Keypair, verify

from tao_lab.keys import WORDS, read_mnemonic
from tao_lab.views.boards.cells import HEIGHT, Cell, Look
from tao_lab.views.charts import Style
from tao_lab.views.palette import VERMILLION
from tao_lab.views.tables import Table

PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
MESSAGE = "Pay Bob 10 τ"
STIRS = 2_048  # rounds of PBKDF2, as in `substrate-bip39`
SEED_BYTES = 32
KEY_BITS = 256


@dataclass(frozen=True)
class Way:
    """The steps from a phrase to an address; all None if its checksum is wrong.

    Attributes:
        phrase: 12 words.
        entropy: 16 bytes that were drawn at random.
        secret: 32 bytes, the secret key.
        public: 32 bytes, the public key.
        address: the public key, written for people.
    """

    phrase: str
    entropy: bytes | None = None
    secret: bytes | None = None
    public: bytes | None = None
    address: str | None = None

    @property
    def valid(self) -> bool:
        """Whether a wallet accepts the phrase."""
        return self.entropy is not None


@cache
def way(phrase: str) -> Way:
    """Compute the steps from a phrase to its address.

    Source: `substrate-bip39`, `seed_from_entropy` and `mini_secret_from_entropy`: PBKDF2 of the entropy, not of the
    words.
    """
    entropy = read_mnemonic(phrase).entropy
    if entropy is None:
        return Way(phrase)
    secret = pbkdf2_hmac("sha512", entropy, b"mnemonic", STIRS)[:SEED_BYTES]
    keypair = Keypair.from_seed(secret)
    return Way(phrase, entropy, secret, bytes(keypair.public_key), str(keypair.ss58_address))


def with_slip(phrase: str, place: int, fits: bool) -> str:
    """The phrase with another word in one place: the next one in the list of 2,048.

    Args:
        phrase: words with blanks between them.
        place: number of the word, from 1; 0 for no change.
        fits: whether to take the next word with a right checksum.
    """
    if not place:
        return phrase
    words = phrase.split()
    number = WORDS.index(words[place - 1])
    for step in range(1, len(WORDS)):
        words[place - 1] = WORDS[(number + step) % len(WORDS)]
        changed = " ".join(words)
        if not fits or read_mnemonic(changed).valid:
            return changed
    raise ValueError(f"no other word fits in place {place}")  # one in 16 does


def with_letter(message: str, place: int) -> str:
    """The message with another letter in one place: the next one in the alphabet of computers (Unicode).

    Args:
        message: a text.
        place: number of the letter, from 1; 0 for no change.
    """
    if not place:
        return message
    return message[: place - 1] + chr(ord(message[place - 1]) + 1) + message[place:]


def different_bits(a: bytes, b: bytes) -> list[bool]:
    """For each bit of two equally long texts, whether it differs."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} bytes; allowed: equally many")
    return [bool((x ^ y) >> (7 - bit) & 1) for x, y in zip(a, b, strict=True) for bit in range(8)]


@dataclass(frozen=True)
class Signed:
    """A message that the phrase's key has signed, and the result of a reader's checks.

    Attributes:
        message: the signed message.
        shown: the message that the reader gets.
        signature: 64 bytes.
        valid: whether the signature fits what the reader gets.
        other: whether it fits the message for the key of the other phrase; None if that phrase has no key.
    """

    message: str
    shown: str
    signature: bytes
    valid: bool
    other: bool | None


@cache
def _signature(message: str) -> bytes:
    """A signature by the phrase's key; a second signature would differ, because it contains a random nonce."""
    return bytes(Keypair.create_from_uri(PHRASE).sign(message.encode()))


def signed(shown: str, other: Way) -> Signed:
    """Check the signature of `MESSAGE` against what a reader gets, and against another key.

    Args:
        shown: the message as it arrives.
        other: the way of the other phrase.
    """
    signature, address = _signature(MESSAGE), way(PHRASE).address
    fits = bool(verify(shown.encode(), signature, address))
    theirs = None if other.address is None else bool(verify(MESSAGE.encode(), signature, other.address))
    return Signed(MESSAGE, shown, signature, fits, theirs)


# --- what is said and shown -------------------------------------------------------------------------------------------

STEPS = ("12 words", "entropy", "secret key", "public key", "address")
PROOFS = ("as signed", "as it arrives", "another key")


@dataclass(frozen=True)
class Slip:
    """The positions of the controls, and the results.

    Attributes:
        word: number of the wrong word, from 1; 0 for none of them.
        letter: number of the wrong letter of the message, from 1; 0 for none of them.
        made: the way of the phrase as it was made.
        typed: the way of the phrase as it was typed.
        signed: the message and its signature.
    """

    word: int
    letter: int
    made: Way
    typed: Way
    signed: Signed

    @classmethod
    def of(cls, word: int, letter: int, fits: bool) -> Slip:
        """From the controls."""
        made, typed = way(PHRASE), way(with_slip(PHRASE, word, fits))
        return cls(word, letter, made, typed, signed(with_letter(MESSAGE, letter), typed))

    @property
    def bits(self) -> list[bool] | None:
        """Which bits of the public key differ; None if there is no other key."""
        if self.made.public is None or self.typed.public is None:
            return None
        return different_bits(self.made.public, self.typed.public)

    @property
    def words(self) -> tuple[str, str]:
        """The word as it was made and as it was typed."""
        place = max(self.word - 1, 0)
        return self.made.phrase.split()[place], self.typed.phrase.split()[place]


def sentence(slip: Slip) -> str:
    """What happened, with its number."""
    said = [_of_the_key(slip)] if slip.word or not slip.letter else []
    if slip.letter:
        verdict = "the signature no longer fits" if not slip.signed.valid else "the signature still fits"
        said.append(f"One letter makes “{slip.signed.message}” into “{slip.signed.shown}”: {verdict}.")
    return " ".join(said)


def _of_the_key(slip: Slip) -> str:
    if not slip.word:
        return "12 words are all that a wallet needs: its secret key, its public key and its address follow from them."
    old, new = slip.words
    if slip.bits is None:
        return f"“{new}” for “{old}”: the checksum is wrong, so the wallet refuses the phrase. 15 of 16 slips end here."
    return (
        f"“{new}” for “{old}”: the checksum is right, and {sum(slip.bits)} of {KEY_BITS} bits of the public key "
        "differ. It is somebody else's wallet."
    )


def way_cells(slip: Slip) -> list[Cell]:
    """Step by step: as it was made, and below it as it was typed."""
    cells = []
    for step, made, typed in zip(STEPS, _texts(slip, slip.made), _texts(slip, slip.typed), strict=True):
        cells.append(Cell(step, 0, made))
        if not slip.word:
            continue
        look: Look = "bad" if made != typed else "plain"
        sign = "≠ " if made != typed and not typed.startswith("✗") else ""
        cells.append(Cell(f" {step}", 0, f"{sign}{typed}", look))
    return cells


def _texts(slip: Slip, one: Way) -> tuple[str, ...]:
    words = f"word {slip.word} of 12: {one.phrase.split()[slip.word - 1]}" if slip.word else one.phrase
    if one.entropy is None or one.secret is None or one.public is None or one.address is None:
        return words, "✗ wrong checksum", *("✗ none",) * (len(STEPS) - 2)
    return words, f"0x{one.entropy.hex()}", f"0x{one.secret.hex()}", f"0x{one.public.hex()}", one.address


def way_rows() -> list[str]:
    """Names of the rows from top to bottom; names that begin with a blank are not shown."""
    return [name for step in STEPS for name in (step, f" {step}")]


def way_title(slip: Slip) -> str:
    """What the picture of the way shows."""
    if not slip.word:
        return "From words to an address: each step follows from the one before it"
    return "One wrong word: " + ("nothing follows" if slip.bits is None else "every step after it is another")


def bits_table(slip: Slip) -> Table:
    """A square for each bit of the public key."""
    bits = slip.bits
    states = ["no key"] * KEY_BITS if bits is None else ["differs" if bit else "same" for bit in bits]
    return {"x": [n % 32 for n in range(KEY_BITS)], "y": [n // 32 for n in range(KEY_BITS)], "bit": states}


def bits_title(slip: Slip) -> str:
    """What the squares show."""
    if slip.bits is None:
        return "No second public key to compare"
    return f"Public key: {sum(slip.bits)} of {KEY_BITS} bits differ"


def proof_cells(slip: Slip) -> list[Cell]:
    """What a reader of the message finds."""
    found = slip.signed

    def verdict(row: str, fits: bool | None) -> Cell:
        if fits is None:
            return Cell(row, 1, "no key", "faint")
        return Cell(row, 1, "✓ fits" if fits else "✗ refused", "good" if fits else "bad")

    return [
        Cell(PROOFS[0], 0, found.message),
        verdict(PROOFS[0], True),
        Cell(PROOFS[1], 0, found.shown, "plain" if found.shown == found.message else "bad"),
        verdict(PROOFS[1], found.valid),
        Cell(PROOFS[2], 0, found.message),
        verdict(PROOFS[2], found.other if slip.word else None),
    ]


def proof_title(slip: Slip) -> str:
    """What the table of proofs shows."""
    return "Does the signature fit? " + ("Yes" if slip.signed.valid else "Not after one changed letter")


def bits_spec(style: Style) -> alt.LayerChart:
    """A square for each bit of the public key: filled where it differs."""
    looks = ["same", "differs", "no key"]
    squares = (
        alt.Chart(alt.NamedData("rows"))
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=alt.X("x:O", axis=None),
            y=alt.Y("y:O", axis=None),
            color=alt.Color(
                "bit:N",
                title=None,
                scale=alt.Scale(domain=looks, range=["#B9D3E4", VERMILLION, "#E4E4E4"]),
                legend=alt.Legend(orient="bottom", labelFontSize=style.font, symbolType="square"),
            ),
        )
    )
    return alt.layer(squares).properties(height=HEIGHT)
