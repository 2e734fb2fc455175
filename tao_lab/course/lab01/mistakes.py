"""Wrong answers that people give in lab 01, each with the hint that helps.

Every function is what somebody writes who has one thing wrong and all else right.
"""

from __future__ import annotations

from hashlib import blake2b, sha256

import base58
import bittensor_core
from bittensor_core import Keypair

from tao_lab.course.exercise import WrongAnswer
from tao_lab.keys import WORDS

# --- 01.1 mnemonic ---


def _bits(phrase: str) -> str:
    return "".join(f"{WORDS.index(word):011b}" for word in phrase.split())


def _split(phrase: str) -> tuple[bytes, str, int]:
    """Entropy, checksum as text of bits, and how many bits there are of both."""
    bits = _bits(phrase)
    size = len(bits) // 33
    return int(bits[:-size], 2).to_bytes((len(bits) - size) // 8, "big"), bits[-size:], len(bits)


def _hash_bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in sha256(data).digest())


def _checked(entropy: bytes, checksum: str) -> bytes | None:
    return entropy if _hash_bits(entropy).startswith(checksum) else None


def _entropy_with_checksum(phrase: str) -> tuple[int, int, bytes | None]:
    entropy, checksum, total = _split(phrase)
    return total, len(checksum), _checked(entropy, checksum)


def _in_bytes(phrase: str) -> tuple[int, int, bytes | None]:
    entropy, checksum, _ = _split(phrase)
    return len(entropy), len(checksum), _checked(entropy, checksum)


