"""Solutions of lab 01: one function an exercise. Made by `make labs`."""

from hashlib import blake2b, sha256

import base58
from bittensor_core import encrypt_keyfile_data, serialized_keypair_to_keyfile_data, verify

from tao_lab.keys import WORDS


def read_mnemonic(phrase):
    """What is in a mnemonic, and whether it is one.

    phrase  str  12, 15, 18, 21 or 24 words of WORDS, with a space between them

    Returns entropy_bits (int), checksum_bits (int), entropy (bytes, or None if the checksum is wrong).

    >>> bits, checked, entropy = read_mnemonic("zoo " * 11 + "wrong")
    >>> bits, checked, entropy.hex()
    (128, 4, 'ffffffffffffffffffffffffffffffff')
    >>> read_mnemonic("zoo " * 11 + "zoo")
    (128, 4, None)
    """
    bits = "".join(f"{WORDS.index(word):011b}" for word in phrase.split())
    checksum_bits = len(bits) % 32  # each 32 bits of entropy have one more
    entropy_bits = len(bits) - checksum_bits
    entropy = bytes(int(bits[place : place + 8], 2) for place in range(0, entropy_bits, 8))
    hashed = "".join(f"{byte:08b}" for byte in sha256(entropy).digest())
    return entropy_bits, checksum_bits, entropy if hashed.startswith(bits[entropy_bits:]) else None


def rewrite_address(address, ss58_format):
    """The same key on another network, unless the address has an error in it.

    address      str  Base58 of: format (1 byte), public key (32 bytes), checksum (2 bytes)
    ss58_format  int  number of the other network, below 64

    Returns public_key (bytes), valid (bool: is the checksum of `address` right?), rewritten (str).
    Where `address` is not valid, rewritten is None: a new checksum would make the error look right.

    >>> rewrite_address("5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM", 0)[1:]
    (True, '111111111111111111111111111111111HC1')
    >>> rewrite_address("5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhN", 0)[1:]
    (False, None)
    """
    data = base58.b58decode(address)
    public_key, checksum = data[1:33], data[33:]
    valid = checksum == blake2b(b"SS58PRE" + data[:33]).digest()[:2]
    if not valid:
        return public_key, False, None
    body = bytes([ss58_format]) + public_key
    return public_key, True, base58.b58encode(body + blake2b(b"SS58PRE" + body).digest()[:2]).decode()


def countersign(message, signature, sender, keypair):
    """Sign a message, if it really comes from its sender.

    message    bytes
    signature  bytes    64, said to be the sender's signature of the message
    sender     str      address of the sender
    keypair    Keypair  yours

    Returns your signature of the message (64 bytes), or None if the sender did not sign it.

    >>> from bittensor_core import Keypair
    >>> alice, bob = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Bob")
    >>> mine = countersign(b"add 2 and 2", alice.sign(b"add 2 and 2"), alice.ss58_address, bob)
    >>> verify(b"add 2 and 2", mine, bob.ss58_address)
    True
    >>> print(countersign(b"add 2 and 3", alice.sign(b"add 2 and 2"), alice.ss58_address, bob))
    None
    """
    if not verify(message, signature, sender):
        return None
    return keypair.sign(message)


def hotkey_can(call):
    """Does the chain carry out this call of the thief, who has nothing but the hotkey?

    call  str  name of one of the six

    Returns True or False; for example False, if you think that the chain refuses this one:

    >>> hotkey_can("transfer_keep_alive")
    False
    """
    return {
        "set_weights": True,
        "serve_axon": True,
        "transfer_keep_alive": False,
        "remove_stake": False,
        "increase_take": False,
        "swap_hotkey": False,
    }[call]


def lock(keypair, password):
    """A keyfile that only the password opens.

    keypair   Keypair  with its secret key
    password  str

    Returns the bytes of the file.

    >>> from bittensor_core import Keypair
    >>> lock(Keypair.create_from_uri("//Alice"), "correct horse")[:5]
    b'$NACL'
    """
    data = serialized_keypair_to_keyfile_data(keypair)
    return encrypt_keyfile_data(data, password)
