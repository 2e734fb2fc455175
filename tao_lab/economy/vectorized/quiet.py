"""The arithmetic of a quiet block, compiled: a block in which nothing happens but what happens in every block.

A small network is mostly such blocks. One call does for all subnets what `registration_price`, the schedule of epochs,
`block_emission`, `emit` and `settle` do one after the other; it calls the compiled ones.
"""

from __future__ import annotations

import numpy as np

from tao_lab.compiled import njit
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.registration_price import FACTOR_BITS
from tao_lab.economy.vectorized.emission import LARGEST_AMOUNT, Table, Word, emission_of, emit, settle
from tao_lab.economy.vectorized.uint128 import ONE, ZERO, product, shift_right

CHAIN = np.dtype(
    [
        # written, rao
        ("issuance", "u8"),  # SubtensorModule.TotalIssuance
        ("balances", "u8"),  # Balances.TotalIssuance
        ("stake", "u8"),  # TotalStake
        ("emission", "u8"),  # BlockEmission
        # only read
        ("root_tao", "u8"),  # SubnetTAO of root, rao
        ("tao_weight", "u8"),  # raw U96F32 value
        ("owner_cut", "u8"),  # raw U96F32 value
        ("moving_alpha", "u8"),  # raw I96F32 value
        ("bar", "u8", (2,)),  # of the emission gate, a raw U64F64 value, high word first
        ("exponent", "u8"),  # of the emission gate, a raw I32F32 value
        ("is_stored", "u8"),  # BlockEmission; otherwise it has its default
    ]
)
PLACE = np.dtype(
    [
        # written
        ("price", "u8"),  # Burn, rao
        ("since", "u8"),  # BlocksSinceLastStep
        # only read
        ("factor", "u8"),  # by which the price falls, with 32 fraction bits
        ("lowest", "u8"),  # MinBurn, rao
        ("highest", "u8"),  # MaxBurn, rao
        ("most", "u8"),  # that is counted in `since`
    ]
)
ACCOUNT = np.dtype(
    [
        ("references", "u8", (2,)),  # the nonce and three counts
        ("free", "u8"),  # rao
        ("rest", "u8", (4,)),
    ]
)

PRICE_BITS, LARGEST_ISSUANCE = np.uint64(FACTOR_BITS), np.uint64(TOTAL_SUPPLY)


@njit(cache=True)
def quiet_block(block: Word, chain: Table, places: Table, subnets: Table, accounts: Table) -> bool:
    """What a quiet block changes.

    Args:
        block: Height.
        chain: (1,) of CHAIN; changed in place, as are the others.
        places: of PLACE, the subnets on which prices fall or blocks are counted.
        subnets: (n,) of SUBNET, those that emission goes to, sorted by netuid.
        accounts: (n,) of ACCOUNT, those of these subnets.

    Returns:
        Whether everything could be computed; if not, the tables must not be used any more.
    """
    for i in range(places.shape[0]):
        place = places[i]
        fallen = shift_right(product(place.price, place.factor), PRICE_BITS)[1]
        place.price = min(max(fallen, place.lowest), place.highest)
        place.since = min(place.since + ONE, place.most)
    whole = chain[0]
    credit = emission_of(whole.issuance)
    if credit == ZERO or whole.issuance >= LARGEST_ISSUANCE or whole.balances + credit > LARGEST_ISSUANCE:
        return False
    whole.emission = credit
    if subnets.shape[0] == 0:  # then the block's TAO is recycled at once
        return True
    return _emit(credit, chain, subnets, accounts) and settle(
        subnets, block, whole.root_tao, whole.tao_weight, whole.moving_alpha
    )


@njit
def _emit(credit: Word, chain: Table, subnets: Table, accounts: Table) -> bool:
    """Emission, with the accounts and the sums over all subnets."""
    whole = chain[0]
    if whole.stake >= LARGEST_AMOUNT:
        return False
    gate = (whole.bar[0], whole.bar[1], whole.exponent)
    if not emit(subnets, credit, whole.root_tao, whole.tao_weight, whole.owner_cut, gate):
        return False
    spent, differs = ZERO, False
    for i in range(subnets.shape[0]):
        paid = subnets[i].excess_tao + subnets[i].tao_in
        if accounts[i].free >= LARGEST_AMOUNT:
            return False
        accounts[i].free += paid
        spent += paid
        differs |= subnets[i].alpha_out != credit
    if differs:  # each subnet's emission is stored in turn: then there is a value, even if it is the same in the end
        if whole.is_stored == ZERO:
            return False
        whole.emission = subnets[subnets.shape[0] - 1].alpha_out
    whole.issuance += spent  # the rest of the credit is recycled
    whole.balances += spent
    whole.stake += spent
    return True