def _always_four(phrase: str) -> tuple[int, int, bytes | None]:
    bits = _bits(phrase)
    entropy = int(bits[:-4], 2).to_bytes((len(bits) + 3) // 8, "big")
    return len(bits) - 4, 4, _checked(entropy, bits[-4:])


def _unchecked(phrase: str) -> tuple[int, int, bytes | None]:
    entropy, checksum, total = _split(phrase)
    return total - len(checksum), len(checksum), entropy


def _end_of_hash(phrase: str) -> tuple[int, int, bytes | None]:
    entropy, checksum, total = _split(phrase)
    fits = _hash_bits(entropy).endswith(checksum)
    return total - len(checksum), len(checksum), entropy if fits else None


def _zeros_lost(phrase: str) -> tuple[int, int, bytes | None]:
    entropy, checksum, total = _split(phrase)
    number = int.from_bytes(entropy, "big")
    short = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return total - len(checksum), len(checksum), short if _hash_bits(short).startswith(checksum) else None


MNEMONIC = (
    WrongAnswer(
        "entropy counted with the checksum",
        "You count all bits of the words as entropy. The checksum follows from the rest, so nobody had to draw it by "
        "chance: of 132 bits in 12 words, 128 are entropy.",
        _entropy_with_checksum,
    ),
    WrongAnswer(
        "counted in bytes",
        "Your `entropy_bits` is a number of bytes. A byte has eight bits: 12 words hold 128 bits, which are 16 bytes.",
        _in_bytes,
    ),
    WrongAnswer(
        "four bits of checksum always",
        "Your checksum has 4 bits whatever the length. It grows with the phrase: one bit for each 32 bits of entropy, "
        "so one of every 33.",
        _always_four,
    ),
    WrongAnswer(
        "checksum not compared",
        "You take any words of the list for a mnemonic. Compute the checksum from the entropy and compare: where it "
        "differs, `entropy` is None.",
        _unchecked,
    ),
    WrongAnswer(
        "checksum of something else",
        "You refuse good phrases: your checksum is not that of BIP-39. It is the first bits (not the last) of SHA-256 "
        "over the entropy's bytes (not over the words, and not with the checksum).",
        _end_of_hash,
    ),
    WrongAnswer(
        "leading zeros lost",
        "Where the entropy begins with zeros, yours is too short: a number forgets its leading zeros. It has "
        "`entropy_bits // 8` bytes in any case: `number.to_bytes(length, 'big')`.",
        _zeros_lost,
    ),
)

# --- 01.2 address ---

PREFIX = b"SS58PRE"


def _sum(data: bytes, prefix: bytes = PREFIX, size: int = 64) -> bytes:
    return blake2b(prefix + data, digest_size=size).digest()


def _rewrite(address: str, ss58_format: int, prefix: bytes = PREFIX, size: int = 64, end: bool = False) -> tuple:  # type: ignore[type-arg]
    data = base58.b58decode(address)
    part = slice(-2, None) if end else slice(2)
    body = bytes([ss58_format]) + data[1:33]
    valid = _sum(data[:33], prefix, size)[part] == data[33:]
    return data[1:33], valid, base58.b58encode(body + _sum(body, prefix, size)[part]).decode()


def _sum_not_compared(address: str, ss58_format: int) -> tuple[bytes, bool, str]:
    key, _, rewritten = _rewrite(address, ss58_format)
    return key, True, rewritten


def _old_sum_kept(address: str, ss58_format: int) -> tuple[bytes, bool, str]:
    key, valid, _ = _rewrite(address, ss58_format)
    data = base58.b58decode(address)
    return key, valid, base58.b58encode(bytes([ss58_format]) + data[1:]).decode()


def _format_not_summed(address: str, ss58_format: int) -> tuple[bytes, bool, str]:
    data = base58.b58decode(address)
    key = data[1:33]
    check = _sum(key)[:2]
    return key, check == data[33:], base58.b58encode(bytes([ss58_format]) + key + check).decode()


def _key_with_format(address: str, ss58_format: int) -> tuple[bytes, bool, str]:
    _, valid, rewritten = _rewrite(address, ss58_format)
    return base58.b58decode(address)[:33], valid, rewritten


def _format_kept(address: str, ss58_format: int) -> tuple[bytes, bool, str]:
    return _rewrite(address, base58.b58decode(address)[0])


ADDRESS = (
    WrongAnswer(
        "checksum not compared",
        "You say `valid` to every address. Compute the checksum of what you decoded and compare it with the two bytes "
        "at its end: that is what catches a typing error.",
        _sum_not_compared,
    ),
    WrongAnswer(
        "SS58PRE left out",
        "Your checksum is that of format and key alone. `b'SS58PRE'` goes in front of them before they are hashed.",
        lambda address, ss58_format: _rewrite(address, ss58_format, prefix=b""),
    ),
    WrongAnswer(
        "hash of 32 bytes",
        "Your BLAKE2b gives 32 bytes. SS58 takes the first two of the hash with 64 bytes, and those differ: the length "
        "goes into the hash.",
        lambda address, ss58_format: _rewrite(address, ss58_format, size=32),
    ),
    WrongAnswer(
        "end of the hash",
        "You take the last two bytes of the hash. The checksum is its first two.",
        lambda address, ss58_format: _rewrite(address, ss58_format, end=True),
    ),
    WrongAnswer(
        "old checksum kept",
        "You changed the format and kept the old checksum, which covers the format too. Compute it anew.",
        _old_sum_kept,
    ),
    WrongAnswer(
        "format not in the checksum",
        "Your checksum covers the key alone, so the same key would have one checksum on every network. Hash format and "
        "key together.",
        _format_not_summed,
    ),
    WrongAnswer(
        "format taken for a byte of the key",
        "Your `public_key` begins with the format and has 33 bytes. The key is the 32 bytes behind it.",
        _key_with_format,
    ),
    WrongAnswer(
        "format not changed",
        "You write the address in the format that it had. The first byte is to be `ss58_format`.",
        _format_kept,
    ),
)

# --- 01.3 sign and verify ---


def _fits(message: bytes, signature: bytes, who: str) -> bool:
    return bool(bittensor_core.verify(message, signature, who))


def _signs_all(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    return bytes(keypair.sign(message))


def _asks_own_key(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    return keypair.sign(message) if keypair.verify(message, signature) else None


def _signs_signature(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    return keypair.sign(signature) if _fits(message, signature, sender) else None


def _passes_on(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    return signature if _fits(message, signature, sender) else None


def _swaps(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    return keypair.sign(message) if bittensor_core.verify(signature, message, sender) else None


def _refuses_empty(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    return keypair.sign(message) if message and _fits(message, signature, sender) else None


def _answer_without_signature(message: bytes, signature: bytes, sender: str, keypair: Keypair) -> bytes | None:
    return b"" if _fits(message, signature, sender) else None


SIGN = (
    WrongAnswer(
        "signs without looking",
        "You sign whatever comes. A request that somebody forged or changed must get None: verify it first.",
        _signs_all,
    ),
    WrongAnswer(
        "verifies with its own key",
        "You ask whether *you* signed the request. It is the sender who should have: verify with the address `sender`.",
        _asks_own_key,
    ),
    WrongAnswer(
        "signs the signature",
        "You sign the sender's signature. Who reads your answer wants your signature of the message.",
        _signs_signature,
    ),
    WrongAnswer(
        "passes the signature on",
        "You give the sender's signature back, which proves nothing about you. Make one of your own: `keypair.sign`.",
        _passes_on,
    ),
    WrongAnswer(
        "message and signature swapped",
        "`verify` takes the message first, then the signature, then the address.",
        _swaps,
    ),
    WrongAnswer(
        "refuses an empty message",
        "You refuse an empty message. It has no bytes, and a good signature like any other: only the signature "
        "decides.",
        _refuses_empty,
    ),
    WrongAnswer(
        "no signature in the answer",
        "Your answer to a good request is empty. It should be what `keypair.sign(message)` gives, 64 bytes.",
        _answer_without_signature,
    ),
)

# --- 01.4 a stolen hotkey ---

HOTKEYS_OWN = frozenset({"set_weights", "serve_axon"})


def _believes(*more: str, less: str = "") -> object:
    believed = (HOTKEYS_OWN | set(more)) - {less}
    return lambda call: call in believed


def _wrong(name: str, hint: str, *more: str, less: str = "") -> WrongAnswer:
    return WrongAnswer(name, hint, _believes(*more, less=less))  # type: ignore[arg-type]


THEFT = (
    WrongAnswer(
        "a key is a key",
        "You say that a hotkey can do everything. The chain asks of each call *which* key signed it, and whose stake "
        "or TAO it moves: money belongs to the coldkey.",
        lambda call: True,
    ),
    WrongAnswer(
        "a hotkey can do nothing",
        "You say that a hotkey can do nothing. Then no miner could work while its owner sleeps: the daily work of a "
        "miner and a validator is what a hotkey is for.",
        lambda call: False,
    ),
    _wrong(
        "the hotkey takes the stake out",
        "You let the hotkey take stake out. Stake lies *on* the hotkey and belongs to the coldkey: `remove_stake` pays "
        "to the account that signs, and that one has no stake of its own here.",
        "remove_stake",
    ),
    _wrong(
        "the hotkey sends the owner's TAO",
        "You let the hotkey send the owner's TAO. A transfer takes from the account that signs it, and there is next "
        "to nothing on the hotkey's own.",
        "transfer_keep_alive",
    ),
    _wrong(
        "the hotkey raises its take",
        "You let the hotkey raise its take. The take decides how much its nominators get, so the chain asks the "
        "coldkey that owns it.",
        "increase_take",
    ),
    _wrong(
        "the hotkey gives its seat away",
        "You let the hotkey move its seat to another one. `swap_hotkey` is how an owner gets *rid* of a thief: only "
        "the coldkey can make it.",
        "swap_hotkey",
    ),
    _wrong(
        "weights need the coldkey",
        "You ask the coldkey for `set_weights`. A validator sets weights every hour or so, from a machine on the "
        "internet: the hotkey signs them. So a thief of it can.",
        less="set_weights",
    ),
    _wrong(
        "the address needs the coldkey",
        "You ask the coldkey for `serve_axon`. A miner says itself where it answers, each time it starts: the hotkey "
        "signs it. So a thief can send its requests elsewhere.",
        less="serve_axon",
    ),
)

# --- 01.5 keyfile ---


def _clear(keypair: Keypair, password: str) -> bytes:
    return bytes(bittensor_core.serialized_keypair_to_keyfile_data(keypair))


def _public_only(keypair: Keypair, password: str) -> bytes:
    public = Keypair(ss58_address=keypair.ss58_address, public_key=keypair.public_key)
    return bytes(bittensor_core.encrypt_keyfile_data(_clear(public, password), password))


def _other_password(keypair: Keypair, password: str) -> bytes:
    return bytes(bittensor_core.encrypt_keyfile_data(_clear(keypair, password), "password"))


KEYFILE = (
    WrongAnswer(
        "not encrypted",
        "Your keyfile is not encrypted: the secret key stands in it for everybody to read. That is how a hotkey's file "
        "looks. Encrypt these bytes with the password.",
        _clear,
    ),
    WrongAnswer(
        "another password",
        "Your keyfile is encrypted, but the password does not open it. Encrypt with what `password` holds, not with a "
        "text of your own: a key that nobody can open is lost.",
        _other_password,
    ),
    WrongAnswer(
        "only the public key",
        "Your keyfile opens, but the key in it cannot sign: you kept only its public part. Serialize the whole "
        "`keypair`.",
        _public_only,
    ),
)
