"""What the tests of all labs share."""

from collections.abc import Callable

from tao_lab.course.lab01.exercises import keyfile


def once(encrypt: Callable[[bytes, str], bytes]) -> Callable[[bytes, str], bytes]:
    """The same, but what was locked before is not locked again.

    The SDK writes the parts of a key as JSON, in a random order.
    """
    known: dict[tuple[frozenset[bytes], str], bytes] = {}

    def locked(data: bytes, password: str) -> bytes:
        parts = frozenset(data.strip(b"{}").split(b","))
        if (parts, password) not in known:
            known[parts, password] = encrypt(data, password)
        return known[parts, password]

    return locked


# A password's hash costs seconds of a processor, on purpose. Each keyfile is still made by the SDK, but once: the tests
# of an exercise run the same wrong answers again and again.
keyfile.encrypt_keyfile_data = once(keyfile.encrypt_keyfile_data)
