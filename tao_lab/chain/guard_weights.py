"""Weights of the guards before a call; they are part of the weight of every call, and of its fee.

Before a call runs, Subtensor's guards check it. One guard checks at every call whether the signer is about to swap its
coldkey; a few calls have another guard. A call inside a batch or a proxy is checked again, so the weight counts again.
The checks of the signed extrinsic itself (sender, era, nonce, …) have weights too, but they are not counted: the
network's extrinsics are Frontier's, and their `get_dispatch_info` counts only the call.

Sources: `pallets/subtensor/src/guards/*.rs` (`DispatchExtension::weight`) and `check_*_extension` in
`pallets/subtensor/src/weights.rs`; for the guard of every call the numbers of spec 467 and later
(`runtime/tests/fee_baseline/pins.tsv`). `primitives/self-contained/src/checked_extrinsic.rs` of Frontier (opentensor/
frontier). Mainnet agrees: at spec 475 `remove_stake_limit` in 160 bytes costs 645,119 rao, the frame, the length and
the call, and nothing else.
"""

from __future__ import annotations

from tao_lab.chain.weight import Weight, weight

COLDKEY_SWAP = weight(10_000_000, reads=2)  # before every call

WEIGHTS, RATE_LIMITS = weight(52_958_000, reads=11), weight(35_376_000, reads=7)
DELEGATE_TAKE, SERVING = weight(15_378_000, reads=3), weight(19_035_000, reads=3)
EVM_KEY = weight(15_448_000, reads=2)
GUARDED = (  # calls of SubtensorModule, and the guard that checks them
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


def _guards() -> dict[tuple[str, str], Weight]:
    found: dict[tuple[str, str], Weight] = {}
    for guard, names in GUARDED:
        for name in names.split():
            found["SubtensorModule", name] = found.get(("SubtensorModule", name), COLDKEY_SWAP) + guard
    return found


GUARDS = _guards()


def guards_weight(pallet: str, name: str) -> Weight:
    """Weight of the guards before a call."""
    return GUARDS.get((pallet, name), COLDKEY_SWAP)
