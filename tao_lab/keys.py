"""Mnemonics and addresses: how a wallet reads them and checks their checksums.

The SDK makes the keys themselves (derivation, signatures, keyfiles), in `bittensor_core`. Word list and checksum of a
mnemonic follow BIP-39. Source of SS58: the registry and text of `paritytech/ss58-registry`, and
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
    """The parts of a mnemonic phrase.

    Attributes:
        valid: 12, 15, 18, 21 or 24 words of the list, and the right checksum.
        entropy_bits: the number of random bits; 0 if no mnemonic has that many words.
        checksum_bits: the number of bits that are computed from the others; 0 if no mnemonic has that many words.
        entropy: the random bits, if the phrase is valid.
    """

    valid: bool
    entropy_bits: int
    checksum_bits: int
    entropy: bytes | None


def read_mnemonic(phrase: str) -> MnemonicParts:
    """Split a mnemonic into its parts and check it.

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
    """The phrase for 16, 20, 24, 28 or 32 bytes.

    Raises:
        ValueError: another number of bytes.
    """
    return str(_ENGLISH.to_mnemonic(entropy))


@dataclass(frozen=True)
class Address:
    """The parts of an SS58 address.

    Attributes:
        valid: whether a wallet accepts it.
        ss58_format: number of the network that it is written for, if it is valid; 42 is Bittensor's.
        public_key: 32 bytes, if it is valid.
    """

    valid: bool
    ss58_format: int | None
    public_key: bytes | None


def read_address(text: str) -> Address:
    """Split an address into its parts and check it, as the SDK does."""
    try:
        public_key = bytes(bittensor_core.ss58_decode(text))
    except ValueError:
        return Address(False, None, None)
    first, second = base58.b58decode(text)[:2]
    # Formats from 64 on take two bytes, with their bits in a special order.
    wide = (first & 0x3F) << 2 | second >> 6 | (second & 0x3F) << 8
    return Address(True, first if first < 64 else wide, public_key)
