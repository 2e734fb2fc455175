"""Mnemonics and addresses, as a wallet reads them before it trusts them: both carry a checksum.

Keys themselves (derivation, signatures, keyfiles) are the SDK's, in `bittensor_core`; word list and checksum of a
mnemonic are those of BIP-39. Source of SS58: the registry and text of `paritytech/ss58-registry`, and
`substrate/primitives/core/src/crypto.rs` of the Polkadot SDK.
"""

from __future__ import annotations

from dataclasses import dataclass

import base58
import bittensor_core
from mnemonic import Mnemonic

_ENGLISH = Mnemonic("english")
WORDS: tuple[str, ...] = tuple(_ENGLISH.wordlist)  # 2,048: each word stands for 11 bits
WORD_BITS = 11
MNEMONIC_WORDS = (12, 15, 18, 21, 24)
CHECKED_BITS = 32  # of entropy for each bit of checksum


@dataclass(frozen=True)
class MnemonicParts:
    """What a phrase says.

    Attributes:
        valid: 12, 15, 18, 21 or 24 words of the list, and the right checksum.
        entropy_bits: how many of its bits were chosen by chance; 0 where no mnemonic has that many words.
        checksum_bits: how many follow from the others; 0 likewise.
        entropy: the bits chosen by chance, where the phrase is valid.
    """

    valid: bool
    entropy_bits: int
    checksum_bits: int
    entropy: bytes | None


def read_mnemonic(phrase: str) -> MnemonicParts:
    """Take a mnemonic apart and check it.

    Args:
        phrase: words with single spaces between them.
    """
    words = phrase.split(" ")
    if len(words) not in MNEMONIC_WORDS:
        return MnemonicParts(False, 0, 0, None)
    checksum_bits = len(words) * WORD_BITS // (CHECKED_BITS + 1)
    valid = bool(_ENGLISH.check(phrase))
    entropy = bytes(_ENGLISH.to_entropy(words)) if valid else None
    return MnemonicParts(valid, len(words) * WORD_BITS - checksum_bits, checksum_bits, entropy)


def write_mnemonic(entropy: bytes) -> str:
    """The phrase of 16, 20, 24, 28 or 32 bytes.

    Raises:
        ValueError: another number of bytes.
    """
    return str(_ENGLISH.to_mnemonic(entropy))


@dataclass(frozen=True)
class Address:
    """An SS58 address, taken apart.

    Attributes:
        valid: whether a wallet accepts it.
        ss58_format: number of the network that it is written for, where it is valid; 42 is Bittensor's.
        public_key: 32 bytes, where it is valid.
    """

    valid: bool
    ss58_format: int | None
    public_key: bytes | None


def read_address(text: str) -> Address:
    """Take an address apart and check it, as the SDK does."""
    try:
        public_key = bytes(bittensor_core.ss58_decode(text))
    except ValueError:
        return Address(False, None, None)
    first, second = base58.b58decode(text)[:2]
    # From 64 on a format takes two bytes, with its bits in an order of their own.
    wide = (first & 0x3F) << 2 | second >> 6 | (second & 0x3F) << 8
    return Address(True, first if first < 64 else wide, public_key)
