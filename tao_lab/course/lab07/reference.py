"""The six functions that lab 07 builds, as the library has them."""

from __future__ import annotations

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.state import StorageReader
from tao_lab.economy import EmissionGate, SubnetPrice, block_emission, demand_shares, emission_gate_bar, subnet_shares
from tao_lab.economy import issuance_after as supply_at
from tao_lab.economy import split as split_block
from tao_lab.economy.dividends import payout
from tao_lab.economy.fixed128 import U64F64, U96F32
from tao_lab.economy.share_pool import ZERO, Pool, change_stake, share_value

__all__ = ["block_emission", "dividend_gains", "follow", "gated_shares", "split_block", "supply_at"]


def gated_shares(prices: list[int], burned: list[int], enabled: list[bool], rank: int) -> list[int]:
    """07.6: each subnet's share of a block's TAO in millionths, as the chain computes it."""
    rows = zip(prices, burned, enabled, strict=True)
    subnets = [SubnetPrice(price * U96F32.one, U96F32.one * part // 100, on) for price, part, on in rows]
    gate = EmissionGate(emission_gate_bar(demand_shares(subnets), rank))
    return [round(1_000_000 * share / U64F64.one) for share in subnet_shares(subnets, gate)]


def dividend_gains(dividend: int, take: int, own: int, mine: int, others: int) -> tuple[int, int]:
    """07.4: what a hotkey's owner and one nominator gain, computed with the chain's share pool."""
    pool, owners = change_stake(Pool(0, ZERO), ZERO, own)
    pool, nominators = change_stake(pool, ZERO, mine)
    pool, _ = change_stake(pool, ZERO, others)
    paid = payout(U96F32.number(dividend), take)
    pool, owners = change_stake(pool, owners, paid.take)
    pool = pool._replace(rao=pool.rao + paid.nominators)
    return share_value(pool, owners) - own, share_value(pool, nominators) - mine


def follow(before: StorageReader, after: StorageReader, netuids: list[int]) -> dict[int | str, int]:
    """07.5: how much each pool gained in a block, and how much was recycled, from the states before and after it."""
    old, new = (int(state.get(MODULE, "TotalIssuance")) for state in (before, after))
    gains: dict[int | str, int] = {}
    for netuid in netuids:
        gains[netuid] = int(after.get(MODULE, "SubnetTAO", netuid)) - int(before.get(MODULE, "SubnetTAO", netuid))
    return {**gains, "recycled": old + block_emission(old) - new}
