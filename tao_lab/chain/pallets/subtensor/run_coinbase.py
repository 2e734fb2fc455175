"""The coinbase: each block's TAO and alpha go to the subnets' pools and pots, and at tempo the pots are paid out.

Sources: `pallets/subtensor/src/coinbase/run_coinbase.rs`, `coinbase/subnet_emissions.rs` (`get_subnets_to_emit_to`,
`get_subnet_block_emissions`), `coinbase/block_step.rs` (`update_moving_prices`, `update_root_prop`). The rules are in
`tao_lab.economy`; the functions here read their input from the state and write their results back.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.conviction import change_subnet_owner_if_needed
from tao_lab.chain.pallets.subtensor.distribution import distribute_emission
from tao_lab.chain.pallets.subtensor.emission_gate import block_gate
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.null_consensus import is_null
from tao_lab.chain.pallets.subtensor.pool import (
    MAX_PRICE,
    adjust_protocol_liquidity,
    change_total_stake,
    current_alpha_price,
    moving_alpha_price,
    record_protocol_flow,
    swap_tao_for_alpha,
)
from tao_lab.chain.pallets.subtensor.tao import (
    add_to,
    mint_alpha_in,
    mint_alpha_out,
    mint_tao,
    recycle_credit,
    recycle_subnet_alpha,
    spend_tao,
    subnet_account,
)
from tao_lab.chain.pallets.subtensor.tempo import take_due_epochs
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.economy import (
    Pending,
    SubnetPrice,
    SubnetTerms,
    root_proportion,
    subnet_block_emission,
    subnet_terms,
    update_moving_price,
)
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.fixed128 import U96F32, to_u64f64
from tao_lab.economy.subnet_shares import root_sells

PENDING = {"server": "PendingServerEmission", "validator": "PendingValidatorEmission", "root": "PendingRootAlphaDivs"}


def mint_block_emission(ctx: Context) -> int:
    """Issue the block's TAO; returns the credit in rao (`get_block_emission`)."""
    emission = block_emission(ctx, int(ctx.state.get(MODULE, "TotalIssuance")))
    return mint_tao(ctx, emission) if emission else 0


def block_emission(ctx: Context, issuance: int) -> int:
    """Emission of a block by the issuance so far, of TAO or of a subnet's alpha; `BlockEmission` keeps the last one."""
    emission = ctx.rules.run_block_emission(issuance)
    if issuance < TOTAL_SUPPLY and emission != ctx.state.get(MODULE, "BlockEmission"):
        ctx.state.put(MODULE, "BlockEmission", emission)
    return emission


def run_coinbase(ctx: Context, netuids: list[int], credit: int) -> None:
    """Give the block's emission to subnets, then pay out the subnets whose epoch is due.

    Args:
        ctx: Block under construction.
        netuids: All subnets, root included, in the order of the chain.
        credit: Rao of TAO that this block has issued.
    """
    ctx.state.remove_prefix(MODULE, "SubnetRootSellTao")
    subnets = [netuid for netuid in netuids if netuid != ROOT_NETUID]
    emit_to_subnets(ctx, subnets_to_emit_to(ctx, subnets), credit)
    pots = {netuid: drain_pending(ctx, netuid) for netuid in take_due_epochs(ctx, subnets)}
    for netuid, (pending, owner_cut) in sorted(pots.items()):
        distribute_emission(ctx, netuid, pending, owner_cut)
        ctx.state.put(MODULE, "LastMechansimStepBlock", netuid, ctx.block)
        if not is_null(ctx.state, netuid):
            ctx.state.put(MODULE, "LastYumaStepBlock", netuid, ctx.block)


@has_twin
def settle(ctx: Context, netuids: list[int]) -> None:
    """After emission: update moving prices and root's weights."""
    emit_to = subnets_to_emit_to(ctx, netuids)
    update_moving_prices(ctx, emit_to)
    update_root_prop(ctx, emit_to)


