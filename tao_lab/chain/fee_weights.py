"""The weight that an extrinsic pays for: some calls pay for at most their weight of spec 459.

Later runtimes declare much larger weights for these calls, for the worst case, but users pay as before. The discount
also applies to calls inside others (a batch, a proxy). Blocks count the whole weight.

Source: `runtime/src/staking_fee.rs` (`fee_weight_cap_459`, `leaves`, `fee_weight_discount`). Mainnet at spec 475
agrees: `remove_stake_limit` in 160 bytes pays 645,119 rao, `swap_stake_limit` in 162 bytes 1,069,370 rao.
"""

from __future__ import annotations

from tao_lab.chain.dispatch import Call
from tao_lab.chain.weight import Weight

CAPS = {  # picoseconds; calls of SubtensorModule
    "burned_register": 4_175_124_000,
    "register_limit": 4_155_012_000,
    "register": 4_174_683_000,
    "swap_hotkey": 672_080_000_000,
    "swap_hotkey_v2": 672_080_000_000,
    "swap_coldkey": 27_790_000_000,
    "swap_coldkey_announced": 26_760_000_000,
    "terminate_lease": 64_056_000_937,
    "stake_into_basket": 147_420_000_000,
    "claim_root": 32_897_053_996,
    "claim_root_with_hotkey": 32_897_053_996,
    "unstake_all": 225_000_000,
    "unstake_all_alpha": 4_069_000_000,
    "remove_stake": 2_409_000_000,
    "remove_stake_limit": 2_472_000_000,
    "remove_stake_full_limit": 2_500_000_000,
    "move_stake": 1_370_000_000,
    "move_stake_limit": 4_194_000_000,
    "transfer_stake": 1_427_000_000,
    "transfer_stake_and_hotkey": 1_506_000_000,
    "swap_stake": 4_073_000_000,
    "swap_stake_limit": 4_169_000_000,
    "burn_alpha": 912_000_000,
    "recycle_alpha": 1_133_000_000,
    "set_min_collateral": 281_000_000,
}
AROUND = {  # calls whose weight includes the weights of the calls inside them
    "Utility": ["batch", "batch_all", "force_batch", "if_else", "as_derivative", "dispatch_as", "dispatch_as_fallible"],
    "Proxy": ["proxy", "proxy_announced"],
}


def billed_weight(call: Call, actual: Weight | None = None) -> Weight:
    """The weight that a call pays for.

    Args:
        call: The extrinsic's call.
        actual: The weight that it reports after it ran; None before that, or if it reports nothing.
    """
    billed = call.registered.weight_of(call.args)
    saved = sum(_saved(leaf) for leaf in leaves(call)) if _is_around(call) else _saved(call)
    if saved:
        billed = Weight(billed.ref_time - saved, billed.proof_size)
    return billed if actual is None else actual.at_most(billed)


def leaves(call: Call) -> list[Call]:
    """The call, or the calls inside it whose weights are part of its own."""
    if not _is_around(call):
        return [call]
    return [leaf for inner in call.inner() for leaf in leaves(inner)]


def _is_around(call: Call) -> bool:
    return call.pallet in AROUND and call.name in AROUND[call.pallet]


def _saved(call: Call) -> int:
    cap = CAPS.get(call.name) if call.pallet == "SubtensorModule" else None
    return 0 if cap is None else max(call.registered.weight_of(call.args).ref_time - cap, 0)
