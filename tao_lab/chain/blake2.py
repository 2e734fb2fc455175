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
VECTOR = 4  # of them go into one vector of a processor
HASH_BYTES = 32
BLOCK_BYTES = 128
LENGTHS, FOUND, LANES_ROOM = 16 * LANES, 17 * LANES, 21 * LANES
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
ALL, NO_BITS = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0)
FIRST = IV[0] ^ np.uint64(0x01010000 ^ HASH_BYTES)


@njit(forceinline=True)
def _rotate(word: Any, bits: Any) -> Any:
    return (word >> np.uint64(bits)) | (word << np.uint64(64 - bits))


@njit(forceinline=True)
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


@njit(forceinline=True)
def _round(
    v: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any, j: Any, k: Any, q: Any, m: Any,
    n: Any, o: Any, p: Any,
) -> Any:  # fmt: skip
    """One round, which adds the 16 words of the message in the order of the arguments to the 16 words `v`."""
    v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 = v
    v0, v4, v8, v12 = _mix(v0, v4, v8, v12, a, b)
    v1, v5, v9, v13 = _mix(v1, v5, v9, v13, c, d)
    v2, v6, v10, v14 = _mix(v2, v6, v10, v14, e, f)
    v3, v7, v11, v15 = _mix(v3, v7, v11, v15, g, h)
    v0, v5, v10, v15 = _mix(v0, v5, v10, v15, i, j)
    v1, v6, v11, v12 = _mix(v1, v6, v11, v12, k, q)
    v2, v7, v8, v13 = _mix(v2, v7, v8, v13, m, n)
    v3, v4, v9, v14 = _mix(v3, v4, v9, v14, o, p)
    return v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15


@njit(forceinline=True)
def _rounds(h: Any, length: Any, last: Any, m: Any) -> Any:
    """The state of 8 words after a block of 16 words.

    Nothing here is an array, so that all of it stays in the registers of a processor.

    Args:
        h: The state before.
        length: Number of bytes so far.
        last: All bits set if this is the last block, otherwise 0.
        m: The block.
    """
    h0, h1, h2, h3, h4, h5, h6, h7 = h
    m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15 = m
    low = (h0, h1, h2, h3, h4, h5, h6, h7, IV[0], IV[1], IV[2], IV[3])
    v = (*low, IV[4] ^ length, IV[5], IV[6] ^ last, IV[7])
    v = _round(v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
    v = _round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
    v = _round(v, m11, m8, m12, m0, m5, m2, m15, m13, m10, m14, m3, m6, m7, m1, m9, m4)
    v = _round(v, m7, m9, m3, m1, m13, m12, m11, m14, m2, m6, m5, m10, m4, m0, m15, m8)
    v = _round(v, m9, m0, m5, m7, m2, m4, m10, m15, m14, m1, m11, m12, m6, m8, m3, m13)
    v = _round(v, m2, m12, m6, m10, m0, m11, m8, m3, m4, m13, m7, m5, m15, m14, m1, m9)
    v = _round(v, m12, m5, m1, m15, m14, m13, m4, m10, m0, m7, m6, m3, m9, m2, m8, m11)
    v = _round(v, m13, m11, m7, m14, m12, m1, m3, m9, m5, m0, m15, m4, m8, m6, m2, m10)
    v = _round(v, m6, m15, m14, m9, m11, m3, m0, m8, m12, m2, m13, m7, m1, m4, m10, m5)
    v = _round(v, m10, m2, m8, m4, m7, m6, m1, m5, m15, m11, m9, m14, m3, m12, m13, m0)
    v = _round(v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
    v = _round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
    h0, h1, h2, h3 = h0 ^ v[0] ^ v[8], h1 ^ v[1] ^ v[9], h2 ^ v[2] ^ v[10], h3 ^ v[3] ^ v[11]
    h4, h5, h6, h7 = h4 ^ v[4] ^ v[12], h5 ^ v[5] ^ v[13], h6 ^ v[6] ^ v[14], h7 ^ v[7] ^ v[15]
    return h0, h1, h2, h3, h4, h5, h6, h7


@njit
def compress(h: Words, m: Words, length: Any, last: bool) -> None:
    """Add one block of 16 words to the state `h` of 8 words; `length` is the number of bytes so far."""
    low, high = (m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]), (m[8], m[9], m[10], m[11], m[12], m[13], m[14], m[15])
    state = (h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7])
    state = _rounds(state, np.uint64(length), ALL if last else NO_BITS, low + high)
    h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7] = state


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
def compress_lanes(x: Words, lanes: int) -> None:
    """Hash up to eight messages of one block each side by side, as the vector units of a processor like it.

    Args:
        x: LANES_ROOM words: `x[LANES * k + i]` is word k of message i, zeros behind its end; its length is at
            `x[LENGTHS + i]`, and word k of its hash is written to `x[FOUND + LANES * k + i]`. All of it is one array,
            since a compiler would have to prove of several that they do not overlap.
        lanes: How many messages there are. More than one take as long as the next four or eight.
    """
    count = lanes if lanes == 1 else (lanes + VECTOR - 1) // VECTOR * VECTOR
    for i in range(count):
        low = (x[i], x[8 + i], x[16 + i], x[24 + i], x[32 + i], x[40 + i], x[48 + i], x[56 + i])
        high = (x[64 + i], x[72 + i], x[80 + i], x[88 + i], x[96 + i], x[104 + i], x[112 + i], x[120 + i])
        start = (FIRST, IV[1], IV[2], IV[3], IV[4], IV[5], IV[6], IV[7])
        h = _rounds(start, x[LENGTHS + i], ALL, low + high)
        x[FOUND + i], x[FOUND + 8 + i], x[FOUND + 16 + i], x[FOUND + 24 + i] = h[0], h[1], h[2], h[3]
