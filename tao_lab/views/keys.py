"""Pictures of keys: the keys of a wallet, and how keys are made from a phrase. Secrets are never drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bittensor_core import Keypair, ss58_encode

from tao_lab.keys import read_mnemonic
from tao_lab.views.drawing import Arrow, Box, Drawing, Part, Words

if TYPE_CHECKING:
    import bittensor as bt

GAP = 46  # px between two boxes, for an arrow
POLKADOT, BITTENSOR = 0, 42


def short(text: str) -> str:
    """The two ends of an address or a hash: enough to tell it from another."""
    return text if len(text) <= 14 else f"{text[:6]}…{text[-5:]}"


def wallet_drawing(wallet: bt.Wallet) -> Drawing:
    """A wallet's two keys: where each is stored, what others see of it, and its use.

    Args:
        wallet: its keyfiles must exist.
    """
    rows = (
        ("coldkey", wallet.coldkey_file, wallet.coldkeypub, "money: pays, stakes, owns"),
        ("hotkey", wallet.hotkey_file, wallet.hotkeypub, "work: weights, answers"),
    )
    parts: list[Part] = []
    said = []
    for number, (name, file, public, use) in enumerate(rows):
        y = number * 92
        path = Path(file.path)
        where = f"{wallet.name}/{path.relative_to(Path(wallet.path).expanduser() / wallet.name)}"
        lock = "encrypted" if file.is_encrypted() else "in clear text"
        boxes = _row(
            y,
            (
                (130, ["12 words", "its own phrase"]),
                (170, [f"secret {name}", where, lock]),
                (150, ["public key", short(f"0x{public.public_key.hex()}")]),
                (150, ["address", short(public.ss58_address)]),
                (184, [f"{name} signs", use]),
            ),
        )
        parts += boxes
        said.append(f"The {name} is {lock} in {where}; its address is {public.ss58_address}; it is for {use}.")
    title = f"{wallet.name}: two keys from two phrases, and neither can be computed from the other"
    return Drawing(title, " ".join(said), 976, 166, tuple(parts))


def _row(y: float, boxes: tuple[tuple[int, list[str]], ...]) -> list[Part]:
    """Boxes from left to right with arrows between them; the secret one is marked."""
    parts: list[Part] = []
    x, before = 2.0, None
    for place, (width, lines) in enumerate(boxes):
        box = Box(x, y + 2, width, lines, "good" if place == 1 else "plain")
        if before is not None:
            middle = before.y + 23
            parts.append(Arrow((before.x + before.width + 3, middle), (x - 3, middle)))
        parts.append(box)
        before, x = box, x + width + GAP
    return parts


def key_tree(phrase: str, *paths: str) -> Drawing:
    """Everything that is made from one phrase: entropy, secret keys, public keys, addresses.

    Args:
        phrase: a mnemonic that is not a secret.
        paths: derivations, each from an earlier one: `//1`, `//1//2`.

    Raises:
        ValueError: the phrase is not a mnemonic.
    """
    words = phrase.split()
    entropy = read_mnemonic(phrase).entropy
    if entropy is None:
        raise ValueError(f"phrase is {phrase!r}; allowed: 12 to 24 words with the right checksum")
    root = Box(2, 2, 190, [f"{len(words)} words", f"{words[0]} … {words[-1]}"])
    bits = Box(2, 84, 190, [f"entropy, {len(entropy) * 8} bits", f"0x{entropy[:6].hex()}…"])
    parts: list[Part] = [root, bits, Arrow(root.bottom, (bits.top[0], bits.y - 3), "11 bits a word")]
    places: dict[str, Box] = {}
    said = []
    for number, path in enumerate(("", *paths)):
        keypair = Keypair.create_from_uri(phrase + path)
        parent = next((p for p in sorted(places, key=len, reverse=True) if path.startswith(p)), None)
        y = 84 + 82 * number
        depth = 0 if parent is None else places[parent].x - 274 + 34
        secret = Box(274 + depth, y, 172, [f"secret {path or 'of the phrase'}", "32 bytes"], "good")
        public = Box(590, y, 150, ["public key", short(f"0x{keypair.public_key.hex()}")])
        names = [short(ss58_encode(keypair.public_key, network)) for network in (BITTENSOR, POLKADOT)]
        address = Box(784, y, 176, ["address", f"Bittensor {names[0]}", f"Polkadot  {names[1]}"])
        if parent is None:
            parts.append(Arrow(bits.right, (secret.x - 3, secret.left[1]), "PBKDF2"))
        else:
            x = places[parent].x + 16
            parts.append(Arrow((x, places[parent].bottom[1]), (x, secret.left[1]), head=False))
            parts.append(Arrow((x, secret.left[1]), (secret.x - 3, secret.left[1])))
        arrows = (
            Arrow(secret.right, (public.x - 3, public.left[1])),
            Arrow(public.right, (address.x - 3, public.left[1])),
        )
        parts += [secret, public, address, *arrows]
        places[path] = secret
        said.append(f"{path or 'the phrase itself'}: address {keypair.ss58_address}")
    parts.append(Words(590, 72, "one way only: no secret key from a public one"))
    title = f"{len(said)} keys from one phrase, each with a public key and an address on every network"
    return Drawing(title, f"A tree from {len(words)} words to keys. {'; '.join(said)}.", 964, int(y) + 70, tuple(parts))
