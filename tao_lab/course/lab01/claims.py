"""The claim of lab 01, and the experiment that tests it."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import bittensor as bt
from bittensor_core import Keypair

from tao_lab.course.claims import Claim, Evidence

LONGEST = 30  # words that are tried


def mnemonic_lengths() -> list[int]:
    """The numbers of words for which the SDK makes a mnemonic."""
    lengths = []
    for words in range(1, LONGEST + 1):
        try:
            lengths.append(len(Keypair.generate_mnemonic(words).split()))
        except ValueError:
            continue
    return lengths


def twelve_to_twenty_four_words() -> Evidence:
    """Claim 11: which lengths there are, and what the phrase of a new wallet's coldkey returns."""
    phrases: list[str] = []
    with TemporaryDirectory() as folder:
        wallet = bt.Wallet("new", path=folder)
        wallet.create_new_coldkey(use_password=False, on_mnemonic=phrases.append)
        wallet.create_new_hotkey(on_mnemonic=phrases.append)
        cold, hot = wallet.coldkeypub.ss58_address, wallet.hotkeypub.ss58_address
    of_cold, of_hot = (Keypair.create_from_mnemonic(phrase).ss58_address for phrase in phrases)
    lengths = mnemonic_lengths()
    one_for_both = of_cold == hot
    between = set(range(12, 25)) - set(lengths)
    return Evidence(
        "true" if one_for_both and not between else "false",
        "Between 12 and 24 words, yes, but only in steps of three; and the coldkey's phrase brings back the coldkey "
        "alone. Each key of a wallet has a phrase of its own, and each must be written down.",
        {
            "lengths of a mnemonic": ", ".join(map(str, lengths)),
            "phrases that a new wallet shows": str(len(set(phrases))),
            "the coldkey's phrase gives the coldkey": _yes(of_cold == cold),
            "the coldkey's phrase gives the hotkey": _yes(one_for_both),
            "the hotkey's phrase gives the hotkey": _yes(of_hot == hot),
        },
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


CLAIMS = (
    Claim(
        11,
        "Every mnemonic has 12 to 24 words; one phrase recovers coldkey and hotkey.",
        twelve_to_twenty_four_words,
        f"the SDK {bt.__version__}, which makes wallets and mnemonics",
    ),
)
