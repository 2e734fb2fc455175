"""The pools of the subnets in the state: reserves, weights, price, swaps, and liquidity that the chain adds.

A subnet with mechanism 0 (root) has no pool: there TAO and alpha are swapped one to one, without a fee.

Sources: `pallets/swap/src/pallet/impls.rs`, `pallets/subtensor/src/staking/stake_utils.rs` (`swap_tao_for_alpha`,
`swap_alpha_for_tao`), `coinbase/subnet_emissions.rs` (`record_tao_inflow`, …).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed, subnet_exists
from tao_lab.chain.pallets.subtensor.tao import add_to
from tao_lab.chain.state import StorageReader
from tao_lab.economy import Pool, SwapError, SwapResult, price, swap
from tao_lab.economy.fixed128 import U64F64, U96F32
from tao_lab.economy.swap import (
    ACCURACY,
    FRACTION_BITS,
    MAX_SWAP_INPUT_RESERVE_MULTIPLIER,
    ONE,
    Side,
    fee_amount,
    weight_after_adding,
    weight_for_price,
)

SWAP = "Swap"
DYNAMIC = 1  # `SubnetMechanism` of a subnet with a pool
MIN_PRICE = 1_000  # rao for one whole alpha (`min_price`): a sale without a limit stops here
MAX_PRICE = 10**15  # rao for one whole alpha (`max_price`): a purchase without a limit stops here
EVEN_WEIGHT = ACCURACY // 2
U128_MAX = (1 << 128) - 1
I64_MAX, I64_MIN = (1 << 63) - 1, -(1 << 63)

SwapRule = Callable[[Pool, Side, int, int | None], SwapResult]


# --- reading ----------------------------------------------------------------------------------------------------


def has_pool(state: StorageReader, netuid: int) -> bool:
    """Whether a subnet's alpha has a price of its own."""
    return bool(state.get(MODULE, "SubnetMechanism", netuid) == DYNAMIC)


def read_pool(state: StorageReader, netuid: int, *, drop_fees: bool = False) -> Pool:
    """The pool of a subnet, for the functions of `tao_lab.economy`."""
    return Pool(
        tao=int(state.get(MODULE, "SubnetTAO", netuid)),
        alpha=int(state.get(MODULE, "SubnetAlphaIn", netuid)),
        quote_weight=int(state.get(SWAP, "SwapBalancer", netuid)["quote"]),
        fee_rate=0 if drop_fees else int(state.get(SWAP, "FeeRate", netuid)),
    )


def current_alpha_price(state: StorageReader, netuid: int) -> int:
    """TAO for one alpha as a raw U64F64 value: 1 without a pool, 0 with an empty one."""
    return price(read_pool(state, netuid)) if has_pool(state, netuid) else ONE


def moving_alpha_price(state: StorageReader, netuid: int) -> int:
    """Moving price of a subnet, raw I96F32 value; 1 without a pool (`get_moving_alpha_price`)."""
    return int(state.get(MODULE, "SubnetMovingPrice", netuid)["bits"]) if has_pool(state, netuid) else U96F32.one


def alpha_amount_for_tao(state: StorageReader, netuid: int, tao: int) -> int:
    """Alpha that is worth some TAO at the current price, rao (`get_alpha_amount_for_tao`); 0 without a price."""
    if not has_pool(state, netuid):
        return tao
    return U64F64.divide(tao << FRACTION_BITS, current_alpha_price(state, netuid)) >> FRACTION_BITS


def approx_fee(state: StorageReader, netuid: int, amount: int) -> int:
    """Fee inside an amount that is swapped in full, rao (`approx_fee_amount`)."""
    return fee_amount(amount, read_pool(state, netuid).fee_rate) if has_pool(state, netuid) else 0


def sim_swap(
    state: StorageReader, netuid: int, side: Side, amount: int, rule: SwapRule = swap, *, drop_fees: bool = False
) -> SwapResult:
    """What a swap without a limit would do; changes nothing.

    Args:
        state: The chain's state.
        netuid: Of the subnet.
        side: "buy" or "sell".
        amount: Rao of what is paid in.
        rule: `ctx.rules.run_swap` inside a call, so that a replaced rule holds here too.
        drop_fees: Whether the swap costs nothing, as claims of root's dividends do.

    Raises:
        DispatchError: `Swap.SwapInputTooLarge`, `.ReservesTooLow`, `.PriceLimitExceeded`.
    """
    if not has_pool(state, netuid):
        amount = amount if subnet_exists(state, netuid) else 0
        return SwapResult(fee=0, paid=amount, received=amount)
    return _swap(state, netuid, side, amount, MAX_PRICE if side == "buy" else MIN_PRICE, drop_fees, rule)


