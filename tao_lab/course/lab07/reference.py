"""The five functions that lab 07 builds, as the library has them."""

from __future__ import annotations

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.state import StorageReader
from tao_lab.economy import block_emission
from tao_lab.economy import issuance_after as supply_at
from tao_lab.economy import split as split_block
from tao_lab.economy.dividends import payout
from tao_lab.economy.fixed128 import U96F32
from tao_lab.economy.share_pool import ZERO, Pool, change_stake, share_value

__all__ = ["block_emission", "dividend_gains", "follow", "split_block", "supply_at"]


def dividend_gains(dividend: int, take: int, own: int, mine: int, others: int) -> tuple[int, int]:
    """07.4: what a hotkey's owner and one nominator gain, by the share pool as the chain keeps it."""
    pool, owners = change_stake(Pool(0, ZERO), ZERO, own)
    pool, nominators = change_stake(pool, ZERO, mine)
    pool, _ = change_stake(pool, ZERO, others)
    paid = payout(U96F32.number(dividend), take)
    pool, owners = change_stake(pool, owners, paid.take)
    pool = pool._replace(rao=pool.rao + paid.nominators)
    return share_value(pool, owners) - own, share_value(pool, nominators) - mine


def follow(before: StorageReader, after: StorageReader, netuids: list[int]) -> dict[int | str, int]:
    """07.5: what each pool gained in a block, and what was recycled, from the state before and after it."""
    old, new = (int(state.get(MODULE, "TotalIssuance")) for state in (before, after))
    gains: dict[int | str, int] = {}
    for netuid in netuids:
        gains[netuid] = int(after.get(MODULE, "SubnetTAO", netuid)) - int(before.get(MODULE, "SubnetTAO", netuid))
    return {**gains, "recycled": old + block_emission(old) - new}
