"""What clients ask about root's baskets: what they hold and are worth, and what stakers on root have of them.

How a validator may trade its basket, and the prices of shares against an index of all baskets, are not in the lab's
chain (`NotInLab`): no answer is better than zeros.

Sources, at spec 475: `pallets/subtensor/src/staking/basket_views.rs`, `rpc_info/basket_info.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.pallets.subtensor.baskets import (
    funds,
    holdings,
    nav_of,
    owed_shares,
    payout_of,
    spot_payout_of,
    spot_value_of,
    value_of,
)
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.units import U64_MAX

API = "BetaBasketRuntimeApi"


# --- of a coldkey -----------------------------------------------------------------------------------------------


@runtime_api(API)
def get_root_basket_owed(query: Query, coldkey: str) -> int:
    """Rao of TAO that claims on all validators would bring a coldkey now; what is too little to claim counts too."""
    return min(sum(value for _, _, value in get_root_basket_positions(query, coldkey)), U64_MAX)


@runtime_api(API)
def get_basket_payout(query: Query, hotkey: str, coldkey: str) -> int:
    """The same, from one validator alone."""
    return payout_of(query.state, hotkey, coldkey)


@runtime_api(API)
def get_root_basket_positions(query: Query, coldkey: str) -> list[tuple[str, int, int]]:
    """Validators that owe a coldkey something: the hotkey, shares of its basket, rao of TAO that they are worth."""
    hotkeys = query.state.get(MODULE, "StakingHotkeys", coldkey)
    owed = [(hotkey, owed_shares(query.state, hotkey, coldkey)) for hotkey in hotkeys]
    return [(hotkey, shares, payout_of(query.state, hotkey, coldkey)) for hotkey, shares in owed if shares]


@runtime_api(API)
def get_basket_position(query: Query, hotkey: str, coldkey: str) -> dict[str, Any] | None:
    """A coldkey's shares of one basket and their worth; None without any."""
    state = query.state
    owed, shares = owed_shares(state, hotkey, coldkey), state.get(MODULE, "BasketShares", hotkey)
    if not owed:
        return None
    return {
        "hotkey": hotkey,
        "beta": owed,
        "beta_total": shares,
        "nav_tao": nav_of(state, hotkey),
        "value_tao": payout_of(state, hotkey, coldkey),
        "spot_value_tao": spot_payout_of(state, hotkey, coldkey),
    }


@runtime_api(API)
def get_root_basket_portfolio(query: Query, coldkey: str) -> list[dict[str, Any]]:
    """A coldkey's shares of all baskets."""
    hotkeys = query.state.get(MODULE, "StakingHotkeys", coldkey)
    positions = [get_basket_position(query, hotkey, coldkey) for hotkey in hotkeys]
    return [position for position in positions if position is not None]


# --- of a validator ---------------------------------------------------------------------------------------------


@runtime_api(API)
def get_validator_basket(query: Query, hotkey: str) -> list[tuple[int, int, int]]:
    """What a basket holds: netuid, rao of alpha (0: TAO), rao of TAO that a sale would bring."""
    return [(netuid, alpha, value_of(query.state, netuid, alpha)) for netuid, alpha in holdings(query.state, hotkey)]


@runtime_api(API)
def get_validator_basket_nav(query: Query, hotkey: str) -> int:
    """What a basket is worth, rao of TAO."""
    return nav_of(query.state, hotkey)


@runtime_api(API)
def get_validator_basket_summary(query: Query, hotkey: str) -> dict[str, Any]:
    """A basket with its holdings, its worth, and what has gone in and out of it; zeros without one."""
    state = query.state
    found = [
        {
            "netuid": netuid,
            "alpha": alpha,
            "spot_tao": spot_value_of(state, netuid, alpha),
            "realizable_tao": value_of(state, netuid, alpha),
        }
        for netuid, alpha in holdings(state, hotkey)
    ]
    return {
        "hotkey": hotkey,
        "nav_tao": min(sum(holding["realizable_tao"] for holding in found), U64_MAX),
        "spot_nav_tao": min(sum(holding["spot_tao"] for holding in found), U64_MAX),
        "shares": state.get(MODULE, "BasketShares", hotkey),
        "deposited_tao": state.get(MODULE, "BasketDepositedTao", hotkey),
        "redeemed_tao": state.get(MODULE, "BasketRedeemedTao", hotkey),
        "holdings": found,
    }


@runtime_api(API)
def get_all_validator_baskets(query: Query) -> list[dict[str, Any]]:
    """Every basket that has shares."""
    return [get_validator_basket_summary(query, hotkey) for hotkey in funds(query.state)]


@runtime_api(API)
def get_root_basket_total_nav(query: Query) -> int:
    """What all baskets are worth together, rao of TAO."""
    return min(sum(nav_of(query.state, hotkey) for hotkey in funds(query.state)), U64_MAX)
