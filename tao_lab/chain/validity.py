"""May the next block contain this extrinsic? Checks of signature, era, nonce, weight, fee, and the pallets' own.

Sources: `TxExtension` in `runtime/src/lib.rs`, `check_nonce.rs` and `check_mortality.rs` beside it;
`frame/system/src/extensions/` of the Polkadot SDK. The names of the refusals are those of
`sp_runtime::transaction_validity`.
"""

from __future__ import annotations

from collections.abc import Callable

from tao_lab.chain import executive
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import TRANSACTION_CHECKS, Call
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.extrinsic import Extrinsic, has_valid_signature
from tao_lab.chain.pallets import proxy, system, transaction_payment

FOR_EVER = 1 << 64  # a height that no chain reaches

MAX_SHIELD_PERIOD = 8  # blocks; `MAX_SHIELD_ERA_PERIOD`

BlockHash = Callable[[int], bytes | None]


def check_signature(extrinsic: Extrinsic, height: int, block_hash: BlockHash, hashes_kept: int) -> int:
    """Check the signature for a block at `height`; returns the first height at which it is no longer valid.

    Args:
        extrinsic: A signed extrinsic.
        height: Of the next block.
        block_hash: Hash of an earlier block, or None.
        hashes_kept: Number of past blocks whose hashes an era may use.

    Raises:
        InvalidTransaction: `BadProof`, `AncientBirthBlock`, `Stale` (a shielded one that is valid for too long).
    """
    era, genesis_hash = extrinsic.era, block_hash(0) or b""
    birth = 0 if era is None else era.birth(height)
    oldest = max(height - hashes_kept, 0)
    if era is not None and birth < oldest:
        raise InvalidTransaction("AncientBirthBlock", f"its era began at block {birth}, before {oldest}")
    era_hash = block_hash(birth)
    if era_hash is not None and has_valid_signature(extrinsic, genesis_hash, era_hash):
        _check_era_of_shielded(extrinsic)
        return FOR_EVER if era is None else birth + era.period
    reason = "the signature does not fit signer, call, nonce, tip, chain and era"
    if era is not None and birth >= era.period:
        earlier = block_hash(birth - era.period)
        if earlier is not None and has_valid_signature(extrinsic, genesis_hash, earlier):
            reason = f"its era ended before block {birth}"
    raise InvalidTransaction("BadProof", reason)


def check_call(extrinsic: Extrinsic) -> None:
    """Refuse calls that nobody may send, and calls that this chain does not have.

    Raises:
        InvalidTransaction: `Call`, `MandatoryValidation`.
        NotInLab: The call, or one inside it, is not in the lab's chain.
    """
    if extrinsic.signer is None:
        raise InvalidTransaction("Call", "only the block's author adds unsigned extrinsics")
    if extrinsic.checks_metadata:
        raise InvalidTransaction("Call", "this runtime has no metadata hash to check")
    _require_registered(extrinsic.call)
    if extrinsic.call.registered.dispatch_class == "Mandatory":
        raise InvalidTransaction("MandatoryValidation", "only the block's author makes this call")


def _require_registered(call: Call) -> None:
    _ = call.registered
    for inner in call.inner():
        _require_registered(inner)


def _check_era_of_shielded(extrinsic: Extrinsic) -> None:
    """Refuse a shielded extrinsic that is valid for too long: only the present key opens it, so it would just wait."""
    if (extrinsic.call.pallet, extrinsic.call.name) != ("MevShield", "submit_encrypted"):
        return
    if extrinsic.era is None or extrinsic.era.period > MAX_SHIELD_PERIOD:
        raise InvalidTransaction("Stale", f"a shielded extrinsic is good for {MAX_SHIELD_PERIOD} blocks at most")


def check_account(ctx: Context, extrinsic: Extrinsic) -> None:
    """Make the checks that depend on the state: nonce, fee, and the pallets' own checks.

    Raises:
        InvalidTransaction: `Stale`, `ExhaustsResources`, `Payment`, or a pallet's own.
    """
    who, call = str(extrinsic.signer), extrinsic.call
    info = system.account(ctx, who)
    if extrinsic.nonce < info["nonce"]:
        raise InvalidTransaction("Stale", f"nonce {extrinsic.nonce} is used; the next is {info['nonce']}")
    classes = ctx.runtime.constant("System", "BlockWeights")["per_class"]
    most = classes[call.registered.dispatch_class.lower()]["max_extrinsic"]["ref_time"]
    if call.registered.weight_of(call.args).ref_time > most:
        raise InvalidTransaction("ExhaustsResources", f"its weight is more than the {most} ps of a block")
    payer = proxy.fee_payer(ctx, who, call)
    fee = executive.highest_fee(ctx.runtime, extrinsic) - executive.tip_left_out(extrinsic, payer)
    if call.registered.pays(call.args) and not (info["providers"] or info["sufficients"]):
        raise InvalidTransaction("Payment", f"{who} has no account to pay {fee} rao from")
    if fee:
        transaction_payment.can_pay_fee(ctx, payer, call, fee)
    for check in TRANSACTION_CHECKS:
        check(ctx, who, call)
