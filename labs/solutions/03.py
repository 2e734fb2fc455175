"""Solutions of lab 03: one function for each exercise."""

from hashlib import sha256

import numpy as np
from eth_utils import keccak

from tao_lab.economy.registration_price import decay_factor


def lock_cost(last_lock, min_lock, last_lock_block, block, reduction_interval):
    """What making a subnet costs at a block.

    last_lock           int  rao that the last new subnet locked
    min_lock            int  rao, the least
    last_lock_block     int  block in which that was; 0: nobody has made one
    block               int  the block at hand, not before that
    reduction_interval  int  blocks in which the cost falls by last_lock

    Returns rao (int).
    """
    top = last_lock if last_lock_block == 0 else 2 * last_lock
    fallen = last_lock // reduction_interval * (block - last_lock_block)
    return max(top - fallen, min_lock)


def registration_price(burn, terms, event):
    """The price of a seat after a registration, or after a block.

    burn   int         price before, rao
    terms  PriceTerms  half_life (blocks), increase_mult (word, 64 fraction bits), min_burn, max_burn (rao)
    event  str         "registration" or "block"

    Returns rao (int).
    """
    if event == "registration":
        moved = burn * max(terms.increase_mult, 2**64) >> 64
    else:
        moved = burn * decay_factor(terms.half_life) >> 32
    return min(max(moved, terms.min_burn), terms.max_burn)


def next_to_go(emission, registered_at, immune, immortal, min_non_immune):
    """Whose seat a newcomer gets, when all are taken.

    emission        (n,)  rao of alpha that each UID earned in the last epoch
    registered_at   (n,)  block in which it took its seat
    immune          (n,)  True or False: it is still immune
    immortal        (n,)  True or False: it is never replaced
    min_non_immune  int   so many without immunity must be left

    Returns the UID (int), or None.
    """
    free = [uid for uid in range(len(emission)) if not immortal[uid] and not immune[uid]]
    safe = [uid for uid in range(len(emission)) if not immortal[uid] and immune[uid]]
    candidates = free if len(free) > min_non_immune else safe
    return min(candidates, key=lambda uid: (emission[uid], registered_at[uid], uid), default=None)


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
    """
    nonce = 0
    while True:
        seal = keccak(sha256(prefix + nonce.to_bytes(8, "little")).digest())
        if int.from_bytes(seal, "little") * difficulty < 2**256:
            return nonce, difficulty / hashes_per_second * watts
        nonce += 1
