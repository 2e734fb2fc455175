"""Solutions of lab 01: one function for each exercise."""

from hashlib import blake2b, sha256

import base58
from bittensor_core import encrypt_keyfile_data, serialized_keypair_to_keyfile_data, verify

from tao_lab.keys import WORDS


def read_mnemonic(phrase):
    """What is in a mnemonic, and whether it is one.

    phrase  str  12, 15, 18, 21 or 24 words of WORDS, with a space between them

    Returns entropy_bits (int), checksum_bits (int), entropy (bytes, or None if the checksum is wrong).
    """
    bits = "".join(f"{WORDS.index(word):011b}" for word in phrase.split())
    checksum_bits = len(bits) // 33
    entropy_bits = len(bits) - checksum_bits
    entropy = int(bits[:entropy_bits], 2).to_bytes(entropy_bits // 8, "big")
    hashed = "".join(f"{byte:08b}" for byte in sha256(entropy).digest())
    return entropy_bits, checksum_bits, entropy if hashed.startswith(bits[entropy_bits:]) else None


def rewrite_address(address, ss58_format):
    """The same key on another network.

    address      str  Base58 of: format (1 byte), public key (32 bytes), checksum (2 bytes)
    ss58_format  int  number of the other network, below 64

    Returns public_key (bytes), valid (bool: is the checksum of `address` right?), rewritten (str).
    """
    data = base58.b58decode(address)
    public_key, checksum = data[1:33], data[33:]
    valid = blake2b(b"SS58PRE" + data[:33]).digest()[:2] == checksum
    body = bytes([ss58_format]) + public_key
    rewritten = base58.b58encode(body + blake2b(b"SS58PRE" + body).digest()[:2]).decode()
    return public_key, valid, rewritten


def countersign(message, signature, sender, keypair):
    """Sign a message, if it really comes from its sender.

    message    bytes
    signature  bytes    64, said to be the sender's signature of the message
    sender     str      address of the sender
    keypair    Keypair  yours

    Returns your signature of the message (64 bytes), or None if the sender did not sign it.
    """
    return keypair.sign(message) if verify(message, signature, sender) else None


def hotkey_can(call):
    """Does the chain carry out this call of the thief, who has nothing but the hotkey?

    call  str  name of one of the six

    Returns True or False.
    """
    return call in ("set_weights", "serve_axon")


def lock(keypair, password):
    """A keyfile that only the password opens.

    keypair   Keypair  with its secret key
    password  str

    Returns the bytes of the file.
    """
    return encrypt_keyfile_data(serialized_keypair_to_keyfile_data(keypair), password)
