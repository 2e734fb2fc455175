"""Check a client's parameters before a method gets them."""

from __future__ import annotations

import re
from typing import Any

from tao_lab.foreign import escaped
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.errors import RpcError, invalid_params

Json = Any
HEX_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,64}")


def hex_of(data: bytes) -> str:
    """Bytes in the form for clients: hex."""
    return "0x" + data.hex()


def invalid(name: str, value: Json, allowed: str) -> RpcError:
    """A parameter that the method does not accept."""
    return invalid_params(f"{name} is {escaped(repr(value), 80)}, allowed: {allowed}")


def text_of(value: Json, name: str) -> str:
    """A client's string.

    Raises:
        RpcError: Invalid params.
    """
    if not isinstance(value, str):
        raise invalid(name, value, "a string")
    return value


def bytes_of(value: Json, name: str) -> bytes:
    """Bytes from a client's hex.

    Raises:
        RpcError: Invalid params.
    """
    digits = value.removeprefix("0x") if isinstance(value, str) else ""
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    if not isinstance(value, str) or len(digits) != 2 * len(found):  # `fromhex` skips spaces
        raise invalid(name, value, "hex bytes")
    return found


def octets_of(value: Json, name: str) -> bytes:
    """Bytes from a client's list of numbers (the JSON form of Rust's `Vec<u8>`), or from hex.

    Raises:
        RpcError: Invalid params.
    """
    if not isinstance(value, list):
        return bytes_of(value, name)
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= 255 for one in value):
        raise invalid(name, value, "numbers from 0 to 255, or hex bytes")
    return bytes(value)


def number_of(value: Json, name: str, most: int | None = None) -> int:
    """A client's whole number, 0 or more: digits, or hex with 0x.

    Raises:
        RpcError: Invalid params.
    """
    if isinstance(value, str) and HEX_NUMBER.fullmatch(value):
        value = int(value, 16)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0 or (most is not None and value > most):
        raise invalid(name, value, "a whole number from 0" + ("" if most is None else f" to {most}"))
    return value


def list_of(value: Json, name: str, most: int) -> list[Json]:
    """A client's list, of a limited length.

    Raises:
        RpcError: Invalid params.
    """
    if not isinstance(value, list):
        raise invalid(name, value, f"a list of at most {most}")
    if len(value) > most:
        raise invalid(f"the number of {name}", len(value), f"a list of at most {most}")
    return value


def keys_of(value: Json) -> list[str]:
    """A client's list of storage keys, in hex.

    Raises:
        RpcError: Invalid params.
    """
    for key in list_of(value, "keys", limits.MOST_KEYS):
        bytes_of(key, "key")
    return list(value)
