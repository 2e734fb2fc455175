"""02.2: where the chain keeps a value."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.chain.runtime import load_runtime
from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab02.hashing import blake2_128, twox_64, twox_128


def storage_key(pallet, item, keys):
    """Where the chain keeps a value.

    pallet  str   for example "System"
    item    str   for example "Account"
    keys    list  of (hasher, key): str, bytes; in order; empty for a value that there is only once

    Returns the storage key (bytes).

    >>> storage_key("System", "Number", []) == twox_128(b"System") + twox_128(b"Number")
    True
    >>> storage_key("SubtensorModule", "Weights", [("Identity", b"ab"), ("Identity", b"cd")])[32:]
    b'abcd'
    """
    place = twox_128(pallet.encode()) + twox_128(item.encode())
    for hasher, key in keys:
        if hasher == "Blake2_128Concat":
            place += blake2_128(key)
        if hasher == "Twox64Concat":
            place += twox_64(key)
        place += key
    return place


def reference(pallet: str, item: str, keys: list[tuple[str, bytes]]) -> bytes:
    """The key that the runtime makes: it knows the hashers itself, so it gets values and no bytes."""
    runtime = load_runtime()
    kinds = [kind for _, kind in runtime.item(pallet, item).layout]
    values = [runtime.core.decode(kind, key, True) for kind, (_, key) in zip(kinds, keys, strict=True)]
    return bytes(runtime.core.storage_key(pallet, item, values))


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Items of the real runtime, with none to three keys and each of the hashers."""
    u16 = [int(number).to_bytes(2, "little") for number in rng.integers(1, 2**16, 4)]
    alice, bob = rng.bytes(32), rng.bytes(32)
    yield _case("System", "Number", [], "a value that there is once")
    yield _case("SubtensorModule", "Tempo", u16[:1], "a subnet's number, which is not hashed")
    yield _case("System", "Account", [bytes(32)], "the account of 32 zeros")
    yield _case("System", "Account", [alice], "a random account")
    yield _case("System", "BlockHash", [bytes([5, 0, 0, 0])], "the number of a block, hashed fast")
    yield _case("SubtensorModule", "Weights", u16[1:3], "subnet and validator")
    yield _case("SubtensorModule", "AlphaV2", [alice, bob, u16[3]], "hotkey, coldkey and subnet")
    yield _case("SubtensorModule", "AlphaV2", [bob, alice, u16[3]], "the two accounts in the other order")


def _case(pallet: str, item: str, keys: list[bytes], about: str) -> Case:
    hashers = [hasher for hasher, _ in load_runtime().item(pallet, item).layout]
    arguments = {"pallet": pallet, "item": item, "keys": list(zip(hashers, keys, strict=True))}
    return Case(arguments, f"{pallet}.{item}: {about}")


