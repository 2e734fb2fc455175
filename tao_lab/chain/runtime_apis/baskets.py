"""BetaBasketRuntimeApi, as far as the lab's chain can answer it: it has no baskets, but root does earn.

At spec 475 root's dividends of a validator lie in its basket, and a claim is paid from there. Here they wait, as in
June 2026, until they are claimed and sold. What a claim would pay has an answer either way. What part of a basket is
whose has none: where something is owed, an empty answer would say that nothing is, so these reads refuse.

Source of the names: `pallets/subtensor/src/rpc_info` at spec 475.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tao_lab.chain.answer import empty
from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.errors import DispatchError, NotInLab
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.pool import has_pool, read_pool
from tao_lab.chain.pallets.subtensor.root_claims import claimable_rates, root_owed
from tao_lab.chain.state import StorageReader
from tao_lab.economy import SwapError, swap

API = "BetaBasketRuntimeApi"
NO_BASKETS = "root's dividends here wait to be claimed, they are in no basket; see get_root_basket_owed"
OF_COLDKEY = (
    "get_root_basket_positions",
    "get_root_basket_portfolio",
    "get_beta_portfolio",
    "get_root_basket_claim_previews",
)
OF_STAKE = ("get_basket_payout", "get_basket_position", "get_beta_position", "get_basket_claim_preview")


def _owed(state: StorageReader, coldkey: str, hotkeys: list[str]) -> Counter[int]:
    """Alpha by subnet that root's dividends on some hotkeys come to."""
    found: Counter[int] = Counter()
    for hotkey in hotkeys:
        for netuid in claimable_rates(state, hotkey):
            found[netuid] += root_owed(state, hotkey, coldkey, netuid)
    return +found


def _staking_hotkeys(state: StorageReader, coldkey: str) -> list[str]:
    return list(state.get(MODULE, "StakingHotkeys", coldkey))


@runtime_api(API)
def get_root_basket_owed(query: Query, coldkey: str) -> int:
    """Rao of TAO that a claim would pay now, thresholds aside: what is owed, sold without a fee."""
    state = query.state
    owed = _owed(state, coldkey, _staking_hotkeys(state, coldkey))
    return sum(_fetched(state, netuid, alpha) for netuid, alpha in owed.items())


def _fetched(state: StorageReader, netuid: int, alpha: int) -> int:
    """Rao of TAO that alpha fetches without a fee; nothing where the pool refuses."""
    if not has_pool(state, netuid):
        return alpha
    try:
        return swap(read_pool(state, netuid, drop_fees=True), "sell", alpha).received
    except (SwapError, DispatchError):
        return 0


def _nothing(query: Query, method: str) -> Any:
    """The answer of a chain without baskets."""
    runtime = query.state.runtime
    output = runtime.runtime_apis[API][method]["output"]
    return runtime.core.decode(output, empty(runtime, output), False)


def _of_coldkey(method: str) -> Callable[[Query, str], Any]:
    def read(query: Query, coldkey: str) -> Any:
        if _owed(query.state, coldkey, _staking_hotkeys(query.state, coldkey)):
            raise NotInLab(API, method, NO_BASKETS)
        return _nothing(query, method)

    return read


def _of_stake(method: str) -> Callable[[Query, str, str], Any]:
    def read(query: Query, hotkey: str, coldkey: str) -> Any:
        if _owed(query.state, coldkey, [hotkey]):
            raise NotInLab(API, method, NO_BASKETS)
        return _nothing(query, method)

    return read


READS: dict[str, Callable[..., Any]] = {
    **{method: _of_coldkey(method) for method in OF_COLDKEY},
    **{method: _of_stake(method) for method in OF_STAKE},
}
for method, function in READS.items():
    function.__name__ = method
    runtime_api(API)(function)
