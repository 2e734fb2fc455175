"""What a signed extrinsic weighs besides its call: the checks before it runs, each with its own benchmark.

The runtime asks for the sender, versions, genesis, era, nonce, weight, fee, sudo key, shielded content, and what
Subtensor's guards ask; some of them for a few calls only. All of that is part of the extrinsic's weight and its fee.

Sources: `TxExtension` in `runtime/src/lib.rs`; `ChargeTransactionPaymentWrapper::weight` in
`runtime/src/transaction_payment_wrapper.rs`; `pallets/shield/src/extension.rs`; `SubtensorTransactionExtension::weight`
with `pallets/subtensor/src/guards/*.rs` and `check_*_extension` in `pallets/subtensor/src/weights.rs`. The Polkadot
SDK's own: `frame/system/src/extensions/weights.rs` (of 2024-11-08) and `frame/transaction-payment/src/weights.rs` (of
2025-02-21), which are those of its release stable2506.
"""

from __future__ import annotations

from tao_lab.chain.dispatch import Weight, weight
from tao_lab.chain.extrinsic import Extrinsic

SYSTEM = (
    Weight(570_000)  # CheckNonZeroSender
    + Weight(430_000)  # CheckSpecVersion
    + Weight(455_000)  # CheckTxVersion
    + weight(3_577_000, reads=1)  # CheckGenesis
    + Weight(3_006_000)  # CheckWeight; the runtime's own CheckNonce weighs nothing
)
MORTAL, IMMORTAL = weight(6_703_000, reads=1), weight(6_605_000, reads=1)  # CheckMortality
FEE = weight(35_979_000, reads=1, writes=1) + weight(0, reads=3)  # the last three look for who pays for a proxy
SHIELD = weight(1_000_000, reads=1)  # CheckShieldedTxValidity
COLDKEY_SWAP = weight(17_583_000, reads=2)
EVERY = SYSTEM + FEE + SHIELD + COLDKEY_SWAP

WEIGHTS, RATE_LIMITS = weight(52_958_000, reads=11), weight(35_376_000, reads=7)
DELEGATE_TAKE, SERVING = weight(15_378_000, reads=3), weight(19_035_000, reads=3)
EVM_KEY = weight(15_448_000, reads=2)
GUARDED = (  # calls of SubtensorModule, and the guard that looks at them
    (
        WEIGHTS,
        "batch_commit_weights batch_reveal_weights batch_set_weights commit_weights commit_mechanism_weights "
        "reveal_weights reveal_mechanism_weights set_weights set_mechanism_weights commit_timelocked_weights "
        "commit_timelocked_mechanism_weights commit_crv3_mechanism_weights",
    ),
    (RATE_LIMITS, "commit_weights commit_mechanism_weights set_weights set_mechanism_weights register_network"),
    (DELEGATE_TAKE, "increase_take decrease_take"),
    (SERVING, "serve_axon serve_axon_tls serve_prometheus"),
    (EVM_KEY, "associate_evm_key"),
)


def _guards() -> dict[str, Weight]:
    found: dict[str, Weight] = {}
    for guard, names in GUARDED:
        for name in names.split():
            found[name] = found.get(name, Weight()) + guard
    return found


GUARDS = _guards()
EVERY_MORTAL, EVERY_IMMORTAL = EVERY + MORTAL, EVERY + IMMORTAL


def extension_weight(extrinsic: Extrinsic) -> Weight:
    """Weight of the checks that an extrinsic passes before its call runs; an inherent passes none."""
    if extrinsic.signer is None:
        return Weight()
    every = EVERY_IMMORTAL if extrinsic.era is None else EVERY_MORTAL
    guards = GUARDS.get(extrinsic.call.name) if extrinsic.call.pallet == "SubtensorModule" else None
    return every if guards is None else every + guards
