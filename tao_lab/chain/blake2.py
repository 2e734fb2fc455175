"""BLAKE2b with 32 bytes of output, compiled, for the many small hashes of a state tree.

`hashlib` computes the same, but ten thousand calls of it in each block take longer than the hashing itself.

Source: RFC 7693.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.compiled import njit

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Words = np.ndarray[Any, np.dtype[np.uint64]]

LANES = 8  # messages that are hashed side by side
HASH_BYTES = 32
BLOCK_BYTES = 128
IV = np.array(
    [
        0x6A09E667F3BCC908,
        0xBB67AE8584CAA73B,
        0x3C6EF372FE94F82B,
        0xA54FF53A5F1D36F1,
        0x510E527FADE682D1,
        0x9B05688C2B3E6C1F,
        0x1F83D9ABFB41BD6B,
        0x5BE0CD19137E2179,
    ],
    np.uint64,
)
FIRST = IV[0] ^ np.uint64(0x01010000 ^ HASH_BYTES)
SIGMA = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    ],
    np.uint8,
)


@njit(inline="always")
def _rotate(word: Any, bits: Any) -> Any:
    return (word >> np.uint64(bits)) | (word << np.uint64(64 - bits))


@njit(inline="always")
def _mix(a: Any, b: Any, c: Any, d: Any, x: Any, y: Any) -> Any:
    a = a + b + x
    d = _rotate(d ^ a, 32)
    c = c + d
    b = _rotate(b ^ c, 24)
    a = a + b + y
    d = _rotate(d ^ a, 16)
    c = c + d
    b = _rotate(b ^ c, 63)
    return a, b, c, d


@njit
def compress(h: Words, m: Words, length: Any, last: bool) -> None:
    """Add one block of 16 words to the state `h` of 8 words; `length` is the number of bytes so far."""
    v0, v1, v2, v3, v4, v5, v6, v7 = h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
    v8, v9, v10, v11 = IV[0], IV[1], IV[2], IV[3]
    v12, v13, v14, v15 = IV[4] ^ np.uint64(length), IV[5], IV[6] ^ np.uint64(0), IV[7]
    if last:
        v14 = ~v14
    for r in range(12):
        s = SIGMA[r]
        v0, v4, v8, v12 = _mix(v0, v4, v8, v12, m[s[0]], m[s[1]])
        v1, v5, v9, v13 = _mix(v1, v5, v9, v13, m[s[2]], m[s[3]])
        v2, v6, v10, v14 = _mix(v2, v6, v10, v14, m[s[4]], m[s[5]])
        v3, v7, v11, v15 = _mix(v3, v7, v11, v15, m[s[6]], m[s[7]])
        v0, v5, v10, v15 = _mix(v0, v5, v10, v15, m[s[8]], m[s[9]])
        v1, v6, v11, v12 = _mix(v1, v6, v11, v12, m[s[10]], m[s[11]])
        v2, v7, v8, v13 = _mix(v2, v7, v8, v13, m[s[12]], m[s[13]])
        v3, v4, v9, v14 = _mix(v3, v4, v9, v14, m[s[14]], m[s[15]])
    h[0] ^= v0 ^ v8
    h[1] ^= v1 ^ v9
    h[2] ^= v2 ^ v10
    h[3] ^= v3 ^ v11
    h[4] ^= v4 ^ v12
    h[5] ^= v5 ^ v13
    h[6] ^= v6 ^ v14
    h[7] ^= v7 ^ v15


@njit
def start(h: Words) -> None:
    """The state before the first block."""
    h[:] = IV
    h[0] = FIRST


@njit
def hash_parts(first: Any, head: Bytes, tail: Bytes, block: Bytes, h: Words) -> None:
    """Hash a byte, `head` and `tail`, one after the other; `h` then begins with the hash.

    Args:
        first: The first byte.
        head: Bytes, fewer than 127.
        tail: Any number of bytes.
        block: Space for 128 bytes.
        h: Space for 8 words.
    """
    start(h)
    words = block.view(np.uint64)
    block[0] = first
    filled = 1 + head.shape[0]
    block[1:filled] = head
    done, length = 0, np.uint64(0)
    while True:
        room = min(BLOCK_BYTES - filled, tail.shape[0] - done)
        block[filled : filled + room] = tail[done : done + room]
        done += room
        filled += room
        length += np.uint64(filled)
        block[filled:] = 0
        last = done == tail.shape[0]
        compress(h, words, length, last)
        if last:
            return
        filled = 0


@njit
def compress_lanes(m: Words, lengths: Words, x: Words, h: Words) -> None:
    """Hash eight messages of one block each side by side, as the vector units of a processor like it.

    All arrays are flat: word k of message i is at 8 k + i.

    Args:
        m: 16 words of each message, behind its end zeros.
        lengths: Bytes of each message.
        x: Room for 256 words; its first half holds the state, its second the words in the order of the round.
        h: 4 words of each hash, written.
    """
    for k in range(8):
        for i in range(LANES):
            x[8 * k + i] = x[64 + 8 * k + i] = IV[k]
    for i in range(LANES):
        x[i] = FIRST
        x[96 + i] ^= lengths[i]
        x[112 + i] = ~x[112 + i]
    for r in range(12):
        for j in range(16):
            word = 8 * int(SIGMA[r, j])
            for i in range(LANES):
                x[128 + 8 * j + i] = m[word + i]
        for i in range(LANES):
            v0, v1, v2, v3 = x[0 + i], x[8 + i], x[16 + i], x[24 + i]
            v4, v5, v6, v7 = x[32 + i], x[40 + i], x[48 + i], x[56 + i]
            v8, v9, v10, v11 = x[64 + i], x[72 + i], x[80 + i], x[88 + i]
            v12, v13, v14, v15 = x[96 + i], x[104 + i], x[112 + i], x[120 + i]
            v0, v4, v8, v12 = _mix(v0, v4, v8, v12, x[128 + i], x[136 + i])
            v1, v5, v9, v13 = _mix(v1, v5, v9, v13, x[144 + i], x[152 + i])
            v2, v6, v10, v14 = _mix(v2, v6, v10, v14, x[160 + i], x[168 + i])
            v3, v7, v11, v15 = _mix(v3, v7, v11, v15, x[176 + i], x[184 + i])
            v0, v5, v10, v15 = _mix(v0, v5, v10, v15, x[192 + i], x[200 + i])
            v1, v6, v11, v12 = _mix(v1, v6, v11, v12, x[208 + i], x[216 + i])
            v2, v7, v8, v13 = _mix(v2, v7, v8, v13, x[224 + i], x[232 + i])
            v3, v4, v9, v14 = _mix(v3, v4, v9, v14, x[240 + i], x[248 + i])
            x[0 + i], x[8 + i], x[16 + i], x[24 + i] = v0, v1, v2, v3
            x[32 + i], x[40 + i], x[48 + i], x[56 + i] = v4, v5, v6, v7
            x[64 + i], x[72 + i], x[80 + i], x[88 + i] = v8, v9, v10, v11
            x[96 + i], x[104 + i], x[112 + i], x[120 + i] = v12, v13, v14, v15
    for k in range(4):
        for i in range(LANES):
            h[8 * k + i] = (IV[k] if k else FIRST) ^ x[8 * k + i] ^ x[64 + 8 * k + i]
