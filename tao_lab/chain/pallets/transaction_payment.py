"""TransactionPayment: the fee of an extrinsic, and where it goes.

Fee = 0.5 rao for each byte + 0.00025 rao for each picosecond of weight. The weight is the base weight of every
extrinsic, plus the weight of the call and of the guards before it. Each part is rounded to the nearest rao, and the
multiplier is one. If a call needs less weight, the rest of the fee is refunded. Calls without a fee pay only their tip.
Fee and tip are recycled: they are subtracted from the issuance. A call that takes stake out can be paid with that
stake: see `subtensor/alpha_fees.py`.

Sources: `pallets/transaction-fee/src/lib.rs` (`LinearWeightToFee`, `LinearLengthToFee`, both since spec 467; recycled
since spec 445); `runtime/src/lib.rs` (`impl pallet_transaction_payment::Config`). The numbers of
`runtime/tests/native_fee_rates.rs` and `runtime/tests/fee_baseline/pins.tsv` are in the tests.
"""

from __future__ import annotations

from functools import cache, lru_cache

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Weight
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets import balances, system
from tao_lab.chain.pallets.subtensor.alpha_fees import AlphaFee, can_pay_in_alpha, pay_in_alpha, refund_in_alpha
from tao_lab.chain.pallets.subtensor.tao import recycle_credit
from tao_lab.chain.runtime import Runtime

PARTS_PER_PICOSECOND = 250_000  # of 10^9 of a rao: WEIGHT_FEE_PER_REF_TIME
PARTS_PER_BYTE = 500_000_000  # of 10^9 of a rao: LENGTH_FEE_PER_BYTE
PARTS = 1_000_000_000


@cache
def base_weight(runtime: Runtime, dispatch_class: str) -> Weight:
    """Base weight of every extrinsic: signature, nonce, fee."""
    classes = runtime.constant("System", "BlockWeights")["per_class"]
    base = classes[dispatch_class.lower()]["base_extrinsic"]
    return Weight(base["ref_time"], base["proof_size"])


def weight_to_fee(weight: Weight) -> int:
    """Rao for a weight: 0.00025 for a picosecond."""
    return _nearest(weight.ref_time * PARTS_PER_PICOSECOND)


def length_to_fee(length: int) -> int:
    """Rao for a length in bytes: 0.5 for a byte."""
    return _nearest(length * PARTS_PER_BYTE)


def _nearest(parts: int) -> int:
    """Parts of 10^9 of a rao in whole rao: the nearest, halves down (`Perbill` times integer)."""
    return (parts + PARTS // 2 - 1) // PARTS


@lru_cache(maxsize=1_024)
def fee_parts(runtime: Runtime, dispatch_class: str, weight: Weight, length: int) -> tuple[int, int, int]:
    """Rao for the base weight, the length and the weight of an extrinsic whose call pays."""
    base = weight_to_fee(base_weight(runtime, dispatch_class))
    return base, length_to_fee(length), weight_to_fee(weight)


def can_pay_fee(ctx: Context, who: str, call: Call, fee: int) -> None:
    """Check that an account can pay a fee and stay alive, or has the stake to pay for a call that takes stake out.

    Raises:
        InvalidTransaction: `Payment`.
    """
    have = balances.reducible(system.account(ctx, who), keep_alive=True)
    if fee > have and not can_pay_in_alpha(ctx.state, who, call, fee, ctx.block):
        raise InvalidTransaction("Payment", f"{who} has {have} rao to spend, the fee is {fee} rao")


def withdraw_fee(ctx: Context, who: str, call: Call, fee: int) -> AlphaFee | None:
    """Take the highest possible fee before the call runs: in TAO, or in alpha if there is not enough TAO.

    Returns:
        The payment, if it was in alpha.

    Raises:
        InvalidTransaction: `Payment`.
    """
    if fee == 0:
        return None
    try:
        balances.withdraw(ctx, who, fee)
    except DispatchError as error:
        paid = pay_in_alpha(ctx, who, call, fee)
        if paid is None:
            raise InvalidTransaction("Payment", f"{who} cannot pay the fee of {fee} rao ({error})") from None
        return paid
    return None


def settle_fee(ctx: Context, who: str, withdrawn: int, fee: int, tip: int, in_alpha: AlphaFee | None) -> None:
    """Refund what was too much, recycle the rest, and record it.

    An account that the call left empty gets no refund: all that was withdrawn is recycled.
    """
    if in_alpha is None:
        refund = withdrawn - fee
        if refund and _is_empty(ctx, who):
            refund = 0
        balances.deposit(ctx, who, refund)
        recycle_credit(ctx, withdrawn - refund)
    else:
        paid = refund_in_alpha(ctx, who, in_alpha, fee)
        ctx.deposit_event(
            "SubtensorModule",
            "TransactionFeePaidWithAlpha",
            who=who,
            netuid=paid.netuid,
            alpha_fee=paid.alpha,
            tao_amount=paid.tao,
        )
    ctx.deposit_event("TransactionPayment", "TransactionFeePaid", who=who, actual_fee=fee, tip=tip)


def _is_empty(ctx: Context, who: str) -> bool:
    data = system.account(ctx, who)["data"]
    return not data["free"] + data["reserved"]