@has_twin
def subnets_to_emit_to(ctx: Context, netuids: list[int]) -> list[int]:
    """Subnets that have been started, trade, and are open for registration (`get_subnets_to_emit_to`)."""
    state = ctx.state
    return [
        netuid
        for netuid in netuids
        if netuid != ROOT_NETUID
        and state.exists(MODULE, "FirstEmissionBlockNumber", netuid)
        and state.get(MODULE, "SubtokenEnabled", netuid)
        and state.get(MODULE, "NetworkRegistrationAllowed", netuid)
    ]


# --- TAO and alpha of one block ---------------------------------------------------------------------------------


@has_twin
def emit_to_subnets(ctx: Context, netuids: list[int], credit: int) -> None:
    """Divide the block's TAO, and each subnet's alpha, among pools and pots."""
    prices = {netuid: subnet_price(ctx.state, netuid) for netuid in sorted(netuids)}
    subnets = list(prices.values())
    shares = ctx.rules.run_shares(subnets, block_gate(ctx, lambda: subnets))
    terms = {
        netuid: read_subnet_terms(ctx, netuid, subnet_block_emission(share, credit))
        for netuid, share in zip(prices, shares, strict=True)
    }
    for netuid in netuids:
        credit = inject_and_maybe_swap(ctx, netuid, terms[netuid], credit)
    recycle_credit(ctx, credit)
    sells = root_sells(subnets)
    for netuid in netuids:
        fill_pots(ctx, netuid, U96F32.whole(terms[netuid].alpha_out), sells)


def subnet_price(state: StorageReader, netuid: int) -> SubnetPrice:
    """The prices that decide a subnet's share of emission."""
    return SubnetPrice(
        moving_price=moving_alpha_price(state, netuid),
        miner_burned=state.get(MODULE, "MinerBurned", netuid)["bits"],
        emission_enabled=state.get(MODULE, "SubnetEmissionEnabled", netuid),
    )


def alpha_issuance(state: StorageReader, netuid: int) -> int:
    """Rao of a subnet's alpha, in the pool and outside."""
    return int(state.get(MODULE, "SubnetAlphaIn", netuid) + state.get(MODULE, "SubnetAlphaOut", netuid))


def root_proportion_of(state: StorageReader, netuid: int) -> int:
    """Root's weight in a subnet, raw U96F32 value."""
    root_tao, tao_weight = state.get(MODULE, "SubnetTAO", ROOT_NETUID), state.get(MODULE, "TaoWeight")
    return root_proportion(root_tao, tao_weight, alpha_issuance(state, netuid))


def read_subnet_terms(ctx: Context, netuid: int, tao_emission: int) -> SubnetTerms:
    """One block's amounts for a subnet that gets `tao_emission`, a raw U96F32 value of rao."""
    state = ctx.state
    alpha_emission = block_emission(ctx, alpha_issuance(state, netuid))
    price = current_alpha_price(state, netuid)
    return subnet_terms(tao_emission, alpha_emission, price, root_proportion_of(state, netuid))


def inject_and_maybe_swap(ctx: Context, netuid: int, terms: SubnetTerms, credit: int) -> int:
    """Buy alpha for the excess TAO, then add TAO and alpha to the pool at the price after it.

    Returns:
        Rao of the credit that are left.
    """
    state, account = ctx.state, subnet_account(ctx.state, netuid)
    state.put(MODULE, "SubnetExcessTao", netuid, 0)
    state.put(MODULE, "SubnetTaoInEmission", netuid, 0)
    credit = buy_alpha(ctx, netuid, account, U96F32.whole(terms.excess_tao), credit)
    tao_in, alpha_in = adjust_protocol_liquidity(ctx, netuid, U96F32.whole(terms.tao_in), U96F32.whole(terms.alpha_in))
    state.put(MODULE, "SubnetAlphaInEmission", netuid, alpha_in)
    mint_alpha_in(ctx, netuid, alpha_in)
    left = spend_tao(ctx, account, credit, tao_in) if tao_in else None
    if left is not None:
        credit = left
        state.put(MODULE, "SubnetTaoInEmission", netuid, tao_in)
        add_to(ctx, MODULE, "SubnetTAO", netuid, tao_in)
        change_total_stake(ctx, tao_in)
        record_protocol_flow(ctx, netuid, tao_in)
    return credit


