"""SwapRuntimeApi: the price of alpha, the result of a swap, and the cost of moving stake.

A quote uses the chain's own rule, even while a student's swap is used on the chain.

Sources: `runtime/src/lib.rs` (`impl SwapRuntimeApi`), `pallets/subtensor/src/rpc_info/stake_info.rs` (`get_stake_fee`).
"""

from __future__ import annotations

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor import pool
from tao_lab.chain.pallets.subtensor.lookups import all_netuids
from tao_lab.economy.fixed128 import U64F64
from tao_lab.units import RAO_PER_TAO

API = "SwapRuntimeApi"
NO_SWAP = dict.fromkeys(
    ("tao_amount", "alpha_amount", "tao_fee", "alpha_fee", "tao_slippage", "alpha_slippage"),
    0,
)


@runtime_api(API)
def current_alpha_price(query: Query, netuid: int) -> int:
    """Rao of TAO for one whole alpha."""
    return _price_in_rao(query, netuid)


@runtime_api(API)
def current_alpha_price_all(query: Query) -> list[dict[str, int]]:
    """The price on every subnet."""
    return [{"netuid": netuid, "price": _price_in_rao(query, netuid)} for netuid in all_netuids(query.state)]


def _price_in_rao(query: Query, netuid: int) -> int:
    price = pool.current_alpha_price(query.state, netuid)
    return U64F64.whole(U64F64.multiply(price, U64F64.number(RAO_PER_TAO)))


@runtime_api(API)
def sim_swap_tao_for_alpha(query: Query, netuid: int, tao: int) -> dict[str, int]:
    """What an amount of TAO would buy; all zero if the swap is refused. Slippage is relative to the price before."""
    try:
        swapped = pool.sim_swap(query.state, netuid, "buy", tao)
    except DispatchError:
        return NO_SWAP
    at_once = U64F64.whole(U64F64.divide(U64F64.number(tao), pool.current_alpha_price(query.state, netuid)))
    return {
        **NO_SWAP,
        "tao_amount": swapped.paid,
        "alpha_amount": swapped.received,
        "tao_fee": swapped.fee,
        "alpha_slippage": max(at_once - swapped.received, 0),
    }


@runtime_api(API)
def sim_swap_alpha_for_tao(query: Query, netuid: int, alpha: int) -> dict[str, int]:
    """The TAO for an amount of alpha; all zero if the swap is refused."""
    try:
        swapped = pool.sim_swap(query.state, netuid, "sell", alpha)
    except DispatchError:
        return NO_SWAP
    at_once = U64F64.whole(U64F64.multiply(U64F64.number(alpha), pool.current_alpha_price(query.state, netuid)))
    return {
        **NO_SWAP,
        "tao_amount": swapped.received,
        "alpha_amount": swapped.paid,
        "alpha_fee": swapped.fee,
        "tao_slippage": max(at_once - swapped.received, 0),
    }


@runtime_api("StakeInfoRuntimeApi")
def get_stake_fee(
    query: Query,
    origin: tuple[str, int] | None,
    origin_coldkey_account: str,
    destination: tuple[str, int] | None,
    destination_coldkey_account: str,
    amount: int,
) -> int:
    """The pool's fee for moving an amount from one (hotkey, netuid) to another; None means the coldkey."""
    if origin == destination:
        return 0
    where = destination or origin
    return pool.approx_fee(query.state, where[1] if where else 0, amount)
