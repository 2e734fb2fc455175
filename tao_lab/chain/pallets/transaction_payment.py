"""TransactionPayment: what an extrinsic costs, and who gets it.

Fee = length in bytes (1 rao each) + 0.0005 rao for each picosecond of weight, of the extrinsic's frame and of its
call; the multiplier is one. Calls that pay no fee pay their tip only. The block's author receives fee and tip.
Sources: `runtime/src/lib.rs` (`impl pallet_transaction_payment::Config`) and `pallets/transaction-fee/src/lib.rs`.
"""

from __future__ import annotations

from functools import cache

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Weight
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets import balances, system
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


def can_pay_fee(ctx: Context, who: str, fee: int) -> None:
    """Whether an account can pay a fee and stay alive.

    Raises:
        InvalidTransaction: `Payment`.
    """
    have = balances.reducible(system.account(ctx, who), keep_alive=True)
    if fee > have:
        raise InvalidTransaction("Payment", f"{who} has {have} rao to spend, the fee is {fee} rao")


def withdraw_fee(ctx: Context, who: str, fee: int) -> None:
    """Take the highest possible fee before the call runs.

    Raises:
        InvalidTransaction: `Payment`.
    """
    if fee == 0:
        return
    try:
        balances.withdraw(ctx, who, fee)
    except DispatchError as error:
        raise InvalidTransaction("Payment", f"{who} cannot pay the fee of {fee} rao ({error})") from None


def settle_fee(ctx: Context, who: str, withdrawn: int, fee: int, tip: int) -> None:
    """Give back what was too much, pay the author, and record `TransactionFeePaid`."""
    balances.deposit(ctx, who, withdrawn - fee)
    balances.deposit(ctx, ctx.author, fee)
    ctx.deposit_event("TransactionPayment", "TransactionFeePaid", who=who, actual_fee=fee, tip=tip)
