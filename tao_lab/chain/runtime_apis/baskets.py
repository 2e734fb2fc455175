"""What clients ask about root's dividends since they are kept in validators' baskets, which are not in the lab.

What a claim would pay is answered by the lab's own rule, under which dividends wait in `RootClaimable`. What baskets
are worth and who owns them is refused (`NotInLab`): zero would say that there are baskets, and nothing in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.pool import sim_swap
from tao_lab.chain.pallets.subtensor.root_claims import claimable_now
from tao_lab.chain.state import StorageReader

API = "BetaBasketRuntimeApi"


@runtime_api(API)
def get_root_basket_owed(query: Query, coldkey: str) -> int:
    """Rao of TAO that a claim of all root dividends would bring a coldkey now."""
    return _payout(query.state, query.state.get(MODULE, "StakingHotkeys", coldkey), coldkey)


@runtime_api(API)
def get_basket_payout(query: Query, hotkey: str, coldkey: str) -> int:
    """The same, from one hotkey alone."""
    return _payout(query.state, [hotkey], coldkey)


@runtime_api(API)
def get_root_basket_positions(query: Query, coldkey: str) -> list[tuple[str, int, int]]:
    """Hotkeys that owe a coldkey something: the hotkey, shares of its basket (none), rao of TAO that a claim brings."""
    hotkeys = query.state.get(MODULE, "StakingHotkeys", coldkey)
    owed = [(hotkey, 0, _payout(query.state, [hotkey], coldkey)) for hotkey in hotkeys]
    return [position for position in owed if position[2]]


@runtime_api(API)
def get_validator_basket(query: Query, hotkey: str) -> list[Any]:
    """What a validator's basket holds: nothing. The official SDK asks this before each claim."""
    return []


def _payout(state: StorageReader, hotkeys: Iterable[str], coldkey: str) -> int:
    alpha: Counter[int] = Counter()
    for hotkey in hotkeys:
        alpha.update(claimable_now(state, hotkey, coldkey))
    try:
        return sum(sim_swap(state, netuid, "sell", rao, drop_fees=True).received for netuid, rao in alpha.items())
    except DispatchError:
        return 0  # one swap that the pool refuses undoes the whole claim