def buy_alpha(ctx: Context, netuid: int, account: str, tao: int, credit: int) -> int:
    """Buy alpha from a pool with TAO of the credit; if the pool refuses, the TAO goes back.

    Returns:
        Rao of the credit that are left.
    """
    left = spend_tao(ctx, account, credit, tao) if tao else None
    if left is None:
        return credit
    try:
        bought = swap_tao_for_alpha(ctx, netuid, tao, MAX_PRICE, drop_fees=True)
    except DispatchError:
        balances.withdraw(ctx, account, tao, keep_alive=False)
        return credit
    add_to(ctx, MODULE, "SubnetProtocolAlpha", netuid, bought.received)
    ctx.state.put(MODULE, "SubnetExcessTao", netuid, bought.paid)
    record_protocol_flow(ctx, netuid, bought.paid)
    return left


def fill_pots(ctx: Context, netuid: int, alpha_out: int, root_sells: bool) -> None:
    """Issue a block's alpha of a subnet, and divide it among the pots."""
    state = ctx.state
    state.put(MODULE, "SubnetAlphaOutEmission", netuid, alpha_out)
    mint_alpha_out(ctx, netuid, alpha_out)
    owner_cut = state.get(MODULE, "SubnetOwnerCut") if state.get(MODULE, "OwnerCutEnabled", netuid) else 0
    parts = ctx.rules.run_split(alpha_out, owner_cut, root_proportion_of(state, netuid))
    add_to(ctx, MODULE, "PendingOwnerCut", netuid, parts.owner)
    add_to(ctx, MODULE, "PendingServerEmission", netuid, parts.server)
    add_to(ctx, MODULE, "PendingValidatorEmission", netuid, parts.validator)
    if root_sells:
        add_to(ctx, MODULE, "PendingRootAlphaDivs", netuid, parts.root)
    else:
        recycle_subnet_alpha(ctx, netuid, parts.root)


def drain_pending(ctx: Context, netuid: int) -> tuple[Pending, int]:
    """Empty the pots of a subnet; returns them and the owner's cut, rao. Also checks whether the owner changes."""
    pots = {name: int(ctx.state.get(MODULE, item, netuid)) for name, item in PENDING.items()}
    owner_cut = int(ctx.state.get(MODULE, "PendingOwnerCut", netuid))
    for item in (*PENDING.values(), "PendingOwnerCut"):
        ctx.state.put(MODULE, item, netuid, 0)
    change_subnet_owner_if_needed(ctx, netuid)
    return Pending(**pots), owner_cut


# --- after emission ---------------------------------------------------------------------------------------------


def update_moving_prices(ctx: Context, netuids: list[int]) -> None:
    """Move each subnet's moving price towards its price."""
    state = ctx.state
    moving_alpha = state.get(MODULE, "SubnetMovingAlpha")["bits"]
    for netuid in netuids:
        started = max(int(state.get(MODULE, "FirstEmissionBlockNumber", netuid)) - 1, 0)
        moved = update_moving_price(
            to_u64f64(moving_alpha_price(state, netuid)),
            current_alpha_price(state, netuid),
            max(ctx.block - started, 0),
            state.get(MODULE, "EMAPriceHalvingBlocks", netuid),
            moving_alpha,
        )
        state.put(MODULE, "SubnetMovingPrice", netuid, {"bits": moved})


def update_root_prop(ctx: Context, netuids: list[int]) -> None:
    """Record root's weight in each subnet."""
    for netuid in netuids:
        ctx.state.put(MODULE, "RootProp", netuid, {"bits": root_proportion_of(ctx.state, netuid)})