def sim_sale(state: StorageReader, netuid: int, alpha: int, rule: SwapRule = swap) -> int:
    """Rao of TAO that the chain would get for alpha, sold without a fee and in parts; changes nothing.

    A part is at most as large as the pool takes at once. Each part finds the pool as the one before left it.

    Raises:
        DispatchError: As for `sim_swap`, or `AmountTooLow`.
    """
    pool, received = _pool_to_swap(state, netuid, drop_fees=True), 0
    while alpha:
        sold = _run(rule, pool, "sell", largest_part(pool.alpha, alpha), MIN_PRICE)
        ensure_sold(netuid, sold, alpha)
        alpha, received = alpha - sold.paid, received + sold.received
        pool = replace(pool, alpha=pool.alpha + sold.paid, tao=pool.tao - sold.received)
    return received


def largest_part(reserve: int, alpha: int) -> int:
    """Rao of alpha that a pool with a reserve of alpha takes at once; an empty one refuses in its own words."""
    return min(alpha, reserve * MAX_SWAP_INPUT_RESERVE_MULTIPLIER or alpha)


def ensure_sold(netuid: int, sold: SwapResult, left: int) -> None:
    """Refuse a sale in parts that does not go on.

    Raises:
        DispatchError: `AmountTooLow`.
    """
    if not sold.paid:
        raise failed("AmountTooLow", f"the pool of subnet {netuid} takes nothing of {left} rao that are left")


def simulate(
    state: StorageReader, netuid: int, side: Side, amount: int, price_limit: int, rule: SwapRule = swap
) -> SwapResult:
    """What a swap with a limit would do; changes nothing. A subnet without a pool counts as one with an empty pool.

    Raises:
        DispatchError: `Swap.SwapInputTooLarge`, `.ReservesTooLow`, `.PriceLimitExceeded`.
    """
    return _swap(state, netuid, side, amount, price_limit, False, rule)


def price_limit_word(price_limit: int) -> int:
    """Price limit as a raw U64F64 value, from rao for one whole alpha."""
    return (price_limit << FRACTION_BITS) // 10**9


# --- swapping ---------------------------------------------------------------------------------------------------


def swap_tao_for_alpha(
    ctx: Context, netuid: int, tao: int, price_limit: int = MAX_PRICE, drop_fees: bool = False
) -> SwapResult:
    """Buy alpha: the reserves, the outstanding alpha and `TotalStake` change; the caller moves TAO and alpha.

    Args:
        ctx: The block under construction.
        netuid: Of the subnet.
        tao: Rao, fee included.
        price_limit: Highest price, rao for one whole alpha.
        drop_fees: Without a fee, as the chain buys for itself.

    Raises:
        DispatchError: `Swap.SwapInputTooLarge`, `.ReservesTooLow`, `.PriceLimitExceeded`, `.InsufficientLiquidity`.
    """
    result = _swap_in_state(ctx, netuid, "buy", tao, price_limit, drop_fees)
    add_to(ctx, MODULE, "SubnetAlphaIn", netuid, -result.received)
    add_to(ctx, MODULE, "SubnetAlphaOut", netuid, result.received)
    add_to(ctx, MODULE, "SubnetTAO", netuid, result.paid)
    change_total_stake(ctx, result.paid)  # without the fee, since spec 463
    _add_volume(ctx, netuid, tao)
    return result


def swap_alpha_for_tao(
    ctx: Context, netuid: int, alpha: int, price_limit: int = MIN_PRICE, drop_fees: bool = False
) -> SwapResult:
    """Sell alpha: the reserves, the outstanding alpha and `TotalStake` change; the caller moves TAO and alpha.

    Args:
        ctx: The block under construction.
        netuid: Of the subnet.
        alpha: Rao, fee included.
        price_limit: Lowest price, rao for one whole alpha.
        drop_fees: Without a fee, as the chain sells for itself.

    Raises:
        DispatchError: As for `swap_tao_for_alpha`.
    """
    result = _swap_in_state(ctx, netuid, "sell", alpha, price_limit, drop_fees)
    add_to(ctx, MODULE, "SubnetAlphaIn", netuid, result.paid)
    add_to(ctx, MODULE, "SubnetAlphaOut", netuid, -result.paid)
    add_to(ctx, MODULE, "SubnetTAO", netuid, -result.received)
    change_total_stake(ctx, -result.received)
    _add_volume(ctx, netuid, result.received)
    return result


