"""Makes datasets/vectors/mnemonic.json and ss58.json: known phrases and addresses, and the same with one mistake.

What is known comes from public sources, named in each vector; whether a changed one is valid follows from how many
words it has, whether its words are in the list, and its checksum, which is computed here with hashlib alone.
"""

import hashlib
import json
import sys
from pathlib import Path

from tao_lab.keys import WORDS, write_mnemonic
from tao_lab.paths import DATASETS

BIP39 = "BIP-39 test vectors, vectors.json of trezor/python-mnemonic (commit 0ec16bc5)"
ENTROPIES = [
    "00000000000000000000000000000000",
    "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
    "80808080808080808080808080808080",
    "ffffffffffffffffffffffffffffffff",
    "000000000000000000000000000000000000000000000000",
    "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
    "808080808080808080808080808080808080808080808080",
    "ffffffffffffffffffffffffffffffffffffffffffffffff",
    "7dce4ed2284c9134d026608ab684c05c",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
    "8080808080808080808080808080808080808080808080808080808080808080",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0ce452419635c1a5faf44d60f2029f73fdc43419b4de1f03",
    "00ac97c48106f0aeb8ba061e0250a559b3251dc35854e694780ba51d53a50120",
    "5baf069620eff15c71dd97c9a6ee328f",
    "977f8287f9ed670b8489838ab0476a63b65d4df12f406e68",
    "3edc83b60740d77af3afa2fcb82c2f1bc541ee4e2518ddef4996d32453f54a3c",
    "63deb1e7f0c3de56f4ab43c9d2ae6c86",
    "e77c6500b49072aefdf0a8aa787cf557d1920e94103e0597",
    "89bb4bc5555992cdaf3444c5e7ca5a6e9f27efab894f1990bae41be8b2a26ea4",
    "00641669f095b433a304ed0f953f28eb",
    "b8b0ff94389d3ec591c7d2fb72d8d3666e4e52b8cdf5471d",
    "911fec0fbd88029f6fa99164896c18d898c9232af18bdcca3e42d53b86493104",
]

SUBKEY = "substrate's well-known development accounts: `subkey inspect` of the phrase, Polkadot SDK"
DEV_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
# Format, address and public key (account //Name of the development phrase).
KNOWN = (
    ("Alice", 42, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
     "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"),
    ("Alice-stash", 42, "5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY",
     "be5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f"),
    ("Bob", 42, "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
     "8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48"),
    ("Charlie", 42, "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y",
     "90b5ab205c6974c9ea841be688864633dc9ca8a357843eeacf2314649965fe22"),
    ("Dave", 42, "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy",
     "306721211d5404bd9da88e0204360a1a9ab8b87c66c1bc2fcdd37f3c2222cc20"),
    ("Eve", 42, "5HGjWAeFDfFCWPsjFQdVV2Msvz2XtMktvgocEZcCj68kUMaw",
     "e659a7a1628cdd93febc04a4e0646ea20e9f5f0ce097d9a05290d4a9e054df4e"),
    ("Ferdie", 42, "5CiPPseXPECbkjWCa6MnjNokrgYjMqmKndv2rSnekmSK2DjL",
     "1cbd2d43530a44705ad088af313e18f80b53ef16b36177cd4b77b846f2a5f07c"),
    ("the development phrase itself", 42, "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV",
     "46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a"),
    ("Alice on Polkadot", 0, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
     "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"),
    ("Alice on Kusama", 2, "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F",
     "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"),
)  # fmt: skip
MADE = "made from the vector before it"


