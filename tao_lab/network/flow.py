"""Where the chain's new money goes: the TAO of a block, and a subnet's alpha over some blocks.

No person gets the block's TAO: it enters the subnets' pools, partly by buying alpha. People are paid in alpha. The
alpha is collected in pots and paid out at the end of the tempo. Both flows are computed as differences between two
states, so they are complete only for blocks without users' calls.

Sources: `pallets/subtensor/src/coinbase/{run_coinbase,block_emission}.rs`, `staking/{basket_flush,claim_root}.rs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tao_lab.chain.errors import BadValue
from tao_lab.chain.pallets.subtensor.baskets import escrow
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids, owner_uid, subnet_exists
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.state import StorageReader
from tao_lab.economy import block_emission

if TYPE_CHECKING:
    from tao_lab.network.network import Network

Role = Literal["owner", "miner", "validator", "nominator"]
POTS = ("PendingOwnerCut", "PendingServerEmission", "PendingValidatorEmission", "PendingRootAlphaDivs")


@dataclass(frozen=True)
class TaoFlow:
    """One block's TAO, rao.

    Attributes:
        issued: TAO that the block issued.
        liquidity: TAO that entered each subnet's pool together with new alpha, by netuid.
        buys: TAO that bought alpha from each subnet's pool, by netuid.
        claimed: TAO that claims of root's stakers took from each pool for alpha of baskets; it moved to root.
        recycled: TAO that was destroyed again.
    """

    issued: int
    liquidity: Mapping[int, int]
    buys: Mapping[int, int]
    claimed: Mapping[int, int]
    recycled: int

    @property
    def lost(self) -> int:
        """TAO that is missing in this account; it should be 0."""
        return self.issued - sum(self.liquidity.values()) - sum(self.buys.values()) - self.recycled


@dataclass(frozen=True)
class Received:
    """Alpha that one account received, rao."""

    hotkey: str
    coldkey: str
    role: Role
    rao: int


@dataclass(frozen=True)
class AlphaFlow:
    """A subnet's alpha of some blocks, rao.

    Attributes:
        netuid: number of the subnet.
        blocks: number of blocks.
        minted: alpha that these blocks issued to people (`SubnetAlphaOutEmission`).
        received: who received it, the largest amount first.
        root: alpha that went into root's baskets or waits for it; negative if claims sold more than that.
        recycled: alpha that was destroyed again.
        burned: alpha that nobody can ever use.
        waiting: alpha in the pots until the end of the tempo; negative if more was paid out than came in.
    """

    netuid: int
    blocks: int
    minted: int
    received: tuple[Received, ...]
    root: int
    recycled: int
    burned: int
    waiting: int

    @property
    def dust(self) -> int:
        """Rao that nobody got because of rounding."""
        paid = sum(part.rao for part in self.received)
        return self.minted - paid - self.root - self.recycled - self.burned - self.waiting

    def of(self, role: Role) -> int:
        """Rao that all accounts of one role received together."""
        return sum(part.rao for part in self.received if part.role == role)


def follow_tao(before: StorageReader, after: StorageReader, emission: Callable[[int], int] = block_emission) -> TaoFlow:
    """Compute where one block's TAO went.

    Args:
        before: the state before the block.
        after: the state after it.
        emission: the rule of issuance that the block used.
    """
    issuance, grown = (int(state.get(MODULE, "TotalIssuance")) for state in (before, after))
    issued = emission(issuance)
    netuids = sorted(netuid for netuid in all_netuids(after) if netuid != ROOT_NETUID)
    liquidity, buys, claimed = (
        {netuid: int(after.get(MODULE, item, netuid)) for netuid in netuids}
        for item in ("SubnetTaoInEmission", "SubnetExcessTao", "SubnetRootSellTao")
    )
    return TaoFlow(issued, liquidity, buys, claimed, issued - (grown - issuance))


def follow_alpha(net: Network, netuid: int, first: int, last: int) -> AlphaFlow:
    """Compute where a subnet's alpha of some blocks went.

    Args:
        net: the network.
        netuid: which subnet.
        first: number of the first block, 1 or more.
        last: number of the last one.

    Raises:
        BadValue: no such subnet, or no such blocks.
    """
    if not 1 <= first <= last <= net.block_number:
        raise BadValue("blocks", (first, last), f"first and last block, 1 to {net.block_number}, in order")
    before, after = net.at(first - 1), net.at(last)
    if netuid == ROOT_NETUID or not subnet_exists(before, netuid):
        raise BadValue("subnet", netuid, f"one of {net.subnets()}, and older than block {first}")
    minted = sum(int(net.at(number).get(MODULE, "SubnetAlphaOutEmission", netuid)) for number in range(first, last + 1))

    def grown(pallet: str, item: str) -> int:
        return int(after.get(pallet, item, netuid)) - int(before.get(pallet, item, netuid))

    return AlphaFlow(
        netuid=netuid,
        blocks=last - first + 1,
        minted=minted,
        received=_received(before, after, netuid),
        root=_in_baskets(after, netuid) - _in_baskets(before, netuid),
        recycled=grown("AlphaAssets", "AlphaRecycled"),
        burned=grown("AlphaAssets", "AlphaBurned"),
        waiting=sum(grown(MODULE, pot) for pot in POTS),
    )


def _in_baskets(state: StorageReader, netuid: int) -> int:
    """Alpha of a subnet in the baskets of all validators, and what is queued for them."""
    queued = sum(rao for (_, where), rao in state.entries(MODULE, "PendingBasketDeposits") if where == netuid)
    hotkeys = state.get(MODULE, "StakingHotkeys", escrow())
    return queued + sum(stake_of_coldkey(state, hotkey, escrow(), netuid) for hotkey in hotkeys)


def _received(before: StorageReader, after: StorageReader, netuid: int) -> tuple[Received, ...]:
    owner = owner_uid(after, netuid)
    found = []
    for uid, hotkey in after.entries(MODULE, "Keys", netuid):
        for (coldkey, staked_on), _ in after.entries(MODULE, "AlphaV2", hotkey):
            if staked_on != netuid or coldkey == escrow():
                continue
            held, holds = (stake_of_coldkey(state, hotkey, coldkey, netuid) for state in (before, after))
            if holds != held:
                found.append(Received(hotkey, coldkey, _role(after, netuid, uid, coldkey, owner), holds - held))
    return tuple(sorted(found, key=lambda part: -part.rao))


def _role(state: StorageReader, netuid: int, uid: int, coldkey: str, owner: int | None) -> Role:
    hotkey = state.get(MODULE, "Keys", netuid, uid)
    if coldkey != state.get(MODULE, "Owner", hotkey):
        return "nominator"
    if uid == owner:
        return "owner"
    return "validator" if state.get(MODULE, "Dividends", netuid)[uid] else "miner"
