"""*Predict first* questions of lab 01: where the result surprises people."""

from __future__ import annotations

import numpy as np
from bittensor_core import Keypair, ss58_encode, verify

from tao_lab.cards import Grid, percent
from tao_lab.chain.errors import BadValue
from tao_lab.course.networks import small_network
from tao_lab.course.questions import Finding, Question
from tao_lab.keys import WORDS, read_address, read_mnemonic

PHRASES = 4_000
ADDRESSES = 2_000
LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SEED = 20_260_630


def share_of_valid_phrases(words: int) -> float:
    """Of that many words drawn by chance from the list, how often are they a mnemonic?"""
    rng = np.random.default_rng(SEED)
    drawn = rng.choice(WORDS, (PHRASES, words))
    return sum(read_mnemonic(" ".join(phrase)).valid for phrase in drawn) / PHRASES


def _random_words() -> Finding:
    shares = {words: share_of_valid_phrases(words) for words in (12, 18, 24)}
    option = 0 if shares[12] > 0.9 else 1 if shares[12] > 0.02 else 2
    rows = [
        ["mnemonics among them", *(percent(share, 1) for share in shares.values())],
        ["one in", *(f"{2 ** (words // 3)}" for words in shares)],
    ]
    because = (
        f"We drew {PHRASES:,} phrases of each length. 12 words end in 4 bits of checksum, which are right by chance "
        "one time in 16; so a slip of the pen is noticed 15 times in 16, and no more often."
    )
    return Finding(option, because, (Grid(rows, ("words", *map(str, shares))),))


def accepted_typos() -> int:
    """How many addresses with one other letter a wallet accepts."""
    rng = np.random.default_rng(SEED)
    accepted = 0
    for _ in range(ADDRESSES):
        address = ss58_encode(rng.bytes(32), 42)
        place, letter = int(rng.integers(1, len(address))), str(rng.choice(list(LETTERS)))
        changed = address[:place] + letter + address[place + 1 :]
        accepted += changed != address and read_address(changed).valid
    return accepted


def _typo() -> Finding:
    with small_network() as net:
        alice, bob = net.wallet("alice", tao=10), net.wallet("bob")
        address = bob.coldkeypub.ss58_address
        wrong = address[:-1] + ("x" if address[-1] != "x" else "y")
        before = net.balance(alice)
        try:
            net.transfer(alice, wrong, net.tao(5))
            said = "it was sent"
        except BadValue as error:
            said = str(error).split(",")[0][:40] + "…"
        kept = net.balance(alice) == before
    accepted = accepted_typos()
    rows = [
        ["sending 5 τ to it", f"refused: {said}" if kept else said],
        ["Alice's balance", "unchanged, no fee" if kept else "changed"],
        [f"of {ADDRESSES:,} addresses with one other letter, accepted", str(accepted)],
    ]
    because = (
        "The last two bytes of an address are a checksum of the rest. One other letter passes it one time in 65,536, "
        "and nothing is sent otherwise: not even the chain hears of it."
    )
    return Finding(1 if kept and not accepted else 0, because, (Grid(rows),))


def _two_signatures() -> Finding:
    key, message = Keypair.create_from_uri("//Alice"), b"pay Bob 5 TAO"
    first, second = key.sign(message), key.sign(message)
    fit = [verify(message, signature, key.ss58_address) for signature in (first, second)]
    option = 0 if first == second else 1 if all(fit) else 2
    rows = [
        ["first", f"0x{first[:8].hex()}…", "fits" if fit[0] else "does not fit"],
        ["second", f"0x{second[:8].hex()}…", "fits" if fit[1] else "does not fit"],
    ]
    because = (
        "An sr25519 signature has chance in it. So a signature says who signed what, but not how often: what keeps a "
        "payment from being made twice is not the signature (lab 02)."
    )
    return Finding(option, because, (Grid(rows, ("signature", "begins with", "of the message")),))


QUESTIONS = (
    Question(
        "01.A",
        "You draw 12 words from the list of 2,048 by throwing dice. Are they a mnemonic?",
        ("always: any 12 words of the list are", "sometimes: about one time in sixteen", "practically never"),
        _random_words,
    ),
    Question(
        "01.B",
        "You send 5 TAO to Bob and get one letter of his address wrong. What becomes of the 5 TAO?",
        (
            "they are on an account that nobody has the key of",
            "nothing is sent: the wallet refuses the address",
            "the chain sends them back, less the fee",
        ),
        _typo,
    ),
    Question(
        "01.C",
        "The same key signs the same message twice. Are the two signatures the same?",
        (
            "yes: same key, same message, same signature",
            "no, and both are good",
            "no, and only the second is good",
        ),
        _two_signatures,
    ),
)
