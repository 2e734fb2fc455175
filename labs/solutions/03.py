"""Solutions of lab 03: one function an exercise. Made by `make labs`."""

from hashlib import sha256

import numpy as np
from eth_utils.crypto import keccak

from tao_lab.economy.registration_price import decay_factor


def lock_cost(last_lock, min_lock, last_lock_block, block, reduction_interval):
    """What making a subnet costs at a block.

    last_lock           int  rao that the last new subnet locked
    min_lock            int  rao, the least
    last_lock_block     int  block in which that was; 0: nobody has made one
    block               int  the block at hand, not before that
    reduction_interval  int  blocks in which the cost falls by last_lock

    Returns rao (int).

    >>> lock_cost(1_000, 500, 10, 12, 100)
    1980
    """
    top = 2 * last_lock if last_lock_block else last_lock
    fallen = last_lock // reduction_interval * (block - last_lock_block)
    return max(top - fallen, min_lock)


def registration_price(burn, terms, event):
    """The price of a seat after a registration, or after a block.

    burn   int         price before, rao
    terms  PriceTerms  half_life (blocks), increase_mult (64 fraction bits), min_burn, max_burn (rao)
    event  str         "registration" or "block"

    Returns rao (int).

    >>> registration_price(100, PriceTerms(half_life=1, increase_mult=3 * 2**64, min_burn=1, max_burn=250), "block")
    50
    """
    if event == "registration":
        moved = burn * max(terms.increase_mult, 2**64) >> 64
    else:
        moved = burn * decay_factor(terms.half_life) >> 32
    return min(max(moved, terms.min_burn), terms.max_burn)


def seats_given(emission, registered_at, owner, arrivals, immunity_period, min_non_immune):
    """Whose seats newcomers get, one after another, on a subnet where all are taken.

    emission         list of int  rao of alpha that each UID earned in the last epoch
    registered_at    list of int  block in which each took its seat
    owner            int          UID that is never replaced
    arrivals         list of int  block in which each newcomer comes, in order; no epoch is between them
    immunity_period  int          blocks
    min_non_immune   int          how many seats without immunity must be left

    Returns a list with the UID that each newcomer gets, or None where nobody can go.

    >>> seats_given([0, 5, 3], [1, 1, 1], 0, [50, 51], 10, 0)
    [2, 1]
    """
    emission, registered_at = list(emission), list(registered_at)
    given = []
    for block in arrivals:
        others = [uid for uid in range(len(emission)) if uid != owner]
        immune = [uid for uid in others if block - registered_at[uid] < immunity_period]
        free = [uid for uid in others if uid not in immune]
        candidates = free if len(free) > min_non_immune else immune
        goes = min(candidates, key=lambda uid: (emission[uid], registered_at[uid], uid), default=None)
        if goes is not None:
            emission[goes], registered_at[goes] = 0, block
        given.append(goes)
    return given


def read_metagraph(
    stake, validator_permit, validator_trust, last_update, registered_at, block, activity_cutoff, immunity_period
):
    """Who votes on a subnet, who stands apart, who is loudest, who is safe.

    stake             (n,)  of each UID
    validator_permit  (n,)  True or False
    validator_trust   (n,)  u16
    last_update       (n,)  block of its last weights
    registered_at     (n,)  block in which it took its seat
    block             int   now
    activity_cutoff   int   blocks
    immunity_period   int   blocks

    Returns validators (UIDs), outsider (a UID), voice (a share of 1), immune (UIDs).

    >>> stake, permit, trust = np.array([10, 30, 60]), np.array([True, True, False]), np.array([9, 5, 0])
    >>> print(*read_metagraph(stake, permit, trust, np.array([90, 80, 95]), np.array([3, 4, 5]), 100, 20, 96))
    [0 1] 1 0.75 [2]
    """
    validators = np.flatnonzero(validator_permit & (last_update + activity_cutoff >= block))
    outsider = validators[validator_trust[validators].argmin()]
    voice = stake[validators].max() / stake[validators].sum()
    immune = np.flatnonzero(block - registered_at < immunity_period)
    return validators, outsider, voice, immune


def pow_registration(prefix, difficulty, hashes_per_second, watts):
    """Solve the puzzle of a registration, and say what that costs on average.

    prefix             bytes  what comes before the nonce
    difficulty         int    tries that it takes on average
    hashes_per_second  float  tries a second
    watts              float  what the machine draws

    Returns nonce (int: the first right one from 0 on), joules (float: expected, not those of this nonce).

    >>> pow_registration(b"any", 1, 10.0, 50.0)  # every nonce is right, and a try takes a tenth of a second
    (0, 5.0)
    """
    nonce = 0
    while True:
        seal = keccak(sha256(prefix + nonce.to_bytes(8, "little")).digest())
        number = int.from_bytes(seal, "little")
        if number * difficulty < 2**256:
            return nonce, difficulty / hashes_per_second * watts
        nonce += 1