def has_checksum(words: list[str]) -> bool:
    """The rule in ten lines, with nothing of the library's."""
    bits = "".join(f"{WORDS.index(word):011b}" for word in words)
    checksum = len(bits) // 33
    entropy = int(bits[:-checksum], 2).to_bytes((len(bits) - checksum) // 8, "big")
    return f"{hashlib.sha256(entropy).digest()[0]:08b}".startswith(bits[-checksum:])


def phrase_vector(name: str, source: str, phrase: str, entropy: bytes | None) -> dict:
    """One vector of kind `mnemonic`."""
    words = phrase.split(" ")
    known = len(words) in (12, 15, 18, 21, 24)
    return {
        "name": name,
        "source": source,
        "input": {"phrase": phrase},
        "expected": {
            "valid": entropy is not None,
            "entropy_bits": len(words) * 11 - len(words) // 3 if known else 0,
            "checksum_bits": len(words) // 3 if known else 0,
            "entropy": f"0x{entropy.hex()}" if entropy is not None else None,
        },
    }


def mnemonic_vectors() -> list[dict]:
    """The public ones, two lengths that these lack, and mistakes."""
    made = []
    for number, text in enumerate(ENTROPIES, 1):
        entropy = bytes.fromhex(text)
        made.append(phrase_vector(f"bip39-{number}", BIP39, write_mnemonic(entropy), entropy))
    for size in (20, 28):
        entropy = hashlib.sha256(str(size).encode()).digest()[:size]
        words = write_mnemonic(entropy)
        assert has_checksum(words.split())
        made.append(phrase_vector(f"words-{len(words.split())}", "BIP-39's rule, by hashlib", words, entropy))
    public = DEV_PHRASE.split()
    entropy = int("".join(f"{WORDS.index(w):011b}" for w in public)[:128], 2).to_bytes(16, "big")
    made.append(phrase_vector("development phrase", SUBKEY, DEV_PHRASE, entropy))
    swapped = [public[1], public[0], *public[2:]]
    assert not has_checksum(swapped)
    assert not has_checksum(["zoo", *public[1:]])
    mistakes = {
        "two words swapped": " ".join(swapped),
        "one word changed": " ".join(["zoo", *public[1:]]),
        "a word that is not in the list": DEV_PHRASE.replace("walk", "walks"),
        "a capital letter": DEV_PHRASE.replace("bottom", "Bottom"),
        "eleven words": " ".join(public[:-1]),
        "thirteen words": f"{DEV_PHRASE} walk",
        "two spaces": DEV_PHRASE.replace(" ", "  ", 1),
        "no words": "",
    }
    return made + [phrase_vector(name, f"{MADE}: development phrase", text, None) for name, text in mistakes.items()]


def address_vector(name: str, source: str, address: str, ss58_format: int | None, public_key: str | None) -> dict:
    """One vector of kind `ss58`."""
    key = f"0x{public_key}" if public_key else None
    expected = {"valid": public_key is not None, "ss58_format": ss58_format, "public_key": key}
    return {"name": name, "source": source, "input": {"address": address}, "expected": expected}


def ss58_vectors() -> list[dict]:
    """The public ones, and Alice's with one mistake."""
    made = [address_vector(name, SUBKEY, address, number, key) for name, number, address, key in KNOWN]
    alice = KNOWN[0][2]
    mistakes = {
        "one letter changed": alice.replace("wva", "wvb"),
        "two letters swapped": alice.replace("Fz9", "F9z"),
        "one capital": alice.replace("5Gr", "5GR"),
        "a letter that Base58 has not": alice.replace("5Gr", "5lr"),
        "a letter missing": alice[:-1],
        "a letter too many": alice + "1",
        "a space before it": " " + alice,
        "the public key in hex": "0x" + KNOWN[0][3],
        "nothing": "",
    }
    return made + [address_vector(name, f"{MADE}: Alice", text, None, None) for name, text in mistakes.items()]


def write(path: Path, kind: str, vectors: list[dict]) -> None:
    """One vector a line, so that a change shows."""
    lines = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in vectors)
    path.write_text(f'{{"format":"tao-lab/vectors/1","kind":"{kind}","vectors":[\n{lines}\n]}}\n', encoding="utf-8")


def main(folder: Path = DATASETS / "vectors") -> int:
    """Write both files."""
    write(folder / "mnemonic.json", "mnemonic", mnemonic_vectors())
    write(folder / "ss58.json", "ss58", ss58_vectors())
    return 0


if __name__ == "__main__":
    sys.exit(main())