EXERCISE = Exercise(
    id="02.2",
    title="The storage key of a value",
    solution=storage_key,
    reference=reference,
    cases=cases,
    read=read_values(key=bytes),
    look="Compare piece by piece: 16 bytes for the pallet, 16 for the item, then what each hasher asks for.",
    unlocks="You can find any value in the state of the real chain. Next: what a block says about that state.",
    wrong_answers=(
        Edit(
            "names hashed together",
            {"twox_128(pallet.encode()) + twox_128(item.encode())": "twox_128((pallet + item).encode())"},
            "You hash the two names as one text. They are hashed one by one, so that all keys of a pallet begin alike.",
        ),
        Edit(
            "item before pallet",
            {
                "twox_128(pallet.encode()) + twox_128(item.encode())": (
                    "twox_128(item.encode()) + twox_128(pallet.encode())"
                )
            },
            "The item comes before the pallet. All that belongs to a pallet should begin alike.",
        ),
        Edit(
            "names hashed like an account",
            {
                "twox_128(pallet.encode()) + twox_128(item.encode())": (
                    "blake2_128(pallet.encode()) + blake2_128(item.encode())"
                )
            },
            "You hash the names with `blake2_128`. Names are chosen by programmers, not by anybody who could want two "
            "of them to collide: which hash is for them?",
        ),
        Edit(
            "key not behind its hash",
            {"        place += key\n": '        if hasher == "Identity":\n            place += key\n'},
            "Behind a hash the key itself is missing. Without it nobody could list the accounts: a hash does not lead "
            "back. That is what `Concat` says.",
        ),
        Edit(
            "every key hashed like an account",
            {'if hasher == "Blake2_128Concat":': "if hasher:"},
            "You put `blake2_128` before every key, whatever its hasher. The chain knows for each key how it is "
            "hashed, and some are not.",
        ),
        Edit(
            "no key hashed",
            {"place += blake2_128(key)": "pass", "place += twox_64(key)": "pass"},
            "You hash the names, and then the keys stand as they are. That is right for `Identity` only.",
        ),
        Edit(
            "sixteen bytes for Twox64",
            {"twox_64(key)": "twox_128(key)"},
            "You hash a `Twox64Concat` key to 16 bytes. How many bits does its name promise?",
        ),
        Edit(
            "Twox64 forgotten",
            {"place += twox_64(key)": "pass"},
            "A `Twox64Concat` key stands in yours without its hash: you know two of the three hashers.",
        ),
        Edit(
            "hashes first, then the keys",
            {"        place += key\n    return place\n": '    return place + b"".join(key for _, key in keys)\n'},
            "You write all hashes first and all keys behind them. Each key stands right behind its own hash.",
        ),
        Edit(
            "only the last key",
            {
                "    for hasher, key in keys:\n": "    for hasher, key in keys[-1:]:\n",
            },
            "Of several keys you take only one. A value that two or three things point to has all of them in its "
            "place.",
        ),
        Edit(
            "key before its hash",
            {
                "place += blake2_128(key)": "place += key + blake2_128(key)",
                "        place += key\n": '        place += key if hasher != "Blake2_128Concat" else b""\n',
            },
            "You put an account's key before its hash. The hash comes first, so that keys lie spread out; the key "
            "comes after it.",
        ),
        Edit(
            "names in small letters",
            {"pallet.encode()": "pallet.lower().encode()", "item.encode()": "item.lower().encode()"},
            "You change the names to small letters. A hash tells them apart: take the names as they come.",
        ),
        Edit(
            "account not behind its hash",
            {"        place += key\n": '        if hasher != "Blake2_128Concat":\n            place += key\n'},
            "Behind an account's hash the account is missing. `Concat` says that the key comes there too.",
        ),
        Edit(
            "number not behind its hash",
            {"        place += key\n": '        if hasher != "Twox64Concat":\n            place += key\n'},
            "Behind the hash of `Twox64Concat` the key itself is missing. `Concat` says that it comes there too.",
        ),
        Edit(
            "Identity left out",
            {"        place += key\n": '        if hasher != "Identity":\n            place += key\n'},
            "A key with the hasher `Identity` is missing from your place. It is not hashed, but it is there.",
        ),
        Edit(
            "thirty-two bytes for an account",
            {"place += blake2_128(key)": 'place += __import__("hashlib").blake2b(key, digest_size=32).digest()'},
            "You hash accounts to 32 bytes. How many bits does the hasher's name promise?",
        ),
        Edit(
            "eight bytes for an account",
            {"place += blake2_128(key)": "place += blake2_128(key)[:8]"},
            "You keep only a half of an account's hash. How many bits does the hasher's name promise?",
        ),
        Edit(
            "eight bytes for a name",
            {
                "twox_128(pallet.encode())": "twox_64(pallet.encode())",
                "twox_128(item.encode())": "twox_64(item.encode())",
            },
            "Your names have eight bytes each. Which of the two fast hashes is for names?",
        ),
        Edit(
            "names joined with a dot",
            {"twox_128(pallet.encode()) + twox_128(item.encode())": 'twox_128(f"{pallet}.{item}".encode())'},
            "You hash pallet and item as one text with a dot. They are hashed one by one, and the hashes stand in a "
            "row.",
        ),
        Edit(
            "names hashed once more",
            {
                "twox_128(pallet.encode()) + twox_128(item.encode())": (
                    "twox_128(twox_128(pallet.encode()) + twox_128(item.encode()))"
                )
            },
            "You hash the two hashes of the names once more. They stand in a row as they are.",
        ),
        Edit(
            "names as they are",
            {"twox_128(pallet.encode()) + twox_128(item.encode())": "pallet.encode() + item.encode()"},
            "Your names are there as text. Which hash makes 16 bytes of each?",
        ),
        Edit(
            "pallet alone",
            {" + twox_128(item.encode())": ""},
            "The item is missing: all items of a pallet would lie in the same place.",
        ),
        Edit(
            "item alone",
            {"twox_128(pallet.encode()) + ": ""},
            "The pallet is missing: two pallets may have items of the same name.",
        ),
        Edit(
            "place hashed",
            {"    return place": '    return __import__("hashlib").blake2b(place, digest_size=32).digest()'},
            "You hash the whole place at the end. It stays as it is, so that all keys of an item begin alike.",
        ),
        Edit(
            "keys joined, then hashed",
            {
                "    for hasher, key in keys:\n": "    if keys:\n"
                '        keys = [("Blake2_128Concat", b"".join(key for _, key in keys))]\n'
                "    for hasher, key in keys:\n"
            },
            "You put all keys together and hash them once. Each of them has a hasher of its own.",
        ),
        Edit(
            "the two hashers swapped",
            {
                'hasher == "Blake2_128Concat"': 'hasher == "Twox64Concat"',
                'hasher == "Twox64Concat"': 'hasher == "Blake2_128Concat"',
            },
            "You take the hash of the one hasher for the other's. Which of them is for accounts?",
        ),
        Edit(
            "Identity hashed fast",
            {'if hasher == "Twox64Concat"': 'if hasher != "Blake2_128Concat"'},
            "You hash whatever is not an account with `twox_64`, also what has the hasher `Identity`. What does "
            "identity do?",
        ),
        Edit(
            "accounts not hashed",
            {"place += blake2_128(key)": "pass"},
            "An account stands in yours without its hash. Look at the exact text of its hasher.",
        ),
        Edit(
            "key before its hash, for all",
            {
                "place += blake2_128(key)": "key += blake2_128(key)",
                "place += twox_64(key)": "key += twox_64(key)",
            },
            "In yours each key comes before its hash. The hash comes first.",
        ),
        Edit(
            "last key first",
            {"in keys:": "in reversed(keys):"},
            "Your keys are in the other order: the first one comes first.",
        ),
        Edit(
            "first key only",
            {"in keys:": "in keys[:1]:"},
            "You stop after the first key: is there a `return` in your loop, or do you take `keys[0]`? A value that "
            "two or three things point to has all of them in its place.",
        ),
        Edit(
            "names forgotten in the loop",
            {
                "place += blake2_128(key)": "place = blake2_128(key)",
                "place += twox_64(key)": "place = twox_64(key)",
                "        place += key\n": '        place = (b"" if hasher == "Identity" else place) + key\n',
            },
            "Each key of yours replaces what stood there before: `=` where something should be added. Where are the "
            "names?",
        ),
        Edit(
            "keys before the names",
            {
                "    for hasher, key in keys:\n": '    names, place = place, b""\n    for hasher, key in keys:\n',
                "    return place": "    return place + names",
            },
            "Your keys come before the names. A place begins with the pallet.",
        ),
        Edit(
            "each key before all that was there",
            {
                "    for hasher, key in keys:\n": "    names = place\n    for hasher, key in keys:\n"
                '        names, place = place, b""\n',
                "        place += key\n": "        place += key + names\n",
            },
            "You put each key before what was there already. A place begins with the pallet, and grows at its end.",
        ),
        Edit(
            "hash of all so far",
            {"blake2_128(key)": "blake2_128(place + key)", "twox_64(key)": "twox_64(place + key)"},
            "You hash all that stands there so far. Only the key itself is hashed.",
        ),
        Edit(
            "hashes as text",
            {
                "place += blake2_128(key)": "place += blake2_128(key).hex().encode()",
                "place += twox_64(key)": "place += twox_64(key).hex().encode()",
            },
            "You add the hexadecimal digits of a hash, two for each byte. Add its bytes.",
        ),
        Edit(
            "the hasher's name hashed",
            {
                "place += blake2_128(key)": "place += twox_128(hasher.encode())",
                "place += twox_64(key)": "place += twox_128(hasher.encode())",
            },
            "You hash the name of the hasher. It only says how the key is hashed.",
        ),
        Edit(
            "Identity twice",
            {"        place += key\n": '        place += key + (key if hasher == "Identity" else b"")\n'},
            "A key with the hasher `Identity` stands in yours twice. It has no hash, so nothing stands before it.",
        ),
    ),
)