def change_total_stake(ctx: Context, tao: int) -> None:
    """Raise or lower the TAO in all pools together (`TotalStake`)."""
    total = ctx.state.get(MODULE, "TotalStake") + tao
    ctx.state.put(MODULE, "TotalStake", min(max(total, 0), (1 << 64) - 1))


def record_tao_flow(ctx: Context, netuid: int, tao: int) -> None:
    """Count TAO that users brought into a subnet, or with a minus took out (`record_tao_inflow`, `…outflow`)."""
    _add_flow(ctx, "SubnetTaoFlow", netuid, tao)


def record_protocol_flow(ctx: Context, netuid: int, tao: int) -> None:
    """Count TAO that the chain brought into a subnet, or with a minus took out."""
    _add_flow(ctx, "SubnetProtocolFlow", netuid, tao)


def _add_flow(ctx: Context, item: str, netuid: int, tao: int) -> None:
    flow = ctx.state.get(MODULE, item, netuid) + tao
    ctx.state.put(MODULE, item, netuid, min(max(flow, I64_MIN), I64_MAX))


def _add_volume(ctx: Context, netuid: int, tao: int) -> None:
    volume = ctx.state.get(MODULE, "SubnetVolume", netuid) + tao
    ctx.state.put(MODULE, "SubnetVolume", netuid, min(volume, U128_MAX))


def _swap_in_state(ctx: Context, netuid: int, side: Side, amount: int, price_limit: int, drop_fees: bool) -> SwapResult:
    """The swap itself; it writes nothing to the state except the first weights of a pool without weights."""
    if not has_pool(ctx.state, netuid):
        return SwapResult(fee=0, paid=amount, received=amount)
    result = _swap(ctx.state, netuid, side, amount, price_limit, drop_fees, ctx.rules.run_swap)
    init_swap(ctx, netuid)
    return result


def _swap(
    state: StorageReader, netuid: int, side: Side, amount: int, price_limit: int, drop_fees: bool, rule: SwapRule
) -> SwapResult:
    return _run(rule, _pool_to_swap(state, netuid, drop_fees), side, amount, price_limit)


def _pool_to_swap(state: StorageReader, netuid: int, drop_fees: bool) -> Pool:
    """The pool, with the weights that its first swap gives it."""
    pool = read_pool(state, netuid, drop_fees=drop_fees)
    return pool if state.get(SWAP, "PalSwapInitialized", netuid) else replace(pool, quote_weight=EVEN_WEIGHT)


def _run(rule: SwapRule, pool: Pool, side: Side, amount: int, price_limit: int) -> SwapResult:
    try:
        return rule(pool, side, amount, price_limit_word(price_limit))
    except SwapError as error:
        name, _, sentence = str(error).partition(": ")
        raise DispatchError(SWAP, name, sentence) from error


# --- liquidity --------------------------------------------------------------------------------------------------


def init_swap(ctx: Context, netuid: int, start_price: int | None = None) -> bool:
    """Give a pool its first weights, once: equal ones, or those with which `start_price` (U64F64) is its price.

    Returns:
        Whether the pool has weights now; if not, the ratio of its reserves is too far from the price.
    """
    if ctx.state.get(SWAP, "PalSwapInitialized", netuid):
        return True
    weight: int | None = EVEN_WEIGHT
    if start_price is not None:
        pool = read_pool(ctx.state, netuid)
        weight = weight_for_price(pool.tao, pool.alpha, start_price)
    if weight is None:
        return False
    ctx.state.put(SWAP, "SwapBalancer", netuid, {"quote": weight})
    ctx.state.put(SWAP, "PalSwapInitialized", netuid, True)
    return True


def adjust_protocol_liquidity(ctx: Context, netuid: int, tao: int, alpha: int) -> tuple[int, int]:
    """Prepare the weights for TAO and alpha that the caller is about to add to the reserves: the price stays.

    Returns:
        Rao of TAO and of alpha that may be added: all, or nothing if a weight would leave its range.
    """
    weight = weight_after_adding(read_pool(ctx.state, netuid), tao, alpha)
    if weight is None:
        return 0, 0
    ctx.state.put(SWAP, "SwapBalancer", netuid, {"quote": weight})
    return tao, alpha


def clear_protocol_liquidity(ctx: Context, netuid: int) -> None:
    """Empty a pool and forget its weights and fee: the subnet is dissolved."""
    pool = read_pool(ctx.state, netuid)
    add_to(ctx, MODULE, "SubnetTAO", netuid, -pool.tao)
    add_to(ctx, MODULE, "SubnetAlphaIn", netuid, -pool.alpha)
    for item in ("PalSwapInitialized", "FeeRate", "SwapBalancer"):
        ctx.state.remove(SWAP, item, netuid)
