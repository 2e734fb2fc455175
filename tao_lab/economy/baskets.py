"""Root's baskets: how a fund's shares are minted for dividends, owed to stakers on root, and paid out.

Each validator on root runs one fund, its basket. Root's dividends enter it as alpha of the subnet that paid them, and
new shares are minted for what this alpha adds to the fund's value. What the shares earn is counted for each rao of root
stake (the rate), and what each staker has claimed is its watermark: it is owed rate times stake, less the watermark. A
claim pays its part of the fund's value. Values are what a sale would bring now, not what the price says.

Source: `pallets/subtensor/src/staking/claim_root.rs` and `basket_views.rs` of spec 475 (`mint_basket_dividend_shares`,
`basket_shares_for_value`, `basket_payout_from`, `get_basket_owed_shares`, `rebase_basket_claimed_for_stake_delta`).
"""

from __future__ import annotations

from tao_lab.units import U64_MAX

RATE_BITS = 32  # of a rate: I96F32
RATE_MAX, RATE_MIN = (1 << 127) - 1, -(1 << 127)
STALE_SHARES = 100  # a fund worth nothing revives if its old shares are at most a hundredth of the new value


def multiply_divide(a: int, b: int, divisor: int) -> int:
    """The whole part of a · b / divisor, at most 2^64 - 1 (`mul_div_u64`); 0 where the divisor is 0."""
    return min(a * b // divisor, U64_MAX) if divisor else 0


def stakers_part(value: int, stakers: int, cash: int) -> int:
    """The part of a dividend's value for which shares are minted: the fund's own cash on root has earned the rest.

    Args:
        value: rao of TAO that the dividend adds to the fund.
        stakers: rao of root stake of real stakers.
        cash: rao of root stake that is the fund's own.
    """
    return multiply_divide(value, stakers, stakers + cash)


def shares_for_value(value: int, nav: int, shares: int) -> int:
    """Shares to mint for value that enters a fund, so that no share gains or loses (`basket_shares_for_value`).

    Args:
        value: rao of TAO that the deposit adds.
        nav: rao of TAO that the fund was worth before (its net asset value).
        shares: shares outstanding before; the first deposit gets one share a rao.

    Returns:
        Shares; 0 where the fund is worth nothing and too many shares are out to price new ones.
    """
    if shares == 0:
        return value
    if nav == 0:
        return value if shares <= value // STALE_SHARES else 0
    return multiply_divide(value, shares, nav)


def rate_increment(shares: int, stakers: int) -> int:
    """What new shares add to the rate: shares for each rao of root stake, raw I96F32 value; 0 without stakers."""
    return (shares << RATE_BITS) // stakers if stakers else 0


def owed_shares(rate: int, stake: int, claimed: int) -> int:
    """Shares that a staker on root is owed.

    Args:
        rate: shares that one rao of root stake has earned so far, raw I96F32 value.
        stake: its rao of root stake on this validator.
        claimed: its watermark, shares; if negative, it is owed that many even without stake.
    """
    return max(_saturated(rate * stake) - _saturated(claimed << RATE_BITS), 0) >> RATE_BITS


def watermark_change(rate: int, stake_change: int) -> int:
    """By how many shares a watermark moves when root stake does, so that new stake is owed nothing; rounded down."""
    return _saturated(rate * stake_change) >> RATE_BITS


def payout(owed: int, nav: int, shares: int) -> int:
    """Rao of TAO that owed shares are worth: their part of a value, at most all of it (`basket_payout_from`)."""
    return min(multiply_divide(owed, nav, shares), nav)


def alpha_to_sell(holding: int, owed: int, shares: int, entitled: int) -> int:
    """Alpha of one holding that a claim sells: the claim's part, and at least one rao where it is entitled to anything.

    Args:
        holding: rao of alpha in the fund.
        owed: shares that are claimed.
        shares: shares outstanding.
        entitled: rao of TAO that the claim may have of this holding.
    """
    part = multiply_divide(holding, owed, shares)
    return part if part or not entitled else 1


def _saturated(rate: int) -> int:
    return min(max(rate, RATE_MIN), RATE_MAX)
