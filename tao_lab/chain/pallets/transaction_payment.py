"""TransactionPayment: what an extrinsic costs, and who gets it.

Fee = length in bytes (1 rao each) + 0.0005 rao for each picosecond of weight: of the extrinsic's frame, of its checks
and of its call; the multiplier is one. What a call turns out not to need is refunded. Calls that pay no fee pay their
tip only. The block's author receives fee and tip. A call that takes stake out can be paid with that stake: see
`subtensor/alpha_fees.py`.

Sources: `runtime/src/lib.rs` (`impl pallet_transaction_payment::Config`) and `pallets/transaction-fee/src/lib.rs`.
"""

from __future__ import annotations

from functools import cache

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Weight
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets import balances, system
from tao_lab.chain.pallets.subtensor.alpha_fees import AlphaFee, can_pay_in_alpha, pay_in_alpha
from tao_lab.chain.runtime import Runtime

RAO_PER_BYTE = 1
PARTS_PER_PICOSECOND = 500_000  # of 10^9: LinearWeightToFee
PARTS = 1_000_000_000


@cache
def base_weight(runtime: Runtime, dispatch_class: str) -> Weight:
    """Weight of an extrinsic's frame: signature, nonce, fee."""
    classes = runtime.constant("System", "BlockWeights")["per_class"]
    base = classes[dispatch_class.lower()]["base_extrinsic"]
    return Weight(base["ref_time"], base["proof_size"])


def weight_to_fee(weight: Weight) -> int:
    """Rao for a weight: 0.0005 for a picosecond, rounded to the nearest, halves down (`Perbill` times integer)."""
    return (weight.ref_time * PARTS_PER_PICOSECOND + PARTS // 2 - 1) // PARTS


def fee_parts(runtime: Runtime, dispatch_class: str, weight: Weight, length: int) -> tuple[int, int, int]:
    """Rao for the frame, for the length, and for the weight of an extrinsic whose call pays."""
    base = weight_to_fee(base_weight(runtime, dispatch_class))
    return base, length * RAO_PER_BYTE, weight_to_fee(weight)


def can_pay_fee(ctx: Context, who: str, call: Call, fee: int) -> None:
    """Whether an account can pay a fee and stay alive, or has the stake to pay for a call that takes stake out.

    Raises:
        InvalidTransaction: `Payment`.
    """
    have = balances.reducible(system.account(ctx, who), keep_alive=True)
    if fee > have and not can_pay_in_alpha(ctx.state, who, call, fee):
        raise InvalidTransaction("Payment", f"{who} has {have} rao to spend, the fee is {fee} rao")


def withdraw_fee(ctx: Context, who: str, call: Call, fee: int) -> AlphaFee | None:
    """Take the highest possible fee before the call runs: TAO, or alpha where there is too little of it.

    Returns:
        What was paid, if it was alpha.

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
    """Refund what was too much, pay the author, and record it; alpha has been paid already, and is not refunded.

    An account that the call left empty gets no refund: the author keeps all that was withdrawn.
    """
    if in_alpha is None:
        refund = withdrawn - fee
        if refund and _is_empty(ctx, who):
            refund = 0
        balances.deposit(ctx, who, refund)
        balances.deposit(ctx, ctx.author, withdrawn - refund)
    else:
        ctx.deposit_event(
            "SubtensorModule",
            "TransactionFeePaidWithAlpha",
            who=who,
            netuid=in_alpha.netuid,
            alpha_fee=in_alpha.alpha,
            tao_amount=in_alpha.tao,
        )
    ctx.deposit_event("TransactionPayment", "TransactionFeePaid", who=who, actual_fee=fee, tip=tip)


def _is_empty(ctx: Context, who: str) -> bool:
    data = system.account(ctx, who)["data"]
    return not data["free"] + data["reserved"]
