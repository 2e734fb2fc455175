"""What a block does for one subnet after the other, compiled: the pay of accounts, counts, and falling prices.

The arrays are those of columns (`tao_lab.chain.column`); results go into new ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.compiled import njit
from tao_lab.economy.registration_price import FACTOR_BITS
from tao_lab.economy.vectorized.emission import Table

Array = np.ndarray[Any, np.dtype[Any]]

FACTOR = np.uint64(FACTOR_BITS)
BELOW_FACTOR = np.uint64((1 << FACTOR_BITS) - 1)
ONE, ZERO = np.uint64(1), np.uint64(0)
BYTE = np.uint64(8)  # bits


@njit(cache=True)
def pay(subnets: Table, accounts: Array, free: int, templates: Array, amount_at: int, events: Array) -> Any:
    """Put the TAO of chain buys and injections into the accounts, and write an event for each amount that is not zero.

    Args:
        subnets: (n,) of SUBNET.
        accounts: (n, words) of uint64; changed in place.
        free: index of the free balance in an account.
        templates: (2n, bytes) of uint8, the events without amounts.
        amount_at: index of an event's amount, in bytes.
        events: (2n, bytes) of uint8; the first ones are written.

    Returns:
        Rao in all, and the number of events.
    """
    spent, count = ZERO, 0
    for i in range(subnets.shape[0]):
        amounts = subnets[i].excess_tao, subnets[i].tao_in
        for j in range(2):
            amount = amounts[j]
            if amount == ZERO:
                continue
            spent += amount
            accounts[i, free] += amount
            events[count] = templates[2 * i + j]
            for byte in range(8):
                events[count, amount_at + byte] = amount & np.uint64(255)
                amount >>= BYTE
            count += 1
    return spent, count


@njit(cache=True)
def count(since: Array, most: Array, due_at: Array, block: int, counted: Array, due: Array) -> int:
    """One more block since the last epoch of each subnet, and which epochs are due.

    Args:
        since: (n,) blocks so far.
        most: (n,) of uint64, up to where they are counted.
        due_at: (n,) of uint64, block of the next epoch; all bits 1: never.
        block: Height.
        counted: (n,) written: the new counts.
        due: (n,) of int64, written: the places of the subnets whose epoch is due.

    Returns:
        How many are due.
    """
    found = 0
    for i in range(since.shape[0]):
        blocks = min(since[i] + ONE, most[i])
        counted[i] = blocks
        if due_at[i] != ~ZERO and (blocks == most[i] or due_at[i] <= np.uint64(block)):
            due[found] = i
            found += 1
    return found


@njit(cache=True)
def lower(before: Array, factors: Array, low: Array, high: Array, after: Array) -> bool:
    """Each value times its factor, within limits; returns whether any has changed. All are (n,) of uint64."""
    changed = False
    for i in range(before.shape[0]):
        whole, rest = before[i] >> FACTOR, before[i] & BELOW_FACTOR  # the product has 96 bits
        after[i] = min(max(whole * factors[i] + (rest * factors[i] >> FACTOR), low[i]), high[i])
        changed |= after[i] != before[i]
    return changed
